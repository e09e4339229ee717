"""One worker of a comparison (verify; clean before it deletes): regenerates its rows and compares them with the database.

A batch is compared by checksums first, and row by row only if they differ. Without an index that finds rows, one worker reads the table.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from parloader.database.driver import Connection
from parloader.database.target import Target
from parloader.generation.frames import RowGenerator
from parloader.ledger import control, store
from parloader.plans.model import Pass, Plan
from parloader.plans.row_ranges import IndexRange, RowAllocation, batches
from parloader.rows.differences import MAX_SHOWN, Difference, differences
from parloader.rows.server_text import RowText
from parloader.rows.table_scan import ROWS_PER_SCAN, expected_fingerprints, scanned_differences
from parloader.workers.batching import Pace
from parloader.workers.events import Differs
from parloader.workers.executor import SMALL_COMPARISON_ROWS, WorkerChannel
from parloader.workers.tasks.base import BatchWork, run_batches
from parloader.workers.transactions import RetryingConnection, WorkItem

ROWS_PER_COMPARISON = 10_000  # the text of one comparison stays under about a megabyte


@dataclass(frozen=True, kw_only=True)
class CompareTask:
    """What one worker compares."""

    worker: int
    target: Target
    run_id: int
    started_at: str  # of the run
    shares: "tuple[Share, ...]"
    max_text_bytes: int  # the longest text that the server can concatenate
    retry_seconds: float
    token: int | None = None  # of the lease; None for verify, which takes none

    @property
    def rows(self) -> int:
        return sum(partition.rows for share in self.shares for partition in share.partitions)

    @property
    def is_small(self) -> bool:
        return self.rows <= SMALL_COMPARISON_ROWS

    def __str__(self) -> str:
        return "; ".join(f"{share.name}, {', '.join(map(str, share.partitions))}" for share in self.shares)

    def reassigned_to(self, worker: int) -> None:
        """Never restarted: it is unknown which differences the crashed worker has reported."""

    def run(self, channel: WorkerChannel) -> None:
        with closing(RetryingConnection(channel, self.worker, self.target, self.retry_seconds)) as connection:
            if not channel.exclusive:
                share = self.shares[0]
                connection.run_transaction(
                    WorkItem("verifying", share.name, share.partitions[0], writes=False), self._require_same_database
                )
            run_batches(channel, self.worker, connection, self._batches(channel), Pace())

    def _require_same_database(self, connection: Connection) -> None:
        """UsageError, AnotherRun: a worker that has credentials of its own is connected to another database than the command."""
        store.require_same_run(connection, self.run_id, self.started_at)
        if self.token is not None:
            control.require_current(connection, self.token)

    def _batches(self, channel: WorkerChannel) -> Iterator[BatchWork]:
        for share in self.shares:
            generator = RowGenerator(share.plan, share.plan.table(share.name).after_pass(share.last), share.rows)
            batch_rows = ROWS_PER_COMPARISON if share.view.indexed else ROWS_PER_SCAN
            for partition in share.partitions:
                for batch in batches(partition, partial(int, batch_rows)):
                    begun = time.perf_counter()
                    comparison = _Comparison(share.name, self._comparing(share.view, generator, batch))
                    yield BatchWork(
                        WorkItem("verifying", share.name, batch, writes=False),
                        comparison.run,
                        time.perf_counter() - begun,
                        partial(comparison.report, channel, self.worker),
                    )

    def _comparing(self, view: RowText, generator: RowGenerator, batch: IndexRange) -> Callable[[Connection], Iterable[Difference]]:
        """What finds the differences of a batch. The rows are generated before."""
        if not view.indexed:
            expected = expected_fingerprints(generator, view, batch)
            return lambda connection: scanned_differences(connection, view, generator, batch, expected)
        frame = generator.frame(batch).select(column.name for column in view.columns)
        return lambda connection: differences(connection, view, frame, self.max_text_bytes)


@dataclass(frozen=True, kw_only=True)
class Share:
    """Index ranges of a table of the plan."""

    plan: Plan
    name: str  # of the table
    rows: Mapping[str, RowAllocation]  # of all tables of the plan
    partitions: tuple[IndexRange, ...]
    view: RowText  # how the server shows a row as text
    last: Pass = Pass.FIRST  # the last pass that these rows have been through


class _Comparison:
    """The comparison of one batch, and what it finds."""

    def __init__(self, table: str, differences: Callable[[Connection], Iterable[Difference]]) -> None:
        self._table = table
        self._differences = differences
        self._counts: Counter[str] = Counter()
        self._shown: list[Difference] = []

    def run(self, connection: Connection) -> None:
        self._counts, self._shown = Counter(), []
        for difference in self._differences(connection):
            self._counts[difference.kind] += 1
            if self._counts[difference.kind] <= MAX_SHOWN:
                self._shown.append(difference)

    def report(self, channel: WorkerChannel, worker: int, _seconds: float) -> None:
        if not self._shown:
            return
        channel.send(
            Differs(
                worker=worker,
                table=self._table,
                differences=tuple(sorted(self._shown, key=lambda difference: difference.kind != "missing")),
                missing=self._counts["missing"],
                different=self._counts["different"],
            )
        )
