"""Finding rows by the values of a key, where they have no integer one: conditions on the columns of a PRIMARY or UNIQUE key.

The law that ours only are found (DESIGN.md, law 6). A condition asks for equality in *every* column of one unique key, and the columns
are NOT NULL. Equality here is the column's own, under its collation, which is also what the key is unique under: where 'Ä ' = 'a' holds,
the key holds one of them. So each condition is true for at most one row, the one that the key's place was taken by. A column is compared
with a literal of its own kind, because others would not do: to a number '1', '01' and '1x' are equal, and no index serves it. A key on
prefixes is as good: what is unique in its first characters is unique as a whole. NULL equals nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import polars as pl

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.errors import WriteFailed
from parloader.generation.frames import generate
from parloader.plans.model import Pass, Plan
from parloader.plans.row_ranges import IndexRange, RowAllocation
from parloader.rows import server_text
from parloader.rows.server_text import RowText, as_server_text
from parloader.schema.model import ColumnSchema, quote_identifier

# So many rows both servers look up in the index one by one, whatever the key's columns: it takes MySQL at most 2 of the 8 MB of
# range_optimizer_max_mem_size, MariaDB at most 32 columns × 200 of the 16,000 of optimizer_max_sel_args; beyond, either reads the whole table.
# From 500 on their optimizers take longer for a row of a composite key, below 100 the statements do. (MariaDB's UNIQUE on a whole TEXT or
# BLOB is no index that serves a look-up: the table is read.)
LOOKUP_ROWS = 200

# Half of the smallest max_allowed_packet that anybody has left as it was (MySQL 5.5's)
LOOKUP_BYTES = 512 * 1024

# The texts of a row's columns as they should be, and as they are (None: there is no such row)
ExpectedAndActual: TypeAlias = tuple[tuple[str, ...], tuple[str, ...] | None]


def conditions_by_key(frame: pl.DataFrame, identity: Sequence[ColumnSchema]) -> Iterator[tuple[pl.DataFrame, str]]:
    """The frame in pieces, in its order, each with the condition that finds its rows by the values of these columns, as it stands in a
    statement for sql.rows (percent signs are doubled)."""
    if len(identity) == 1:
        rows, start, between, end = _values(frame, identity).to_series(), f"{quote_identifier(identity[0].name)} IN (", ", ", ")"
    else:
        rows, start, between, end = row_conditions(frame, identity), "(", " OR ", ")"
    longest_bytes = int(rows.str.len_bytes().max() or 0) + len(between)  # type: ignore[arg-type]
    most = max(1, min(LOOKUP_ROWS, LOOKUP_BYTES // longest_bytes))
    for at in range(0, frame.height, most):
        yield frame.slice(at, most), f"{start}{between.join(rows.slice(at, most))}{end}".replace("%", "%%")


def row_conditions(frame: pl.DataFrame, identity: Sequence[ColumnSchema]) -> pl.Series:
    """For each row the condition that finds it alone, as the server reads it (percent signs are not doubled)."""
    equal = [pl.concat_str(pl.lit(f"{quote_identifier(column.name)} = "), pl.col(column.name)) for column in identity]
    return _values(frame, identity).select(pl.concat_str(pl.lit("("), pl.concat_str(equal, separator=" AND "), pl.lit(")"))).to_series()


def find_rows(connection: Connection, view: RowText, frame: pl.DataFrame) -> Iterator[ExpectedAndActual]:
    """For each row of the frame, in its order."""
    columns = [column.name for column in view.columns]
    identity = [columns.index(name) for name in view.identity]

    def named(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(texts[at] for at in identity)

    for piece, condition in conditions_by_key(frame, identity_columns(view)):
        there = {named(texts): texts for texts in server_text.rows_where(connection, view, condition)}
        wanted = piece.select(as_server_text(piece, view.columns)).rows()
        pairs = [(texts, there.pop(named(texts), None)) for texts in wanted]
        # what is left was found, but under another text: a row whose key was changed to one that is equal under the collation
        doubtful = [at for at, (_, have) in enumerate(pairs) if have is None] if there else []
        for at in doubtful:
            ((_, alone),) = conditions_by_key(piece.slice(at, 1), identity_columns(view))
            pairs[at] = (pairs[at][0], next(iter(server_text.rows_where(connection, view, alone)), None))
        yield from pairs


def existing(connection: Connection, table: str, identity: Sequence[ColumnSchema], frame: pl.DataFrame) -> Iterator[tuple[str, ...]]:
    """The frame's rows that exist in the table, each as the texts of its identity's columns."""
    view = RowText(table=table, columns=tuple(identity), identity=tuple(column.name for column in identity))
    for _, condition in conditions_by_key(frame, identity):
        yield from server_text.rows_where(connection, view, condition)


def delete_by_key(connection: Connection, table: str, identity: Sequence[ColumnSchema], frame: pl.DataFrame) -> int:
    """Deletes the frame's rows in the caller's transaction; returns how many were there. WriteFailed (to be rolled back) where a condition
    was true for more rows than it names: the identity is none."""
    deleted = 0
    for piece, condition in conditions_by_key(frame, identity):
        count = sql.execute(connection, f"DELETE FROM {sql.quote(table)} WHERE {condition}")
        if count > piece.height:
            raise WriteFailed(
                f"{piece.height:,} rows of {table} were looked for by {', '.join(column.name for column in identity)}, and {count:,} found",
                "Nothing was deleted. Look whether a unique key on these columns is still there",
            )
        deleted += count
    return deleted


def identity_columns(view: RowText) -> tuple[ColumnSchema, ...]:
    return tuple(column for name in view.identity for column in view.columns if column.name == name)


def _values(frame: pl.DataFrame, identity: Sequence[ColumnSchema]) -> pl.DataFrame:
    """The columns as literals that mean the same in every sql_mode."""
    return frame.select(as_server_text(frame, identity)).select(_without_backslash(column.name) for column in identity)


def _without_backslash(name: str) -> pl.Expr:
    text = pl.col(name)
    inside = text.str.head(-1).str.tail(-1)
    for doubled, single in (("''", "'"), ("\\\\", "\\")):
        inside = inside.str.replace_all(doubled, single, literal=True)
    in_hexadecimal = pl.concat_str(pl.lit("_utf8mb4 x'"), inside.cast(pl.Binary).bin.encode("hex"), pl.lit("'"))
    return pl.when(text.str.contains("\\", literal=True)).then(in_hexadecimal).otherwise(text).alias(name)


def delete_rows(
    connection: Connection, plan: Plan, name: str, rows: Mapping[str, RowAllocation], identity: tuple[ColumnSchema, ...], part: IndexRange
) -> None:
    """Deletes these rows of a table, in the caller's transaction: those that others of them may point at last.

    `identity`: the columns by which they are found where the run assigned no keys. WriteFailed where these find more rows than ours.
    """
    table, keys = plan.table(name), rows[name].keys
    if table.key is not None and keys is not None:
        last_first = f"ORDER BY {sql.quote(table.key)} DESC" if table.root_rows.rows else ""
        for key_range in reversed(keys.ranges(part)):
            sql.execute(connection, f"DELETE FROM {sql.quote(name)} WHERE {sql.within(table.key, (key_range,))} {last_first}")
        return
    frame = generate(plan, table.after_pass(Pass.FIRST), part, rows)
    pieces = frame.reverse().iter_slices(1) if part.start < table.root_rows.stop else (frame,)
    for piece in pieces:
        delete_by_key(connection, name, identity, piece)
