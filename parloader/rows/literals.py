"""Renders rows for writing: as SQL literals for INSERT and as the lines of a file for LOAD DATA. Vectorised, no loop per row.

server_text.py renders values as the server shows them.
"""

import io

import polars as pl

# The first year in which a date written as a number has all its digits (MySQL manual "Date and Time Literals")
FIRST_YEAR_AS_NUMBER = 1000


def values_lists(frame: pl.DataFrame, *, backslash_escapes: bool) -> list[bytes]:
    """The literals of each row in UTF-8, separated by commas, as they appear inside the parentheses of a VALUES list.

    `backslash_escapes`: whether a backslash is an escape character in the session's strings (false under NO_BACKSLASH_ESCAPES).
    Dates without a fraction are written as a number, 20240101093000, which the server reads fastest (docs/performance.md).
    Rules: MySQL manual "String Literals", "Hexadecimal Literals", "Date and Time Literals".
    """
    fields = frame.select([_literal(frame[name], backslash_escapes).alias(name) for name in frame.columns])
    end = "\0"
    while True:
        text = io.BytesIO()  # write_csv takes two thirds of the time of concat_str
        fields.write_csv(text, separator=",", line_terminator=end, include_header=False, null_value="NULL", quote_style="never")
        rows = text.getvalue().split(end.encode())
        if len(rows) == frame.height + 1:
            return rows[:-1]
        end += "\0"  # a value contains it


def as_literals(frame: pl.DataFrame, *, backslash_escapes: bool) -> list[pl.Expr]:
    """The columns of the frame as literals, of type String and without nulls."""
    return [_literal(frame[name], backslash_escapes).cast(pl.String).fill_null("NULL").alias(name) for name in frame.columns]


def file_lines(frame: pl.DataFrame) -> bytes:
    """The rows in the default format of LOAD DATA: tabs between fields, a newline after each row, \\N for NULL, backslash escapes.

    A Binary column is written in hexadecimal; the statement decodes it with UNHEX.
    Rules: MySQL manual "LOAD DATA Statement", "Field and Line Handling".
    """
    fields = frame.select([_field(frame[name]).alias(name) for name in frame.columns])
    return fields.write_csv(separator="\t", include_header=False, null_value="\\N", quote_style="never").encode()


def _literal(values: pl.Series, backslash_escapes: bool) -> pl.Expr:
    """What write_csv writes as the column's literals; null stays null."""
    column = pl.col(values.name)
    dtype = values.dtype
    if values.null_count() == values.len():
        return column.cast(pl.String)
    if dtype == pl.String:
        return quoted(column, backslash_escapes=backslash_escapes)
    if dtype == pl.Binary:
        return hexadecimal(column.bin.encode("hex"))
    if dtype in (pl.Datetime, pl.Date):
        return _shortest_date(values)
    return column if dtype.is_integer() else number(values)


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
    """Numbers and booleans as text. ValueError: a value is not finite. TypeError: the type has no literal."""
    column = pl.col(values.name)
    dtype = values.dtype
    if dtype == pl.Boolean:
        return column.cast(pl.Int8).cast(pl.String)
    if dtype.is_float() and not values.drop_nulls().is_finite().all():
        raise ValueError(f"column {values.name} has a value that is NaN or infinite, which no SQL literal can express")
    if not dtype.is_numeric():
        raise TypeError(f"column {values.name}: {dtype} has no SQL literal")
    return column.cast(pl.String)


def _shortest_date(values: pl.Series) -> pl.Expr:
    date_format = _format(values)
    if "%." in date_format or values.min().year < FIRST_YEAR_AS_NUMBER:  # type: ignore[union-attr]
        return pl.col(values.name).dt.strftime(f"'{date_format}'")
    return pl.col(values.name).dt.strftime(date_format.translate(dict.fromkeys(map(ord, "- :"))))


def _format(values: pl.Series) -> str:
    """The strftime format that loses no digit of the column's values."""
    if values.dtype == pl.Date:
        return "%Y-%m-%d"
    return "%Y-%m-%d %H:%M:%S%.6f" if (values.dt.truncate("1s") != values).any() else "%Y-%m-%d %H:%M:%S"


def quoted(text: pl.Expr, *, backslash_escapes: bool) -> pl.Expr:
    escaped = text.str.replace_all("'", "''", literal=True)
    if backslash_escapes:
        escaped = escaped.str.replace_all("\\", "\\\\", literal=True)
    return pl.concat_str(pl.lit("'"), escaped, pl.lit("'"))


def hexadecimal(digits: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit("x'"), digits, pl.lit("'"))
