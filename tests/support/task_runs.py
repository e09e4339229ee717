"""Runs tasks in worker processes, and keeps what they said."""

import contextlib
from collections.abc import Iterator, Sequence

import psutil
import pytest
from support.servers import until, worker_processes
from support.tasks import Said, Work

from parloader.workers.events import Event, Finished
from parloader.workers.executor import Supervisor
from parloader.workers.processes import LocalExecutor
from parloader.workers.stop_signal import StopSignal


class TaskRun:
    """One run of tasks, and the events of its workers."""

    def __init__(self, *, asks_to_stop: int = 0) -> None:
        self.events: list[Event] = []
        self.stop = StopSignal()
        self.watch = Supervisor()
        self.asks_to_stop = asks_to_stop
        self.executor = LocalExecutor()

    def of(self, *tasks: Work) -> "TaskRun":
        self.executor.run(tasks, self.on_event, self.stop, self.watch)
        return self

    def on_event(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, Said) and self.asks_to_stop:
            self.stop.requests = self.asks_to_stop

    def said(self, worker: int) -> Sequence[str]:
        return [event.text for event in self.events if isinstance(event, Said) and event.worker == worker]

    @property
    def finished(self) -> set[int]:
        return {event.worker for event in self.events if isinstance(event, Finished)}


def started(number: int) -> set[int]:
    """The process IDs of the workers, when there are this many."""
    until(lambda: len(workers()) == number, f"{number} workers have started")
    return {process.pid for process in workers()}


def workers() -> list[psutil.Process]:
    return worker_processes(psutil.Process().children(recursive=True))


def interpreters() -> list[psutil.Process]:
    """What this process has started for its workers: their template, or, without one, the workers."""
    found = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            if any("workers.interpreter" in word for word in child.cmdline()):
                found.append(child)
    return found


def is_dead(process: psutil.Process) -> bool:
    """Whether it has ended, also if nobody has asked how."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@pytest.fixture
def no_worker_is_left() -> Iterator[None]:
    assert not interpreters()
    yield
    assert not interpreters()
