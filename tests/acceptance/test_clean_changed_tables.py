"""verify and clean after somebody has changed, renamed or dropped the tables that were loaded."""

import json

import pytest
from support.clean import books, refusal
from support.servers import Database


def plan_file(database: Database, text: str) -> str:
    path = database.folder / "plan.toml"
    path.write_text(text)
    return str(path)


def test_rows_whose_key_is_gone_are_not_guessed(database: Database) -> None:
    books(database, "CASCADE")
    database.execute("ALTER TABLE book DROP COLUMN mark, ADD COLUMN id INT NOT NULL AUTO_INCREMENT PRIMARY KEY")
    for options in ((), ("--edited-too",)):
        assert "book no longer has the column mark" in refusal(database, *options)


def test_a_row_of_somebody_under_an_integer_key_that_is_no_longer_unique(database: Database) -> None:
    """Even if as many rows have the keys as parloader created."""
    database.execute("CREATE TABLE book (mark INT NOT NULL PRIMARY KEY, n INT NOT NULL) ENGINE=InnoDB")
    database.parloader("seed", "--table", "book", "--rows", "9", "--procs", "1")
    _replace_last_row(database, "DROP PRIMARY KEY, ADD PRIMARY KEY (mark, n)")
    for options in ((), ("--edited-too",)):
        assert "mark of book is no longer unique: there are several rows " in refusal(database, *options)
    database.execute("DELETE FROM book WHERE n = -1")
    database.parloader("clean", "--yes", "--edited-too")
    assert database.rows("SELECT mark FROM book") == ()


def test_a_row_of_somebody_under_a_row_key_that_is_no_longer_unique(database: Database) -> None:
    """Other values than the key tell it from the generated row."""
    database.execute("CREATE TABLE book (mark CHAR(13) NOT NULL PRIMARY KEY, n INT NOT NULL) ENGINE=InnoDB")
    database.parloader("seed", "--table", "book", "--rows", "9", "--procs", "1")
    _replace_last_row(database, "DROP PRIMARY KEY, ADD KEY by_number (mark, n)")
    database.parloader("clean", "--yes", "--edited-too")
    assert database.rows("SELECT n FROM book") == ((-1,),)


def _replace_last_row(database: Database, change: str) -> None:
    """Replaces it by one with the first row's key."""
    database.execute(
        f"ALTER TABLE book {change}",
        "INSERT INTO book SELECT MIN(mark), -1 FROM book",
        "DELETE FROM book ORDER BY mark DESC LIMIT 1",
    )


def test_an_integer_key_that_was_renamed(database: Database) -> None:
    database.execute("CREATE TABLE book (id INT NOT NULL PRIMARY KEY, n INT NOT NULL) ENGINE=InnoDB")
    database.parloader("seed", "--table", "book", "--rows", "9", "--procs", "1")
    database.execute("ALTER TABLE book RENAME COLUMN id TO number")
    for options in ((), ("--edited-too",)):
        assert "book no longer has the column id, by which parloader finds the rows that it created" in refusal(database, *options)
    assert "book has the key number, but the plan needs the key id" in database.parloader("verify", check=3).stderr


@pytest.mark.parametrize("gone", ["shelf", "book"])
def test_a_table_that_is_gone(database: Database, gone: str) -> None:
    """Somebody's table still references it, and another run has rows of it."""
    database.execute(
        "CREATE TABLE shelf (id CHAR(12) NOT NULL PRIMARY KEY, name VARCHAR(20) NOT NULL) ENGINE=InnoDB",
        "CREATE TABLE book (id CHAR(12) NOT NULL PRIMARY KEY, shelf_id CHAR(12) NOT NULL, FOREIGN KEY (shelf_id) REFERENCES shelf (id)) ENGINE=InnoDB",
        "CREATE TABLE note (id INT PRIMARY KEY, shelf_id CHAR(12), FOREIGN KEY (shelf_id) REFERENCES shelf (id) ON DELETE CASCADE) ENGINE=InnoDB",
    )
    for options in ((), ("--new-run",)):
        database.parloader("seed", "--table", "book", "--rows", "9", "--procs", "1", *options)
    if gone == "shelf":
        database.execute("INSERT INTO note SELECT 1, MIN(id) FROM shelf")
    database.execute("SET SESSION foreign_key_checks = 0", f"DROP TABLE {gone}")
    assert f"there is no table {gone}" in refusal(database)
    for run in ("2", "1"):
        cleaned = database.parloader("clean", "--yes", "--edited-too", "--run", run)
        assert f"from {gone}" not in cleaned.stdout
        if gone == "book" or run == "1":
            assert f"{gone} no longer exists: its " in cleaned.stderr
    assert database.value("SELECT COUNT(*) FROM note") == (gone == "shelf")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ALTER TABLE item MODIFY id DECIMAL(9, 1) NOT NULL; INSERT INTO item VALUES (3.5, NULL)", "item.id is decimal(9,1) now"),
        (
            "ALTER TABLE item DROP PRIMARY KEY, MODIFY id INT NULL; INSERT INTO item VALUES (NULL, 3)",
            " NULL now, but parloader identifies the rows",
        ),
    ],
)
def test_an_integer_key_of_another_kind(database: Database, change: str, said: str) -> None:
    """A row of somebody lies between two keys, or references a generated row and has no key."""
    database.execute(
        "CREATE TABLE item (id INT PRIMARY KEY, part_of INT, UNIQUE (id), FOREIGN KEY (part_of) REFERENCES item (id) ON DELETE CASCADE) ENGINE=InnoDB"
        if "NULL now" in said
        else "CREATE TABLE item (id INT PRIMARY KEY, part_of INT) ENGINE=InnoDB"
    )
    database.parloader("seed", "--table", "item", "--rows", "9", "--procs", "1")
    database.execute("SET SESSION foreign_key_checks = 0", *change.split("; "))
    assert said in refusal(database, "--edited-too")


def test_a_row_key_of_another_type(database: Database) -> None:
    database.execute("CREATE TABLE bell (rings TIME NOT NULL PRIMARY KEY, n INT NOT NULL) ENGINE=InnoDB")
    database.parloader("seed", "--table", "bell", "--rows", "9", "--procs", "1")
    database.execute("ALTER TABLE bell MODIFY rings DECIMAL(12,2) NOT NULL")
    assert "in bell have other types now (rings decimal(12,2))" in refusal(database, "--edited-too")


def test_a_table_that_is_no_ordinary_table_any_more(database: Database) -> None:
    database.execute("CREATE TABLE item (id INT PRIMARY KEY, n INT NOT NULL) ENGINE=InnoDB")
    database.parloader("seed", "--table", "item", "--rows", "9", "--procs", "1")
    database.execute("RENAME TABLE item TO all_items", "CREATE VIEW item AS SELECT * FROM all_items")
    assert "item is no longer an ordinary table (view)" in refusal(database, "--edited-too")


def test_a_row_key_whose_type_holds_fewer_digits_now(database: Database) -> None:
    """Cut in the same way, a generated value names the row of somebody else."""
    plan = plan_file(
        database,
        """
        plan = "t"
        [table.t]
        rows = 3
        identity = ["x"]
        [table.t.column]
        x = { unique = "values", values = ["1.70", "3.70", "5.70"] }
        """,
    )
    database.execute("CREATE TABLE t (x DECIMAL(10,2) NOT NULL PRIMARY KEY) ENGINE=InnoDB")
    database.parloader("seed", "--plan", plan)
    database.parloader("verify")
    database.execute("ALTER TABLE t MODIFY x DECIMAL(10,0) NOT NULL", "INSERT INTO t VALUES (1)")
    database.parloader("verify", check=1)
    database.parloader("clean", "--yes", "--edited-too", check=None)
    assert database.value("SELECT COUNT(*) FROM t WHERE x = 1") == 1


def test_values_that_a_changed_type_has_cut_are_differences(database: Database) -> None:
    plan = plan_file(
        database,
        """
        plan = "t"
        [table.t]
        rows = 3
        key = "id"
        [table.t.column]
        price = { const = "1.40" }
        size = { const = 1.4 }
        made = { const = "2024-01-01T10:00:00.300" }
        name = { const = "a " }
        """,
    )
    database.execute(
        "CREATE TABLE t (id INT PRIMARY KEY, price DECIMAL(10,2) NOT NULL, size DOUBLE NOT NULL, made DATETIME(3) NOT NULL, name VARCHAR(9) NOT NULL) ENGINE=InnoDB"
    )
    database.parloader("seed", "--plan", plan)
    for wider in ("price DECIMAL(12,4)", "size DECIMAL(10,2)", "made DATETIME(6)", "name VARCHAR(20)"):
        database.execute(f"ALTER TABLE t MODIFY {wider} NOT NULL")
    database.parloader("verify")
    for cut in ("price DECIMAL(10,0)", "size DECIMAL(10,0)", "made DATETIME", "name CHAR(9)"):
        database.execute(f"ALTER TABLE t MODIFY {cut} NOT NULL")
    found, *_ = json.loads(database.parloader("verify", "--json", check=1).stdout)["differences"]
    assert {change["column"] for change in found["columns"]} == {"price", "size", "made", "name"}
