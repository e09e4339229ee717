"""Workers as threads of the test's process, for tests of what is loaded and not of how processes behave.

Everything else is real: tasks and events are pickled and cross a pipe, each worker has its own connection. A spawned process would import
parloader again, 0.3 s of CPU for each worker of each command.
"""

import threading
import traceback
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import cast

from parloader.workers.events import Failed, Finished
from parloader.workers.executor import Task
from parloader.workers.processes import PipeChannel


class WorkerThread:
    """What LocalExecutor needs of a process."""

    exitcode = 0

    def __init__(self, parent_end: "Connection[object, object]", worker_end: "Connection[object, object]") -> None:
        self._parent_end = parent_end
        self._thread = threading.Thread(target=_work, args=(worker_end,), name="parloader worker", daemon=True)
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    def kill(self) -> None:
        """The worker sees the closed pipe as a stop, and finishes its batch."""
        self._parent_end.close()


def start_worker(_: str) -> "tuple[Connection[object, object], WorkerThread]":
    """In place of parloader.workers.processes.start_worker."""
    parent_end, worker_end = Pipe()
    return parent_end, WorkerThread(parent_end, worker_end)


def _work(pipe: "Connection[object, object]") -> None:
    try:
        task, share = cast(tuple[Task, float], pipe.recv())
    except (EOFError, OSError):
        return
    channel = PipeChannel(pipe, share)
    try:
        task.run(channel)
    except Exception as error:
        channel.send(Failed(worker=task.worker, error=error, traceback_text=traceback.format_exc()))
    else:
        channel.send(Finished(worker=task.worker))
    pipe.close()
