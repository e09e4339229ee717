"""One worker of a comparison (verify; clean before it deletes): regenerates index ranges and compares them with the database, by checksums; row by row only where they differ."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from parloader.database.driver import Connection
from parloader.database.target import Target
from parloader.generation.frames import RowGenerator
from parloader.plans.model import Pass, Plan
from parloader.plans.row_ranges import IndexRange, RowAllocation, batches
from parloader.rows.differences import MAX_SHOWN, Difference, differences
from parloader.rows.server_text import RowText
from parloader.workers.events import Differs, batch_done, started
from parloader.workers.executor import WorkerChannel
from parloader.workers.transactions import RetryingConnection, WorkItem

ROWS_PER_COMPARISON = 10_000  # at a time: the text of one comparison stays under a megabyte or so


@dataclass(frozen=True, kw_only=True)
class CompareTask:
    """What one worker compares."""

    worker: int
    target: Target
    shares: "tuple[Share, ...]"
    max_text_bytes: int
    retry_seconds: float

    @property
    def rows(self) -> int:
        return sum(partition.rows for share in self.shares for partition in share.partitions)

    def __str__(self) -> str:
        return "; ".join(f"{share.name}, {', '.join(map(str, share.partitions))}" for share in self.shares)

    def reassigned_to(self, worker: int) -> None:
        """Nobody takes it up: what the dead worker has said of its last comparison is unknown."""

    def run(self, link: WorkerChannel) -> None:
        session = RetryingConnection(link, self.worker, self.target, self.retry_seconds)
        link.send(started(self.worker))
        for share, made, batch in self._batches():
            if not link.wait_for_turn() or not self._compare(session, link, share, made, batch):
                break
        session.close()

    def _batches(self) -> "Iterator[tuple[Share, RowGenerator, IndexRange]]":
        for share in self.shares:
            made = RowGenerator(share.plan, share.plan.table(share.name).after_pass(share.last), share.rows)
            for partition in share.partitions:
                for batch in batches(partition, lambda: ROWS_PER_COMPARISON):
                    yield share, made, batch

    def _compare(self, session: RetryingConnection, link: WorkerChannel, share: "Share", made: RowGenerator, batch: IndexRange) -> bool:
        begun = time.perf_counter()
        frame = made.frame(batch).select([column.name for column in share.view.columns])
        generate_seconds = time.perf_counter() - begun
        found: list[Difference] = []

        def compare(connection: Connection) -> None:
            found[:] = differences(connection, share.view, frame, self.max_text_bytes)

        if not session.run_transaction(WorkItem("verifying", share.name, batch), compare):
            return False
        if found:
            missing = [d for d in found if d.kind == "missing"]
            different = [d for d in found if d.kind == "different"]
            link.send(
                Differs(
                    worker=self.worker,
                    table=share.name,
                    differences=(*missing[:MAX_SHOWN], *different[:MAX_SHOWN]),
                    missing=len(missing),
                    different=len(different),
                )
            )
        link.send(
            batch_done(
                self.worker,
                share.name,
                batch,
                write_seconds=time.perf_counter() - begun - generate_seconds,
                generate_seconds=generate_seconds,
            )
        )
        return True


@dataclass(frozen=True, kw_only=True)
class Share:
    """Index ranges of a table of the plan, which the server shows through `view`. `rows` has those of all tables; `last` is the last pass that
    these rows have seen."""

    plan: Plan
    name: str
    rows: Mapping[str, RowAllocation]
    partitions: tuple[IndexRange, ...]
    view: RowText
    last: Pass = Pass.FIRST
