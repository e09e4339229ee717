"""Comparing the rows that parloader made in a run with those that are there, in worker processes: for verify, and for clean's look before."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from parloader.config import CleanConfig
from parloader.database.target import Target
from parloader.defaults import DEFAULT_RETRY_SECONDS
from parloader.errors import EditedRows, Interrupted, SchemaMismatch, UsageError
from parloader.ledger.run import Run
from parloader.plans.model import Pass, Table
from parloader.plans.row_ranges import IndexRange, gaps, split
from parloader.rows import server_text
from parloader.rows.differences import MAX_SHOWN, Difference
from parloader.rows.ownership import some
from parloader.runs.preparation import fitted_to
from parloader.schema.model import Schema
from parloader.workers.events import Differs, Event
from parloader.workers.executor import Executor, Supervisor
from parloader.workers.progress import Progress
from parloader.workers.runner import run_tasks
from parloader.workers.tasks.compare import ROWS_PER_COMPARISON, CompareTask, Share


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """`checked` rows were compared; `missing` and `different` count them by table. `differences`: the first of each kind and table."""

    checked: int
    missing: Mapping[str, int]
    different: Mapping[str, int]
    differences: tuple[Difference, ...]


def compare(
    target: Target,
    run: Run,
    shapes: Schema,
    max_text_bytes: int,
    procs: int,
    progress: Progress,
    executor: Executor,
    *,
    what: str,
    watch: Supervisor | None = None,
) -> Comparison:
    """Compares every row that the ledger has of the run, its parents' too; progress says `what` is done. Reads only.

    `shapes`: those of the run's tables that exist. `max_text_bytes`: what the server can join at most.

    SchemaMismatch: the schema is no longer one that the rows could have been made in. Interrupted: not all were seen.
    """
    fitted = fitted_to(run.plan, shapes, run.reused_tables)
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
                if shown[difference.kind, difference.table] <= MAX_SHOWN:
                    differences.append(difference)

    tasks = [
        CompareTask(worker=worker, target=target, shares=shares, max_text_bytes=max_text_bytes, retry_seconds=DEFAULT_RETRY_SECONDS)
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


def _shares(live: Schema, run: Run, procs: int) -> Sequence[tuple[Share, ...]]:
    """The rows that parloader generated, split among the workers: equal shares of the big tables; the first worker also gets the small parents.

    There are never more workers than batches.
    """

    def share(table: Table, partitions: tuple[IndexRange, ...], last: Pass) -> Share:
        return Share(
            plan=run.plan,
            name=table.name,
            rows=run.rows,
            partitions=partitions,
            view=server_text.row_text(live[table.name], table.checked, table.key, table.identity),
            last=last,
        )

    big = [part for table in run.plan.partitioned for part in run.done_by_pass(table.name, Pass.FIRST)]
    procs = max(1, len(split(big, procs, ROWS_PER_COMPARISON)))
    dealt: list[list[Share]] = [[] for _ in range(procs)]
    for table in run.plan.tables:
        ended = run.done_by_pass(table.name, Pass.SECOND)
        begun = tuple(gap for part in run.done_by_pass(table.name, Pass.FIRST) for gap in gaps(part, ended))
        for last, made in ((Pass.FIRST, begun), (Pass.SECOND, ended)):
            for worker, partitions in enumerate(split(made, procs if table.partitioned else 1)):
                dealt[worker].append(share(table, partitions, last))
    return [tuple(shares) for shares in dealt if shares]


def require_no_edited_rows(
    config: CleanConfig, run: Run, shapes: Schema, max_text_bytes: int, progress: Progress, executor: Executor, watch: Supervisor | None
) -> None:
    """EditedRows where rows of the run are there, but not as they were made, or where nobody can tell. Missing ones are no edits."""
    try:
        found = compare(
            config.target, run, shapes, max_text_bytes, config.procs, progress, executor, what="looking for edited rows", watch=watch
        )
    except (SchemaMismatch, UsageError) as error:  # UsageError: the ledger has parameters that this version does not know
        raise EditedRows(
            f"whether rows of run {run.run_id} were edited since they were made cannot be said any more: {error.message}",
            "parloader clean --edited-too deletes them all the same; nothing was deleted",
        ) from error
    edited = {entry.name: found.different[entry.name] for entry in run.tables if found.different.get(entry.name)}
    if edited:
        keys = {
            table: sorted((d.key for d in found.differences if d.kind == "different" and d.table == table), key=_order) for table in edited
        }
        tables = ", ".join(f"{count:,} of {table}{_keys(run.plan.table(table).row_key, keys[table])}" for table, count in edited.items())
        raise EditedRows(
            f"rows of run {run.run_id} were edited since parloader made them: {tables}",
            "parloader verify shows the edits, parloader clean --edited-too deletes these rows too; nothing was deleted",
        )


def _keys(names: Sequence[str], keys: Sequence[int | str]) -> str:
    return f" ({'/'.join(names)} {some(map(str, keys))})" if keys else ""


def _order(key: int | str) -> tuple[int, str]:
    return (key, "") if isinstance(key, int) else (0, key)
