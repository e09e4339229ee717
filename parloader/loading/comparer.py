"""One worker of a comparison (verify; clean before it deletes): regenerates index ranges and compares them with the database, by checksums; row by row only where they differ."""

import json
import math
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from parloader.database import checksum
from parloader.database.connect import Target
from parloader.database.sql import Connection
from parloader.database.view import View
from parloader.loading import identity, meter
from parloader.loading.events import Difference, Differs
from parloader.loading.executor import Link
from parloader.loading.generate import Generation
from parloader.loading.session import Piece, Session
from parloader.loading.shown import literals, row_texts
from parloader.plans.model import Plan, Rows
from parloader.plans.partition import Partition, batches
from parloader.plans.passes import Pass
from parloader.plans.shape import Column, Kind

COMPARED_ROWS = 10_000  # at a time: the text of one comparison stays under a megabyte or so
REAL_TOLERANCE = 1e-14
SHOWN = 10  # differences of a kind that are handed on in full; all are counted


@dataclass(frozen=True, kw_only=True)
class CompareTask:
    """What one worker compares."""

    worker: int
    target: Target
    shares: "tuple[Share, ...]"
    max_text_bytes: int
    retry_seconds: float

    @property
    def rows(self) -> int:
        return sum(partition.rows for share in self.shares for partition in share.partitions)

    def __str__(self) -> str:
        return "; ".join(f"{share.name}, {', '.join(map(str, share.partitions))}" for share in self.shares)

    def again(self, worker: int) -> None:
        """Nobody takes it up: what the dead worker has said of its last comparison is unknown."""

    def run(self, link: Link) -> None:
        session = Session(link, self.worker, self.target, self.retry_seconds)
        link.send(meter.started(self.worker))
        for share, made, batch in self._batches():
            if not link.may_go_on() or not self._compare(session, link, share, made, batch):
                break
        session.close()

    def _batches(self) -> "Iterator[tuple[Share, Generation, Partition]]":
        for share in self.shares:
            made = Generation(share.plan, share.plan.table(share.name).after(share.last), share.rows)
            for partition in share.partitions:
                for batch in batches(partition, lambda: COMPARED_ROWS):
                    yield share, made, batch

    def _compare(self, session: Session, link: Link, share: "Share", made: Generation, batch: Partition) -> bool:
        begun = time.perf_counter()
        frame = made.frame(batch).select([column.name for column in share.view.columns])
        generate_seconds = time.perf_counter() - begun
        found: list[Difference] = []

        def compare(connection: Connection) -> None:
            found[:] = differences(connection, share.view, frame, self.max_text_bytes)

        if not session.transact(Piece("verifying", share.name, batch), compare):
            return False
        if found:
            missing = [d for d in found if d.kind == "missing"]
            different = [d for d in found if d.kind == "different"]
            link.send(
                Differs(
                    worker=self.worker,
                    table=share.name,
                    differences=(*missing[:SHOWN], *different[:SHOWN]),
                    missing=len(missing),
                    different=len(different),
                )
            )
        link.send(
            meter.batch_done(
                self.worker,
                share.name,
                batch,
                write_seconds=time.perf_counter() - begun - generate_seconds,
                generate_seconds=generate_seconds,
            )
        )
        return True


@dataclass(frozen=True, kw_only=True)
class Share:
    """Index ranges of a table of the plan, which the server shows through `view`. `rows` has those of all tables; `last` is the last pass that
    these rows have seen."""

    plan: Plan
    name: str
    rows: Mapping[str, Rows]
    partitions: tuple[Partition, ...]
    view: View
    last: Pass = Pass.FIRST


def differences(connection: Connection, view: View, frame: pl.DataFrame, max_text_bytes: int) -> Iterator[Difference]:
    """Where the table is not as the frame, which has the view's columns. `max_text_bytes`: what the server can join at most."""
    if view.key is None:
        yield from differing(view, identity.lookup(connection, view, frame))
        return
    checksum.prepare_session(connection, max_text_bytes)
    for piece, texts in _pieces(frame, row_texts(frame, view.columns), max_text_bytes):
        first, last = piece[view.key][0], piece[view.key][-1]
        ordered = last - first == piece.height - 1
        if not ordered or checksum.on_server(connection, view, first, last) != (piece.height, checksum.of_texts(texts)):
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


def _by_key(connection: Connection, view: View, frame: pl.DataFrame, key: str) -> Iterator[identity.Pair]:
    keys = frame[key].to_list()
    there = checksum.rows_by_key(connection, view, min(keys), max(keys))
    wanted = frame.select(literals(frame, view.columns)).iter_rows()
    return ((texts, there.get(k)) for k, texts in zip(keys, wanted, strict=True))


def differing(view: View, pairs: Iterable[identity.Pair]) -> Iterator[Difference]:
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


def _key(view: View, texts: Mapping[str, str]) -> int | str:
    return int(texts[view.key]) if view.key is not None else "/".join(_inside(texts[name]) for name in view.identity)


def _inside(text: str) -> str:
    """What a quoted literal says; another as it is."""
    return text[1:-1].replace("''", "'").replace("\\\\", "\\") if text.startswith("'") else text


def _shown(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…'"


def _same(column: Column, one: str, other: str) -> bool:
    """Whether two literals that differ mean the same."""
    if "NULL" in (one, other):
        return False
    match column.kind:
        case Kind.JSON:
            return _same_json(_inside(one), _inside(other))
        case Kind.REAL:  # MySQL cuts a number's last digits rather than write more than 22 characters
            return math.isclose(float(one), float(other), rel_tol=REAL_TOLERANCE)
        case _:
            return False


def _same_json(one: str, other: str) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:  # somebody dropped MariaDB's CHECK, and wrote what is none
        return False
