"""Property: whatever a test does to the rows of any tables, a reset brings each of them back."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parloader.database import error_codes, sql
from parloader.database.driver import Connection, DriverError
from parloader.database.target import Target
from parloader.operations.reset import mark, reset

TABLES = (
    "CREATE TABLE person (id INT AUTO_INCREMENT PRIMARY KEY, email VARCHAR(9) NOT NULL UNIQUE, boss INT NULL, FOREIGN KEY (boss) REFERENCES person (id) ON DELETE SET NULL)",
    "CREATE TABLE account (id INT AUTO_INCREMENT PRIMARY KEY, person INT NULL, total DECIMAL(6,2) NULL, FOREIGN KEY (person) REFERENCES person (id) ON DELETE CASCADE)",
    """CREATE TABLE entry (account INT NOT NULL, number INT NOT NULL, text VARCHAR(9) NULL, PRIMARY KEY (account, number),
        FOREIGN KEY (account) REFERENCES account (id) ON DELETE CASCADE)""",
    "CREATE TABLE label (name VARCHAR(9) CHARACTER SET utf8mb4 NOT NULL PRIMARY KEY, weight DOUBLE NULL)",
    "CREATE TABLE event (at INT NULL, what VARCHAR(9) NULL)",
    "CREATE TABLE split (id INT PRIMARY KEY, v INT NULL) PARTITION BY HASH (id) PARTITIONS 3",
)

NAMES = ("person", "account", "entry", "label", "event", "split")

ROWS = (
    "INSERT INTO person (email, boss) VALUES ('a', NULL), ('b', 1), ('c', 1), ('d', 3)",
    "INSERT INTO account (person, total) VALUES (1, 1), (2, 2), (2, NULL), (NULL, 4)",
    "INSERT INTO entry VALUES (1, 1, 'x'), (1, 2, 'X'), (2, 1, NULL), (3, 1, ''), (4, 4, 'ß')",
    "INSERT INTO label VALUES ('red', 1), ('Blue', 0), ('grün', NULL)",
    "INSERT INTO event VALUES (1, 'up'), (1, 'up'), (2, NULL), (NULL, NULL)",
    "INSERT INTO split VALUES (1, 1), (2, 2), (3, 3), (4, 4)",
)

number = st.integers(1, 6)
word = st.sampled_from(["'a'", "'A'", "'b'", "'e'", "''", "'red'", "'RED'", "'ß'", "NULL"])

change = st.one_of(
    st.builds("INSERT INTO person (email, boss) VALUES ({}, {})".format, word, number),
    st.builds("INSERT INTO account (person, total) VALUES ({}, {})".format, number, number),
    st.builds("REPLACE INTO account (id, person) VALUES ({}, {})".format, number, number),
    st.builds("INSERT INTO entry VALUES ({}, {}, {})".format, number, number, word),
    st.builds("INSERT INTO label VALUES ({}, {})".format, word, st.sampled_from(["0", "-0e0", "NULL"])),
    st.builds("INSERT INTO event VALUES ({}, {})".format, number, word),
    st.builds("INSERT INTO split VALUES ({}, {})".format, number, number),
    st.builds("UPDATE person SET id = {} WHERE id = {}".format, number, number),
    st.builds("UPDATE person SET email = {} WHERE id = {}".format, word, number),
    st.builds("UPDATE account SET total = total + 1 WHERE person = {}".format, number),
    st.builds("UPDATE entry SET text = {} WHERE account = {}".format, word, number),
    st.builds("UPDATE label SET name = UPPER(name), weight = {} WHERE name > {}".format, st.sampled_from(["weight", "-0e0"]), word),
    st.builds("UPDATE event SET what = {} WHERE at = {} LIMIT 1".format, word, number),
    st.builds("UPDATE split SET id = id + {}, v = NULL".format, st.integers(10, 20)),
    st.builds("DELETE FROM {} WHERE {} LIMIT {}".format, st.sampled_from(NAMES), st.sampled_from(["TRUE", "1 = 1"]), number),
    st.builds("TRUNCATE TABLE {}".format, st.sampled_from(NAMES)),
    st.builds("ALTER TABLE split TRUNCATE PARTITION p{}".format, st.integers(0, 2)),
    st.sampled_from(["BEGIN", "COMMIT", "ROLLBACK", "SET foreign_key_checks = 0", "SET foreign_key_checks = 1", "FLUSH TABLES"]),
    st.just("RESET"),
)


@dataclass(frozen=True)
class Marked:
    """A database that was marked."""

    target: Target
    connection: Connection
    content: dict[str, object]


@pytest.fixture
def marked(target: Target, connection: Connection) -> Iterator[Marked]:
    for statement in (*TABLES, *ROWS):
        sql.execute(connection, statement)
    mark(target)
    yield Marked(target, connection, content(connection))
    error_codes.rollback(connection)


def content(connection: Connection) -> dict[str, object]:
    """The rows of all tables as they are stored, and their definitions with AUTO_INCREMENT."""
    found: dict[str, object] = {}
    for name in NAMES:
        columns = ", ".join(f"HEX(CONCAT(`{column}`))" for column, *_ in sql.rows(connection, f"SHOW COLUMNS FROM {name}"))
        found[name] = (
            sql.rows(connection, f"SHOW CREATE TABLE {name}"),
            sorted(sql.rows(connection, f"SELECT {columns} FROM {name}"), key=str),
        )
    return found


def take_back(marked: Marked, changes: list[str]) -> None:
    """Does what a test might do, in a session of its own; then resets."""
    for statement in changes:
        if statement == "RESET":
            sql.execute(marked.connection, "COMMIT")
            reset(marked.target)
            continue
        with contextlib.suppress(DriverError):  # a constraint refuses some of a test's statements
            sql.execute(marked.connection, statement)
    sql.execute(marked.connection, "COMMIT")
    sql.execute(marked.connection, "SET foreign_key_checks = 1")
    reset(marked.target)
    assert content(marked.connection) == marked.content
    assert reset(marked.target).rows == {}


AT_LENGTH = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@settings(AT_LENGTH, max_examples=6)
@given(st.lists(change, min_size=3, max_size=12))
def test_any_change_is_taken_back(marked: Marked, changes: list[str]) -> None:
    take_back(marked, changes)


@pytest.mark.slow
@settings(AT_LENGTH, max_examples=200)
@given(st.lists(change, max_size=20))
def test_any_change_is_taken_back_at_length(marked: Marked, changes: list[str]) -> None:
    take_back(marked, changes)
