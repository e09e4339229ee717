"""Values of existing rows, which the ledger has as plain values, beside those that generators give."""

from collections.abc import Sequence
from decimal import Decimal

import polars as pl

from parloader.generation.row_keys import indices_of
from parloader.generation.values.numbers import DECIMAL_DIGITS
from parloader.plans.generators import MAX_INTEGER, Scalar
from parloader.plans.row_ranges import IndexRange, RowAllocation, gaps


def series_of(values: Sequence[Scalar]) -> pl.Series:
    """The values of existing rows: UInt64 if a number exceeds Int64, decimals with the digits of the longest one."""
    scales = [-exponent for value in values if isinstance(value, Decimal) and isinstance(exponent := value.as_tuple().exponent, int)]
    if scales:
        return pl.Series(values, dtype=pl.Decimal(DECIMAL_DIGITS, max(0, *scales)))
    exceeds = any(isinstance(value, int) and value > MAX_INTEGER for value in values)
    return pl.Series(values, dtype=pl.UInt64 if exceeds else None, strict=False)


def of_one_type(existing: pl.Series, new: pl.Expr, dtype: pl.DataType) -> tuple[pl.Series, pl.Expr]:
    """Both as the type of the new values; numbers as UInt64 if an existing one exceeds Int64, dates as text: an existing one may be 0000-00-00."""
    if existing.dtype == pl.UInt64 and dtype.is_integer():
        return existing, new.cast(pl.UInt64)
    if existing.dtype == pl.String and dtype.is_temporal():
        return existing, new.dt.strftime("%Y-%m-%d" if dtype == pl.Date else "%Y-%m-%d %H:%M:%S")
    return existing.cast(dtype), new


class ExistingValues:
    """The values of the existing rows among some rows of a table."""

    def __init__(self, rows: RowAllocation, indices: pl.Series) -> None:
        existing = pl.concat([indices_of(gap) for gap in gaps(IndexRange(0, rows.rows), rows.new)])
        self._rows = rows
        self._position = existing.search_sorted(indices).clip(0, len(existing) - 1)
        self._exists = existing.gather(self._position) == indices

    def instead_of(self, new: pl.Series) -> pl.Series:
        """The values of a column, of new and of existing rows."""
        reused, generated = of_one_type(series_of(self._rows.reused[new.name]), pl.lit(new), new.dtype)
        values = pl.when(self._exists).then(reused.gather(self._position)).otherwise(generated)
        return pl.select(values).to_series().alias(new.name)
