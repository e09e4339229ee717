"""The template of the worker processes: an interpreter that has imported what all of them need, except Polars, and forks each of them.

So several workers share the start of an interpreter and most imports: four of them cost half the CPU time that four new interpreters do. A
fork is sound because the template has a single thread. `import polars` starts threads (Polars 2.1: polars-ooc-cleaner and those of its
allocator), and a fork of a process with threads may inherit a lock that is never released. So each worker imports Polars itself. On macOS
system libraries start threads, so workers are spawned there (starting.py).

The template is the parent's child, and the workers are the template's: it waits for a worker's end if the parent asks for the exit code.
Until then the worker's process ID names no other process. When the parent is gone, the template ends, and the workers stop.
"""

import importlib
import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import reduction
from multiprocessing.connection import Connection

from parloader.failures import as_parloader_error
from parloader.workers.stop_signal import IGNORED
from parloader.workers.worker import serve

# Modules that a worker needs and that do not import Polars; then those of the standard library that Polars imports
SHARED = (
    "parloader.ledger.control",
    "parloader.ledger.store",
    "parloader.workers.batching",
    "parloader.workers.transactions",
    "concurrent.futures.thread",
    "ctypes.util",
    "email.message",
    "fractions",
    "html",
    "importlib.metadata",
    "inspect",
    "json",
    "logging",
    "platform",
    "random",
    "textwrap",
    "typing_extensions",
    "uuid",
    "zipfile",
)


@dataclass(frozen=True)
class Fork:
    """Asks for a worker. Its end of a pipe follows."""

    module: str
    """what it imports before it waits for its task"""


@dataclass(frozen=True)
class Await:
    """Asks for the exit code of a worker, which has ended or is about to."""

    pid: int


@dataclass(frozen=True)
class Forked:
    """The answer to Fork."""

    pid: int | None
    """None: the system refused, as the worker's pipe says"""


@dataclass(frozen=True)
class Ended:
    """The answer to Await."""

    exitcode: int | None
    """None: it is unknown, because an earlier template forked the worker"""


def run_template(control: "Connection[Forked | Ended, Fork | Await]") -> None:
    """The main function of the template."""
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    for module in SHARED:
        with suppress(Exception):  # the worker imports it again, and reports the error
            importlib.import_module(module)
    with suppress(EOFError, OSError):  # the parent needs no more workers, or has ended
        while True:
            match control.recv():
                case Fork(module):
                    control.send(Forked(_fork(control, module)))
                case Await(pid):
                    control.send(Ended(_exitcode(pid)))
    os._exit(0)


def _exitcode(pid: int) -> int | None:
    """How the worker ended; waits for that."""
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        return None


def _fork(control: "Connection[Forked | Ended, Fork | Await]", module: str) -> int | None:
    """Forks a worker, in which it does not return."""
    pipe: Connection[object, object] = Connection(reduction.recv_handle(control))
    with pipe:
        try:
            pid = os.fork()
        except OSError as error:
            with suppress(OSError):
                pipe.send(as_parloader_error(error))
            return None
        if pid:
            return pid
        control.close()
        serve(pipe, module)
    os._exit(0)  # not reached: serve ends the process
