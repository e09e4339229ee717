"""The baseline of bench: writes the same rows with no client work left. Shows the server limit, against which writers are measured."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from parloader.database.driver import Connection
from parloader.generation.frames import RowGenerator
from parloader.ledger.source_table import copy_rows
from parloader.plans.model import Pass
from parloader.plans.row_ranges import IndexRange, batches
from parloader.rows.writer_names import WriterName
from parloader.rows.writers import writer_for
from parloader.workers.batching import FixedBatch, Pace
from parloader.workers.executor import WorkerChannel
from parloader.workers.tasks.base import BatchWork, run_batches
from parloader.workers.tasks.load import LoadTask
from parloader.workers.transactions import RetryingConnection, WorkItem


class BaselineName(StrEnum):
    """How the rows are written."""

    INSERT_SELECT = "insert-select"  # from a table on the server
    READY_FILES = "ready-files"  # LOAD DATA with content generated before the start


@dataclass(frozen=True, kw_only=True)
class BaselineTask:
    """Writes the partitions of a load."""

    template: LoadTask  # the load
    baseline: BaselineName

    @property
    def worker(self) -> int:
        return self.template.worker

    @property
    def is_small(self) -> bool:
        """Never: a thread would be measured differently."""
        return False

    def __str__(self) -> str:
        return str(self.template)

    def reassigned_to(self, worker: int) -> None:
        """Never restarted: its measurement would not be comparable."""

    def run(self, channel: WorkerChannel) -> None:
        prepared = list(self._batches())
        load = self.template
        local_infile = self.baseline is BaselineName.READY_FILES
        with closing(RetryingConnection(channel, load.worker, load.target, load.retry_seconds, local_infile=local_infile)) as connection:
            run_batches(channel, load.worker, connection, prepared, Pace())

    def _batches(self) -> Iterator[BatchWork]:
        load = self.template
        assert isinstance(load.batch, FixedBatch)
        rows = load.batch.rows
        work = self._select if self.baseline is BaselineName.INSERT_SELECT else self._ready_files()
        for partition in load.partitions:
            for batch in batches(partition, lambda: rows):
                yield BatchWork(WorkItem("writing", load.name, batch), work(batch))

    def _select(self, batch: IndexRange) -> Callable[[Connection], None]:
        return partial(copy_rows, table=self.template.table, batch=batch)

    def _ready_files(self) -> Callable[[IndexRange], Callable[[Connection], None]]:
        load = self.template
        writer = writer_for(load.name, load.server, WriterName.LOAD_DATA, number_columns=load.number_columns)
        generator = RowGenerator(load.plan, load.table.after_pass(Pass.FIRST), load.rows)
        return lambda batch: partial(writer.write, batch=writer.render(generator.frame(batch)))
