"""Random values between bounds that differ from row to row."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import TypeGuard

import polars as pl

from parloader.generation.hashing import below
from parloader.generation.values.numbers import DECIMAL_DIGITS, decimal
from parloader.plans.bounds import bound_of

MICROSECONDS = 1_000_000


def is_sql(bound: int | str) -> TypeGuard[str]:
    """Whether the bound is an expression, not a constant."""
    return isinstance(bound, str) and bound_of(bound) is None


def constant_bound(bound: int | str) -> pl.Expr:
    """The constant as Int64, Decimal(38, scale), Date or Datetime."""
    value = bound_of(bound) if isinstance(bound, str) else bound
    match value:
        case Decimal() if _scale(value):
            return pl.lit(pl.Series([value], dtype=pl.Decimal(DECIMAL_DIGITS, _scale(value)))).first()
        case datetime():
            return pl.lit(value.replace(tzinfo=None), dtype=pl.Datetime("us"))
        case date():
            return pl.lit(value, dtype=pl.Date)
        case int() | Decimal():
            return pl.lit(int(value), dtype=pl.Int64)
    raise TypeError(bound)


def _scale(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def within_bounds(inputs: Sequence[pl.Expr], scale: int | None) -> pl.Expr:
    """The value of each row. `inputs`: lowest, highest, random bits, whether the row uses the value; values to use if they lie between the bounds.

    Int64, Decimal(38, scale), Date or Datetime("us"), as the bounds are. ValueError while it is computed: a lower bound is above the upper
    one.
    """
    low, high, *_ = inputs
    dtype = pl.dtype_of(pl.min_horizontal(low, high)) if scale is None else number_type(scale)
    return pl.map_batches(list(inputs), partial(_values, scale=scale), return_dtype=dtype)


def number_type(scale: int) -> pl.DataType:
    """The type of numbers with this many digits after the point."""
    return pl.Decimal(DECIMAL_DIGITS, scale) if scale else pl.Int64()


def _values(inputs: Sequence[pl.Series], *, scale: int | None) -> pl.Series:
    rows = len(inputs[2])  # constants have one value
    low, high, bits, applies, *preferred = (one if len(one) == rows else one.new_from_index(0, rows) for one in inputs)
    if pl.Null in (low.dtype, high.dtype):
        return pl.Series([None] * rows, dtype=low.dtype if scale is None else number_type(scale))
    dtype = pl.DataFrame([low.clear().alias("low"), high.clear().alias("high")]).select(pl.min_horizontal("low", "high")).dtypes[0]
    if scale is not None and (dtype.is_decimal() or dtype.is_integer()):
        dtype = number_type(scale)
    least, most = _units(low, dtype, up=True), _units(high, dtype, up=False)
    crossed = (least > most).fill_null(False)
    if (used := crossed & applies.fill_null(False)).any():
        row = used.arg_max() or 0
        raise ValueError(f"its lower bound {low[row]} is above its upper bound {high[row]}")
    step = MICROSECONDS if dtype == pl.Datetime else 1
    width = ((pl.col("high") - pl.col("low")) // step + 1).clip(1)  # of rows that do not use the value as well
    values = (
        pl.DataFrame({"low": least, "high": most, "bits": bits}).select(pl.col("low") + below(pl.col("bits"), width) * step).to_series()
    )
    if preferred:
        wanted = _units(preferred[0], dtype, up=True)
        values = pl.select(pl.when((wanted >= least) & (wanted <= most)).then(wanted).otherwise(values)).to_series()
    return _of_units(values, dtype)


def _units(values: pl.Series, dtype: pl.DataType, *, up: bool) -> pl.Series:
    """Int64: whole numbers of the last digit, days or microseconds; rounded up or down."""
    if values.dtype == pl.Null:
        return values.cast(pl.Int64)
    if dtype == pl.Date and values.dtype == pl.Date:
        return values.cast(pl.Int32).cast(pl.Int64)
    if dtype == pl.Datetime and values.dtype in (pl.Date, pl.Datetime):
        return values.cast(pl.Datetime("us")).cast(pl.Int64)
    if isinstance(values.dtype, pl.Decimal):
        wanted, digits = dtype.scale if isinstance(dtype, pl.Decimal) else 0, values.dtype.scale
        units = pl.select(pl.lit(values) * pl.lit(10 ** max(wanted, digits))).to_series().cast(pl.Int64)
        divisor = 10 ** max(0, digits - wanted)
        if divisor == 1:
            return units
        rest = (units % divisor + divisor) % divisor
        down = (units - rest) // divisor
        rounded: pl.Series = down + (rest > 0).cast(pl.Int64) if up else down
        return rounded
    if values.dtype.is_integer() and (dtype.is_integer() or dtype.is_decimal()):
        scaled: pl.Series = values.cast(pl.Int64) * 10 ** (dtype.scale if isinstance(dtype, pl.Decimal) else 0)
        return scaled
    raise TypeError(
        f"`between` has a bound of the type {values.dtype}, which is no integer, decimal, date or timestamp as the other one is"
    )


def _of_units(values: pl.Series, dtype: pl.DataType) -> pl.Series:
    if isinstance(dtype, pl.Decimal):
        return pl.select(decimal(pl.lit(values), dtype.scale)).to_series()
    if dtype == pl.Date:
        return values.cast(pl.Int32).cast(pl.Date)
    return values.cast(pl.Datetime("us")) if dtype == pl.Datetime else values
