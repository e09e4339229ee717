"""Starts workers: processes that a template forks, or that are spawned, and a thread for a single small task."""

import importlib
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from contextlib import suppress
from multiprocessing import reduction
from multiprocessing.connection import Connection
from typing import Protocol

from parloader.workers.events import begin_task
from parloader.workers.interpreter import Interpreter
from parloader.workers.template import Await, Ended, Fork, Forked, run_template
from parloader.workers.worker import receive_task, run_task, serve

# The buffers of a socket hold some 200 messages; both ends of a full one would wait for each other
MOST_UNANSWERED = 64

# A template forks within milliseconds and imports within seconds. One that is stopped (SIGSTOP) never answers
ANSWER_SECONDS = 30.0


class Worker(Protocol):
    """What runs a task: a process, or a thread of this one."""

    @property
    def exitcode(self) -> int | None:
        """How it ended, as multiprocessing.Process has it. None: it has not, or that is unknown."""

    def join(self) -> None:
        """Waits for its end."""

    def kill(self) -> None:
        """Ends it."""


class WorkerSource(Protocol):
    """Starts worker processes."""

    def start(self, module: str) -> "tuple[Connection[object, object], Worker]":
        """A process that imports the module and waits for its task, and the parent's end of its pipe."""

    def close(self) -> None:
        """Ends what was needed to start workers. All workers have ended, or end now that their pipes are closed."""


def worker_source() -> WorkerSource:
    """How worker processes start on this system, see template.py."""
    return Template() if sys.platform == "linux" else Spawner()


class Spawner:
    """Starts each worker as a new interpreter."""

    def start(self, module: str) -> "tuple[Connection[object, object], Worker]":
        parent_end, worker_end = multiprocessing.Pipe()
        with worker_end:
            return parent_end, Interpreter(serve, worker_end, module)

    def close(self) -> None:
        pass


class Template:
    """Has a template fork each worker. The template starts with the first worker, and again if it has died."""

    def __init__(self) -> None:
        self._process: Interpreter | None = None
        self._unanswered: deque[ForkedWorker] = deque()

    def start(self, module: str) -> "tuple[Connection[object, object], Worker]":
        if self._process is None or not self._process.is_alive():
            self.close()
            self._control, template_end = multiprocessing.Pipe()
            with template_end:
                self._process = Interpreter(run_template, template_end)
        parent_end, worker_end = multiprocessing.Pipe()
        worker = ForkedWorker(self)
        with worker_end, suppress(EOFError, ConnectionError):  # the template has died: the parent takes that for the death of the worker
            while self._unanswered and (self._control.poll() or len(self._unanswered) > MOST_UNANSWERED):
                self._receive()
            self._control.send(Fork(module))
            reduction.send_handle(self._control, worker_end.fileno(), self._process.pid)
            self._unanswered.append(worker)
        return parent_end, worker

    def exitcode(self, worker: "ForkedWorker") -> int | None:
        """Waits until the worker has ended. None: its exit code is unknown, because the template has died or could not start it."""
        pid = self.pid(worker)
        if pid is None:
            return None
        try:
            self._control.send(Await(pid))
            while not isinstance(answer := self._receive(), Ended):
                pass
        except (EOFError, OSError):
            return None
        return answer.exitcode

    def pid(self, worker: "ForkedWorker") -> int | None:
        """The process ID of the worker, when it has been forked. None: it was not."""
        with suppress(EOFError, OSError):
            while worker in self._unanswered:
                self._receive()
        return worker.pid

    def has_started(self, worker: "ForkedWorker") -> bool:
        """Whether the template has forked the worker, as far as can be said without waiting."""
        with suppress(EOFError, OSError):
            while worker in self._unanswered and self._control.poll():
                self._receive()
        return worker not in self._unanswered

    def _receive(self) -> Forked | Ended:
        """The next answer. EOFError: the template has died, or does not answer and is killed."""
        if self._process and not self._control.poll(ANSWER_SECONDS):
            self._process.kill()
        answer: Forked | Ended = self._control.recv()
        if isinstance(answer, Forked):
            self._unanswered.popleft().pid = answer.pid
        return answer

    def close(self) -> None:
        if self._process is None:
            return
        self._control.close()
        self._process.kill()  # it may be importing, or stopped; a worker that it has forked meanwhile finds its pipe closed
        self._process.join()
        self._process = None
        self._unanswered.clear()


class ForkedWorker:
    """A worker that the template forks, perhaps later."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self.pid: int | None = None
        self.exitcode: int | None = None

    def join(self) -> None:
        if self.exitcode is None and self._template.has_started(self):
            self.exitcode = self._template.exitcode(self)

    def kill(self) -> None:
        if self._template.has_started(self) and self.pid is not None and self.exitcode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


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
            assignment = receive_task(pipe)
            begin_task()
            run_task(assignment, pipe)


def start_thread() -> "tuple[Connection[object, object], WorkerThread]":
    """A thread that waits for its task."""
    parent_end, worker_end = multiprocessing.Pipe()
    return parent_end, WorkerThread(parent_end, worker_end)


class Threads:
    """In place of the source of processes: each worker is a thread of this process."""

    def start(self, module: str) -> "tuple[Connection[object, object], Worker]":
        importlib.import_module(module)
        return start_thread()

    def close(self) -> None:
        pass
