"""How fast one worker may go (--max-rate): a batch goes when the one before it has had its time. Imports nothing."""

import math
import time
from collections.abc import Callable

# Others notice a batch, not an average: at a slow rate it is cut so that one goes about every second
LONGEST_BATCH_SECONDS = 1.0


class Pace:
    """In any stretch of time at most `rows_per_second` times its length, and one batch: what a wait has left out is not made up for."""

    def __init__(self, rows_per_second: float = math.inf, clock: Callable[[], float] = time.monotonic) -> None:
        self._rows_per_second = rows_per_second
        self._clock = clock
        self._due = clock()

    def cut(self, rows: int) -> int:
        """How many rows the next batch is to have, of the `rows` that it would have without a pace; at least one."""
        return int(min(rows, max(1.0, self._rows_per_second * LONGEST_BATCH_SECONDS)))

    def rest_seconds(self) -> float:
        """How long to wait before the next batch."""
        return max(0.0, self._due - self._clock())

    def note(self, rows: int) -> None:
        """A batch of so many rows begins now."""
        self._due = max(self._due, self._clock()) + rows / self._rows_per_second
