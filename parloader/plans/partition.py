"""Ranges of the global index: how they are split into partitions and batches, and what of them is missing."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Partition:
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


def split(ranges: Sequence[Partition], parts: int, batch_rows: int = 1) -> tuple[tuple[Partition, ...], ...]:
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
    piece = next(rest, Partition(0, 0))
    for size in sizes:
        share: list[Partition] = []
        wanted = size
        while wanted:
            if not piece.rows:
                piece = next(rest)
            taken = min(wanted, piece.rows)
            share.append(Partition(piece.start, piece.start + taken))
            piece = Partition(piece.start + taken, piece.stop)
            wanted -= taken
        shares.append(tuple(share))
    return tuple(shares)


def batches(partition: Partition, next_rows: Callable[[], int]) -> Iterator[Partition]:
    """The partition in pieces of `next_rows()` rows, asked before each (the last one may be smaller)."""
    start = partition.start
    while start < partition.stop:
        stop = min(start + next_rows(), partition.stop)
        yield Partition(start, stop)
        start = stop


def merge(ranges: Iterable[Partition]) -> tuple[Partition, ...]:
    """The same indices as few ranges, in order."""
    merged: list[Partition] = []
    for r in sorted(r for r in ranges if r.rows):
        if merged and r.start <= merged[-1].stop:
            merged[-1] = Partition(merged[-1].start, max(r.stop, merged[-1].stop))
        else:
            merged.append(r)
    return tuple(merged)


def gaps(within: Partition, done: Iterable[Partition]) -> tuple[Partition, ...]:
    """What of a range is in none of `done`, in order."""
    missing = []
    at = within.start
    for r in (*merge(done), Partition(within.stop, within.stop)):
        if at < min(r.start, within.stop):
            missing.append(Partition(at, min(r.start, within.stop)))
        at = max(at, r.stop)
    return tuple(missing)
