"""The frozen messages that a worker sends to the parent process. Times are seconds, measured inside the worker."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from parloader.database.driver import Connection
from parloader.rows import server_text
from parloader.rows.lookup import ExpectedAndActual, find_rows
from parloader.rows.server_text import RowText, as_server_text, rows_as_text
from parloader.schema.model import ColumnSchema, ColumnType


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A row that is not as the plan says. `kind` is missing, extra or different; `columns` has (column, expected, found).

    `key`: the integer one, or the values by which the row is found, with slashes between.
    """

    kind: str
    table: str
    key: int | str
    columns: tuple[tuple[str, str, str], ...] = ()


REAL_TOLERANCE = 1e-14

MAX_SHOWN = 10  # differences of a kind that are handed on in full; all are counted


def differences(connection: Connection, view: RowText, frame: pl.DataFrame, max_text_bytes: int) -> Iterator[Difference]:
    """Where the table is not as the frame, which has the view's columns. `max_text_bytes`: what the server can join at most."""
    if view.key is None:
        yield from differing(view, find_rows(connection, view, frame))
        return
    server_text.prepare_session(connection, max_text_bytes)
    for piece, texts in _pieces(frame, rows_as_text(frame, view.columns), max_text_bytes):
        first, last = piece[view.key][0], piece[view.key][-1]
        ordered = last - first == piece.height - 1
        if not ordered or server_text.server_digest(connection, view, first, last) != (piece.height, server_text.digest_of_texts(texts)):
            yield from differing(view, _by_key(connection, view, piece, view.key))


def _pieces(frame: pl.DataFrame, texts: pl.Series, max_text_bytes: int) -> Iterator[tuple[pl.DataFrame, pl.Series]]:
    """The frame and its rows' texts in pieces whose text the server can join."""
    text_bytes = int(texts.str.len_bytes().sum()) + frame.height
    if frame.height <= 1 or text_bytes <= max_text_bytes:
        yield frame, texts
    else:
        half = frame.height // 2
        yield from _pieces(frame.head(half), texts.head(half), max_text_bytes)
        yield from _pieces(frame.tail(-half), texts.tail(-half), max_text_bytes)


def _by_key(connection: Connection, view: RowText, frame: pl.DataFrame, key: str) -> Iterator[ExpectedAndActual]:
    keys = frame[key].to_list()
    there = server_text.rows_by_key(connection, view, min(keys), max(keys))
    wanted = frame.select(as_server_text(frame, view.columns)).iter_rows()
    return ((texts, there.get(k)) for k, texts in zip(keys, wanted, strict=True))


def differing(view: RowText, pairs: Iterable[ExpectedAndActual]) -> Iterator[Difference]:
    """The rows that are missing, or have other values than they should."""
    columns = [column.name for column in view.columns]
    for wanted, have in pairs:
        if have == wanted:
            continue
        key = _key(view, dict(zip(columns, wanted, strict=True)))
        if have is None:
            yield Difference(kind="missing", table=view.table, key=key)
        elif different := tuple(
            (column.name, _shown(want), _shown(found))
            for column, want, found in zip(view.columns, wanted, have, strict=True)
            if want != found and not _same(column, want, found)
        ):
            yield Difference(kind="different", table=view.table, key=key, columns=different)


def _key(view: RowText, texts: Mapping[str, str]) -> int | str:
    return int(texts[view.key]) if view.key is not None else "/".join(_inside(texts[name]) for name in view.identity)


def _inside(text: str) -> str:
    """What a quoted literal says; another as it is."""
    return text[1:-1].replace("''", "'").replace("\\\\", "\\") if text.startswith("'") else text


def _shown(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…'"


def _same(column: ColumnSchema, one: str, other: str) -> bool:
    """Whether two literals that differ mean the same."""
    if "NULL" in (one, other):
        return False
    match column.kind:
        case ColumnType.JSON:
            return _same_json(_inside(one), _inside(other))
        case ColumnType.REAL:  # MySQL cuts a number's last digits rather than write more than 22 characters
            return math.isclose(float(one), float(other), rel_tol=REAL_TOLERANCE)
        case _:
            return False


def _same_json(one: str, other: str) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:  # somebody dropped MariaDB's CHECK, and wrote what is none
        return False
