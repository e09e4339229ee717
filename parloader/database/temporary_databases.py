"""Databases that exist only while a test suite runs. If the run is killed, a later one can drop them.

The connection of a run holds a lock (GET_LOCK) with the name that all names of its databases begin with.
"""

import re
import secrets

from parloader.database import error_codes, sql
from parloader.database.driver import Connection, DriverError
from parloader.database.grants import account_literal
from parloader.database.pristine import transactions
from parloader.errors import PrivilegeMissing

PREFIX = "parloader_test_"

# Names are derived from them: the tests of Django use test_NAME, a mark for parloader reset parloader_pristine_NAME
RUN = re.compile(rf"{PREFIX}[0-9a-f]{{8}}")

# The server closes connections that are silent for longer; the one that holds the lock is silent while the tests run
SILENCE_SECONDS = 30 * 24 * 3600


def begin_run(connection: Connection) -> str:
    """What all names of this run's databases begin with. They are in use until the connection is closed."""
    run = f"{PREFIX}{secrets.token_hex(4)}"
    sql.execute(connection, f"SET SESSION wait_timeout = {SILENCE_SECONDS}")
    sql.value(connection, "SELECT GET_LOCK(%s, 0)", run)  # nobody else knows the name yet
    return run


def create(connection: Connection, name: str) -> None:
    """Creates the database. PrivilegeMissing: the account may not."""
    try:
        sql.execute(connection, f"CREATE DATABASE {sql.quote(name)} CHARACTER SET utf8mb4")
    except DriverError as error:
        if not error_codes.is_privilege_missing(error):
            raise
        pattern = PREFIX.replace("_", r"\_")
        raise PrivilegeMissing(
            f"the account {connection.account} may not create the database {name}",
            f"An administrator can grant it: GRANT ALL ON `{pattern}%`.* TO {account_literal(connection.account)}",
        ) from error


def drop(connection: Connection, name: str) -> None:
    """Drops the database, if it exists. Ends all connections to it, because DROP DATABASE would wait for a transaction that a test left open."""
    for (connection_id,) in sql.rows(connection, "SELECT id FROM information_schema.processlist WHERE db = %s", name):
        with error_codes.suppress_driver_errors():  # it has just ended
            sql.execute(connection, f"KILL {connection_id}")
    sql.execute(connection, f"DROP DATABASE IF EXISTS {sql.quote(name)}")


def end_open_transactions(connection: Connection) -> int:
    """Ends the connections to the connection's database that have uncommitted changes, which are rolled back; returns how many."""
    statement = "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id IN %s"
    found = transactions.writers(connection)
    ended = sql.rows(connection, statement, found) if found else ()
    for (connection_id,) in ended:
        with error_codes.suppress_driver_errors():  # it has just ended
            sql.execute(connection, f"KILL {connection_id}")
    return len(ended)


def drop_run(connection: Connection, run: str) -> None:
    """Drops all databases of the run, and those that were derived from them."""
    for name in _names(connection, run):
        drop(connection, name)


def drop_abandoned(connection: Connection) -> list[str]:
    """Drops the databases of runs that have ended without doing so, and those that were derived from them; returns their names.

    For a server that only test suites use.
    """
    abandoned = []
    for name in _names(connection, PREFIX):
        run = RUN.search(name)
        if run and sql.value(connection, "SELECT IS_FREE_LOCK(%s)", run.group()):
            drop(connection, name)
            abandoned.append(name)
    return abandoned


def _names(connection: Connection, part: str) -> list[str]:
    """The databases with this in their names."""
    pattern = f"%{part}%".replace("_", r"\_")
    return [
        name for (name,) in sql.rows(connection, "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE %s", pattern)
    ]
