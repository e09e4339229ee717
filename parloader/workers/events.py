"""The messages from a worker to the parent process. Times are seconds, measured in the worker."""

import resource
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from parloader import IMPORTED_AT_SECONDS
from parloader.database.compression import Traffic
from parloader.errors import WorkerDied
from parloader.plans.row_ranges import IndexRange

if TYPE_CHECKING:  # it imports Polars, which the parent process loads only after it has started its workers
    from parloader.formats.manifest import FileRecord
    from parloader.rows.differences import Difference


@dataclass(frozen=True, kw_only=True)
class Event:
    """An event of one worker."""

    worker: int  # its number


@dataclass(frozen=True, kw_only=True)
class RunsInParent(Event):
    """The worker is a thread of the parent's process, because its work is small. Created by the parent."""


@dataclass(frozen=True, kw_only=True)
class Started(Event):
    """The worker is connected and begins."""

    clock_seconds: float  # by the monotonic clock of the machine
    cpu_seconds: float  # spent on its start: imports (if this is its first task), connecting
    host: str = ""  # the machine of the worker; empty: this one


@dataclass(frozen=True, kw_only=True)
class BatchDone(Event):
    """A batch is committed (seed), compared (verify) or deleted (clean)."""

    table: str
    batch: IndexRange
    generate_seconds: float  # without the server
    write_seconds: float  # the transaction, with its retries
    cpu_seconds: float  # of the worker's process since the start of the task
    peak_rss_bytes: int  # of the worker's process since its start
    clock_seconds: float  # by the monotonic clock of the machine
    traffic: Traffic | None = None  # of the worker since its start; None: its connection is not compressed


@dataclass(frozen=True, kw_only=True)
class Retried(Event):
    """A batch failed, was rolled back and is retried."""

    table: str
    batch: IndexRange
    reason: str  # the server's message


@dataclass(frozen=True, kw_only=True)
class Differs(Event):
    """Rows of a batch that differ from the plan."""

    table: str
    differences: "tuple[Difference, ...]"  # the first of each kind, in full
    missing: int  # rows
    different: int  # rows


@dataclass(frozen=True, kw_only=True)
class FileDone(Event):
    """A file of an export is complete."""

    record: "FileRecord"
    written: bool  # False: it was there, with this content


@dataclass(frozen=True, kw_only=True)
class Finished(Event):
    """The worker has completed its task, or stopped as requested."""


@dataclass(frozen=True, kw_only=True)
class Failed(Event):
    """The worker gave up."""

    error: Exception  # a ParloaderError
    traceback_text: str  # shown with -v


@dataclass(frozen=True, kw_only=True)
class Died(Event):
    """The worker's process has ended without reporting a result. Created by the parent."""

    error: WorkerDied
    replaced_by: int | None  # the worker that does the rest; None: the task is not restarted


class _TaskStart(threading.local):
    """When the task of this thread started."""

    cpu_seconds = 0.0  # of this process; the first task of a process starts with the process


_task_start = _TaskStart()


def begin_task() -> None:
    """From now on, the CPU time counts for the next task of this thread."""
    _task_start.cpu_seconds = time.process_time()


def cpu_seconds() -> float:
    return time.process_time() - _task_start.cpu_seconds


def age_seconds() -> float:
    """The time since this process imported parloader: what a user has waited, except for the interpreter's own start (a few hundredths)."""
    return time.monotonic() - IMPORTED_AT_SECONDS


def peak_rss_bytes() -> int:
    """Peak resident memory. Linux: VmHWM (proc(5)), because ru_maxrss includes the parent's; macOS: ru_maxrss, in bytes (getrusage(2))."""
    if sys.platform == "linux":
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def started(worker: int) -> Started:
    return Started(worker=worker, clock_seconds=time.monotonic(), cpu_seconds=cpu_seconds())


def batch_done(
    worker: int, table: str, batch: IndexRange, *, write_seconds: float, generate_seconds: float = 0.0, traffic: Traffic | None = None
) -> BatchDone:
    return BatchDone(
        worker=worker,
        table=table,
        batch=batch,
        generate_seconds=generate_seconds,
        write_seconds=write_seconds,
        cpu_seconds=cpu_seconds(),
        peak_rss_bytes=peak_rss_bytes(),
        clock_seconds=time.monotonic(),
        traffic=traffic,
    )
