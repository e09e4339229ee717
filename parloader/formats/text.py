"""Rows as the lines of CSV and TSV files. Vectorised, no loop per row.

CSV is that of RFC 4180 with \\n as line end: a header; a text is quoted if it has to be; NULL is an empty field, an empty text is "".
TSV is the default format of LOAD DATA (MySQL manual "LOAD DATA Statement", "Field and Line Handling"): no header, \\N for NULL, backslash escapes.
Bytes are hexadecimal in both.
"""

from collections.abc import Callable, Sequence

import polars as pl

from parloader.formats.columns import MICROSECONDS, FileColumn
from parloader.rows.server_text import real_text

# LOAD DATA takes this word for NULL if it is not quoted (in files whose fields can be enclosed in quotes)
NULL_WORD = "NULL"

TO_QUOTE = ['"', ",", "\n", "\r"]

SECONDS = "%Y-%m-%d %H:%M:%S"

TSV_ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"))


def csv_header(columns: Sequence[FileColumn]) -> bytes:
    """The first line of a CSV file."""
    names = (
        pl.DataFrame({"name": [column.name for column in columns]}, schema={"name": pl.String}).select(csv_text(pl.col("name"))).to_series()
    )
    return (",".join(names) + "\n").encode()


def csv_lines(frame: pl.DataFrame, columns: Sequence[FileColumn]) -> bytes:
    """The rows of a frame with the types of these columns, as lines of a CSV file."""
    fields = frame.with_columns(_field(frame[column.name], column, _csv_quoted) for column in columns)
    return fields.write_csv(include_header=False, null_value="", quote_style="never", datetime_format=SECONDS).encode()


def tsv_lines(frame: pl.DataFrame, columns: Sequence[FileColumn]) -> bytes:
    """The same, as lines of a TSV file."""
    fields = frame.with_columns(_field(frame[column.name], column, _tsv_escaped) for column in columns)
    return fields.write_csv(separator="\t", include_header=False, null_value="\\N", quote_style="never", datetime_format=SECONDS).encode()


def _field(values: pl.Series, column: FileColumn, of_text: Callable[[pl.Series], pl.Expr]) -> pl.Expr:
    """What write_csv writes as the fields of this column, for values of its type."""
    if values.dtype == pl.String:
        return of_text(values)
    return plain_text(values, column.fraction_digits)


def plain_text(values: pl.Series, fraction_digits: int | None) -> pl.Expr:
    """Values other than texts: as text, or as they are if write_csv writes them as the server does (with SECONDS as the format of timestamps)."""
    given = pl.col(values.name)
    if values.dtype.is_float():
        return pl.lit(real_text(values)).alias(values.name) if values.null_count() < values.len() else given.cast(pl.String)
    if values.dtype == pl.Binary:
        return given.bin.encode("hex")
    if values.dtype == MICROSECONDS:
        return given if are_seconds(values, fraction_digits) else _with_fraction(given.dt.strftime(f"{SECONDS}%.6f"), fraction_digits, 19)
    if values.dtype == pl.Time:
        return _with_fraction(given.dt.strftime("%H:%M:%S%.6f"), 0 if are_seconds(values, fraction_digits) else fraction_digits, 8)
    return given


def are_seconds(values: pl.Series, fraction_digits: int | None) -> bool:
    """Whether no timestamp or time is to be written with a fraction of a second."""
    if fraction_digits is None:
        unit = 1_000_000 if values.dtype == MICROSECONDS else 1_000_000_000
        return not (values.to_physical() % unit != 0).any()
    return fraction_digits == 0


def _with_fraction(text: pl.Expr, digits: int | None, whole: int) -> pl.Expr:
    """Texts with six digits after the seconds, which end after `whole` characters, cut to so many. None: without a fraction that is 0."""
    if digits is None:
        return text.str.strip_suffix(".000000")
    return text.str.head(whole + 1 + digits if digits else whole)


def _csv_quoted(values: pl.Series) -> pl.Expr:
    text = pl.col(values.name)
    needed = values.str.contains_any(TO_QUOTE) | values.is_in(["", NULL_WORD])
    return csv_text(text) if needed.any() else text


def csv_text(text: pl.Expr) -> pl.Expr:
    """Texts as fields of a CSV file: quoted if they have to be."""
    needed = text.str.contains_any(TO_QUOTE) | text.is_in(["", NULL_WORD])
    quoted = pl.concat_str(pl.lit('"'), text.str.replace_all('"', '""', literal=True), pl.lit('"'))
    return pl.when(needed).then(quoted).otherwise(text).name.keep()


def _tsv_escaped(values: pl.Series) -> pl.Expr:
    text = pl.col(values.name)
    for character, escape in TSV_ESCAPES:
        if values.str.contains(character, literal=True).any():
            text = text.str.replace_all(character, escape, literal=True)
    return text
