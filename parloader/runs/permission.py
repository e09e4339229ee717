"""Checks the permission to write, before anything else: the server must be local or allowed, and the database must not be marked as forbidden."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from parloader.builtin.plan import CREATED_COMMENT
from parloader.database import introspection, privileges
from parloader.database.driver import Connection
from parloader.database.privileges import Trial
from parloader.database.target import Target
from parloader.errors import Forbidden, RemoteHost
from parloader.ledger import control, deferred_indexes, recorded_batches, store
from parloader.ledger.control import Marker
from parloader.ledger.deferred_indexes import DeferredIndex
from parloader.ledger.run import Run
from parloader.plans.model import Plan
from parloader.rows import key_reservation
from parloader.schema.model import Schema
from parloader.schema.table_names import database_of


def forbidden_hosts(target: Target, allow_remote: Collection[str]) -> tuple[str, ...]:
    """The target's hosts that are neither this machine nor in `allow_remote`. ConnectError: a host name does not resolve."""
    allowed = set(map(_plain, allow_remote))
    nodes = [node for node in target.nodes if _plain(node.host) not in allowed]
    return tuple(dict.fromkeys(node.host for node in nodes if not target.at(node).is_local()))


def _plain(host: str) -> str:
    return host.strip("[]").lower()


def require_permitted(target: Target, allow_remote: Collection[str]) -> None:
    """RemoteHost if the server is on another machine and its host is not allowed. Checked before connecting."""
    if hosts := forbidden_hosts(target, allow_remote):
        raise _remote(target, hosts)


def require_not_forbidden(connection: Connection, target: Target) -> None:
    """Forbidden if the database has the marker. The first check after taking the lock."""
    if marker := control.find_marker(connection):
        raise _forbidden(target, marker)


def require_tables_not_forbidden(connection: Connection, target: Target, tables: Iterable[str]) -> None:
    """Forbidden if another database that has one of these tables, which are written to, has the marker."""
    for database, marker in _other_markers(connection, tables):
        raise _forbidden(target, marker, database)


def _other_markers(connection: Connection, tables: Iterable[str]) -> Iterator[tuple[str, Marker]]:
    """The markers in other databases that have one of these tables."""
    for database in dict.fromkeys(map(database_of, tables)):
        if database is not None and (marker := control.find_marker(connection, database)):
            yield database, marker


def require_privileges(
    connection: Connection, plan: Plan, schema: Schema, new: Collection[str], *, has_ledger: bool, creates_tables: bool
) -> None:
    """PrivilegeMissing: the account lacks a privilege that a new run needs. Called before the first statement that no rollback undoes.

    `new`: the tables in which the run creates rows. With a ledger, the sample in the transaction that begins the run tries these tables.
    """
    trials = [privileges.insert(recorded_batches.BATCHES, ["run_id"])]
    if not has_ledger:
        trials += [
            privileges.create(recorded_batches.BATCHES),
            privileges.insert(control.CONTROL, ["name"]),
            privileges.update(control.CONTROL, ["name"]),
        ]
        trials += _trials_of_tables(plan, schema, new)
    if creates_tables:
        target = plan.target.name
        trials += [privileges.create(target), privileges.index(target), *(privileges.references(name) for name in plan.target.parents[:1])]
    privileges.require(connection, trials)


def _trials_of_tables(plan: Plan, schema: Schema, new: Collection[str]) -> Iterator[Trial]:
    for table in plan.tables:
        if table.name not in new:
            continue
        yield privileges.insert(table.name, [*(() if table.key is None else (table.key,)), *table.written])
        if table.partitioned and table.key is not None and table.name in key_reservation.tables_with_counters(schema):
            yield privileges.alter(table.name)
        if table.later:
            yield privileges.update(table.name, sorted(table.later))


def require_privileges_to_clean(connection: Connection, runs: Collection[Run], schema: Schema, *, drops_ledger: bool) -> None:
    """PrivilegeMissing: the account lacks a privilege without which clean would stop half way. Called before anything is deleted.

    `schema`: the runs' tables that exist. Tables that parloader created are dropped, so their counters are not reset.
    """
    generated = dict.fromkeys(name for run in runs for name in run.done if name in schema)
    trials = [privileges.delete(recorded_batches.BATCHES), *map(privileges.delete, generated)]
    later = {table.name: table.later for run in runs for table in run.plan.with_deferred_columns if table.name in schema}
    trials += [privileges.update(name, sorted(columns)) for name, columns in later.items()]
    if drops_ledger:
        created = introspection.list_tables(connection).with_comment(CREATED_COMMENT)
        trials += privileges.drop(connection, recorded_batches.BATCHES)
        trials += [privileges.alter(name) for name in store.counters(connection) if name in schema and name not in created]
    privileges.require(connection, trials)


def require_privileges_to_add_indexes(connection: Connection, deferred: Collection[DeferredIndex], *, drops_ledger: bool) -> None:
    """PrivilegeMissing: the account cannot add these indexes, or change the ledger's list of them. Called before anything is deleted."""
    existing = introspection.list_tables(connection).tables
    tables = dict.fromkeys(each.table for each in deferred if each.table in existing)
    trials = [privileges.delete(deferred_indexes.TABLE), *map(privileges.alter, tables)]
    if drops_ledger:
        trials += privileges.drop(connection, deferred_indexes.TABLE)
    privileges.require(connection, trials)


def objections(connection: Connection, target: Target, allow_remote: Collection[str], new: Iterable[str]) -> tuple[str, ...]:
    """The refusals that a command that writes would get, for a command that only reads. `new`: the tables in which it would create rows."""
    marker = control.find_marker(connection)
    hosts = forbidden_hosts(target, allow_remote)
    refusals = [*([_remote(target, hosts)] if hosts else []), *([_forbidden(target, marker)] if marker else [])]
    refusals += [_forbidden(target, found, database) for database, found in _other_markers(connection, new)]
    return tuple(f"seed would be refused: {refusal}" for refusal in refusals)


def not_this_machine(hosts: Sequence[str]) -> str:
    return f"{' and '.join(hosts)} {'is' if len(hosts) == 1 else 'are'} not this machine"


def _remote(target: Target, hosts: Sequence[str]) -> RemoteHost:
    return RemoteHost(
        f"{not_this_machine(hosts)}, and this would write to the database {target}",
        f"To allow it: {' '.join(f'--allow-remote {host}' for host in hosts)}",
    )


def _forbidden(target: Target, marker: Marker, database: str | None = None) -> Forbidden:
    """`database`: the one that has the marker, if it is not the target's."""
    return Forbidden(
        f"the table {control.MARKER_TABLE} in {target if database is None else replace(target, database=database)} forbids parloader to write there ({marker})",
        "To allow it again: parloader guard --allow" + ("" if database is None else f", with {database} in --url")
        if marker.created_by_parloader
        else "To allow it, rename or drop that table or view yourself",
    )
