"""Runs tasks in processes of this machine: supervised, and replaced when they die. A single small task runs in a thread.

A pipe connects the parent and a worker. The parent sends a task, then commands, then perhaps the next task; when the parent is gone the
pipe closes, and the worker stops.
"""

import pickle
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import cast

from parloader.errors import ParloaderError, WorkerDied
from parloader.workers.events import Died, Event, Failed, Finished, RunsInParent
from parloader.workers.executor import Supervisor, Task
from parloader.workers.starting import Threads, Worker, WorkerSource, WorkerThread, start_thread, worker_source
from parloader.workers.stop_signal import StopSignal
from parloader.workers.worker import Assignment, Command

# How often the parent checks for a stop request while no worker reports anything
POLL_SECONDS = 0.1

# How long workers may take to finish the current batch after a stop, before they are killed (the server then rolls the batch back)
STOP_PATIENCE_SECONDS = 30.0


class LocalExecutor:
    """An executor that has a process for each task, and runs a single small task in a thread instead; or each task, if it stays `in_process`."""

    capacity = None

    def __init__(self, *, in_process: bool = False) -> None:
        """`in_process`: each worker is a thread of this process."""
        self._in_process = in_process
        self._idle: list[tuple[Connection[object, object], Worker]] = []
        self._contexts = 0
        self._source: WorkerSource | None = None

    def task_count(self, procs: int) -> int:
        return procs

    @contextmanager
    def ready(self, workers: int, module: str) -> Iterator[None]:
        self._contexts += 1
        try:
            if not self._in_process:
                self._idle += [self._start(module) for _ in range(workers - len(self._idle))]
            yield
        finally:
            self._contexts -= 1
            if not self._contexts:
                for pipe, process in self._idle:
                    pipe.close()
                    process.kill()
                    process.join()
                self._idle.clear()
                if self._source:
                    self._source.close()

    def _start(self, module: str) -> "tuple[Connection[object, object], Worker]":
        self._source = self._source or (Threads() if self._in_process else worker_source())
        return self._source.start(module)

    def run(
        self,
        tasks: Sequence[Task],
        on_event: Callable[[Event], None],
        stop: StopSignal,
        watch: Supervisor,
        on_tick: Callable[[], None] = lambda: None,
    ) -> None:
        pool = _WorkerPool(self._idle, self._start, share=1 / max(1, len(tasks)))
        run = _SupervisedRun(pool, on_event, stop, watch)
        with self.ready(0, ""), pool:
            pool.pause(watch.paused)  # before the first batch of the first worker
            if len(tasks) == 1 and tasks[0].is_small and not self._idle:
                on_event(RunsInParent(worker=tasks[0].worker))
                pool.start(tasks[0], *start_thread())
            else:
                for task in tasks:
                    pool.start_process(task)
            while pool.workers and not run.out_of_patience:
                run.handle_events()
                on_tick()
                run.send_commands()
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
                self.pool.remove(pipe, finished=isinstance(event, Finished))

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
    """The workers that have a task and are alive, as far as the parent knows. A process that has finished its task becomes idle."""

    def __init__(
        self,
        idle: "list[tuple[Connection[object, object], Worker]]",
        start_worker: "Callable[[str], tuple[Connection[object, object], Worker]]",
        share: float,
    ) -> None:
        self._idle = idle
        self._start_worker = start_worker
        self._share = share
        self._started = 0
        self._paused = False
        self.workers: dict[Connection[object, object], tuple[Task, Worker]] = {}

    def start_process(self, task: Task) -> None:
        pipe, worker = self._take_idle() or self._start_worker(type(task).__module__)
        self.start(task, pipe, worker)

    def _take_idle(self) -> "tuple[Connection[object, object], Worker] | None":
        """An idle worker that is alive. One that has a message has ended, since there is nothing else to report without a task."""
        while self._idle:
            pipe, worker = self._idle.pop()
            if not pipe.poll():
                return pipe, worker
            pipe.close()
            worker.join()
        return None

    def start(self, task: Task, pipe: "Connection[object, object]", worker: Worker) -> None:
        self.workers[pipe] = (task, worker)
        self._started = max(self._started, task.worker + 1)
        self._send_to(pipe, Assignment(task, self._share, self._paused))

    def replace(self, dead: Task) -> int | None:
        """Starts a worker that does the rest of the dead one's task; returns its number. None: the task is not restarted.

        It is a new one: whatever has killed the dead one may be killing the idle ones as well.
        """
        task = dead.reassigned_to(self._started)
        if task is None:
            return None
        self.start(task, *self._start_worker(type(task).__module__))
        return task.worker

    def ready(self) -> "list[Connection[object, object]]":
        """The pipes with something to read, after at most POLL_SECONDS."""
        return cast("list[Connection[object, object]]", wait(list(self.workers), timeout=POLL_SECONDS))

    def remove(self, pipe: "Connection[object, object]", *, finished: bool) -> None:
        _, worker = self.workers.pop(pipe)
        if finished and not isinstance(worker, WorkerThread):
            self._idle.append((pipe, worker))
        else:
            pipe.close()
            worker.join()

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

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        """Kills the workers that are left."""
        for pipe, (_task, worker) in self.workers.items():
            pipe.close()  # one that starts only now stops before its first batch
            worker.kill()
            worker.join()


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


def _death(task: Task, process: Worker, replaced_by: int | None) -> Died:
    code = process.exitcode or 0
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
    if process.exitcode is None:
        how = "ended"
    smaller = " try a smaller --batch" if hasattr(task, "batch") else ""
    hint = f" (out of memory?{smaller})" if code == -signal.SIGKILL else ""
    error = WorkerDied(
        f"worker {task.worker} {how}{hint} while working on {task}",
        "Run the same command again; a seed, clean or export does only the rest",
    )
    return Died(worker=task.worker, error=error, replaced_by=replaced_by)
