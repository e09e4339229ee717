"""clean counts before it removes a run from the ledger: if rows of the run are left, the ledger keeps the run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from support.servers import Database, everything

from parloader.config import CleanConfig
from parloader.errors import ParloaderError
from parloader.operations.clean import clean
from parloader.workers.lease import DatabaseLease
from parloader.workers.progress import Progress, ProgressBar

ROWS = 300

LOST = 50  # a batch

# A table whose rows are found by an integer key, and one whose rows are found by their values
TICKET = "CREATE TABLE ticket (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL) ENGINE=InnoDB"

COUPON = "CREATE TABLE coupon (code VARCHAR(20) NOT NULL PRIMARY KEY, worth INT NOT NULL) ENGINE=InnoDB"

EACH = pytest.mark.parametrize(
    ("table", "key", "create"), [("ticket", "id", TICKET), ("coupon", "code", COUPON)], ids=["by key", "by values"]
)

LOST_BATCH = "FROM parloader_batch WHERE first_index = 100"


def seeded(database: Database, table: str, create: str) -> dict[str, object]:
    """Creates and fills the table; returns what was there before the seed."""
    database.execute(create)
    before = everything(database)
    database.parloader("seed", "--table", table, "--rows", str(ROWS), "--batch", str(LOST), "--procs", "1")
    return before


@EACH
def test_rows_that_the_ledger_does_not_list(database: Database, table: str, key: str, create: str) -> None:
    before = seeded(database, table, create)
    database.execute(f"CREATE TABLE lost AS SELECT * {LOST_BATCH}", f"DELETE {LOST_BATCH}")
    said = database.parloader("clean", "--yes", check=1).stderr.splitlines()[-1]
    assert said.startswith(f"error: 50 rows of {table} left under keys of run 1 ({key} ")
    assert "run 1 is kept in the ledger" in said
    assert database.value(f"SELECT COUNT(*) FROM {table}") == LOST
    assert "left under keys of run 1" in database.parloader("clean", "--yes", check=1).stderr
    database.execute("INSERT INTO parloader_batch SELECT * FROM lost", "DROP TABLE lost")
    database.parloader("clean", "--yes")
    assert everything(database) == before


def test_rows_of_others_under_keys_that_the_run_never_committed(database: Database) -> None:
    seeded(database, "coupon", COUPON)
    uncommitted = "code IN (SELECT code FROM (SELECT code FROM coupon ORDER BY code LIMIT 50 OFFSET 100) batch)"
    database.execute(f"DELETE {LOST_BATCH}", f"UPDATE coupon SET worth = worth + 1 WHERE {uncommitted}")
    theirs = database.rows(f"SELECT * FROM coupon WHERE {uncommitted} ORDER BY code")
    assert len(theirs) == LOST
    database.parloader("clean", "--dry-run")
    database.parloader("clean", "--yes")
    assert database.rows("SELECT * FROM coupon ORDER BY code") == theirs
    assert database.rows("SHOW TABLES") == (("coupon",),)


@pytest.mark.parametrize("key", ["id INT UNSIGNED NOT NULL AUTO_INCREMENT", "id VARCHAR(20) NOT NULL"], ids=["by key", "by values"])
def test_a_parent_row_that_a_trigger_brings_back(database: Database, key: str) -> None:
    database.execute(
        "CREATE TABLE floor (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL) ENGINE=InnoDB",
        f"CREATE TABLE shelf ({key}, floor_id INT UNSIGNED NOT NULL, PRIMARY KEY (id), FOREIGN KEY (floor_id) REFERENCES floor (id)) ENGINE=InnoDB",
        f"CREATE TABLE book (number INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, shelf_{key.replace(' AUTO_INCREMENT', '')}, "
        "FOREIGN KEY (shelf_id) REFERENCES shelf (id)) ENGINE=InnoDB",
    )
    database.parloader("seed", "--table", "book", "--rows", "200", "--parents", "shelf=10", "--parents", "floor=3", "--procs", "1")
    database.execute(
        "ALTER TABLE shelf MODIFY floor_id INT UNSIGNED NULL",
        "CREATE TABLE kept AS SELECT MIN(id) AS id FROM shelf",
        "CREATE TRIGGER back AFTER DELETE ON floor FOR EACH ROW INSERT IGNORE INTO shelf (id) SELECT id FROM kept",
    )
    parents = database.rows("SELECT * FROM shelf ORDER BY id"), database.rows("SELECT * FROM floor ORDER BY id")
    said = database.parloader("clean", "--yes", check=1).stderr
    assert "1 row of shelf left under keys of run 1 (id " in said
    assert "run 1 is kept in the ledger" in said
    assert (database.rows("SELECT * FROM shelf ORDER BY id"), database.rows("SELECT * FROM floor ORDER BY id")) == parents
    database.execute("DROP TRIGGER back", "DROP TABLE kept")
    database.parloader("clean", "--yes")
    assert database.rows("SHOW TABLES") == (("book",), ("floor",), ("shelf",))
    assert [database.value(f"SELECT COUNT(*) FROM {table}") for table in ("book", "shelf", "floor")] == [0, 0, 0]


class Meanwhile(Progress):
    """Somebody does something when the rows of a table have been deleted, and clean has not ended the run yet."""

    def __init__(self, what: str, then: Callable[[], None]) -> None:
        self._what, self._then = what, then

    @contextmanager
    def bar(self, what: str, rows: int, done: int = 0) -> Iterator[ProgressBar]:
        yield ProgressBar()
        if what == self._what:
            self._then()


@EACH
def test_a_batch_that_is_recorded_while_clean_runs(database: Database, table: str, key: str, create: str) -> None:
    before = seeded(database, table, create)
    record = f"INSERT INTO parloader_batch VALUES (1, '{table}', {ROWS + 100}, 7, NOW())"
    with pytest.raises(ParloaderError, match=f"the ledger still lists 7 rows of {table} that clean did not delete; run 1 is kept"):
        clean(CleanConfig(target=database.target, procs=1), Meanwhile("clean", lambda: database.execute(record)))
    database.parloader("clean", "--yes", "--edited-too")
    assert everything(database) == before


def test_a_batch_of_the_second_pass_that_is_recorded_while_clean_runs(database: Database) -> None:
    database.execute(
        "CREATE TABLE department (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, head_id INT UNSIGNED NULL) ENGINE=InnoDB",
        "CREATE TABLE worker (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, department_id INT UNSIGNED NOT NULL, "
        "FOREIGN KEY (department_id) REFERENCES department (id)) ENGINE=InnoDB",
        "ALTER TABLE department ADD FOREIGN KEY (head_id) REFERENCES worker (id)",
    )
    database.parloader("seed", "--table", "department", "--rows", "100", "--procs", "1")
    name = database.value("SELECT MAX(table_name) FROM parloader_batch WHERE table_name NOT IN ('department', 'worker')")
    record = f"INSERT INTO parloader_batch VALUES (1, '{name}', 0, 7, NOW())"
    with pytest.raises(ParloaderError, match="the ledger still lists 7 rows of department that clean did not delete"):
        clean(
            CleanConfig(target=database.target, procs=1),
            Meanwhile("clean department, second pass", lambda: database.execute(record)),
        )


@EACH
def test_a_row_that_somebody_inserts_under_one_of_the_keys_while_clean_runs(database: Database, table: str, key: str, create: str) -> None:
    before = seeded(database, table, create)
    database.execute(f"CREATE TABLE copied AS SELECT * FROM {table} ORDER BY {key} LIMIT 1")
    insert = f"INSERT INTO {table} SELECT * FROM copied"
    with pytest.raises(ParloaderError, match=f"1 row of {table} left under keys of run 1") as caught:
        clean(CleanConfig(target=database.target, procs=1), Meanwhile("clean", lambda: database.execute(insert)))
    assert caught.value.exit_code == 1
    assert database.value("SELECT COUNT(*) FROM parloader_run") == 1
    database.execute(f"DELETE FROM {table}", "DROP TABLE copied")
    database.parloader("clean", "--yes")
    assert everything(database) == before


def test_a_run_that_is_begun_while_clean_runs_keeps_the_ledger(database: Database) -> None:
    """One that clean has not seen: without this the ledger would go with it in it."""
    seeded(database, "ticket", TICKET)
    columns = "plan, target, row_count, parameters, definition, parloader_version, started_at"
    begin = (
        f"INSERT INTO parloader_run ({columns}) SELECT {columns} FROM parloader_run",
        "CREATE TEMPORARY TABLE another SELECT * FROM parloader_table",
        "UPDATE another SET run_id = 2",
        "INSERT INTO parloader_table SELECT * FROM another",
    )
    with pytest.raises(ParloaderError, match="the ledger still has 1 run that clean did not remove"):
        clean(CleanConfig(target=database.target, procs=1), Meanwhile("clean", lambda: database.execute(*begin)))
    assert database.value("SELECT run_id FROM parloader_run") == 2


def test_a_clean_that_another_command_has_taken_over_from_deletes_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its workers read the token of the holder in each transaction, and find another one."""
    before = seeded(database, "ticket", TICKET)
    fence = DatabaseLease.fence
    monkeypatch.setattr(DatabaseLease, "fence", lambda lease, connection: fence(lease, connection) + 1)
    assert "another parloader command has taken over this database" in database.parloader("clean", "--yes", check=3).stderr
    assert database.value("SELECT COUNT(*) FROM ticket") == ROWS
    monkeypatch.undo()
    database.parloader("clean", "--yes")
    assert everything(database) == before
