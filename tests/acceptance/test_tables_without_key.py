"""Tables without a key: seeded, verified and cleaned as any other, whatever else happens to their rows meanwhile."""

import json
from collections import Counter

import pytest
from support.servers import Database, until

TABLES = {
    "text": ("at DATETIME NOT NULL, note VARCHAR(40) NULL, size DOUBLE NULL, extra JSON NULL", "'2020-01-01', 'mine', 0.1, '[1.5]'"),
    "counter": ("number INT UNSIGNED NOT NULL AUTO_INCREMENT, title VARCHAR(30) NULL, KEY (number)", "7, 'mine'"),
    "time": ("at DATETIME NULL, good BOOLEAN NULL", "'2020-01-01', NULL"),
    "two small ones": ("a TINYINT UNSIGNED NOT NULL, b TINYINT UNSIGNED NOT NULL", None),
    "unique but null": ("code VARCHAR(20) NULL UNIQUE, worth INT NULL", "NULL, 3"),
    "full text": ("body TEXT NOT NULL, FULLTEXT (body)", "'mine'"),
}

QUICK = ("text", "counter")


def listed(database: Database, table: str = "t") -> list[tuple[object, ...]]:
    return sorted(database.rows(f"SELECT * FROM {table}"), key=repr)


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in TABLES])
def test_rows_of_others_stay(database: Database, name: str) -> None:
    """Those that were there, those with a part of the same values, and copies of generated rows."""
    columns, mine = TABLES[name]
    database.execute(f"CREATE TABLE t ({columns}) ENGINE=InnoDB", *[f"INSERT INTO t VALUES ({mine})"] * 2 if mine else [])
    before = listed(database)
    database.parloader("seed", "--table", "t", "--rows", "400", "--procs", "2", "--batch", "100")
    assert json.loads(database.parloader("verify", "--json", "--procs", "2").stdout)["runs"][0]["checked"] == 400
    generated = [row for row in listed(database) if row not in before]
    assert len(generated) == len(set(generated)) == 400
    if name != "unique but null":
        database.execute("INSERT INTO t SELECT * FROM (SELECT * FROM t) copies")
    database.parloader("verify")
    database.parloader("clean", "--yes", "--procs", "2")
    assert listed(database) == (before if name == "unique but null" else sorted([*before * 2, *generated], key=repr))


def test_the_rows_are_the_same_for_any_workers(database: Database) -> None:
    database.execute("CREATE TABLE t (at DATETIME NOT NULL, note VARCHAR(40) NULL) ENGINE=InnoDB")
    loaded = []
    for options in (("--procs", "1"), ("--procs", "3", "--batch", "70", "--writer", "load-data")):
        database.parloader("seed", "--table", "t", "--rows", "500", *options)
        loaded.append(listed(database))
        database.parloader("clean", "--yes")
    assert loaded[0] == loaded[1]


@pytest.mark.slow
def test_killed_in_the_middle(database: Database) -> None:
    database.execute(
        "CREATE TABLE t (at DATETIME NOT NULL, note VARCHAR(40) NULL) ENGINE=InnoDB", "INSERT INTO t VALUES ('2020-01-01', 'mine')"
    )
    rows = 60_000

    def count() -> int:
        return int(str(database.value("SELECT COUNT(*) FROM t")))

    seed = ("seed", "--table", "t", "--rows", str(rows), "--procs", "2", "--batch", "500")

    def some_are_deleted() -> bool:
        return count() <= rows - 10_000

    def some_are_loaded() -> bool:
        return count() > 2_000

    for command, reached in ((seed, some_are_loaded), (("clean", "--yes"), some_are_deleted)):
        process = database.process(*command)
        until(reached, "a part of it is done")
        process.kill()
        process.communicate()
        database.parloader(*seed)
        database.parloader("verify")
        assert (count(), database.value("SELECT COUNT(DISTINCT note) FROM t")) == (rows + 1, rows + 1)
    database.parloader("clean", "--yes")
    assert database.rows("SELECT note FROM t") == (("mine",),)


@pytest.mark.slow
def test_copies_of_some_rows_before_and_after_the_generated_ones(database: Database) -> None:
    database.execute("CREATE TABLE t (note VARCHAR(40) NOT NULL) ENGINE=InnoDB")
    database.parloader("seed", "--table", "t", "--rows", "300", "--procs", "1")
    generated = listed(database)
    for order in ("", "DESC", "DESC"):
        database.execute(f"INSERT INTO t SELECT * FROM (SELECT * FROM t ORDER BY note {order} LIMIT 100) copies")
    copies = Counter(listed(database)) - Counter(generated)
    database.parloader("clean", "--yes")
    assert Counter(listed(database)) == copies


def test_edited_rows(database: Database) -> None:
    """A row of somebody with the same text cannot be told from an edited one, so neither is deleted."""
    database.execute("CREATE TABLE t (note VARCHAR(40) NOT NULL, size INT NULL) ENGINE=InnoDB")
    database.parloader("seed", "--table", "t", "--rows", "50", "--procs", "1")
    database.execute(
        "INSERT INTO t SELECT * FROM (SELECT note, -1 FROM t ORDER BY note LIMIT 1) other",
        "UPDATE t SET size = -2 WHERE note = 'note-00000003'",
        "DELETE FROM t WHERE note = 'note-00000005'",
    )
    verified = database.parloader("verify", "--json", check=1)
    assert [(d["kind"], d["key"]) for d in json.loads(verified.stdout)["differences"]] == [
        ("missing", "note-00000005"),
        ("different", "note-00000003"),
    ]
    refused = database.parloader("clean", "--yes", check=3).stderr
    assert "rows of run 1 were edited since parloader generated them: 1 of t (note note-00000003)" in refused
    assert "parloader clean --edited-too keeps those of t: without a key," in refused
    assert database.value("SELECT COUNT(*) FROM t") == 50
    assert "t has no key: generated rows that were edited" in database.parloader("clean", "--yes", "--edited-too").stderr
    assert listed(database) == [("note-00000000", -1), ("note-00000003", -2)]


def test_a_row_of_somebody_that_looks_like_a_generated_one_keeps_its_parent(database: Database) -> None:
    database.execute(
        "CREATE TABLE shelf (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL) ENGINE=InnoDB",
        "CREATE TABLE book (title VARCHAR(40) NOT NULL, shelf_id INT NOT NULL, FOREIGN KEY (shelf_id) REFERENCES shelf (id) ON DELETE CASCADE) ENGINE=InnoDB",
    )
    database.parloader("seed", "--table", "book", "--rows", "50", "--parents", "shelf=5", "--procs", "1")
    database.execute("INSERT INTO book SELECT * FROM (SELECT * FROM book ORDER BY title LIMIT 1) copy")
    assert "rows of book that parloader did not create reference rows of shelf" in database.parloader("clean", "--yes", check=3).stderr
    database.execute("DELETE FROM book WHERE title = 'title-00000000' LIMIT 1")
    database.parloader("clean", "--yes")
    assert (listed(database, "book"), listed(database, "shelf")) == ([], [])


def test_a_parent_without_a_key(database: Database) -> None:
    """InnoDB lets foreign keys reference columns that are not unique."""
    relaxed = ["SET SESSION restrict_fk_on_non_standard_key = 0"] if database.server.kind == "mysql" else []
    database.execute(
        "CREATE TABLE shelf (place VARCHAR(40) NOT NULL, size INT NULL, KEY (place)) ENGINE=InnoDB",
        *relaxed,
        "CREATE TABLE book (title VARCHAR(40) NOT NULL, shelf VARCHAR(40) NOT NULL, FOREIGN KEY (shelf) REFERENCES shelf (place)) ENGINE=InnoDB",
        "INSERT INTO shelf VALUES ('mine', 1)",
    )
    database.parloader("seed", "--table", "book", "--rows", "50", "--parents", "shelf=5", "--procs", "1")
    assert database.value("SELECT COUNT(DISTINCT shelf) FROM book") == 5
    database.parloader("verify")
    database.execute("INSERT INTO book SELECT 'other', MAX(place) FROM shelf WHERE place <> 'mine'")
    assert "reference rows of shelf that parloader created" in database.parloader("clean", "--yes", check=3).stderr
    database.execute("DELETE FROM book WHERE title = 'other'")
    database.parloader("clean", "--yes")
    assert (listed(database, "book"), listed(database, "shelf")) == ([], [("mine", 1)])


@pytest.mark.parametrize("server", ["mysql"], indirect=True)
@pytest.mark.parametrize("shown", [0, 1])
def test_invisible_keys_that_the_server_generates(database: Database, shown: int) -> None:
    database.execute("SET SESSION sql_generate_invisible_primary_key = 1", "CREATE TABLE t (note TEXT NULL) ENGINE=InnoDB")
    with database.server.connection() as admin, admin.cursor() as cursor:
        cursor.execute(f"SET GLOBAL show_gipk_in_create_table_and_information_schema = {shown}")
    try:
        database.execute("INSERT INTO t VALUES ('mine')")
        database.parloader("seed", "--table", "t", "--rows", "50", "--procs", "1")
        assert database.value("SELECT MAX(my_row_id) FROM t") == 51
        database.parloader("verify")
        database.execute("UPDATE t SET note = NULL WHERE my_row_id = 7")
        assert "50 rows" in database.parloader("clean", "--yes", "--edited-too").stdout
        assert listed(database) == [("mine",)]
    finally:
        with database.server.connection() as admin, admin.cursor() as cursor:
            cursor.execute("SET GLOBAL show_gipk_in_create_table_and_information_schema = 1")


def test_a_table_that_no_column_can_carry(database: Database) -> None:
    database.execute("CREATE TABLE t (good BIT(1) NOT NULL, size ENUM('s', 'm') NULL) ENGINE=InnoDB")
    refused = database.parloader("seed", "--table", "t", "--rows", "50", check=3).stderr
    assert "it has no PRIMARY KEY or UNIQUE key, and no column" in refused
    assert "At most --rows 4 fit" in refused
    database.parloader("seed", "--table", "t", "--rows", "4", "--procs", "1")
    database.parloader("clean", "--yes")
    assert listed(database) == []


def test_an_interrupted_load_of_equal_rows_beside_equal_ones_of_others(database: Database) -> None:
    """What is left of the load's rows cannot be told from the others, but how many the load has committed is known."""
    database.execute("CREATE TABLE t (a VARCHAR(9))", "INSERT INTO t VALUES ('same'), ('same'), ('other')")
    before = listed(database)
    plan = database.folder / "plan.toml"
    database.parloader("plan", "--table", "t", "--rows", "60", "--write", str(plan))
    lines = ['a = { const = "same" }' if line.startswith("a = ") else line for line in plan.read_text().splitlines()]
    plan.write_text("\n".join(lines))
    database.parloader("seed", "--plan", str(plan), "--procs", "1", "--batch", "20")
    database.execute("DELETE FROM parloader_batch LIMIT 1", "DELETE FROM t WHERE a = 'same' LIMIT 20")
    database.parloader("clean", "--yes", "--procs", "1")
    assert listed(database) == before
