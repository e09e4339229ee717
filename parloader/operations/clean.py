"""clean: deletes the rows that the ledger lists, children first, and nothing else; then drops the ledger."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from parloader.builtin.tables import CreatedTables, drop_created_tables
from parloader.config import CleanConfig
from parloader.database import sql
from parloader.database.driver import Connection
from parloader.database.session import require_writable
from parloader.errors import EditedRows, ForeignRows, Interrupted, ParloaderError
from parloader.generation.frames import with_child_starts
from parloader.ledger import control, deferred_indexes, recorded_batches, scratch_tables, store
from parloader.ledger.run import Run
from parloader.operations.clean_result import CleanResult
from parloader.plans.model import Pass, Table
from parloader.plans.row_ranges import IndexRange
from parloader.quantities import counted
from parloader.rows.ownership import children_first
from parloader.rows.trigger_rows import count_trigger_rows, delete_trigger_rows
from parloader.runs import permission
from parloader.runs.comparison import CompareContext, require_no_edited_rows
from parloader.runs.index_deferral import add_deferred_indexes
from parloader.runs.removal import Removal, foresee_created, postponed_purge, prepare_removal, require_nothing_left, reset_counters
from parloader.workers.executor import SMALL_DELETION_ROWS, Executor
from parloader.workers.lease import DatabaseLease
from parloader.workers.progress import Progress
from parloader.workers.retry_policy import run_on_connection
from parloader.workers.runner import default_executor, run_tasks
from parloader.workers.self_references import load_stages
from parloader.workers.tasks.delete import DeleteTask
from parloader.workers.throttle import throttles

# Up to this many rows are deleted in one transaction if the account cannot see every foreign key, so that one that the server refuses undoes all of it
MAX_ROWS_AT_ONCE = 10_000


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

    removal: Removal
    trigger_rows: Counter[str] = field(default_factory=Counter)
    """table → rows deleted because they referenced generated rows"""
    token: int
    """fences the workers off if another command takes over"""
    adds_indexes: bool = False
    """whether the ledger lists indexes to add, now that the rows are gone"""


def preview_clean(config: CleanConfig, progress: Progress | None = None, executor: Executor | None = None) -> CleanResult:
    """What clean would delete. Refused if clean would be."""
    context = _CleanContext(config=config, progress=progress or Progress(), executor=executor or default_executor())
    permission.require_permitted(config.target, config.allow_remote)

    def prepare(connection: Connection) -> tuple[Removal, Mapping[str, int], CreatedTables]:
        permission.require_not_forbidden(connection, config.target)
        if control.holder_connection_id(connection) is not None:  # its newest rows look like rows of others
            raise control.refusal(connection)
        removal = prepare_removal(connection, config)
        trigger_rows = count_trigger_rows(connection, removal.trigger_references, removal.runs)
        return removal, trigger_rows, foresee_created(connection, removal, trigger_rows)

    removal, trigger_rows, created = run_on_connection(config.target, "looking for the rows to delete", prepare, config.retry_seconds)
    missing = _require_no_edited_rows(context, removal)
    _note_kept_rows(context, removal)
    return _result(removal, missing, dry_run=True, trigger_rows=trigger_rows, created=created)


def clean(config: CleanConfig, progress: Progress | None = None, executor: Executor | None = None) -> CleanResult:
    """Deletes the rows of the runs. If it is interrupted, the ledger lists the remaining rows: repeat it.

    Refused, before anything is deleted: the database may not be written to, other rows reference the rows to delete (ForeignRows) or may
    do so unseen (UnseenReferences), or rows were edited (EditedRows).
    """
    progress, executor = progress or Progress(), executor or default_executor()
    permission.require_permitted(config.target, config.allow_remote)
    with (
        executor.ready(0, DeleteTask.__module__),  # keeps the workers that look for edited rows, to delete rows
        DatabaseLease(config.target, "clean", config.retry_seconds, progress, throttles(config.limits, config.target)) as lease,
    ):
        context = _CleanContext(config=config, progress=progress, executor=executor, lease=lease)
        lease.wait()
        todo = lease.run_with_retry("preparing the clean", partial(_prepare, context, lease))
        removal = todo.removal
        for run in removal.runs:
            progress.works_on(run)
        missing = _require_no_edited_rows(context, removal, todo.token)
        _note_kept_rows(context, removal)
        try:
            with postponed_purge(config.target, removal):
                created = _delete(context, lease, todo)
        except BaseException:  # without a result, nothing else names these rows
            for table, rows in todo.trigger_rows.items():
                progress.note(f"deleted {counted(rows, 'row')} from {table} that referenced generated rows (--with-trigger-rows)")
            raise
        return _result(removal, missing, trigger_rows=todo.trigger_rows, created=created)


def _delete(context: _CleanContext, lease: DatabaseLease, todo: _CleanPlan) -> CreatedTables:
    """Deletes the rows, then the ledger and the tables that parloader created, if no other run needs them."""
    removal = todo.removal
    if removal.trigger_references:
        lease.run_with_retry("deleting the rows that triggers inserted", partial(_delete_trigger_rows, todo))
    if not removal.references.complete and sum(rows for _, rows in removal.rows_by_table) <= MAX_ROWS_AT_ONCE:
        lease.run_with_retry("deleting all rows in one transaction, which was undone", partial(_delete_at_once, todo))
    else:
        _delete_in_chunks(context, lease, todo)
    if todo.adds_indexes:
        lease.run_with_retry("adding the indexes that seed had dropped", partial(_add_indexes, context, lease, todo))
    return CreatedTables() if removal.kept_runs else lease.run_with_retry("ending the clean", partial(_finish, removal))


def _result(
    removal: Removal, missing: Mapping[str, int], *, dry_run: bool = False, trigger_rows: Mapping[str, int], created: CreatedTables
) -> CleanResult:
    """`missing`: the rows that no longer exist, by table."""
    return CleanResult(
        dry_run=dry_run,
        runs=tuple(run.run_id for run in removal.runs),
        tables=tuple((table, rows - missing.get(table, 0)) for table, rows in removal.rows_by_table),
        exact=not removal.command.edited_too,
        trigger_rows=trigger_rows,
        not_undone=removal.not_undone,
        with_history=removal.with_history,
        kept_runs=tuple(run.run_id for run in removal.kept_runs),
        created=created,
    )


def _prepare(context: _CleanContext, lease: DatabaseLease, connection: Connection) -> _CleanPlan:
    """Checks everything that can refuse the clean but edited rows. Deletes only the scratch tables of a killed bench. May be repeated."""
    permission.require_not_forbidden(connection, context.config.target)
    require_writable(connection, context.config.target)
    scratch_tables.drop_scratch_tables(connection)
    has_ledger = store.upgrade(connection)
    token = lease.fence(connection) if has_ledger else 0
    deferred = deferred_indexes.read(connection)  # from now on no earlier command adds one
    if deferred and not has_ledger:
        store.create(connection)
        token = lease.fence(connection)
    removal = prepare_removal(connection, context.config)
    if removal.runs:
        permission.require_privileges_to_clean(connection, removal.runs, removal.schema, drops_ledger=not removal.kept_runs)
    if deferred:
        permission.require_privileges_to_add_indexes(connection, deferred, drops_ledger=not removal.kept_runs)
    return _CleanPlan(removal=removal, token=token, adds_indexes=bool(deferred))


def _add_indexes(context: _CleanContext, lease: DatabaseLease, todo: _CleanPlan, connection: Connection) -> None:
    """Adds the indexes of the runs that are gone. May be repeated."""
    unfinished = {run.run_id for run in todo.removal.kept_runs}
    add_deferred_indexes(connection, unfinished, lease, todo.token, context.progress, context.config.target)


def _finish(removal: Removal, connection: Connection) -> CreatedTables:
    """Drops what belongs to no run: empty tables that parloader created, and the ledger. May be repeated."""
    has_ledger = store.exists(connection)
    if has_ledger and (runs := store.remaining_runs(connection)):
        raise ParloaderError(
            f"the ledger still has {counted(runs, 'run')} that clean did not remove", f"The ledger is kept: repeat {removal.command}"
        )
    created = drop_created_tables(connection)
    if has_ledger:
        reset_counters(connection)
    if deferred_indexes.exists(connection):
        deferred_indexes.drop_empty(connection)
    store.drop(connection)
    return created


def _require_no_edited_rows(context: _CleanContext, removal: Removal, token: int | None = None) -> Mapping[str, int]:
    """EditedRows: rows to delete were edited. Notes how many rows of each table are missing, and returns it; nothing with --edited-too.

    Holds no connection of its own while the workers compare.
    """
    config, missing = context.config, Counter[str]()
    if not removal.runs or config.edited_too:
        return missing
    compare_context = CompareContext(
        target=removal.target,
        procs=config.procs,
        max_text_bytes=removal.max_text_bytes,
        progress=context.progress,
        executor=context.executor,
        label="looking for edited rows",
        supervisor=context.lease,
        token=token,
    )
    for run in removal.runs:
        for table, rows in require_no_edited_rows(compare_context, run, removal.schema, config.command).items():
            missing[table] += rows
            context.progress.note(
                f"run {run.run_id}: {counted(rows, 'row')} of {table} no longer {'exists' if rows == 1 else 'exist'} under "
                f"{'its generated key' if rows == 1 else 'their generated keys'}: deleted since, or under another key now; clean does not look elsewhere"
            )
    return missing


def _note_kept_rows(context: _CleanContext, removal: Removal) -> None:
    for note in removal.notes:
        context.progress.note(note)


def _delete_trigger_rows(todo: _CleanPlan, connection: Connection) -> None:
    """Deletes the rows that triggers inserted for generated rows, in transactions of a part each. May be repeated."""
    for run in todo.removal.runs:
        steps = delete_trigger_rows(connection, todo.removal.trigger_references, run)
        while True:
            with sql.transaction(connection):
                control.require_current(connection, todo.token)
                step = next(steps, None)
            if step is None:
                break
            todo.trigger_rows[step[0]] += step[1]


def _delete_at_once(todo: _CleanPlan, connection: Connection) -> None:
    """Deletes the rows of all runs in one transaction. May be repeated."""
    removal = todo.removal
    if not {run.run_id for run in removal.runs} & {run.run_id for run in store.runs(connection)}:
        return
    existing = [(run, name) for run, name in children_first(removal.runs) if name in removal.schema]
    with sql.transaction(connection):
        control.require_current(connection, todo.token)
        for run, name in existing:
            for part in run.done_by_pass(name, Pass.SECOND):
                undone = removal.deletion(run, name).of(part)
                undone.lock(connection, Pass.SECOND)
                removal.update(run, name).undo(connection, run.plan, run.rows, part)
                undone.require_same_table(connection)
        doomed = [removal.deletion(run, name).of(part) for run, name in existing for part in reversed(run.done[name])]
        for rows in doomed:
            rows.lock(connection)
        for rows in doomed:
            rows.require_unreferenced(connection)
            rows.delete(connection)
        for run in removal.runs:
            for ledger_name, parts in run.done.items():
                for part in parts:
                    recorded_batches.forget(connection, run.run_id, ledger_name, part)
            require_nothing_left(connection, removal, run)
            store.end(connection, run.run_id)


def _delete_in_chunks(context: _CleanContext, lease: DatabaseLease, todo: _CleanPlan) -> None:
    """Deletes the rows of all runs by workers, in transactions of a chunk each; then the small parents of each run and its ledger rows."""
    removal = todo.removal
    try:
        for run in reversed(removal.runs):
            for table in run.plan.with_deferred_columns:
                if table.name in removal.schema:
                    _delete_by_workers(context, todo, run, table, Pass.SECOND)
        for run in reversed(removal.runs):
            for _, name in children_first((run,)):
                table = run.plan.table(name)
                if table.partitioned and name in removal.schema:
                    _delete_by_workers(context, todo, run, table, Pass.FIRST)
            lease.run_with_retry(f"ending run {run.run_id}", partial(_end_run, todo, run))
    except (EditedRows, ForeignRows) as error:  # after the first delete, it is no refusal any more
        raise ParloaderError(
            f"{error.message}; clean stopped, and keeps the rows that are left in the ledger",
            f"{error.next_step}. parloader seed loads the deleted rows again",
        ) from error


def _delete_by_workers(context: _CleanContext, todo: _CleanPlan, run: Run, table: Table, of_pass: Pass) -> None:
    """Deletes the rows that the pass wrote in a table; for the second pass, unsets its columns.

    Rows that others of the same table reference are deleted last, by one worker.
    """
    done, indexed = run.done_by_pass(table.name, of_pass), todo.removal.deletion(run, table.name).view.indexed
    workers = context.executor.task_count(context.config.procs) if indexed else 1  # who reads the entire table locks all of it
    for shares in reversed(load_stages(table, of_pass, done, workers, SMALL_DELETION_ROWS)):
        _run_delete_tasks(context, run, table, of_pass, _delete_tasks(context, todo, run, table, of_pass, shares=shares))


def _delete_tasks(
    context: _CleanContext, todo: _CleanPlan, run: Run, table: Table, of_pass: Pass, *, shares: Sequence[tuple[IndexRange, ...]]
) -> list[DeleteTask]:
    """One task for each share of the rows."""
    config = context.config
    update = todo.removal.update(run, table.name) if of_pass is Pass.SECOND else None
    deletion = todo.removal.deletion(run, table.name)
    return [
        DeleteTask(
            worker=worker,
            target=todo.removal.target,
            run_id=run.run_id,
            plan=run.plan,
            name=table.name,
            rows=with_child_starts(run.plan, run.rows),
            deletion=deletion,
            partitions=share,
            retry_seconds=config.retry_seconds,
            token=todo.token,
            chunk=config.chunk,
            max_rows_per_second=config.limits.max_rows_per_second,
            restarts_left=config.worker_restarts,
            update=update,
        )
        for worker, share in enumerate(shares)
    ]


def _run_delete_tasks(context: _CleanContext, run: Run, table: Table, of_pass: Pass, tasks: Sequence[DeleteTask]) -> None:
    """Interrupted: not all rows were deleted."""
    config, rows = context.config, sum(part.rows for task in tasks for part in task.partitions)
    what = "clean" if len(run.work) == 1 else f"clean {table.name}" if of_pass is Pass.FIRST else f"clean {table.name}, second pass"
    stats, stopped = run_tasks(context.executor, tasks, context.progress, what=what, rows=rows, watch=context.lease)
    if stopped:
        done = sum(worker.rows for worker in stats.values())
        state = "deleted" if of_pass is Pass.FIRST else "as they were before the second pass"
        raise Interrupted(
            f"interrupted: {done:,} of {rows:,} rows of {table.name} are {state}",
            f"Repeat {config.command} to delete the rest, or parloader seed to load the deleted rows again",
        )


def _end_run(todo: _CleanPlan, run: Run, connection: Connection) -> None:
    """Deletes the run and its small parents, in one transaction: a run in the ledger has its parents, so seed can resume it. May be repeated.

    ParloaderError: rows of the run are left in the ledger or in a table; nothing is changed then.
    """
    if not store.has_run(connection, run.run_id):
        return
    removal = todo.removal
    # the rows of a dropped table are gone with it
    names = [name for _, name in children_first((run,)) if not run.plan.table(name).partitioned and name in removal.schema]
    doomed = [removal.deletion(run, name).of(part) for name in names for part in reversed(run.done[name])]
    with sql.transaction(connection):
        control.require_current(connection, todo.token)
        for rows in doomed:
            rows.lock(connection)
        for rows in doomed:
            rows.require_unreferenced(connection)
            rows.delete(connection)
        require_nothing_left(connection, removal, run)
        store.end(connection, run.run_id)
