"""Generates the rows of a table: from a plan and a range of row numbers to a Polars frame."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

import polars as pl

from parloader.errors import ParloaderError
from parloader.generation.column_graph import cycles
from parloader.generation.column_order import dependency_steps
from parloader.generation.context import INDEX, ColumnContext
from parloader.generation.existing_values import ExistingValues
from parloader.generation.expressions import expression
from parloader.generation.failures import FAILURES, first_failing, first_sentence, not_finite, uncomputable
from parloader.generation.relations.families import Family
from parloader.generation.relations.family_columns import HIDDEN, FamilyColumns
from parloader.generation.relations.parent_rows import ParentRows
from parloader.generation.relations.related_rows import RelatedRows
from parloader.generation.row_keys import indices_of, keys_at
from parloader.plans.documents.mistakes import InvalidPlan, Mistake, Mistakes
from parloader.plans.generators import Generator
from parloader.plans.model import Plan, Table, all_new
from parloader.plans.row_ranges import IndexRange, RowAllocation


def generate(plan: Plan, table: Table, rows: IndexRange, of: Mapping[str, RowAllocation]) -> pl.DataFrame:
    """The rows of `table` with these indices: its key, if the run assigns it, then its columns in the plan's order.

    `of`: the row allocations of the table and of all its ancestors.
    """
    return RowGenerator(plan, table, of).frame(rows)


class RowGenerator:
    """Generates the rows of one table. Vectorized: it compiles expressions of the index once, and has no loop per row."""

    def __init__(
        self,
        plan: Plan,
        table: Table,
        of: Mapping[str, RowAllocation],
        mistakes: Mistakes | None = None,
        related: RelatedRows | None = None,
    ) -> None:
        """`related`: the rows of the other tables; without it, they are those of this generator alone.

        InvalidPlan: columns have mistakes. With `mistakes` they are noted there instead, and the columns left out.
        """
        self._plan = plan
        self._table = table
        self._rows = of[table.name]
        found = Mistakes() if mistakes is None else mistakes
        not_computable: frozenset[tuple[str, str]] = frozenset()
        if related is None or mistakes is not None:  # otherwise the table for which these rows are generated was checked
            crossing, not_computable = cycles(plan, ((table.name, name) for name in table.columns))
            found.note(crossing)
        related = related_rows(plan, of) if related is None else related
        self._family = FamilyColumns(table, related)
        self._parents = ParentRows(table, related, self._family)
        computable = {name: generator for name, generator in table.columns.items() if (table.name, name) not in not_computable}
        self._steps = list(self._compiled(replace(table, columns=computable) if not_computable else table, found))
        if mistakes is None:
            found.report()
        compiled = {column.meta.output_name() for step in self._steps for column in step}
        self._names = [*([table.key] if table.key is not None else []), *(name for name in table.written if name in compiled)]

    def frame(self, rows: IndexRange) -> pl.DataFrame:
        """The rows with these indices."""
        return self.at(indices_of(rows))

    def at(self, indices: pl.Series) -> pl.DataFrame:
        """The rows with these indices (Int64), as the generators give them, whether new or reused."""
        frame = self._collected(self._all(indices).select(self._names), indices)
        for name, dtype in frame.schema.items():
            if dtype.is_float() and (row := _first_infinite(frame[name], indices)) is not None:
                raise InvalidPlan.of([not_finite(self._table.name, name, row)])
        return frame

    def stored(self, indices: pl.Series) -> pl.DataFrame:
        """The rows with these indices, as they are in the database: with the values of existing rows, where the run reuses them."""
        if not self._rows.reused:
            return self.at(indices)
        existing = ExistingValues(self._rows, indices)
        frame = self._inputs(indices)
        for step in self._steps:
            frame = self._collected(frame.lazy().with_columns(step), indices)
            names = [name for column in step if (name := column.meta.output_name()) in self._rows.reused]
            frame = frame.with_columns(existing.instead_of(frame[name]) for name in names)
        return frame.select(self._names)

    def computable(self, indices: pl.Series, mistakes: Mistakes) -> pl.DataFrame:
        """The rows with these indices, without columns that cannot be computed: their mistakes are noted. Slower than `at`."""
        frame = pl.DataFrame({"i": indices})
        with mistakes.collected():
            frame = self._inputs(indices)
        for step in self._steps:
            computed = [values for column in step if (values := self._computed(column, frame, indices, mistakes)) is not None]
            frame = frame.with_columns(computed)  # together, as `at` does: a column may have the name of the index
        return frame.select(name for name in self._names if name in frame.columns)

    def _computed(self, column: pl.Expr, frame: pl.DataFrame, indices: pl.Series, mistakes: Mistakes) -> pl.Series | None:
        """The values of the column; None: they cannot be computed, which is noted, or depend on such a column."""
        name, read = column.meta.output_name(), [other for other in column.meta.root_names() if other != "i"]
        if not {*read} <= {*frame.columns}:
            return None
        self._parents.mistake = None
        try:
            values = frame.with_columns(column).get_column(name)
        except FAILURES as error:
            if self._parents.mistake:
                mistakes.note(self._parents.mistake.mistakes)
                return None
            position = first_failing(frame.height, partial(_fails, frame, column))
            types = ", ".join(f"{each}: {frame.schema[each].base_type()}" for each in read if not each.startswith(HIDDEN))
            row = None if position is None else int(indices[position])
            mistakes.note([uncomputable(self._table.name, name, error, types, row)])
            return None
        if values.dtype.is_float() and (row := _first_infinite(values, indices)) is not None:
            mistakes.note([not_finite(self._table.name, name, row)])
            return None
        return values

    def _collected(self, frame: pl.LazyFrame, indices: pl.Series) -> pl.DataFrame:
        """InvalidPlan: a column cannot be computed."""
        try:
            return frame.collect()
        except FAILURES as error:
            mistakes = Mistakes()
            self.computable(indices, mistakes)
            if not mistakes:  # only all columns together fail
                what = f"its rows cannot be computed: {first_sentence(error)}"
                path, places = ("table", self._table.name), (f"table {self._table.name}",)
                mistakes.note([Mistake(what=what, next_step="Correct its generators in the plan", path=path, places=places)])
            raise InvalidPlan.of(mistakes) from error

    def picked(self, indices: pl.Series) -> Iterator[tuple[str, pl.Series]]:
        """(parent, indices of its rows) for each pick: all rows that these rows may reference."""
        frame = self._collected(self._all(indices), indices)
        for parent, index in self._parents.picks:
            yield parent, frame.select(index.alias("i")).to_series().drop_nulls().unique()

    def _all(self, indices: pl.Series) -> pl.LazyFrame:
        """A lazy frame, because only then Polars computes common subexpressions once."""
        frame = self._inputs(indices).lazy()
        for step in self._steps:
            frame = frame.with_columns(step)
        return frame

    def _inputs(self, indices: pl.Series) -> pl.DataFrame:
        """The index, and what the columns need of the tables with which they form families."""
        frame = pl.DataFrame({"i": indices, **self._family.hidden(indices)})
        return self._parents.with_shared(frame)

    def _compiled(self, table: Table, mistakes: Mistakes) -> Iterator[list[pl.Expr]]:
        """The columns in steps: expressions of the index and of columns of earlier steps. Columns with a mistake are noted, and left out."""
        columns = table.columns
        if table.key is not None and self._rows.keys is not None:
            yield [keys_at(self._rows.keys, INDEX).alias(table.key)]
        for names in dependency_steps(table, mistakes):
            step = []
            for name in names:
                with mistakes.collected():
                    step.append(self._column(name, columns[name]))
            yield step

    def _column(self, name: str, generator: Generator) -> pl.Expr:
        try:
            return expression(generator, self._context(name)).alias(name)
        except ParloaderError:
            raise
        except FAILURES as error:
            raise InvalidPlan.of([uncomputable(self._table.name, name, error)]) from error

    def _context(self, column: str) -> ColumnContext:
        return ColumnContext(
            seed=self._plan.seed,
            table=self._table.name,
            column=column,
            rows=self._table.rows,
            offset=self._rows.unique_offsets.get(column, 0),
            pick=self._parents.pick,
            family=self._family.compile,
        )


def related_rows(plan: Plan, of: Mapping[str, RowAllocation], *, kept: bool = False) -> RelatedRows:
    """The rows of all tables of the plan, for any number of generators."""
    return RelatedRows(plan, of, lambda table, related: RowGenerator(plan, table, of, related=related), kept=kept)


def _family(plan: Plan, table: Table, of: Mapping[str, RowAllocation]) -> Family:
    """Of a table with a ChildOf. InvalidPlan: the counts depend on themselves."""
    column = "" if table.child_of is None else table.child_of[0]
    crossing, _ = cycles(plan, [(table.name, column)])
    if crossing:
        raise InvalidPlan.of(crossing)
    family = related_rows(plan, of).family(table.name)
    assert family is not None
    return family


def with_child_starts(plan: Plan, of: Mapping[str, RowAllocation]) -> dict[str, RowAllocation]:
    """The allocations, with the start of each block of children: computed once, and handed to all who generate rows."""
    result = dict(of)
    for table in plan.tables:
        if table.child_of and table.name in result and result[table.name].child_starts is None:
            family = _family(plan, table, result)
            result[table.name] = replace(result[table.name], child_starts=family.compute_starts())
    return result


def counted_rows(plan: Plan) -> dict[str, int]:
    """The rows of the tables that are `counted`: the sum of their counts. InvalidPlan: a count cannot be computed, or all are 0."""
    counted: dict[str, int] = {}
    for name in [table.name for table in plan.tables if table.counted]:
        family = _family(plan, plan.table(name), {each.name: all_new(each) for each in plan.tables})
        counted[name] = family.compute_starts().total
        if not counted[name]:
            family.refuse_no_children()
        plan = replace(plan, tables=tuple(replace(each, rows=counted.get(each.name, each.rows)) for each in plan.tables))
    return counted


def _first_infinite(values: pl.Series, indices: pl.Series) -> int | None:
    """The index of the first value that is infinite or NaN."""
    finite = values.is_finite()
    if finite.all():  # null counts as finite
        return None
    position = finite.fill_null(True).arg_min()
    return None if position is None else int(indices[position])


def _fails(frame: pl.DataFrame, column: pl.Expr, offset: int, length: int) -> bool:
    try:
        frame.slice(offset, length).select(column)
    except FAILURES:
        return True
    return False
