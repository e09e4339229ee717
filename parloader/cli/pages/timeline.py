"""What a Recorder has recorded, as series over time for charts and tables. Uses no Matplotlib."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from parloader.workers.recorder import Bin, Recorder

# Lines of more workers cannot be told apart
MAX_LINES = 8

# Rows of the table that has the figures of the charts
TABLE_ROWS = 24

UNITS = (("hours", 3600.0, 2 * 3600.0), ("minutes", 60.0, 120.0), ("seconds", 1.0, 0.0))


@dataclass(frozen=True)
class Timeline:
    """Series over the bins of a recorder; NaN where a worker committed nothing."""

    recorder: Recorder

    @cached_property
    def bins(self) -> int:
        """How many bins there are."""
        return 1 + max((number for worker in self.recorder.workers for number in worker.bins), default=-1)

    @cached_property
    def unit(self) -> tuple[str, float]:
        """The unit of the axis of time, and its seconds."""
        seconds = self.recorder.seconds or 0.0
        return next((name, size) for name, size, least in UNITS if seconds >= least)

    @cached_property
    def times(self) -> list[float]:
        """The middle of each bin, in the unit."""
        return [self.in_unit((number + 0.5) * self.recorder.bin_seconds) for number in range(self.bins)]

    def in_unit(self, seconds: float) -> float:
        return seconds / self.unit[1]

    def _series(self, worker: int) -> list[Bin | None]:
        found = self.recorder.workers[worker].bins
        return [found.get(number) for number in range(self.bins)]

    def rates(self, worker: int) -> list[float]:
        """Rows per second; 0 while the worker committed nothing."""
        width = self.recorder.bin_seconds
        return [bin.rows / width if bin else 0.0 for bin in self._series(worker)]

    @cached_property
    def total_rates(self) -> list[float]:
        return [sum(rates) for rates in zip(*map(self.rates, self.workers), strict=True)]

    @property
    def workers(self) -> range:
        return range(len(self.recorder.workers))

    def latencies(self, worker: int) -> list[float]:
        """Milliseconds of a batch, as the mean of the bin."""
        return [1000 * bin.write_seconds / bin.batches if bin and bin.batches else math.nan for bin in self._series(worker)]

    @cached_property
    def slowest(self) -> list[float]:
        """Milliseconds of the slowest batch of all workers."""
        series = [self._series(worker) for worker in self.workers]
        of_bins = ([bin.slowest_seconds for bin in bins if bin and bin.batches] for bins in zip(*series, strict=True))
        return [1000 * max(found) if found else math.nan for found in of_bins]

    def memory(self, worker: int) -> list[float]:
        """MiB of the process at its peak so far; it has no value before its first batch."""
        found, peak = [], math.nan
        for bin in self._series(worker):
            if bin and bin.peak_rss_bytes:
                peak = bin.peak_rss_bytes / 2**20  # a replacement begins anew
            found.append(peak)
        return found

    def rows_of_table(self) -> list[tuple[str, ...]]:
        """The figures of the charts in at most TABLE_ROWS rows: seconds, rows/s, mean and slowest batch in ms, the largest peak in MiB, retries."""
        width = max(1, -(-self.bins // TABLE_ROWS))
        rows: list[tuple[str, ...]] = []
        for first in range(0, self.bins, width):
            joined = Bin()
            last = min(first + width, self.bins)
            for worker in self.recorder.workers:
                for number in range(first, last):
                    joined.add(worker.bins.get(number, NOTHING))
            begin, end = first * self.recorder.bin_seconds, last * self.recorder.bin_seconds
            retries = sum(mark.kind == "retry" and begin <= mark.seconds < end for mark in self.recorder.marks)
            rows.append(
                (
                    f"{begin:,.1f} to {end:,.1f}",
                    f"{joined.rows / (end - begin):,.0f}",
                    f"{1000 * joined.write_seconds / joined.batches:,.1f}" if joined.batches else "",
                    f"{1000 * joined.slowest_seconds:,.1f}" if joined.batches else "",
                    f"{joined.peak_rss_bytes / 2**20:,.0f}" if joined.peak_rss_bytes else "",
                    str(retries) if retries else "",
                )
            )
        return rows


NOTHING = Bin()


def middle(values: Sequence[float]) -> tuple[float, float, float]:
    """The smallest, the median and the largest of the values that are numbers; NaN if none is."""
    known = sorted(value for value in values if not math.isnan(value))
    return (known[0], known[(len(known) - 1) // 2], known[-1]) if known else (math.nan, math.nan, math.nan)
