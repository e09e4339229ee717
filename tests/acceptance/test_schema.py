"""V97: before it seed refuses, the step is applied, and the rows that were there survive."""

import json
from collections.abc import Callable

import pytest
from support.faults import kill_sessions
from support.servers import DROP_LEDGER, Database, create_example

from parloader.builtin import v97
from parloader.database import sql
from parloader.database.driver import Connection
from parloader.schema.model import Schema

BEFORE_V97 = """CREATE TABLE script_execution (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    script_reference_id BIGINT UNSIGNED NOT NULL, script_version_id BIGINT UNSIGNED NOT NULL,
    schedule_id BIGINT UNSIGNED NOT NULL, planned DATETIME NOT NULL COMMENT 'it''s due 100%%',
    created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (script_reference_id) REFERENCES script_reference (id), FOREIGN KEY (script_version_id) REFERENCES script_version (id),
    FOREIGN KEY (schedule_id) REFERENCES task_schedule (id)) ENGINE=InnoDB"""


def as_before_v97(database: Database) -> None:
    create_example(database)
    database.execute(DROP_LEDGER, "DROP TABLE script_execution", BEFORE_V97)
    database.execute("INSERT INTO script_execution VALUES (7, 1, 1, 1, '2020-01-01 00:00:00', '2020-01-01 00:00:01')")


def test_the_step_to_v97(database: Database) -> None:
    assert json.loads(database.parloader("schema", "check", "--json").stdout)["state"] == "empty"
    as_before_v97(database)
    assert json.loads(database.parloader("schema", "check", "--json", check=3).stdout)["state"] == "before V97"
    assert "parloader schema upgrade" in database.parloader("seed", "--rows", "100", check=3).stderr
    assert "just upgraded" in database.parloader("schema", "upgrade").stdout
    assert json.loads(database.parloader("schema", "check", "--json").stdout) == {
        "state": "V97",
        "fits": True,
        "misfits": [],
        "upgraded": False,
    }
    assert not json.loads(database.parloader("schema", "upgrade", "--json").stdout)["upgraded"]
    assert database.value(
        "SELECT column_comment FROM information_schema.columns WHERE table_schema = DATABASE() AND column_name = 'planned'"
    ) == ("it's due 100%")
    database.parloader("seed", "--rows", "100", "--procs", "2")
    database.parloader("verify")
    assert database.rows("SELECT COUNT(*), MIN(id) FROM script_execution WHERE id > 7") == ((100, 8),)
    database.parloader("clean", "--yes")
    assert database.rows("SELECT id, schedule_id, YEAR(planned), triggering_event_id FROM script_execution") == ((7, 1, 2020, None),)


OTHER_APPLICATION = """CREATE TABLE script_execution (
    execution_key BINARY(16) NOT NULL PRIMARY KEY, script_name VARCHAR(80) NOT NULL, schedule_id INT NULL,
    state ENUM('queued', 'done') NOT NULL, UNIQUE KEY uq_script_execution (script_name))"""


@pytest.mark.parametrize("other", [False, True], ids=["before V97", "another application's"])
def test_a_table_of_that_name_is_filled_like_any_other(database: Database, other: bool) -> None:
    if other:
        database.execute(OTHER_APPLICATION)
    else:
        as_before_v97(database)
    before = database.rows("SELECT * FROM script_execution")
    assert "parloader seed --table" in database.parloader("seed", "--rows", "100", check=3).stderr
    for command in (("seed", "--table", "script_execution", "--rows", "100", "--procs", "2"), ("verify",)):
        database.parloader(*command)
    assert database.value("SELECT COUNT(*) FROM script_execution") == len(before) + 100
    database.parloader("clean", "--yes")
    assert database.rows("SELECT * FROM script_execution") == before


def test_the_check_is_enforced_after_the_step(database: Database) -> None:
    as_before_v97(database)
    database.parloader("schema", "upgrade")
    constraints = database.rows(
        "SELECT constraint_name FROM information_schema.table_constraints WHERE table_schema = DATABASE() AND constraint_type = 'CHECK'"
    )
    assert ("chk_execution_source",) in constraints
    names = "SELECT referenced_table_name FROM information_schema.key_column_usage WHERE table_schema = DATABASE() AND column_name = 'triggering_event_id'"
    assert database.rows(names) == (("event_trigger",),)


def test_another_schema_is_not_upgraded(database: Database) -> None:
    database.execute("CREATE TABLE script_execution (id BIGINT UNSIGNED PRIMARY KEY)")
    assert "neither before V97 nor after" in database.parloader("schema", "upgrade", check=3).stderr
    assert database.parloader("schema", "check", check=3).stdout.startswith("script_execution: other")


def test_an_upgrade_whose_connection_is_lost_is_repeated(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before its statement, after it, and while the server still executes it."""
    as_before_v97(database)
    upgrade = v97.upgrade
    with database.server.connection() as admin, database.connection() as other:

        def lose(connection: Connection, live: Schema) -> None:
            kill_sessions(admin, [connection.thread_id()])
            sql.execute(connection, "DO 0")

        def lose_afterwards(connection: Connection, live: Schema) -> None:
            upgrade(connection, live)
            lose(connection, live)

        def end_late(connection: Connection, live: Schema) -> None:
            """The server has not noticed that the connection was lost, and executed the statement of the first attempt."""
            upgrade(other, live)
            upgrade(connection, live)

        cases: tuple[list[Callable[[Connection, Schema], None]], ...] = (
            [lose, upgrade],
            [lose_afterwards],
            [lose, end_late],
        )
        for attempts in cases:
            monkeypatch.setattr(v97, "upgrade", lambda connection, live, pending=attempts: pending.pop(0)(connection, live))
            assert "just upgraded" in database.parloader("schema", "upgrade").stdout
            assert not attempts
            database.execute("DROP TABLE script_execution", BEFORE_V97)
