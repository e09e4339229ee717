"""What the executions of a task in a Dask cluster report: each event is passed on once, even if a report is lost or a batch is done twice."""

import pickle
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from distributed import Future

from parloader.errors import WorkerDied
from parloader.workers.events import BatchDone, Died, Differs, Event, Started
from parloader.workers.executor import Task


@dataclass(eq=False)
class Execution:
    """One of perhaps several executions of a task."""

    worker: int  # where it runs, as a number for the statistics
    host: str
    clock_offset: float = 0.0  # of this machine's clock to the worker's
    received: int = 0  # events
    differences: list[Differs] = field(default_factory=list)  # of the batch whose BatchDone comes next
    ended: bool = False

    def lost(self, task: Task, replaced_by: int) -> Died:
        """Ends it, because another worker has begun the same task."""
        self.ended = True
        error = WorkerDied(f"worker {self.worker} on {self.host} stopped working on {task}", "")
        return Died(worker=self.worker, error=error, replaced_by=replaced_by)


@dataclass(eq=False)
class Assignment:
    """A task, and what is known about its executions."""

    task: Task
    password: str = ""
    future: Future[Any] | None = None  # None: it is not submitted yet
    executions: dict[str, Execution] = field(default_factory=dict)
    done: set[tuple[str, int, int]] = field(default_factory=set)  # batches that an execution has reported

    @property
    def running(self) -> list[Execution]:
        return [execution for execution in self.executions.values() if not execution.ended]

    def take(self, report: Mapping[str, Any], on_event: Callable[[Event], None]) -> None:
        """Passes on the events of a report. If an earlier report was lost, its events come with the result, which contains all of them."""
        execution = self.executions.get(report["execution"])
        if execution and report["first"] == execution.received:
            self.deliver(execution, pickle.loads(report["events"]), on_event)

    def deliver(self, execution: Execution, events: Sequence[Event], on_event: Callable[[Event], None]) -> None:
        """Passes on the next events of the execution. A batch that several executions report counts once, with its differences."""
        execution.received += len(events)
        for sent in events:
            event = replace(sent, worker=execution.worker)
            match event:
                case Started():
                    execution.clock_offset = time.monotonic() - event.clock_seconds
                    on_event(replace(event, clock_seconds=time.monotonic(), host=execution.host))
                case Differs():
                    execution.differences.append(event)
                case BatchDone():
                    batch = (event.table, event.batch.start, event.batch.stop)
                    if batch not in self.done:
                        self.done.add(batch)
                        for difference in execution.differences:
                            on_event(difference)
                        on_event(replace(event, clock_seconds=event.clock_seconds + execution.clock_offset))
                    execution.differences.clear()
                case _:
                    on_event(event)
