"""Values that follow another column of the row."""

from collections.abc import Iterable
from functools import partial

import polars as pl

from parloader.generation.context import ColumnContext
from parloader.generation.hashing import between
from parloader.generation.values.numbers import decimal
from parloader.plans.generators import After

DAY_SECONDS = 86_400


def after(generator: After, context: ColumnContext) -> pl.Expr:
    """The type of the other column."""
    # What is added depends on that type, which is only known when it is computed
    return pl.map_batches(
        [pl.col(generator.column), context.random_bits()], partial(_sums, generator), return_dtype=pl.dtype_of(generator.column)
    )


def _sums(generator: After, both: Iterable[pl.Series]) -> pl.Series:
    values, bits = both
    dtype = values.dtype
    if dtype == pl.Null:
        return values
    # Polars raises a copy of these errors, made from their text alone, so an InvalidPlan would lose its column
    if not (dtype.is_numeric() or dtype == pl.Date or dtype == pl.Datetime):
        raise TypeError(f"`after` cannot add to {generator.column}, which is not a number, a date or a timestamp")
    least, most = generator.amounts
    if generator.in_seconds:
        if dtype.is_numeric():
            raise TypeError(f"`after` cannot add a time span to {generator.column}, which is a number; write numbers without a unit")
        if dtype == pl.Date:
            least, most = -(-least // DAY_SECONDS), most // DAY_SECONDS
            if least > most:
                raise TypeError(f"`after` adds days to the date {generator.column}, but no number of whole days lies in the time span")
    amounts = pl.select(between(pl.lit(bits), least, most)).to_series()
    if dtype.is_integer():
        return (values.cast(pl.Int64) + amounts).cast(dtype)
    if dtype.is_float():
        return values + amounts
    if isinstance(dtype, pl.Decimal):
        return pl.select(pl.lit(values) + decimal(pl.lit(amounts), dtype.scale)).to_series().cast(dtype)
    if dtype == pl.Date:
        return pl.select(pl.lit(values) + pl.duration(days=pl.lit(amounts))).to_series()
    return pl.select(pl.lit(values) + pl.duration(seconds=pl.lit(amounts))).to_series()
