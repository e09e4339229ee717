"""The size of batches (--batch, --chunk-time) and their pace (--max-rate). Imports nothing large."""

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from parloader.quantities import parse_rows

# The first batch, whose duration nothing predicts: this many rows take a few to some tens of milliseconds
FIRST_ROWS = 1000

# The largest step up or down, so that one odd measurement (a stall, a checkpoint) does not decide
MAX_STEP = 2.0

# Within this share of the target the size stays unchanged: adjusting it would gain nothing
DEAD_BAND = 0.2

MAX_BATCH_ROWS = 999_999_999

MILLISECONDS = re.compile(r"([1-9][0-9]{0,8})ms")

# A packet is not filled completely: rows differ in length
SHARE_OF_PACKET = 0.8


class Sizer(Protocol):
    """Sizes the batches of one worker: read before each batch, and told the duration of each that was written."""

    rows: int
    """The size of the next batch."""

    def note(self, rows: int, seconds: float, size_bytes: int) -> None:
        """The rows of a batch, `rows` of `size_bytes`, took `seconds`: without round trips and COMMIT, which take as long for fewer rows."""


@dataclass(frozen=True)
class FixedBatch:
    """Batches of `rows` rows."""

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

    def limited(self, rows: int) -> "FixedBatch":
        """The same with at most this many rows."""
        return FixedBatch(min(self.rows, rows))

    def sizer(self, max_bytes: int) -> Sizer:
        return _Fixed(self.rows)


@dataclass(frozen=True)
class AutoBatch:
    """Batches that take `target_seconds` to write, as each worker measures, and fit max_allowed_packet."""

    target_seconds: float
    max_rows: int | None = None

    @property
    def first_rows(self) -> int:
        """The size of a worker's first batch."""
        return FIRST_ROWS

    @property
    def text(self) -> str:
        return "auto" if self == AUTO else f"{self.target_seconds * 1000:.0f}ms"

    def __str__(self) -> str:
        return f"as many rows as take {self.target_seconds * 1000:,.0f} ms"

    def limited(self, rows: int) -> "AutoBatch":
        """The same with at most this many rows."""
        return AutoBatch(self.target_seconds, rows)

    def sizer(self, max_bytes: int) -> Sizer:
        return _Auto(self.target_seconds, max_bytes, self.max_rows)


Batch = FixedBatch | AutoBatch

AUTO = AutoBatch(0.5)


def parse_batch(text: str) -> Batch:
    """Parses a value of --batch; `text` is the reverse. ValueError says what is valid."""
    if text.strip() == "auto":
        return AUTO
    if match := MILLISECONDS.fullmatch(text.strip()):
        return AutoBatch(int(match[1]) / 1000)
    try:
        rows = parse_rows(text)
    except ValueError:
        rows = 0
    if not 1 <= rows <= MAX_BATCH_ROWS:
        raise ValueError(
            f"{text!r} is not valid: a number of rows from 1 to {MAX_BATCH_ROWS:,} (such as 5000 or 10k), auto, or a time such as 200ms"
        )
    return FixedBatch(rows)


def parse_chunk_time(text: str) -> AutoBatch:
    """Parses a value of --chunk-time. ValueError says what is valid."""
    match = MILLISECONDS.fullmatch(text.strip())
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
    max_bytes: int
    max_rows: int | None = None
    rows: int = FIRST_ROWS

    def note(self, rows: int, seconds: float, size_bytes: int) -> None:
        factor = self.target_seconds / max(seconds, 1e-6) * rows / self.rows
        if abs(factor - 1) > DEAD_BAND:
            self.rows = round(self.rows * min(MAX_STEP, max(1 / MAX_STEP, factor)))
        self.rows = max(1, min(self.rows, int(SHARE_OF_PACKET * self.max_bytes * rows / max(1, size_bytes))))
        if self.max_rows is not None:
            self.rows = min(self.rows, self.max_rows)


# A batch is a burst, which an average rate does not limit: at a slow rate batches are cut, to one about every second
MAX_BATCH_SECONDS = 1.0


class Pace:
    """Limits a worker to `rows_per_second()`: in any interval at most that rate plus one batch. Time spent waiting is not caught up."""

    def __init__(self, rows_per_second: Callable[[], float] = lambda: math.inf, clock: Callable[[], float] = time.monotonic) -> None:
        self._rows_per_second = rows_per_second
        self._clock = clock
        self._due = clock()

    def cut(self, rows: int) -> int:
        """The size of the next batch if it would have `rows` rows without a limit; at least one."""
        return int(min(rows, max(1.0, self._rows_per_second() * MAX_BATCH_SECONDS)))

    def rest_seconds(self) -> float:
        """How long to wait before the next batch."""
        return max(0.0, self._due - self._clock())

    def note(self, rows: int) -> None:
        """A batch of `rows` rows begins now."""
        self._due = max(self._due, self._clock()) + rows / self._rows_per_second()
