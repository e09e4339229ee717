"""Constants of a plan as Polars values."""

from collections.abc import Sequence

import polars as pl

from parloader.plans.generators import Scalar
from parloader.plans.place import Place

TYPES: dict[frozenset[type], pl.DataType] = {
    frozenset(): pl.Null(),
    frozenset({bool}): pl.Boolean(),
    frozenset({int}): pl.Int64(),
    frozenset({float}): pl.Float64(),
    frozenset({int, float}): pl.Float64(),
    frozenset({str}): pl.String(),
    frozenset({bytes}): pl.Binary(),
}


def series(values: Sequence[Scalar], place: Place) -> pl.Series:
    """All of one type (Int64, where one is above it UInt64; Float64, String, Binary, Boolean), or NULL. UsageError: they are not."""
    kinds = frozenset(type(value) for value in values if value is not None)
    dtype = TYPES.get(kinds)
    if dtype is None:
        raise place.invalid(f"values of different types: {', '.join(sorted(kind.__name__ for kind in kinds))}", "Write all of them alike")
    if kinds == {int}:
        numbers = [value for value in values if isinstance(value, int)]
        if max(numbers) >= 2**63 and min(numbers) >= 0:
            dtype = pl.UInt64()
        if max(numbers) >= 2**64 or min(numbers) < (-(2**63) if dtype == pl.Int64 else 0):
            raise place.invalid("a number beyond 64 bits", 'Write it as text: "…"')
    return pl.Series(values, dtype=dtype)
