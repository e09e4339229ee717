"""The frozen messages that a worker sends to the parent process. Times are seconds, measured inside the worker."""

import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from parloader import IMPORTED_AT_SECONDS
from parloader.errors import WorkerDied
from parloader.plans.row_ranges import IndexRange

if TYPE_CHECKING:  # it imports Polars, which the parent process loads only after it has started its workers
    from parloader.rows.differences import Difference


@dataclass(frozen=True, kw_only=True)
class Event:
    worker: int


@dataclass(frozen=True, kw_only=True)
class Started(Event):
    """The worker is connected and begins. `clock_seconds` is of the machine's monotonic clock, as in every event."""

    clock_seconds: float
    cpu_seconds: float  # that its start took


@dataclass(frozen=True, kw_only=True)
class BatchDone(Event):
    """A batch is committed (seed), compared (verify) or deleted (clean)."""

    table: str
    batch: IndexRange
    generate_seconds: float
    write_seconds: float
    cpu_seconds: float  # of the whole worker so far
    peak_rss_bytes: int  # of the whole worker so far
    clock_seconds: float


@dataclass(frozen=True, kw_only=True)
class Retried(Event):
    """A batch failed, was rolled back and is tried again. `reason` is the server's own words."""

    table: str
    batch: IndexRange
    reason: str


@dataclass(frozen=True, kw_only=True)
class Differs(Event):
    """Rows of a batch that are not as the plan says; the first `differences` of each kind in full."""

    table: str
    differences: "tuple[Difference, ...]"
    missing: int
    different: int


@dataclass(frozen=True, kw_only=True)
class Finished(Event):
    """The worker has done all it was given, or stopped when it was asked to."""


@dataclass(frozen=True, kw_only=True)
class Failed(Event):
    """The worker gave up. `error` is one of ours; `traceback_text` is for -v."""

    error: Exception
    traceback_text: str


@dataclass(frozen=True, kw_only=True)
class Died(Event):
    """Said by the parent: the worker's process is gone. `taken_up_by`: the worker that does what it left; None: nobody."""

    error: WorkerDied
    replaced_by: int | None


def cpu_seconds() -> float:
    return time.process_time()


def age_seconds() -> float:
    """Since this process imported parloader: what a user has waited, but for the interpreter's own start (some hundredths)."""
    return time.monotonic() - IMPORTED_AT_SECONDS


def peak_rss_bytes() -> int:
    """The peak of the resident memory. Linux: VmHWM (proc(5)), as ru_maxrss there includes the parent's; macOS: ru_maxrss, in bytes (getrusage(2))."""
    if sys.platform == "linux":
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def started(worker: int) -> Started:
    return Started(worker=worker, clock_seconds=time.monotonic(), cpu_seconds=cpu_seconds())


def batch_done(worker: int, table: str, batch: IndexRange, *, write_seconds: float, generate_seconds: float = 0.0) -> BatchDone:
    return BatchDone(
        worker=worker,
        table=table,
        batch=batch,
        generate_seconds=generate_seconds,
        write_seconds=write_seconds,
        cpu_seconds=cpu_seconds(),
        peak_rss_bytes=peak_rss_bytes(),
        clock_seconds=time.monotonic(),
    )
