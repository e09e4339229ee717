"""The context in which a generator is compiled: what its random numbers depend on, and how its errors name the column."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

import polars as pl

from parloader.generation.hashing import draw, stream
from parloader.plans.documents.mistakes import InvalidPlan, column_mistake
from parloader.plans.generators import Generator, Pick, Scalar

INDEX = pl.col("i")
"""The global index of a row, 0 … rows-1 (Int64)."""


def _no_family(generator: Generator, context: "ColumnContext") -> pl.Expr:
    raise TypeError(type(generator).__name__)


@dataclass(frozen=True, kw_only=True)
class ColumnContext:
    """The column of a plan for which a generator is compiled."""

    seed: int  # of the plan
    table: str
    column: str
    rows: int  # of the table
    offset: int = 0  # n of a Unique is offset + i
    pick: Callable[[Pick, "ColumnContext"], pl.Expr]  # compiles a Pick, which needs the parent's rows
    family: Callable[[Generator, "ColumnContext"], pl.Expr] = _no_family  # compiles a NumberIn, ShareOf or Aggregate
    path: str = ""  # leads to a nested generator, such as "then/"; part of its hash stream
    applies: pl.Expr | None = None  # in which rows the values of a nested generator are used; None: in all
    trial: str = ""  # of a pick that draws again, such as "trial/1/"; part of the hash stream, also of a group

    def random_bits(self, purpose: str = "", index: pl.Expr = INDEX, group: str | None = None) -> pl.Expr:
        """UInt64: 64 random bits for each index. Columns of one `group` get the same ones."""
        if group is None:
            return draw(index, stream(self.seed, self.table, self.column, self.path + self.trial + purpose))
        return draw(index, stream(self.seed, self.table, group, self.trial + purpose))

    def nested(self, part: str, where: pl.Expr | None = None) -> "ColumnContext":
        """The context of a generator nested in this one, whose values are used in the rows `where` this is true."""
        applies = self.applies if where is None else where if self.applies is None else self.applies & where
        return replace(self, path=f"{self.path}{part}/", applies=applies)

    def error(self, message: str, next_step: str) -> InvalidPlan:
        """An error that names the column."""
        return InvalidPlan.of([column_mistake(self.table, self.column, message, next_step)])


MAX_DECIMAL_DIGITS = 38  # of Polars

LITERAL_TYPES: dict[frozenset[type], pl.DataType] = {
    frozenset(): pl.Null(),
    frozenset({bool}): pl.Boolean(),
    frozenset({int}): pl.Int64(),
    frozenset({float}): pl.Float64(),
    frozenset({int, float}): pl.Float64(),
    frozenset({str}): pl.String(),
    frozenset({bytes}): pl.Binary(),
    frozenset({date}): pl.Date(),
    frozenset({datetime}): pl.Datetime("us"),
}


def literal_series(values: Sequence[Scalar], context: ColumnContext) -> pl.Series:
    """The values as one type: Int64, UInt64 if one exceeds it, Float64, Decimal(38, scale), String, Binary, Boolean, Date, Datetime or Null.

    UsageError: they have no common type, or a number does not fit 64 bits (a decimal: 38 digits).
    """
    types = frozenset(type(value) for value in values if value is not None)
    if Decimal in types and types <= {Decimal, int, float}:
        return _decimals([None if value is None else Decimal(str(value)) for value in values], context)
    dtype = LITERAL_TYPES.get(types)
    if dtype is None:
        names = ", ".join(sorted(each.__name__ for each in types))
        raise context.error(f"the values have different types: {names}", "Write all values as the same type")
    if types == {int}:
        numbers = [value for value in values if isinstance(value, int)]
        if max(numbers) >= 2**63 and min(numbers) >= 0:
            dtype = pl.UInt64()
        if max(numbers) >= 2**64 or min(numbers) < (-(2**63) if dtype == pl.Int64 else 0):
            raise context.error("a number exceeds 64 bits", 'Write it as text: "…"')
    return pl.Series(values, dtype=dtype)


def _decimals(values: Sequence[Decimal | None], context: ColumnContext) -> pl.Series:
    exponents = [exponent for value in values if value is not None and isinstance(exponent := value.as_tuple().exponent, int)]
    scale = max(0, *(-exponent for exponent in exponents))
    if any(value is not None and abs(value) >= Decimal(10) ** (MAX_DECIMAL_DIGITS - scale) for value in values):
        raise context.error(f"a decimal has more than {MAX_DECIMAL_DIGITS} digits", "Write it with fewer digits")
    return pl.Series(values, dtype=pl.Decimal(MAX_DECIMAL_DIGITS, scale))
