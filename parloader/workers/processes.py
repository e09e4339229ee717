"""Where partitions run: the Executor protocol, and processes of this machine (spawn, supervised).

A task is a frozen dataclass; it crosses the process boundary and does its work there. The pipe between the two is the leash: the parent
says stop, hold and go on it, and when the parent is gone it ends, which a worker takes as stop. Where a worker dies, a fresh one takes up
what it left, if the task says how.
"""

import importlib
import multiprocessing
import os
import pickle
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import cast

from parloader.errors import ParloaderError, WorkerDied
from parloader.workers.events import Died, Event, Failed, Finished
from parloader.workers.executor import Command, StopSignal, Supervisor, Task, WorkerChannel

# How often the parent looks whether somebody asked it to stop, when no worker says anything
POLL_SECONDS = 0.1

# How long workers may take to finish the batch in hand after a stop, before they are ended (the server then rolls it back)
STOP_PATIENCE_SECONDS = 30.0


class LocalExecutor:
    """One spawned process a task."""

    def __init__(self) -> None:
        self._idle: list[tuple[Connection[object, object], SpawnProcess]] = []

    @contextmanager
    def ready(self, workers: int, module: str) -> Iterator[None]:
        try:
            self._idle += [_start(module) for _ in range(workers - len(self._idle))]
            yield
        finally:
            for _, process in self._idle:
                process.kill()
                process.join()
            self._idle.clear()

    def run(
        self,
        tasks: Sequence[Task],
        on_event: Callable[[Event], None],
        stop: StopSignal,
        watch: Supervisor,
        on_tick: Callable[[], None] = lambda: None,
    ) -> None:
        pool = _WorkerPool(self._idle)
        failure: Exception | None = None
        stopped = 0
        deadline = float("inf")
        try:
            pool.pause(watch.paused)  # before the first batch of the first worker
            for task in tasks:
                pool.start(task)
            while pool.workers:
                for pipe in pool.ready():
                    task, process = pool.workers[pipe]
                    event = _receive(pipe)
                    if event is None:
                        process.join()
                        event = _death(task, process, None if stop.requests or failure else pool.replace(task))
                    on_event(event)
                    if isinstance(event, Failed) or (isinstance(event, Died) and event.replaced_by is None):
                        failure = failure or event.error
                    if isinstance(event, Finished | Failed | Died):
                        pool.remove(pipe)
                on_tick()
                failure = failure or watch.failure
                if stopped < stop.requests or (failure and not stopped):
                    stopped = max(1, stop.requests)
                    deadline = min(deadline, time.monotonic() + STOP_PATIENCE_SECONDS)
                    pool.tell(Command.STOP)
                elif not stopped:
                    pool.pause(watch.paused)
                if stop.requests > 1 or time.monotonic() > deadline:
                    break
        finally:
            pool.kill()
        if failure:
            raise failure


class _WorkerPool:
    """The workers that are alive, as far as the parent knows."""

    def __init__(self, idle: "list[tuple[Connection[object, object], SpawnProcess]]") -> None:
        self._idle = idle
        self._started = 0
        self._held = False
        self.workers: dict[Connection[object, object], tuple[Task, SpawnProcess]] = {}

    def start(self, task: Task) -> None:
        pipe, process = self._idle.pop() if self._idle else _start(type(task).__module__)
        self.workers[pipe] = (task, process)
        self._started = max(self._started, task.worker + 1)
        self._say(pipe, task)
        if self._held:
            self._say(pipe, Command.PAUSE)

    def replace(self, dead: Task) -> int | None:
        """Starts a worker for what the dead one left, where the task says how; returns its number."""
        task = dead.reassigned_to(self._started)
        if task is None:
            return None
        self.start(task)
        return task.worker

    def ready(self) -> "list[Connection[object, object]]":
        """The pipes on which there is something to read, after a short while at most."""
        return cast("list[Connection[object, object]]", wait(list(self.workers), timeout=POLL_SECONDS))

    def remove(self, pipe: "Connection[object, object]") -> None:
        _, process = self.workers.pop(pipe)
        process.join()

    def pause(self, held: bool) -> None:
        if held is not self._held:
            self._held = held
            self.tell(Command.PAUSE if held else Command.RESUME)

    def tell(self, order: Command) -> None:
        for pipe in self.workers:
            self._say(pipe, order)

    def _say(self, pipe: "Connection[object, object]", message: object) -> None:
        with suppress(OSError):  # it has ended: that is seen when its last events are read
            pipe.send(message)

    def kill(self) -> None:
        for _, process in self.workers.values():
            process.kill()
            process.join()


def _start(module: str) -> "tuple[Connection[object, object], SpawnProcess]":
    """A new interpreter that imports the module and waits for its task.

    Not a fork of a server process that has imported everything, although that takes 5 ms instead of 300: `import polars` starts threads
    (Polars 2.1: polars-ooc-cleaner and those of its allocator), and a fork of a process with threads may inherit a lock that nobody releases.
    """
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
    link = WorkerChannel(pipe)
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


def _death(task: Task, process: SpawnProcess, taken_up_by: int | None) -> Died:
    code = process.exitcode or 0
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
    hint = " (out of memory? try a smaller --batch)" if code == -signal.SIGKILL else ""
    error = WorkerDied(
        f"worker {task.worker} {how}{hint} while it held {task}", "What is committed stays: run the same command again to do the rest"
    )
    return Died(worker=task.worker, error=error, replaced_by=taken_up_by)
