"""The floor: the same rows with nothing left for a client to do. What a writer can be measured against, on the very server."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from parloader.database.driver import Connection
from parloader.generation.frames import generate
from parloader.plans.row_ranges import IndexRange, batches
from parloader.rows.writers import LoadDataWriter, copy_rows
from parloader.workers.batching import FixedBatch
from parloader.workers.events import batch_done, started
from parloader.workers.executor import WorkerChannel
from parloader.workers.tasks.load import LoadTask
from parloader.workers.transactions import RetryingConnection, WorkItem


class BaselineName(StrEnum):
    INSERT_SELECT = "insert-select"
    READY_FILES = "ready-files"


@dataclass(frozen=True, kw_only=True)
class BaselineTask:
    """The partitions of `like`, from the table `source` on the server (INSERT … SELECT), or by LOAD DATA of content made before the start."""

    template: LoadTask
    baseline: BaselineName
    source: str

    @property
    def worker(self) -> int:
        return self.template.worker

    def __str__(self) -> str:
        return str(self.template)

    def reassigned_to(self, worker: int) -> None:
        """Nobody takes it up: it would not be measured alike."""

    def run(self, link: WorkerChannel) -> None:
        writes = list(self._writes())
        like = self.template
        session = RetryingConnection(
            link, like.worker, like.target, like.retry_seconds, local_infile=self.baseline is BaselineName.READY_FILES
        )
        link.send(started(like.worker))
        for batch, write in writes:
            begun = time.perf_counter()
            if not link.wait_for_turn() or not session.run_transaction(WorkItem("writing", like.table.name, batch), write):
                break
            link.send(batch_done(like.worker, like.table.name, batch, write_seconds=time.perf_counter() - begun))
        session.close()

    def _writes(self) -> Iterator[tuple[IndexRange, Callable[[Connection], None]]]:
        like = self.template
        writer = LoadDataWriter(table=like.table.name)
        assert isinstance(like.batch, FixedBatch)
        rows = like.batch.rows
        for partition in like.partitions:
            for batch in batches(partition, lambda: rows):
                if self.baseline is BaselineName.READY_FILES:
                    rendered = writer.render(generate(like.plan, like.table, batch, like.rows))
                    yield batch, lambda connection, rendered=rendered: writer.write(connection, rendered)  # type: ignore[misc]
                else:
                    yield batch, partial(self._select, batch)

    def _select(self, batch: IndexRange, connection: Connection) -> None:
        table = self.template.table
        keys = self.template.rows[table.name].keys
        assert keys is not None  # the built-in plan assigns them
        for key_range in keys.ranges(batch):
            copy_rows(connection, self.source, table, key_range)
