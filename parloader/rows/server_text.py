"""Rows as the server's text: an SQL expression per column for existing rows, and Polars expressions that give the same text for generated ones."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import polars as pl

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.rows.literals import hexadecimal, number, quoted
from parloader.schema.model import ColumnSchema, ColumnType, TableSchema

QUOTED_TYPES = frozenset(
    {ColumnType.DATE, ColumnType.DATETIME, ColumnType.TIMESTAMP, ColumnType.TIME, ColumnType.UUID, ColumnType.INET4, ColumnType.INET6}
)

HEXADECIMAL_TYPES = frozenset({ColumnType.BYTES, ColumnType.GEOMETRY, ColumnType.VECTOR})

EXACT_CHARSETS = frozenset({"", "latin1", "utf8", "utf8mb3", "utf8mb4"})
"""Character sets of which each value has a Unicode text of its own. "": a column without one."""

TOO_LONG = "(too long to be shown)"
"""The text of a value whose own text exceeds max_allowed_packet, for which the server returns NULL. It equals no generated value's."""

# A backslash that has the same meaning in every sql_mode
BACKSLASH = "CHAR(92 USING utf8mb4)"


@dataclass(frozen=True, kw_only=True)
class RowText:
    """Columns of a table as text, and how its rows are found."""

    table: str
    columns: tuple[ColumnSchema, ...]
    key: str | None = None  # the integer column by which rows are found
    identity: tuple[
        str, ...
    ] = ()  # if `key` is None: the columns by which rows are found, among `columns` and never NULL in generated rows
    unique: bool = True  # whether they contain a unique key; otherwise rows are told apart by all `columns` (see table_scans.py)
    indexed: bool = True  # whether an index serves these look-ups; otherwise each of them reads the table from its beginning to its end

    @property
    def expressions(self) -> tuple[str, ...]:
        return tuple(text_expression(column) for column in self.columns)

    @property
    def identity_columns(self) -> tuple[ColumnSchema, ...]:
        return tuple(column for name in self.identity for column in self.columns if column.name == name)

    @property
    def number_columns(self) -> frozenset[str]:
        """The columns for which LOAD DATA needs an explicit conversion to a number (see LoadDataWriter)."""
        return frozenset(column.name for column in self.columns if column.kind in (ColumnType.BIT, ColumnType.YEAR))


def text_expression(column: ColumnSchema) -> str:
    """SQL for the column's value as text; NULL becomes 'NULL'. The texts of all columns have one collation, so they can be concatenated."""
    name = sql.quote(column.name)
    padded = column.kind in (ColumnType.INTEGER, ColumnType.DECIMAL) and "zerofill" in column.type_text.lower()
    if column.kind in (ColumnType.BIT, ColumnType.YEAR) or padded:
        text = f"({name} + 0)"
    elif column.kind is ColumnType.REAL:
        text = f"({name} + 0e0)"  # a bare FLOAT is shown with six digits; -0 becomes 0, because INSERT cannot write -0
    elif column.kind in (ColumnType.INTEGER, ColumnType.DECIMAL):
        text = name
    elif column.kind in QUOTED_TYPES:
        text = f"CONCAT('''', {name}, '''')"
    elif column.kind in HEXADECIMAL_TYPES:
        return _complete(f"CONCAT('x''', LOWER(HEX({name})), '''')", name, nullable=column.nullable)
    else:
        return _complete(_quoted_expression(name, column.charset), name, nullable=column.nullable)
    return f"COALESCE({text}, 'NULL')" if column.nullable else text


def _complete(text: str, name: str, *, nullable: bool) -> str:
    """SQL for the text of a value that may be too long for one."""
    known = f"COALESCE({text}, '{TOO_LONG}')"
    return f"IF({name} IS NULL, 'NULL', {known})" if nullable else known


def _quoted_expression(name: str, charset: str) -> str:
    """SQL for a character value in quotes; for one that Unicode cannot express exactly, its bytes, which equal no generated value.

    sjis, for instance, has bytes for which the conversion returns "?", and two codes that both become a backslash.
    """
    unified = f"CONVERT({name} USING utf8mb4)"
    # QUOTE() would also escape NUL and Ctrl-Z
    text = f"CONCAT('''', REPLACE(REPLACE({unified}, '''', ''''''), {BACKSLASH}, CONCAT({BACKSLASH}, {BACKSLASH})), '''')"
    if charset in EXACT_CHARSETS:
        return text
    exact = f"CAST(CONVERT({unified} USING {charset}) AS BINARY) = CAST({name} AS BINARY)"
    return f"IF({exact}, {text}, CONCAT('x''', HEX({name}), ''''))"


def row_text(live: TableSchema, columns: Iterable[str], key: str | None, identity: tuple[str, ...] = ()) -> RowText:
    """The text of these columns of a live table; rows are found by `key`, or by `identity` if that is None."""
    return RowText(
        table=live.name,
        columns=tuple(_as_written(live.column(name)) for name in columns),
        key=key,
        identity=identity,
        unique=key is not None or live.is_unique(identity),
        indexed=key is not None or live.is_indexed(identity),
    )


def _as_written(column: ColumnSchema) -> ColumnSchema:
    """MariaDB stores a JSON value as the text that was written."""
    return replace(column, kind=ColumnType.TEXT) if column.kind is ColumnType.JSON and column.type_name == "longtext" else column


SEPARATOR = ";"

FOR_UPDATE = " FOR UPDATE"
"""Ends a SELECT that locks the rows it returns, as they are now, until the transaction ends: nobody changes or references them meanwhile."""


FOR_SHARE = " LOCK IN SHARE MODE"
"""Ends a SELECT that reads the rows as they are now, and waits for those that others have not committed; nobody adds such a row meanwhile."""


def prepare_session(connection: Connection, text_bytes: int) -> None:
    """Lets GROUP_CONCAT return texts of that many bytes in this session (max_allowed_packet limits them as well).

    If a trigger sets a lower value afterwards, digests differ, and the rows themselves are compared.
    """
    if connection.group_concat_bytes != text_bytes:
        sql.execute(connection, "SET SESSION group_concat_max_len = %s", text_bytes)
        connection.group_concat_bytes = text_bytes


def digest_by_key(connection: Connection, view: RowText, first: int, last: int, *, lock: str = "") -> tuple[int, str]:
    """(rows, digest) of the rows with keys `first` … `last`, in this order. Needs a view with an integer key. `lock`: see FOR_UPDATE."""
    return _digest(connection, view, f"FORCE INDEX (PRIMARY) WHERE {sql.quote(str(view.key))} BETWEEN {first:d} AND {last:d}{lock}")


def digest_where(connection: Connection, view: RowText, condition: str, *, lock: str = "") -> tuple[int, str]:
    """(rows, digest) of the rows for which the condition (see lookup.py) is true, in the order of the bytes of their row keys' texts."""
    row_key = ", ".join(text_expression(column) for column in view.identity_columns)
    return _digest(connection, view, f"WHERE {condition}{lock}", f"ORDER BY CAST(CONCAT_WS(',', {row_key}) AS BINARY)")


def _digest(connection: Connection, view: RowText, which: str, order: str = "") -> tuple[int, str]:
    texts = f"CONCAT_WS(',', {', '.join(view.expressions)})"
    count, digest = sql.row(
        connection,
        f"""SELECT COUNT(*), SHA2(COALESCE(GROUP_CONCAT({texts} {order} SEPARATOR '{SEPARATOR}'), ''), 256)
            FROM {sql.quote_table(view.table)} {which}""",
    )
    return count, digest


def digest_of_texts(texts: Iterable[str]) -> str:
    """The digest that the server computes for rows with these texts, in this order."""
    return hashlib.sha256(SEPARATOR.join(texts).encode()).hexdigest()


FINGERPRINT_DIGITS = 16

DECIMAL = r"^-?\d+(\.\d+)?$"


def fingerprint_expression(view: RowText) -> str:
    """SQL for a hash of the row's texts, in hexadecimal digits."""
    return f"LEFT(SHA2(CONCAT_WS(',', {', '.join(view.expressions)}), 256), {FINGERPRINT_DIGITS:d})"


def fingerprint(texts: str) -> str:
    """The hash that the server computes for a row with these texts, separated by commas."""
    return hashlib.sha256(texts.encode()).hexdigest()[:FINGERPRINT_DIGITS]


def rows_by_key(connection: Connection, view: RowText, first: int, last: int, *, lock: str = "") -> dict[int, tuple[str, ...]]:
    """Key → column texts of the rows with keys `first` … `last`. Needs a view with an integer key."""
    key = sql.quote(str(view.key))
    columns = f"{key}, {column_texts(view)}"
    source = f"{sql.quote_table(view.table)} FORCE INDEX (PRIMARY)"  # `lock` would lock all rows of a scanned table
    rows = sql.rows(connection, f"SELECT {columns} FROM {source} WHERE {key} BETWEEN %s AND %s{lock}", first, last)
    return {k: decode_texts(row) for k, *row in rows}


def rows_where(connection: Connection, view: RowText, condition: str, *, lock: str = "") -> tuple[tuple[str, ...], ...]:
    """The column texts of the rows for which the condition (see lookup.py) is true."""
    rows = sql.rows(connection, f"SELECT {column_texts(view)} FROM {sql.quote_table(view.table)} WHERE {condition}{lock}")
    return tuple(map(decode_texts, rows))


def column_texts(view: RowText) -> str:
    """SQL for the text of each column of the view, in UTF-8. `decode_texts` decodes what it returns."""
    return ", ".join(f"CAST(CONCAT({expression}) AS BINARY)" for expression in view.expressions)


def decode_texts(values: Iterable[bytes]) -> tuple[str, ...]:
    """The texts of a row. Bytes that are no UTF-8 get a backslash, and so equal no generated value, in which each backslash is doubled.

    MariaDB lets anybody store one half of a surrogate pair.
    """
    return tuple(value.decode(errors="backslashreplace") for value in values)


# A real number is shown without an exponent if its first significant digit is at most this far from the decimal point (dtoa.c, my_gcvt).
# MySQL writes at most 22 characters, so it switches to an exponent, or drops digits, earlier: see differences.py
FIRST_PLACE, LAST_PLACE = -14, 15


def rows_as_text(frame: pl.DataFrame, columns: Sequence[ColumnSchema]) -> pl.Series:
    """The text of each row: its column texts separated by commas, as the server joins them for a digest."""
    return frame.select(pl.concat_str(as_server_text(frame, columns), separator=",")).to_series()


def as_server_text(frame: pl.DataFrame, columns: Sequence[ColumnSchema]) -> list[pl.Expr]:
    """The frame's columns of these names, in this order, as literals with doubled backslashes; a missing value is NULL."""
    return [_literal(frame[column.name], column).alias(column.name) for column in columns]


def _literal(values: pl.Series, column: ColumnSchema) -> pl.Expr:
    if values.null_count() == values.len():
        return pl.col(values.name).cast(pl.String).fill_null("NULL")
    text = _value_text(values, column)
    return text.fill_null("NULL") if values.null_count() else text


def _value_text(values: pl.Series, column: ColumnSchema) -> pl.Expr:
    given = pl.col(values.name)
    match column.kind:
        case ColumnType.INTEGER | ColumnType.BIT | ColumnType.YEAR:
            return number(values)
        case ColumnType.DECIMAL:
            return decimal_text(values, column.scale)
        case ColumnType.REAL:
            exact = values.cast(pl.String).cast(pl.Float64) if values.dtype.is_decimal() else values.cast(pl.Float64)
            return pl.lit(real_text(exact.cast(pl.Float32).cast(pl.Float64) if column.single else exact))
        case ColumnType.DATE if values.dtype.is_temporal():
            return given.dt.strftime("'%Y-%m-%d'")
        case ColumnType.DATETIME | ColumnType.TIMESTAMP if values.dtype.is_temporal():
            return _timestamp(given.cast(pl.Datetime("us")) if values.dtype == pl.Date else given, column.fraction_digits)
        case ColumnType.DATETIME | ColumnType.TIMESTAMP | ColumnType.TIME:
            return quoted(with_fraction(given, column.fraction_digits), backslash_escapes=True)
        case kind if kind in HEXADECIMAL_TYPES or values.dtype == pl.Binary:
            digits = given.cast(pl.Binary).bin.encode("hex")
            return hexadecimal(digits.str.pad_end(2 * column.length, "0") if column.fixed else digits)
        case ColumnType.UUID | ColumnType.INET6:
            return quoted(given.str.to_lowercase(), backslash_escapes=True)
    text = given if values.dtype == pl.String else number(values)
    return quoted(text.str.strip_chars_end(" ") if column.fixed else text, backslash_escapes=True)


def decimal_text(values: pl.Series, scale: int) -> pl.Expr:
    """Decimals with so many digits after the point, as text."""
    if values.dtype == pl.String:  # picked from existing rows
        if not values.str.contains(DECIMAL).all():
            raise TypeError(f"column {values.name}: texts such as times are no decimal numbers")
        return with_fraction(pl.col(values.name), scale)
    if values.dtype.is_float():
        return pl.col(values.name).cast(pl.Decimal(38, scale)).cast(pl.String)
    own_scale = values.dtype.scale if isinstance(values.dtype, pl.Decimal) else 0
    text = number(values)
    if own_scale < scale:
        return text + ("" if own_scale else ".") + "0" * (scale - own_scale)
    return text.str.head(scale - own_scale - (scale == 0)) if own_scale > scale else text


def real_text(values: pl.Series) -> pl.Series:
    """The shortest text that identifies each number. Polars writes it as the server does, except for very large and very small numbers."""
    texts = values.cast(pl.String)
    others = (texts.str.contains("e", literal=True) | (values.abs() >= 10.0**LAST_PLACE)).arg_true()
    plain = texts.str.strip_suffix(".0").set(values == 0, "0")  # -0 as well
    return plain.scatter(others, [_server_notation(text) for text in texts.gather(others)]) if others.len() else plain


def _server_notation(text: str) -> str:
    """1.5e-7 → 0.00000015, 1000000000000000.0 → 1e15."""
    number = Decimal(text).normalize()
    _, digits, exponent = number.as_tuple()
    place = len(digits) + int(exponent)  # the number is 0.digits × 10**place
    if FIRST_PLACE <= place <= LAST_PLACE:
        return f"{number:f}"
    mantissa = f"{number.scaleb(1 - place):f}"
    return f"{mantissa}e{place - 1}"


def _timestamp(values: pl.Expr, digits: int) -> pl.Expr:
    if digits == 0:
        return values.dt.strftime("'%Y-%m-%d %H:%M:%S'")
    return pl.concat_str(pl.lit("'"), values.dt.strftime("%Y-%m-%d %H:%M:%S%.6f").str.slice(0, 20 + digits), pl.lit("'"))


def with_fraction(texts: pl.Expr, digits: int) -> pl.Expr:
    """Cuts or pads the fraction of decimals, and of times 'HH:MM:SS[.fraction]', with or without a date in front."""
    seconds, fraction = texts.str.extract(r"^([^.]*)"), texts.str.extract(r"\.(\d+)$").fill_null("").str.head(digits)
    return seconds if digits == 0 else seconds + "." + fraction.str.pad_end(digits, "0")
