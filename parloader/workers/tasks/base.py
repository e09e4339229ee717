"""The skeleton of every task: run batches one by one, each in a transaction, and report them."""

import math
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Self, TypeAlias

from parloader.database.driver import Connection
from parloader.database.target import Target
from parloader.ledger import control
from parloader.ledger.run import pass_name
from parloader.plans.model import Pass, Plan, Table
from parloader.plans.row_ranges import IndexRange, RowAllocation
from parloader.rows.writers import DeferredUpdate
from parloader.workers.batching import Pace
from parloader.workers.events import batch_done, started
from parloader.workers.executor import WorkerChannel
from parloader.workers.transactions import RetryingConnection, WorkItem

ReadCommitted: TypeAlias = Callable[[Connection, int, str, tuple[IndexRange, ...]], tuple[IndexRange, ...]]
"""A function like recorded_batches.committed."""


@dataclass(frozen=True)
class BatchWork:
    """What a task does for one batch."""

    item: WorkItem
    work: Callable[[Connection], None]  # the statements of the batch's transaction; may be repeated
    generate_seconds: float = 0.0  # time spent before, without the server
    on_commit: Callable[[float], None] = lambda seconds: None  # called with the time that the rows took, without what any batch takes


def run_batches(channel: WorkerChannel, worker: int, connection: RetryingConnection, batches: Iterable[BatchWork], pace: Pace) -> None:
    """Reports Started, then runs each batch and reports BatchDone; returns early if told to stop.

    A batch is asked for when the one before is committed.
    """
    channel.send(started(worker))
    for batch in batches:
        if not channel.wait_for_turn(pace.rest_seconds()):
            break
        item = batch.item
        pace.note(item.batch.rows)
        begun = time.perf_counter()
        if not connection.run_transaction(item, batch.work):
            break
        write_seconds = time.perf_counter() - begun
        batch.on_commit(max(0.0, write_seconds - connection.fixed_seconds))
        done = batch_done(
            worker,
            item.table,
            item.batch,
            write_seconds=write_seconds,
            generate_seconds=batch.generate_seconds,
            traffic=connection.traffic,
        )
        channel.send(done)


@dataclass(frozen=True, kw_only=True)
class LedgerTask:
    """Index ranges of a table of the plan, of which each batch is recorded in the ledger, or removed from it, in its own transaction."""

    worker: int
    target: Target
    run_id: int
    plan: Plan
    name: str  # of the table
    rows: Mapping[str, RowAllocation]  # of all tables of the plan
    partitions: tuple[IndexRange, ...]
    retry_seconds: float
    max_rows_per_second: float = math.inf  # of all workers together
    restarts_left: int = 0  # how many more times a crashed worker is replaced
    is_retry: bool = False  # the worker before has crashed, so part of the work may be done
    token: int | None = None  # of the lease; None for bench, whose scratch tables need no fencing
    first_worker: int | None = None  # the first worker of this task, if it has crashed
    execution: int | None = None  # which of several executions of this task it is (control.claim); None: there is only one
    update: DeferredUpdate | None = None  # the columns of the second pass; None: the first pass, which inserts rows

    @property
    def table(self) -> Table:
        return self.plan.table(self.name)

    @property
    def current_pass(self) -> Pass:
        return Pass.FIRST if self.update is None else Pass.SECOND

    @property
    def ledger_name(self) -> str:
        """The name of this table and pass in the ledger."""
        return pass_name(self.name, self.current_pass)

    @property
    def slot(self) -> int:
        """The slot of this task's transactions (control.require_current), whichever worker runs them."""
        return self.worker if self.first_worker is None else self.first_worker

    @property
    def row_count(self) -> int:
        return sum(partition.rows for partition in self.partitions)

    def __str__(self) -> str:
        return f"{self.name}, {', '.join(map(str, self.partitions))}"

    def reassigned_to(self, worker: int) -> Self | None:
        if not self.restarts_left:
            return None
        return replace(self, worker=worker, restarts_left=self.restarts_left - 1, is_retry=True, first_worker=self.slot)

    def claimed(self, channel: WorkerChannel, connection: RetryingConnection) -> Self:
        """This execution of the task. If others are possible, they write nothing from now on, and part of the work may be done."""
        if channel.exclusive or self.token is None:
            return self
        execution, token = secrets.randbits(63), self.token

        def claim(opened: Connection) -> None:
            control.claim(opened, token, self.slot, execution)

        connection.run_transaction(self._about("taking over"), claim)
        return replace(self, execution=execution, is_retry=True)

    def _about(self, doing: str) -> WorkItem:
        return WorkItem(doing, self.name, IndexRange(self.partitions[0].start, self.partitions[-1].stop))

    def committed_ranges(self, connection: RetryingConnection, within: ReadCommitted) -> tuple[IndexRange, ...]:
        """The ranges of the partitions that are in the ledger. `within`: how it is read.

        The crashed worker cannot add to them: it writes a ledger row before it commits, and reading here waits for that row's lock. On a
        cluster it has changed its slot, and so does this: if its commit comes later, it fails.
        """
        committed: list[IndexRange] = []

        def read(opened: Connection) -> None:
            if opened.in_cluster and self.token is not None:
                control.require_current(opened, self.token, self.slot, self.execution)
            committed[:] = within(opened, self.run_id, self.ledger_name, self.partitions)

        connection.run_transaction(self._about("reading the ledger for"), read)
        return tuple(committed)
