"""Generated values as text, as the server shows what it made of them (database/view.py): a 12 in a DECIMAL(5,2) is 12.00 there, and four
bytes in a BINARY(6) are six. For comparing, and for finding rows by their values. Vectorised, no loop per row.
"""

from collections.abc import Sequence

import polars as pl

from parloader.database.view import HEXADECIMAL
from parloader.loading.render import hexadecimal, number, quoted
from parloader.plans.shape import Column, Kind

# A real number is shown with digits alone where its point is at most so many digits before or after the first digit that is not 0, else with
# an exponent (dtoa.c, my_gcvt). MySQL writes at most 22 characters, so that it has an exponent, or less than 17 digits, sooner: comparer.py
FIRST_PLACE, LAST_PLACE = -14, 15


def row_texts(frame: pl.DataFrame, columns: Sequence[Column]) -> pl.Series:
    """Each row's texts with commas between, as the digest of a view's rows is made of them."""
    return frame.select(pl.concat_str(literals(frame, columns), separator=",")).to_series()


def literals(frame: pl.DataFrame, columns: Sequence[Column]) -> list[pl.Expr]:
    """The frame's columns of these names, in this order: literals in which a backslash is doubled, NULL where there is no value."""
    return [_literal(frame[column.name], column).alias(column.name) for column in columns]


def _literal(values: pl.Series, column: Column) -> pl.Expr:
    if values.null_count() == values.len():
        return pl.col(values.name).cast(pl.String).fill_null("NULL")
    text = _of_kind(values, column)
    return text.fill_null("NULL") if values.null_count() else text


def _of_kind(values: pl.Series, column: Column) -> pl.Expr:
    given = pl.col(values.name)
    match column.kind:
        case Kind.INTEGER | Kind.BIT | Kind.YEAR:
            return number(values)
        case Kind.DECIMAL:
            return _decimal(values, column.scale)
        case Kind.REAL:
            exact = given.cast(pl.String).cast(pl.Float64) if values.dtype.is_decimal() else given.cast(pl.Float64)
            return _real(exact.cast(pl.Float32).cast(pl.Float64) if column.single else exact)
        case Kind.DATE if values.dtype.is_temporal():
            return given.dt.strftime("'%Y-%m-%d'")
        case Kind.DATETIME | Kind.TIMESTAMP if values.dtype.is_temporal():
            return _moment(given.cast(pl.Datetime("us")) if values.dtype == pl.Date else given, column.fraction_digits)
        case Kind.DATETIME | Kind.TIMESTAMP | Kind.TIME:
            return quoted(_with_fraction(given, column.fraction_digits), backslash_escapes=True)
        case kind if kind in HEXADECIMAL or values.dtype == pl.Binary:
            digits = given.cast(pl.Binary).bin.encode("hex")
            return hexadecimal(digits.str.pad_end(2 * column.length, "0") if column.fixed else digits)
        case Kind.UUID | Kind.INET6:
            return quoted(given.str.to_lowercase(), backslash_escapes=True)
    text = given if values.dtype == pl.String else number(values)
    return quoted(text.str.strip_chars_end(" ") if column.fixed else text, backslash_escapes=True)


def _decimal(values: pl.Series, scale: int) -> pl.Expr:
    if values.dtype.is_float():
        return pl.col(values.name).cast(pl.Decimal(38, scale)).cast(pl.String)
    have = values.dtype.scale if isinstance(values.dtype, pl.Decimal) else 0
    text = number(values)
    if have < scale:
        return text + ("" if have else ".") + "0" * (scale - have)
    return text.str.head(scale - have - (scale == 0)) if have > scale else text


def _real(values: pl.Expr) -> pl.Expr:
    """The shortest text that is this number and no other."""
    written = (values + 0.0).cast(pl.String)  # -0 is 0
    whole, fraction, exponent = (written.str.extract(form) for form in (r"^-?(\d+)", r"\.(\d+)", r"e\+?(-?\d+)$"))
    fraction = fraction.fill_null("")
    unpadded = (whole + fraction).str.strip_chars_start("0")
    leading = (whole + fraction).str.len_bytes().cast(pl.Int32) - unpadded.str.len_bytes().cast(pl.Int32)
    digits = unpadded.str.strip_chars_end("0")
    count = digits.str.len_bytes().cast(pl.Int32)
    # the number is 0.digits × 10**place
    place = whole.str.len_bytes().cast(pl.Int32) - leading + exponent.cast(pl.Int32).fill_null(0)
    before = digits.str.slice(0, place.clip(lower_bound=0)) + _zeros(place - count)
    after = _zeros(-place) + digits.str.slice(place.clip(lower_bound=0))
    plain = pl.when(place <= 0).then(pl.lit("0")).otherwise(before) + _behind_point(after)
    with_exponent = digits.str.slice(0, 1) + _behind_point(digits.str.slice(1)) + "e" + (place - 1).cast(pl.String)
    text = pl.when(count == 0).then(pl.lit("0")).when(place.is_between(FIRST_PLACE, LAST_PLACE)).then(plain).otherwise(with_exponent)
    return pl.when(values < 0).then("-" + text).otherwise(text)


def _zeros(count: pl.Expr) -> pl.Expr:
    return pl.lit("0" * LAST_PLACE).str.slice(0, count.clip(lower_bound=0, upper_bound=LAST_PLACE))


def _behind_point(digits: pl.Expr) -> pl.Expr:
    return pl.when(digits == "").then(pl.lit("")).otherwise("." + digits)


def _moment(values: pl.Expr, digits: int) -> pl.Expr:
    if digits == 0:
        return values.dt.strftime("'%Y-%m-%d %H:%M:%S'")
    return pl.concat_str(pl.lit("'"), values.dt.strftime("%Y-%m-%d %H:%M:%S%.6f").str.slice(0, 20 + digits), pl.lit("'"))


def _with_fraction(texts: pl.Expr, digits: int) -> pl.Expr:
    """Of 'HH:MM:SS', with a date before or not, and a fraction behind or not."""
    whole, fraction = texts.str.extract(r"^([^.]*)"), texts.str.extract(r"\.(\d+)$").fill_null("").str.head(digits)
    return whole if digits == 0 else whole + "." + fraction.str.pad_end(digits, "0")
