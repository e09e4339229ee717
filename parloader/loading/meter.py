"""What this process has used so far."""

import sys
import time
from pathlib import Path

import psutil

_process = psutil.Process()
_most_seen_bytes = 0


def cpu_seconds() -> float:
    return time.process_time()


def peak_rss_bytes() -> int:
    """The most resident memory so far. Linux keeps it (proc(5), VmHWM); elsewhere the most that was seen when this was called."""
    global _most_seen_bytes
    if sys.platform == "linux":
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    _most_seen_bytes = max(_most_seen_bytes, _process.memory_info().rss)
    return _most_seen_bytes
