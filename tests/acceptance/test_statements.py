"""How many statements a whole command sends, counted by the server: none for each table or row that is there."""

import pytest
from schemas_sources import load, own_schema
from support.servers import Database, slow_on_mysql

from parloader.database import sql
from parloader.database.driver import Connection

SEED = ("seed", "--rows", "1000", "--procs", "1")

PLAN = ("plan", "--table", "script_execution")

MAX_SEED_STATEMENTS = 90

MAX_PLAN_STATEMENTS = 30

PRODUCTION_TABLES = 40

MORE_TABLES = 100

# A command repeats some statements if it has to wait, and sometimes it has to
TIMED_STATEMENTS = 5


@pytest.fixture(autouse=True)
def _no_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the look every second at who holds the database, of which a slow machine sends more."""
    monkeypatch.setattr("parloader.workers.lease.CHECK_INTERVAL_SECONDS", 3600)


def status(connection: Connection, variable: str) -> int:
    return int(sql.row(connection, "SHOW GLOBAL STATUS LIKE %s", variable)[1])


def statements_of(database: Database, *arguments: str) -> int:
    """Of the command, without those by which they are counted."""
    with database.connection() as connection:
        sessions = status(connection, "Threads_connected")
        before = status(connection, "Questions")
        database.parloader(*arguments)
        looks = 1
        while status(connection, "Threads_connected") > sessions:  # the end of a session is counted when the server comes to it
            looks += 1
        return status(connection, "Questions") - before - looks - 1


def make_fillers(database: Database, prefix: str, count: int) -> None:
    """Tables that refer to one another, as an application's do, and to one that a plan uses."""
    with database.connection() as connection:
        parent = "robot_account"
        for number in range(count):
            name = f"{prefix}_{number}"
            sql.execute(
                connection,
                f"""CREATE TABLE {name} (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, parent_id BIGINT UNSIGNED NULL,
                    name VARCHAR(50) NOT NULL UNIQUE, CHECK (name <> ''), FOREIGN KEY (parent_id) REFERENCES {parent} (id))""",
            )
            parent = name


@pytest.fixture
def production(database: Database) -> Database:
    load(own_schema("production", database.server.kind), database.target)
    make_fillers(database, "filler", PRODUCTION_TABLES - len(database.rows("SHOW TABLES")))
    return database


def test_a_new_run_of_the_built_in_plan(database: Database) -> None:
    database.parloader(*SEED)
    assert statements_of(database, *SEED, "--new-run") <= MAX_SEED_STATEMENTS


def test_a_plan_in_a_schema_of_many_tables(production: Database) -> None:
    assert statements_of(production, *PLAN) <= MAX_PLAN_STATEMENTS


@slow_on_mysql("server")
def test_no_statement_for_a_table_that_is_not_used(production: Database) -> None:
    few = statements_of(production, *PLAN), statements_of(production, *SEED, "--table", "script_execution")
    production.parloader("clean", "--yes", "--procs", "1")
    make_fillers(production, "more", MORE_TABLES)
    many = statements_of(production, *PLAN), statements_of(production, *SEED, "--table", "script_execution")
    assert all(more - less <= TIMED_STATEMENTS for more, less in zip(many, few, strict=True)), (few, many)


def test_the_rows_of_the_target_are_not_counted(database: Database) -> None:
    database.execute(
        "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)",
        "INSERT INTO t (v) VALUES (1), (2), (3), (4), (5), (6), (7), (8)",
        *["INSERT INTO t (v) SELECT v FROM t"] * 15,
    )
    rows = 8 * 2**15
    assert database.value("SELECT COUNT(*) FROM t") == rows
    with database.connection() as connection:
        before = status(connection, "Handler_read_next")
        database.parloader("plan", "--table", "t", "--rows", "10")
        assert status(connection, "Handler_read_next") - before < rows / 2
