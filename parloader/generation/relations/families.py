"""Families: the rows of a table that are children of another table's rows. Which parent a child has, and which children a parent has.

The children of a parent follow each other, in the order of the parents. Parent p has count(p) children, so they begin at the sum of the counts
before p. If the table's number of rows is given, these sums are scaled: floor(sum × rows / total).

The sums are kept for the first parent of each block of parents only (ChildStarts). Within a block they are computed again.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NoReturn

import polars as pl

from parloader.errors import ParloaderError
from parloader.generation.context import ColumnContext
from parloader.generation.expressions import expression, needs
from parloader.generation.failures import FAILURES, uncomputable
from parloader.generation.row_keys import indices_of
from parloader.plans.documents.codecs import suggestion
from parloader.plans.documents.mistakes import InvalidPlan, column_mistake
from parloader.plans.generators import ChildOf, Generator
from parloader.plans.row_ranges import ChildStarts, IndexRange

# A block has this many parents …
LEAST_BLOCK_ROWS = 256

# … or a multiple, so that there are at most this many blocks: 256 kB
MAX_BLOCKS = 32_768

# So many counts are in memory at once
MAX_COUNTS = 1_048_576

# Parents with more children than that would make sums exceed 64 bits
MAX_COUNT = 2**31 - 1


def block_rows(parents: int) -> int:
    """How many parents a block has."""
    rows = LEAST_BLOCK_ROWS
    while rows * MAX_BLOCKS < parents:
        rows *= 2
    return rows


@dataclass(kw_only=True)
class Family:
    """The children of the rows of one table."""

    seed: int
    table: str  # of the children
    column: str  # the one with the ChildOf
    child_of: ChildOf
    rows: int  # children in all
    parent_rows: int
    starts: ChildStarts | None  # None: computed when they are needed
    readable: frozenset[str]  # the columns of the parent that `count` may read
    values: Callable[[str, Iterable[str], pl.Series], pl.DataFrame]  # RelatedRows.values
    _blocks: pl.Series | None = field(default=None, init=False)
    _latest: tuple[pl.Series, pl.DataFrame] | None = field(default=None, init=False)  # blocks and their parents

    def parents(self, children: pl.Series) -> pl.DataFrame:
        """`parent`, `number` (from 0) and `siblings` (with itself) of each of these children (Int64)."""
        if not len(children):
            return pl.DataFrame(schema={"parent": pl.Int64, "number": pl.Int64, "siblings": pl.Int64})
        block = self._block_starts.search_sorted(children, side="right").cast(pl.Int64) - 1
        return _in_portions(block, self._block_rows, lambda within, blocks: self._parents(children.gather(within), blocks))

    def children(self, parents: pl.Series) -> pl.DataFrame:
        """`start` and `stop` of the children of each of these parents (Int64)."""
        if not self.rows or not len(parents):
            return pl.DataFrame({"start": parents * 0, "stop": parents * 0})
        if not self.total:
            self.refuse_no_children()
        block = parents // self._block_rows
        return _in_portions(block, self._block_rows, lambda within, blocks: self._children(parents.gather(within), blocks))

    @property
    def total(self) -> int:
        """The sum of the counts."""
        return self._child_starts.total

    @property
    def largest(self) -> int:
        """The number of children of the row that has most of them, or one less."""
        total = self.total
        return self._child_starts.largest * self.rows // total if total else 0

    def compute_starts(self) -> ChildStarts:
        """Counts the children of all parents."""
        rows = block_rows(self.parent_rows)
        starts, total, largest = array("q"), 0, 0
        for first in range(0, self.parent_rows, MAX_COUNTS):
            counts = self._counts(indices_of(IndexRange(first, min(first + MAX_COUNTS, self.parent_rows))))
            largest = max(largest, int(counts.cast(pl.Int64).max() or 0))  # type: ignore[arg-type]
            frame = pl.DataFrame({"n": counts, "block": pl.int_range(len(counts), eager=True) // rows})
            for n in frame.group_by("block", maintain_order=True).agg(pl.col("n").sum()).get_column("n"):
                starts.append(total)
                total += int(n)
        return ChildStarts(block_rows=rows, starts=starts, total=total, largest=largest)

    def refuse_no_children(self) -> NoReturn:
        """InvalidPlan: all counts are 0, or there are no parents."""
        if not self.parent_rows:
            raise self._error(f"it is a child of {self.child_of.parent}, which has no rows", f"Give {self.child_of.parent} at least 1 row")
        what = f"no row of {self.child_of.parent} has children: each `count` is 0"
        raise self._error(what, "Give some rows a count of 1 or more")

    @property
    def _child_starts(self) -> ChildStarts:
        if self.starts is None:
            self.starts = self.compute_starts()
        return self.starts

    @property
    def _block_rows(self) -> int:
        return self._child_starts.block_rows

    @property
    def _block_starts(self) -> pl.Series:
        """The index of the first child of each block."""
        if self._blocks is None:
            if not self.total and self.rows:
                self.refuse_no_children()
            self._blocks = self._scaled(pl.Series(self._child_starts.starts, dtype=pl.Int64))
        return self._blocks

    def _scaled(self, sums: pl.Series) -> pl.Series:
        if self.rows == self._child_starts.total or not self.rows:
            return sums
        exact = pl.lit(sums).cast(pl.Int128)
        return pl.select((exact * self.rows // self._child_starts.total).cast(pl.Int64)).to_series()

    def _of_blocks(self, blocks: pl.Series) -> pl.DataFrame:
        """`parent`, and `start` and `stop` of its children, for each parent of these blocks (Int64, ascending)."""
        if self._latest is not None and self._latest[0].equals(blocks):
            return self._latest[1]
        rows, last = self._block_rows, self.parent_rows - 1
        ranges = (IndexRange(b * rows, min((b + 1) * rows, self.parent_rows)) for b in blocks)
        contiguous = len(blocks) == blocks[-1] - blocks[0] + 1
        parents = (
            indices_of(IndexRange(blocks[0] * rows, min((blocks[-1] + 1) * rows, last + 1)))
            if contiguous
            else pl.concat(map(indices_of, ranges))
        )
        counts = self._counts(parents)
        sums = counts.cum_sum()
        # the sum before each block, of the counts computed here and of all counts
        at = pl.int_range(len(blocks), eager=True) * rows
        here = sums.gather(at) - counts.gather(at)
        offset = pl.Series(self._child_starts.starts, dtype=pl.Int64).gather(blocks) - here
        sums += offset.gather(pl.int_range(len(parents), eager=True) // rows)
        frame = pl.DataFrame({"parent": parents, "start": self._scaled(sums - counts), "stop": self._scaled(sums)})
        self._latest = (blocks, frame)
        return frame

    def _parents(self, children: pl.Series, blocks: pl.Series) -> pl.DataFrame:
        frame = self._of_blocks(blocks)
        found = frame[frame["stop"].search_sorted(children, side="right")]
        return found.select("parent", number=pl.lit(children) - pl.col("start"), siblings=pl.col("stop") - pl.col("start"))

    def _children(self, parents: pl.Series, blocks: pl.Series) -> pl.DataFrame:
        rows = self._block_rows
        position = blocks.search_sorted(parents // rows).cast(pl.Int64) * rows + parents % rows
        return self._of_blocks(blocks)[position].select("start", "stop")

    def _counts(self, parents: pl.Series) -> pl.Series:
        """The unscaled number of children of each of these parents (Int64)."""
        frame = pl.DataFrame({"i": parents})
        if read := needs(self.child_of.count):
            if missing := sorted(read - self.readable):
                what = f"`count` reads {missing[0]}, but {self.child_of.parent} has no generator for it"
                parent = f"{self.child_of.parent}.{missing[0]}"
                next_step = f"{suggestion(missing[0], self.readable)}Give {parent} a generator, or give {self.table} `rows`"
                raise self._error(what, next_step)
            frame = frame.with_columns(self.values(self.child_of.parent, sorted(read), parents))
        try:
            counts = frame.with_columns(expression(self.child_of.count, self._context).alias("i")).get_column("i")
        except ParloaderError:
            raise
        except FAILURES as error:
            raise InvalidPlan.of([uncomputable(self.table, self.column, error)]) from error
        if counts.dtype == pl.Null:
            counts = counts.cast(pl.Int64)
        if not counts.dtype.is_integer():
            raise self._error(f"`count` gives values of the type {counts.dtype.base_type()}", "Give it a generator of integers")
        counts = pl.select(pl.lit(counts).fill_null(0).clip(0)).to_series()
        most = counts.max()
        if isinstance(most, int) and most > MAX_COUNT:
            raise self._error(f"`count` gives {most:,}", f"Give a parent at most {MAX_COUNT:,} children")
        return counts.cast(pl.Int64)

    @property
    def _context(self) -> ColumnContext:
        def refuse(generator: Generator, context: ColumnContext) -> pl.Expr:
            raise self._error("`count` picks from another table", "Pick in a column of the parent, and let `count` read this column")

        return ColumnContext(
            seed=self.seed,
            table=self.table,
            column=self.column,
            rows=self.parent_rows,
            pick=refuse,
            family=refuse,
            path="count/",
        )

    def _error(self, what: str, next_step: str) -> InvalidPlan:
        return InvalidPlan.of([column_mistake(self.table, self.column, what, next_step)])


def _in_portions(block: pl.Series, rows: int, compute: Callable[[pl.Series, pl.Series], pl.DataFrame]) -> pl.DataFrame:
    """What `compute` gives for the positions 0 …, computed for some blocks at a time. `block`: of each position.

    `compute` gets positions and the blocks that they have, in order.
    """
    blocks, at_once = block.unique().sort(), max(1, MAX_COUNTS // rows)
    everything = pl.int_range(len(block), dtype=pl.Int64, eager=True)
    if len(blocks) <= at_once:
        return compute(everything, blocks)
    order = block.arg_sort()
    parts = list(_portions(block.gather(order), order.cast(pl.Int64), blocks, at_once))
    computed = pl.concat([compute(within, part) for within, part in parts])
    return computed[pl.concat([within for within, _ in parts]).arg_sort()]


def _portions(block: pl.Series, order: pl.Series, blocks: pl.Series, at_once: int) -> Iterator[tuple[pl.Series, pl.Series]]:
    """(positions, their blocks). `block`: sorted, of the positions `order`."""
    for first in range(0, len(blocks), at_once):
        part = blocks.slice(first, at_once)
        start, stop = block.search_sorted(part[0], side="left"), block.search_sorted(part[-1], side="right")
        yield order.slice(start, stop - start), part
