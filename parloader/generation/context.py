"""Where a generator stands: what its draws depend on, and how a mistake in it is said."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import polars as pl

from parloader.errors import UsageError
from parloader.generation.hashing import drawn, stream
from parloader.plans.generators import Pick, Scalar

INDEX = pl.col("i")
"""The global index of a row, 0 … rows-1 (Int64)."""


@dataclass(frozen=True, kw_only=True)
class ColumnContext:
    """A column of a table of `rows` rows in a plan with this seed. `offset`: n of a `Unique` is offset + i.

    `pick` gives the expression of a Pick (it needs the parent's keys, which only loading has). `within` tells the generators apart that
    one column has, each inside of another (the branches of a `When`).
    """

    seed: int
    table: str
    column: str
    rows: int
    offset: int = 0
    pick: Callable[[Pick, "ColumnContext"], pl.Expr]
    path: str = ""

    def random_bits(self, purpose: str = "", index: pl.Expr = INDEX, group: str | None = None) -> pl.Expr:
        """UInt64: for each index its draw; columns of one `group` have the same ones."""
        if group is None:
            return drawn(index, stream(self.seed, self.table, self.column, self.path + purpose))
        return drawn(index, stream(self.seed, self.table, group, purpose))

    def nested(self, part: str) -> "ColumnContext":
        return replace(self, path=f"{self.path}{part}/")

    def error(self, message: str, next_step: str) -> UsageError:
        return UsageError(f"{self.table}.{self.column}: {message}", next_step)


LITERAL_TYPES: dict[frozenset[type], pl.DataType] = {
    frozenset(): pl.Null(),
    frozenset({bool}): pl.Boolean(),
    frozenset({int}): pl.Int64(),
    frozenset({float}): pl.Float64(),
    frozenset({int, float}): pl.Float64(),
    frozenset({str}): pl.String(),
    frozenset({bytes}): pl.Binary(),
}


def literal_series(values: Sequence[Scalar], place: ColumnContext) -> pl.Series:
    """All of one type (Int64, where one is above it UInt64; Float64, String, Binary, Boolean), or NULL. UsageError: they are not."""
    kinds = frozenset(type(value) for value in values if value is not None)
    dtype = LITERAL_TYPES.get(kinds)
    if dtype is None:
        raise place.error(f"values of different types: {', '.join(sorted(kind.__name__ for kind in kinds))}", "Write all of them alike")
    if kinds == {int}:
        numbers = [value for value in values if isinstance(value, int)]
        if max(numbers) >= 2**63 and min(numbers) >= 0:
            dtype = pl.UInt64()
        if max(numbers) >= 2**64 or min(numbers) < (-(2**63) if dtype == pl.Int64 else 0):
            raise place.error("a number beyond 64 bits", 'Write it as text: "…"')
    return pl.Series(values, dtype=dtype)
