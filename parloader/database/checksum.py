"""Digests of a range of rows, made on the server, to compare with those of generated rows.

Each row is written as text, as loading/render.py writes it; the rows of the range, in the order of the key, are joined and hashed as one
text. So nothing cancels out, a missing row shows, and no row crosses the wire. The order is that of the scan of the primary key; where a
server scanned otherwise, or cut the text at its limit, the digests would differ and the rows be compared one by one: slower, not wrong.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from parloader.database import sql
from parloader.database.sql import Connection

SEPARATOR = ";"


@dataclass(frozen=True, kw_only=True)
class View:
    """How the server shows a table's rows as text: an SQL expression for each column, made by schema.view."""

    table: str
    key: str
    expressions: tuple[str, ...]
    fraction_digits: Mapping[str, int]
    json_columns: frozenset[str]


def prepare_session(connection: Connection, text_bytes: int) -> None:
    """Lets the server join texts of that many bytes in this session (bound by its max_allowed_packet too)."""
    sql.execute(connection, "SET SESSION group_concat_max_len = %s", text_bytes)


def on_server(connection: Connection, view: View, first: int, last: int) -> tuple[int, str]:
    """(rows, digest) of the rows with keys `first` … `last`."""
    count, digest = sql.row(
        connection,
        f"""SELECT COUNT(*), SHA2(COALESCE(GROUP_CONCAT(CONCAT_WS(',', {", ".join(view.expressions)}) SEPARATOR '{SEPARATOR}'), ''), 256)
            FROM {sql.quote(view.table)} FORCE INDEX (PRIMARY) WHERE {sql.quote(view.key)} BETWEEN %s AND %s""",
        first,
        last,
    )
    return count, digest


def of_texts(texts: pl.Series) -> str:
    """The digest that the server gives for rows with these texts."""
    return hashlib.sha256((texts.str.join(SEPARATOR).item() or "").encode()).hexdigest()


def rows_by_key(connection: Connection, view: View, first: int, last: int) -> dict[int, tuple[str, ...]]:
    """The texts of each column of the rows with keys `first` … `last`."""
    key = sql.quote(view.key)
    found = sql.rows(
        connection,
        f"SELECT {key}, {', '.join(f'CONCAT({e})' for e in view.expressions)} FROM {sql.quote(view.table)} WHERE {key} BETWEEN %s AND %s",
        first,
        last,
    )
    return {k: tuple(texts) for k, *texts in found}
