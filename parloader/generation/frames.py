"""Generates the rows of a table: from a plan and a range of row numbers to a Polars frame."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from graphlib import CycleError, TopologicalSorter
from types import MappingProxyType

import polars as pl

from parloader.errors import UsageError
from parloader.generation.context import INDEX, ColumnContext
from parloader.generation.expressions import expression, needs, pick_index
from parloader.plans.generators import Pick, Scalar
from parloader.plans.model import MAX_ROOT_ROWS, SELF_REFERENCE_INDEX, Plan, Table, all_new
from parloader.plans.row_ranges import IndexRange, RowAllocation, RowKeys, gaps

# Picked values are looked up in a list if the parent has at most this many rows; otherwise they are generated again
MAX_LISTED_ROWS = 100_000


def generate(plan: Plan, table: Table, rows: IndexRange, of: Mapping[str, RowAllocation]) -> pl.DataFrame:
    """The rows of `table` with these indices: its key, if the run assigns it, then its columns in the plan's order.

    `of`: the row allocations of the table and of all its ancestors.
    """
    return RowGenerator(plan, table, of).frame(rows)


class RowGenerator:
    """Generates the rows of one table. Vectorized: it compiles expressions of the index once, and has no loop per row."""

    def __init__(self, plan: Plan, table: Table, of: Mapping[str, RowAllocation], within: frozenset[tuple[str, str]] = frozenset()) -> None:
        """`within`: the (table, column) pairs that these rows are generated for, to detect a column that depends on itself."""
        self._plan = plan
        self._table = table
        self._of = of
        self._rows = of[table.name]
        self._within = within
        self._names = [*([table.key] if table.key is not None else []), *table.columns]
        self._picks: list[tuple[str, pl.Expr]] = []  # (parent, index of its row)
        self._steps = list(self._compiled())

    def frame(self, rows: IndexRange) -> pl.DataFrame:
        """The rows with these indices."""
        return self.at(_indices(rows))

    def at(self, indices: pl.Series) -> pl.DataFrame:
        """The rows with these indices (Int64), as the generators give them, whether new or reused."""
        return self._all(indices).select(self._names).collect()

    def picked(self, indices: pl.Series) -> Iterator[tuple[str, pl.Series]]:
        """(parent, indices of its rows) for each pick: all rows that these rows may reference."""
        frame = self._all(indices).collect()
        for parent, index in self._picks:
            yield parent, frame.select(index.alias("i")).to_series().drop_nulls().unique()

    def _all(self, indices: pl.Series) -> pl.LazyFrame:
        """A lazy frame, because only then Polars computes common subexpressions once."""
        frame = pl.DataFrame({"i": indices}).lazy()
        for step in self._steps:
            frame = frame.with_columns(step)
        return frame

    def _compiled(self) -> Iterator[list[pl.Expr]]:
        """The columns in steps: expressions of the index and of columns of earlier steps."""
        table, columns = self._table, self._table.columns
        if table.key is not None and self._rows.keys is not None:
            yield [keys_at(self._rows.keys, INDEX).alias(table.key)]
        for names in _steps(table):
            yield [expression(columns[name], self._context(name)).alias(name) for name in names]

    def _context(self, column: str) -> ColumnContext:
        return ColumnContext(
            seed=self._plan.seed,
            table=self._table.name,
            column=column,
            rows=self._table.rows,
            offset=self._rows.unique_offsets.get(column, 0),
            pick=self._pick,
        )

    def _pick(self, pick: Pick, context: ColumnContext) -> pl.Expr:
        """The picked values: keys by arithmetic, other columns from a list, or generated again if the parent is large."""
        parent, rows = self._plan.table(pick.parent), self._of[pick.parent]
        if pick.column in parent.later:
            raise UsageError(
                f"{context.table}.{context.column} picks {parent.name}.{pick.column}, which is set later",
                f"Pick another column, or remove it from `later` of {parent.name}",
            )
        index = pick_index(pick, context, rows.rows)
        self._picks.append((pick.parent, index))
        if pick.column == parent.key and rows.keys is not None:
            return keys_at(rows.keys, index)
        within = self._within | {(context.table, context.column)}
        if (parent.name, pick.column) in within:
            raise UsageError(
                f"{context.table}.{context.column} depends on itself (through {parent.name}.{pick.column})",
                "Give one of them another value",
            )
        values = partial(_values, self._plan, parent, pick.column, self._of, within)
        # a table that references itself picks among its first rows
        bound = MAX_ROOT_ROWS if parent.name == self._table.name and pick.index in SELF_REFERENCE_INDEX else MAX_LISTED_ROWS + 1
        if min(rows.rows, bound) <= MAX_LISTED_ROWS:
            return pl.lit(values(_indices(IndexRange(0, min(rows.rows, bound))))).gather(index)
        return index.map_batches(partial(_each_once, values), return_dtype=values(_indices(IndexRange(0, 1))).dtype)


def _steps(table: Table) -> Iterator[list[str]]:
    """The columns in an order in which they can be computed. UsageError: a column depends on itself, or on one without a generator."""
    waiting = TopologicalSorter({name: needs(generator) - {table.key} for name, generator in table.columns.items()})
    try:
        waiting.prepare()
    except CycleError as error:
        cycle = " → ".join(reversed(error.args[1]))
        raise UsageError(f"columns of {table.name} depend on each other: {cycle}", "Give one of them a value of its own") from error
    while waiting.is_active():
        ready = waiting.get_ready()
        for name in ready:
            if name not in table.columns:
                raise UsageError(
                    f"a column of {table.name} depends on {name}, for which the plan has no generator",
                    f"Use one of {', '.join(table.columns)}",
                )
            late = needs(table.columns[name]) & table.later
            if late and name not in table.later:
                raise UsageError(
                    f"{table.name}.{name} depends on {', '.join(sorted(late))}, which is set later",
                    f"Use other columns, or add {name} to `later` of {table.name}",
                )
        yield [name for name in table.columns if name in ready]
        waiting.done(*ready)


def _values(
    plan: Plan, table: Table, column: str, of: Mapping[str, RowAllocation], within: frozenset[tuple[str, str]], indices: pl.Series
) -> pl.Series:
    """The column's values in these rows of the table, new and reused ones."""
    rows = of[table.name]
    if column == table.key and rows.keys is not None:
        return pl.DataFrame({"i": indices}).select(keys_at(rows.keys, INDEX)).to_series()
    reused = pl.Series(rows.reused.get(column, ()), strict=False)
    if not rows.new:
        return reused.gather(indices)
    new = RowGenerator(plan, only(table, [column]), of, within).at(indices)[column]
    if not len(reused):
        return new
    existing = pl.concat([_indices(gap) for gap in gaps(IndexRange(0, rows.rows), rows.new)])
    position = existing.search_sorted(indices).clip(0, len(existing) - 1)
    return pl.select(pl.when(existing.gather(position) == indices).then(reused.cast(new.dtype).gather(position)).otherwise(new)).to_series()


def only(table: Table, columns: Iterable[str]) -> Table:
    """The table with only these columns and those that they depend on."""
    wanted, kept = list(columns), set[str]()
    while wanted:
        name = wanted.pop()
        if name in table.columns and name not in kept:
            kept.add(name)
            wanted += needs(table.columns[name])
    return replace(table, columns={name: generator for name, generator in table.columns.items() if name in kept})


def _each_once(values: Callable[[pl.Series], pl.Series], indices: pl.Series) -> pl.Series:
    """The values in these rows, null if the index is null. Each row is generated once, however often its index occurs."""
    once = indices.drop_nulls().unique().sort()
    generated = values(once)
    position = once.search_sorted(indices.fill_null(0)).clip(0, max(0, len(once) - 1))
    return pl.select(pl.when(indices.is_not_null()).then(generated.gather(position) if len(once) else None)).to_series()


def _indices(rows: IndexRange) -> pl.Series:
    return pl.int_range(rows.start, rows.stop, dtype=pl.Int64, eager=True)


def _all_reused(table: Table, values: Mapping[str, Scalar]) -> RowAllocation:
    return replace(all_new(table), new=(), reused={column: (value,) * table.rows for column, value in values.items()})


SAMPLE_ROWS = 1000  # at each end of a table


def samples(plan: Plan, used: Mapping[str, Mapping[str, Scalar]] = MappingProxyType({})) -> dict[str, pl.DataFrame]:
    """The first and last rows of each table of the plan, with keys from 1 on.

    `used`: for tables of which all rows exist already, a value for each picked column that has no generator.
    """
    of = {table.name: _all_reused(table, used[table.name]) if table.name in used else all_new(table) for table in plan.tables}

    def sample(table: Table) -> pl.DataFrame:
        generator = RowGenerator(plan, table, of)
        first, last = IndexRange(0, min(table.rows, SAMPLE_ROWS)), IndexRange(max(0, table.rows - SAMPLE_ROWS), table.rows)
        return pl.concat([generator.frame(first), generator.frame(last)])

    return {table.name: sample(table) for table in plan.tables}


MAX_COMPUTED_SEGMENTS = 8
"""With up to this many segments keys are computed; with more they are looked up in a list."""


def keys_at(keys: RowKeys, index: pl.Expr) -> pl.Expr:
    """Int64: the keys of the rows `index`, null if the index is null."""
    if not 0 < len(keys.segments) <= MAX_COMPUTED_SEGMENTS:
        listed = [key for s in keys.segments for key in range(s.key_start, s.key_start + s.rows)]
        return pl.lit(pl.Series(listed, dtype=pl.Int64)).gather(index)
    *others, last = keys.segments
    expression = index + (last.key_start - last.start)
    for segment in reversed(others):
        expression = pl.when(index < segment.stop).then(index + (segment.key_start - segment.start)).otherwise(expression)
    return expression
