"""Drops and adds indexes of a table, each with one ALTER TABLE: the server does all of it or nothing."""

import contextlib
from collections.abc import Collection, Sequence

from parloader.database import error_codes, sql
from parloader.database.driver import Connection
from parloader.database.session import IDLE_SECONDS, connected
from parloader.database.target import Target
from parloader.errors import ParloaderError


def drop_indexes(connection: Connection, table: str, names: Collection[str]) -> None:
    """Raises the driver's errors. That of a server that needs one of them for a foreign key is no conflict (error_codes.classify)."""
    sql.execute(connection, f"ALTER TABLE {sql.quote(table)} {', '.join(f'DROP INDEX {sql.quote(name)}' for name in names)}")


def change_indexes(connection: Connection, table: str, clauses: Sequence[str], target: Target) -> None:
    """Runs these clauses of schema/index_definitions.py. Raises the driver's errors. Ctrl-C ends the statement on the server as well.

    `target`: leads to the same server.
    """
    try:
        sql.execute(connection, f"ALTER TABLE {sql.quote(table)} {', '.join(clauses).replace('%', '%%')}")
    except KeyboardInterrupt:
        with contextlib.suppress(ParloaderError), error_codes.suppress_driver_errors(), connected(target.at(connection.node)) as other:
            sql.execute(other, "KILL QUERY %s", connection.thread_id())
        raise


def column_names(connection: Connection, table: str) -> frozenset[str]:
    """The columns of the table, in lower case: the server compares their names without case."""
    statement = "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND CAST(table_name AS BINARY) = %s"
    return frozenset(name.lower() for (name,) in sql.rows(connection, statement, table))


def release_locks_soon(connection: Connection) -> None:
    """Has the server end the session after IDLE_SECONDS of silence, so that its locks do not outlive a client that disappeared."""
    sql.execute(connection, f"SET SESSION wait_timeout = {IDLE_SECONDS:d}")
