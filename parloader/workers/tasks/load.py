"""One worker of a load: its partitions, batch by batch: generate, write with the ledger row, report; one batch is prepared ahead."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial

import polars as pl

from parloader.database.driver import Connection, DriverError
from parloader.database.session import ServerInfo
from parloader.errors import WriteFailed
from parloader.generation.frames import RowGenerator
from parloader.ledger import recorded_batches
from parloader.plans.model import Pass
from parloader.plans.row_ranges import IndexRange, batches, gaps
from parloader.rows.writer_names import WriterName
from parloader.rows.writers import Rendered, Renderer, UpdateWriter, Writer, writer_for
from parloader.workers.batching import Batch, Pace
from parloader.workers.executor import SMALL_LOAD_ROWS, WorkerChannel
from parloader.workers.tasks.base import BatchWork, LedgerTask, run_batches
from parloader.workers.transactions import RetryingConnection, WorkItem


@dataclass(frozen=True)
class PreparedBatch:
    """A batch of a partition, ready to be written."""

    batch: IndexRange
    partition: IndexRange
    rendered: Rendered
    generate_seconds: float


@dataclass(frozen=True)
class _Compressing:
    """Renders batches for a connection, and compresses them if it is compressed: the thread that prepares has time, the one that sends has none."""

    connection: RetryingConnection
    writer: Writer

    def render(self, frame: pl.DataFrame) -> Rendered:
        rendered = self.writer.render(frame)
        return self.writer.packed(rendered) if self.connection.compressed else rendered


@dataclass(frozen=True, kw_only=True)
class LoadTask(LedgerTask):
    """What one worker loads: inserts the rows, or sets the columns of the second pass in them."""

    server: ServerInfo
    number_columns: frozenset[str]  # see rows/server_text.py
    batch: Batch
    writer: WriterName
    ledger_table: str = recorded_batches.BATCHES
    session_settings: tuple[str, ...] = ()  # bench only: statements for each new connection, after the required session settings

    @property
    def is_small(self) -> bool:
        """Never for bench, which measures workers."""
        return self.token is not None and self.row_count <= SMALL_LOAD_ROWS

    def run(self, channel: WorkerChannel) -> None:
        writer = self._writer()
        pace = Pace(lambda: self.max_rows_per_second * channel.share)
        with closing(self._connection(channel, writer)) as connection:
            run_batches(channel, self.worker, connection, self.claimed(channel, connection)._batches(connection, writer, pace), pace)

    def _connection(self, channel: WorkerChannel, writer: Writer) -> RetryingConnection:
        return RetryingConnection(
            channel, self.worker, self.target, self.retry_seconds, local_infile=writer.local_infile, settings=self.session_settings
        )

    def _batches(self, connection: RetryingConnection, writer: Writer, pace: Pace) -> Iterator[BatchWork]:
        sizer = self.batch.sizer(self.server.max_allowed_packet_bytes)
        doing = "writing" if self.update is None else "updating"
        partitions = self._uncommitted(connection) if self.is_retry else self.partitions
        for prepared in self._one_ahead(partitions, _Compressing(connection, writer), lambda: pace.cut(sizer.rows)):
            yield BatchWork(
                WorkItem(doing, self.name, prepared.batch, prepared.partition),
                partial(self._write, writer, prepared),
                prepared.generate_seconds,
                partial(sizer.note, prepared.batch.rows, size_bytes=prepared.rendered.size_bytes),
            )

    def _writer(self) -> Writer:
        if self.update is not None:
            return UpdateWriter(update=self.update, backslash_escapes=self.server.backslash_escapes)
        return writer_for(self.name, self.server, self.writer, number_columns=self.number_columns)

    def _generator(self) -> RowGenerator:
        if self.update is not None:
            return self.update.generation(self.plan, self.rows)
        return RowGenerator(self.plan, self.table.after_pass(Pass.FIRST), self.rows)

    def _uncommitted(self, connection: RetryingConnection) -> tuple[IndexRange, ...]:
        """What the crashed worker has left to do."""
        committed = self.committed_ranges(connection, recorded_batches.committed)
        return tuple(gap for partition in self.partitions for gap in gaps(partition, committed))

    def _one_ahead(self, partitions: tuple[IndexRange, ...], renderer: Renderer, next_rows: Callable[[], int]) -> Iterator[PreparedBatch]:
        """Each batch in order; while the caller writes one, the next is prepared. So at most two are in memory."""
        generator = self._generator()
        upcoming = ((batch, partition) for partition in partitions for batch in batches(partition, next_rows))
        with ThreadPoolExecutor(max_workers=1) as thread:
            pending = [thread.submit(self._prepare, generator, renderer, *ranges) for ranges in (next(upcoming, None),) if ranges]
            while pending:
                prepared = pending.pop().result()
                pending = [thread.submit(self._prepare, generator, renderer, *ranges) for ranges in (next(upcoming, None),) if ranges]
                yield prepared

    def _prepare(self, generator: RowGenerator, renderer: Renderer, batch: IndexRange, partition: IndexRange) -> PreparedBatch:
        begun = time.perf_counter()
        rendered = renderer.render(generator.frame(batch))
        return PreparedBatch(batch, partition, rendered, time.perf_counter() - begun)

    def _write(self, writer: Writer, prepared: PreparedBatch, connection: Connection) -> None:
        """Records the batch first: if the ledger has it already, an earlier attempt was committed but its answer was lost.

        The rows follow in the same round trip, before the answer is known: if the batch is recorded, they are rolled back.
        """
        recording = recorded_batches.recording(
            connection,
            self.run_id,
            self.ledger_name,
            prepared.batch,
            into=self.ledger_table,
            token=self.token,
            slot=self.slot,
            execution=self.execution,
        )
        try:
            writer.write(connection, prepared.rendered, recording)
        except (DriverError, WriteFailed):
            recorded_batches.require_current(connection, recording, self.token)
            if not (recorded_batches.is_recorded(recording) and connection.open):
                raise
            connection.rollback()
        recorded_batches.require_current(connection, recording, self.token)
