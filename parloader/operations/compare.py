"""Comparing the rows that parloader made in a run with those that are there, in worker processes: for verify, and for clean's look before."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from parloader.config import DEFAULT_RETRY_SECONDS
from parloader.database import connect, schema
from parloader.database.connect import Target
from parloader.database.ledger import Run
from parloader.database.sql import Connection
from parloader.errors import Interrupted
from parloader.loading.comparer import COMPARED_ROWS, SHOWN, CompareTask, Share
from parloader.loading.events import Difference, Differs, Event
from parloader.loading.executor import Executor, Watch
from parloader.loading.progress import Progress
from parloader.operations.prepare import fitted_to
from parloader.operations.run import run_tasks
from parloader.plans.model import Table
from parloader.plans.partition import Partition, gaps, split
from parloader.plans.passes import Pass
from parloader.plans.shape import Shapes


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """`checked` rows were compared; `missing` and `different` count them by table. `differences`: the first of each kind and table."""

    checked: int
    missing: Mapping[str, int]
    different: Mapping[str, int]
    differences: tuple[Difference, ...]


def compare(
    connection: Connection,
    target: Target,
    run: Run,
    shapes: Shapes,
    procs: int,
    progress: Progress,
    executor: Executor,
    *,
    what: str,
    watch: Watch | None = None,
) -> Comparison:
    """Compares every row that the ledger has of the run, its parents' too; progress says `what` is done. Reads only.

    `shapes`: those of the run's tables that exist.

    SchemaMismatch: the schema is no longer one that the rows could have been made in. Interrupted: not all were seen.
    """
    fitted = fitted_to(run.plan, shapes, run.used)
    missing: Counter[str] = Counter()
    different: Counter[str] = Counter()
    differences: list[Difference] = []
    shown: Counter[tuple[str, str]] = Counter()

    def note_difference(event: Event) -> None:
        if isinstance(event, Differs):
            missing[event.table] += event.missing
            different[event.table] += event.different
            for difference in event.differences:
                shown[difference.kind, difference.table] += 1
                if shown[difference.kind, difference.table] <= SHOWN:
                    differences.append(difference)

    packet_bytes = connect.facts(connection).max_allowed_packet_bytes
    tasks = [
        CompareTask(worker=worker, target=target, shares=shares, max_text_bytes=packet_bytes, retry_seconds=DEFAULT_RETRY_SECONDS)
        for worker, shares in enumerate(_shares(fitted.live, run, procs))
    ]
    rows = sum(task.rows for task in tasks)
    stats, stopped = run_tasks(executor, tasks, progress, what=what, rows=rows, also=note_difference, watch=watch)
    if stopped:
        raise Interrupted(f"interrupted while {what}: not every row was seen", "Nothing was changed; run it again")
    return Comparison(
        checked=sum(worker.rows for worker in stats.values()),
        missing=missing,
        different=different,
        differences=tuple(differences),
    )


def _shares(live: Shapes, run: Run, procs: int) -> Sequence[tuple[Share, ...]]:
    """The rows that parloader generated, split among the workers: equal shares of the big tables; the first worker also gets the small parents.

    There are never more workers than batches.
    """

    def share(table: Table, partitions: tuple[Partition, ...], last: Pass) -> Share:
        return Share(
            plan=run.plan,
            name=table.name,
            rows=run.rows,
            partitions=partitions,
            view=schema.view(live[table.name], table.checked, table.key, table.identity),
            last=last,
        )

    big = [part for table in run.plan.partitioned for part in run.done_in(table.name, Pass.FIRST)]
    procs = max(1, len(split(big, procs, COMPARED_ROWS)))
    dealt: list[list[Share]] = [[] for _ in range(procs)]
    for table in run.plan.tables:
        ended = run.done_in(table.name, Pass.SECOND)
        begun = tuple(gap for part in run.done_in(table.name, Pass.FIRST) for gap in gaps(part, ended))
        for last, made in ((Pass.FIRST, begun), (Pass.SECOND, ended)):
            for worker, partitions in enumerate(split(made, procs if table.partitioned else 1)):
                dealt[worker].append(share(table, partitions, last))
    return [tuple(shares) for shares in dealt if shares]
