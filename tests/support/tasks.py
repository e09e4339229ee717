"""Tasks for the tests of the executor. A module of its own, because the spawned workers import it by its name (tests/ is on sys.path)."""

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from parloader.errors import WriteFailed
from parloader.workers.events import Event
from parloader.workers.executor import WorkerChannel

# A worker that nobody stops ends by itself, so that a broken executor fails a test and does not hang it
PATIENCE_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class Said(Event):
    text: str


@dataclass(frozen=True, kw_only=True)
class Work:
    """Does nothing but hold its rows."""

    worker: int

    def __str__(self) -> str:
        return f"some_table, rows {self.worker}0 to {self.worker}9"

    def run(self, link: WorkerChannel) -> None:
        pass

    def reassigned_to(self, worker: int) -> "Work | None":
        return None


@dataclass(frozen=True, kw_only=True)
class Say(Work):
    texts: tuple[str, ...]

    def run(self, link: WorkerChannel) -> None:
        for text in self.texts:
            link.send(Said(worker=self.worker, text=text))


@dataclass(frozen=True, kw_only=True)
class SayEnvironment(Work):
    """Says the value of an environment variable."""

    name: str

    def run(self, link: WorkerChannel) -> None:
        link.send(Said(worker=self.worker, text=os.environ.get(self.name, "")))


@dataclass(frozen=True, kw_only=True)
class GoOnUntilStopped(Work):
    def run(self, link: WorkerChannel) -> None:
        link.send(Said(worker=self.worker, text="begun"))
        end = time.monotonic() + PATIENCE_SECONDS
        while not link.stopping and time.monotonic() < end:
            time.sleep(0.01)
        link.send(Said(worker=self.worker, text="stopped" if link.stopping else "nobody stopped me"))


@dataclass(frozen=True, kw_only=True)
class NeverStop(Work):
    """Says its process id, then hears nothing; makes a file where nobody ends it."""

    file: Path

    def run(self, link: WorkerChannel) -> None:
        link.send(Said(worker=self.worker, text=str(os.getpid())))
        time.sleep(PATIENCE_SECONDS)
        self.file.touch()


@dataclass(frozen=True, kw_only=True)
class Fail(Work):
    """Fails with an error of ours."""

    def run(self, link: WorkerChannel) -> None:
        raise WriteFailed(f"writing {self} failed", "Try again")


@dataclass(frozen=True, kw_only=True)
class Crash(Work):
    """Fails with an error of somebody else's."""

    def run(self, link: WorkerChannel) -> None:
        raise ZeroDivisionError("by zero")


@dataclass(frozen=True, kw_only=True)
class Die(Work):
    """Ends its process by a signal."""

    signal_number: signal.Signals

    def run(self, link: WorkerChannel) -> None:
        link.send(Said(worker=self.worker, text="last words"))
        os.kill(os.getpid(), self.signal_number)


@dataclass(frozen=True, kw_only=True)
class DieUntil(Work):
    """Is killed as long as there are restarts left; the last worker says so."""

    restarts: int

    def run(self, link: WorkerChannel) -> None:
        if self.restarts:
            os.kill(os.getpid(), signal.SIGKILL)
        link.send(Said(worker=self.worker, text="done"))

    def reassigned_to(self, worker: int) -> "DieUntil | None":
        return DieUntil(worker=worker, restarts=self.restarts - 1)


@dataclass(frozen=True, kw_only=True)
class GoOn(Work):
    """Asks whether it may go on until it is stopped."""

    rest_seconds: float = 0.0

    def run(self, link: WorkerChannel) -> None:
        link.send(Said(worker=self.worker, text="begun"))
        end = time.monotonic() + PATIENCE_SECONDS
        while link.wait_for_turn(self.rest_seconds) and time.monotonic() < end:
            link.send(Said(worker=self.worker, text="went on"))
            time.sleep(0.01)
        link.send(Said(worker=self.worker, text="stopped" if link.stopping else "nobody stopped me"))


@dataclass(frozen=True, kw_only=True)
class Leave(Work):
    """Ends its process with a status."""

    status: int

    def run(self, link: WorkerChannel) -> None:
        sys.exit(self.status)


@dataclass(frozen=True, kw_only=True)
class InterruptItself(Work):
    """Ctrl-C in a terminal reaches every process of the group."""

    def run(self, link: WorkerChannel) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        link.send(Said(worker=self.worker, text="still here"))


@dataclass(frozen=True, kw_only=True)
class InterruptTheParent(GoOnUntilStopped):
    """Ctrl-C just when the worker is being started: this is pickled then."""

    def __getstate__(self) -> dict[str, int]:
        signal.raise_signal(signal.SIGINT)
        return {"worker": self.worker}
