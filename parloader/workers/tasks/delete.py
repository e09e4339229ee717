"""One worker of clean: deletes index ranges, or undoes the second pass in them, chunk by chunk, each with its part of the ledger in one transaction."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from parloader.database.driver import Connection
from parloader.database.target import Target
from parloader.ledger import control, store
from parloader.ledger.run import pass_name
from parloader.plans.model import Pass, Plan
from parloader.plans.row_ranges import IndexRange, RowAllocation, batches
from parloader.rows.lookup import delete_rows
from parloader.rows.writers import DeferredUpdate
from parloader.schema.model import ColumnSchema
from parloader.workers.batching import AutoBatch, Pace, Sizer
from parloader.workers.events import batch_done, started
from parloader.workers.executor import WorkerChannel
from parloader.workers.transactions import RetryingConnection, WorkItem

# A packet's size is no bound for a chunk: its statements are short, however many rows they delete
NO_BYTES, NO_BOUND_BYTES = 0, 2**60


@dataclass(frozen=True, kw_only=True)
class DeleteTask:
    """What one worker deletes: the rows of a table of the plan with these indices. `update`: they stay, and these columns become NULL again.

    `restarts`: how often a fresh worker may take it up; `taken_up`: one has, so that a part of it may be gone.
    """

    worker: int
    target: Target
    run_id: int
    plan: Plan
    name: str
    rows: Mapping[str, RowAllocation]
    identity: tuple[ColumnSchema, ...]
    partitions: tuple[IndexRange, ...]
    retry_seconds: float
    token: int
    chunk: AutoBatch
    max_rows_per_second: float = math.inf
    restarts_left: int = 0
    is_retry: bool = False
    update: DeferredUpdate | None = None

    @property
    def ledger_name(self) -> str:
        """What the ledger calls the batches that go."""
        return pass_name(self.name, Pass.FIRST if self.update is None else Pass.SECOND)

    def __str__(self) -> str:
        return f"{self.name}, {', '.join(map(str, self.partitions))}"

    def reassigned_to(self, worker: int) -> "DeleteTask | None":
        return replace(self, worker=worker, restarts_left=self.restarts_left - 1, is_retry=True) if self.restarts_left else None

    def run(self, link: WorkerChannel) -> None:
        session = RetryingConnection(link, self.worker, self.target, self.retry_seconds)
        link.send(started(self.worker))
        partitions = self._left(session) if self.is_retry else self.partitions
        sizer, pace = self.chunk.sizer(NO_BOUND_BYTES), Pace(self.max_rows_per_second)
        for partition in reversed(partitions):
            for chunk in self._chunks(partition, lambda: pace.cut(sizer.rows)):
                if not link.wait_for_turn(pace.rest_seconds()) or not self._remove(session, link, chunk, partition, sizer, pace):
                    session.close()
                    return
        session.close()

    def _chunks(self, partition: IndexRange, next_rows: Callable[[], int]) -> Iterator[IndexRange]:
        """From the last row on where later rows point at earlier ones."""
        if partition.start >= self.plan.table(self.name).root_rows.stop:
            yield from batches(partition, next_rows)
            return
        stop = partition.stop
        while stop > partition.start:
            start = max(partition.start, stop - next_rows())
            yield IndexRange(start, stop)
            stop = start

    def _remove(
        self, session: RetryingConnection, link: WorkerChannel, chunk: IndexRange, partition: IndexRange, sizer: Sizer, pace: Pace
    ) -> bool:
        pace.note(chunk.rows)
        begun = time.perf_counter()
        piece = WorkItem("deleting from" if self.update is None else "undoing the second pass of", self.name, chunk, partition)
        if not session.run_transaction(piece, partial(self._take_back, chunk)):
            return False
        seconds = time.perf_counter() - begun
        sizer.note(chunk.rows, seconds, NO_BYTES)
        link.send(batch_done(self.worker, self.name, chunk, write_seconds=seconds))
        return True

    def _left(self, session: RetryingConnection) -> tuple[IndexRange, ...]:
        """What the dead worker has not deleted."""
        left: list[IndexRange] = []

        def look(connection: Connection) -> None:
            left[:] = store.committed(connection, self.run_id, self.ledger_name, self.partitions)

        whole = IndexRange(self.partitions[0].start, self.partitions[-1].stop)
        session.run_transaction(WorkItem("looking for what is left of", self.name, whole), look)
        return tuple(left)

    def _take_back(self, chunk: IndexRange, connection: Connection) -> None:
        control.require_current(connection, self.token)
        store.forget(connection, self.run_id, self.ledger_name, chunk)
        if self.update is not None:
            self.update.undo(connection, self.plan, self.rows, chunk)
        else:
            delete_rows(connection, self.plan, self.name, self.rows, self.identity, chunk)
