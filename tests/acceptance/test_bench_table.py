"""bench measures copies of the user's own tables, and touches nothing else."""

import json
from pathlib import Path

import pytest
from support.pages import read_page
from support.servers import Database, slow_on_mysql

SMALL = ("bench", "--rows", "300", "--rounds", "1", "--procs", "2", "--batch", "100")

SHOP = (
    "CREATE TABLE users (id BIGINT AUTO_INCREMENT PRIMARY KEY, email VARCHAR(60) NOT NULL UNIQUE)",
    "CREATE TABLE product (code CHAR(6) NOT NULL PRIMARY KEY, price DECIMAL(6, 2) NOT NULL CHECK (price > 0))",
    """CREATE TABLE orders (id BIGINT AUTO_INCREMENT PRIMARY KEY, user_id BIGINT NOT NULL, code CHAR(6) NOT NULL, previous_id BIGINT NULL,
        total DECIMAL(10, 2) NOT NULL, flags BIT(5) NOT NULL, net DECIMAL(12, 2) AS (total * 2), note JSON NULL,
        FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE, FOREIGN KEY (code) REFERENCES product (code),
        FOREIGN KEY (previous_id) REFERENCES orders (id), CHECK (total >= 0))""",
    "CREATE TABLE log (at DATETIME NOT NULL, what VARCHAR(20) NOT NULL)",
    "CREATE TRIGGER of_orders AFTER INSERT ON orders FOR EACH ROW INSERT INTO log VALUES (NOW(), 'order')",
    "INSERT INTO users VALUES (7, 'me@example.org')",
    "INSERT INTO product VALUES ('mine', 3)",
    "INSERT INTO orders (id, user_id, code, total, flags) VALUES (100, 7, 'mine', 5, b'1')",
)

TABLES = ("users", "product", "orders", "log")


def state(database: Database) -> object:
    """Everything that a bench must leave as it was."""
    definitions = [database.rows(f"SHOW CREATE TABLE {table}") for table in TABLES]
    return database.rows("SHOW TABLES"), definitions, database.rows(f"CHECKSUM TABLE {', '.join(TABLES)}")


def test_a_table_with_parents_rows_and_a_trigger(database: Database, tmp_path: Path) -> None:
    database.execute(*SHOP)
    before, file = state(database), tmp_path / "bench.html"
    done = database.parloader(*SMALL, "--table", "orders", "--json", "--report", str(file))
    said = json.loads(done.stdout)
    assert state(database) == before
    assert (said["table"], said["rows"]) == ("orders", 300)
    assert {(point["writer"], point["procs"]) for point in said["points"]} == {("insert", 2), ("load-data", 2)}
    assert {floor["writer"] for floor in said["floor"]} == {"insert-select", "ready-files"}
    assert said["command"].startswith("parloader seed --table orders --procs 2 --batch 100 --writer ")
    assert said["notes"][:3] == [
        "orders is measured on a copy with its columns, indexes, CHECKs and foreign keys",
        "the foreign keys reference copies of product, users, which are filled before and have no foreign keys of their own",
        "orders: its triggers (of_orders) are not copied, so the time they take is missing",
    ]
    page = read_page(file)
    assert page.marks_of("point") == len(said["points"]) + len(said["floor"])
    assert page.numbers("Figures of the combinations", "rows/s") == [p["rows_per_second"] for p in (*said["points"], *said["floor"])]
    limit = max(floor["rows_per_second"] for floor in said["floor"])
    assert page.facts["server limit"] == f"{limit:,} rows/s"
    assert page.command.startswith("parloader bench --table orders")


@slow_on_mysql("server")
def test_a_plan_file_has_the_rows_of_the_bench(database: Database, tmp_path: Path) -> None:
    database.execute(*SHOP)
    file = tmp_path / "my plan.toml"
    database.parloader("plan", "--table", "orders", "--rows", "50", "--write", str(file))
    before = state(database)
    said = json.loads(database.parloader(*SMALL, "--writer", "insert", "--plan", str(file), "--json").stdout)
    assert state(database) == before
    assert (said["table"], said["rows"]) == ("orders", 300)
    assert said["command"].startswith(f"parloader seed --plan '{file}' --procs 2")
    file.write_text(file.read_text(encoding="utf-8") + "\nunknown = 1\n", encoding="utf-8")
    assert str(file) in database.parloader(*SMALL, "--plan", str(file), check=2).stderr


@pytest.mark.parametrize(
    "table",
    [
        "(code CHAR(8) NOT NULL PRIMARY KEY, at DATETIME NOT NULL)",
        "(a INT NOT NULL, b INT NOT NULL, name VARCHAR(30) NOT NULL, PRIMARY KEY (a, b))",
        "(at DATETIME NOT NULL, name VARCHAR(30) NOT NULL)",
        "(id BINARY(16) NOT NULL PRIMARY KEY, parent BINARY(16) NULL, FOREIGN KEY (parent) REFERENCES t (id))",
        "(id INT AUTO_INCREMENT PRIMARY KEY, body TEXT NOT NULL, FULLTEXT (body))",
        "(id INT NOT NULL, year INT NOT NULL, PRIMARY KEY (id, year)) PARTITION BY HASH (year) PARTITIONS 4",
    ],
    ids=["text key", "two columns", "no key", "references itself", "fulltext", "partitions"],
)
@pytest.mark.slow
def test_tables_of_every_kind(database: Database, table: str) -> None:
    database.execute(f"CREATE TABLE t {table}")
    said = json.loads(database.parloader(*SMALL, "--table", "t", "--json").stdout)
    assert (said["table"], said["rows"]) == ("t", 300)
    assert [name for (name,) in database.rows("SHOW TABLES")] == ["t"]


@slow_on_mysql("server")
def test_what_cannot_be_measured(database: Database) -> None:
    database.execute(*SHOP, "CREATE TABLE tiny (id TINYINT UNSIGNED PRIMARY KEY)", "CREATE TABLE odd (n INT NOT NULL, CHECK (SIN(n) > 2))")
    for table, said in (
        ("nothing", "there is no table nothing"),
        ("tiny", "tiny"),
        ("odd", "odd"),
    ):
        stderr = database.parloader(*SMALL, "--table", table, check=None).stderr
        error = stderr.splitlines()[-1]
        assert error.startswith("error: ")
        assert said in error
        assert "parloader_bench" not in error
    assert "there is no table script_execution, which bench measures if none is named" in database.parloader(*SMALL, check=3).stderr
    assert "cannot be combined" in database.parloader(*SMALL, "--table", "orders", "--plan", "x.toml", check=2).stderr
    assert not [name for (name,) in database.rows("SHOW TABLES") if str(name).startswith("parloader")]
