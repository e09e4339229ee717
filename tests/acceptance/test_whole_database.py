"""--all fills every table of a database that can be filled, and --rows TABLE=N sets the rows of one table."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.servers import Database, slow_on_mysql

BIG = "BIGINT AUTO_INCREMENT PRIMARY KEY"

ONE_OF_EACH = (
    "CREATE TABLE country (code CHAR(2) PRIMARY KEY, name VARCHAR(60) NOT NULL)",
    f"CREATE TABLE tenants (id {BIG}, name VARCHAR(80) NOT NULL, created_at DATETIME NOT NULL)",
    f"""CREATE TABLE users (id {BIG}, tenant_id BIGINT NOT NULL, country CHAR(2) NOT NULL, email VARCHAR(120) NOT NULL UNIQUE,
        FOREIGN KEY (tenant_id) REFERENCES tenants (id), FOREIGN KEY (country) REFERENCES country (code))""",
    f"CREATE TABLE products (id {BIG}, name VARCHAR(100) NOT NULL, price DECIMAL(10, 2) NOT NULL, created_at DATETIME)",
    f"""CREATE TABLE orders (id {BIG}, user_id BIGINT NOT NULL, total DECIMAL(10, 2) NOT NULL, created_at DATETIME NOT NULL,
        FOREIGN KEY (user_id) REFERENCES users (id))""",
    """CREATE TABLE order_items (order_id BIGINT NOT NULL, line_no INT NOT NULL, product_id BIGINT NOT NULL, PRIMARY KEY (order_id, line_no),
        FOREIGN KEY (order_id) REFERENCES orders (id), FOREIGN KEY (product_id) REFERENCES products (id))""",
    # two tables that need each other, but one of them can wait
    f"CREATE TABLE teams (id {BIG}, lead_id BIGINT NULL)",
    f"CREATE TABLE members (id {BIG}, team_id BIGINT NOT NULL, FOREIGN KEY (team_id) REFERENCES teams (id))",
    "ALTER TABLE teams ADD FOREIGN KEY (lead_id) REFERENCES members (id)",
    # what cannot be filled, and what needs it, and what does without
    f"CREATE TABLE broken (id {BIG}, amount INT NOT NULL, CHECK (amount > 5 AND amount < 5))",
    f"CREATE TABLE needing (id {BIG}, broken_id BIGINT NOT NULL, FOREIGN KEY (broken_id) REFERENCES broken (id))",
    f"CREATE TABLE without (id {BIG}, broken_id BIGINT NULL, FOREIGN KEY (broken_id) REFERENCES broken (id))",
    # what only the server knows
    f"CREATE TABLE closed (id {BIG}, amount INT NOT NULL)",
    "CREATE TRIGGER closed_before BEFORE INSERT ON closed FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'this table is closed'",
    "CREATE VIEW shown AS SELECT * FROM orders",
    "CREATE TABLE flyway_schema_history (id INT PRIMARY KEY)",
)

FILLED = ("country", "tenants", "users", "products", "orders", "order_items", "teams", "members", "without")

UNFILLED = ["broken", "needing"]

UNFILLED_AND_REJECTED = ["broken", "closed", "needing"]


@pytest.fixture
def shop(database: Database) -> Database:
    database.execute(*ONE_OF_EACH)
    return database


def counts(database: Database, tables: tuple[str, ...] = FILLED) -> dict[str, int]:
    return {name: int(str(database.value(f"SELECT COUNT(*) FROM `{name}`"))) for name in tables}


def contents(database: Database) -> dict[str, object]:
    return {name: database.rows(f"SELECT * FROM `{name}` ORDER BY 1, 2") for name in FILLED}


def seeded(database: Database, *options: str, check: int = 1) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(database.parloader("seed", "--all", *options, "--procs", "1", "--json", check=check).stdout)
    return said


@slow_on_mysql("server")
def test_every_table_that_can_be_filled(shop: Database, tmp_path: Path) -> None:
    shop.execute(
        "INSERT INTO country VALUES ('DE', 'Germany'), ('FR', 'France')",
        "INSERT INTO users (tenant_id, country, email) SELECT 1, 'DE', 'x' FROM tenants",
    )
    file = tmp_path / "plan.toml"
    rows = ("--rows", "orders=400", "--rows", "products=30")
    planned = json.loads(shop.parloader("plan", "--all", *rows, "--rows", "closed=0", "--write", str(file), "--json", check=1).stdout)
    assert [table["table"] for table in planned["unfilled"]] == UNFILLED
    assert counts(shop) == {**dict.fromkeys(FILLED, 0), "country": 2}
    said = seeded(shop, *rows)
    assert (said["error"]["kind"], said["error"]["code"]) == ("tables_not_filled", 1)
    assert [table["table"] for table in said["unfilled"]] == UNFILLED_AND_REJECTED
    assert said["unfilled"][1]["reason"].endswith("this table is closed (error 1644)")
    assert "it needs rows of broken, which cannot be filled" in said["unfilled"][2]["reason"]
    made = counts(shop)
    assert made == {table["table"]: table["rows"] for table in planned["tables"]}
    assert (made["orders"], made["products"], made["country"]) == (400, 30, 2)
    assert made["order_items"] > 2 * made["orders"]
    assert made["orders"] > 2 * made["users"]
    assert 2 < made["tenants"] < 20
    assert set(counts(shop, ("broken", "closed", "needing", "flyway_schema_history")).values()) == {0}
    assert shop.value("SELECT COUNT(*) FROM teams WHERE lead_id IS NULL") != made["teams"]
    (run,) = json.loads(shop.parloader("status", "--json").stdout)["runs"]
    assert run["complete"]
    assert seeded(shop, *rows, check=0)["already_complete"]
    assert "with --new-run" in shop.parloader("seed", "--table", "orders", "--rows", "5", check=3).stderr
    assert "with --new-run" in shop.parloader("seed", "--all", check=3).stderr
    shop.parloader("verify", "--procs", "1")
    first = contents(shop)
    # the plan file gives the same rows
    shop.parloader("clean", "--yes")
    assert counts(shop) == {**dict.fromkeys(FILLED, 0), "country": 2}
    shop.parloader("seed", "--plan", str(file), "--procs", "1")
    assert contents(shop) == first


@pytest.mark.slow
def test_rows_are_added_every_night(shop: Database) -> None:
    seeded(shop, "--rows", "300")
    first = counts(shop)
    assert max(first.values()) == 300
    seeded(shop, "--rows", "60", "--new-run")
    added = {name: rows - first[name] for name, rows in counts(shop).items()}
    assert (added["country"], added["tenants"], max(added.values())) == (0, 0, 60)
    shop.parloader("verify", "--procs", "1")
    shop.parloader("clean", "--yes", "--run", "2")
    assert counts(shop) == first
    shop.parloader("clean", "--yes")
    assert set(counts(shop).values()) == {0}


@pytest.mark.slow
def test_a_table_is_left_out(shop: Database) -> None:
    said = seeded(
        shop, "--rows", "50", "--rows", "broken=0", "--rows", "needing=0", "--rows", "closed=0", "--rows", "order_items=0", check=0
    )
    assert (said["unfilled"], counts(shop)["order_items"]) == ([], 0)
    shop.parloader("clean", "--yes")
    said = seeded(shop, "--rows", "50", "--rows", "users=0")
    assert [table["table"] for table in said["unfilled"]] == ["broken", "closed", "needing", "order_items", "orders"]
    assert said["unfilled"][4]["reason"] == "it needs rows of users, which --rows users=0 leaves out"


MISTAKES = (
    (("--all", "--rows", "order=5"), 2, "--rows order=…: this load has no table order. Did you mean orders?"),
    (("--all", "--rows", "order=0"), 2, "--rows order=…: this load has no table order. Did you mean orders?"),
    (("--table", "orders", "--rows", "user=5"), 2, "--rows user=…: this load has no table user. Did you mean users?"),
    (("--all", "--rows", "orders=5", "--rows", "orders=6"), 2, "orders has two numbers of rows; give it one"),
    (("--all", "--rows", "orders=5", "--parents", "orders=6"), 2, "--rows and --parents both give orders a number of rows"),
    (("--all", "--rows", "orders=many"), 2, "'orders=many' is not TABLE=ROWS"),
    (("--all", "--rows", "=5"), 2, "'=5' is not TABLE=ROWS"),
    (("--table", "orders", "--rows", "orders=0"), 2, "--rows orders=0 leaves the table out, which only --all allows"),
    (("--all", "--rows", "0"), 2, "with --all, --rows 0 leaves no table to fill"),
    (("--all", "--rows", "orders=5", "--rows", "users=0"), 3, "--rows users=0 leaves the table out"),
    (("--all", "--table", "orders"), 2, "--all and --table cannot be combined"),
    (("--all", "--plan", "plan.toml"), 2, "--plan and --all cannot be combined"),
    (("--all", "--set", "span=5d"), 2, "--all and --set cannot be combined"),
    (("--all", "--rows", "country=1000000"), 3, "are too many"),
    (("--all", "--rows", "broken=5"), 3, "table broken cannot be filled"),
)


@slow_on_mysql("server")
def test_a_mistake_is_one_line(shop: Database) -> None:
    for options, code, line in MISTAKES:
        said = shop.parloader("plan", *options, check=code)
        errors = [each for each in said.stderr.splitlines() if each.startswith("error")]
        assert len(errors) == 1
        assert line in errors[0]


@slow_on_mysql("server")
def test_several_tables_with_rows_of_their_own(shop: Database) -> None:
    rows = ("--table", "orders", "--table", "products", "--rows", "40", "--rows", "products=7", "--rows", "users=9")
    shop.parloader("seed", *rows, "--procs", "1")
    assert {name: counts(shop)[name] for name in ("orders", "products", "users")} == {"orders": 40, "products": 7, "users": 9}
    assert "is already complete" in shop.parloader("seed", *rows, "--procs", "1").stdout


def test_a_database_without_tables(database: Database) -> None:
    assert "has no tables to fill" in database.parloader("seed", "--all", check=3).stderr
