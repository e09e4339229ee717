"""Statements that MariaDB reports as successful although KILL QUERY has ended them."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from support.servers import Database

from parloader.database import sql
from parloader.database.driver import Connection, DriverError

ROWS = 200

ATTEMPTS = 400
"""MariaDB reports success for one in twenty that are killed."""


@contextmanager
def under_fire(database: Database, connection: Connection) -> Iterator[None]:
    """Kills the connection's statements, one after another, until the end of the block."""
    over = threading.Event()

    def kill() -> None:
        with database.server.connection() as admin:
            while not over.is_set():
                sql.execute(admin, "KILL QUERY %s", connection.thread_id())

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def roll_back(connection: Connection) -> None:
    done = False
    while not done:
        with contextlib.suppress(DriverError):
            connection.rollback()
            done = True


@pytest.fixture
def condition(database: Database) -> str:
    """True for all rows of the table t."""
    keys = [f"'{number:06}'" for number in range(ROWS)]
    database.execute("CREATE TABLE t (code CHAR(6) PRIMARY KEY)", f"INSERT INTO t VALUES {', '.join(f'({key})' for key in keys)}")
    return f"code IN ({', '.join(keys)})"


def outcomes(database: Database, work: Callable[[Connection], int]) -> set[int | None]:
    """What the work returns under fire; None: it failed."""
    found = set[int | None]()
    with database.connection() as connection:
        connection.autocommit(False)
        with under_fire(database, connection):
            for _ in range(ATTEMPTS):
                try:
                    found.add(work(connection))
                except DriverError:
                    found.add(None)
                roll_back(connection)
    assert None in found
    return found


def test_a_delete_deletes_or_fails(database: Database, condition: str) -> None:
    assert outcomes(database, lambda connection: sql.delete(connection, "t", condition)) <= {ROWS, None}


def test_an_existing_row_is_found_or_the_search_fails(database: Database, condition: str) -> None:
    assert outcomes(database, lambda connection: sql.exists(connection, f"FROM t WHERE {condition}")) <= {True, None}
