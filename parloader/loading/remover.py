"""One worker of clean: deletes index ranges, chunk by chunk, each with its part of the ledger in one transaction."""

import time
from dataclasses import dataclass
from functools import partial

from parloader.database import ledger, sql
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
    """What one worker deletes: the rows of `table` with these indices, by the primary key `key`."""

    worker: int
    target: Target
    run_id: int
    table: str
    key: str
    keys: Keys
    partitions: tuple[Partition, ...]
    retry_seconds: float

    def __str__(self) -> str:
        return f"{self.table}, {', '.join(map(str, self.partitions))}"

    def run(self, link: Link) -> None:
        session = Session(link, self.worker, self.target, self.retry_seconds)
        link.send(meter.started(self.worker))
        for chunk in (chunk for partition in self.partitions for chunk in batches(partition, lambda: CHUNK_ROWS)):
            begun = time.perf_counter()
            if link.stopping or not session.transact(Piece("deleting from", self.table, chunk), partial(self._delete, chunk)):
                break
            link.send(meter.batch_done(self.worker, self.table, chunk, write_seconds=time.perf_counter() - begun))
        session.close()

    def _delete(self, chunk: Partition, connection: Connection) -> None:
        ledger.forget(connection, self.run_id, self.table, chunk)
        delete(connection, self.table, self.key, self.keys.ranges(chunk))


def delete(connection: Connection, table: str, key: str, key_ranges: tuple[tuple[int, int], ...]) -> None:
    """Deletes the rows with these keys, in the caller's transaction."""
    for key_range in key_ranges:
        sql.execute(connection, f"DELETE FROM {sql.quote(table)} WHERE {sql.within(key, (key_range,))}")
