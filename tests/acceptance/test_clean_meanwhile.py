"""What others do after clean has looked and before it deletes: the delete itself finds it, under locks, and stops."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support.loads import CLEAN, launched, row_lock_waits
from support.servers import Database, until

from parloader.config import CleanConfig
from parloader.database import sql
from parloader.errors import ParloaderError
from parloader.operations.clean import clean
from parloader.rows.lookup import LOOKUP_ROWS
from parloader.workers.progress import Progress, ProgressBar

BY_KEY, BY_VALUES = "INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY", "CHAR(20) NOT NULL PRIMARY KEY"

ROWS = 300


class AfterTheLook(Progress):
    """Somebody runs these statements when clean has compared all rows, and has deleted none."""

    def __init__(self, database: Database, *statements: str) -> None:
        self._database, self._statements = database, statements

    @contextmanager
    def bar(self, what: str, rows: int, done: int = 0) -> Iterator[ProgressBar]:
        yield ProgressBar()
        if what == "looking for edited rows":
            self._database.execute(*self._statements)


def stopped(database: Database, *statements: str) -> str:
    """What clean says if somebody runs these statements meanwhile."""
    with pytest.raises(ParloaderError) as caught:
        clean(CleanConfig(target=database.target, procs=2), AfterTheLook(database, *statements))
    assert caught.value.exit_code == 1
    assert "clean stopped, and keeps the rows that are left in the ledger" in caught.value.message
    return caught.value.message


def column_type(key: str) -> str:
    """The type of a column that references such a key."""
    return key.removesuffix(" PRIMARY KEY").removesuffix(" AUTO_INCREMENT").removesuffix(" NOT NULL")


def library(database: Database, key: str, rule: str = "CASCADE") -> None:
    """Fills book and its shelves; loan references books, note references shelves: both are tables of somebody else."""
    kind = column_type(key)
    database.execute(
        f"CREATE TABLE shelf (id {key}, name VARCHAR(40) NOT NULL) ENGINE=InnoDB",
        f"CREATE TABLE book (id {key}, shelf_id {kind} NOT NULL, title VARCHAR(80) NOT NULL, FOREIGN KEY (shelf_id) REFERENCES shelf (id)) ENGINE=InnoDB",
        f"CREATE TABLE loan (number INT PRIMARY KEY, book_id {kind}, FOREIGN KEY (book_id) REFERENCES book (id) ON DELETE {rule}) ENGINE=InnoDB",
        f"CREATE TABLE note (number INT PRIMARY KEY, shelf_id {kind}, FOREIGN KEY (shelf_id) REFERENCES shelf (id) ON DELETE {rule}) ENGINE=InnoDB",
    )
    database.parloader("seed", "--table", "book", "--rows", str(ROWS), "--procs", "1")


@pytest.mark.parametrize(
    ("key", "table", "parent"),
    [
        (BY_KEY, "loan", "book"),
        (BY_VALUES, "note", "shelf"),
        pytest.param(BY_KEY, "note", "shelf", marks=pytest.mark.slow),
        pytest.param(BY_VALUES, "loan", "book", marks=pytest.mark.slow),
    ],
)
def test_a_row_that_begins_to_reference_one_of_ours(database: Database, key: str, table: str, parent: str) -> None:
    library(database, key)
    said = stopped(database, f"INSERT INTO {table} SELECT 7, MIN(id) FROM {parent}")
    assert f"rows of {table} began to reference rows of {parent} while clean ran: number 7" in said
    assert database.value(f"SELECT COUNT(*) FROM {table} JOIN {parent} ON {table}.{parent}_id = {parent}.id") == 1
    database.execute(f"DELETE FROM {table}")
    database.parloader("clean", "--yes")
    assert [database.value(f"SELECT COUNT(*) FROM {name}") for name in ("book", "shelf")] == [0, 0]


@pytest.mark.parametrize(
    ("key", "options"),
    [
        (BY_KEY, ()),
        pytest.param(BY_VALUES, ("--edited-too",), marks=pytest.mark.slow),
    ],
)
def test_a_row_not_yet_committed_that_references_a_unique_column_of_ours(database: Database, key: str, options: tuple[str, ...]) -> None:
    """It has locked the entry of that column's index only, not the row that clean locks by its primary key."""
    database.execute(
        f"CREATE TABLE book (id {key}, code VARCHAR(40) NOT NULL UNIQUE) ENGINE=InnoDB",
        "CREATE TABLE loan (number INT PRIMARY KEY, code VARCHAR(40), FOREIGN KEY (code) REFERENCES book (code) ON DELETE CASCADE) ENGINE=InnoDB",
    )
    database.parloader("seed", "--table", "book", "--rows", str(ROWS), "--procs", "1")
    with database.connection() as somebody, database.connection() as watcher:
        somebody.begin()
        sql.execute(somebody, "INSERT INTO loan SELECT 7, MAX(code) FROM book")
        cleaning = launched(database, command=(*CLEAN, *options))
        until(lambda: cleaning.process.poll() is not None or row_lock_waits(watcher, current=True), "clean waits for the uncommitted row")
        somebody.commit()
    cleaning.ends(1, "rows of loan began to reference rows of book while clean ran: number 7")
    assert database.value("SELECT COUNT(*) FROM loan JOIN book USING (code)") == 1
    database.execute("DELETE FROM loan")
    database.parloader("clean", "--yes")
    assert database.rows("SELECT id FROM book") == ()


@pytest.mark.parametrize(
    ("key", "table", "parent", "rule"),
    [
        (BY_KEY, "loan", "book", "CASCADE"),
        pytest.param(BY_VALUES, "loan", "book", "SET NULL", marks=pytest.mark.slow),
        pytest.param(BY_KEY, "note", "shelf", "CASCADE", marks=pytest.mark.slow),
    ],
)
def test_a_row_not_yet_committed_of_a_session_without_foreign_key_checks(
    database: Database, key: str, table: str, parent: str, rule: str
) -> None:
    """As while a dump is restored. Such a session locks nothing in the parent."""
    library(database, key, rule)
    referenced = database.value(f"SELECT MAX(id) FROM {parent}")
    with database.connection() as somebody, database.connection() as watcher:
        sql.execute(somebody, "SET SESSION foreign_key_checks = 0")
        somebody.begin()
        sql.execute(somebody, f"INSERT INTO {table} VALUES (7, %s)", referenced)
        cleaning = launched(database, command=CLEAN)
        until(lambda: cleaning.process.poll() is not None or row_lock_waits(watcher, current=True), "clean waits for the uncommitted row")
        somebody.commit()
    cleaning.ends(1, f"rows of {table} began to reference rows of {parent} while clean ran: number 7")
    assert database.value(f"SELECT COUNT(*) FROM {table} JOIN {parent} ON {table}.{parent}_id = {parent}.id") == 1


@pytest.mark.parametrize(
    ("key", "table", "column"),
    [
        (BY_KEY, "shelf", "name"),
        (BY_VALUES, "book", "title"),
        pytest.param(BY_KEY, "book", "title", marks=pytest.mark.slow),
        pytest.param(BY_VALUES, "shelf", "name", marks=pytest.mark.slow),
    ],
)
def test_a_row_of_ours_that_is_edited(database: Database, key: str, table: str, column: str) -> None:
    library(database, key)
    edit = f"UPDATE {table} SET {column} = 'mine' ORDER BY id DESC LIMIT 1"
    assert f"rows of {table} were edited while clean ran: 1 (id " in stopped(database, edit)
    assert database.value(f"SELECT COUNT(*) FROM {table} WHERE {column} = 'mine'") == 1
    assert f"1 of {table} (id " in database.parloader("clean", "--yes", check=3).stderr
    database.parloader("clean", "--yes", "--edited-too")
    assert database.value(f"SELECT COUNT(*) FROM {table}") == 0


@pytest.mark.parametrize(
    "change",
    [
        ("DROP TABLE t", "CREATE TABLE t (id DECIMAL(10,2) PRIMARY KEY, v INT NOT NULL)", "INSERT INTO t VALUES (3.5, -1)"),
        pytest.param(
            ("DELETE FROM t", "ALTER TABLE t MODIFY id DECIMAL(10,2) NOT NULL", "INSERT INTO t VALUES (3.5, -1)"), marks=pytest.mark.slow
        ),
        pytest.param(("ALTER TABLE t RENAME COLUMN id TO was, ADD COLUMN id INT", "UPDATE t SET id = 3, v = -1"), marks=pytest.mark.slow),
    ],
    ids=["replaced", "altered", "renamed"],
)
def test_a_table_that_is_changed(database: Database, change: tuple[str, ...]) -> None:
    """The generated rows may be gone, and their keys may name rows of somebody else."""
    database.execute("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT NOT NULL) ENGINE=InnoDB")
    database.parloader("seed", "--table", "t", "--rows", "20", "--procs", "1")
    with pytest.raises(ParloaderError):
        clean(CleanConfig(target=database.target, procs=1), AfterTheLook(database, *change))
    assert database.value("SELECT COUNT(*) FROM t WHERE v = -1")


def test_a_row_of_somebody_under_the_key_of_one_of_ours(database: Database) -> None:
    library(database, BY_VALUES)
    said = stopped(
        database,
        "CREATE TABLE deleted AS SELECT * FROM book ORDER BY id LIMIT 1",
        "DELETE FROM book ORDER BY id LIMIT 1",
        "INSERT INTO book SELECT id, shelf_id, 'mine' FROM deleted",
    )
    assert "rows of book were edited while clean ran: 1 (id " in said
    assert database.value("SELECT COUNT(*) FROM book WHERE title = 'mine'") == 1


@pytest.mark.parametrize("key", [BY_KEY, pytest.param(BY_VALUES, marks=pytest.mark.slow)])
def test_a_second_pass_that_is_edited(database: Database, key: str) -> None:
    """The columns that close a cycle are set to NULL first, and are compared before that."""
    kind = column_type(key)
    database.execute(
        f"CREATE TABLE department (id {key}, head_id {kind} NULL) ENGINE=InnoDB",
        f"CREATE TABLE worker (id {key}, department_id {kind} NOT NULL, FOREIGN KEY (department_id) REFERENCES department (id)) ENGINE=InnoDB",
        "ALTER TABLE department ADD FOREIGN KEY (head_id) REFERENCES worker (id)",
    )
    database.parloader("seed", "--table", "worker", "--rows", str(ROWS), "--procs", "1")
    edit = "UPDATE department SET head_id = (SELECT MAX(id) FROM worker WHERE id <> head_id) ORDER BY id LIMIT 1"
    heads = "SELECT COUNT(*) FROM department WHERE head_id IS NOT NULL"
    before = database.value(heads)
    assert "rows of department were edited while clean ran: 1 (id " in stopped(database, edit)
    assert database.value(heads) == before


def seed_departments(database: Database) -> None:
    """Tables that reference each other: a second pass sets the heads."""
    database.execute(
        f"CREATE TABLE department (id {BY_KEY}, head_id INT UNSIGNED NULL) ENGINE=InnoDB",
        f"CREATE TABLE worker (id {BY_KEY}, department_id INT UNSIGNED NOT NULL, FOREIGN KEY (department_id) REFERENCES department (id)) ENGINE=InnoDB",
        "ALTER TABLE department ADD FOREIGN KEY (head_id) REFERENCES worker (id)",
    )
    database.parloader("seed", "--table", "worker", "--rows", str(ROWS), "--procs", "1")


def test_a_row_that_begins_to_reference_a_column_of_the_second_pass(database: Database) -> None:
    """To undo the second pass would change it as well."""
    seed_departments(database)
    database.execute(
        "ALTER TABLE department ADD UNIQUE (head_id, id)",
        "CREATE TABLE portrait (number INT PRIMARY KEY, head_id INT UNSIGNED, department_id INT UNSIGNED, "
        "FOREIGN KEY (head_id, department_id) REFERENCES department (head_id, id) ON UPDATE CASCADE) ENGINE=InnoDB",
    )
    said = stopped(database, "INSERT INTO portrait SELECT 7, head_id, id FROM department WHERE head_id IS NOT NULL LIMIT 1")
    assert "rows of portrait began to reference rows of department while clean ran: number 7" in said
    assert database.value("SELECT COUNT(head_id) FROM portrait") == 1
    database.execute("DELETE FROM portrait")
    database.parloader("clean", "--yes")
    assert [database.value(f"SELECT COUNT(*) FROM {name}") for name in ("department", "worker")] == [0, 0]


@pytest.mark.slow
def test_a_row_of_a_loaded_table_that_begins_to_reference_a_column_of_the_second_pass(database: Database) -> None:
    """The table's generated rows are no reason to overlook it."""
    seed_departments(database)
    database.execute(
        "ALTER TABLE department ADD UNIQUE (head_id, id)",
        "ALTER TABLE worker ADD boss INT UNSIGNED, ADD unit INT UNSIGNED, "
        "ADD FOREIGN KEY (boss, unit) REFERENCES department (head_id, id) ON UPDATE CASCADE",
        "INSERT INTO department VALUES (9000, NULL)",
    )
    said = stopped(database, "INSERT INTO worker SELECT 9000, 9000, head_id, id FROM department WHERE head_id IS NOT NULL LIMIT 1")
    assert "rows of worker began to reference rows of department while clean ran: id 9000" in said
    assert database.value("SELECT COUNT(boss) FROM worker WHERE id = 9000") == 1


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["CASCADE", "RESTRICT"])
def test_rows_of_one_chunk_that_reference_each_other(database: Database, rule: str) -> None:
    """More of them than one statement looks up: what references a row of the chunk is not taken for somebody else's."""
    database.execute(
        "CREATE TABLE node (id CHAR(20) NOT NULL PRIMARY KEY, parent CHAR(20) NULL, name VARCHAR(20) NOT NULL, "
        f"FOREIGN KEY (parent) REFERENCES node (id) ON DELETE {rule}) ENGINE=InnoDB"
    )
    database.parloader("seed", "--table", "node", "--rows", "21000", "--procs", "2")
    assert int(str(database.value("SELECT COUNT(DISTINCT parent) FROM node"))) > LOOKUP_ROWS
    database.execute("INSERT INTO node SELECT 'mine', MIN(id), 'mine' FROM node")
    assert "rows of node that parloader did not create reference rows of node" in database.parloader("clean", "--yes", check=3).stderr
    database.execute("UPDATE node SET parent = NULL WHERE id = 'mine'")
    database.parloader("clean", "--yes", "--procs", "2")
    assert database.rows("SELECT id FROM node") == (("mine",),)
