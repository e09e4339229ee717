"""Rows that reference themselves: redirected if the table allows it, else deleted by the one statement that runs without foreign key checks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from support.servers import Database

from parloader.database import sql, visibility
from parloader.database.driver import Connection, DriverError
from parloader.database.session import foreign_key_checks_off
from parloader.errors import WriteFailed
from parloader.rows.self_referencing import SelfReferences

NODE = "CREATE TABLE node (id INT PRIMARY KEY, disk INT NOT NULL, parent_id INT {null}, UNIQUE (disk, id), FOREIGN KEY ({columns}) REFERENCES node ({referenced}))"

ONE, BOTH = {"columns": "parent_id", "referenced": "id"}, {"columns": "disk, parent_id", "referenced": "disk, id"}


@contextmanager
def in_transaction(
    database: Database, *, null: str = "NOT NULL", key: dict[str, str] = ONE, meanwhile: str = ""
) -> Iterator[tuple[Connection, SelfReferences]]:
    """Rows 1 and 2, which are locked, reference 1, in a table that an account deletes from which does not see every foreign key.

    `meanwhile`: what somebody does after clean has read the foreign keys.
    """
    database.execute(NODE.format(null=null, **key), "INSERT INTO node VALUES (1, 5, 1), (2, 5, 1)")
    with database.connection() as connection:
        references = visibility.foreign_keys_to(connection, {"node"})
    if meanwhile:
        database.execute(meanwhile)
    with database.connection() as connection, sql.transaction(connection):
        sql.rows(connection, "SELECT id FROM node WHERE id <= 2 FOR UPDATE")
        yield (
            connection,
            SelfReferences(
                table="node",
                references=references,
                movable=frozenset({"parent_id"}),
                nullable=frozenset() if null else frozenset({"parent_id"}),
                searched=references,
                all_seen=False,
            ),
        )


def has_checks(connection: Connection) -> bool:
    return bool(sql.value(connection, "SELECT @@SESSION.foreign_key_checks"))


@pytest.mark.parametrize("key", [ONE, BOTH], ids=["one column", "two columns"])
def test_it_is_deleted_without_checks_if_all_foreign_keys_are_seen(database: Database, key: dict[str, str]) -> None:
    with in_transaction(database, key=key) as (connection, references):
        with pytest.raises(WriteFailed, match="rows of node reference themselves"):
            references.delete(connection, "id <= 2")
        assert replace(references, all_seen=True).delete(connection, "id <= 2") == 1  # row 2 is deleted already
        assert has_checks(connection)
    assert database.rows("SELECT * FROM node") == ()


def test_a_foreign_key_that_is_created_meanwhile_is_not_overlooked(database: Database) -> None:
    child = "CREATE TABLE child (id INT PRIMARY KEY, node_id INT NOT NULL, FOREIGN KEY (node_id) REFERENCES node (id))"
    with (
        in_transaction(database, meanwhile=child) as (connection, references),
        pytest.raises(WriteFailed, match="child began to reference node"),
    ):
        replace(references, all_seen=True).delete(connection, "id <= 2")


def test_no_trigger_runs_without_checks(database: Database) -> None:
    database.execute(
        "CREATE TABLE owner (id INT PRIMARY KEY)",
        "CREATE TABLE pet (owner_id INT NOT NULL, FOREIGN KEY (owner_id) REFERENCES owner (id))",
        "INSERT INTO owner VALUES (7)",
        "INSERT INTO pet VALUES (7)",
    )
    trigger = "CREATE TRIGGER goes AFTER DELETE ON node FOR EACH ROW DELETE FROM owner WHERE OLD.id = 1"
    with in_transaction(database, meanwhile=trigger) as (connection, references), pytest.raises(WriteFailed, match="its trigger goes"):
        replace(references, all_seen=True).delete(connection, "id <= 2")
    assert database.rows("SELECT id FROM owner") == ((7,),)


def test_it_references_nothing_if_it_may(database: Database) -> None:
    with in_transaction(database, null="") as (connection, references):
        assert references.delete(connection, "id <= 2") == 2


@pytest.mark.parametrize(("key", "row"), [(ONE, "(9, 1, 9)"), (BOTH, "(9, 5, 9)")], ids=["one column", "two columns"])
def test_it_references_another_row_if_there_is_one(database: Database, key: dict[str, str], row: str) -> None:
    with in_transaction(database, key=key) as (connection, references):
        sql.execute(connection, f"INSERT INTO node VALUES {row}")
        assert references.delete(connection, "id <= 2") == 2
    assert database.rows("SELECT id FROM node") == ((9,),)


def test_another_row_that_does_not_agree_is_no_help(database: Database) -> None:
    with in_transaction(database, key=BOTH) as (connection, references):
        sql.execute(connection, "INSERT INTO node VALUES (9, 6, 9)")
        with pytest.raises(WriteFailed):
            references.delete(connection, "id <= 2")
        assert sql.rows(connection, "SELECT id, parent_id FROM node ORDER BY id") == ((1, 1), (9, 9))


def test_on_delete_cascade_needs_no_exception(database: Database) -> None:
    with in_transaction(database) as (connection, references):
        sql.execute(
            connection,
            "CREATE TABLE other (id INT PRIMARY KEY, of_id INT NOT NULL, FOREIGN KEY (of_id) REFERENCES other (id) ON DELETE CASCADE)",
        )
        sql.execute(connection, "INSERT INTO other VALUES (1, 1)")
        of_other = visibility.foreign_keys_to(connection, {"other"})
        assert replace(references, table="other", references=of_other, movable=frozenset()).delete(connection, "id = 1") == 1


def test_the_checks_are_on_again_after_an_error(database: Database) -> None:
    with database.connection() as connection:

        def fail() -> None:
            with foreign_key_checks_off(connection):
                assert not has_checks(connection)
                sql.execute(connection, "DELETE FROM missing")

        with pytest.raises(DriverError):
            fail()
        assert has_checks(connection)


def test_a_lost_connection_is_not_used_again(database: Database) -> None:
    database.execute(NODE.format(null="NOT NULL", **ONE), "INSERT INTO node VALUES (1, 5, 1), (2, 5, 1)")
    with database.connection() as connection, database.connection() as other:

        def be_killed() -> None:
            with sql.transaction(connection), foreign_key_checks_off(connection):
                sql.execute(connection, "DELETE FROM node")
                sql.execute(other, f"KILL {connection.thread_id()}")
                sql.execute(connection, "SELECT 1")

        with pytest.raises(DriverError):
            be_killed()
        assert not connection.open
        assert sql.value(other, "SELECT COUNT(*) FROM node") == 2
