"""Ranges of the global index: how they are split into partitions and batches, and what of them is missing."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from parloader.plans.generators import Scalar


@dataclass(frozen=True, order=True)
class IndexRange:
    """The indices `start` … `stop` - 1 of a table."""

    start: int
    stop: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.stop:
            raise ValueError(f"not a range of indices: {self.start} … {self.stop}")

    @property
    def rows(self) -> int:
        return self.stop - self.start

    def __str__(self) -> str:
        return f"rows {self.start:,} to {self.stop - 1:,}" if self.rows else "no rows"


def split(ranges: Sequence[IndexRange], parts: int, batch_rows: int = 1) -> tuple[tuple[IndexRange, ...], ...]:
    """The ranges dealt out to at most `parts` owners: contiguous shares whose sizes differ by one row at most.

    There are never more owners than batches of `batch_rows` rows.

    Law: the shares, concatenated, are the ranges (no row lost, none twice, same order), for any `parts` >= 1. An owner gets one
    partition where the ranges are one whole range, and perhaps several where they are the gaps of a half-loaded one. No share is empty.
    """
    total = sum(r.rows for r in ranges)
    owners = min(parts, -(-total // batch_rows))
    sizes = [total * (n + 1) // owners - total * n // owners for n in range(owners)]
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
    """The partition in pieces of `next_rows()` rows, asked before each (the last one may be smaller)."""
    start = partition.start
    while start < partition.stop:
        stop = min(start + next_rows(), partition.stop)
        yield IndexRange(start, stop)
        start = stop


def merge(ranges: Iterable[IndexRange]) -> tuple[IndexRange, ...]:
    """The same indices as few ranges, in order."""
    merged: list[IndexRange] = []
    for r in sorted(r for r in ranges if r.rows):
        if merged and r.start <= merged[-1].stop:
            merged[-1] = IndexRange(merged[-1].start, max(r.stop, merged[-1].stop))
        else:
            merged.append(r)
    return tuple(merged)


def gaps(within: IndexRange, done: Iterable[IndexRange]) -> tuple[IndexRange, ...]:
    """What of a range is in none of `done`, in order."""
    missing = []
    at = within.start
    for r in (*merge(done), IndexRange(within.stop, within.stop)):
        if at < min(r.start, within.stop):
            missing.append(IndexRange(at, min(r.start, within.stop)))
        at = max(at, r.stop)
    return tuple(missing)


@dataclass(frozen=True, order=True)
class KeySegment:
    """The rows `start` … `start` + `rows` - 1 have the keys `key_start` … `key_start` + `rows` - 1."""

    start: int
    rows: int
    key_start: int

    @property
    def stop(self) -> int:
        return self.start + self.rows


@dataclass(frozen=True)
class RowKeys:
    """Which key each row of a table has, as few segments in the order of the index."""

    segments: tuple[KeySegment, ...]

    @classmethod
    def of(cls, keys: Iterable[int]) -> "RowKeys":
        """From one key a row, in the order of the index."""
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
        """The keys of these rows, as (first key, last key) pairs in the order of the index."""
        pieces = []
        for segment in self.segments:
            start, stop = max(rows.start, segment.start), min(rows.stop, segment.stop)
            if start < stop:
                first = segment.key_start + start - segment.start
                pieces.append((first, first + stop - start - 1))
        return tuple(pieces)


@dataclass(frozen=True, kw_only=True)
class RowAllocation:
    """Which rows a run has of a table: index 0 … `rows` - 1, those in `made` made by the run, the others there before.

    `keys`: where the run assigns the table's key. `used`: of the rows that were there, in the order of their indices, the values of those
    other columns that are picked. `offsets`: column → where its Unique values begin.
    """

    rows: int
    new: tuple[IndexRange, ...]
    keys: RowKeys | None = None
    reused: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)
    unique_offsets: Mapping[str, int] = field(default_factory=dict)

    @property
    def new_rows(self) -> int:
        return sum(p.rows for p in self.new)

    @property
    def new_keys(self) -> tuple[tuple[int, int], ...]:
        """As (first, last) pairs in the order of the index; none where the run assigns no keys."""
        return tuple(r for part in self.new for r in self.keys.ranges(part)) if self.keys else ()


@dataclass(frozen=True, kw_only=True)
class ExistingRows:
    """What is in a table: how many `rows` can be used; `contiguous`: their integer keys follow one another, so all can be."""

    rows: int
    contiguous: bool = False
