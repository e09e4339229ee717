"""Where partitions run: the Executor protocol, and processes of this machine (spawn, supervised).

A task is a frozen dataclass; it crosses the process boundary and does its work there. The pipe between the two is the leash: the parent
says stop on it, and when the parent is gone it ends, which a worker takes as stop.
"""

import importlib
import multiprocessing
import os
import pickle
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Protocol, cast

from parloader.errors import ParloaderError, WorkerDied
from parloader.loading.events import Event, Failed, Finished

# How often the parent looks whether somebody asked it to stop, when no worker says anything
POLL_SECONDS = 0.1
# How long workers may take to finish the batch in hand after a stop, before they are ended (the server then rolls it back)
STOP_PATIENCE_SECONDS = 30.0


class Link:
    """The worker's end of the pipe."""

    def __init__(self, pipe: "Connection[object, object]") -> None:
        self._pipe = pipe
        self._stopped = False

    def send(self, event: Event) -> None:
        try:
            self._pipe.send(event)
        except OSError:
            self._stopped = True  # the parent is gone

    @property
    def stopping(self) -> bool:
        """Whether to end after the batch in hand: the parent said so, or is gone."""
        if not self._stopped and self._pipe.poll():
            self._stopped = True
        return self._stopped


class Task(Protocol):
    """What one worker does. Its text names what it holds (table and index ranges)."""

    @property
    def worker(self) -> int: ...

    def run(self, link: Link) -> None:
        """Does it, reporting through the link; returns early where the link says stopping."""


class Stop:
    """Notes SIGINT and SIGTERM while the block runs; whoever loops acts on it."""

    def __init__(self) -> None:
        self.asked = 0

    def __enter__(self) -> "Stop":
        self._before = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, *_: object) -> None:
        self.asked += 1


class Executor(Protocol):
    def ready(self, workers: int, module: str) -> AbstractContextManager[None]:
        """A context in which up to `workers` processes may start already, and import `module`, while the caller still finds out what they are to do."""

    def run(self, tasks: Sequence[Task], on_event: Callable[[Event], None], stop: Stop) -> None:
        """Runs every task to its end, calling `on_event` in this process for each event.

        Returns early where `stop` is asked for. Where a task fails or its worker dies, the others are stopped (they finish the batch
        in hand) and the error is raised: the task's own, or WorkerDied.
        """


class LocalExecutor:
    """One spawned process a task."""

    def __init__(self) -> None:
        self._idle: list[tuple[Connection[object, object], SpawnProcess]] = []

    @contextmanager
    def ready(self, workers: int, module: str) -> Iterator[None]:
        try:
            self._idle += [_start(module) for _ in range(workers)]
            yield
        finally:
            for _, process in self._idle:
                process.kill()
                process.join()
            self._idle.clear()

    def run(self, tasks: Sequence[Task], on_event: Callable[[Event], None], stop: Stop) -> None:
        workers: dict[Connection[object, object], tuple[Task, SpawnProcess]] = {}
        failure: Exception | None = None
        told = 0
        deadline = float("inf")
        try:
            for task in tasks:
                pipe, process = self._idle.pop() if self._idle else _start(type(task).__module__)
                workers[pipe] = (task, process)
                with suppress(OSError):  # it has died: that is seen below
                    pipe.send(task)
            while workers:
                for ready in wait(list(workers), timeout=POLL_SECONDS):
                    pipe = cast("Connection[object, object]", ready)
                    task, process = workers[pipe]
                    event = _receive(pipe)
                    if event is not None:
                        on_event(event)
                    if isinstance(event, Failed):
                        failure = failure or event.error
                    if event is None:
                        process.join()
                        failure = failure or _death(task, process)
                    if event is None or isinstance(event, Finished | Failed):
                        del workers[pipe]
                        process.join()
                if told < stop.asked or (failure and not told):
                    told = max(1, stop.asked)
                    deadline = min(deadline, time.monotonic() + STOP_PATIENCE_SECONDS)
                    for pipe in workers:
                        _tell(pipe)
                if workers and (stop.asked > 1 or time.monotonic() > deadline):
                    break
        finally:
            for _, process in workers.values():
                process.kill()
                process.join()
        if failure:
            raise failure


def _start(module: str) -> "tuple[Connection[object, object], SpawnProcess]":
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, module), name="parloader worker", daemon=True)
    with _environment():
        process.start()
    theirs.close()
    return ours, process


@contextmanager
def _environment() -> Iterator[None]:
    """What a worker starts with: one Polars thread (the processes are the parallelism), and Ctrl-C held off until it ignores it."""
    before = os.environ.get("POLARS_MAX_THREADS")
    os.environ["POLARS_MAX_THREADS"] = "1"
    resource_tracker.ensure_running()  # which, where it has to start, undoes what comes now
    held_off = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held_off)
        if before is None:
            del os.environ["POLARS_MAX_THREADS"]
        else:
            os.environ["POLARS_MAX_THREADS"] = before


def _work(pipe: "Connection[object, object]", module: str) -> None:
    """The life of a worker process. Ctrl-C reaches the whole terminal group, but it is the parent who says stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    importlib.import_module(module)
    try:
        task = cast(Task, pipe.recv())
    except EOFError:
        return  # the parent has gone, and never had a task
    link = Link(pipe)
    try:
        task.run(link)
    except Exception as error:
        link.send(Failed(worker=task.worker, error=_sendable(error), traceback_text=traceback.format_exc()))
    else:
        link.send(Finished(worker=task.worker))
    pipe.close()
    os._exit(0)  # all is said and nothing is held: the interpreter's own farewell takes longer than a small batch


def _sendable(error: Exception) -> Exception:
    if isinstance(error, ParloaderError):
        return error
    return ParloaderError(f"a worker failed with {type(error).__name__}: {error}", "Run it again with -v and report what it prints")


def _receive(pipe: "Connection[object, object]") -> Event | None:
    """The next event; None where the worker's end is closed."""
    try:
        event = pipe.recv()
    except (EOFError, OSError, pickle.UnpicklingError):
        return None
    assert isinstance(event, Event)
    return event


def _tell(pipe: "Connection[object, object]") -> None:
    try:
        pipe.send("stop")
    except OSError:
        return  # it has ended already; its last events are still read


def _death(task: Task, process: SpawnProcess) -> WorkerDied:
    code = process.exitcode or 0
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
    hint = " (out of memory? try a smaller --batch)" if code == -signal.SIGKILL else ""
    return WorkerDied(
        f"worker {task.worker} {how}{hint} while it held {task}",
        "What is committed stays: run the same command again to do the rest",
    )
