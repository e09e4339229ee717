"""Rows as SQL text, by the server's rules for literals; vectorised, no loop per row."""

from collections.abc import Mapping

import polars as pl


def row_texts(frame: pl.DataFrame, *, backslash_escapes: bool, fraction_digits: Mapping[str, int] | None = None) -> pl.Series:
    """Each row's literals with commas between, as it stands between the parentheses of a VALUES list.

    `backslash_escapes`: whether a backslash escapes in the session's strings (false under NO_BACKSLASH_ESCAPES).
    `fraction_digits`: how many digits of a second's fraction a Datetime column shows (otherwise as many as its values need).
    Rules: MySQL manual "String Literals", "Hexadecimal Literals", "Date and Time Literals".
    """
    columns = literals(frame, backslash_escapes=backslash_escapes, fraction_digits=fraction_digits)
    return frame.select(pl.concat_str(columns, separator=",")).to_series()


def literals(frame: pl.DataFrame, *, backslash_escapes: bool, fraction_digits: Mapping[str, int] | None = None) -> list[pl.Expr]:
    """Each column of the frame as literals."""
    digits = fraction_digits or {}
    return [_literal(frame[name], backslash_escapes, digits.get(name)).alias(name) for name in frame.columns]


def _literal(values: pl.Series, backslash_escapes: bool, fraction_digits: int | None) -> pl.Expr:
    column = pl.col(values.name)
    dtype = values.dtype
    if values.null_count() == values.len():
        return column.cast(pl.String).fill_null("NULL")
    if dtype == pl.String:
        escaped = column.str.replace_all("'", "''", literal=True)
        if backslash_escapes:
            escaped = escaped.str.replace_all("\\", "\\\\", literal=True)
        text = pl.concat_str(pl.lit("'"), escaped, pl.lit("'"))
    elif dtype == pl.Binary:
        text = pl.concat_str(pl.lit("x'"), column.bin.encode("hex"), pl.lit("'"))
    elif dtype == pl.Datetime:
        if fraction_digits is None:
            fraction_digits = 6 if (values.dt.microsecond() != 0).any() else 0
        text = column.dt.strftime("'%Y-%m-%d %H:%M:%S'") if not fraction_digits else _with_fraction(column, fraction_digits)
    elif dtype == pl.Date:
        text = column.dt.strftime("'%Y-%m-%d'")
    elif dtype == pl.Boolean:
        text = column.cast(pl.Int8).cast(pl.String)
    elif dtype.is_float() and not values.drop_nulls().is_finite().all():
        raise ValueError(f"column {values.name} has a value that is not a number or not finite, which no SQL literal can be")
    elif dtype.is_numeric():
        text = column.cast(pl.String)
    else:
        raise TypeError(f"column {values.name}: {dtype} has no SQL literal")
    return text.fill_null("NULL") if values.null_count() else text


def _with_fraction(column: pl.Expr, digits: int) -> pl.Expr:
    return pl.concat_str(pl.lit("'"), column.dt.strftime("%Y-%m-%d %H:%M:%S%.6f").str.slice(0, 20 + digits), pl.lit("'"))
