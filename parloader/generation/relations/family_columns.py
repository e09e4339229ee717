"""Columns that parents and children have in common: compiles NumberIn, ShareOf and Aggregate.

What they need of other tables is computed first, for all rows at once, and becomes hidden columns of the frame.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import polars as pl

from parloader.errors import ParloaderError
from parloader.generation.context import INDEX, ColumnContext
from parloader.generation.failures import FAILURES, uncomputable, without_generator
from parloader.generation.hashing import below
from parloader.generation.relations.distinct_picks import Siblings
from parloader.generation.relations.related_rows import RelatedRows
from parloader.generation.values.numbers import DECIMAL_DIGITS, decimal
from parloader.plans.documents.codecs import suggestion
from parloader.plans.documents.mistakes import InvalidPlan
from parloader.plans.generators import MAX_INTEGER, MIN_INTEGER, Aggregate, AggregateFunction, Generator, NumberIn, Pick, ShareOf
from parloader.plans.model import Table

# No table has a column of this name: names have no NUL
HIDDEN = "\0"

PARENT, NUMBER, SIBLINGS = f"{HIDDEN}parent", f"{HIDDEN}number", f"{HIDDEN}siblings"

# So many children are in memory at once
MAX_CHILDREN = 65_536

# A boundary between two shares moves by up to half a share, in so many steps
SHARE_STEPS = 2**20


@dataclass
class FamilyColumns:
    """The columns of one table that depend on its parent in the family, or on its children."""

    table: Table
    related: RelatedRows
    _parent_columns: dict[str, None] = field(default_factory=dict)
    _aggregates: dict[str, dict[str, "_Figure"]] = field(default_factory=dict)  # child → hidden column → what it has
    _is_child: bool = False
    _latest: tuple[pl.Series, pl.DataFrame] | None = None  # parents, and their columns

    def compile(self, generator: Generator, context: ColumnContext) -> pl.Expr:
        """The values of a NumberIn, ShareOf or Aggregate."""
        match generator:
            case NumberIn():
                return self._number(generator, context)
            case ShareOf():
                return self._share(generator, context)
            case Aggregate():
                return self._aggregate(generator, context)
        raise TypeError(type(generator).__name__)

    def has_row_of(self, pick: Pick) -> bool:
        """Whether the pick is of the parent row in the family."""
        family = self._plan_table.child_of
        return family is not None and family[1].has_row_of(pick, family[0])

    def parent_value(self, column: str) -> pl.Expr:
        """A column of the parent row."""
        self._is_child = True
        self._parent_columns[column] = None
        return pl.col(f"{HIDDEN}{column}")

    def siblings(self, column: str, context: ColumnContext) -> Siblings:
        """The place of a row among its siblings. `column`: the one with the ChildOf, as a pick names it."""
        family = self._plan_table.child_of
        if family is None or column != family[0]:
            valid = f"Name {family[0]}" if family else f"Give {column} a `child_of`"
            raise context.error(f"`distinct_in` names {column}, which has no `child_of`", valid)
        self._is_child = True
        return Siblings(family=pl.col(PARENT), number=pl.col(NUMBER), count=pl.col(SIBLINGS))

    @property
    def parent_index(self) -> pl.Expr:
        """The index of the parent row."""
        self._is_child = True
        return pl.col(PARENT)

    def hidden(self, indices: pl.Series) -> Mapping[str, pl.Series]:
        """The hidden columns of these rows."""
        columns: dict[str, pl.Series] = {}
        family = self.related.family(self.table.name) if self._is_child else None
        if family:
            rows = family.parents(indices)
            columns |= {PARENT: rows["parent"], NUMBER: rows["number"], SIBLINGS: rows["siblings"]}
            columns |= self._parent_values(family.child_of.parent, rows["parent"])
        for child, figures in self._aggregates.items():
            try:
                columns |= self._aggregated(child, figures, indices)
            except ParloaderError:
                raise
            except FAILURES as error:
                context = next(iter(figures.values())).context
                raise InvalidPlan.of([uncomputable(context.table, context.column, error)]) from error
        return columns

    def _parent_values(self, parent: str, index: pl.Series) -> dict[str, pl.Series]:
        if not self._parent_columns:
            return {}
        once = index.unique().sort()
        if self._latest is None or not self._latest[0].equals(once):  # a large family takes several batches
            self._latest = (once, self.related.values(parent, self._parent_columns, once))
        frame = self._latest[1]
        position = once.search_sorted(index)
        return {f"{HIDDEN}{name}": frame[name].gather(position) for name in self._parent_columns}

    @property
    def _plan_table(self) -> Table:
        """With all of its columns."""
        return self.related.plan.table(self.table.name)

    def _number(self, generator: NumberIn, context: ColumnContext) -> pl.Expr:
        family = self._plan_table.child_of
        if family is None or generator.column != family[0]:
            valid = f"Name {family[0]}" if family else f"Give {generator.column} a `child_of`"
            raise context.error(f"`number_in` names {generator.column}, which has no `child_of`", valid)
        self._is_child = True
        return pl.col(NUMBER) + generator.start

    def _share(self, generator: ShareOf, context: ColumnContext) -> pl.Expr:
        family = self._plan_table.child_of
        if family is None or generator.parent != family[1].parent:
            valid = f"Take a column of {family[1].parent}" if family else f"Give a column `child_of` = {generator.parent}"
            raise context.error(f"it is a share of {generator.parent}.{generator.column}, but no child of {generator.parent}", valid)
        if self.related.missing(generator.parent, [generator.column]):
            raise context.error(*without_generator("it is a share of", generator.parent, generator.column))
        amount = self.parent_value(generator.column)
        jitters = [below(context.random_bits("share", index), SHARE_STEPS) - SHARE_STEPS // 2 for index in (INDEX, INDEX + 1)]
        return pl.map_batches(
            [amount, pl.col(NUMBER), pl.col(SIBLINGS), *jitters], lambda columns: _shares(*columns), return_dtype=pl.dtype_of(amount)
        )

    def _aggregate(self, generator: Aggregate, context: ColumnContext) -> pl.Expr:
        plan, child = self.related.plan, generator.child
        tables = {table.name: table for table in plan.tables}
        family = tables[child].child_of if child in tables else None
        if family is None or family[1].parent != self.table.name:
            children = [table.name for table in plan.tables if table.child_of and table.child_of[1].parent == self.table.name]
            next_step = f"{suggestion(child, children)}Give a column of {child} a `child_of` of {self.table.name}"
            raise context.error(f"`{generator.function}` names {child}, which is no child of {self.table.name} in this plan", next_step)
        if generator.column not in (tables[child].key, *tables[child].columns):
            next_step = f"{suggestion(generator.column, tables[child].columns)}Give {child}.{generator.column} a generator"
            raise context.error(f"the plan has no generator for {child}.{generator.column}", next_step)
        name = f"{HIDDEN}{generator.function} {child}.{generator.column}"
        self._aggregates.setdefault(child, {})[name] = _Figure(generator, context)
        return pl.col(name)

    def _aggregated(self, child: str, figures: Mapping[str, "_Figure"], indices: pl.Series) -> dict[str, pl.Series]:
        """The figures, of the children of these rows."""
        family = self.related.family(child)
        assert family is not None
        once = indices.unique().sort()
        portions = [self._figures(child, figures, *portion) for portion in _portions(family.children(once))]
        found = pl.concat(portions or [self._figures(child, figures, _NO_ROWS, _NO_ROWS)])
        if len(portions) > 1:  # the children of a row may be in several
            found = found.group_by(PARENT, maintain_order=True).agg(figure.joined(name) for name, figure in figures.items())
        rows = pl.DataFrame({PARENT: pl.int_range(len(once), dtype=pl.Int64, eager=True)})
        frame = rows.join(found, on=PARENT, how="left", maintain_order="left")
        for name, figure in figures.items():
            figure.require_64_bits(frame[name])
        frame = frame.select(figure.complete(name, frame.schema[name]) for name, figure in figures.items())
        position = once.search_sorted(indices)
        return {name: frame[name].gather(position) for name in figures}

    def _figures(self, child: str, figures: Mapping[str, "_Figure"], children: pl.Series, parents: pl.Series) -> pl.DataFrame:
        """The figures of these children by parent. `parents`: the position of the parent of each."""
        columns = tuple(dict.fromkeys(figure.aggregate.column for figure in figures.values()))
        values = self.related.values(child, columns, children)
        for figure in figures.values():
            figure.require_decimals(values[figure.aggregate.column])
        grouped = values.with_columns(parents.alias(PARENT)).group_by(PARENT, maintain_order=True)
        return grouped.agg(figure.of_children(values.schema[figure.aggregate.column]).alias(name) for name, figure in figures.items())


@dataclass(frozen=True)
class _Figure:
    """An Aggregate, of portions of the children, which are joined."""

    aggregate: Aggregate
    context: ColumnContext

    def of_children(self, dtype: pl.DataType) -> pl.Expr:
        values = pl.col(self.aggregate.column)
        match self.aggregate.function:
            case AggregateFunction.SUM:
                if dtype.is_decimal() or dtype == pl.Null:
                    return values.sum()
                if not (dtype.is_integer() or dtype == pl.Boolean):
                    what = f"`sum_of` cannot add {self.aggregate.child}.{self.aggregate.column}, whose values are not integers or decimals"
                    raise self.context.error(what, 'Write its numbers as integers or as decimals in text: "9.50"')
                return values.cast(pl.Int128).sum()
            case AggregateFunction.COUNT:
                return values.count().cast(pl.Int64)
            case AggregateFunction.MIN:
                return values.min()
            case AggregateFunction.MAX:
                return values.max()
            case AggregateFunction.FIRST:
                return values.first()
            case AggregateFunction.LAST:
                return values.last()

    def require_decimals(self, values: pl.Series) -> None:
        """InvalidPlan: the sum of these decimals may have more digits than Polars computes with."""
        if self.aggregate.function is AggregateFunction.SUM and isinstance(values.dtype, pl.Decimal):
            greatest = values.abs().max()
            if isinstance(greatest, Decimal) and greatest.scaleb(values.dtype.scale) * len(values) >= Decimal(10) ** DECIMAL_DIGITS:
                raise self._too_large(f"{DECIMAL_DIGITS} digits")

    def require_64_bits(self, sums: pl.Series) -> None:
        """InvalidPlan: one of these sums of integers has more."""
        least, most = (sums.min(), sums.max()) if sums.dtype == pl.Int128 else (0, 0)
        if (isinstance(most, int) and most > MAX_INTEGER) or (isinstance(least, int) and least < MIN_INTEGER):
            raise self._too_large("64 bits")

    def _too_large(self, limit: str) -> InvalidPlan:
        return self.context.error(
            f"a sum of {self.aggregate.child}.{self.aggregate.column} exceeds {limit}",
            "Give it smaller values, or its parents fewer children",
        )

    def joined(self, name: str) -> pl.Expr:
        """From the figures of several portions, in order."""
        match self.aggregate.function:
            case AggregateFunction.SUM | AggregateFunction.COUNT:
                return pl.col(name).sum()
            case AggregateFunction.MIN:
                return pl.col(name).min()
            case AggregateFunction.MAX:
                return pl.col(name).max()
            case AggregateFunction.FIRST:
                return pl.col(name).first()
            case AggregateFunction.LAST:
                return pl.col(name).last()

    def complete(self, name: str, dtype: pl.DataType) -> pl.Expr:
        """With the figure of rows that have no children."""
        if self.aggregate.function not in (AggregateFunction.SUM, AggregateFunction.COUNT):
            return pl.col(name)
        dtype = dtype if dtype.is_decimal() else pl.Int64()
        return pl.col(name).cast(dtype).fill_null(pl.lit(0).cast(dtype))


_NO_ROWS = pl.Series([], dtype=pl.Int64)


def _shares(amount: pl.Series, number: pl.Series, siblings: pl.Series, low_jitter: pl.Series, high_jitter: pl.Series) -> pl.Series:
    """The shares of the amount in rows with these numbers among their siblings: each at least 1 unit, if the amount is that large."""
    dtype = amount.dtype
    if dtype == pl.Null:
        return amount
    if not (dtype.is_integer() or dtype.is_decimal()):
        # Polars raises a copy of this error, made from its text alone, so an InvalidPlan would lose its column
        raise TypeError("`share_of` can divide integers and decimals only")
    frame = pl.DataFrame(
        {"amount": amount.to_physical().cast(pl.Int128), "k": number, "n": siblings, "low": low_jitter, "high": high_jitter}
    )
    total = pl.col("amount").abs()
    least = pl.when(total >= pl.col("n")).then(1).otherwise(0)

    def end_of(shares: pl.Expr, jitter: str) -> pl.Expr:
        part = (total - least * pl.col("n")) * (shares * SHARE_STEPS + pl.col(jitter)) // (pl.col("n") * SHARE_STEPS)
        return pl.when(shares <= 0).then(0).when(shares >= pl.col("n")).then(total).otherwise(least * shares + part)

    units = (end_of(pl.col("k") + 1, "high") - end_of(pl.col("k"), "low")) * pl.col("amount").sign()
    result = frame.select(units.cast(pl.Int64).alias("share")).get_column("share")
    return pl.select(decimal(pl.lit(result), dtype.scale)).to_series() if isinstance(dtype, pl.Decimal) else result.cast(dtype)


def _portions(children: pl.DataFrame) -> Iterator[tuple[pl.Series, pl.Series]]:
    """(indices of children, position of the parent of each), a limited number at a time. `children`: start and stop, by parent."""
    start, stop = children["start"], children["stop"]
    ends = (stop - start).cum_sum()
    total = int(ends[-1]) if len(ends) else 0
    for low in range(0, total, MAX_CHILDREN):
        high = min(low + MAX_CHILDREN, total)
        first, last = ends.search_sorted(low, side="right"), ends.search_sorted(high - 1, side="right")
        part = slice(first, last + 1)
        frame = pl.DataFrame(
            {"position": pl.int_range(first, last + 1, dtype=pl.Int64, eager=True), "start": start[part], "stop": stop[part]}
        )
        before = int(ends[first]) - int(stop[first] - start[first])
        is_first, is_last = pl.col("position") == first, pl.col("position") == last
        frame = frame.with_columns(
            start=pl.col("start") + pl.when(is_first).then(low - before).otherwise(0),
            stop=pl.col("stop") - pl.when(is_last).then(int(ends[last]) - high).otherwise(0),
        ).filter(pl.col("start") < pl.col("stop"))
        exploded = frame.select("position", index=pl.int_ranges("start", "stop", dtype=pl.Int64)).explode("index")
        yield exploded["index"], exploded["position"]
