"""Starts workers: processes that are spawned, and a thread for a single small task."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Protocol

from parloader.workers.events import begin_task
from parloader.workers.worker import IGNORED, receive_task, run_task, serve

# Opening a folder this way needs no permission to read it, where the system has it (Linux)
OPEN_FOLDER = getattr(os, "O_PATH", os.O_RDONLY)


class Worker(Protocol):
    """What runs a task: a process, or a thread of this one."""

    @property
    def exitcode(self) -> int | None:
        """How it ended, as multiprocessing.Process has it."""

    def join(self) -> None:
        """Waits for its end."""

    def kill(self) -> None:
        """Ends it."""


def start_worker(module: str) -> "tuple[Connection[object, object], Worker]":
    """A new interpreter that imports the module and waits for its task.

    Not a fork of a server process that has imported everything, although that takes 5 ms instead of 300: `import polars` starts threads
    (Polars 2.1: polars-ooc-cleaner and those of its allocator), and a fork of a process with threads may inherit a lock that is never
    released.
    """
    context = multiprocessing.get_context("spawn")
    parent_end, worker_end = context.Pipe()
    process = context.Process(target=serve, args=(worker_end, module), name="parloader worker", daemon=True)
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


class WorkerThread:
    """A worker that is a thread of this process. Nothing but the end of the process can kill it at once."""

    exitcode = 0

    def __init__(self, parent_end: "Connection[object, object]", worker_end: "Connection[object, object]") -> None:
        self._parent_end = parent_end
        self._killed = False
        self._thread = threading.Thread(target=self._work, args=(worker_end,), name="parloader worker", daemon=True)
        self._thread.start()

    def join(self) -> None:
        if not self._killed:
            self._thread.join()

    def kill(self) -> None:
        """The worker sees the closed pipe as an order to stop after its batch; the server undoes a batch whose process ends first."""
        self._killed = True
        self._parent_end.close()

    def _work(self, pipe: "Connection[object, object]") -> None:
        with pipe, suppress(EOFError, OSError):  # the parent has closed the pipe
            task = receive_task(pipe)
            begin_task()
            run_task(task, pipe)


def start_thread() -> "tuple[Connection[object, object], WorkerThread]":
    """A thread that waits for its task."""
    parent_end, worker_end = multiprocessing.Pipe()
    return parent_end, WorkerThread(parent_end, worker_end)
