"""One worker of clean: deletes index ranges, or undoes the second pass in them, chunk by chunk, each with its part of the ledger in one transaction."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from parloader.database import control, ledger, sql
from parloader.database.connect import Target
from parloader.database.sql import Connection
from parloader.loading import meter
from parloader.loading.batching import AutoBatch, Sizer
from parloader.loading.executor import Link
from parloader.loading.generate import generate
from parloader.loading.identity import delete as delete_by_identity
from parloader.loading.pacing import Pace
from parloader.loading.session import Piece, Session
from parloader.loading.updating import Update
from parloader.plans.model import Plan, Rows
from parloader.plans.partition import Partition, batches
from parloader.plans.passes import Pass, pass_name
from parloader.plans.shape import Column

# A packet's size is no bound for a chunk: its statements are short, however many rows they delete
NO_BYTES, NO_BOUND_BYTES = 0, 2**60


@dataclass(frozen=True, kw_only=True)
class RemoveTask:
    """What one worker deletes: the rows of a table of the plan with these indices. `update`: they stay, and these columns become NULL again.

    `restarts`: how often a fresh worker may take it up; `taken_up`: one has, so that a part of it may be gone.
    """

    worker: int
    target: Target
    run_id: int
    plan: Plan
    name: str
    rows: Mapping[str, Rows]
    identity: tuple[Column, ...]
    partitions: tuple[Partition, ...]
    retry_seconds: float
    token: int
    chunk: AutoBatch
    most_rows_per_second: float = math.inf
    restarts: int = 0
    taken_up: bool = False
    update: Update | None = None

    @property
    def ledger_name(self) -> str:
        """What the ledger calls the batches that go."""
        return pass_name(self.name, Pass.FIRST if self.update is None else Pass.SECOND)

    def __str__(self) -> str:
        return f"{self.name}, {', '.join(map(str, self.partitions))}"

    def again(self, worker: int) -> "RemoveTask | None":
        return replace(self, worker=worker, restarts=self.restarts - 1, taken_up=True) if self.restarts else None

    def run(self, link: Link) -> None:
        session = Session(link, self.worker, self.target, self.retry_seconds)
        link.send(meter.started(self.worker))
        partitions = self._left(session) if self.taken_up else self.partitions
        sizer, pace = self.chunk.sizer(NO_BOUND_BYTES), Pace(self.most_rows_per_second)
        for partition in reversed(partitions):
            for chunk in self._chunks(partition, lambda: pace.cut(sizer.rows)):
                if not link.may_go_on(pace.rest_seconds()) or not self._remove(session, link, chunk, partition, sizer, pace):
                    session.close()
                    return
        session.close()

    def _chunks(self, partition: Partition, next_rows: Callable[[], int]) -> Iterator[Partition]:
        """From the last row on where later rows point at earlier ones."""
        if partition.start >= self.plan.table(self.name).roots.stop:
            yield from batches(partition, next_rows)
            return
        stop = partition.stop
        while stop > partition.start:
            start = max(partition.start, stop - next_rows())
            yield Partition(start, stop)
            stop = start

    def _remove(self, session: Session, link: Link, chunk: Partition, partition: Partition, sizer: Sizer, pace: Pace) -> bool:
        pace.note(chunk.rows)
        begun = time.perf_counter()
        piece = Piece("deleting from" if self.update is None else "undoing the second pass of", self.name, chunk, partition)
        if not session.transact(piece, partial(self._take_back, chunk)):
            return False
        seconds = time.perf_counter() - begun
        sizer.note(chunk.rows, seconds, NO_BYTES)
        link.send(meter.batch_done(self.worker, self.name, chunk, write_seconds=seconds))
        return True

    def _left(self, session: Session) -> tuple[Partition, ...]:
        """What the dead worker has not deleted."""
        left: list[Partition] = []

        def look(connection: Connection) -> None:
            left[:] = ledger.committed(connection, self.run_id, self.ledger_name, self.partitions)

        whole = Partition(self.partitions[0].start, self.partitions[-1].stop)
        session.transact(Piece("looking for what is left of", self.name, whole), look)
        return tuple(left)

    def _take_back(self, chunk: Partition, connection: Connection) -> None:
        control.require_current(connection, self.token)
        ledger.forget(connection, self.run_id, self.ledger_name, chunk)
        if self.update is not None:
            self.update.undo(connection, self.plan, self.rows, chunk)
        else:
            delete(connection, self.plan, self.name, self.rows, self.identity, chunk)


def delete(connection: Connection, plan: Plan, name: str, rows: Mapping[str, Rows], identity: tuple[Column, ...], part: Partition) -> None:
    """Deletes these rows of a table, in the caller's transaction: those that others of them may point at last.

    `identity`: the columns by which they are found where the run assigned no keys. WriteFailed where these find more rows than ours.
    """
    table, keys = plan.table(name), rows[name].keys
    if table.key is not None and keys is not None:
        last_first = f"ORDER BY {sql.quote(table.key)} DESC" if table.roots.rows else ""
        for key_range in reversed(keys.ranges(part)):
            sql.execute(connection, f"DELETE FROM {sql.quote(name)} WHERE {sql.within(table.key, (key_range,))} {last_first}")
        return
    frame = generate(plan, table.after(Pass.FIRST), part, rows)
    pieces = frame.reverse().iter_slices(1) if part.start < table.roots.stop else (frame,)
    for piece in pieces:
        delete_by_identity(connection, name, identity, piece)
