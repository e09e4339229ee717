"""seed: loads the rows of a plan, each exactly once, and counts the result."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from parloader.config import SeedConfig
from parloader.database.driver import Connection
from parloader.database.session import ServerInfo, described, measured, require_writable
from parloader.errors import Interrupted, ParloaderError, Refused
from parloader.generation.frames import with_child_starts
from parloader.ledger import deferred_indexes, store
from parloader.ledger.run import Run
from parloader.operations.seed_result import NOTHING_REQUESTED, SeedResult, TableLoad
from parloader.planner.request import UnfilledTable
from parloader.plans.documents.mistakes import InvalidPlan
from parloader.plans.model import Pass, Table
from parloader.plans.row_ranges import split
from parloader.quantities import counted
from parloader.rows import rule_counts, server_text
from parloader.rows.writers import deferred_update
from parloader.runs import permission
from parloader.runs.begin import begin, create_example
from parloader.runs.index_deferral import add_deferred_indexes, defer_indexes, require_deferral_possible
from parloader.runs.preparation import prepare, without_rejected_tables
from parloader.runs.requested_plan import plan_errors_located
from parloader.runs.writer_checks import serialization_warning
from parloader.schema.model import MAX_DOCUMENT_ID_STEP, Schema, TableSchema
from parloader.workers.events import BatchDone, Event, age_seconds
from parloader.workers.executor import Executor
from parloader.workers.lease import DatabaseLease
from parloader.workers.progress import Progress
from parloader.workers.runner import default_executor, run_tasks
from parloader.workers.self_references import load_stages
from parloader.workers.stats import WorkerStats
from parloader.workers.tasks.load import LoadTask
from parloader.workers.throttle import throttles


@dataclass(frozen=True, kw_only=True)
class _SeedContext:
    """What every step of a seed needs."""

    config: SeedConfig
    lease: DatabaseLease
    progress: Progress
    executor: Executor
    first_counters: dict[str, int] = field(default_factory=dict)
    """the AUTO_INCREMENT counters before the first attempt to begin a run"""
    noted: set[str] = field(default_factory=set)
    """what was said before the run began: an attempt may be repeated"""

    def note(self, text: str) -> None:
        """Says it, once."""
        if text not in self.noted:
            self.noted.add(text)
            self.progress.note(text)

    def connected(self, server: ServerInfo, where: str) -> None:
        """Says it, once for each server."""
        if where not in self.noted:
            self.noted.add(where)
            self.progress.connected(server, where)


@dataclass(frozen=True, kw_only=True)
class _Work:
    """What is left to do when the run has begun."""

    run: Run
    stages: tuple["_Stage", ...]
    adds_indexes: bool
    """whether the ledger may list indexes to add after the load"""
    token: int
    guesses: tuple[str, ...]
    """what the plan assumes of unique keys that it could not follow"""
    unfilled: tuple[UnfilledTable, ...]
    """of an entire database: the tables that cannot be filled"""


@dataclass(frozen=True, kw_only=True)
class _Stage:
    """What workers do at the same time, in one table. Stages follow each other."""

    table: str
    """the table, and which pass if it is the second"""
    label: str
    """for the progress bar"""
    rows: int
    done: int
    """rows that exist already"""
    tasks: tuple[LoadTask, ...]


def seed(config: SeedConfig, progress: Progress | None = None, executor: Executor | None = None) -> SeedResult:
    """Loads the plan's rows: all, or those that an earlier seed left. Raises Refused, ConnectError, Interrupted or ParloaderError."""
    progress, executor = progress or Progress(), executor or default_executor()
    permission.require_permitted(config.target, config.allow_remote)
    with (
        plan_errors_located(config),
        executor.ready(config.most_workers, LoadTask.__module__),
        DatabaseLease(
            config.target, "seed", config.retry_seconds, progress, throttles(config.limits, config.target), config.allow_databases
        ) as lease,
    ):
        context = _SeedContext(config=config, lease=lease, progress=progress, executor=executor)
        lease.wait()
        work = lease.run_with_retry("preparing the load", partial(_prepare, context))
        return _load(context, work) if work else NOTHING_REQUESTED


def _prepare(context: _SeedContext, connection: Connection) -> _Work | None:
    return without_rejected_tables(context.config, partial(_prepare_without, context, connection))


def _prepare_without(context: _SeedContext, connection: Connection, rejected: Mapping[str, Refused]) -> _Work | None:
    """All that comes before the workers: begins or resumes the run, and divides its work. May be repeated, as the command may.

    None: no rows are requested, so no run begins. In an empty database, the tables of the built-in plan are still created.
    """
    progress = context.progress
    config = replace(context.config, target=measured(context.config.target, connection))
    context = replace(context, config=config)
    permission.require_not_forbidden(connection, config.target)
    require_writable(connection, config.target)
    token = context.lease.fence(connection) if store.upgrade(connection) else None
    prepared = prepare(connection, config, rejected)
    server = prepared.server
    context.connected(server, described(config.target, connection))
    for decision in prepared.planned.notes:
        say = context.note if decision.guess else progress.detail
        say(f"{decision.table}{'.' + decision.column if decision.column else ''}: {decision.text}")
    for unfilled in prepared.planned.unfilled:
        context.note(f"not filled: {unfilled}")
    if prepared.run is None and not any(table.rows for table in prepared.plan.partitioned):
        if prepared.creates_tables:
            create_example(connection, progress)
        return None
    if config.defer_indexes:
        require_deferral_possible(connection, prepared)
    if prepared.run and token is not None:
        run, schema = prepared.run, prepared.schema
        permission.require_tables_not_forbidden(connection, config.target, [entry.name for entry in run.tables if entry.rows.new])
    else:
        run, schema, token = begin(
            connection, config.target, prepared, progress, context.lease, token=token, first_counters=context.first_counters
        )
    progress.works_on(run)
    workers = len(split(run.gaps(run.target), config.procs, config.batch.first_rows))
    if note := serialization_warning(config.writer, server, schema[run.target], workers):
        progress.note(note)
    if run.done_rows and not run.complete:
        progress.note(f"run {run.run_id}: resumed; {run.done_rows:,} of {run.total_rows:,} rows are loaded already")
    if config.defer_indexes and not run.complete:
        defer_indexes(connection, run.run_id, run.plan, schema, context.lease, token, progress)
    return _Work(
        run=run,
        stages=tuple(_stages(context, run, schema, server, token)),
        adds_indexes=config.defer_indexes or prepared.has_deferred_indexes,
        token=token,
        guesses=tuple(f"{note.table}: {note.text}" for note in prepared.planned.notes if note.guess),
        unfilled=prepared.planned.unfilled,
    )


def _stages(context: _SeedContext, run: Run, schema: Schema, server: ServerInfo, token: int) -> Iterator[_Stage]:
    """Divides the missing rows: table by table, parents first, then the second pass.

    In a table that references itself, one worker first loads the rows that the others reference. One worker loads all rows, in order, of a
    table with document IDs.
    """
    config, worker = context.config, 0
    for name, of_pass in run.work:
        table, missing = run.plan.table(name), run.gaps(name, of_pass)
        procs, batch = context.executor.task_count(config.procs), config.batch
        if schema[name].has_document_ids:
            procs, batch = 1, batch.limited(MAX_DOCUMENT_ID_STEP)
        rows = run.rows[name].new_rows
        done = rows - sum(gap.rows for gap in missing)
        for shares in load_stages(table, of_pass, missing, procs, batch.first_rows):
            template = replace(
                _task_template(config, run, server, table, schema[name]),
                token=token,
                batch=batch,
                max_rows_per_second=config.limits.max_rows_per_second,
                update=deferred_update(table, schema[name]) if of_pass is Pass.SECOND else None,
            )
            tasks = tuple(replace(template, worker=worker + n, partitions=share) for n, share in enumerate(shares))
            worker += len(tasks)
            of_table = name if of_pass is Pass.FIRST else f"{name}, second pass"
            yield _Stage(table=of_table, label=f"seed {of_table}" if len(run.work) > 1 else "seed", rows=rows, done=done, tasks=tasks)
            done += sum(partition.rows for share in shares for partition in share)


def _task_template(config: SeedConfig, run: Run, server: ServerInfo, table: Table, table_schema: TableSchema) -> LoadTask:
    """A task without its worker number, partitions and token."""
    return LoadTask(
        worker=0,
        target=config.target,
        server=server,
        run_id=run.run_id,
        plan=run.plan,
        name=table.name,
        rows=with_child_starts(run.plan, run.rows),
        number_columns=server_text.row_text(table_schema, table.written, table.key, table.identity).number_columns,
        partitions=(),
        batch=config.batch,
        writer=config.writer,
        retry_seconds=config.retry_seconds,
        restarts_left=config.worker_restarts,
    )


def _load(context: _SeedContext, work: _Work) -> SeedResult:
    """Runs the stages, adds deferred indexes, then counts the rows. Interrupted; ParloaderError: the count is not what was loaded."""
    config, lease, run, stages = context.config, context.lease, work.run, work.stages
    begun = time.monotonic()
    workers, tables, first_batch_seconds = _run_stages(context, run, stages)
    seconds = time.monotonic() - begun
    begun = time.monotonic()
    added_indexes = 0
    if work.adds_indexes:
        added_indexes = lease.run_with_retry("adding the deferred indexes", partial(_add_indexes, context, work.token))
    index_seconds = time.monotonic() - begun
    begun = time.monotonic()
    counts = lease.run_with_retry("counting", partial(_count, config, run, bool(stages)))
    rows = run.rows[run.target].new_rows
    if counts.total != rows or counts.violation_count:
        raise ParloaderError(
            f"run {run.run_id} is loaded, but {run.target} has {counts.total:,} of its {counted(rows, 'row')} and "
            f"{counted(counts.violation_count, 'violation')}",
            "Perhaps rows were deleted or changed during the load or since, by somebody or by a trigger: parloader verify shows which",
        )
    return SeedResult(
        run_id=run.run_id,
        rows=_missing_rows(run, Pass.FIRST),
        updated=_missing_rows(run, Pass.SECOND),
        seconds=seconds if stages else 0.0,
        added_indexes=added_indexes,
        index_seconds=index_seconds if added_indexes else 0.0,
        check_seconds=time.monotonic() - begun,
        first_batch_seconds=first_batch_seconds,
        already_complete=not stages and run.total_rows > 0 and run.complete,
        workers=workers,
        counts=counts,
        target=run.target,
        several_tables=len(run.work) > 1,
        tables=tables,
        guesses=work.guesses,
        unfilled=work.unfilled,
    )


def _add_indexes(context: _SeedContext, token: int, connection: Connection) -> int:
    """Adds the indexes of this run, and those that earlier runs left; returns how many. May be repeated."""
    unfinished = {run.run_id for run in store.runs(connection) if not run.complete}
    return add_deferred_indexes(connection, unfinished, context.lease, token, context.progress, context.config.target)


def _run_stages(
    context: _SeedContext, run: Run, stages: Sequence[_Stage]
) -> tuple[tuple[WorkerStats, ...], tuple[TableLoad, ...], float | None]:
    """What each worker and each table did, and the seconds from the start of this process to the first committed batch. Interrupted."""
    first_batch_seconds: float | None = None

    def note_first_batch(event: Event) -> None:
        nonlocal first_batch_seconds
        if first_batch_seconds is None and isinstance(event, BatchDone):
            first_batch_seconds = age_seconds()

    executor, lease, progress = context.executor, context.lease, context.progress
    workers: list[WorkerStats] = []
    loads: dict[str, TableLoad] = {}
    for stage in stages:
        begun = time.monotonic()
        with _clean_advised(run):
            stats, stopped = run_tasks(
                executor, stage.tasks, progress, what=stage.label, rows=stage.rows, done=stage.done, also=note_first_batch, watch=lease
            )
        if stopped:
            raise lease.run_with_retry("reading the ledger", partial(_interrupted, run, context.config.new_run))
        workers += [replace(stats[worker], table=stage.table) for worker in sorted(stats)]
        before = loads.get(stage.table, TableLoad(name=stage.table, rows=0, seconds=0.0))
        rows = before.rows + sum(task.row_count for task in stage.tasks)  # a worker that died has not reported all of its rows
        loads[stage.table] = TableLoad(name=stage.table, rows=rows, seconds=before.seconds + time.monotonic() - begun)
    return tuple(workers), tuple(loads.values()), first_batch_seconds


@contextmanager
def _clean_advised(run: Run) -> Iterator[None]:
    """Adds to a mistake that only a worker met, in a row behind the samples, what becomes of the rows before it."""
    try:
        yield
    except InvalidPlan as error:
        advice = (
            f"Committed batches of run {run.run_id} stay, and a corrected plan is another one: run parloader clean --run {run.run_id} first"
        )
        raise InvalidPlan.of([replace(m, next_step=f"{m.next_step}. {advice}") for m in error.mistakes]) from error


def _missing_rows(run: Run, of_pass: Pass) -> int:
    """How many rows the pass still had to write when the run was read."""
    return sum(gap.rows for table, each in run.work if each is of_pass for gap in run.gaps(table, of_pass))


def _count(config: SeedConfig, run: Run, loaded: bool, connection: Connection) -> rule_counts.Counts:
    if loaded:
        for entry in run.partitioned:
            rule_counts.update_statistics(connection, entry.name)
    rows = run.rows[run.target]
    if rows.keys is None:  # no key range identifies the run's rows, so the ledger's count of committed rows is used
        committed = _reread(run, connection).done.get(run.target, ())
        return rule_counts.Counts(total=sum(part.rows for part in committed), figures={}, violations={})
    return rule_counts.count(config.target, run.plan, rows.new_keys, config.procs)


def _interrupted(run: Run, new_run: bool, connection: Connection) -> Interrupted:
    """`new_run`: the command began the run with --new-run, which would be refused while the run is not complete."""
    now, same = _reread(run, connection), "The same command without --new-run" if new_run else "The same command"
    rows, clean = f"{now.done_rows:,} of {now.total_rows:,} rows, each committed once", f"parloader clean --run {run.run_id}"
    if dropped := [deferred for deferred in deferred_indexes.missing(connection) if deferred.run_id == run.run_id]:
        return Interrupted(
            f"interrupted: run {run.run_id} has {rows}; its tables lack {counted(len(dropped), 'index')} until it is complete",
            f"{same} resumes it, then adds the indexes; {clean} deletes the loaded rows, then adds them",
        )
    return Interrupted(f"interrupted: run {run.run_id} has {rows}", f"{same} resumes it; {clean} deletes the loaded rows")


def _reread(run: Run, connection: Connection) -> Run:
    """The run with its current progress."""
    return store.run(connection, run.run_id)
