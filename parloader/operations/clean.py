"""clean: removes what the ledger says parloader made, children first, and nothing else; then the ledger, so that no trace is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from parloader.builtin.tables import drop_created_tables
from parloader.config import CleanConfig
from parloader.database import introspection, sql
from parloader.database.driver import Connection
from parloader.database.session import connected, require_writable, server_info
from parloader.errors import Interrupted, ParloaderError
from parloader.ledger import scratch_tables, store
from parloader.ledger.run import Run, pass_name
from parloader.plans.model import Pass, Table
from parloader.rows import key_reservation
from parloader.rows.lookup import delete_rows
from parloader.rows.ownership import SHOWN_KEYS, children_first, count_remaining_rows, require_no_outside_references, some
from parloader.rows.writers import deferred_update
from parloader.runs import permission
from parloader.runs.comparison import require_no_edited_rows
from parloader.schema.model import Schema
from parloader.workers.executor import Executor, Supervisor
from parloader.workers.lease import DatabaseLease
from parloader.workers.progress import Progress
from parloader.workers.runner import default_executor, run_tasks
from parloader.workers.self_references import load_stages
from parloader.workers.tasks.delete import DeleteTask
from parloader.workers.throttle import throttles


@dataclass(frozen=True, kw_only=True)
class CleanResult:
    """`tables`: per table, children first, how many rows go (dry run) or went. `dropped`: tables that parloader had made, now empty."""

    dry_run: bool
    runs: tuple[int, ...]
    tables: tuple[tuple[str, int], ...]
    dropped: tuple[str, ...] = ()

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


def preview_clean(config: CleanConfig, progress: Progress | None = None, executor: Executor | None = None) -> CleanResult:
    """What clean would delete. Refused as clean would be."""
    permission.require_permitted(config.target, config.allow_remote)
    with connected(config.target) as connection, config.target.translate_errors("looking at what to delete"):
        permission.require_not_forbidden(connection, config.target)
        runs = store.runs(connection)
        _require_only_generated(connection, config, runs, _live(connection, runs), progress or Progress(), executor or default_executor())
        return CleanResult(dry_run=True, runs=tuple(run.run_id for run in runs), tables=_rows_of(runs))


def clean(config: CleanConfig, progress: Progress | None = None, executor: Executor | None = None) -> CleanResult:
    """Deletes what every run of the database made. What a stopped clean has not deleted is still in the ledger: repeat it.

    Refused before anything is deleted: the database may not be written to, or what would go is not all parloader's (ForeignRows, EditedRows).
    """
    progress, executor = progress or Progress(), executor or default_executor()
    permission.require_permitted(config.target, config.allow_remote)
    with DatabaseLease(config.target, "clean", config.retry_seconds, progress, throttles(config.limits, config.target)) as hold:
        hold.wait()
        token, runs, live = hold.run_with_retry("preparing the clean", partial(_prepare, config, hold, progress, executor))
        by_workers = partial(_delete_by_workers, config, live, token, hold, progress, executor)
        for run in reversed(runs):
            for twice in run.plan.with_deferred_columns:
                if twice.name in live:
                    by_workers(run, twice, Pass.SECOND)
        for run in reversed(runs):
            for _, name in children_first((run,)):
                table = run.plan.table(name)
                if table.partitioned and name in live:
                    by_workers(run, table, Pass.FIRST)
            hold.run_with_retry(f"ending run {run.run_id}", partial(_end, live, run))
        dropped = hold.run_with_retry("ending the clean", _finish)
        return CleanResult(dry_run=False, runs=tuple(run.run_id for run in runs), tables=_rows_of(runs), dropped=dropped)


def _prepare(
    config: CleanConfig, hold: DatabaseLease, progress: Progress, executor: Executor, connection: Connection
) -> tuple[int, tuple[Run, ...], Schema]:
    """The holder's token, the runs to delete and those of their tables that exist; nothing is deleted yet but what a killed bench left."""
    permission.require_not_forbidden(connection, config.target)
    require_writable(connection, config.target)
    scratch_tables.drop_scratch_tables(connection)
    if not store.upgrade(connection):
        return 0, (), {}
    token, runs = hold.fence(connection), store.runs(connection)
    live = _live(connection, runs)
    _require_only_generated(connection, config, runs, live, progress, executor, hold)
    return token, runs, live


def _finish(connection: Connection) -> tuple[str, ...]:
    """What is no run's: returns the tables that were dropped. May be repeated."""
    there = store.exists(connection)
    if there and (runs := store.remaining_runs(connection)):
        raise ParloaderError(
            f"the ledger still has {_counted(runs, 'run')} that clean did not remove", "The ledger is kept: repeat parloader clean"
        )
    dropped = drop_created_tables(connection)
    if there:
        _put_back_counters(connection)
    store.drop(connection)
    return dropped


def _require_only_generated(
    connection: Connection,
    config: CleanConfig,
    runs: tuple[Run, ...],
    live: Schema,
    progress: Progress,
    executor: Executor,
    watch: Supervisor | None = None,
) -> None:
    require_no_outside_references(connection, runs)
    if runs and not config.edited_too:
        max_text_bytes = server_info(connection).max_allowed_packet_bytes
        for run in runs:
            require_no_edited_rows(config, run, live, max_text_bytes, progress, executor, watch)


def _rows_of(runs: tuple[Run, ...]) -> tuple[tuple[str, int], ...]:
    rows: dict[str, int] = {}
    for run, name in children_first(runs):
        rows[name] = rows.get(name, 0) + sum(p.rows for p in run.done[name])
    return tuple(rows.items())


def _delete_by_workers(
    config: CleanConfig,
    live: Schema,
    token: int,
    hold: DatabaseLease,
    progress: Progress,
    executor: Executor,
    run: Run,
    table: Table,
    of: Pass,
) -> None:
    """What the pass has written of a table, by workers; rows that others of the same table point at last, by one."""
    done = run.done_by_pass(table.name, of)
    update = deferred_update(table, live[table.name])
    for shares in reversed(load_stages(table, of, done, config.procs, config.chunk.first_rows)):
        tasks = [
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
                token=token,
                chunk=config.chunk,
                max_rows_per_second=config.limits.max_rows_per_second / len(shares),
                restarts_left=config.worker_restarts,
                update=update if of is Pass.SECOND else None,
            )
            for worker, share in enumerate(shares)
        ]
        _run(run, table, of, tasks, sum(p.rows for share in shares for p in share), hold, progress, executor)


def _run(
    run: Run, table: Table, of: Pass, tasks: Sequence[DeleteTask], rows: int, hold: DatabaseLease, progress: Progress, executor: Executor
) -> None:
    what = "clean" if len(run.work) == 1 else f"clean {table.name}" if of is Pass.FIRST else f"clean {table.name}, second pass"
    stats, stopped = run_tasks(executor, tasks, progress, what=what, rows=rows, watch=hold)
    if stopped:
        gone = sum(worker.rows for worker in stats.values())
        done_with = "deleted" if of is Pass.FIRST else "as they were before the second pass"
        raise Interrupted(
            f"interrupted: {gone:,} of {rows:,} rows of {table.name} are {done_with}",
            "Repeat parloader clean to delete the rest, or parloader seed to fill it again",
        )


def _end(live: Schema, run: Run, connection: Connection) -> None:
    """The run and its small parents, in one transaction: a run that is in the ledger has its parents, so seed can resume it. May be repeated.

    ParloaderError: rows of the run are left in the ledger or in a table. Then nothing is changed.
    """
    if all(run.run_id != other.run_id for other in store.runs(connection)):
        return
    with sql.transaction(connection):
        for _, name in children_first((run,)):
            table = run.plan.table(name)
            if table.partitioned or name not in live:  # the rows of one that somebody has dropped are gone with it
                continue
            for part in reversed(run.done[name]):
                delete_rows(connection, run.plan, name, run.rows, deferred_update(table, live[name]).identity, part)
        _require_nothing_left(connection, live, run)
        store.end(connection, run.run_id)


def _require_nothing_left(connection: Connection, live: Schema, run: Run) -> None:
    """ParloaderError names the first table of which rows of the run are left, in the ledger's batches or in the table itself."""
    kept = f"run {run.run_id} is kept in the ledger"
    for name, of in run.work:
        recorded = store.recorded_rows(connection, run.run_id, pass_name(name, of)) if name in live else 0
        if recorded:
            raise ParloaderError(
                f"the ledger still lists {_counted(recorded, 'row')} of {name} that clean did not delete; {kept}", "Repeat parloader clean"
            )
    for entry in reversed(run.tables):
        if entry.name not in live or not entry.rows.new:
            continue
        count, keys = count_remaining_rows(connection, run, entry.name, SHOWN_KEYS + 1)
        if count:
            by = "/".join(run.plan.table(entry.name).row_key)
            raise ParloaderError(
                f"{_counted(count, 'row')} of {entry.name} left under keys of run {run.run_id} ({by} {some(keys)}); {kept}",
                "They were added while clean ran, or the ledger does not list them. Delete them, or give them other keys if they are yours; "
                "then repeat parloader clean",
            )


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _live(connection: Connection, runs: tuple[Run, ...]) -> Schema:
    """Those of their tables that exist."""
    return introspection.base_tables(introspection.read_tables(connection, {table.name for run in runs for table in run.plan.tables}))


def _put_back_counters(connection: Connection) -> None:
    """AUTO_INCREMENT as it was before the first run, where nobody has taken keys since the last one."""
    counters = store.counters(connection)
    for table, now in key_reservation.key_counters(connection, counters.keys()).items():
        before, after = counters[table]
        if now == after:
            key_reservation.set_key_counter(connection, table, before)
