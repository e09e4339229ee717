"""clean stops before it deletes anything where others edited parloader's rows, or where rows of theirs point at them."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support.clean import BOOK_ROWS, SEED_BOOKS, books, refusal
from support.servers import Database, everything

from parloader.config import CleanConfig
from parloader.errors import Interrupted
from parloader.operations.clean import clean, preview_clean
from parloader.workers.lease import DatabaseLease
from parloader.workers.progress import Progress, ProgressBar


@pytest.fixture
def seeded(database: Database) -> Database:
    database.parloader("seed", "--rows", "500", "--procs", "2", "--batch", "90")
    return database


def test_edited_rows_are_named_and_counted_by_table(seeded: Database) -> None:
    seeded.execute(
        "UPDATE script_execution SET created_at = created_at + INTERVAL 1 SECOND WHERE id IN (3, 400)",
        "UPDATE task_schedule SET status = 'PAUSED' WHERE id <= 7",
        "DELETE FROM script_execution WHERE id = 77",
    )
    line = refusal(seeded)
    assert "7 of task_schedule (id 1, 2, 3, 4, 5 and more), 2 of script_execution (id 3, 400). " in line
    assert "; parloader clean --edited-too deletes these rows as well" in line
    assert "; parloader clean --run 1 --edited-too deletes these rows as well" in refusal(seeded, "--run", "1")
    assert json.loads(seeded.parloader("clean", "--dry-run", "--edited-too", "--json").stdout)["tables"]["task_schedule"] == 100
    seeded.parloader("clean", "--yes", "--edited-too")
    assert seeded.rows("SHOW TABLES") == ()


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        ("UPDATE robot_account SET username = 'mine'", "1 of robot_account (id 1)"),
        ("REPLACE INTO outgoing_event (id, name) VALUES (9, 'mine')", "1 of outgoing_event (id 9)"),
    ],
)
def test_one_edited_or_replaced_parent_is_enough(seeded: Database, edit: str, named: str) -> None:
    seeded.execute("SET SESSION foreign_key_checks = 0", edit)
    assert named in refusal(seeded)


def test_missing_rows_are_no_edits_however_many(seeded: Database) -> None:
    seeded.execute("DELETE FROM script_execution WHERE id > 20", "DELETE FROM event_trigger WHERE id > 50")
    seeded.parloader("clean", "--yes")
    assert seeded.rows("SHOW TABLES") == ()


def test_an_edit_among_many_missing_rows_is_named(seeded: Database) -> None:
    seeded.execute("DELETE FROM script_execution WHERE id < 80", "UPDATE script_execution SET created_at = NOW() WHERE id = 88")
    assert "1 of script_execution (id 88)" in refusal(seeded)


def test_only_the_run_with_the_edits_is_named(seeded: Database) -> None:
    seeded.parloader("seed", "--rows", "60", "--new-run", "--set", "span=1d")
    seeded.execute("UPDATE script_execution SET planned = NOW() WHERE id = 501")
    assert "rows of run 2 were edited since parloader generated them: 1 of script_execution (id 501)" in refusal(seeded)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE script_execution MODIFY created_at VARCHAR(40)",
        "ALTER TABLE task_schedule DROP COLUMN robot_id, DROP FOREIGN KEY {key}",
    ],
)
def test_where_nobody_can_tell_any_more_it_says_so(seeded: Database, change: str) -> None:
    key = seeded.value(
        "SELECT constraint_name FROM information_schema.key_column_usage WHERE table_schema = DATABASE() "
        "AND table_name = 'task_schedule' AND referenced_table_name = 'robot_account'"
    )
    seeded.execute(change.format(key=key))
    line = refusal(seeded)
    assert "cannot check whether rows of run 1 were edited: " in line
    assert "--edited-too" in line
    seeded.parloader("clean", "--yes", "--edited-too")
    assert seeded.rows("SHOW TABLES") == ()


def test_a_plan_of_another_version_is_not_guessed_at(seeded: Database) -> None:
    seeded.execute("UPDATE parloader_run SET definition = '{\"of another version\": 1}'")
    for command in (("clean", "--yes", "--edited-too"), ("verify",), ("seed", "--rows", "500")):
        assert "this version of parloader cannot read the plan of run 1 in the ledger" in seeded.parloader(*command, check=3).stderr


class InterruptsTheLook(Progress):
    """Ctrl-C as soon as the look for edited rows begins."""

    @contextmanager
    def bar(self, what: str, rows: int, done: int = 0) -> Iterator[ProgressBar]:
        assert (what, rows) == ("looking for edited rows", 821)
        os.kill(os.getpid(), signal.SIGINT)
        yield ProgressBar()


@pytest.mark.parametrize("operation", [clean, preview_clean])
def test_ctrl_c_while_it_looks_for_edits(seeded: Database, operation: object) -> None:
    assert callable(operation)
    before = everything(seeded)
    with pytest.raises(Interrupted, match="interrupted before all rows were compared"):
        operation(CleanConfig(target=seeded.target, procs=2), InterruptsTheLook())
    assert everything(seeded) == before


def test_a_dry_run_while_another_command_writes_is_refused(seeded: Database) -> None:
    """Rows that it has just loaded would look like rows of others."""
    with DatabaseLease(seeded.target, "seed", 30, Progress()):
        said = seeded.parloader("clean", "--dry-run", check=3).stderr
        assert "another parloader command is running in this database" in said
        assert said.splitlines()[-1] == seeded.parloader("clean", "--yes", check=3).stderr.splitlines()[-1]
    seeded.parloader("clean", "--dry-run")


def test_a_foreign_key_of_several_columns(seeded: Database) -> None:
    seeded.execute(
        "ALTER TABLE script_execution ADD UNIQUE KEY both_columns (id, script_reference_id)",
        "CREATE TABLE note (shop INT, number INT, execution BIGINT UNSIGNED, reference BIGINT UNSIGNED, PRIMARY KEY (shop, number), "
        "FOREIGN KEY (execution, reference) REFERENCES script_execution (id, script_reference_id) ON DELETE CASCADE)",
        "INSERT INTO note VALUES (1, 7, 400, NULL), (1, 8, NULL, 3)",  # a key with a NULL in it points nowhere
    )
    seeded.parloader("clean", "--dry-run")
    seeded.execute("INSERT INTO note SELECT 2, 9, id, script_reference_id FROM script_execution WHERE id = 400")
    line = refusal(seeded)
    assert "rows of note that parloader did not create reference rows of script_execution that parloader created: shop/number 2/9" in line
    seeded.execute("DELETE FROM note WHERE shop = 2")
    seeded.parloader("clean", "--yes")
    assert seeded.rows("SELECT shop, number FROM note ORDER BY 1, 2") == ((1, 7), (1, 8))


def test_a_foreign_key_to_another_column_than_the_primary_key(seeded: Database) -> None:
    seeded.execute(
        "ALTER TABLE task_schedule ADD UNIQUE KEY by_number (schedule_id)",
        "CREATE TABLE note (id INT PRIMARY KEY, schedule BIGINT UNSIGNED, FOREIGN KEY (schedule) REFERENCES task_schedule (schedule_id) ON DELETE SET NULL)",
        "INSERT INTO note VALUES (41, 30)",
    )
    assert "rows of note that parloader did not create reference rows of task_schedule that parloader created: id 41" in refusal(seeded)


@pytest.mark.parametrize("rule", ["RESTRICT", "CASCADE"])
@pytest.mark.parametrize("whose", ["ours", "theirs"])
def test_a_table_that_points_at_itself(seeded: Database, rule: str, whose: str) -> None:
    seeded.execute(
        "ALTER TABLE script_execution ADD COLUMN retry_of BIGINT UNSIGNED",
        f"ALTER TABLE script_execution ADD FOREIGN KEY (retry_of) REFERENCES script_execution (id) ON DELETE {rule}",
    )
    seeded.parloader("clean", "--dry-run")
    if whose == "ours":
        seeded.execute("UPDATE script_execution SET retry_of = 12 WHERE id = 10")
        key = 10
    else:
        seeded.execute(
            "INSERT INTO script_reference (id, name) VALUES (99, 'mine')",
            "INSERT INTO script_version (id, script_reference_id, version, json) VALUES (99, 99, 1, '{}')",
            "INSERT INTO outgoing_event (id, name) VALUES (999, 'mine')",
            "INSERT INTO event_trigger (id, outgoing_event_id, script_reference_id) VALUES (999, 999, 99)",
            "INSERT INTO script_execution (id, script_reference_id, script_version_id, triggering_event_id, retry_of) VALUES (900, 99, 99, 999, 12)",
        )
        key = 900
    assert f"reference rows of script_execution that parloader created: id {key}" in refusal(seeded)
    seeded.execute("UPDATE script_execution SET retry_of = NULL")
    seeded.parloader("clean", "--yes")
    if whose == "theirs":
        assert seeded.rows("SELECT id FROM script_execution") == ((900,),)
    else:
        assert seeded.rows("SHOW TABLES") == ()


def test_a_parent_that_points_back(seeded: Database) -> None:
    seeded.execute(
        "ALTER TABLE task_schedule ADD COLUMN last_execution BIGINT UNSIGNED, ADD FOREIGN KEY (last_execution) REFERENCES script_execution (id)",
        "UPDATE task_schedule SET last_execution = 5 WHERE id = 3",
    )
    assert "rows of task_schedule reference rows of script_execution that parloader created: id 3" in refusal(seeded)


def test_a_row_of_another_database_that_points_at_ours(seeded: Database) -> None:
    other = f"{seeded.target.database}_other"
    seeded.execute(f"CREATE DATABASE {other}")
    try:
        seeded.execute(
            f"CREATE TABLE {other}.script_execution (id BIGINT UNSIGNED PRIMARY KEY, "
            f"FOREIGN KEY (id) REFERENCES {seeded.target.database}.script_execution (id))",
            f"INSERT INTO {other}.script_execution VALUES (7)",
        )
        assert (
            f"rows of `{other}`.`script_execution` that parloader did not create reference rows of script_execution that parloader created: id 7"
            in refusal(seeded)
        )
    finally:
        seeded.execute(f"DROP DATABASE {other}")


def own_book(mark: str) -> str:
    return f"INSERT INTO book SELECT '{mark}', MIN(id), 'mine' FROM shelf"


@pytest.mark.parametrize("rule", ["CASCADE", "RESTRICT", "SET NULL"])
def test_a_row_of_somebody_in_place_of_a_deleted_one_of_ours(database: Database, rule: str) -> None:
    """As many rows as parloader created are not the rows that it created."""
    before = books(database, rule)
    database.execute("DELETE FROM book ORDER BY mark LIMIT 1", own_book("mine"))
    assert database.value("SELECT COUNT(*) FROM book") == BOOK_ROWS
    for options in ((), ("--edited-too",)):
        assert "rows of book that parloader did not create reference rows of shelf that parloader created: mark mine" in refusal(
            database, *options
        )
    database.execute("UPDATE book SET shelf_id = NULL WHERE mark = 'mine'")
    database.parloader("clean", "--yes")
    assert database.rows("SELECT mark, shelf_id FROM book") == (("mine", None),)
    database.execute("DELETE FROM book")
    assert everything(database) == before


def test_a_row_that_two_runs_claim_is_one_row(database: Database) -> None:
    """The second run creates again what somebody deleted of the first one's: its rows do not hide as many of somebody's."""
    books(database, "CASCADE")
    deleted = database.rows("SELECT mark FROM book ORDER BY mark DESC LIMIT 10")
    database.execute("DELETE FROM book ORDER BY mark DESC LIMIT 10")
    database.parloader(*SEED_BOOKS, "--new-run")
    assert set(deleted) <= set(database.rows("SELECT mark FROM book"))
    database.execute(*(own_book(f"mine {n}") for n in range(10)))
    assert "mark mine 0, mine 1, mine 2, mine 3, mine 4 and more" in refusal(database, "--edited-too")
    database.execute("DELETE FROM book WHERE mark LIKE 'mine%%'")
    database.parloader("clean", "--yes", "--edited-too")
    assert (database.value("SELECT COUNT(*) FROM book"), database.value("SELECT COUNT(*) FROM shelf")) == (0, 0)


def test_a_foreign_key_between_enums_compares_numbers(database: Database) -> None:
    database.execute(
        "CREATE TABLE size (name ENUM('a', 'b', 'c', 'd') NOT NULL PRIMARY KEY, n INT NOT NULL) ENGINE=InnoDB",
        "CREATE TABLE shirt (id INT PRIMARY KEY, size ENUM('d', 'c', 'b', 'a'), FOREIGN KEY (size) REFERENCES size (name) ON DELETE CASCADE) ENGINE=InnoDB",
    )
    database.parloader("seed", "--table", "size", "--rows", "2", "--procs", "1")
    database.execute("INSERT INTO shirt SELECT 1, MIN(name + 0) FROM size")
    assert "rows of shirt that parloader did not create reference rows of size that parloader created: id 1" in refusal(database)


def test_a_foreign_key_from_varchar_to_char_ignores_the_spaces_that_fill_a_char(database: Database) -> None:
    no_pad = "utf8mb4_nopad_bin" if database.server.kind == "mariadb" else "utf8mb4_0900_ai_ci"
    database.execute(
        f"CREATE TABLE size (code CHAR(40) COLLATE {no_pad} NOT NULL PRIMARY KEY, n INT NOT NULL) ENGINE=InnoDB",
        f"CREATE TABLE shirt (id INT PRIMARY KEY, size VARCHAR(60) COLLATE {no_pad}, "
        "FOREIGN KEY (size) REFERENCES size (code) ON DELETE CASCADE) ENGINE=InnoDB",
    )
    database.parloader("seed", "--table", "size", "--rows", "2", "--procs", "1")
    database.execute("INSERT INTO shirt SELECT 1, RPAD(MIN(code), 40, ' ') FROM size")
    assert "rows of shirt that parloader did not create reference rows of size that parloader created: id 1" in refusal(database)


def test_a_foreign_key_between_types_that_only_the_server_can_compare(database: Database) -> None:
    """The server compares stored bytes: those of the year 1907 are those of the number 7."""
    database.execute(
        "CREATE TABLE vintage (year YEAR NOT NULL PRIMARY KEY, n INT NOT NULL) ENGINE=InnoDB",
        "CREATE TABLE wine (id INT PRIMARY KEY, vintage TINYINT UNSIGNED, FOREIGN KEY (vintage) REFERENCES vintage (year) ON DELETE CASCADE) ENGINE=InnoDB",
    )
    database.parloader("seed", "--table", "vintage", "--rows", "2", "--procs", "1")
    database.execute("INSERT INTO wine SELECT 1, MIN(year) - 1900 FROM vintage")
    said = refusal(database)
    assert "a foreign key of wine to vintage has columns of different types (vintage tinyint" in said
    assert said.endswith("; to clean without this check: parloader clean --accept-unseen-references")
    database.parloader("clean", "--yes", "--accept-unseen-references")
    assert [database.value(f"SELECT COUNT(*) FROM {name}") for name in ("vintage", "wine")] == [0, 0]


def test_rows_of_a_kept_run_are_no_trigger_rows(database: Database) -> None:
    database.execute(
        "CREATE TABLE shelf (id INT PRIMARY KEY AUTO_INCREMENT, n INT NOT NULL) ENGINE=InnoDB",
        "CREATE TABLE log (id INT PRIMARY KEY AUTO_INCREMENT, shelf_id INT, FOREIGN KEY (shelf_id) REFERENCES shelf (id)) ENGINE=InnoDB",
    )
    for table in ("shelf", "log"):
        database.parloader("seed", "--table", table, "--rows", "9", "--procs", "1")
    database.execute("CREATE TRIGGER logged AFTER INSERT ON shelf FOR EACH ROW INSERT INTO log (shelf_id) VALUES (NEW.id)")
    assert "run 2 needs rows of shelf that run 1 created" in refusal(database, "--run", "1", "--with-trigger-rows")


def test_rows_that_are_missing_are_counted(database: Database) -> None:
    database.execute("CREATE TABLE item (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL)")
    database.parloader("seed", "--table", "item", "--rows", "20")
    database.execute("UPDATE item SET id = id + 1000 WHERE id <= 3", "DELETE FROM item WHERE id = 9")
    said = database.parloader("clean", "--yes").stderr
    assert "run 1: 4 rows of item no longer exist under their generated keys" in said
    assert database.rows("SELECT id FROM item") == ((1001,), (1002,), (1003,))
