"""Rows as text, by the server's rules; vectorised, no loop per row.

Two forms: literals (for a statement, and for verify, which compares with the server's own text of a row) and the lines of a file for
LOAD DATA.
"""

from collections.abc import Mapping

import polars as pl

# From this year on a date as a number has all its digits (MySQL manual "Date and Time Literals")
FIRST_YEAR_AS_NUMBER = 1000


def row_texts(frame: pl.DataFrame, *, backslash_escapes: bool, fraction_digits: Mapping[str, int] | None = None) -> pl.Series:
    """Each row's literals with commas between, as it stands between the parentheses of a VALUES list.

    `backslash_escapes`: whether a backslash escapes in the session's strings (false under NO_BACKSLASH_ESCAPES).
    `fraction_digits`: dates as the server itself writes them, with so many digits of a second's fraction in a column; None: as it reads
    them fastest, which is the number 20240101093000 where there is no fraction (docs/performance.md).
    Rules: MySQL manual "String Literals", "Hexadecimal Literals", "Date and Time Literals".
    """
    columns = literals(frame, backslash_escapes=backslash_escapes, fraction_digits=fraction_digits)
    return frame.select(pl.concat_str(columns, separator=",")).to_series()


def literals(frame: pl.DataFrame, *, backslash_escapes: bool, fraction_digits: Mapping[str, int] | None = None) -> list[pl.Expr]:
    """Each column of the frame as literals."""
    return [_literal(frame[name], backslash_escapes, fraction_digits).alias(name) for name in frame.columns]


def file_lines(frame: pl.DataFrame) -> bytes:
    """The rows as LOAD DATA reads them by default: tabs between the fields, a line end after each row, \\N for NULL, backslash escapes.

    A Binary column is written in hexadecimal, to be read through UNHEX.
    Rules: MySQL manual "LOAD DATA Statement", "Field and Line Handling".
    """
    fields = frame.select([_field(frame[name]).alias(name) for name in frame.columns])
    return fields.write_csv(separator="\t", include_header=False, null_value="\\N", quote_style="never").encode()


def _literal(values: pl.Series, backslash_escapes: bool, fraction_digits: Mapping[str, int] | None) -> pl.Expr:
    column = pl.col(values.name)
    dtype = values.dtype
    if values.null_count() == values.len():
        return column.cast(pl.String).fill_null("NULL")
    if dtype == pl.String:
        escaped = column.str.replace_all("'", "''", literal=True)
        if backslash_escapes:
            escaped = escaped.str.replace_all("\\", "\\\\", literal=True)
        text = _quoted(escaped)
    elif dtype == pl.Binary:
        text = pl.concat_str(pl.lit("x'"), column.bin.encode("hex"), pl.lit("'"))
    elif dtype in (pl.Datetime, pl.Date):
        text = _quoted_date(values, fraction_digits.get(values.name)) if fraction_digits is not None else _shortest_date(values)
    else:
        text = _number(values)
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
    return column if dtype.is_integer() else _number(values)


def _number(values: pl.Series) -> pl.Expr:
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
        return _quoted_date(values, None)
    return pl.col(values.name).dt.strftime(form.translate(dict.fromkeys(map(ord, "- :"))))


def _quoted_date(values: pl.Series, digits: int | None) -> pl.Expr:
    """`digits` of a second's fraction; None: as many as the values need."""
    column = pl.col(values.name)
    if digits is None or values.dtype == pl.Date:
        return column.dt.strftime(f"'{_format(values)}'")
    if digits == 0:
        return column.dt.strftime("'%Y-%m-%d %H:%M:%S'")
    return _quoted(column.dt.strftime("%Y-%m-%d %H:%M:%S%.6f").str.slice(0, 20 + digits))


def _format(values: pl.Series) -> str:
    """The strftime format that shows all of the column's values."""
    if values.dtype == pl.Date:
        return "%Y-%m-%d"
    return "%Y-%m-%d %H:%M:%S%.6f" if (values.dt.microsecond() != 0).any() else "%Y-%m-%d %H:%M:%S"


def _quoted(text: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit("'"), text, pl.lit("'"))
