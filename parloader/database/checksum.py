"""Digests of a range of rows, made on the server, to compare with those of generated rows.

Each row is written as text, as loading/shown.py writes it; the rows of the range, in the order of the key, are joined and hashed as one
text. So nothing cancels out, a missing row shows, and no row crosses the wire. The order is that of the scan of the primary key; where a
server scanned otherwise, or cut the text at its limit, the digests would differ and the rows be compared one by one: slower, not wrong.
"""

import hashlib

import polars as pl

from parloader.database import sql
from parloader.database.sql import Connection
from parloader.database.view import View

SEPARATOR = ";"


def prepare_session(connection: Connection, text_bytes: int) -> None:
    """Lets the server join texts of that many bytes in this session (bound by its max_allowed_packet too)."""
    sql.execute(connection, "SET SESSION group_concat_max_len = %s", text_bytes)


def on_server(connection: Connection, view: View, first: int, last: int) -> tuple[int, str]:
    """(rows, digest) of the rows of a view with an integer key, those with keys `first` … `last`."""
    key = sql.quote(str(view.key))
    count, digest = sql.row(
        connection,
        f"""SELECT COUNT(*), SHA2(COALESCE(GROUP_CONCAT(CONCAT_WS(',', {", ".join(view.expressions)}) SEPARATOR '{SEPARATOR}'), ''), 256)
            FROM {sql.quote(view.table)} FORCE INDEX (PRIMARY) WHERE {key} BETWEEN %s AND %s""",
        first,
        last,
    )
    return count, digest


def of_texts(texts: pl.Series) -> str:
    """The digest that the server gives for rows with these texts."""
    return hashlib.sha256((texts.str.join(SEPARATOR).item() or "").encode()).hexdigest()


def rows_by_key(connection: Connection, view: View, first: int, last: int) -> dict[int, tuple[str, ...]]:
    """The texts of each column of the rows with keys `first` … `last`, of a view with an integer key."""
    key = sql.quote(str(view.key))
    found = sql.rows(connection, f"SELECT {key}, {_texts(view)} FROM {sql.quote(view.table)} WHERE {key} BETWEEN %s AND %s", first, last)
    return {k: tuple(texts) for k, *texts in found}


def rows_where(connection: Connection, view: View, condition: str) -> tuple[tuple[str, ...], ...]:
    """The texts of each column of the rows for which the condition (of loading/identity.py) is true."""
    return sql.rows(connection, f"SELECT {_texts(view)} FROM {sql.quote(view.table)} WHERE {condition}")


def _texts(view: View) -> str:
    return ", ".join(f"CONCAT({expression})" for expression in view.expressions)
