"""Runs tasks in processes of this machine: spawned, supervised, and replaced when they die.

A pipe connects the parent and a worker. The parent sends the task, then commands; when the parent is gone the pipe closes, and the worker
stops.
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
from dataclasses import dataclass
from enum import Enum, auto
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import cast

from parloader.errors import ParloaderError, WorkerDied
from parloader.failures import as_parloader_error
from parloader.workers.events import Died, Event, Failed, Finished
from parloader.workers.executor import Supervisor, Task
from parloader.workers.stop_signal import IGNORED, StopSignal

# How often the parent checks for a stop request while no worker reports anything
POLL_SECONDS = 0.1

# Opening a folder this way needs no permission to read it, where the system has it (Linux)
OPEN_FOLDER = getattr(os, "O_PATH", os.O_RDONLY)

# How long workers may take to finish the current batch after a stop, before they are killed (the server then rolls the batch back)
STOP_PATIENCE_SECONDS = 30.0


class Command(Enum):
    """What the parent sends to a running worker."""

    STOP = auto()
    PAUSE = auto()
    RESUME = auto()


class PipeChannel:
    """A WorkerChannel: the worker's end of the pipe."""

    exclusive = True  # a crashed worker is replaced when its process has ended

    def __init__(self, pipe: "Connection[object, object]", share: float = 1.0) -> None:
        self._pipe = pipe
        self.share = share
        self._stopped = False
        self._paused = False

    def send(self, event: Event) -> None:
        try:
            self._pipe.send(event)
        except OSError:
            self._stopped = True  # the parent is gone

    @property
    def stopping(self) -> bool:
        self._receive_commands(0)
        return self._stopped

    def wait_for_turn(self, rest_seconds: float = 0.0) -> bool:
        end = time.monotonic() + rest_seconds
        self._receive_commands(0)
        while not self._stopped and (self._paused or time.monotonic() < end):
            self._receive_commands(None if self._paused else max(0.0, end - time.monotonic()))
        return not self._stopped

    def _receive_commands(self, timeout_seconds: float | None) -> None:
        """Takes in every command sent so far; if there is none, waits for one (None: without a limit)."""
        try:
            while not self._stopped and self._pipe.poll(timeout_seconds):
                command = self._pipe.recv()
                self._stopped = command is Command.STOP
                self._paused = command is Command.PAUSE
                timeout_seconds = 0
        except (EOFError, OSError):
            self._stopped = True


class LocalExecutor:
    """An executor that spawns a process for each task."""

    capacity = None

    def __init__(self) -> None:
        self._idle: list[tuple[Connection[object, object], SpawnProcess]] = []

    def task_count(self, procs: int) -> int:
        return procs

    @contextmanager
    def ready(self, workers: int, module: str) -> Iterator[None]:
        try:
            self._idle += [start_worker(module) for _ in range(workers - len(self._idle))]
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
        pool = _WorkerPool(self._idle, share=1 / max(1, len(tasks)))
        run = _SupervisedRun(pool, on_event, stop, watch)
        try:
            pool.pause(watch.paused)  # before the first batch of the first worker
            for task in tasks:
                pool.start(task)
            while pool.workers and not run.out_of_patience:
                run.handle_events()
                on_tick()
                run.send_commands()
        finally:
            pool.kill()
        if run.failure:
            raise run.failure


@dataclass
class _SupervisedRun:
    """One call of LocalExecutor.run: reacts to its workers' events, and to stop requests, pauses and failures."""

    pool: "_WorkerPool"
    on_event: Callable[[Event], None]
    stop: StopSignal
    watch: Supervisor
    failure: Exception | None = None
    _handled_requests: int = 0  # the stop requests passed on to the workers; a failure counts as one
    _deadline: float = float("inf")  # when stopping workers are killed
    out_of_patience: bool = False

    def handle_events(self) -> None:
        """Waits a short while for events, and handles at most one of each worker."""
        for pipe in self.pool.ready():
            event = _receive(pipe, self.pool.workers[pipe][0]) or self._handle_death(pipe)
            self.on_event(event)
            if isinstance(event, Failed) or (isinstance(event, Died) and event.replaced_by is None and not self.stop.requests):
                self.failure = self.failure or event.error
            if isinstance(event, Finished | Failed | Died):
                self.pool.remove(pipe)

    def _handle_death(self, pipe: "Connection[object, object]") -> Died:
        task, process = self.pool.workers[pipe]
        process.join()
        return _death(task, process, None if self.stop.requests or self.failure else self.pool.replace(task))

    def send_commands(self) -> None:
        """Stops the workers after a request or a failure; otherwise pauses or resumes them. A second request ends the patience."""
        self.failure = self.failure or self.watch.failure
        if self._handled_requests < self.stop.requests or (self.failure and not self._handled_requests):
            self._handled_requests = max(1, self.stop.requests)
            self._deadline = min(self._deadline, time.monotonic() + STOP_PATIENCE_SECONDS)
            self.pool.send(Command.STOP)
        elif not self._handled_requests:
            self.pool.pause(self.watch.paused)
        self.out_of_patience = self.stop.requests > 1 or time.monotonic() > self._deadline


class _WorkerPool:
    """The workers that are alive, as far as the parent knows."""

    def __init__(self, idle: "list[tuple[Connection[object, object], SpawnProcess]]", share: float) -> None:
        self._idle = idle
        self._share = share
        self._started = 0
        self._paused = False
        self.workers: dict[Connection[object, object], tuple[Task, SpawnProcess]] = {}

    def start(self, task: Task) -> None:
        pipe, process = self._idle.pop() if self._idle else start_worker(type(task).__module__)
        self.workers[pipe] = (task, process)
        self._started = max(self._started, task.worker + 1)
        self._send_to(pipe, (task, self._share))
        if self._paused:
            self._send_to(pipe, Command.PAUSE)

    def replace(self, dead: Task) -> int | None:
        """Starts a worker that does the rest of the dead one's task; returns its number. None: the task is not restarted."""
        task = dead.reassigned_to(self._started)
        if task is None:
            return None
        self.start(task)
        return task.worker

    def ready(self) -> "list[Connection[object, object]]":
        """The pipes with something to read, after at most POLL_SECONDS."""
        return cast("list[Connection[object, object]]", wait(list(self.workers), timeout=POLL_SECONDS))

    def remove(self, pipe: "Connection[object, object]") -> None:
        _, process = self.workers.pop(pipe)
        process.join()

    def pause(self, paused: bool) -> None:
        if paused is not self._paused:
            self._paused = paused
            self.send(Command.PAUSE if paused else Command.RESUME)

    def send(self, command: Command) -> None:
        for pipe in self.workers:
            self._send_to(pipe, command)

    def _send_to(self, pipe: "Connection[object, object]", message: object) -> None:
        with suppress(OSError):  # the worker has ended; its last events are read later
            pipe.send(message)

    def kill(self) -> None:
        for _, process in self.workers.values():
            process.kill()
            process.join()


def start_worker(module: str) -> "tuple[Connection[object, object], SpawnProcess]":
    """A new interpreter that imports the module and waits for its task.

    Not a fork of a server process that has imported everything, although that takes 5 ms instead of 300: `import polars` starts threads
    (Polars 2.1: polars-ooc-cleaner and those of its allocator), and a fork of a process with threads may inherit a lock that is never
    released.
    """
    context = multiprocessing.get_context("spawn")
    parent_end, worker_end = context.Pipe()
    process = context.Process(target=_work, args=(worker_end, module), name="parloader worker", daemon=True)
    with _environment(), _usable_folder():
        process.start()
    worker_end.close()
    return parent_end, process


@contextmanager
def _environment() -> Iterator[None]:
    """The environment in which a worker starts: one Polars thread (the processes are the parallelism), and IGNORED blocked until it ignores them."""
    before = os.environ.get("POLARS_MAX_THREADS")
    os.environ["POLARS_MAX_THREADS"] = "1"
    resource_tracker.ensure_running()  # first: starting it unblocks SIGINT
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, IGNORED)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if before is None:
            del os.environ["POLARS_MAX_THREADS"]
        else:
            os.environ["POLARS_MAX_THREADS"] = before


@contextmanager
def _usable_folder() -> Iterator[None]:
    """A current folder that multiprocessing can name and a worker can enter: /, if the own one has been removed or made inaccessible."""
    try:
        os.chdir(os.getcwd())
    except OSError:
        own = os.open(".", OPEN_FOLDER)
        os.chdir("/")
        try:
            yield
        finally:
            with suppress(OSError):
                os.fchdir(own)
            os.close(own)
    else:
        yield


def _work(pipe: "Connection[object, object]", module: str) -> None:
    """The main function of a worker process."""
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    try:
        importlib.import_module(module)
        task, share = cast(tuple[Task, float], pipe.recv())
    except EOFError:
        return  # the parent ended without a task for this process
    except BaseException as error:  # too little memory, or too few threads
        with suppress(OSError):
            pipe.send(_sendable(error))
        os._exit(1)
    channel = PipeChannel(pipe, share)
    try:
        task.run(channel)
    except SystemExit:
        raise
    except BaseException as error:  # Polars' PanicException is no Exception
        channel.send(Failed(worker=task.worker, error=_sendable(error), traceback_text=traceback.format_exc()))
    else:
        channel.send(Finished(worker=task.worker))
    pipe.close()
    os._exit(0)  # everything is reported and released, and the interpreter's own shutdown takes longer than a small batch


def _sendable(error: BaseException) -> ParloaderError:
    failure = as_parloader_error(error)
    return failure if failure is error else type(failure)(f"a worker failed: {failure.message}", failure.next_step)


def _receive(pipe: "Connection[object, object]", task: Task) -> Event | None:
    """The next event of the worker of this task; None: its end is closed."""
    try:
        event = pipe.recv()
    except (EOFError, OSError, pickle.UnpicklingError):
        return None
    if isinstance(event, ParloaderError):  # it could not start, and so does not know its task
        return Failed(worker=task.worker, error=event, traceback_text="")
    assert isinstance(event, Event)
    return event


def _death(task: Task, process: SpawnProcess, replaced_by: int | None) -> Died:
    code = process.exitcode or 0
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
    hint = " (out of memory? try a smaller --batch)" if code == -signal.SIGKILL else ""
    error = WorkerDied(
        f"worker {task.worker} {how}{hint} while working on {task}", "Run the same command again; a seed or clean does only the rest"
    )
    return Died(worker=task.worker, error=error, replaced_by=replaced_by)
