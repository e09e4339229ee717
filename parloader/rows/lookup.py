"""Finds rows without an integer key by their row key: conditions on all columns of a PRIMARY or UNIQUE key.

Such a condition is true for at most one row, and never for another row than the one it names (in a table without such a key, see below):
- It compares every column of one unique key, and the columns are NOT NULL.
- It compares under the column's collation, under which the key is unique: if 'Ä ' = 'a' holds, the key holds only one of the two.
- It compares with a literal of the column's type. '1', '01' and '1x' all equal the number 1, and no index serves that comparison.
- A key on prefixes is sufficient: values that differ in their first characters differ.

In a table without a key, the planner chooses columns that differ in every generated row and in every row that existed before (planner/keys/carriers.py).
A row that somebody added since may have the same values there, so of the rows that a condition finds, the one counts that has all generated values.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

import polars as pl

from parloader.database.driver import Connection
from parloader.errors import WriteFailed
from parloader.rows import server_text
from parloader.rows.equivalent_texts import is_same
from parloader.rows.server_text import RowText, as_server_text
from parloader.schema.model import ColumnSchema, quote_identifier

# Rows per statement. Up to this number, both servers look rows up in the index one by one, whatever the key's columns: MySQL needs at most 2 of
# the 8 MB of range_optimizer_max_mem_size, MariaDB at most 32 columns × 200 of the 16,000 of optimizer_max_sel_args. Beyond these limits, they
# scan the table. From 500 rows on, their optimizers take longer per row of a composite key; below 100, the number of statements costs time.
# (MariaDB's UNIQUE on an entire TEXT or BLOB is a hash that serves no look-up: the table is scanned.)
LOOKUP_ROWS = 200

# Rows per statement without such an index: each statement reads the entire table, and looks each of its rows up in a sorted list of the values
SCAN_ROWS = 15_000

# Half of the smallest default of max_allowed_packet (MySQL 5.5)
LOOKUP_BYTES = 512 * 1024

# As long as that packet allows
SCAN_BYTES = 900 * 1024

# The texts of a row's columns as the plan has them and as the server has them (None: the row is missing)
ExpectedAndActual: TypeAlias = tuple[tuple[str, ...], tuple[str, ...] | None]


def conditions_by_key(
    frame: pl.DataFrame, identity: Sequence[ColumnSchema], *, indexed: bool = True, extra_bytes: int = 0
) -> Iterator[tuple[pl.DataFrame, str]]:
    """Splits the frame into pieces, in order, each with the condition that finds its rows by these columns.

    The condition is for sql.rows: percent signs are doubled. `indexed`: see RowText. `extra_bytes`: what the statement has besides, for each row.
    """
    if not frame.height:
        return
    if len(identity) == 1:
        rows, start, between, end = _values(frame, identity).to_series(), f"{quote_identifier(identity[0].name)} IN (", ", ", ")"
    elif indexed:
        rows, start, between, end = row_conditions(frame, identity), "(", " OR ", ")"
    else:  # a list is searched, each OR is tried
        names = ", ".join(quote_identifier(column.name) for column in identity)
        joined = pl.concat_str(pl.lit("("), pl.concat_str([column.name for column in identity], separator=", "), pl.lit(")"))
        rows, start, between, end = _values(frame, identity).select(joined).to_series(), f"({names}) IN (", ", ", ")"
    longest_bytes = int(rows.str.len_bytes().max() or 0) + len(between) + extra_bytes  # type: ignore[arg-type]
    max_rows, max_bytes = (LOOKUP_ROWS, LOOKUP_BYTES) if indexed else (SCAN_ROWS, SCAN_BYTES)
    piece_rows = max(1, min(max_rows, max_bytes // longest_bytes))
    texts = rows.to_list()
    for at in range(0, frame.height, piece_rows):
        yield frame.slice(at, piece_rows), f"{start}{between.join(texts[at : at + piece_rows])}{end}".replace("%", "%%")


def row_conditions(frame: pl.DataFrame, identity: Sequence[ColumnSchema]) -> pl.Series:
    """The condition that finds each row alone, as the server reads it (percent signs are not doubled)."""
    equal = [pl.concat_str(pl.lit(f"{quote_identifier(column.name)} = "), pl.col(column.name)) for column in identity]
    return _values(frame, identity).select(pl.concat_str(pl.lit("("), pl.concat_str(equal, separator=" AND "), pl.lit(")"))).to_series()


def find_rows(connection: Connection, view: RowText, frame: pl.DataFrame, *, lock: str = "") -> Iterator[ExpectedAndActual]:
    """Reads each row of the frame from the table, in order. `lock`: see server_text.FOR_UPDATE.

    If no row that is found by a row's key has all of its values, another one of these.
    """
    for piece, condition in conditions_of(frame, view):
        found = server_text.rows_where(connection, view, condition, lock=lock)
        pairs = list(matched(view, piece, found))
        # Other rows may have another text as key, equal under the collation: look up each missing row alone
        missing = [at for at, (_, actual) in enumerate(pairs) if actual is None] if view.unique and len(found) > 0 else []
        if len(found) > len(pairs) - len(missing):
            for at in missing:
                ((_, alone),) = conditions_of(piece.slice(at, 1), view)
                pairs[at] = (pairs[at][0], next(iter(server_text.rows_where(connection, view, alone, lock=lock)), None))
        yield from pairs


def conditions_of(frame: pl.DataFrame, view: RowText, *, extra_bytes: int = 0) -> Iterator[tuple[pl.DataFrame, str]]:
    """The conditions that find the frame's rows in the view's table."""
    return conditions_by_key(frame, view.identity_columns, indexed=view.indexed, extra_bytes=extra_bytes)


def matched(view: RowText, frame: pl.DataFrame, found: Iterable[tuple[str, ...]]) -> Iterator[ExpectedAndActual]:
    """Each row of the frame with one of the rows found: the one with the same values, else any with the same key, else None."""
    columns = [column.name for column in view.columns]
    identity = [columns.index(name) for name in view.identity]
    by_key: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for texts in found:
        by_key.setdefault(tuple(texts[at] for at in identity), []).append(texts)
    for expected in frame.select(as_server_text(frame, view.columns)).iter_rows():
        rows = by_key.get(tuple(expected[at] for at in identity), ())
        yield expected, next((actual for actual in rows if is_same(view.columns, expected, actual)), rows[0] if rows else None)


def existing(connection: Connection, view: RowText, frame: pl.DataFrame) -> Iterator[tuple[str, ...]]:
    """The frame's rows that exist, each as the texts of the view's columns. If these are not unique, only rows that have all generated values."""
    for piece, condition in conditions_of(frame, view):
        found = server_text.rows_where(connection, view, condition)
        if view.unique:
            yield from found
        else:
            yield from (actual for expected, actual in matched(view, piece, found) if actual and is_same(view.columns, expected, actual))


def delete_by_key(view: RowText, frame: pl.DataFrame, delete: Callable[[str], int]) -> int:
    """Deletes the frame's rows by their unique key, in the caller's transaction; returns how many existed. `delete`: deletes the rows of a
    condition, and counts them.

    WriteFailed (the caller rolls back): a condition was true for more rows than it names, because the columns are no longer unique.
    """
    deleted = 0
    for piece, condition in conditions_of(frame, view):
        count = delete(condition)
        if count > piece.height:
            raise WriteFailed(
                f"{', '.join(view.identity)} of {view.table} is no longer unique: "
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
