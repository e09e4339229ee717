"""COMMITs of clean that succeed, but whose answers are lost: what the repeated transaction finds is neither an edit nor a row of its own."""

from collections.abc import Callable

import pymysql
import pytest
from support.servers import Database

from parloader.config import CleanConfig
from parloader.database.driver import Connection
from parloader.errors import ParloaderError
from parloader.operations.clean import clean

ROWS = 40


@pytest.fixture
def lose_answers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Loses the answer of every second COMMIT, and calls a function meanwhile."""

    def lose(meanwhile: Callable[[], object] = lambda: None) -> None:
        commit, calls = Connection.commit, iter(range(10**6))

        def committed(connection: Connection) -> None:
            commit(connection)
            if next(calls) % 2 == 0:
                connection.close()
                meanwhile()
                raise pymysql.err.OperationalError(2013, "Lost connection to MySQL server during query")

        monkeypatch.setattr(Connection, "commit", committed)

    return lose


def test_a_second_pass_that_is_undone_already_is_no_edit(database: Database, lose_answers: Callable[..., None]) -> None:
    database.execute(
        "CREATE TABLE team (id INT AUTO_INCREMENT PRIMARY KEY, leader_id INT NULL)",
        "CREATE TABLE member (id INT AUTO_INCREMENT PRIMARY KEY, team_id INT NOT NULL, FOREIGN KEY (team_id) REFERENCES team (id))",
        "ALTER TABLE team ADD FOREIGN KEY (leader_id) REFERENCES member (id)",
    )
    database.parloader("seed", "--table", "member", "--rows", str(ROWS), "--parents", "team=20")
    assert database.value("SELECT COUNT(leader_id) FROM team") == 20
    lose_answers()
    clean(CleanConfig(target=database.target))
    assert [database.value(f"SELECT COUNT(*) FROM {name}") for name in ("team", "member")] == [0, 0]
    assert database.rows("SHOW TABLES LIKE 'parloader%%'") == ()


def test_a_row_that_references_itself_is_deleted_once(database: Database, lose_answers: Callable[..., None]) -> None:
    database.execute(
        "CREATE TABLE node (id INT AUTO_INCREMENT PRIMARY KEY, root_id INT NOT NULL, FOREIGN KEY (root_id) REFERENCES node (id))"
    )
    database.parloader("seed", "--table", "node", "--rows", str(ROWS))
    assert database.rows("SELECT id FROM node WHERE root_id = id") == ((1,),)
    lose_answers()
    clean(CleanConfig(target=database.target))
    assert database.value("SELECT COUNT(*) FROM node") == 0
    assert database.rows("SHOW TABLES LIKE 'parloader%%'") == ()


def test_a_row_that_somebody_inserts_under_a_free_key_stays(database: Database, lose_answers: Callable[..., None]) -> None:
    """Even with --edited-too, which does not compare values."""
    database.execute("CREATE TABLE item (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL)")
    database.parloader("seed", "--table", "item", "--rows", str(ROWS))

    def insert() -> None:
        if not database.value("SELECT COUNT(*) FROM item"):
            database.execute("INSERT INTO item VALUES (5, 'of somebody')")

    lose_answers(insert)
    with pytest.raises(ParloaderError, match="1 row of item left under keys of run 1"):
        clean(CleanConfig(target=database.target, edited_too=True))
    assert database.rows("SELECT id, name FROM item") == ((5, "of somebody"),)
