"""One worker of a load: its partitions, batch by batch: generate → write + ledger → report, with one batch prefetched."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from parloader.database.driver import Connection
from parloader.database.session import ServerInfo
from parloader.database.target import Target
from parloader.generation.frames import RowGenerator
from parloader.ledger import store
from parloader.ledger.run import pass_name
from parloader.plans.model import Pass, Plan, Table
from parloader.plans.row_ranges import IndexRange, RowAllocation, batches, gaps
from parloader.rows.writers import DeferredUpdate, Rendered, UpdateWriter, Writer, WriterName, writer_for
from parloader.workers.batching import Batch, Pace
from parloader.workers.events import batch_done, started
from parloader.workers.executor import WorkerChannel
from parloader.workers.transactions import RetryingConnection, WorkItem


@dataclass(frozen=True)
class PreparedBatch:
    """A batch of a partition, ready to be written."""

    batch: IndexRange
    partition: IndexRange
    rendered: Rendered
    generate_seconds: float


@dataclass(frozen=True, kw_only=True)
class LoadTask:
    """What one worker loads: these partitions of a table of the plan, batch by batch, each recorded in the ledger.

    `update`: the rows are there, and these columns of them are set; None: they are inserted.
    `restarts`: how often a fresh worker may take it up; `taken_up`: one has, so that a part of it may be there.
    """

    worker: int
    target: Target
    facts: ServerInfo
    run_id: int
    plan: Plan
    name: str
    rows: Mapping[str, RowAllocation]
    number_columns: frozenset[str]  # see database/view.py
    partitions: tuple[IndexRange, ...]
    batch: Batch
    writer: WriterName
    retry_seconds: float
    token: int | None = None  # of the holder; bench has none
    max_rows_per_second: float = math.inf
    restarts_left: int = 0
    is_retry: bool = False
    ledger_table: str = store.BATCHES
    session_settings: tuple[str, ...] = ()  # statements for every new connection, after the session laws; bench's alone
    update: DeferredUpdate | None = None

    @property
    def table(self) -> Table:
        return self.plan.table(self.name)

    @property
    def ledger_name(self) -> str:
        """What the ledger calls these batches."""
        return pass_name(self.name, Pass.FIRST if self.update is None else Pass.SECOND)

    def __str__(self) -> str:
        return f"{self.name}, {', '.join(map(str, self.partitions))}"

    def reassigned_to(self, worker: int) -> "LoadTask | None":
        return replace(self, worker=worker, restarts_left=self.restarts_left - 1, is_retry=True) if self.restarts_left else None

    def run(self, link: WorkerChannel) -> None:
        writer = self._writer()
        session = RetryingConnection(
            link, self.worker, self.target, self.retry_seconds, local_infile=writer.local_infile, settings=self.session_settings
        )
        link.send(started(self.worker))
        sizer = self.batch.sizer(self.facts.max_allowed_packet_bytes)
        partitions = self._left(session) if self.is_retry else self.partitions
        pace = Pace(self.max_rows_per_second)
        for prepared in self._one_ahead(partitions, writer, lambda: pace.cut(sizer.rows)):
            if not link.wait_for_turn(pace.rest_seconds()):
                break
            pace.note(prepared.batch.rows)
            begun = time.perf_counter()
            piece = WorkItem("writing" if self.update is None else "updating", self.name, prepared.batch, prepared.partition)
            if not session.run_transaction(piece, partial(self._write, writer, prepared)):
                break
            write_seconds = time.perf_counter() - begun
            sizer.note(prepared.batch.rows, write_seconds, prepared.rendered.size_bytes)
            link.send(
                batch_done(self.worker, self.name, prepared.batch, write_seconds=write_seconds, generate_seconds=prepared.generate_seconds)
            )
        session.close()

    def _writer(self) -> Writer:
        if self.update is not None:
            return UpdateWriter(update=self.update, backslash_escapes=self.facts.backslash_escapes)
        return writer_for(self.name, self.facts, self.writer, number_columns=self.number_columns)

    def _generation(self) -> RowGenerator:
        if self.update is not None:
            return self.update.generation(self.plan, self.rows)
        return RowGenerator(self.plan, self.table.after_pass(Pass.FIRST), self.rows)

    def _left(self, session: RetryingConnection) -> tuple[IndexRange, ...]:
        """What the dead worker has not committed. It can commit nothing any more: before a COMMIT was sent its ledger row was there."""
        done: list[IndexRange] = []

        def look(connection: Connection) -> None:
            done[:] = store.committed(connection, self.run_id, self.ledger_name, self.partitions)

        whole = IndexRange(self.partitions[0].start, self.partitions[-1].stop)
        session.run_transaction(WorkItem("looking for what is left of", self.name, whole), look)
        return tuple(gap for partition in self.partitions for gap in gaps(partition, done))

    def _one_ahead(self, partitions: tuple[IndexRange, ...], writer: Writer, rows: Callable[[], int]) -> Iterator[PreparedBatch]:
        """Each batch in turn; while the caller works on one, the next is prepared. So two are in memory at most."""
        made = self._generation()
        wanted = ((batch, partition) for partition in partitions for batch in batches(partition, rows))
        with ThreadPoolExecutor(max_workers=1) as thread:
            upcoming = [thread.submit(self._prepare, made, writer, *of) for of in (next(wanted, None),) if of]
            while upcoming:
                prepared = upcoming.pop().result()
                upcoming = [thread.submit(self._prepare, made, writer, *of) for of in (next(wanted, None),) if of]
                yield prepared

    def _prepare(self, made: RowGenerator, writer: Writer, batch: IndexRange, partition: IndexRange) -> PreparedBatch:
        begun = time.perf_counter()
        rendered = writer.render(made.frame(batch))
        return PreparedBatch(batch, partition, rendered, time.perf_counter() - begun)

    def _write(self, writer: Writer, prepared: PreparedBatch, connection: Connection) -> None:
        """The ledger's row first: where it is there already, an attempt before this one was committed and its answer never came."""
        if store.record(connection, self.run_id, self.ledger_name, prepared.batch, into=self.ledger_table, token=self.token):
            writer.write(connection, prepared.rendered)
