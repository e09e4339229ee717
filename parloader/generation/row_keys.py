"""The keys of rows, and series of row numbers."""

import polars as pl

from parloader.plans.generators import MAX_INTEGER
from parloader.plans.row_ranges import IndexRange, RowKeys


def indices_of(rows: IndexRange) -> pl.Series:
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
