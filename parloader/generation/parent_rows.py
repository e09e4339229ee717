"""Values of parent rows: compiles a Pick to an expression, which computes keys and looks other columns up or generates them again."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeAlias

import polars as pl

from parloader.generation.column_order import only
from parloader.generation.context import INDEX, ColumnContext
from parloader.generation.existing_values import of_one_type, series_of
from parloader.generation.expressions import pick_index
from parloader.generation.row_keys import indices_of, keys_at
from parloader.plans.documents.mistakes import InvalidPlan
from parloader.plans.generators import Distribution, Pick, Scalar
from parloader.plans.model import MAX_ROOT_ROWS, SELF_REFERENCE_INDEX, Plan, Table
from parloader.plans.row_ranges import IndexRange, RowAllocation, gaps

# Picked values are looked up in a list if the parent has at most this many rows; otherwise they are generated again
MAX_LISTED_ROWS = 100_000

ColumnPath: TypeAlias = tuple[tuple[str, str], ...]
"""The (table, column) pairs that rows are generated for, each because of the one before it."""

Generated: TypeAlias = Callable[[Plan, Table, Mapping[str, RowAllocation], ColumnPath, pl.Series], pl.DataFrame]
"""The rows of a table with these indices, as the generators give them (generation/frames.py)."""


class ParentRows:
    """The rows that the rows of one table pick from."""

    def __init__(self, plan: Plan, table: Table, of: Mapping[str, RowAllocation], within: ColumnPath, generated: Generated) -> None:
        """`within`: the columns that the table's rows are generated for, to detect a column that depends on itself."""
        self._plan = plan
        self._table = table
        self._of = of
        self._within = within
        self._generated = generated
        self.picks: list[tuple[str, pl.Expr]] = []
        """(parent, index of its row) for each compiled pick."""
        self.mistake: InvalidPlan | None = None
        """Raised while Polars had the rows of a parent generated."""

    def pick(self, pick: Pick, context: ColumnContext) -> pl.Expr:
        """The picked values: keys by arithmetic, other columns from a list, or generated again if the parent is large."""
        parent, rows = self._plan.table(pick.parent), self._of[pick.parent]
        if pick.column in parent.later:
            raise context.error(
                f"it picks {parent.name}.{pick.column}, which is set later",
                f"Pick another column, or remove it from `later` of {parent.name}",
            )
        index = pick_index(pick, context, rows.rows)
        self.picks.append((pick.parent, index))
        root = rows.root.get(pick.column) if pick.distribution is Distribution.ROOTED and parent.name == self._table.name else None
        if pick.column == parent.key and rows.keys is not None:
            return _with_root(root, keys_at(rows.keys, index), pl.Int64())
        values = partial(self._column, parent, pick.column, self._path_to(parent.name, pick.column, context))
        # a table that references itself picks among its first rows
        bound = MAX_ROOT_ROWS if parent.name == self._table.name and pick.index in SELF_REFERENCE_INDEX else MAX_LISTED_ROWS + 1
        if min(rows.rows, bound) <= MAX_LISTED_ROWS:
            listed = values(indices_of(IndexRange(0, min(rows.rows, bound))))
            return _with_root(root, pl.lit(listed).gather(index), listed.dtype)
        return index.map_batches(
            partial(_each_once, partial(self._remembering_mistakes, values)), return_dtype=values(indices_of(IndexRange(0, 1))).dtype
        )

    def _path_to(self, table: str, column: str, context: ColumnContext) -> ColumnPath:
        """The columns that this column of another table is generated for. InvalidPlan: it is one of them itself."""
        own = (context.table, context.column)
        if own in self._within or (table, column) in (*self._within, own):
            raise context.error(f"it depends on itself (through {table}.{column})", "Give one of them another value")
        return (*self._within, own)

    def _remembering_mistakes(self, values: Callable[[pl.Series], pl.Series], indices: pl.Series) -> pl.Series:
        """Polars raises a copy of an error, made from its text alone."""
        try:
            return values(indices)
        except InvalidPlan as error:
            self.mistake = error
            raise

    def _column(self, table: Table, column: str, within: ColumnPath, indices: pl.Series) -> pl.Series:
        """The column's values in these rows of the table, new and reused ones."""
        rows = self._of[table.name]
        if column == table.key and rows.keys is not None:
            return pl.DataFrame({"i": indices}).select(keys_at(rows.keys, INDEX)).to_series()
        reused = series_of(rows.reused.get(column, ()))
        if not rows.new:
            return reused.gather(indices)
        new = self._generated(self._plan, only(table, [column]), self._of, within, indices)[column]
        if not len(reused):
            return new
        existing = pl.concat([indices_of(gap) for gap in gaps(IndexRange(0, rows.rows), rows.new)])
        position = existing.search_sorted(indices).clip(0, len(existing) - 1)
        reused, generated = of_one_type(reused, pl.lit(new), new.dtype)
        return pl.select(pl.when(existing.gather(position) == indices).then(reused.gather(position)).otherwise(generated)).to_series()


def _with_root(root: Scalar, picked: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """The picked values, of this type; row 0 has the value of the existing row that it references, if there is one."""
    if root is None:
        return picked
    existing, picked = of_one_type(series_of([root]), picked, dtype)
    return pl.when(INDEX > 0).then(picked).otherwise(pl.lit(existing).first())


def _each_once(values: Callable[[pl.Series], pl.Series], indices: pl.Series) -> pl.Series:
    """The values in these rows, null if the index is null. Each row is generated once, however often its index occurs."""
    once = indices.drop_nulls().unique().sort()
    generated = values(once)
    position = once.search_sorted(indices.fill_null(0)).clip(0, max(0, len(once) - 1))
    return pl.select(pl.when(indices.is_not_null()).then(generated.gather(position) if len(once) else None)).to_series()
