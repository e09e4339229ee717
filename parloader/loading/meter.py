"""What this worker process has used so far, and its events with these figures in them."""

import resource
import sys
import time
from pathlib import Path

from parloader import IMPORTED_AT_SECONDS
from parloader.loading.events import BatchDone, Started
from parloader.plans.partition import Partition


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


def batch_done(worker: int, table: str, batch: Partition, *, write_seconds: float, generate_seconds: float = 0.0) -> BatchDone:
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
