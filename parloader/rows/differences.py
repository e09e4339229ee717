"""Compares rows of a table with the generated ones."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import polars as pl

from parloader.database.driver import Connection
from parloader.rows import server_text
from parloader.rows.equivalent_texts import is_equivalent, unquoted
from parloader.rows.lookup import LOOKUP_ROWS, ExpectedAndActual, conditions_by_key, find_rows
from parloader.rows.server_text import RowText, as_server_text, rows_as_text


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A row that differs from the plan."""

    kind: str  # missing, extra or different
    table: str
    key: int | str  # the integer key, or the row key's values separated by slashes
    columns: tuple[tuple[str, str, str], ...] = ()  # (column, expected, found)


# Differences per kind that are reported in full; all are counted
MAX_SHOWN = 10

MAX_SHOWN_CHARACTERS = 60


def differences(connection: Connection, view: RowText, frame: pl.DataFrame, max_text_bytes: int, *, lock: str = "") -> Iterator[Difference]:
    """The rows in which the table differs from the frame, which has the view's columns, in the order of their keys.

    Digests are compared first, and rows only if these differ. `max_text_bytes`: the longest text that the server can join for a digest.
    `lock`: see server_text.FOR_UPDATE.
    """
    server_text.prepare_session(connection, max_text_bytes)
    compared = _by_row_key if view.key is None else _by_key
    yield from compared(connection, view, frame, max_text_bytes, lock)


def _by_row_key(connection: Connection, view: RowText, frame: pl.DataFrame, max_text_bytes: int, lock: str) -> Iterator[Difference]:
    in_order = rows_as_text(frame, view.identity_columns).arg_sort()
    frame, row_texts = frame[in_order], rows_as_text(frame, view.columns).gather(in_order)
    fits = LOOKUP_ROWS * (int(row_texts.str.len_bytes().max() or 0) + 1) <= max_text_bytes  # type: ignore[arg-type]
    texts = iter(row_texts.to_list())
    for piece, condition in conditions_by_key(frame, view.identity_columns):
        expected = (piece.height, server_text.digest_of_texts(islice(texts, piece.height)))
        if not fits or server_text.digest_where(connection, view, condition, lock=lock) != expected:
            yield from differing(view, find_rows(connection, view, piece, lock=lock))


def _by_key(connection: Connection, view: RowText, frame: pl.DataFrame, max_text_bytes: int, lock: str) -> Iterator[Difference]:
    key = str(view.key)
    for piece, texts in _pieces(frame, rows_as_text(frame, view.columns), max_text_bytes):
        first, last = piece[key][0], piece[key][-1]
        ordered = last - first == piece.height - 1
        digest = server_text.digest_by_key(connection, view, first, last, lock=lock) if ordered else None
        if digest != (piece.height, server_text.digest_of_texts(texts.to_list())):
            yield from differing(view, _read_by_key(connection, view, piece, key, lock=lock))


def _pieces(frame: pl.DataFrame, texts: pl.Series, max_text_bytes: int) -> Iterator[tuple[pl.DataFrame, pl.Series]]:
    """Splits the frame and its rows' texts into pieces whose text the server can join."""
    text_bytes = int(texts.str.len_bytes().sum()) + frame.height
    if frame.height <= 1 or text_bytes <= max_text_bytes:
        yield frame, texts
    else:
        half = frame.height // 2
        yield from _pieces(frame.head(half), texts.head(half), max_text_bytes)
        yield from _pieces(frame.tail(-half), texts.tail(-half), max_text_bytes)


def _read_by_key(connection: Connection, view: RowText, frame: pl.DataFrame, key: str, *, lock: str) -> Iterator[ExpectedAndActual]:
    keys = frame[key].to_list()
    existing = server_text.rows_by_key(connection, view, min(keys), max(keys), lock=lock)
    expected = frame.select(as_server_text(frame, view.columns)).iter_rows()
    return ((texts, existing.get(k)) for k, texts in zip(keys, expected, strict=True))


def differing(view: RowText, pairs: Iterable[ExpectedAndActual]) -> Iterator[Difference]:
    """The rows that are missing or have other values than expected."""
    columns = [column.name for column in view.columns]
    for expected, actual in pairs:
        if actual == expected:
            continue
        key = _key(view, dict(zip(columns, expected, strict=True)))
        if actual is None:
            yield Difference(kind="missing", table=view.table, key=key)
        elif different := tuple(
            (column.name, _shortened(one), _shortened(other))
            for column, one, other in zip(view.columns, expected, actual, strict=True)
            if one != other and not is_equivalent(column, one, other)
        ):
            yield Difference(kind="different", table=view.table, key=key, columns=different)


def _key(view: RowText, texts: Mapping[str, str]) -> int | str:
    return int(texts[view.key]) if view.key is not None else "/".join(unquoted(texts[name]) for name in view.identity)


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_SHOWN_CHARACTERS else f"{text[: MAX_SHOWN_CHARACTERS - 3]}…'"
