"""What runs in a worker, in a process of its own or in a thread of the parent's: tasks, and their channel to the parent."""

import importlib
import os
import signal
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from multiprocessing.connection import Connection
from typing import cast

from parloader.errors import ParloaderError
from parloader.failures import as_parloader_error
from parloader.workers.events import Event, Failed, Finished, begin_task
from parloader.workers.executor import Task
from parloader.workers.stop_signal import IGNORED


class Command(Enum):
    """What the parent sends to a running worker."""

    STOP = auto()
    PAUSE = auto()
    RESUME = auto()


@dataclass(frozen=True)
class Assignment:
    """What the parent sends to a worker that has no task."""

    task: Task
    share: float = 1.0  # of this worker in the limits of all workers
    paused: bool = False  # whether it begins only after RESUME


class PipeChannel:
    """A WorkerChannel: the worker's end of the pipe."""

    exclusive = True  # a crashed worker is replaced when its process has ended

    def __init__(self, pipe: "Connection[object, object]", share: float = 1.0, *, paused: bool = False) -> None:
        self._pipe = pipe
        self.share = share
        self._stopped = False
        self._paused = paused

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


def serve(pipe: "Connection[object, object]", module: str) -> None:
    """The main function of a worker process: runs tasks until one fails or the parent closes the pipe."""
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    try:
        importlib.import_module(module)
        while run_task(receive_task(pipe), pipe):
            begin_task()
    except EOFError:  # the parent has no task for this process, or has ended
        pass
    except SystemExit:
        raise
    except BaseException as error:  # too little memory, or too few threads
        with suppress(OSError):
            pipe.send(_sendable(error))
        os._exit(1)
    pipe.close()
    os._exit(0)  # everything is reported and released, and the interpreter's own shutdown takes longer than a small batch


def receive_task(pipe: "Connection[object, object]") -> Assignment:
    """The next task. Skips commands for the task before. EOFError: there is none."""
    while isinstance(received := pipe.recv(), Command):
        pass
    return cast(Assignment, received)


def run_task(assignment: Assignment, pipe: "Connection[object, object]") -> bool:
    """Runs the task and reports how it ended. False: it failed."""
    task, channel = assignment.task, PipeChannel(pipe, assignment.share, paused=assignment.paused)
    try:
        task.run(channel)
    except SystemExit:
        raise
    except BaseException as error:  # Polars' PanicException is no Exception
        channel.send(Failed(worker=task.worker, error=_sendable(error), traceback_text=traceback.format_exc()))
        return False
    channel.send(Finished(worker=task.worker))
    return True


def _sendable(error: BaseException) -> ParloaderError:
    failure = as_parloader_error(error)
    return failure if failure is error else type(failure)(f"a worker failed: {failure.message}", failure.next_step)
