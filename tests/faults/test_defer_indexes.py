"""seed --defer-indexes, killed between any two of its steps: the same command completes it, and clean leaves the tables as they were before."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from support.deferred_indexes import DROPPED, ROWS, SEED, indexes, library, shown
from support.loads import launched, row_lock_waits
from support.servers import Database, slow_on_mysql, until

from parloader.database import error_codes, sql
from parloader.database.driver import Connection

# So that a load lasts long enough to be killed in the middle
SLOW_SEED = (*SEED, "--max-rate", "200")

Step = Callable[[Database], contextlib.AbstractContextManager[None]]
"""Halts the command at a step: yields when it has reached the step, and lets it continue at the end of the block."""


@contextmanager
def holding(database: Database, statement: str) -> Iterator[None]:
    """A transaction of another session that has run this statement, until the end of the block."""
    with database.server.connection(database.target.database) as holder:
        holder.begin()
        sql.rows(holder, statement)
        yield
        error_codes.rollback(holder)


def has_begun(database: Database) -> bool:
    return bool(database.rows("SHOW TABLES LIKE 'parloader_index'"))


def waits_to_alter(admin: Connection, database: Database, table: str) -> bool:
    statement = "SELECT COUNT(*) FROM information_schema.processlist WHERE db = %s AND info LIKE %s AND state LIKE '%%metadata lock%%'"
    return bool(sql.value(admin, statement, database.target.database, f"ALTER TABLE `{table}`%"))


@contextmanager
def before_the_drop(database: Database) -> Iterator[None]:
    with holding(database, "SELECT * FROM book"), database.server.connection() as admin:
        until(lambda: waits_to_alter(admin, database, "book"), "it is about to drop the indexes of book")
        yield


@contextmanager
def between_two_drops(database: Database) -> Iterator[None]:
    with holding(database, "SELECT * FROM loan"), database.server.connection() as admin:
        until(lambda: waits_to_alter(admin, database, "loan"), "it is about to drop the indexes of loan")
        assert not {*DROPPED["book"]} & indexes(database, "book")
        yield


@contextmanager
def in_the_load(database: Database) -> Iterator[None]:
    until(lambda: has_begun(database) and database.value("SELECT COUNT(*) FROM book"), "rows of book are loaded")
    assert not {*DROPPED["book"]} & indexes(database, "book")
    yield


@contextmanager
def in_the_build(database: Database) -> Iterator[None]:
    until(lambda: has_begun(database) and not {*DROPPED["loan"]} & indexes(database, "loan"), "the indexes of loan are dropped")
    with holding(database, "SELECT * FROM book LIMIT 1"), database.server.connection() as admin:
        until(lambda: waits_to_alter(admin, database, "book"), "it is about to add the indexes of book")
        yield


@contextmanager
def before_the_ledger_forgets(database: Database) -> Iterator[None]:
    until(lambda: has_begun(database) and not {*DROPPED["loan"]} & indexes(database, "loan"), "the indexes of loan are dropped")
    with holding(database, "SELECT * FROM parloader_index FOR UPDATE"), database.server.connection() as admin:
        until(lambda: row_lock_waits(admin, current=True), "it is about to take the indexes of book out of the ledger")
        assert {*DROPPED["book"]} <= indexes(database, "book")
        yield


STEPS: dict[str, Step] = {
    "before the drop": before_the_drop,
    "between two drops": between_two_drops,
    "in the load": in_the_load,
    "in the build": in_the_build,
    "before the ledger forgets": before_the_ledger_forgets,
}

BY_DEFAULT = {("between two drops", "the same command"), ("in the build", "clean")}


def the_same_command(database: Database) -> None:
    database.parloader(*SEED)
    assert database.rows("SELECT (SELECT COUNT(*) FROM book), (SELECT COUNT(*) FROM loan)") == ((ROWS, ROWS),)
    assert database.rows("SELECT * FROM parloader_index") == ()
    database.parloader("verify", "--procs", "1")


def clean(database: Database) -> None:
    database.parloader("clean", "--yes", "--procs", "1")
    assert {str(name) for (name,) in database.rows("SHOW TABLES")} == {"shelf", "book", "loan"}
    assert database.rows("SELECT (SELECT COUNT(*) FROM book), (SELECT COUNT(*) FROM loan), (SELECT COUNT(*) FROM shelf)") == ((0, 0, 0),)


AFTERWARDS = {"the same command": the_same_command, "clean": clean}


@pytest.mark.parametrize(
    ("step", "afterwards"),
    [
        pytest.param(step, afterwards, marks=() if (step, afterwards) in BY_DEFAULT else pytest.mark.slow)
        for step in STEPS
        for afterwards in AFTERWARDS
    ],
)
@slow_on_mysql("server")
def test_killed(database: Database, step: str, afterwards: str) -> None:
    before = library(database)
    load = launched(database, command=SLOW_SEED)
    with STEPS[step](database):
        load.process.kill()
        load.ends(-signal.SIGKILL)
    AFTERWARDS[afterwards](database)
    assert shown(database) == before


@slow_on_mysql("server")
def test_ctrl_c_in_the_load(database: Database) -> None:
    """The line that ends the command says that indexes are missing."""
    library(database)
    load = launched(database, command=SLOW_SEED)
    with in_the_load(database):
        load.process.send_signal(signal.SIGINT)
        load.ends(
            130, "error: interrupted: run 1 has .*; its tables lack 4 indexes until it is complete", "resumes it, then adds the indexes"
        )


@slow_on_mysql("server")
@pytest.mark.slow
def test_ctrl_c_in_the_build(database: Database) -> None:
    """The statement ends on the server as well."""
    before = library(database)
    load = launched(database, command=SLOW_SEED)
    with in_the_build(database), database.server.connection() as admin:
        load.process.send_signal(signal.SIGINT)
        load.ends(130, r"error: interrupted while adding indexes to book \(pages, title, bought\)\. Run the same command again")
        until(lambda: not waits_to_alter(admin, database, "book"), "the statement has ended")
    assert not {*DROPPED["book"]} & indexes(database, "book")
    assert "missing index of book" in database.parloader("status").stdout
    the_same_command(database)
    assert shown(database) == before
