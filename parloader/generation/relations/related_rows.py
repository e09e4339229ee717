"""The rows of other tables that a table's rows depend on: generated when they are needed, and looked up if they exist already."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Protocol

import polars as pl

from parloader.generation.column_order import only
from parloader.generation.context import INDEX
from parloader.generation.existing_values import series_of
from parloader.generation.expressions import columns as columns_of
from parloader.generation.expressions import read
from parloader.generation.relations.families import Family
from parloader.generation.relations.owners import RowsByValue
from parloader.generation.row_keys import indices_of, keys_at
from parloader.plans.generators import Const
from parloader.plans.model import Plan, Table
from parloader.plans.row_ranges import IndexRange, RowAllocation, batches

# So many rows are in memory while those that meet a condition are searched
ROWS_AT_ONCE = 100_000


# A table of at most so many rows is generated once as a whole if others often need some of them
MAX_KEPT_ROWS = 20_000


class RowSource(Protocol):
    """Generates rows of one table."""

    def stored(self, indices: pl.Series) -> pl.DataFrame:
        """The rows with these indices, as they are in the database: with the values of existing rows, where the run reuses them."""


class RelatedRows:
    """The rows of all tables of a plan. What is computed once for all rows is kept."""

    def __init__(
        self, plan: Plan, of: Mapping[str, RowAllocation], source: Callable[[Table, "RelatedRows"], RowSource], *, kept: bool = False
    ) -> None:
        """`kept`: the rows of small tables are kept, because many tables need them."""
        self._kept = kept
        self._whole: dict[tuple[str, tuple[str, ...]], pl.DataFrame | None] = {}  # None: it is being generated
        self.plan = plan
        self.of = of
        self._source = source
        self._sources: dict[tuple[str, tuple[str, ...]], RowSource] = {}
        self._first: dict[tuple[str, str], pl.Series] = {}
        self._fitting: dict[tuple[str, str], pl.Series] = {}
        self._by_value: dict[tuple[str, tuple[str, ...], str | None], RowsByValue] = {}
        self._families: dict[str, Family] = {}

    def values(self, name: str, columns: Iterable[str], indices: pl.Series) -> pl.DataFrame:
        """The columns in these rows of the table, new and reused ones."""
        wanted = tuple(columns)
        whole = self._whole_table(name, wanted) if self._kept and wanted else None
        return self._values(name, wanted, indices) if whole is None else whole[indices]

    def _whole_table(self, name: str, columns: tuple[str, ...]) -> pl.DataFrame | None:
        """All rows of the table; None: there are too many, or a row of it needs another one."""
        if self.of[name].rows > MAX_KEPT_ROWS:
            return None
        if (name, columns) not in self._whole:
            self._whole[name, columns] = None
            try:
                self._whole[name, columns] = self._values(name, columns, indices_of(IndexRange(0, self.of[name].rows)))
            finally:
                if self._whole[name, columns] is None:
                    del self._whole[name, columns]
        return self._whole[name, columns]

    def _values(self, name: str, wanted: tuple[str, ...], indices: pl.Series) -> pl.DataFrame:
        table, rows = self.plan.table(name), self.of[name]
        with_key = table.key in wanted and rows.keys is not None
        others = tuple(column for column in wanted if not (with_key and column == table.key))
        frame = pl.DataFrame({"i": indices})
        if others and not rows.new:
            frame = frame.with_columns(self._reused(name, column, indices) for column in others if column in rows.reused)
        if missing := tuple(column for column in others if column not in frame.columns):
            frame = frame.with_columns(self._of(table, missing).stored(indices).select(missing))
        if with_key and rows.keys is not None:
            frame = frame.with_columns(keys_at(rows.keys, INDEX).alias(table.key or ""))
        return frame.select(wanted)

    def missing(self, name: str, columns: Iterable[str]) -> list[str]:
        """Those of these columns of the table for which the plan has no generator, and that no existing row has."""
        table = self.plan.table(name)
        return sorted({*columns} - {table.key, *table.columns, *self.of[name].reused})

    def first_values(self, name: str, column: str, rows: int) -> pl.Series:
        """The column in the first rows of the table. Computed once."""
        found = self._first.get((name, column))
        if found is None or len(found) < rows:
            found = self._first[name, column] = self.values(name, [column], indices_of(IndexRange(0, rows)))[column]
        return found.head(rows)

    def fitting(self, name: str, condition: str, indices: pl.Series) -> pl.Series:
        """Those of these rows of the table (Int64, ascending) that meet the condition, an SQL expression of its columns."""
        frame, read_columns = pl.DataFrame({"i": indices}), sorted(columns_of(condition))
        if read_columns:
            frame = frame.with_columns(self.values(name, read_columns, indices))
        return frame.lazy().filter(read(condition)).select("i").collect().to_series()

    def first_fitting(self, name: str, condition: str, rows: int) -> pl.Series:
        """The indices of those among the first rows of the table that meet the condition. Computed once."""
        if (name, condition) not in self._fitting:
            parts = batches(IndexRange(0, rows), lambda: ROWS_AT_ONCE)
            fitting = [self.fitting(name, condition, indices_of(part)) for part in parts]
            self._fitting[name, condition] = pl.concat([pl.Series("i", [], dtype=pl.Int64), *fitting])
        return self._fitting[name, condition]

    def by_value(self, name: str, columns: tuple[str, ...], condition: str | None) -> RowsByValue:
        """The rows of the table, those that meet the condition, by these columns. Computed once."""
        if (name, columns, condition) not in self._by_value:
            indices = indices_of(IndexRange(0, self.of[name].rows))
            indices = indices if condition is None else self.fitting(name, condition, indices)
            self._by_value[name, columns, condition] = RowsByValue(self.values(name, columns, indices), indices)
        return self._by_value[name, columns, condition]

    def family(self, name: str) -> Family | None:
        """The layout of the rows of a table that are children; None: they are not."""
        if name not in self._families:
            table = self.plan.table(name)
            if table.child_of is None:
                return None
            column, child_of = table.child_of
            rows, parent = self.of[name], self.plan.table(child_of.parent)
            self._families[name] = Family(
                seed=self.plan.seed,
                table=name,
                column=column,
                child_of=child_of,
                rows=rows.rows,
                parent_rows=self.of[child_of.parent].rows,
                starts=rows.child_starts,
                readable=frozenset(filter(None, (parent.key, *parent.columns, *self.of[parent.name].reused))),
                values=self.values,
            )
        return self._families[name]

    def _reused(self, name: str, column: str, indices: pl.Series) -> pl.Series:
        return series_of(self.of[name].reused[column]).gather(indices).alias(column)

    def _of(self, table: Table, columns: tuple[str, ...]) -> RowSource:
        """The source of these columns of a table."""
        key = (table.name, columns)
        if key not in self._sources:
            existing = {column: Const(value=None) for column in self.of[table.name].reused if column not in table.columns}
            self._sources[key] = self._source(only(replace(table, columns={**existing, **table.columns}), columns), self)
        return self._sources[key]
