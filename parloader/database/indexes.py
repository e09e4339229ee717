"""Drops and adds indexes of a table, each with one ALTER TABLE: the server does all of it or nothing."""

import contextlib
from collections.abc import Collection, Sequence

from parloader.database import error_codes, introspection, sql
from parloader.database.driver import Connection
from parloader.database.session import IDLE_SECONDS, connected
from parloader.database.target import Target
from parloader.errors import ParloaderError
from parloader.schema.index_definitions import IndexDefinition, MissingIndex, in_order


def drop_indexes(connection: Connection, table: str, names: Collection[str]) -> None:
    """Raises the driver's errors. That of a server that needs one of them for a foreign key is no conflict (error_codes.classify)."""
    sql.execute(connection, f"ALTER TABLE {sql.quote_table(table)} {', '.join(f'DROP INDEX {sql.quote(name)}' for name in names)}")


def add_indexes(
    connection: Connection, table: str, existing: Sequence[IndexDefinition], absent: Sequence[MissingIndex], target: Target
) -> None:
    """Adds the indexes `absent`. Raises the driver's errors. Ctrl-C ends the statement on the server as well.

    `existing`: all others of the table. `target`: leads to the same server.
    """
    try:
        sql.execute(connection, f"ALTER TABLE {sql.quote_table(table)} {', '.join(additions(existing, absent))}")
    except KeyboardInterrupt:
        with contextlib.suppress(ParloaderError), error_codes.suppress_driver_errors(), connected(target.at(connection.node)) as other:
            sql.execute(other, "KILL QUERY %s", connection.thread_id())
        raise


def additions(existing: Sequence[IndexDefinition], absent: Sequence[MissingIndex]) -> tuple[str, ...]:
    """The clauses of an ALTER TABLE that adds the indexes, so that the server lists them where they were.

    The server lists new indexes last, so the statement also drops and adds those that follow them. The server recognizes the same index
    under the same name, and keeps it: only its place changes.
    """
    ordered = sorted(absent, key=lambda index: index.position)
    kept = in_order(existing)
    names = [index.name for index in kept]
    first = min((names.index(index.before) for index in ordered if index.before in names), default=len(kept))
    following = kept[first:]
    if not all(index.is_plain for index in following):
        following = []
    movable = {index.name for index in following}
    clauses: list[str] = []
    for index in following:
        clauses += [_add(new.text) for new in ordered if new.before == index.name]
        clauses += [f"DROP INDEX {sql.quote(index.name)}", _add(index.text)]
    return (*clauses, *(_add(new.text) for new in ordered if new.before not in movable))


def _add(definition: str) -> str:
    return f"ADD {definition}".replace("%", "%%")


def table_definition(connection: Connection, table: str) -> str:
    """The statement that creates the table; empty if there is no such table (any more)."""
    statement = introspection.definition(connection, table)
    return statement if statement.startswith("CREATE TABLE") else ""


def column_names(connection: Connection, table: str) -> frozenset[str]:
    """The columns of the table, in lower case: the server compares their names without case."""
    statement = "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND CAST(table_name AS BINARY) = %s"
    return frozenset(name.lower() for (name,) in sql.rows(connection, statement, table))


def release_locks_soon(connection: Connection) -> None:
    """Has the server end the session after IDLE_SECONDS of silence, so that its locks do not outlive a client that disappeared."""
    sql.execute(connection, f"SET SESSION wait_timeout = {IDLE_SECONDS:d}")
