"""One worker of clean: deletes index ranges, chunk by chunk, each with its part of the ledger in one transaction."""

import time
from dataclasses import dataclass, replace
from functools import partial

from parloader.database import control, ledger, sql
from parloader.database.connect import Target
from parloader.database.sql import Connection
from parloader.loading import meter
from parloader.loading.executor import Link
from parloader.loading.session import Piece, Session
from parloader.plans.model import Keys
from parloader.plans.partition import Partition, batches

# A transaction: short enough for others to get a word in (0.2 s or so). Of larger ones there are fewer, and the server's purge, which
# takes the deleted rows apart after each commit, gets less into the way: 10,000 take 7 % longer, 100,000 are hardly quicker
CHUNK_ROWS = 25_000


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
        for partition in partitions:
            for chunk in batches(partition, lambda: CHUNK_ROWS):
                if not self._remove(session, link, chunk, partition):
                    session.close()
                    return
        session.close()

    def _remove(self, session: Session, link: Link, chunk: Partition, partition: Partition) -> bool:
        begun = time.perf_counter()
        if not link.may_go_on() or not session.transact(Piece("deleting from", self.table, chunk, partition), partial(self._delete, chunk)):
            return False
        link.send(meter.batch_done(self.worker, self.table, chunk, write_seconds=time.perf_counter() - begun))
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
