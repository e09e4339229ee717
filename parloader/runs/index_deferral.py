"""--defer-indexes: drops indexes that no constraint needs before a load, and adds them again after it.

The order makes it safe to end at any time: the ledger lists the indexes (committed) → they are dropped → the rows are loaded → the indexes
are added → the ledger forgets them. Each step checks which indexes exist: it adds none that exists, and drops none that does not.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from parloader.database import error_codes, privileges, sql, visibility
from parloader.database.driver import Connection, DriverError
from parloader.database.indexes import add_indexes, column_names, drop_indexes, release_locks_soon, table_definition
from parloader.database.target import Target
from parloader.errors import Interrupted, Refused
from parloader.ledger import control, deferred_indexes
from parloader.ledger.deferred_indexes import DeferredIndex
from parloader.planner.request import listed
from parloader.plans.model import Plan
from parloader.quantities import counted
from parloader.runs.preparation import PreparedLoad
from parloader.schema import index_definitions
from parloader.schema.index_definitions import IndexDefinition
from parloader.schema.model import Schema
from parloader.schema.table_names import database_of
from parloader.workers.lease import DatabaseLease
from parloader.workers.progress import Progress


@dataclass(frozen=True, kw_only=True)
class DeferrableIndexes:
    """The indexes of one table that can be added after its rows."""

    table: str
    definitions: tuple[IndexDefinition, ...]
    """all of the table, in the server's order"""
    deferrable: tuple[IndexDefinition, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(index.name for index in self.deferrable)


def deferrable_indexes(connection: Connection, schema: Schema, tables: Collection[str]) -> tuple[DeferrableIndexes, ...]:
    """One entry for each table that has such indexes; tables of other databases keep theirs. Only reads."""
    candidates = [name for name in tables if schema[name].indexes and database_of(name) is None]
    if not candidates:
        return ()
    references = visibility.foreign_keys_to(connection, candidates)
    result = []
    for name in candidates:
        statement = table_definition(connection, name)
        indexes = _definitions(connection, statement)
        of_table = [reference.referenced for reference in references if reference.parent == name]
        if found := index_definitions.deferrable(schema[name], statement, indexes, of_table):
            result.append(DeferrableIndexes(table=name, definitions=indexes, deferrable=found))
    return tuple(result)


def _definitions(connection: Connection, statement: str) -> tuple[IndexDefinition, ...]:
    return index_definitions.definitions(statement, virtual_last=connection.dialect.lists_virtual_indexes_last)


def _of_empty_tables(connection: Connection, plan: Plan, schema: Schema) -> tuple[DeferrableIndexes, ...]:
    """Those of the tables that workers load and that are empty."""
    empty = [table.name for table in plan.partitioned if not sql.exists(connection, f"FROM {sql.quote_table(table.name)}")]
    return deferrable_indexes(connection, schema, empty)


def refusal(connection: Connection) -> Refused | None:
    """Why this server cannot be used with --defer-indexes; None: it can."""
    if not connection.in_cluster:
        return None
    return Refused(
        "--defer-indexes is not possible on a Galera cluster: an ALTER TABLE that adds indexes stops all writes on every node while it runs",
        "Run the command without --defer-indexes",
    )


def require_deferral_possible(connection: Connection, prepared: PreparedLoad) -> None:
    """Called before anything is written. Refused: see `refusal`. PrivilegeMissing: a privilege to change the indexes is missing."""
    if refused := refusal(connection):
        raise refused
    if prepared.creates_tables:
        return
    if found := _of_empty_tables(connection, prepared.plan, prepared.schema):
        ledger = deferred_indexes.TABLE
        trials = [privileges.create(ledger), privileges.insert(ledger, ["run_id"]), privileges.update(ledger, ["run_id"])]
        privileges.require(connection, [*trials, privileges.delete(ledger), *(privileges.alter(each.table) for each in found)])


def defer_indexes(
    connection: Connection, run_id: int, plan: Plan, schema: Schema, lease: DatabaseLease, token: int, progress: Progress
) -> None:
    """Drops the indexes of the empty tables that workers load, once the ledger lists them. May be repeated."""
    deferred_indexes.create(connection)
    release_locks_soon(connection)
    with deferred_indexes.exclusive(connection, token, _waiting(lease, progress)):
        found = _of_empty_tables(connection, plan, schema)
        if not found:
            progress.note(
                "--defer-indexes: no index was deferred, because no table to load is empty and has an index that no constraint needs"
            )
            return
        recorded = {each.table: _deferred(run_id, each) for each in found}
        with sql.transaction(connection):
            control.require_current(connection, token)  # whoever takes over after this commit finds them listed
            deferred_indexes.record(connection, (index for each in recorded.values() for index in each))
        for each in found:
            try:
                drop_indexes(connection, each.table, each.names)
            except DriverError as error:
                if error_codes.classify(error) is not error_codes.Action.GIVE_UP:
                    raise
                progress.note(f"--defer-indexes: {each.table} keeps its indexes during the load: {error_codes.server_message(error)}")
                deferred_indexes.forget(connection, recorded[each.table])
            else:
                progress.note(f"run {run_id}: dropped until the rows are loaded: {_shown(each.table, each.names)}")


def _deferred(run_id: int, found: DeferrableIndexes) -> tuple[DeferredIndex, ...]:
    missing = index_definitions.missing(found.definitions, set(found.names))
    return tuple(DeferredIndex(run_id=run_id, table=found.table, index=index) for index in missing)


def add_deferred_indexes(
    connection: Connection, unfinished: Collection[int], lease: DatabaseLease, token: int, progress: Progress, target: Target
) -> int:
    """Adds the indexes that the ledger lists, without those of the runs `unfinished`; then the ledger forgets them. May be repeated.

    Returns how many it added. Changes that others made to these indexes meanwhile stay, and are noted.
    """
    added = 0
    if not any(deferred.run_id not in unfinished for deferred in deferred_indexes.read(connection)):
        return added
    release_locks_soon(connection)
    with deferred_indexes.exclusive(connection, token, _waiting(lease, progress)):
        waiting = [deferred for deferred in deferred_indexes.read(connection) if deferred.run_id not in unfinished]
        for table, group in groupby(waiting, lambda deferred: deferred.table):
            of_table = tuple(group)
            try:
                added += _add(connection, table, of_table, progress, target)
            except KeyboardInterrupt as error:
                names = [deferred.index.name for deferred in of_table]
                raise Interrupted(
                    f"interrupted while adding indexes to {_shown(table, names)}",
                    "Run the same command again to add those that are missing",
                ) from error
            deferred_indexes.forget(connection, of_table)
    return added


def _add(connection: Connection, table: str, deferred: Sequence[DeferredIndex], progress: Progress, target: Target) -> int:
    """Adds the missing indexes of a table in one statement, and returns how many. Notes those that cannot be added, or exist with another definition."""
    statement = table_definition(connection, table)
    if not statement:
        progress.note(f"{table} no longer exists, so its indexes are not added again: {listed(each.index.text for each in deferred)}")
        return 0
    existing = {index.name.lower(): index for index in _definitions(connection, statement)}
    columns = column_names(connection, table)
    absent = []
    for each in deferred:
        index = each.index
        if (found := existing.get(index.name.lower())) is not None:
            if found.text != index.text:
                progress.note(
                    f"{table} has another index {index.name} now, which stays: {found.text}; before the load it was: {index.text}"
                )
        elif lost := [name for name in index_definitions.plain_columns(index.text) if name.lower() not in columns]:
            progress.note(f"{table} has no column {listed(lost)} any more, so this index is not added again: {index.text}")
        else:
            absent.append(index)
    if absent:
        progress.note(f"adding {counted(len(absent), 'index')} to {table}: {', '.join(index.name for index in absent)}")
        add_indexes(connection, table, tuple(existing.values()), absent, target)
    return len(absent)


def _waiting(lease: DatabaseLease, progress: Progress) -> Callable[[str], None]:
    """Notes the first reason to wait. Raises the lease's failure."""
    noted: list[str] = []

    def wait(reason: str) -> None:
        lease.wait()
        if not noted:
            progress.note(f"waiting: {reason}")
        noted.append(reason)

    return wait


def _shown(table: str, names: Iterable[str]) -> str:
    return f"{table} ({listed(names)})"
