"""Ranges of row numbers: partitions, batches and gaps; and which rows and keys a run has."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from parloader.plans.conditions import Conditions
from parloader.plans.generators import Scalar


@dataclass(frozen=True, order=True)
class IndexRange:
    """Consecutive row numbers (indices) of a table."""

    start: int
    stop: int  # exclusive

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.stop:
            raise ValueError(f"invalid index range: {self.start} … {self.stop}")

    @property
    def rows(self) -> int:
        return self.stop - self.start

    def __str__(self) -> str:
        return f"rows {self.start:,} to {self.stop - 1:,}" if self.rows else "no rows"


def split(ranges: Sequence[IndexRange], parts: int, batch_rows: int = 1) -> tuple[tuple[IndexRange, ...], ...]:
    """The ranges split into at most `parts` contiguous shares, whose sizes differ by at most one row.

    There are at most as many shares as batches of `batch_rows` rows. Law: for any `parts` >= 1, the concatenated shares are the ranges (no
    row lost or repeated, same order), and no share is empty. If the ranges are the gaps of a half-loaded table, a share may have several.
    """
    total = sum(r.rows for r in ranges)
    share_count = min(parts, -(-total // batch_rows))
    sizes = [total * (n + 1) // share_count - total * n // share_count for n in range(share_count)]
    rest = iter([r for r in ranges if r.rows])
    shares = []
    piece = next(rest, IndexRange(0, 0))
    for size in sizes:
        share: list[IndexRange] = []
        wanted = size
        while wanted:
            if not piece.rows:
                piece = next(rest)
            taken = min(wanted, piece.rows)
            share.append(IndexRange(piece.start, piece.start + taken))
            piece = IndexRange(piece.start + taken, piece.stop)
            wanted -= taken
        shares.append(tuple(share))
    return tuple(shares)


def batches(partition: IndexRange, next_rows: Callable[[], int]) -> Iterator[IndexRange]:
    """The partition cut into batches of `next_rows()` rows, which is called before each. The last one may be smaller."""
    start = partition.start
    while start < partition.stop:
        stop = min(start + next_rows(), partition.stop)
        yield IndexRange(start, stop)
        start = stop


def merge(ranges: Iterable[IndexRange]) -> tuple[IndexRange, ...]:
    """The same indices in as few ranges as possible, in order."""
    merged: list[IndexRange] = []
    for r in sorted(r for r in ranges if r.rows):
        if merged and r.start <= merged[-1].stop:
            merged[-1] = IndexRange(merged[-1].start, max(r.stop, merged[-1].stop))
        else:
            merged.append(r)
    return tuple(merged)


def gaps(within: IndexRange, done: Iterable[IndexRange]) -> tuple[IndexRange, ...]:
    """The parts of `within` that are in none of `done`, in order."""
    missing = []
    at = within.start
    for r in (*merge(done), IndexRange(within.stop, within.stop)):
        if at < min(r.start, within.stop):
            missing.append(IndexRange(at, min(r.start, within.stop)))
        at = max(at, r.stop)
    return tuple(missing)


@dataclass(frozen=True, order=True)
class KeySegment:
    """Consecutive rows with consecutive keys."""

    start: int  # index of the first row
    rows: int
    key_start: int  # key of the first row

    @property
    def stop(self) -> int:
        return self.start + self.rows


@dataclass(frozen=True)
class RowKeys:
    """The key of each row of a table, in as few segments as possible, in index order."""

    segments: tuple[KeySegment, ...]

    @classmethod
    def of(cls, keys: Iterable[int]) -> "RowKeys":
        """From one key per row, in index order."""
        segments: list[KeySegment] = []
        for index, key in enumerate(keys):
            last = segments[-1] if segments else None
            if last and key == last.key_start + last.rows:
                segments[-1] = KeySegment(last.start, last.rows + 1, last.key_start)
            else:
                segments.append(KeySegment(index, 1, key))
        return cls(tuple(segments))

    @classmethod
    def contiguous(cls, key_start: int, rows: int) -> "RowKeys":
        return cls((KeySegment(0, rows, key_start),) if rows else ())

    @property
    def rows(self) -> int:
        return sum(segment.rows for segment in self.segments)

    def ranges(self, rows: IndexRange) -> tuple[tuple[int, int], ...]:
        """The keys of these rows, as (first key, last key) pairs in index order."""
        pieces = []
        for segment in self.segments:
            start, stop = max(rows.start, segment.start), min(rows.stop, segment.stop)
            if start < stop:
                first = segment.key_start + start - segment.start
                pieces.append((first, first + stop - start - 1))
        return tuple(pieces)


@dataclass(frozen=True, kw_only=True)
class ChildStarts:
    """Where the children of each block of parents begin, if the table's rows are children (generation/relations/families.py)."""

    block_rows: int  # parents in a block
    starts: "array[int]"  # the sum of the counts of all parents before the block, by block
    total: int  # the sum of all counts
    largest: int  # of all counts


@dataclass(frozen=True, kw_only=True)
class RowAllocation:
    """The rows of a table that belong to a run: those it creates, and existing ones that it reuses."""

    rows: int
    """In all: their indices are 0 … `rows` - 1."""

    new: tuple[IndexRange, ...]
    """The rows that the run creates; the others existed before."""

    keys: RowKeys | None = None
    """Of all rows, if the run assigns the table's key."""

    next_taken_key: int | None = None
    """The lowest key above the new ones that existed before; None: the new keys follow all of these."""

    reused: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)
    """Picked column, other than the key → its values in the existing rows, in index order."""

    unique_offsets: Mapping[str, int] = field(default_factory=dict)
    """Column → the offset of its Unique values."""

    root: Mapping[str, Scalar] = field(default_factory=dict)
    """Picked column → its value in the existing row that row 0 references (Distribution.ROOTED). Empty: row 0 references itself."""

    child_starts: ChildStarts | None = None
    """If the rows are children. Not stored in the ledger, but computed again for each command; None: not computed yet."""

    @property
    def new_rows(self) -> int:
        return sum(p.rows for p in self.new)

    @property
    def new_keys(self) -> tuple[tuple[int, int], ...]:
        """The keys of new rows, as (first, last) pairs in index order; empty if the run assigns no keys."""
        return tuple(r for part in self.new for r in self.keys.ranges(part)) if self.keys else ()


COUNTED_ROWS = 70_000
"""Larger numbers of existing rows need not be exact, except where all rows are reused. A key of two bytes has fewer values."""


class ExistingTable(Protocol):
    """The existing rows of a table."""

    @property
    def is_empty(self) -> bool:
        """Whether no row can be reused."""

    @property
    def rows(self) -> int:
        """How many can be reused. May be counted at the first access."""

    def fitting(self, conditions: Conditions) -> int:
        """How many of the rows that can be reused meet the conditions. May be counted at the first call."""


@dataclass(frozen=True, kw_only=True)
class ExistingRows:
    """An ExistingTable whose rows are counted."""

    rows: int
    of_conditions: Mapping[Conditions, int] = field(default_factory=dict)  # without an entry, all rows meet the conditions

    @property
    def is_empty(self) -> bool:
        return not self.rows

    def fitting(self, conditions: Conditions) -> int:
        return self.of_conditions.get(conditions, self.rows)
