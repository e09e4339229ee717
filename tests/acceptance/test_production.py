"""The built-in plan on tables as a production database has them: more columns, sixteen tables deep."""

import json

import pytest
from schemas_sources import load, own_schema
from support.plan_kinds import state
from support.servers import Database

from parloader.builtin.tables import create_tables

# What a reader of the data expects (DESIGN.md), as questions that are answered by the rows that are otherwise
NONE_OF = (
    "script_execution WHERE (schedule_id IS NULL) = (triggering_event_id IS NULL)",
    "script_execution WHERE (schedule_id IS NULL) <> (planned IS NULL)",
    "script_execution WHERE schedule_id IS NOT NULL AND created_at <> planned + INTERVAL 1 SECOND",
    "script_execution e JOIN script_version v ON v.id = e.script_version_id WHERE v.script_reference_id <> e.script_reference_id",
    "script_execution e JOIN event_trigger t ON t.id = e.triggering_event_id WHERE t.script_reference_id <> e.script_reference_id",
)


@pytest.fixture
def production(database: Database) -> Database:
    load(own_schema("production", database.server.kind), database.target)
    return database


def test_half_and_half_coherent_proved_and_gone_again(production: Database) -> None:
    before = state(production)
    said = json.loads(production.parloader("seed", "--rows", "2000", "--procs", "2", "--batch", "300", "--json").stdout)
    found = said["counts"]
    assert (found["total"], found["scheduled"], found["triggered"], found["violations"]) == (2000, 1000, 1000, 0)
    assert {rows: production.value(f"SELECT COUNT(*) FROM {rows}") for rows in NONE_OF} == dict.fromkeys(NONE_OF, 0)
    assert production.rows("SELECT MIN(created_at) >= '2024-01-01', MAX(created_at) < '2025-01-01' FROM script_execution") == ((1, 1),)
    verdict = json.loads(production.parloader("verify", "--procs", "1", "--json").stdout)["runs"][0]
    assert (verdict["different"], verdict["missing"], set(verdict["violations_by_rule"].values())) == (0, 0, {0})
    production.parloader("clean", "--yes", "--procs", "1")
    after = state(production)
    assert after == before


def test_a_second_run_uses_the_parents_of_the_first(production: Database) -> None:
    """But for the settings of event triggers: that each of these has what the plan gives it is found out only after the plan is made."""
    production.parloader("seed", "--rows", "300", "--procs", "1")
    parents = {str(name) for (name,) in production.rows("SHOW TABLES")} - {"script_execution", "event_trigger_setting"}
    before = {name: rows for name, rows in state(production).items() if name in parents and not name.startswith("parloader_")}
    production.parloader("seed", "--rows", "200", "--new-run", "--set", "span=1d", "--procs", "1")
    after = state(production)
    assert {name: after[name] for name in before} == before
    production.parloader("verify", "--procs", "1")


def test_the_schema_is_one_that_seed_takes(production: Database) -> None:
    assert "V97" in production.parloader("schema", "check").stdout
    production.parloader("plan", "--rows", "2000")


def test_parents_that_no_column_references_are_left_out(database: Database) -> None:
    with database.connection() as connection:
        names = create_tables(connection)
    database.execute(
        *(f"ALTER TABLE {name} COMMENT = ''" for name in names),
        "ALTER TABLE task_schedule DROP FOREIGN KEY task_schedule_ibfk_1, DROP COLUMN robot_id",
        "ALTER TABLE event_trigger DROP FOREIGN KEY event_trigger_ibfk_1, DROP COLUMN outgoing_event_id",
        "DROP TABLE outgoing_event",
    )
    planned = {line["table"] for line in json.loads(database.parloader("plan", "--rows", "200", "--json").stdout)["tables"]}
    assert planned == {*names} - {"robot_account", "outgoing_event"}
    assert "V97" in database.parloader("schema", "check").stdout
    database.parloader("seed", "--rows", "200", "--procs", "1", "--parents", "robot_account=3")
    assert database.value("SELECT COUNT(*) FROM robot_account") == 3
    database.parloader("verify", "--procs", "1")
    database.parloader("clean", "--yes", "--procs", "1")
