"""Runs tasks in the workers of a Dask cluster (dask_worker.py).

Dask chooses the worker for each task, and runs it again on another one if the worker is gone. This module turns messages and results into
the events of the executor's interface, and counts once what Dask runs twice.
"""

import pickle
import queue
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from typing import Any

from distributed import Future, KilledWorker

from parloader.errors import ParloaderError, WorkerDied
from parloader.workers import dask_worker
from parloader.workers.credentials import pickled, seal
from parloader.workers.dask_cluster import TASKS_PER_SLOT, Cluster
from parloader.workers.dask_orders import Orders
from parloader.workers.dask_reports import Assignment, Execution
from parloader.workers.events import Event, Failed, Finished
from parloader.workers.executor import Supervisor, Task
from parloader.workers.stop_signal import StopSignal

POLL_SECONDS = 0.1
# How long executions may take to finish the current batch after a stop; then the command ends without them
STOP_PATIENCE_SECONDS = 30.0


class DaskExecutor:
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    @property
    def capacity(self) -> int:
        return self._cluster.slots

    def task_count(self, procs: int) -> int:
        return TASKS_PER_SLOT * (self._cluster.slots or procs)

    @contextmanager
    def ready(self, workers: int, module: str) -> Iterator[None]:
        yield  # the workers of a cluster wait for tasks anyway

    def run(
        self,
        tasks: Sequence[Task],
        on_event: Callable[[Event], None],
        stop: StopSignal,
        watch: Supervisor,
        on_tick: Callable[[], None] = lambda: None,
    ) -> None:
        run = _Run(self._cluster, on_event, stop, watch)
        try:
            run.start(tasks)
            while run.unfinished and not run.out_of_patience:
                run.handle_messages()
                on_tick()
                run.update_orders()
        finally:
            run.end()
        if run.failure:
            raise run.failure


class _Run:
    def __init__(self, cluster: Cluster, on_event: Callable[[Event], None], stop: StopSignal, watch: Supervisor) -> None:
        self.failure: Exception | None = None
        self.unfinished: dict[int, Assignment] = {}
        self.out_of_patience = False
        self._cluster, self._on_event, self._stop, self._watch = cluster, on_event, stop, watch
        self._name = f"parloader-{secrets.token_hex(8)}"
        self._orders = Orders(cluster, self._name)
        self._messages: queue.SimpleQueue[Any] = queue.SimpleQueue()  # reports, and futures that are done
        self._workers: dict[tuple[str, str], int] = {}  # (address, thread) → number
        self._submitted = 0
        self._deadline = float("inf")

    def start(self, tasks: Sequence[Task]) -> None:
        self._cluster.client.subscribe_topic(self._cluster.client.id, lambda event: self._messages.put(event[1]))
        self._orders.start(paused=self._watch.paused)
        self.unfinished = {number: Assignment(task) for number, task in enumerate(tasks)}
        self._submit_next()

    def _submit_next(self) -> None:
        """Submits as many tasks as may run at the same time."""
        waiting = [number for number, assignment in self.unfinished.items() if assignment.future is None]
        most = self._cluster.execution.most_tasks or len(waiting)
        for number in waiting[: max(0, most - (len(self.unfinished) - len(waiting)))]:
            self._submit(number, self.unfinished[number].task)

    def _submit(self, number: int, task: Task) -> None:
        assignment = self.unfinished[number]
        assignment.task = task
        data, assignment.password = pickled(task)
        assignment.future = self._cluster.submit(self._name, number, self._submitted, data)
        assignment.future.add_done_callback(lambda future: self._messages.put((number, future)))
        self._submitted += 1

    def handle_messages(self) -> None:
        """Waits a short while for messages, and handles all that have arrived."""
        end = time.monotonic() + POLL_SECONDS
        with suppress(queue.Empty):
            while True:
                message = self._messages.get(timeout=max(0.0, end - time.monotonic()))
                if isinstance(message, tuple):
                    self._handle_end(*message)
                elif message.get("run") == self._name and (assignment := self.unfinished.get(message["task"])):
                    if "public_key" in message:
                        self._begin(assignment, message)
                    else:
                        assignment.take(message, self._on_event)

    def _begin(self, assignment: Assignment, report: dict[str, Any]) -> None:
        """Lets an execution begin. If the tasks are about to end, it ends at once instead, which frees its worker."""
        if self._ending:
            self.update_orders()
            self._orders.answer(report["execution"], b"")
            return
        if refusal := self._cluster.refusal(report["address"]):
            self.failure = ParloaderError(refusal.message, refusal.next_step)  # not Refused, because other tasks have begun
            return
        worker = self._workers.setdefault((report["address"], report["thread"]), len(self._workers))
        for lost in assignment.running:
            self._on_event(lost.lost(assignment.task, worker))
        assignment.executions[report["execution"]] = Execution(worker, report["host"])
        self.update_orders()
        self._orders.answer(report["execution"], seal(assignment.password, report["public_key"]))

    def _handle_end(self, number: int, future: Future[Any]) -> None:
        assignment = self.unfinished.get(number)
        if assignment is None or assignment.future is not future:
            return
        try:
            name, address, how, data = future.result(timeout=STOP_PATIENCE_SECONDS)
        except KilledWorker:
            self._repeat(number, assignment.task, assignment.task.reassigned_to(self._submitted))
        except (CancelledError, TimeoutError, OSError):  # somebody has cancelled it, or the connection is lost
            self._repeat(number, assignment.task, assignment.task)
        except Exception as error:
            self._cluster.require_same_version()  # parloader may be missing
            self._end(number, ParloaderError(f"a Dask worker failed: {type(error).__name__}: {error}"))
        else:
            events, failure, details = pickle.loads(data)
            again = (
                self._cluster.exclude(address, failure) if how == dask_worker.UNFIT else how in (dask_worker.OVERTAKEN, dask_worker.LOST)
            )
            if execution := assignment.executions.get(name):
                assignment.deliver(execution, events[execution.received :], self._on_event)
                execution.ended = True
                if not again:
                    finished = Finished(worker=execution.worker)
                    self._on_event(Failed(worker=execution.worker, error=failure, traceback_text=details) if failure else finished)
            if again:
                self._repeat(number, assignment.task, assignment.task)
            else:
                self._end(number, failure)

    def _repeat(self, number: int, task: Task, again: Task | None) -> None:
        """An execution ended before the task was done. `again`: what to do; None: it is not restarted."""
        if self._ending:
            self._end(number)
        elif again is None:
            hint = "Out of memory? Try a smaller --batch; then run the same command again: a seed or clean does only the rest"
            self._end(number, WorkerDied(f"several Dask workers ended while working on {task}", hint))
        else:
            self._submit(number, again)

    def _end(self, number: int, failure: Exception | None = None) -> None:
        del self.unfinished[number]
        self.failure = self.failure or failure
        if not self._ending:
            self._submit_next()

    @property
    def _ending(self) -> bool:
        return bool(self._stop.requests or self.failure or self._orders.failure)

    def update_orders(self) -> None:
        """Stops the executions after a request or a failure; otherwise pauses or resumes them. After a second request, it waits for none."""
        self.failure = self.failure or self._watch.failure or self._orders.failure
        if self._ending and self._deadline == float("inf"):
            self._deadline = time.monotonic() + STOP_PATIENCE_SECONDS
            self._cancel([assignment for assignment in self.unfinished.values() if not assignment.running])
            self.unfinished = {number: assignment for number, assignment in self.unfinished.items() if assignment.future}
        running = [execution for assignment in self.unfinished.values() for execution in assignment.running]
        at_once = max(1, len(running), min(len(self.unfinished), self._orders.slots))
        self._orders.update(stop=self._ending, paused=self._watch.paused, share=1 / at_once)
        self.out_of_patience = self._stop.requests > 1 or time.monotonic() > self._deadline or self._orders.failure is not None

    def _cancel(self, assignments: Iterable[Assignment]) -> None:
        if self._orders.failure is None:
            self._cluster.client.cancel([assignment.future for assignment in assignments if assignment.future])

    def end(self) -> None:
        self._cancel(self.unfinished.values())
        if self._orders.failure is None:
            self._cluster.client.unsubscribe_topic(self._cluster.client.id)
        self._orders.end(all_ended=not self.unfinished)
