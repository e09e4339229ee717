"""A histogram of durations, from which percentiles are read: a few kilobytes for any number of values, and exact to 2 %."""

import math
from collections import Counter

# Bins for each doubling: neighbours differ by 2 %
BINS_PER_OCTAVE = 35


class Latencies:
    """Durations in seconds."""

    def __init__(self) -> None:
        self._bins: Counter[int] = Counter()
        self._count = 0
        self.largest = 0.0

    def add(self, seconds: float) -> None:
        self._bins[round(math.log2(max(seconds, 1e-6)) * BINS_PER_OCTAVE)] += 1
        self._count += 1
        self.largest = max(self.largest, seconds)

    def percentile(self, percent: float) -> float:
        """The smallest value that at least `percent` of the values do not exceed, exact to 2 %; 0 of no values."""
        wanted, seen = math.ceil(self._count * percent / 100), 0
        for number in sorted(self._bins):
            seen += self._bins[number]
            if seen >= max(1, wanted):
                return min(self.largest, 2 ** (number / BINS_PER_OCTAVE))
        return 0.0
