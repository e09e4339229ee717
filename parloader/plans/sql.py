"""The SQL of a plan: Polars expressions of `i` and the row's other columns, and of nothing else."""

import re

import polars as pl

from parloader.errors import UsageError

# What looks at other rows or at the clock would make a row depend on the batch it is in. Without quoted text and names.
QUOTED = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`")
OTHER_ROWS = re.compile(
    r"\b(?:(?:count|sum|avg|min|max|first|last|median|mode|std|stddev|stdev|var|variance|quantile|corr|covar|covar_pop|covar_samp"
    r"|stddev_pop|stddev_samp|stdev_samp|var_pop|var_samp|quantile_cont|quantile_disc|array_agg|string_agg|group_concat|any_value|bit_and"
    r"|bit_or|bit_xor|row_number|rank|dense_rank|percent_rank|cume_dist|ntile|lag|lead|first_value|last_value|nth_value|unnest|explode"
    r"|columns|now)\s*\(|(?:over|select|current_date|current_time|current_timestamp|localtime|localtimestamp)\b)",
    re.IGNORECASE,
)
NEXT_STEP = "Write a Polars SQL expression of `i` and the row's other columns, such as: i % 2 = 0"


def read(sql: str) -> pl.Expr:
    """UsageError: it is no such expression."""
    bare = QUOTED.sub("''", sql)
    if other := OTHER_ROWS.search(bare):
        raise UsageError(f"{sql!r} has {other[0].rstrip('( ')!r}, which looks beyond its row", NEXT_STEP)
    try:
        expression = pl.sql_expr(sql)
        expression.meta.root_names()
    except pl.exceptions.PolarsError as error:
        raise UsageError(f"{sql!r} is not valid: {error}", NEXT_STEP) from error
    return expression


def columns(sql: str) -> frozenset[str]:
    """The columns it reads, without `i`. UsageError as `read`."""
    return frozenset(read(sql).meta.root_names()) - {"i"}
