"""Runs after the first: complete, another, a second million."""

import json

from support.servers import Database, create_example, slow_on_mysql


def test_a_complete_run_is_left_alone(database: Database) -> None:
    database.parloader("seed", "--rows", "1000", "--procs", "2")
    before = database.rows("CHECKSUM TABLE script_execution, parloader_batch, script_version")
    done = database.parloader("seed", "--rows", "1000", "--procs", "3", "--batch", "7")
    assert "is already complete" in done.stdout
    assert database.rows("CHECKSUM TABLE script_execution, parloader_batch, script_version") == before


@slow_on_mysql("server")
def test_another_run_is_refused_with_the_two_ways_on(database: Database) -> None:
    database.parloader("seed", "--rows", "1000")
    for other in (["--rows", "999"], ["--rows", "1000", "--set", "span=1d"]):
        done = database.parloader("seed", *other, check=3)
        assert "parloader clean --run 1" in done.stderr
        assert "the same command with --new-run" in done.stderr
        assert database.parloader("plan", *other, check=3).stderr.splitlines()[-1] == done.stderr.splitlines()[-1]
    assert database.value("SELECT COUNT(*) FROM script_execution") == 1000


def test_new_run_adds_a_second_one_after_the_first(database: Database) -> None:
    database.parloader("seed", "--rows", "1000", "--procs", "2")
    planned = json.loads(database.parloader("plan", "--rows", "500", "--new-run", "--set", "span=1d", "--json").stdout)
    assert (planned["run_id"], planned["tables"][-1]["keys"]) == (None, [[1001, 1500]])
    second = json.loads(database.parloader("seed", "--rows", "500", "--procs", "2", "--new-run", "--set", "span=1d", "--json").stdout)
    assert second["run_id"] == 2
    assert database.rows("SELECT COUNT(*), MIN(id), MAX(id) FROM script_execution") == ((1500, 1, 1500),)
    assert database.value("SELECT COUNT(*) FROM script_reference") == 10
    database.parloader("verify")
    assert [run["rows"] for run in json.loads(database.parloader("status", "--json").stdout)["runs"]] == [1000, 500]
    database.parloader("clean", "--yes")
    assert database.rows("SHOW TABLES") == ()


def test_keys_go_on_after_the_highest_and_are_reserved(database: Database) -> None:
    database.parloader("seed", "--rows", "100")
    database.execute(
        "INSERT INTO script_execution (id, script_reference_id, script_version_id, schedule_id, planned) VALUES (5000, 1, 1, 1, NOW())"
    )
    database.parloader("seed", "--rows", "100", "--new-run", "--set", "span=3d")
    assert database.rows("SELECT COUNT(*), MAX(id) FROM script_execution WHERE id > 5000") == ((100, 5100),)
    database.execute("INSERT INTO script_execution (script_reference_id, script_version_id, schedule_id, planned) VALUES (1, 1, 1, NOW())")
    assert database.value("SELECT MAX(id) FROM script_execution") == 5101


@slow_on_mysql("server")
def test_status_and_plan_write_nothing(database: Database) -> None:
    assert "no runs" in database.parloader("status").stdout
    plan = json.loads(database.parloader("plan", "--rows", "1000", "--procs", "3", "--batch", "100", "--json").stdout)
    assert database.rows("SHOW TABLES") == ()
    assert plan["creates_tables"]
    assert [t["table"] for t in plan["tables"]][-1] == "script_execution"
    assert plan["tables"][-1]["keys"] == [[1, 1000]]
    assert plan["partitions"] == [[[0, 333]], [[333, 666]], [[666, 1000]]]
    assert plan["size_bytes"] > 0
    database.parloader("seed", "--rows", "1000", "--procs", "3")
    text = database.parloader("plan", "--rows", "1000").stdout
    assert "is complete" in text


def test_existing_parents_are_used_and_only_what_lacks_is_made(database: Database) -> None:
    create_example(database)
    database.execute(
        "DELETE FROM parloader_run",
        "DELETE FROM parloader_table",
        "DELETE FROM parloader_batch",
        "DELETE FROM event_trigger WHERE id > 40",
        "DELETE FROM script_version WHERE id IN (3, 7)",
        "UPDATE script_reference SET name = CONCAT('mine-', id)",
    )
    done = database.parloader("seed", "--rows", "2000", "--procs", "2")
    assert "created parent rows: script_version 2, event_trigger 60; reused existing rows: " in done.stderr
    reused = done.stderr.partition("reused existing rows: ")[2]
    assert all(count in reused for count in ("script_version 8", "script_reference 10", "event_trigger 40"))
    database.parloader("verify")
    database.parloader("clean", "--yes")
    assert database.rows(
        "SELECT (SELECT COUNT(*) FROM event_trigger), (SELECT COUNT(*) FROM script_version), (SELECT COUNT(*) FROM script_reference)"
    ) == ((40, 8, 10),)
