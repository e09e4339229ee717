"""Finds rows without an integer key by their row key: conditions on all columns of a PRIMARY or UNIQUE key.

Such a condition is true for at most one row, and never for another row than the one it names:
- It compares every column of one unique key, and the columns are NOT NULL.
- It compares under the column's collation, under which the key is unique: if 'Ä ' = 'a' holds, the key holds only one of the two.
- It compares with a literal of the column's type. '1', '01' and '1x' all equal the number 1, and no index serves that comparison.
- A key on prefixes is sufficient: values that differ in their first characters differ.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import polars as pl

from parloader.database.driver import Connection
from parloader.errors import SchemaMismatch, WriteFailed
from parloader.rows import server_text
from parloader.rows.server_text import RowText, as_server_text
from parloader.schema.model import ColumnSchema, quote_identifier

# Rows per statement. Up to this number, both servers look rows up in the index one by one, whatever the key's columns: MySQL needs at most 2 of
# the 8 MB of range_optimizer_max_mem_size, MariaDB at most 32 columns × 200 of the 16,000 of optimizer_max_sel_args. Beyond these limits, they
# scan the table. From 500 rows on, their optimizers take longer per row of a composite key; below 100, the number of statements costs time.
# (MariaDB's UNIQUE on an entire TEXT or BLOB is a hash that serves no look-up: the table is scanned.)
LOOKUP_ROWS = 200

# Half of the smallest default of max_allowed_packet (MySQL 5.5)
LOOKUP_BYTES = 512 * 1024

# The texts of a row's columns as the plan has them and as the server has them (None: the row is missing)
ExpectedAndActual: TypeAlias = tuple[tuple[str, ...], tuple[str, ...] | None]


def conditions_by_key(frame: pl.DataFrame, identity: Sequence[ColumnSchema]) -> Iterator[tuple[pl.DataFrame, str]]:
    """Splits the frame into pieces, in order, each with the condition that finds its rows by these columns.

    The condition is for sql.rows: percent signs are doubled.
    """
    if len(identity) == 1:
        rows, start, between, end = _values(frame, identity).to_series(), f"{quote_identifier(identity[0].name)} IN (", ", ", ")"
    else:
        rows, start, between, end = row_conditions(frame, identity), "(", " OR ", ")"
    longest_bytes = int(rows.str.len_bytes().max() or 0) + len(between)  # type: ignore[arg-type]
    piece_rows = max(1, min(LOOKUP_ROWS, LOOKUP_BYTES // longest_bytes))
    texts = rows.to_list()
    for at in range(0, frame.height, piece_rows):
        yield frame.slice(at, piece_rows), f"{start}{between.join(texts[at : at + piece_rows])}{end}".replace("%", "%%")


def row_conditions(frame: pl.DataFrame, identity: Sequence[ColumnSchema]) -> pl.Series:
    """The condition that finds each row alone, as the server reads it (percent signs are not doubled)."""
    equal = [pl.concat_str(pl.lit(f"{quote_identifier(column.name)} = "), pl.col(column.name)) for column in identity]
    return _values(frame, identity).select(pl.concat_str(pl.lit("("), pl.concat_str(equal, separator=" AND "), pl.lit(")"))).to_series()


def find_rows(connection: Connection, view: RowText, frame: pl.DataFrame, *, lock: str = "") -> Iterator[ExpectedAndActual]:
    """Reads each row of the frame from the table, in order. `lock`: see server_text.FOR_UPDATE.

    SchemaMismatch: several rows have one key, because the columns are no longer unique.
    """
    columns = [column.name for column in view.columns]
    identity = [columns.index(name) for name in view.identity]

    def row_key(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(texts[at] for at in identity)

    for piece, condition in conditions_by_key(frame, view.identity_columns):
        found = server_text.rows_where(connection, view, condition, lock=lock)
        existing_rows = {row_key(texts): texts for texts in found}
        if len(existing_rows) < len(found):
            raise SchemaMismatch(
                f"{', '.join(view.identity)} of {view.table} is no longer unique: {len(found):,} rows have only {len(existing_rows):,} distinct keys",
                "Delete the duplicate rows, and restore the unique key on these columns",
            )
        expected = piece.select(as_server_text(piece, view.columns)).rows()
        pairs = [(texts, existing_rows.pop(row_key(texts), None)) for texts in expected]
        # Rows that remain have another text as key, equal under the collation: look up each missing row alone
        missing = [at for at, (_, actual) in enumerate(pairs) if actual is None] if existing_rows else []
        for at in missing:
            ((_, alone),) = conditions_by_key(piece.slice(at, 1), view.identity_columns)
            pairs[at] = (pairs[at][0], next(iter(server_text.rows_where(connection, view, alone, lock=lock)), None))
        yield from pairs


def existing(connection: Connection, table: str, identity: Sequence[ColumnSchema], frame: pl.DataFrame) -> Iterator[tuple[str, ...]]:
    """The frame's rows that exist in the table, each as the texts of its identity columns."""
    view = RowText(table=table, columns=tuple(identity), identity=tuple(column.name for column in identity))
    for _, condition in conditions_by_key(frame, identity):
        yield from server_text.rows_where(connection, view, condition)


def delete_by_key(table: str, identity: Sequence[ColumnSchema], frame: pl.DataFrame, delete: Callable[[str], int]) -> int:
    """Deletes the frame's rows in the caller's transaction; returns how many existed. `delete`: deletes the rows of a condition, and counts them.

    WriteFailed (the caller rolls back): a condition was true for more rows than it names, because the columns are no longer unique.
    """
    deleted = 0
    for piece, condition in conditions_by_key(frame, identity):
        count = delete(condition)
        if count > piece.height:
            raise WriteFailed(
                f"{', '.join(column.name for column in identity)} of {table} is no longer unique: "
                f"{piece.height:,} {'row' if piece.height == 1 else 'rows'} looked up, {count:,} found",
                "Nothing was deleted. Restore the unique key on these columns",
            )
        deleted += count
    return deleted


def _values(frame: pl.DataFrame, identity: Sequence[ColumnSchema]) -> pl.DataFrame:
    """The columns as literals that have the same meaning in every sql_mode."""
    return frame.select(as_server_text(frame, identity)).select(_without_backslash(column.name) for column in identity)


def _without_backslash(name: str) -> pl.Expr:
    text = pl.col(name)
    inside = text.str.head(-1).str.tail(-1)
    for doubled, single in (("''", "'"), ("\\\\", "\\")):
        inside = inside.str.replace_all(doubled, single, literal=True)
    in_hexadecimal = pl.concat_str(pl.lit("_utf8mb4 x'"), inside.cast(pl.Binary).bin.encode("hex"), pl.lit("'"))
    return pl.when(text.str.contains("\\", literal=True)).then(in_hexadecimal).otherwise(text).alias(name)
