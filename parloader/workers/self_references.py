"""Rows that other rows of the same table reference: loaded first and deleted last, by one worker."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from parloader.plans.model import Pass, Table
from parloader.plans.row_ranges import IndexRange, batches, split

Shares = tuple[tuple[IndexRange, ...], ...]
"""The index ranges of each worker."""


def load_stages(table: Table, current: Pass, ranges: Sequence[IndexRange], workers: int, batch_rows: int) -> tuple[Shares, ...]:
    """The ranges of a pass, split among the workers: a stage begins when the one before is complete. To delete, reverse the stages.

    There are never more workers than batches of `batch_rows` rows. No stage is empty.
    """
    stops = table.stage_stops if current is Pass.FIRST else ()
    ends = pairwise((0, *stops, max(table.rows, *(r.stop for r in ranges), 0)))
    stages = [tuple(_between(ranges, start, stop)) for start, stop in ends if start < stop]
    return tuple(filter(None, (split(each, 1 if stops and not n else workers, batch_rows) for n, each in enumerate(stages))))


def _between(ranges: Sequence[IndexRange], start: int, stop: int) -> Iterator[IndexRange]:
    for r in ranges:
        if r.start < stop and r.stop > start:
            yield IndexRange(max(r.start, start), min(r.stop, stop))


def deletion_batches(table: Table, current: Pass, partition: IndexRange, next_rows: Callable[[], int]) -> Iterator[IndexRange]:
    """The partition in batches of `next_rows()` rows, asked before each: from its last row on if later rows may reference earlier ones."""
    if partition.start >= _referenced_stop(table, current):
        yield from batches(partition, next_rows)
        return
    stop = partition.stop
    while stop > partition.start:
        start = max(partition.start, stop - next_rows())
        yield IndexRange(start, stop)
        stop = start


def _referenced_stop(table: Table, current: Pass) -> int:
    """The rows before this index may be referenced by later rows of the same table; the second pass writes no such references."""
    return table.root_rows.stop if current is Pass.FIRST else 0
