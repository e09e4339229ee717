"""One worker of clean: deletes index ranges, or undoes the second pass in them; each batch leaves the ledger in the same transaction."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from parloader.database.driver import Connection
from parloader.ledger import control, recorded_batches
from parloader.plans.row_ranges import IndexRange
from parloader.rows.deletion import Deletion
from parloader.rows.lookup import SCAN_ROWS
from parloader.workers.batching import AutoBatch, Pace
from parloader.workers.executor import SMALL_DELETION_ROWS, WorkerChannel
from parloader.workers.self_references import deletion_batches
from parloader.workers.tasks.base import BatchWork, LedgerTask, run_batches
from parloader.workers.transactions import RetryingConnection, WorkItem

# The packet size does not bound these batches: their statements are short, however many rows they delete
NO_BYTES, NO_BOUND_BYTES = 0, 2**60


@dataclass(frozen=True, kw_only=True)
class DeleteTask(LedgerTask):
    """What one worker deletes: the rows themselves, or the values that the second pass has set in them."""

    deletion: Deletion
    token: int  # of the lease
    chunk: AutoBatch

    @property
    def is_small(self) -> bool:
        return self.row_count <= SMALL_DELETION_ROWS

    def run(self, channel: WorkerChannel) -> None:
        pace = Pace(lambda: self.max_rows_per_second * channel.share)
        with closing(RetryingConnection(channel, self.worker, self.target, self.retry_seconds)) as connection:
            run_batches(channel, self.worker, connection, self.claimed(channel, connection)._batches(connection, pace), pace)

    def _batches(self, connection: RetryingConnection, pace: Pace) -> Iterator[BatchWork]:
        sizer = self.chunk.sizer(NO_BOUND_BYTES)
        indexed = self.deletion.view.indexed  # if not, each batch reads the entire table, so smaller ones would save no time
        doing = "deleting from" if self.update is None else "undoing the second pass of"
        partitions = self.committed_ranges(connection, recorded_batches.committed_parts) if self.is_retry else self.partitions
        for partition in reversed(partitions):
            for batch in deletion_batches(self.table, self.current_pass, partition, lambda: pace.cut(sizer.rows if indexed else SCAN_ROWS)):
                yield BatchWork(
                    WorkItem(doing, self.name, batch, partition),
                    partial(self._delete, batch),
                    on_commit=partial(sizer.note, batch.rows, size_bytes=NO_BYTES),
                )

    def _delete(self, batch: IndexRange, connection: Connection) -> None:
        control.require_current(connection, self.token, self.slot, self.execution)
        for left in reversed(recorded_batches.forget(connection, self.run_id, self.ledger_name, batch)):
            part = self.deletion.of(left)
            part.lock(connection, self.current_pass)
            part.require_unreferenced(connection, self.current_pass)
            if self.update is None:
                part.delete(connection)
            else:
                self.update.undo(connection, self.plan, self.rows, left)
                part.require_same_table(connection)
