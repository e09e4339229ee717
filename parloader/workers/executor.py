"""Where partitions run: the Executor protocol, and processes of this machine (spawn, supervised).

A task is a frozen dataclass; it crosses the process boundary and does its work there. The pipe between the two is the leash: the parent
says stop, hold and go on it, and when the parent is gone it ends, which a worker takes as stop. Where a worker dies, a fresh one takes up
what it left, if the task says how.
"""

import signal
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from enum import Enum, auto
from multiprocessing.connection import Connection
from typing import Protocol

from parloader.workers.events import Event


class Command(Enum):
    """What the parent says to a worker."""

    STOP = auto()
    PAUSE = auto()
    RESUME = auto()


class WorkerChannel:
    """The worker's end of the pipe."""

    def __init__(self, pipe: "Connection[object, object]") -> None:
        self._pipe = pipe
        self._stopped = False
        self._held = False

    def send(self, event: Event) -> None:
        try:
            self._pipe.send(event)
        except OSError:
            self._stopped = True  # the parent is gone

    @property
    def stopping(self) -> bool:
        """Whether to end after the batch in hand: the parent said so, or is gone."""
        self._listen(0)
        return self._stopped

    def wait_for_turn(self, rest_seconds: float = 0.0) -> bool:
        """Waits so long, and while the parent says hold; False where the worker is to end instead."""
        end = time.monotonic() + rest_seconds
        self._listen(0)
        while not self._stopped and (self._held or time.monotonic() < end):
            self._listen(None if self._held else max(0.0, end - time.monotonic()))
        return not self._stopped

    def _listen(self, timeout_seconds: float | None) -> None:
        """Takes in what the parent has said; waits so long for a word (None: for ever) where it has said nothing."""
        try:
            while not self._stopped and self._pipe.poll(timeout_seconds):
                order = self._pipe.recv()
                self._stopped = order is Command.STOP
                self._held = order is Command.PAUSE
                timeout_seconds = 0
        except (EOFError, OSError):
            self._stopped = True


class Task(Protocol):
    """What one worker does. Its text names what it holds (table and index ranges)."""

    @property
    def worker(self) -> int: ...

    def run(self, link: WorkerChannel) -> None:
        """Does it, reporting through the link; returns early where the link says stopping."""

    def reassigned_to(self, worker: int) -> "Task | None":
        """What `worker` is to do in place of this task's worker, which has died; None where nobody is to."""


class StopSignal:
    """Notes SIGINT and SIGTERM while the block runs; whoever loops acts on it."""

    def __init__(self) -> None:
        self.requests = 0

    def __enter__(self) -> "StopSignal":
        self._before = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, *_: object) -> None:
        self.requests += 1


class Supervisor:
    """What is watched over while workers work. Here: nothing, so that they are never held."""

    @property
    def paused(self) -> bool:
        """Whether the workers are to wait, each after the batch in hand."""
        return False

    @property
    def failure(self) -> Exception | None:
        """Why all must end."""
        return None


class Executor(Protocol):
    def ready(self, workers: int, module: str) -> AbstractContextManager[None]:
        """A context in which up to `workers` processes may start and import `module`, while the caller still finds out what they are to do.

        Contexts may be nested: the processes of the outer one count.
        """

    def run(
        self,
        tasks: Sequence[Task],
        on_event: Callable[[Event], None],
        stop: StopSignal,
        watch: Supervisor,
        on_tick: Callable[[], None] = ...,
    ) -> None:
        """Runs every task to its end, calling `on_event` in this process for each event, and `on_tick` every now and then, also at the end.

        Returns early where `stop` is asked for. Where a task fails, or its worker dies and nobody is to take it up again, or the watch
        fails, the others are stopped (they finish the batch in hand) and the error is raised: the task's own, WorkerDied, or the watch's.
        """
