"""One worker of clean: deletes index ranges, chunk by chunk, each with its part of the ledger in one transaction."""

import math
import time
from dataclasses import dataclass, replace
from functools import partial

from parloader.database import control, ledger, sql
from parloader.database.connect import Target
from parloader.database.sql import Connection
from parloader.loading import meter
from parloader.loading.batching import AutoBatch, Sizer
from parloader.loading.executor import Link
from parloader.loading.pacing import Pace
from parloader.loading.session import Piece, Session
from parloader.plans.model import Keys
from parloader.plans.partition import Partition, batches

# A packet's size is no bound for a chunk: its statements are short, however many rows they delete
NO_BYTES, NO_BOUND_BYTES = 0, 2**60


@dataclass(frozen=True, kw_only=True)
class RemoveTask:
    """What one worker deletes: the rows of `table` with these indices, by the primary key `key`.

    `restarts`: how often a fresh worker may take it up; `taken_up`: one has, so that a part of it may be gone.
    """

    worker: int
    target: Target
    run_id: int
    table: str
    key: str
    keys: Keys
    partitions: tuple[Partition, ...]
    retry_seconds: float
    token: int
    chunk: AutoBatch
    most_rows_per_second: float = math.inf
    restarts: int = 0
    taken_up: bool = False

    def __str__(self) -> str:
        return f"{self.table}, {', '.join(map(str, self.partitions))}"

    def again(self, worker: int) -> "RemoveTask | None":
        return replace(self, worker=worker, restarts=self.restarts - 1, taken_up=True) if self.restarts else None

    def run(self, link: Link) -> None:
        session = Session(link, self.worker, self.target, self.retry_seconds)
        link.send(meter.started(self.worker))
        partitions = self._left(session) if self.taken_up else self.partitions
        sizer, pace = self.chunk.sizer(NO_BOUND_BYTES), Pace(self.most_rows_per_second)
        for partition in partitions:
            for chunk in batches(partition, lambda: pace.cut(sizer.rows)):
                if not link.may_go_on(pace.rest_seconds()) or not self._remove(session, link, chunk, partition, sizer, pace):
                    session.close()
                    return
        session.close()

    def _remove(self, session: Session, link: Link, chunk: Partition, partition: Partition, sizer: Sizer, pace: Pace) -> bool:
        pace.note(chunk.rows)
        begun = time.perf_counter()
        if not session.transact(Piece("deleting from", self.table, chunk, partition), partial(self._delete, chunk)):
            return False
        seconds = time.perf_counter() - begun
        sizer.note(chunk.rows, seconds, NO_BYTES)
        link.send(meter.batch_done(self.worker, self.table, chunk, write_seconds=seconds))
        return True

    def _left(self, session: Session) -> tuple[Partition, ...]:
        """What the dead worker has not deleted."""
        left: list[Partition] = []

        def look(connection: Connection) -> None:
            left[:] = ledger.committed(connection, self.run_id, self.table, self.partitions)

        whole = Partition(self.partitions[0].start, self.partitions[-1].stop)
        session.transact(Piece("looking for what is left of", self.table, whole), look)
        return tuple(left)

    def _delete(self, chunk: Partition, connection: Connection) -> None:
        control.require_current(connection, self.token)
        ledger.forget(connection, self.run_id, self.table, chunk)
        delete(connection, self.table, self.key, self.keys.ranges(chunk))


def delete(connection: Connection, table: str, key: str, key_ranges: tuple[tuple[int, int], ...]) -> None:
    """Deletes the rows with these keys, in the caller's transaction."""
    for key_range in key_ranges:
        sql.execute(connection, f"DELETE FROM {sql.quote(table)} WHERE {sql.within(key, (key_range,))}")
