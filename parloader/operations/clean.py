"""clean: deletes the rows that the ledger lists, children first, and nothing else; then drops the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from parloader.builtin.tables import drop_created_tables
from parloader.config import CleanConfig
from parloader.database import introspection, sql
from parloader.database.driver import Connection
from parloader.database.session import connected, require_writable, server_info
from parloader.errors import Interrupted, ParloaderError
from parloader.ledger import control, scratch_tables, store
from parloader.ledger.run import Run, pass_name
from parloader.plans.model import Pass, Table
from parloader.plans.row_ranges import IndexRange
from parloader.quantities import counted
from parloader.rows import key_reservation
from parloader.rows.lookup import delete_rows
from parloader.rows.ownership import SHOWN_KEYS, children_first, count_remaining_rows, require_no_outside_references, some
from parloader.rows.writers import deferred_update
from parloader.runs import permission
from parloader.runs.comparison import CompareContext, require_no_edited_rows
from parloader.schema.model import Schema
from parloader.workers.executor import Executor
from parloader.workers.lease import DatabaseLease
from parloader.workers.progress import Progress
from parloader.workers.runner import default_executor, run_tasks
from parloader.workers.self_references import load_stages
from parloader.workers.tasks.delete import DeleteTask
from parloader.workers.throttle import throttles


@dataclass(frozen=True, kw_only=True)
class CleanResult:
    """What clean has deleted or, in a dry run, would delete."""

    dry_run: bool
    runs: tuple[int, ...]
    """their run_ids"""
    tables: tuple[tuple[str, int], ...]
    """(table, rows), children first"""
    dropped: tuple[str, ...] = ()
    """tables that parloader had created and that are empty now"""

    @property
    def rows(self) -> int:
        return sum(rows for _, rows in self.tables)

    def as_json(self) -> dict[str, object]:
        return {
            "dry_run": self.dry_run,
            "runs": list(self.runs),
            "rows": self.rows,
            "tables": dict(self.tables),
            "dropped": list(self.dropped),
        }


@dataclass(frozen=True, kw_only=True)
class _CleanContext:
    """What every step of a clean needs."""

    config: CleanConfig
    progress: Progress
    executor: Executor
    lease: DatabaseLease | None = None
    """None: a dry run, which takes no lease"""


@dataclass(frozen=True, kw_only=True)
class _CleanPlan:
    """What a clean will delete."""

    runs: tuple[Run, ...]
    schema: Schema
    """those of the runs' tables that exist"""
    token: int
    """fences the workers off if another command takes over"""


def preview_clean(config: CleanConfig, progress: Progress | None = None, executor: Executor | None = None) -> CleanResult:
    """What clean would delete. Refused if clean would be."""
    context = _CleanContext(config=config, progress=progress or Progress(), executor=executor or default_executor())
    permission.require_permitted(config.target, config.allow_remote)
    with connected(config.target) as connection, config.target.translate_errors("looking for the rows to delete"):
        permission.require_not_forbidden(connection, config.target)
        runs = store.runs(connection)
        _require_only_generated(context, connection, runs, _existing_tables(connection, runs))
        return CleanResult(dry_run=True, runs=tuple(run.run_id for run in runs), tables=_rows_by_table(runs))


def clean(config: CleanConfig, progress: Progress | None = None, executor: Executor | None = None) -> CleanResult:
    """Deletes the rows of every run of the database. If it is interrupted, the ledger lists the remaining rows: repeat it.

    Refused, before anything is deleted: the database may not be written to, other rows reference the rows to delete (ForeignRows), or
    these were edited (EditedRows).
    """
    progress, executor = progress or Progress(), executor or default_executor()
    permission.require_permitted(config.target, config.allow_remote)
    with DatabaseLease(config.target, "clean", config.retry_seconds, progress, throttles(config.limits, config.target)) as lease:
        context = _CleanContext(config=config, progress=progress, executor=executor, lease=lease)
        lease.wait()
        todo = lease.run_with_retry("preparing the clean", partial(_prepare, context, lease))
        for run in reversed(todo.runs):
            for table in run.plan.with_deferred_columns:
                if table.name in todo.schema:
                    _delete_by_workers(context, todo, run, table, Pass.SECOND)
        for run in reversed(todo.runs):
            for _, name in children_first((run,)):
                table = run.plan.table(name)
                if table.partitioned and name in todo.schema:
                    _delete_by_workers(context, todo, run, table, Pass.FIRST)
            lease.run_with_retry(f"ending run {run.run_id}", partial(_end_run, todo, run))
        dropped = lease.run_with_retry("ending the clean", _finish)
        return CleanResult(dry_run=False, runs=tuple(run.run_id for run in todo.runs), tables=_rows_by_table(todo.runs), dropped=dropped)


def _prepare(context: _CleanContext, lease: DatabaseLease, connection: Connection) -> _CleanPlan:
    """Checks everything that can refuse the clean. Deletes only the scratch tables of a killed bench. May be repeated."""
    target = context.config.target
    permission.require_not_forbidden(connection, target)
    require_writable(connection, target)
    scratch_tables.drop_scratch_tables(connection)
    if not store.upgrade(connection):
        return _CleanPlan(runs=(), schema={}, token=0)
    token, runs = lease.fence(connection), store.runs(connection)
    schema = _existing_tables(connection, runs)
    _require_only_generated(context, connection, runs, schema)
    return _CleanPlan(runs=runs, schema=schema, token=token)


def _finish(connection: Connection) -> tuple[str, ...]:
    """Drops what belongs to no run: empty tables that parloader created, and the ledger. Returns the names of the former. May be repeated."""
    has_ledger = store.exists(connection)
    if has_ledger and (runs := store.remaining_runs(connection)):
        raise ParloaderError(
            f"the ledger still has {counted(runs, 'run')} that clean did not remove", "The ledger is kept: repeat parloader clean"
        )
    dropped = drop_created_tables(connection)
    if has_ledger:
        _reset_counters(connection)
    store.drop(connection)
    return dropped


def _require_only_generated(context: _CleanContext, connection: Connection, runs: tuple[Run, ...], schema: Schema) -> None:
    """ForeignRows: other rows reference rows to delete. EditedRows: rows to delete were edited."""
    config = context.config
    require_no_outside_references(connection, runs)
    if runs and not config.edited_too:
        compare_context = CompareContext(
            target=config.target,
            procs=config.procs,
            max_text_bytes=server_info(connection).max_allowed_packet_bytes,
            progress=context.progress,
            executor=context.executor,
            label="looking for edited rows",
            supervisor=context.lease,
        )
        for run in runs:
            require_no_edited_rows(compare_context, run, schema)


def _rows_by_table(runs: tuple[Run, ...]) -> tuple[tuple[str, int], ...]:
    rows: dict[str, int] = {}
    for run, name in children_first(runs):
        rows[name] = rows.get(name, 0) + sum(p.rows for p in run.done[name])
    return tuple(rows.items())


def _delete_by_workers(context: _CleanContext, todo: _CleanPlan, run: Run, table: Table, of_pass: Pass) -> None:
    """Deletes the rows that the pass wrote in a table; for the second pass, unsets its columns.

    Rows that others of the same table reference are deleted last, by one worker.
    """
    config = context.config
    done = run.done_by_pass(table.name, of_pass)
    for shares in reversed(load_stages(table, of_pass, done, config.procs, config.chunk.first_rows)):
        tasks = _delete_tasks(context, todo, run, table, of_pass, shares=shares)
        _run_delete_tasks(context, run, table, of_pass, tasks)


def _delete_tasks(
    context: _CleanContext, todo: _CleanPlan, run: Run, table: Table, of_pass: Pass, *, shares: Sequence[tuple[IndexRange, ...]]
) -> list[DeleteTask]:
    """One task for each share of the rows."""
    config = context.config
    update = deferred_update(table, todo.schema[table.name])
    return [
        DeleteTask(
            worker=worker,
            target=config.target,
            run_id=run.run_id,
            plan=run.plan,
            name=table.name,
            rows=run.rows,
            identity=update.identity,
            partitions=share,
            retry_seconds=config.retry_seconds,
            token=todo.token,
            chunk=config.chunk,
            max_rows_per_second=config.limits.max_rows_per_second / len(shares),
            restarts_left=config.worker_restarts,
            update=update if of_pass is Pass.SECOND else None,
        )
        for worker, share in enumerate(shares)
    ]


def _run_delete_tasks(context: _CleanContext, run: Run, table: Table, of_pass: Pass, tasks: Sequence[DeleteTask]) -> None:
    """Interrupted: not all rows were deleted."""
    rows = sum(part.rows for task in tasks for part in task.partitions)
    what = "clean" if len(run.work) == 1 else f"clean {table.name}" if of_pass is Pass.FIRST else f"clean {table.name}, second pass"
    stats, stopped = run_tasks(context.executor, tasks, context.progress, what=what, rows=rows, watch=context.lease)
    if stopped:
        done = sum(worker.rows for worker in stats.values())
        state = "deleted" if of_pass is Pass.FIRST else "as they were before the second pass"
        raise Interrupted(
            f"interrupted: {done:,} of {rows:,} rows of {table.name} are {state}",
            "Repeat parloader clean to delete the rest, or parloader seed to load the deleted rows again",
        )


def _end_run(todo: _CleanPlan, run: Run, connection: Connection) -> None:
    """Deletes the run and its small parents, in one transaction: a run in the ledger has its parents, so seed can resume it. May be repeated.

    ParloaderError: rows of the run are left in the ledger or in a table; nothing is changed then.
    """
    if all(run.run_id != other.run_id for other in store.runs(connection)):
        return
    schema = todo.schema
    with sql.transaction(connection):
        control.require_current(connection, todo.token)
        for _, name in children_first((run,)):
            table = run.plan.table(name)
            if table.partitioned or name not in schema:  # the rows of a dropped table are gone with it
                continue
            for part in reversed(run.done[name]):
                delete_rows(connection, run.plan, name, run.rows, deferred_update(table, schema[name]).identity, part)
        _require_nothing_left(connection, schema, run)
        store.end(connection, run.run_id)


def _require_nothing_left(connection: Connection, schema: Schema, run: Run) -> None:
    """ParloaderError names the first table that has rows of the run left, in the ledger's batches or in the table itself."""
    kept = f"run {run.run_id} is kept in the ledger"
    for name, of_pass in run.work:
        recorded = store.recorded_rows(connection, run.run_id, pass_name(name, of_pass)) if name in schema else 0
        if recorded:
            raise ParloaderError(
                f"the ledger still lists {counted(recorded, 'row')} of {name} that clean did not delete; {kept}", "Repeat parloader clean"
            )
    for entry in reversed(run.tables):
        if entry.name not in schema or not entry.rows.new:
            continue
        count, keys = count_remaining_rows(connection, run, entry.name, SHOWN_KEYS + 1)
        if count:
            key = "/".join(run.plan.table(entry.name).row_key)
            raise ParloaderError(
                f"{counted(count, 'row')} of {entry.name} left under keys of run {run.run_id} ({key} {some(keys)}); {kept}",
                "They were added while clean ran, or the ledger does not list them. Delete them, or give them other keys if they are yours; "
                "then repeat parloader clean",
            )


def _existing_tables(connection: Connection, runs: tuple[Run, ...]) -> Schema:
    """Those of the runs' tables that exist."""
    return introspection.base_tables(introspection.read_tables(connection, {table.name for run in runs for table in run.plan.tables}))


def _reset_counters(connection: Connection) -> None:
    """Resets AUTO_INCREMENT to its value before the first run, unless rows were added after the last one."""
    counters = store.counters(connection)
    for table, now in key_reservation.key_counters(connection, counters.keys()).items():
        before, after = counters[table]
        if now == after:
            key_reservation.set_key_counter(connection, table, before)
