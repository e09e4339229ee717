"""clean: removes what the ledger says parloader made, children first, and nothing else; then the ledger, so that no trace is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from parloader.config import CleanConfig
from parloader.database import connect, ledger, migration, schema, scratch, shape, sql
from parloader.database.ledger import Run
from parloader.database.sql import Connection
from parloader.errors import Interrupted, ParloaderError
from parloader.loading.executor import Executor, LocalExecutor, Watch
from parloader.loading.progress import Progress
from parloader.loading.remover import RemoveTask, delete
from parloader.operations import guard
from parloader.operations.conditions import conditions
from parloader.operations.hold import Hold
from parloader.operations.others import SHOWN_KEYS, children_first, refuse_edited_rows, refuse_foreign_rows, some
from parloader.operations.ours import rows_left
from parloader.operations.run import run_tasks
from parloader.operations.second_pass import update_of
from parloader.plans.model import Table
from parloader.plans.partition import Partition, split
from parloader.plans.passes import Pass, pass_name
from parloader.plans.shape import Shapes


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
    guard.require_permitted(config.target, config.allow_remote)
    with connect.connected(config.target) as connection, config.target.explained("looking at what to delete"):
        guard.require_not_forbidden(connection, config.target)
        runs = ledger.runs(connection)
        _require_only_ours(connection, config, runs, _live(connection, runs), progress or Progress(), executor or LocalExecutor())
        return CleanResult(dry_run=True, runs=tuple(run.run_id for run in runs), tables=_rows_of(runs))


def clean(config: CleanConfig, progress: Progress | None = None, executor: Executor | None = None) -> CleanResult:
    """Deletes what every run of the database made. What a stopped clean has not deleted is still in the ledger: repeat it.

    Refused before anything is deleted: the database may not be written to, or what would go is not all parloader's (ForeignRows, EditedRows).
    """
    progress, executor = progress or Progress(), executor or LocalExecutor()
    guard.require_permitted(config.target, config.allow_remote)
    with Hold(config.target, "clean", config.retry_seconds, progress, conditions(config.limits, config.target)) as hold:
        hold.wait()
        token, runs, live = hold.again("preparing the clean", partial(_prepare, config, hold, progress, executor))
        by_workers = partial(_take_back, config, live, token, hold, progress, executor)
        for run in reversed(runs):
            for twice in run.plan.in_two_passes:
                if twice.name in live:
                    by_workers(run, twice, Pass.SECOND)
        for run in reversed(runs):
            for _, name in children_first((run,)):
                table = run.plan.table(name)
                if table.partitioned and name in live:
                    by_workers(run, table, Pass.FIRST)
            hold.again(f"ending run {run.run_id}", partial(_end, live, run))
        dropped = hold.again("ending the clean", _finish)
        return CleanResult(dry_run=False, runs=tuple(run.run_id for run in runs), tables=_rows_of(runs), dropped=dropped)


def _prepare(
    config: CleanConfig, hold: Hold, progress: Progress, executor: Executor, connection: Connection
) -> tuple[int, tuple[Run, ...], Shapes]:
    """The holder's token, the runs to delete and those of their tables that exist; nothing is deleted yet but what a killed bench left."""
    guard.require_not_forbidden(connection, config.target)
    connect.require_writable(connection, config.target)
    scratch.drop(connection)
    if not ledger.exists(connection):
        return 0, (), {}
    ledger.create(connection)  # what later versions have more
    token, runs = hold.fence(connection), ledger.runs(connection)
    live = _live(connection, runs)
    _require_only_ours(connection, config, runs, live, progress, executor, hold)
    return token, runs, live


def _finish(connection: Connection) -> tuple[str, ...]:
    """What is no run's: returns the tables that were dropped. May be repeated."""
    there = ledger.exists(connection)
    if there and (runs := ledger.remaining_runs(connection)):
        raise ParloaderError(
            f"the ledger still has {_counted(runs, 'run')} that clean did not remove", "The ledger is kept: repeat parloader clean"
        )
    dropped = migration.drop_made_tables(connection)
    if there:
        _put_back_counters(connection)
    ledger.drop(connection)
    return dropped


def _require_only_ours(
    connection: Connection,
    config: CleanConfig,
    runs: tuple[Run, ...],
    live: Shapes,
    progress: Progress,
    executor: Executor,
    watch: Watch | None = None,
) -> None:
    refuse_foreign_rows(connection, runs)
    if not config.edited_too:
        for run in runs:
            refuse_edited_rows(connection, config, run, live, progress, executor, watch)


def _rows_of(runs: tuple[Run, ...]) -> tuple[tuple[str, int], ...]:
    rows: dict[str, int] = {}
    for run, name in children_first(runs):
        rows[name] = rows.get(name, 0) + sum(p.rows for p in run.done[name])
    return tuple(rows.items())


def _take_back(
    config: CleanConfig, live: Shapes, token: int, hold: Hold, progress: Progress, executor: Executor, run: Run, table: Table, of: Pass
) -> None:
    """What the pass has written of a table, by workers; rows that others of the same table point at last, by one."""
    roots = table.roots.stop if of is Pass.FIRST else 0
    done = run.done_in(table.name, of)
    update = update_of(table, live[table.name])
    others = tuple(Partition(max(roots, p.start), p.stop) for p in done if p.stop > roots)
    pointed_at = tuple(Partition(p.start, min(roots, p.stop)) for p in done if p.start < roots)
    for shares in (split(others, config.procs, config.chunk.first_rows), ((pointed_at,) if pointed_at else ())):
        tasks = [
            RemoveTask(
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
                most_rows_per_second=config.limits.max_rows_per_second / len(shares),
                restarts=config.worker_restarts,
                update=update if of is Pass.SECOND else None,
            )
            for worker, share in enumerate(shares)
        ]
        if tasks:
            _run(run, table, of, tasks, sum(p.rows for share in shares for p in share), hold, progress, executor)


def _run(
    run: Run, table: Table, of: Pass, tasks: Sequence[RemoveTask], rows: int, hold: Hold, progress: Progress, executor: Executor
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


def _end(live: Shapes, run: Run, connection: Connection) -> None:
    """The run and its small parents, in one transaction: a run that is in the ledger has its parents, so seed can resume it. May be repeated.

    ParloaderError: rows of the run are left in the ledger or in a table. Then nothing is changed.
    """
    if all(run.run_id != other.run_id for other in ledger.runs(connection)):
        return
    with sql.transaction(connection):
        for _, name in children_first((run,)):
            table = run.plan.table(name)
            if table.partitioned or name not in live:  # the rows of one that somebody has dropped are gone with it
                continue
            for part in reversed(run.done[name]):
                delete(connection, run.plan, name, run.rows, update_of(table, live[name]).identity, part)
        _require_nothing_left(connection, live, run)
        ledger.end(connection, run.run_id)


def _require_nothing_left(connection: Connection, live: Shapes, run: Run) -> None:
    """ParloaderError names the first table of which rows of the run are left, in the ledger's batches or in the table itself."""
    kept = f"run {run.run_id} is kept in the ledger"
    for name, of in run.work:
        recorded = ledger.recorded_rows(connection, run.run_id, pass_name(name, of)) if name in live else 0
        if recorded:
            raise ParloaderError(
                f"the ledger still lists {_counted(recorded, 'row')} of {name} that clean did not delete; {kept}", "Repeat parloader clean"
            )
    for entry in reversed(run.tables):
        if entry.name not in live or not entry.rows.made:
            continue
        count, keys = rows_left(connection, run, entry.name, SHOWN_KEYS + 1)
        if count:
            by = "/".join(run.plan.table(entry.name).found_by)
            raise ParloaderError(
                f"{_counted(count, 'row')} of {entry.name} left under keys of run {run.run_id} ({by} {some(keys)}); {kept}",
                "They were added while clean ran, or the ledger does not list them. Delete them, or give them other keys if they are yours; "
                "then repeat parloader clean",
            )


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _live(connection: Connection, runs: tuple[Run, ...]) -> Shapes:
    """Those of their tables that exist."""
    return shape.tables_only(shape.shapes(connection, {table.name for run in runs for table in run.plan.tables}))


def _put_back_counters(connection: Connection) -> None:
    """AUTO_INCREMENT as it was before the first run, where nobody has taken keys since the last one."""
    for table, (before, after) in ledger.counters(connection).items():
        if schema.key_counter(connection, table) == after:
            schema.set_key_counter(connection, table, before)
