"""One worker of a comparison (verify; clean before it deletes): regenerates index ranges and compares them with the database, by checksums; row by row only where they differ."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import polars as pl

from parloader.database import checksum
from parloader.database.connect import Target
from parloader.database.sql import Connection
from parloader.loading import meter
from parloader.loading.events import Difference, Differs
from parloader.loading.executor import Link
from parloader.loading.generate import generate
from parloader.loading.render import literals, row_texts
from parloader.loading.session import Piece, Session
from parloader.plans.model import Keys, Table
from parloader.plans.partition import Partition, batches

COMPARED_ROWS = 10_000  # at a time: the text of one comparison stays under a megabyte or so
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
        return "; ".join(f"{share.table.name}, {', '.join(map(str, share.partitions))}" for share in self.shares)

    def again(self, worker: int) -> None:
        """Nobody takes it up: what the dead worker has said of its last comparison is unknown."""

    def run(self, link: Link) -> None:
        session = Session(link, self.worker, self.target, self.retry_seconds)
        link.send(meter.started(self.worker))
        for share, batch in self._batches():
            if not link.may_go_on() or not self._compare(session, link, share, batch):
                break
        session.close()

    def _batches(self) -> "Iterator[tuple[Share, Partition]]":
        for share in self.shares:
            for partition in share.partitions:
                for batch in batches(partition, lambda: COMPARED_ROWS):
                    yield share, batch

    def _compare(self, session: Session, link: Link, share: "Share", batch: Partition) -> bool:
        begun = time.perf_counter()
        frame = generate(share.table, batch, share.keys)
        generate_seconds = time.perf_counter() - begun
        found: list[Difference] = []
        differences = partial(share.differences, frame, self.max_text_bytes, found)
        if not session.transact(Piece("verifying", share.table.name, batch), differences):
            return False
        if found:
            missing = [d for d in found if d.kind == "missing"]
            different = [d for d in found if d.kind == "different"]
            link.send(
                Differs(
                    worker=self.worker,
                    table=share.table.name,
                    differences=(*missing[:SHOWN], *different[:SHOWN]),
                    missing=len(missing),
                    different=len(different),
                )
            )
        link.send(
            meter.batch_done(
                self.worker,
                share.table.name,
                batch,
                write_seconds=time.perf_counter() - begun - generate_seconds,
                generate_seconds=generate_seconds,
            )
        )
        return True


@dataclass(frozen=True, kw_only=True)
class Share:
    """Index ranges of a table, which the server shows through `view`. `keys` has those of the table and of its parents."""

    table: Table
    keys: Mapping[str, Keys]
    partitions: tuple[Partition, ...]
    view: checksum.View

    def differences(self, frame: pl.DataFrame, max_text_bytes: int, found: list[Difference], connection: Connection) -> None:
        """Appends what differs from the frame to `found` (emptied first: this may be a second attempt)."""
        found.clear()
        checksum.prepare_session(connection, max_text_bytes)
        for piece, texts in self._pieces(frame, self._texts(frame), max_text_bytes):
            first, last = piece[self.table.key][0], piece[self.table.key][-1]
            ordered = last - first == piece.height - 1
            if not ordered or checksum.on_server(connection, self.view, first, last) != (piece.height, checksum.of_texts(texts)):
                found += self._row_by_row(connection, piece)

    def _pieces(self, frame: pl.DataFrame, texts: pl.Series, max_text_bytes: int) -> Iterator[tuple[pl.DataFrame, pl.Series]]:
        """The frame and its rows' texts in pieces whose text the server can join."""
        text_bytes = int(texts.str.len_bytes().sum()) + frame.height
        if frame.height <= 1 or text_bytes <= max_text_bytes:
            yield frame, texts
        else:
            half = frame.height // 2
            yield from self._pieces(frame.head(half), texts.head(half), max_text_bytes)
            yield from self._pieces(frame.tail(-half), texts.tail(-half), max_text_bytes)

    def _texts(self, frame: pl.DataFrame) -> pl.Series:
        return row_texts(frame, backslash_escapes=True, fraction_digits=self.view.fraction_digits)

    def _row_by_row(self, connection: Connection, frame: pl.DataFrame) -> Iterator[Difference]:
        expected = frame.select(literals(frame, backslash_escapes=True, fraction_digits=self.view.fraction_digits))
        keys = frame[self.table.key].to_list()
        there = checksum.rows_by_key(connection, self.view, min(keys), max(keys))
        for key, wanted in zip(keys, expected.iter_rows(), strict=True):
            if key not in there:
                yield Difference(kind="missing", table=self.table.name, key=key)
            elif columns := tuple(
                (name, _shown(want), _shown(have))
                for name, want, have in zip(frame.columns, wanted, there[key], strict=True)
                if want != have and not (name in self.view.json_columns and _same_json(want, have))
            ):
                yield Difference(kind="different", table=self.table.name, key=key, columns=columns)


def _shown(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…'"


def _same_json(one: str, other: str) -> bool:
    """Both are literals: '…' with quotes and backslashes doubled."""

    def parsed(text: str) -> object:
        return json.loads(text[1:-1].replace("''", "'").replace("\\\\", "\\")) if text.startswith("'") else None

    return parsed(one) == parsed(other)
