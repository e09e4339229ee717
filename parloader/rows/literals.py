"""Rows as they are written, as text by the server's rules; vectorised, no loop per row.

Two forms: literals (for a statement) and the lines of a file for LOAD DATA. How the server shows rows is in loading/shown.py.
"""

import polars as pl

# From this year on a date as a number has all its digits (MySQL manual "Date and Time Literals")
FIRST_YEAR_AS_NUMBER = 1000


def values_lists(frame: pl.DataFrame, *, backslash_escapes: bool) -> pl.Series:
    """Each row's literals with commas between, as it stands between the parentheses of a VALUES list.

    `backslash_escapes`: whether a backslash escapes in the session's strings (false under NO_BACKSLASH_ESCAPES).
    Dates are written as the server reads them fastest: the number 20240101093000 where there is no fraction (docs/performance.md).
    Rules: MySQL manual "String Literals", "Hexadecimal Literals", "Date and Time Literals".
    """
    return frame.select(pl.concat_str(as_literals(frame, backslash_escapes=backslash_escapes), separator=",")).to_series()


def as_literals(frame: pl.DataFrame, *, backslash_escapes: bool) -> list[pl.Expr]:
    """Each column of the frame as literals."""
    return [_literal(frame[name], backslash_escapes).alias(name) for name in frame.columns]


def file_lines(frame: pl.DataFrame) -> bytes:
    """The rows as LOAD DATA reads them by default: tabs between the fields, a line end after each row, \\N for NULL, backslash escapes.

    A Binary column is written in hexadecimal, to be read through UNHEX.
    Rules: MySQL manual "LOAD DATA Statement", "Field and Line Handling".
    """
    fields = frame.select([_field(frame[name]).alias(name) for name in frame.columns])
    return fields.write_csv(separator="\t", include_header=False, null_value="\\N", quote_style="never").encode()


def _literal(values: pl.Series, backslash_escapes: bool) -> pl.Expr:
    column = pl.col(values.name)
    dtype = values.dtype
    if values.null_count() == values.len():
        return column.cast(pl.String).fill_null("NULL")
    if dtype == pl.String:
        text = quoted(column, backslash_escapes=backslash_escapes)
    elif dtype == pl.Binary:
        text = hexadecimal(column.bin.encode("hex"))
    elif dtype in (pl.Datetime, pl.Date):
        text = _shortest_date(values)
    else:
        text = number(values)
    return text.fill_null("NULL") if values.null_count() else text


def _field(values: pl.Series) -> pl.Expr:
    column = pl.col(values.name)
    dtype = values.dtype
    if values.null_count() == values.len():
        return column.cast(pl.String)
    if dtype == pl.String:
        for character, escape in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n")):
            column = column.str.replace_all(character, escape, literal=True)
        return column
    if dtype == pl.Binary:
        return column.bin.encode("hex")
    if dtype in (pl.Datetime, pl.Date):
        return column.dt.strftime(_format(values))
    return column if dtype.is_integer() else number(values)


def number(values: pl.Series) -> pl.Expr:
    """Numbers and booleans as text. ValueError, TypeError: a value, or a type, that has none."""
    column = pl.col(values.name)
    dtype = values.dtype
    if dtype == pl.Boolean:
        return column.cast(pl.Int8).cast(pl.String)
    if dtype.is_float() and not values.drop_nulls().is_finite().all():
        raise ValueError(f"column {values.name} has a value that is not a number or not finite, which no SQL literal can be")
    if not dtype.is_numeric():
        raise TypeError(f"column {values.name}: {dtype} has no SQL literal")
    return column.cast(pl.String)


def _shortest_date(values: pl.Series) -> pl.Expr:
    form = _format(values)
    if "%." in form or values.dt.year().min() < FIRST_YEAR_AS_NUMBER:  # type: ignore[operator]
        return pl.col(values.name).dt.strftime(f"'{form}'")
    return pl.col(values.name).dt.strftime(form.translate(dict.fromkeys(map(ord, "- :"))))


def _format(values: pl.Series) -> str:
    """The strftime format that shows all of the column's values."""
    if values.dtype == pl.Date:
        return "%Y-%m-%d"
    return "%Y-%m-%d %H:%M:%S%.6f" if (values.dt.microsecond() != 0).any() else "%Y-%m-%d %H:%M:%S"


def quoted(text: pl.Expr, *, backslash_escapes: bool) -> pl.Expr:
    escaped = text.str.replace_all("'", "''", literal=True)
    if backslash_escapes:
        escaped = escaped.str.replace_all("\\", "\\\\", literal=True)
    return pl.concat_str(pl.lit("'"), escaped, pl.lit("'"))


def hexadecimal(digits: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit("x'"), digits, pl.lit("'"))
