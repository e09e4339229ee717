"""clean: removes what the ledger says parloader made, children first, and nothing else; then the ledger, so that no trace is left."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from parloader.config import CleanConfig
from parloader.database import connect, ledger, migration, schema, scratch, sql
from parloader.database.ledger import Run
from parloader.database.sql import Connection
from parloader.errors import ForeignRows, Interrupted
from parloader.loading.executor import Executor, LocalExecutor
from parloader.loading.progress import Progress
from parloader.loading.remover import RemoveTask, delete
from parloader.operations.conditions import conditions
from parloader.operations.hold import Hold
from parloader.operations.run import run_tasks
from parloader.plans.partition import split

SHOWN_KEYS = 5


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


def preview_clean(config: CleanConfig) -> CleanResult:
    """What clean would delete. ForeignRows where it would refuse."""
    with connect.connected(config.target) as connection, config.target.explained("looking at what to delete"):
        runs = ledger.runs(connection)
        _refuse_foreign_rows(connection, runs)
        return CleanResult(dry_run=True, runs=tuple(run.run_id for run in runs), tables=_rows_of(runs))


def clean(config: CleanConfig, progress: Progress | None = None, executor: Executor | None = None) -> CleanResult:
    """Deletes what every run of the database made. What a stopped clean has not deleted is still in the ledger: repeat it."""
    progress, executor = progress or Progress(), executor or LocalExecutor()
    with Hold(config.target, "clean", config.retry_seconds, progress, conditions(config.limits, config.target)) as hold:
        hold.wait()
        token, runs = hold.again("preparing the clean", partial(_prepare, config, hold))
        for run, table in _children_first(runs):
            if table == run.target:
                _delete_target(config, run, token, hold, progress, executor)
        dropped = hold.again("ending the clean", partial(_finish, runs))
        return CleanResult(dry_run=False, runs=tuple(run.run_id for run in runs), tables=_rows_of(runs), dropped=dropped)


def _prepare(config: CleanConfig, hold: Hold, connection: Connection) -> tuple[int, tuple[Run, ...]]:
    """The holder's token and the runs to delete; nothing is deleted yet but what a killed bench left."""
    connect.require_writable(connection, config.target)
    scratch.drop(connection)
    if not ledger.exists(connection):
        return 0, ()
    ledger.create(connection)  # what later versions have more
    token, runs = hold.fence(connection), ledger.runs(connection)
    _refuse_foreign_rows(connection, runs)
    return token, runs


def _finish(runs: tuple[Run, ...], connection: Connection) -> tuple[str, ...]:
    """All that is small: returns the tables that were dropped. May be repeated."""
    dropped: tuple[str, ...] = ()
    if ledger.exists(connection):
        _end(connection, runs)
        dropped = _drop_made_tables(connection)
        _put_back_counters(connection)
    ledger.drop(connection)
    return dropped


def _children_first(runs: tuple[Run, ...]) -> Iterator[tuple[Run, str]]:
    """Every table of every run that has rows of ours: a table of all runs before its parents (later runs use the parents of earlier ones)."""
    names = list(dict.fromkeys(entry.name for run in runs for entry in reversed(run.tables)))
    for name in names:
        for run in reversed(runs):
            if run.done.get(name):
                yield run, name


def _rows_of(runs: tuple[Run, ...]) -> tuple[tuple[str, int], ...]:
    rows: dict[str, int] = {}
    for run, name in _children_first(runs):
        rows[name] = rows.get(name, 0) + sum(p.rows for p in run.done[name])
    return tuple(rows.items())


def _refuse_foreign_rows(connection: Connection, runs: tuple[Run, ...]) -> None:
    """ForeignRows where a row that is not ours points at one of ours: deleting ours would fail or take theirs along."""
    names = list(dict.fromkeys(name for _, name in _children_first(runs)))
    ours = {name: tuple(r for run in runs if name in run.done for r in run.key_ranges(name)) for name in names}
    for name in names:
        key = next(run.table(name).key for run in runs if name in run.done)
        for database, child, column, referenced in schema.foreign_keys_to(connection, name):
            if referenced == key:
                _refuse_pointing(connection, database, child, column, name, ours)


def _refuse_pointing(
    connection: Connection, database: str, child: str, column: str, parent: str, ours: dict[str, tuple[tuple[int, int], ...]]
) -> None:
    child_key = schema.primary_key(connection, database, child)
    shown = ", ".join(map(sql.quote, child_key or (column,)))
    theirs = "TRUE"
    if len(child_key) == 1 and database == sql.value(connection, "SELECT DATABASE()"):
        theirs = sql.outside(child_key[0], ours.get(child, ()))
    where = f"{sql.quote(database)}.{sql.quote(child)} WHERE {theirs} AND {sql.within(column, ours[parent])}"
    found = sql.rows(connection, f"SELECT {shown} FROM {where} LIMIT {SHOWN_KEYS + 1:d}")
    if found:
        keys = ", ".join("/".join(map(str, key)) for key in found[:SHOWN_KEYS]) + (" and more" if len(found) > SHOWN_KEYS else "")
        raise ForeignRows(
            f"rows of {child} that parloader did not make point at rows of {parent} that it made: {', '.join(child_key) or column} {keys}",
            f"Point their {column} at other rows, or delete them; nothing was deleted",
        )


def _delete_target(config: CleanConfig, run: Run, token: int, hold: Hold, progress: Progress, executor: Executor) -> None:
    entry = run.table(run.target)
    shares = split(run.done[run.target], config.procs)
    tasks = [
        RemoveTask(
            worker=worker,
            target=config.target,
            run_id=run.run_id,
            table=run.target,
            key=entry.key,
            keys=entry.keys,
            partitions=share,
            retry_seconds=config.retry_seconds,
            token=token,
            chunk=config.chunk,
            most_rows_per_second=config.limits.max_rows_per_second / len(shares),
            restarts=config.worker_restarts,
        )
        for worker, share in enumerate(shares)
    ]
    stats, stopped = run_tasks(executor, tasks, progress, what="clean", rows=run.done_rows, watch=hold)
    if stopped:
        gone = sum(worker.rows for worker in stats.values())
        raise Interrupted(
            f"interrupted: {gone:,} of {run.done_rows:,} rows of {run.target} are deleted",
            "Repeat parloader clean to delete the rest, or parloader seed to fill it again",
        )


def _end(connection: Connection, runs: tuple[Run, ...]) -> None:
    """The parents' rows, which are few, and the runs, in one transaction: a run that is in the ledger has its parents, so seed can go on."""
    with sql.transaction(connection):
        for run, table in _children_first(runs):
            if table != run.target:
                delete(connection, table, run.table(table).key, run.key_ranges(table))
        for run in runs:
            ledger.end(connection, run.run_id)


def _put_back_counters(connection: Connection) -> None:
    """AUTO_INCREMENT as it was before the first run, where nobody has taken keys since the last one."""
    for table, (before, after) in ledger.counters(connection).items():
        if schema.key_counter(connection, table) == after:
            schema.set_key_counter(connection, table, before)


def _drop_made_tables(connection: Connection) -> tuple[str, ...]:
    """Drops the tables that seed had made in an empty database, where all of them are empty again. Locked, so that no row is lost."""
    commented = schema.tables_with_comment(connection, migration.MADE_BY_US)
    made = tuple(name for name in migration.children_first() if name in commented)
    if not made or any(child not in made for name in made for _, child, _, _ in schema.foreign_keys_to(connection, name)):
        return ()
    sql.execute(connection, "LOCK TABLES " + ", ".join(f"{sql.quote(name)} WRITE" for name in made))
    try:
        if any(sql.rows(connection, f"SELECT 1 FROM {sql.quote(name)} LIMIT 1") for name in made):
            return ()
        sql.execute(connection, "DROP TABLE " + ", ".join(map(sql.quote, made)))
    finally:
        sql.execute(connection, "UNLOCK TABLES")
    return made
