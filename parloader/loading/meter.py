"""What this worker process has used so far, and its events with these figures in them."""

import sys
import time
from pathlib import Path

import psutil

from parloader import IMPORTED_AT_SECONDS
from parloader.loading.events import BatchDone, Started
from parloader.plans.partition import Partition

_process = psutil.Process()
_most_seen_bytes = 0


def cpu_seconds() -> float:
    return time.process_time()


def age_seconds() -> float:
    """Since this process imported parloader: what a user has waited, but for the interpreter's own start (some hundredths)."""
    return time.monotonic() - IMPORTED_AT_SECONDS


def peak_rss_bytes() -> int:
    """The most resident memory so far. Linux keeps it (proc(5), VmHWM); elsewhere the most that was seen when this was called."""
    global _most_seen_bytes
    if sys.platform == "linux":
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    _most_seen_bytes = max(_most_seen_bytes, _process.memory_info().rss)
    return _most_seen_bytes


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
