"""Rows as SQL: multi-row INSERTs, and UPDATEs of the second pass, for the mysql and mariadb clients.

A statement ends with a semicolon at the end of a line; no value contains a line end. Strings have backslash escapes: each file sets an sql_mode
in which they are valid (MySQL manual "String Literals").
"""

import io
from collections.abc import Iterator, Sequence

import polars as pl

from parloader.errors import ParloaderError
from parloader.formats.columns import MICROSECONDS, FileColumn
from parloader.formats.layout import FileTable
from parloader.formats.session import SESSION
from parloader.formats.text import are_seconds, plain_text
from parloader.rows.literals import hexadecimal
from parloader.schema.model import quote_identifier
from parloader.schema.table_names import quote_table

# Servers parse statements of a few hundred rows fastest (rows/writers.py)
STATEMENT_ROWS = 500

MAX_STATEMENT_BYTES = 16 * 2**20 - 1024
"""The smaller of the defaults of max_allowed_packet: MariaDB's server and both clients have 16 MiB, with a reserve for the packet's header."""

ESCAPES = (("\\", "\\\\"), ("'", "''"), ("\0", "\\0"), ("\n", "\\n"), ("\r", "\\r"), ("\x1a", "\\Z"))

BETWEEN_ROWS = b"),\n("

COMMITS_AFTER = 20
"""INSERTs in a transaction: 10,000 rows, as a batch of seed."""

START, COMMIT = b"START TRANSACTION;\n", b"COMMIT;\n"


def header() -> bytes:
    """The first lines of each file: every check is on, and the strings mean what they say."""
    return SESSION.encode()


def insert_statements(frame: pl.DataFrame, table: FileTable) -> Iterator[bytes]:
    """INSERTs of the rows of a frame with the types of the table's columns. ParloaderError: a row is too large for a statement."""
    head = f"INSERT INTO {quote_table(table.name)} ({', '.join(map(quote_identifier, table.column_names))}) VALUES\n(".encode()
    rows = _rows(frame, table.columns)
    capacity_bytes = MAX_STATEMENT_BYTES - len(head)
    yield START
    for start in range(0, len(rows), STATEMENT_ROWS):
        for piece in _fitting(rows[start : start + STATEMENT_ROWS], capacity_bytes, table.name):
            yield b"%b%b);\n" % (head, piece)
    yield COMMIT


def _fitting(rows: list[bytes], capacity_bytes: int, table: str) -> Iterator[bytes]:
    """The rows, joined in pieces of at most this many bytes."""
    piece: list[bytes] = []
    piece_bytes = 0
    for row in rows:
        row_bytes = len(row) + len(BETWEEN_ROWS)
        if row_bytes > capacity_bytes:
            raise ParloaderError(
                f"a row of {table} needs {len(row):,} bytes, more than the default max_allowed_packet of the mysql client allows",
                "Export to csv, tsv or parquet, or make its texts shorter in the plan",
            )
        if piece and piece_bytes + row_bytes > capacity_bytes:
            yield BETWEEN_ROWS.join(piece)
            piece, piece_bytes = [], 0
        piece.append(row)
        piece_bytes += row_bytes
    if piece:
        yield BETWEEN_ROWS.join(piece)


def _rows(frame: pl.DataFrame, columns: Sequence[FileColumn]) -> list[bytes]:
    """The literals of each row, separated by commas. No literal has a line end."""
    fields = frame.with_columns(_literal(frame[column.name], column).alias(column.name) for column in columns)
    text = io.BytesIO()
    fields.write_csv(
        text,
        separator=",",
        include_header=False,
        null_value="NULL",
        quote_style="never",
        datetime_format="'%Y-%m-%d %H:%M:%S'",
        date_format="'%Y-%m-%d'",
    )
    return text.getvalue().split(b"\n")[:-1]


def _literal(values: pl.Series, column: FileColumn) -> pl.Expr:
    """What write_csv writes as the literals of this column; null stays null."""
    dtype = values.dtype
    if dtype == pl.String:
        return _quoted(values)
    text = plain_text(values, column.fraction_digits)
    if dtype == pl.Binary:
        return hexadecimal(text)
    if dtype == pl.Time or (dtype == MICROSECONDS and not are_seconds(values, column.fraction_digits)):
        return pl.concat_str(pl.lit("'"), text, pl.lit("'"))
    return text


def _quoted(values: pl.Series) -> pl.Expr:
    text = pl.col(values.name)
    for character, escape in ESCAPES:
        if values.str.contains(character, literal=True).any():
            text = text.str.replace_all(character, escape, literal=True)
    return pl.concat_str(pl.lit("'"), text, pl.lit("'"))


def update_statements(frame: pl.DataFrame, table: FileTable) -> Iterator[bytes]:
    """UPDATEs that set the deferred columns, of the rows of a frame in which they are not all NULL; one per row."""
    changed = frame.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in table.later))
    if not changed.height:
        return
    columns = [table.column(name) for name in frame.columns]
    literals = changed.with_columns(
        _as_text(_literal(changed[column.name], column), changed[column.name], column).fill_null("NULL").alias(column.name)
        for column in columns
    )
    kept = [pl.lit(f"{quote_identifier(name)} = {quote_identifier(name)}") for name in table.preserved]
    assignments = [pl.concat_str(pl.lit(f"{quote_identifier(name)} = "), pl.col(name)) for name in table.later]
    where = [pl.concat_str(pl.lit(f"{quote_identifier(name)} = "), pl.col(name)) for name in table.row_key]
    statement = pl.concat_str(
        pl.lit(f"UPDATE {quote_table(table.name)} SET "),
        pl.concat_str([*assignments, *kept], separator=", "),
        pl.lit(" WHERE "),
        pl.concat_str(where, separator=" AND "),
        pl.lit(";\n"),
    )
    yield START
    yield "".join(literals.select(statement).to_series()).encode()
    yield COMMIT


def _as_text(literal: pl.Expr, values: pl.Series, column: FileColumn) -> pl.Expr:
    """A literal as text also where write_csv would have written it."""
    if values.dtype == pl.Date:
        return literal.dt.strftime("'%Y-%m-%d'")
    if values.dtype == MICROSECONDS and are_seconds(values, column.fraction_digits):
        return literal.dt.strftime("'%Y-%m-%d %H:%M:%S'")
    return literal.cast(pl.String)
