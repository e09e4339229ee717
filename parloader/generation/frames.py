"""Generates the rows of a table: from a plan and a range of row numbers to a Polars frame."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from graphlib import CycleError, TopologicalSorter

import polars as pl

from parloader.errors import ParloaderError, UsageError
from parloader.generation.context import INDEX, ColumnContext
from parloader.generation.existing_values import of_one_type, series_of
from parloader.generation.expressions import expression, needs, pick_index
from parloader.generation.failures import FAILURES, first_failing, first_sentence, not_finite, uncomputable
from parloader.plans.documents.codecs import suggestion
from parloader.plans.documents.mistakes import InvalidPlan, Mistake, Mistakes, column_mistake
from parloader.plans.generators import MAX_INTEGER, Distribution, Generator, Pick, Scalar
from parloader.plans.model import MAX_ROOT_ROWS, SELF_REFERENCE_INDEX, Plan, Table
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

    def __init__(
        self,
        plan: Plan,
        table: Table,
        of: Mapping[str, RowAllocation],
        within: frozenset[tuple[str, str]] = frozenset(),
        mistakes: Mistakes | None = None,
    ) -> None:
        """`within`: the (table, column) pairs that these rows are generated for, to detect a column that depends on itself.

        InvalidPlan: columns have mistakes. With `mistakes` they are noted there instead, and the columns left out.
        """
        self._plan = plan
        self._table = table
        self._of = of
        self._rows = of[table.name]
        self._within = within
        self._picks: list[tuple[str, pl.Expr]] = []  # (parent, index of its row)
        self._of_parent: InvalidPlan | None = None  # raised while Polars had the rows of a parent generated
        found = Mistakes() if mistakes is None else mistakes
        self._steps = list(self._compiled(found))
        if mistakes is None:
            found.report()
        compiled = {column.meta.output_name() for step in self._steps for column in step}
        self._names = [*([table.key] if table.key is not None else []), *(name for name in table.columns if name in compiled)]

    def frame(self, rows: IndexRange) -> pl.DataFrame:
        """The rows with these indices."""
        return self.at(_indices(rows))

    def at(self, indices: pl.Series) -> pl.DataFrame:
        """The rows with these indices (Int64), as the generators give them, whether new or reused."""
        frame = self._collected(self._all(indices).select(self._names), indices)
        for name, dtype in frame.schema.items():
            if dtype.is_float() and (row := _first_infinite(frame[name], indices)) is not None:
                raise InvalidPlan.of([not_finite(self._table.name, name, row)])
        return frame

    def computable(self, indices: pl.Series, mistakes: Mistakes) -> pl.DataFrame:
        """The rows with these indices, without columns that cannot be computed: their mistakes are noted. Slower than `at`."""
        frame = pl.DataFrame({"i": indices})
        for step in self._steps:
            computed = [values for column in step if (values := self._computed(column, frame, indices, mistakes)) is not None]
            frame = frame.with_columns(computed)  # together, as `at` does: a column may have the name of the index
        return frame.select(name for name in self._names if name in frame.columns)

    def _computed(self, column: pl.Expr, frame: pl.DataFrame, indices: pl.Series, mistakes: Mistakes) -> pl.Series | None:
        """The values of the column; None: they cannot be computed, which is noted, or depend on such a column."""
        name, read = column.meta.output_name(), [other for other in column.meta.root_names() if other != "i"]
        if not {*read} <= {*frame.columns}:
            return None
        self._of_parent = None
        try:
            values = frame.with_columns(column).get_column(name)
        except FAILURES as error:
            if self._of_parent:
                mistakes.note(self._of_parent.mistakes)
                return None
            position = first_failing(frame.height, partial(_fails, frame, column))
            types = ", ".join(f"{each}: {frame.schema[each].base_type()}" for each in read)
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
        for parent, index in self._picks:
            yield parent, frame.select(index.alias("i")).to_series().drop_nulls().unique()

    def _all(self, indices: pl.Series) -> pl.LazyFrame:
        """A lazy frame, because only then Polars computes common subexpressions once."""
        frame = pl.DataFrame({"i": indices}).lazy()
        for step in self._steps:
            frame = frame.with_columns(step)
        return frame

    def _compiled(self, mistakes: Mistakes) -> Iterator[list[pl.Expr]]:
        """The columns in steps: expressions of the index and of columns of earlier steps. Columns with a mistake are noted, and left out."""
        table, columns = self._table, self._table.columns
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

    def _remembering_mistakes(self, values: Callable[[pl.Series], pl.Series], indices: pl.Series) -> pl.Series:
        """Polars raises a copy of an error, made from its text alone."""
        try:
            return values(indices)
        except InvalidPlan as error:
            self._of_parent = error
            raise

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
            raise context.error(
                f"it picks {parent.name}.{pick.column}, which is set later",
                f"Pick another column, or remove it from `later` of {parent.name}",
            )
        index = pick_index(pick, context, rows.rows)
        self._picks.append((pick.parent, index))
        root = rows.root.get(pick.column) if pick.distribution is Distribution.ROOTED and parent.name == self._table.name else None
        if pick.column == parent.key and rows.keys is not None:
            return _with_root(root, keys_at(rows.keys, index), pl.Int64())
        own = (context.table, context.column)
        within = self._within | {own}
        if own in self._within or (parent.name, pick.column) in within:
            raise context.error(f"it depends on itself (through {parent.name}.{pick.column})", "Give one of them another value")
        values = partial(_values, self._plan, parent, pick.column, self._of, within)
        # a table that references itself picks among its first rows
        bound = MAX_ROOT_ROWS if parent.name == self._table.name and pick.index in SELF_REFERENCE_INDEX else MAX_LISTED_ROWS + 1
        if min(rows.rows, bound) <= MAX_LISTED_ROWS:
            listed = values(_indices(IndexRange(0, min(rows.rows, bound))))
            return _with_root(root, pl.lit(listed).gather(index), listed.dtype)
        return index.map_batches(
            partial(_each_once, partial(self._remembering_mistakes, values)), return_dtype=values(_indices(IndexRange(0, 1))).dtype
        )


def _with_root(root: Scalar, picked: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """The picked values, of this type; row 0 has the value of the existing row that it references, if there is one."""
    if root is None:
        return picked
    existing, picked = of_one_type(series_of([root]), picked, dtype)
    return pl.when(INDEX > 0).then(picked).otherwise(pl.lit(existing).first())


def dependency_steps(table: Table, mistakes: Mistakes) -> Iterator[list[str]]:
    """The columns in an order in which they can be computed. Those that cannot are noted, and left out with all that depend on them.

    A mistake: the SQL or template is not valid, or a column depends on itself, on one without a generator, or on one that is set later.
    """
    needed: dict[str, frozenset[str]] = {}
    for name, generator in table.columns.items():
        try:
            needed[name] = needs(generator) - {table.key}
        except UsageError as error:
            mistakes.note([column_mistake(table.name, name, error.message, error.next_step)])
    for name in tuple(needed):
        if found := _dependency_mistake(table, name, needed[name]):
            mistakes.note([found])
            del needed[name]
    while lacking := [name for name, others in needed.items() if not others <= needed.keys()]:
        for name in lacking:
            del needed[name]
    waiting = TopologicalSorter(needed)
    try:
        waiting.prepare()
    except CycleError as error:
        nodes = list(reversed(error.args[1]))[:-1]  # the last one is the first again
        first = nodes.index(min(nodes, key=list(table.columns).index))
        cycle = [*nodes[first:], *nodes[: first + 1]]
        mistakes.note(
            [
                column_mistake(
                    table.name, cycle[0], f"columns depend on each other: {' → '.join(cycle)}", "Give one of them a value of its own"
                )
            ]
        )
        return
    while waiting.is_active():
        ready = waiting.get_ready()
        yield [name for name in table.columns if name in ready]
        waiting.done(*ready)


def _dependency_mistake(table: Table, name: str, needed: frozenset[str]) -> Mistake | None:
    missing = sorted(needed - table.columns.keys())
    if missing:
        what = f"it depends on {missing[0]}, for which the plan has no generator"
        usable = [other for other in table.columns if other != name]
        next_step = f"{suggestion(missing[0], usable)}Give {missing[0]} a generator{', or use ' if usable else ''}{', '.join(usable)}"
        return column_mistake(table.name, name, what, next_step)
    late = sorted(needed & table.later)
    if late and name not in table.later:
        next_step = f"Use other columns, or add {name} to `later` of {table.name}"
        return column_mistake(table.name, name, f"it depends on {', '.join(late)}, which is set later", next_step)
    return None


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


def _values(
    plan: Plan, table: Table, column: str, of: Mapping[str, RowAllocation], within: frozenset[tuple[str, str]], indices: pl.Series
) -> pl.Series:
    """The column's values in these rows of the table, new and reused ones."""
    rows = of[table.name]
    if column == table.key and rows.keys is not None:
        return pl.DataFrame({"i": indices}).select(keys_at(rows.keys, INDEX)).to_series()
    reused = series_of(rows.reused.get(column, ()))
    if not rows.new:
        return reused.gather(indices)
    new = RowGenerator(plan, only(table, [column]), of, within).at(indices)[column]
    if not len(reused):
        return new
    existing = pl.concat([_indices(gap) for gap in gaps(IndexRange(0, rows.rows), rows.new)])
    position = existing.search_sorted(indices).clip(0, len(existing) - 1)
    reused, generated = of_one_type(reused, pl.lit(new), new.dtype)
    return pl.select(pl.when(existing.gather(position) == indices).then(reused.gather(position)).otherwise(generated)).to_series()


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


MAX_COMPUTED_SEGMENTS = 8
"""With up to this many segments keys are computed; with more they are looked up in a list."""


def keys_at(keys: RowKeys, index: pl.Expr) -> pl.Expr:
    """The keys of the rows `index`, null if the index is null: Int64, or UInt64 if one exceeds it."""
    exceeds = any(segment.key_start + segment.rows - 1 > MAX_INTEGER for segment in keys.segments)
    dtype = pl.UInt64 if exceeds else pl.Int64
    if not 0 < len(keys.segments) <= MAX_COMPUTED_SEGMENTS:
        listed = [key for s in keys.segments for key in range(s.key_start, s.key_start + s.rows)]
        return pl.lit(pl.Series(listed, dtype=dtype)).gather(index)
    index = index.cast(pl.Int128) if exceeds else index
    *others, last = keys.segments
    expression = index + (last.key_start - last.start)
    for segment in reversed(others):
        expression = pl.when(index < segment.stop).then(index + (segment.key_start - segment.start)).otherwise(expression)
    return expression.cast(dtype) if exceeds else expression
