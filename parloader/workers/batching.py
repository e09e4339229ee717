"""How rows go to the server: by which writer (--writer), and how many in a batch (--batch N, --batch auto). Imports nothing large."""

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

# What a first batch takes is known of no server; this many rows take a few to some tens of milliseconds
FIRST_ROWS = 1000

# A step up or down at the most, so that one odd measurement (a stall, a checkpoint) does not decide
MAX_STEP = 2.0

# Within this share of the target the size stays as it is: no gain would pay for the restlessness
DEAD_BAND = 0.2

# A packet is not filled to the brim: rows differ in length
SHARE_OF_PACKET = 0.8


class Sizer(Protocol):
    """One worker's: asked for each batch, and told of each that was written."""

    rows: int

    def note(self, rows: int, seconds: float, size_bytes: int) -> None:
        """A batch of `rows` rows and `size_bytes` took `seconds` to write."""


@dataclass(frozen=True)
class FixedBatch:
    """`rows` rows each."""

    rows: int

    @property
    def first_rows(self) -> int:
        """The size of a worker's first batch."""
        return self.rows

    @property
    def text(self) -> str:
        return str(self.rows)

    def __str__(self) -> str:
        return f"{self.rows:,} rows"

    def sizer(self, most_bytes: int) -> Sizer:
        return _Fixed(self.rows)


@dataclass(frozen=True)
class AutoBatch:
    """As many rows as take `target_seconds` to write, as each worker finds out; one that fits max_allowed_packet."""

    target_seconds: float

    @property
    def first_rows(self) -> int:
        """The size of a worker's first batch."""
        return FIRST_ROWS

    @property
    def text(self) -> str:
        return "auto" if self == AUTO else f"{self.target_seconds * 1000:.0f}ms"

    def __str__(self) -> str:
        return f"as many rows as take {self.target_seconds * 1000:,.0f} ms"

    def sizer(self, most_bytes: int) -> Sizer:
        return _Auto(self.target_seconds, most_bytes)


Batch = FixedBatch | AutoBatch

AUTO = AutoBatch(0.5)


def parse_batch(text: str) -> Batch:
    """What --batch takes (and `text` gives back). ValueError says what is valid."""
    if text == "auto":
        return AUTO
    match = re.fullmatch(r"([1-9][0-9]{0,8})(ms)?", text.strip())
    if not match:
        raise ValueError(f"{text!r} is not valid: a number of rows from 1 to 999999999, auto, or a time such as 200ms")
    return AutoBatch(int(match[1]) / 1000) if match[2] else FixedBatch(int(match[1]))


def parse_chunk_time(text: str) -> AutoBatch:
    """What --chunk-time takes. ValueError says what is valid."""
    match = re.fullmatch(r"([1-9][0-9]{0,8})ms", text.strip())
    if not match:
        raise ValueError(f"{text!r} is not valid: a time such as 200ms")
    return AutoBatch(int(match[1]) / 1000)


@dataclass
class _Fixed:
    rows: int

    def note(self, rows: int, seconds: float, size_bytes: int) -> None:
        pass


@dataclass
class _Auto:
    target_seconds: float
    most_bytes: int
    rows: int = FIRST_ROWS

    def note(self, rows: int, seconds: float, size_bytes: int) -> None:
        factor = self.target_seconds / max(seconds, 1e-6) * rows / self.rows
        if abs(factor - 1) > DEAD_BAND:
            self.rows = round(self.rows * min(MAX_STEP, max(1 / MAX_STEP, factor)))
        self.rows = max(1, min(self.rows, int(SHARE_OF_PACKET * self.most_bytes * rows / max(1, size_bytes))))


# Others notice a batch, not an average: at a slow rate it is cut so that one goes about every second
MAX_BATCH_SECONDS = 1.0


class Pace:
    """In any stretch of time at most `rows_per_second` times its length, and one batch: what a wait has left out is not made up for."""

    def __init__(self, rows_per_second: float = math.inf, clock: Callable[[], float] = time.monotonic) -> None:
        self._rows_per_second = rows_per_second
        self._clock = clock
        self._due = clock()

    def cut(self, rows: int) -> int:
        """How many rows the next batch is to have, of the `rows` that it would have without a pace; at least one."""
        return int(min(rows, max(1.0, self._rows_per_second * MAX_BATCH_SECONDS)))

    def rest_seconds(self) -> float:
        """How long to wait before the next batch."""
        return max(0.0, self._due - self._clock())

    def note(self, rows: int) -> None:
        """A batch of so many rows begins now."""
        self._due = max(self._due, self._clock()) + rows / self._rows_per_second
