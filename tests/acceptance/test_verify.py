"""verify finds what was changed, deleted and added, and names it."""

import json

from support.servers import Database, create_example


def test_one_changed_one_deleted_and_one_added_row(database: Database) -> None:
    database.parloader("seed", "--rows", "5000", "--procs", "2")
    assert json.loads(database.parloader("verify", "--json").stdout)["ok"]
    database.execute(
        "UPDATE script_execution SET created_at = '2020-02-02 02:02:02' WHERE id = 77",
        "DELETE FROM script_execution WHERE id = 4321",
        "INSERT INTO script_execution (script_reference_id, script_version_id, schedule_id, planned) VALUES (1, 1, 1, NOW())",
    )
    done = database.parloader("verify", "--json", check=1)
    result = json.loads(done.stdout)
    assert not result["ok"]
    assert (result["runs"][0]["different"], result["runs"][0]["missing"], result["extra"]) == (1, 1, 1)
    found = {d["kind"]: d for d in result["differences"]}
    assert found["different"]["key"] == 77
    assert found["different"]["columns"] == [
        {"column": "created_at", "expected": "'2024-01-06 13:09:08'", "found": "'2020-02-02 02:02:02'"}
    ]
    assert found["missing"]["key"] == 4321
    assert found["extra"]["key"] == 5001
    text = database.parloader("verify", check=1)
    assert "different: script_execution key 77; created_at: expected '2024-01-06 13:09:08', found '2020-02-02 02:02:02'" in text.stdout
    assert "1 missing" in text.stderr


def test_rows_that_others_added_can_be_ignored(database: Database) -> None:
    database.parloader("seed", "--rows", "100")
    database.execute("INSERT INTO script_execution (script_reference_id, script_version_id, schedule_id, planned) VALUES (1, 1, 1, NOW())")
    assert "1 extra" in database.parloader("verify", check=1).stderr
    assert "1 extra" in database.parloader("verify", "--ignore-extra").stdout


def test_swapped_rows_do_not_cancel_out(database: Database) -> None:
    database.parloader("seed", "--rows", "100")
    database.execute("UPDATE script_execution SET schedule_id = IF(schedule_id = 1, 2, 1) WHERE id IN (1, 3)")
    found = json.loads(database.parloader("verify", "--json", check=1).stdout)
    assert [d["key"] for d in found["differences"]] == [1, 3]


def test_a_changed_parent_is_found_and_one_that_was_there_is_not_looked_at(database: Database) -> None:
    create_example(database)
    database.execute(
        "DELETE FROM parloader_run", "DELETE FROM parloader_table", "DELETE FROM parloader_batch", "DELETE FROM task_schedule WHERE id > 50"
    )
    database.parloader("seed", "--rows", "100")
    database.execute("UPDATE task_schedule SET cron = 'mine'")
    found = json.loads(database.parloader("verify", "--json", check=1).stdout)
    assert found["runs"][0]["different"] == 50
    assert {d["table"] for d in found["differences"]} == {"task_schedule"}
    assert min(d["key"] for d in found["differences"]) == 51


def test_broken_coherence_is_counted(database: Database) -> None:
    database.parloader("seed", "--rows", "100")
    database.execute("UPDATE script_version SET script_reference_id = 2 WHERE id = 1")
    found = json.loads(database.parloader("verify", "--json", check=1).stdout)
    assert found["runs"][0]["violations_by_rule"]["the version belongs to the reference"] == 10


def test_nothing_to_verify_is_refused(database: Database) -> None:
    assert "parloader seed" in database.parloader("verify", check=3).stderr
