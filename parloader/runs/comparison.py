"""Compares the rows that parloader generated in a run with those in the database, in worker processes. Used by verify and, first, by clean."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from parloader.database.target import Target
from parloader.defaults import DEFAULT_RETRY_SECONDS
from parloader.errors import EditedRows, Interrupted, SchemaMismatch, UsageError
from parloader.generation.frames import with_child_starts
from parloader.ledger.run import Run
from parloader.plans.model import Pass, Table
from parloader.plans.row_ranges import IndexRange, gaps, split
from parloader.rows import server_text
from parloader.rows.clean_command import CleanCommand
from parloader.rows.differences import MAX_SHOWN, Difference
from parloader.rows.ownership import as_loaded, is_keyless, some
from parloader.rows.server_text import RowText
from parloader.runs.preparation import fitted_to
from parloader.runs.trigger_watch import hint_at_triggers
from parloader.schema.model import Schema
from parloader.workers.events import Differs, Event
from parloader.workers.executor import SMALL_COMPARISON_ROWS, Executor, Supervisor
from parloader.workers.progress import Progress
from parloader.workers.runner import run_tasks
from parloader.workers.tasks.compare import CompareTask, Share


@dataclass(frozen=True, kw_only=True)
class CompareContext:
    """Where and how rows are compared."""

    target: Target
    procs: int
    max_text_bytes: int
    """the longest text that the server can join (max_allowed_packet)"""
    progress: Progress
    executor: Executor
    label: str
    """what is being done, for the progress bar and for messages"""
    supervisor: Supervisor | None = None
    """can pause or end the workers; None: nothing does"""
    token: int | None = None
    """of the lease; None: the command holds none"""
    tables: frozenset[str] | None = None
    """the tables to compare; None: all tables of the run"""

    def includes(self, table: str) -> bool:
        return self.tables is None or table in self.tables


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The rows of a run compared with the database."""

    checked: int
    """rows compared"""
    missing: Mapping[str, int]
    """rows that do not exist, by table"""
    different: Mapping[str, int]
    """rows with other values, by table"""
    differences: tuple[Difference, ...]
    """the first ones of each kind and table"""


class _Findings:
    """Sums up the differences that the workers report."""

    def __init__(self) -> None:
        self.missing: Counter[str] = Counter()
        self.different: Counter[str] = Counter()
        self.differences: list[Difference] = []
        self._seen: Counter[tuple[str, str]] = Counter()

    def add(self, event: Event) -> None:
        if isinstance(event, Differs):
            self.missing[event.table] += event.missing
            self.different[event.table] += event.different
            for difference in event.differences:
                self._seen[difference.kind, difference.table] += 1
                if self._seen[difference.kind, difference.table] <= MAX_SHOWN:
                    self.differences.append(difference)


def compare(context: CompareContext, run: Run, schema: Schema) -> Comparison:
    """Compares every row that the ledger lists for the run, including its parent rows. Reads only.

    `schema`: those of the run's tables that exist.

    SchemaMismatch: the schema no longer fits the run's plan. Interrupted: not all rows were compared.
    """
    planned, findings = fitted_to(run.plan, schema, run.reused_tables), _Findings()
    tasks = _tasks(context, run, planned.schema)
    rows = sum(task.rows for task in tasks)
    stats, stopped = run_tasks(
        context.executor, tasks, context.progress, what=context.label, rows=rows, also=findings.add, watch=context.supervisor
    )
    if stopped:
        raise Interrupted("interrupted before all rows were compared", "Nothing was changed; run the command again")
    return Comparison(
        checked=sum(worker.rows for worker in stats.values()),
        missing=findings.missing,
        different=findings.different,
        differences=tuple(findings.differences),
    )


def _tasks(context: CompareContext, run: Run, schema: Schema) -> list[CompareTask]:
    return [
        CompareTask(
            worker=worker,
            target=context.target,
            run_id=run.run_id,
            started_at=run.started_at,
            shares=shares,
            max_text_bytes=context.max_text_bytes,
            retry_seconds=DEFAULT_RETRY_SECONDS,
            token=context.token,
        )
        for worker, shares in enumerate(_shares(context, schema, run))
    ]


def _shares(context: CompareContext, schema: Schema, run: Run) -> Sequence[tuple[Share, ...]]:
    """Splits the generated rows among the workers: equal shares of the big tables; the first worker also gets the small parents.

    There are never more workers than the rows are worth.
    """

    def view_of(table: Table) -> RowText:
        return server_text.row_text(as_loaded(schema[table.name], run), table.checked, table.key, table.identity)

    rows = with_child_starts(run.plan, run.rows)

    def share(table: Table, partitions: tuple[IndexRange, ...], last: Pass) -> Share:
        return Share(
            plan=run.plan,
            name=table.name,
            rows=rows,
            partitions=partitions,
            view=view_of(table),
            last=last,
        )

    tables = [table for table in run.plan.tables if context.includes(table.name)]
    big = [part for table in tables if table.partitioned for part in run.done_by_pass(table.name, Pass.FIRST)]
    procs = max(1, len(split(big, context.executor.task_count(context.procs), SMALL_COMPARISON_ROWS)))
    by_worker: list[list[Share]] = [[] for _ in range(procs)]
    for table in tables:
        finished = run.done_by_pass(table.name, Pass.SECOND)
        first_pass_only = tuple(gap for part in run.done_by_pass(table.name, Pass.FIRST) for gap in gaps(part, finished))
        for last, parts in ((Pass.FIRST, first_pass_only), (Pass.SECOND, finished)):
            for worker, partitions in enumerate(split(parts, procs if parts and table.partitioned and view_of(table).indexed else 1)):
                by_worker[worker].append(share(table, partitions, last))
    return [tuple(shares) for shares in by_worker if shares]


def require_no_edited_rows(context: CompareContext, run: Run, schema: Schema, command: CleanCommand) -> Mapping[str, int]:
    """EditedRows if rows of the run have other values than generated, or if that cannot be checked. Deleted rows do not count as edits.

    Returns how many rows of each table are missing. `command`: the clean that needs them.
    """
    edited_too = replace(command, edited_too=True)
    try:
        comparison = compare(context, run, schema)
    except (SchemaMismatch, UsageError) as error:  # UsageError: the ledger has parameters that this version does not know
        raise EditedRows(
            f"cannot check whether rows of run {run.run_id} were edited: {error.message}",
            f"Nothing was deleted. To delete them without this check: {edited_too}",
        ) from error
    edited = {entry.name: comparison.different[entry.name] for entry in run.tables if comparison.different.get(entry.name)}
    if edited:
        tables = ", ".join(f"{count:,} of {table}{_edited_keys(comparison, run, table)}" for table, count in edited.items())
        perhaps = hint_at_triggers(schema)
        raise EditedRows(
            f"rows of run {run.run_id} were edited since parloader generated them: {tables}",
            f"Nothing was deleted. parloader verify shows the edits; {command.despite_edits([name for name in edited if is_keyless(schema[name], run)])}"
            + (f". {perhaps}" if perhaps else ""),
        )
    return {table: rows for table, rows in comparison.missing.items() if rows}


def _edited_keys(comparison: Comparison, run: Run, table: str) -> str:
    """The first keys of the table's edited rows, in parentheses."""
    keys = sorted((d.key for d in comparison.differences if d.kind == "different" and d.table == table), key=_order)
    return f" ({'/'.join(run.plan.table(table).row_key)} {some(map(str, keys))})" if keys else ""


def _order(key: int | str) -> tuple[int, str]:
    return (key, "") if isinstance(key, int) else (0, key)
