"""Tasks for the tests of the executor. A module of its own, because the spawned workers import it by its name (tests/ is on sys.path)."""

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from parloader.errors import WriteFailed
from parloader.workers.events import Event, started
from parloader.workers.executor import WorkerChannel

# A worker that is not stopped ends by itself, so that a broken executor fails a test instead of blocking it
PATIENCE_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class Said(Event):
    text: str


@dataclass(frozen=True, kw_only=True)
class Work:
    """Does nothing."""

    worker: int

    @property
    def is_small(self) -> bool:
        return False

    def __str__(self) -> str:
        return f"some_table, rows {self.worker}0 to {self.worker}9"

    def run(self, channel: WorkerChannel) -> None:
        pass

    def reassigned_to(self, worker: int) -> "Work | None":
        return None


@dataclass(frozen=True, kw_only=True)
class Say(Work):
    texts: tuple[str, ...]

    def run(self, channel: WorkerChannel) -> None:
        for text in self.texts:
            channel.send(Said(worker=self.worker, text=text))


@dataclass(frozen=True, kw_only=True)
class SayEnvironment(Work):
    """Reports the value of an environment variable."""

    name: str

    def run(self, channel: WorkerChannel) -> None:
        channel.send(Said(worker=self.worker, text=os.environ.get(self.name, "")))


@dataclass(frozen=True, kw_only=True)
class SayProcess(Work):
    """Reports its process ID."""

    def run(self, channel: WorkerChannel) -> None:
        channel.send(Said(worker=self.worker, text=str(os.getpid())))


@dataclass(frozen=True, kw_only=True)
class SayTemplate(Work):
    """Reports how many threads the process has from which this one was forked, and whether Polars was imported there (Linux)."""

    def run(self, channel: WorkerChannel) -> None:
        threads = len(os.listdir(f"/proc/{os.getppid()}/task"))
        polars = "_polars_runtime" in Path(f"/proc/{os.getppid()}/maps").read_text()
        channel.send(Said(worker=self.worker, text=f"{threads} thread, Polars: {polars}"))


@dataclass(frozen=True, kw_only=True)
class DieAfterItsParent(Work):
    """Kills the process from which it was forked, then itself."""

    def run(self, channel: WorkerChannel) -> None:
        os.kill(os.getppid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True, kw_only=True)
class Burn(Work):
    """Uses this much CPU time."""

    cpu_seconds: float

    def run(self, channel: WorkerChannel) -> None:
        end = time.process_time() + self.cpu_seconds
        while time.process_time() < end:
            pass


@dataclass(frozen=True, kw_only=True)
class SayCpuTime(Work):
    """Reports the CPU time of its task."""

    def run(self, channel: WorkerChannel) -> None:
        channel.send(Said(worker=self.worker, text=str(started(self.worker).cpu_seconds)))


@dataclass(frozen=True, kw_only=True)
class RunUntilStopped(Work):
    def run(self, channel: WorkerChannel) -> None:
        channel.send(Said(worker=self.worker, text="begun"))
        end = time.monotonic() + PATIENCE_SECONDS
        while not channel.stopping and time.monotonic() < end:
            time.sleep(0.01)
        channel.send(Said(worker=self.worker, text="stopped" if channel.stopping else "not stopped"))


@dataclass(frozen=True, kw_only=True)
class NeverStop(Work):
    """Reports its process id, then ignores the parent; creates a file if it is not killed."""

    file: Path

    def run(self, channel: WorkerChannel) -> None:
        channel.send(Said(worker=self.worker, text=str(os.getpid())))
        time.sleep(PATIENCE_SECONDS)
        self.file.touch()


@dataclass(frozen=True, kw_only=True)
class Fail(Work):
    """Fails with a ParloaderError."""

    def run(self, channel: WorkerChannel) -> None:
        raise WriteFailed(f"writing {self} failed", "Try again")


@dataclass(frozen=True, kw_only=True)
class Crash(Work):
    """Fails with an unexpected error."""

    def run(self, channel: WorkerChannel) -> None:
        raise ZeroDivisionError("by zero")


@dataclass(frozen=True, kw_only=True)
class Die(Work):
    """Ends its process by a signal."""

    signal_number: signal.Signals

    def run(self, channel: WorkerChannel) -> None:
        channel.send(Said(worker=self.worker, text="last words"))
        os.kill(os.getpid(), self.signal_number)


@dataclass(frozen=True, kw_only=True)
class DieUntil(Work):
    """Is killed while restarts are left; the last worker reports."""

    restarts: int

    def run(self, channel: WorkerChannel) -> None:
        if self.restarts:
            os.kill(os.getpid(), signal.SIGKILL)
        channel.send(Said(worker=self.worker, text="done"))

    def reassigned_to(self, worker: int) -> "DieUntil | None":
        return DieUntil(worker=worker, restarts=self.restarts - 1)


@dataclass(frozen=True, kw_only=True)
class WaitForTurns(Work):
    """Waits for its turn again and again, until it is stopped."""

    rest_seconds: float = 0.0

    def run(self, channel: WorkerChannel) -> None:
        channel.send(Said(worker=self.worker, text="begun"))
        end = time.monotonic() + PATIENCE_SECONDS
        while channel.wait_for_turn(self.rest_seconds) and time.monotonic() < end:
            channel.send(Said(worker=self.worker, text="had a turn"))
            time.sleep(0.01)
        channel.send(Said(worker=self.worker, text="stopped" if channel.stopping else "not stopped"))


@dataclass(frozen=True, kw_only=True)
class Leave(Work):
    """Ends its process with a status."""

    status: int

    def run(self, channel: WorkerChannel) -> None:
        sys.exit(self.status)


@dataclass(frozen=True, kw_only=True)
class InterruptItself(Work):
    """Ctrl-C in a terminal reaches every process of the group."""

    def run(self, channel: WorkerChannel) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        channel.send(Said(worker=self.worker, text="still here"))


@dataclass(frozen=True, kw_only=True)
class InterruptTheParent(RunUntilStopped):
    """Sends Ctrl-C to the parent while it starts the worker: it pickles this task then."""

    def __getstate__(self) -> dict[str, int]:
        signal.raise_signal(signal.SIGINT)
        return {"worker": self.worker}
