"""clean takes away what parloader made, and nothing else."""

import json
import signal
import subprocess

import pytest
from support.servers import DROP_LEDGER, Database, everything, slow_on_mysql, until

from parloader.errors import Interrupted

TABLES = ("robot_account", "outgoing_event", "script_reference", "script_version", "task_schedule", "event_trigger", "script_execution")


@pytest.fixture
def lived_in(database: Database) -> Database:
    """A database with rows of the user's in every table, with gaps, and counters that are past them."""
    database.parloader("seed", "--rows", "30")
    database.execute(
        DROP_LEDGER,
        *(f"ALTER TABLE {table} COMMENT = ''" for table in TABLES),
        "DELETE FROM script_execution WHERE MOD(id, 3) = 0",
        "DELETE FROM event_trigger WHERE id > 60",
        "DELETE FROM task_schedule WHERE id BETWEEN 30 AND 40",
        "UPDATE script_reference SET description = 'mine'",
        "ALTER TABLE script_execution AUTO_INCREMENT = 777",
    )
    return database


def test_what_was_there_is_exactly_as_before(lived_in: Database) -> None:
    before = everything(lived_in)
    lived_in.parloader("seed", "--rows", "4000", "--procs", "2", "--batch", "300")
    assert lived_in.value("SELECT COUNT(*) FROM script_execution") == 4020
    lived_in.parloader("verify")
    assert everything(lived_in) != before
    lived_in.parloader("clean", "--yes")
    assert everything(lived_in) == before


def test_the_counter_of_a_table_in_which_somebody_inserts_meanwhile_stays(database: Database) -> None:
    """Even if his row is gone again: he may have told somebody its key."""
    database.execute("CREATE TABLE ticket (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL) ENGINE=InnoDB")
    database.parloader("seed", "--table", "ticket", "--rows", "50", "--procs", "1")
    database.execute("INSERT INTO ticket (name) VALUES ('somebody')", "DELETE FROM ticket WHERE name = 'somebody'")
    database.parloader("clean", "--yes", "--procs", "1")
    database.execute("INSERT INTO ticket (name) VALUES ('the next')")
    assert database.value("SELECT id FROM ticket") == 52


def test_a_dry_run_says_what_would_go_and_deletes_nothing(lived_in: Database) -> None:
    lived_in.parloader("seed", "--rows", "1000")
    before = everything(lived_in)
    result = json.loads(lived_in.parloader("clean", "--dry-run", "--json").stdout)
    assert result["tables"] == {"script_execution": 1000, "event_trigger": 40, "task_schedule": 11}
    assert everything(lived_in) == before


@pytest.mark.parametrize("text", ["", "y\n"])
def test_without_a_terminal_it_names_the_option_that_answers(database: Database, text: str) -> None:
    database.parloader("seed", "--rows", "100")
    done = subprocess.run(database.command("clean"), input=text, capture_output=True, text=True, cwd=database.folder, check=False)
    assert done.returncode == 2
    assert "421 rows" in done.stderr
    assert "--yes" in done.stderr.splitlines()[-1]
    assert database.value("SELECT COUNT(*) FROM script_execution") == 100


@pytest.mark.parametrize("rule", ["RESTRICT", "CASCADE", "SET NULL"])
def test_rows_of_somebody_that_point_at_ours_are_named_and_nothing_goes(database: Database, rule: str) -> None:
    database.parloader("seed", "--rows", "500")
    database.execute(
        f"CREATE TABLE note (id INT PRIMARY KEY, execution BIGINT UNSIGNED, FOREIGN KEY (execution) REFERENCES script_execution (id) ON DELETE {rule})",
        "INSERT INTO note VALUES (41, 400), (42, NULL)",
    )
    done = database.parloader("clean", "--yes", check=3)
    assert "rows of note that parloader did not create reference rows of script_execution that parloader created: id 41. " in done.stderr
    assert database.value("SELECT COUNT(*) FROM script_execution") == 500
    database.execute("DELETE FROM note WHERE id = 41")
    database.parloader("clean", "--yes")
    assert database.value("SELECT COUNT(*) FROM script_execution") == 0  # note still refers to the table, so it stays
    assert database.rows("SELECT id FROM note") == ((42,),)


@slow_on_mysql("server")
def test_the_tables_that_parloader_created_stay_with_a_row_of_somebody(database: Database) -> None:
    database.parloader("seed", "--rows", "20", "--procs", "1")
    database.execute("INSERT INTO outgoing_event (id, name) VALUES (999, 'mine')")
    database.parloader("clean", "--yes", "--procs", "1")
    assert database.rows("SELECT id, name FROM outgoing_event") == ((999, "mine"),)


def test_a_row_of_the_users_in_the_big_table_that_uses_our_parents(database: Database) -> None:
    database.parloader("seed", "--rows", "500")
    database.execute("INSERT INTO script_execution (script_reference_id, script_version_id, schedule_id, planned) VALUES (1, 1, 1, NOW())")
    done = database.parloader("clean", "--yes", check=3)
    assert "rows of script_execution that parloader did not create" in done.stderr
    assert ": id 501. " in done.stderr
    assert database.value("SELECT COUNT(*) FROM script_execution") == 501


@slow_on_mysql("server")
def test_a_clean_that_is_interrupted_can_be_repeated_or_filled_up_again(database: Database) -> None:
    database.parloader("seed", "--rows", "150000", "--procs", "2")
    before = database.rows("CHECKSUM TABLE script_execution")
    process = database.process("clean", "--yes", "--procs", "2")
    until(lambda: database.value("SELECT MAX(id) - MIN(id) FROM script_execution") != 149999, "the first chunk is deleted")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    left = database.value("SELECT COUNT(*) FROM script_execution")
    if process.returncode == 0:
        pytest.skip("clean was quicker than the interrupt")
    assert process.returncode == 130, errors
    assert "Repeat parloader clean" in errors
    assert database.value("SELECT CAST(SUM(row_count) AS SIGNED) FROM parloader_batch WHERE table_name = 'script_execution'") == left
    database.parloader("seed", "--rows", "150000", "--procs", "3")
    assert database.rows("CHECKSUM TABLE script_execution") == before
    database.parloader("clean", "--yes")
    assert database.rows("SHOW TABLES") == ()


@slow_on_mysql("server")
def test_workers_whose_shares_meet_within_a_batch(database: Database) -> None:
    database.parloader("seed", "--rows", "20000", "--batch", "20000")
    database.parloader("seed", "--rows", "1000", "--new-run", "--batch", "999")
    database.parloader("clean", "--yes", "--procs", "4")
    assert database.rows("SHOW TABLES") == ()


@slow_on_mysql("server")
def test_where_a_parent_cannot_go_all_stay_and_seed_fills_up_again(lived_in: Database) -> None:
    before = everything(lived_in)
    lived_in.parloader("seed", "--rows", "4000", "--procs", "2")
    lived_in.execute("CREATE TRIGGER kept BEFORE DELETE ON task_schedule FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'kept'")
    assert "kept (error 1644)" in lived_in.parloader("clean", "--yes", check=1).stderr
    assert lived_in.value("SELECT COUNT(*) FROM script_execution") == 20
    assert lived_in.value("SELECT COUNT(*) FROM event_trigger") == 100
    lived_in.execute("DROP TRIGGER kept")
    lived_in.parloader("seed", "--rows", "4000")
    lived_in.parloader("verify", "--ignore-extra")
    lived_in.parloader("clean", "--yes")
    assert everything(lived_in) == before


def test_rows_that_could_not_be_deleted_stay_in_the_ledger(database: Database) -> None:
    database.execute("CREATE TABLE ticket (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL) ENGINE=InnoDB")
    database.parloader("seed", "--table", "ticket", "--rows", "300", "--batch", "50", "--procs", "1")
    database.execute(
        "CREATE TRIGGER kept BEFORE DELETE ON ticket FOR EACH ROW BEGIN "
        "IF OLD.id = 150 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'kept'; END IF; END"
    )
    assert "kept (error 1644)" in database.parloader("clean", "--yes", "--procs", "1", check=1).stderr
    left = database.value("SELECT COUNT(*) FROM ticket")
    assert left
    assert database.value("SELECT SUM(row_count) FROM parloader_batch") == left
    database.execute("DROP TRIGGER kept")
    database.parloader("clean", "--yes", "--procs", "1")
    assert database.rows("SHOW TABLES") == (("ticket",),)


@pytest.mark.parametrize("seeded_between", [False, True])
@pytest.mark.parametrize("step", ["drop_created_tables", "reset_counters"])
def test_a_clean_that_ends_after_the_last_row_is_finished_by_the_next(
    lived_in: Database, monkeypatch: pytest.MonkeyPatch, step: str, seeded_between: bool
) -> None:
    before = everything(lived_in)
    lived_in.parloader("seed", "--rows", "500", "--procs", "2")

    def killed(*_: object) -> None:
        raise Interrupted("killed", "Repeat it")

    with monkeypatch.context() as patch:
        patch.setattr(f"parloader.operations.clean.{step}", killed)
        lived_in.parloader("clean", "--yes", check=130)
    assert lived_in.value("SELECT COUNT(*) FROM script_execution") == 20
    if seeded_between:
        lived_in.parloader("seed", "--rows", "700")
        lived_in.parloader("verify", "--ignore-extra")
    lived_in.parloader("clean", "--yes")
    assert everything(lived_in) == before


def test_an_empty_database_has_nothing_to_clean(database: Database) -> None:
    assert "nothing to delete" in database.parloader("clean").stdout
    assert database.rows("SHOW TABLES") == ()
