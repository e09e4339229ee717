"""What seed, plan and status say about the tables, rows and runs of somebody's own database."""

import json
from pathlib import Path

import pytest
from support.servers import Database, slow_on_mysql

pytestmark = slow_on_mysql("server")

SHOP = (
    "CREATE TABLE customer (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(30))",
    "CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, customer_id INT NOT NULL, FOREIGN KEY (customer_id) REFERENCES customer (id))",
    "CREATE TABLE line (id INT AUTO_INCREMENT PRIMARY KEY, order_id INT NOT NULL, FOREIGN KEY (order_id) REFERENCES orders (id))",
)


@pytest.fixture
def shop(database: Database) -> Database:
    database.execute(*SHOP, "INSERT INTO customer (name) VALUES ('ann'), ('bob')")
    return database


def count(database: Database, table: str) -> object:
    return database.value(f"SELECT COUNT(*) FROM {table}")


def test_several_tables_are_one_run(shop: Database) -> None:
    options = ("--table", "line", "--table", "orders", "--rows", "2k", "--batch", "500", "--procs", "2")
    done = shop.parloader("seed", *options)
    assert (count(shop, "orders"), count(shop, "line"), count(shop, "customer")) == (2000, 2000, 2)
    lines = done.stdout.splitlines()
    assert lines[0].split()[:2] == ["table", "worker"]
    assert [line.split()[:2] for line in lines[1:5]] == [["orders", "0"], ["orders", "1"], ["line", "2"], ["line", "3"]]
    loaded = next(n for n, line in enumerate(lines) if line.startswith("loaded 4,000 rows in "))
    assert [line.split()[:3] for line in lines[loaded + 1 : loaded + 3]] == [["orders", "2,000", "rows"], ["line", "2,000", "rows"]]
    assert lines[loaded + 3].startswith("run 1: 2,000 rows of line, 0 violations")
    assert "created parent rows" not in done.stderr
    assert "run 1: reused existing rows: customer 2\n" in done.stderr
    assert "run 1 is already complete" in shop.parloader("seed", *options).stdout
    refused = shop.parloader("seed", "--table", "orders", "--rows", "2k", check=3).stderr
    assert "error: orders already has rows of run 1 (2,000 rows, table=line,orders)" in refused
    shop.parloader("verify", "--procs", "1")
    shop.execute(
        "DELETE FROM parloader_batch WHERE table_name = 'line' AND first_index = 500", "DELETE FROM line WHERE id BETWEEN 501 AND 1000"
    )
    run = json.loads(shop.parloader("status", "--json").stdout)["runs"][0]
    assert run["resume"] == "parloader seed --table line --table orders --rows 2000"
    again = json.loads(shop.parloader(*run["resume"].split()[1:], "--procs", "1", "--json").stdout)
    assert (again["rows"], [(t["table"], t["rows"]) for t in again["tables"]]) == (500, [("line", 500)])
    shop.parloader("verify", "--procs", "1")
    shop.parloader("clean", "--yes", "--procs", "1")
    assert (count(shop, "orders"), count(shop, "line"), count(shop, "customer")) == (0, 0, 2)


def test_plan_shows_how_many_rows_a_table_has(shop: Database) -> None:
    shop.execute("INSERT INTO orders (customer_id) VALUES (1), (1), (2)")
    forecast = shop.parloader("plan", "--table", "orders", "--table", "customer", "--rows", "10")
    rows = {line.split()[0]: line.split()[1:5] for line in forecast.stdout.splitlines() if line.startswith(("orders ", "customer "))}
    assert rows == {"orders": ["3", "10", "0", "10"], "customer": ["2", "10", "0", "10"]}
    tables = json.loads(shop.parloader("plan", "--table", "orders", "--rows", "10", "--json").stdout)["tables"]
    assert [(t["table"], t["existing"], t["existing_exact"], t["used"], t["made"]) for t in tables] == [
        ("customer", 2, True, 2, 0),
        ("orders", 3, True, 0, 10),
    ]


def test_no_rows_are_no_run(shop: Database) -> None:
    before = shop.rows("SHOW TABLES")
    done = shop.parloader("seed", "--table", "orders", "--rows", "0")
    assert done.stdout == "nothing to load: 0 rows were requested, so no run was begun\n"
    assert json.loads(shop.parloader("seed", "--table", "orders", "--rows", "0", "--json").stdout)["run_id"] is None
    assert "no runs in" in shop.parloader("status").stdout
    assert shop.rows("SHOW TABLES") == before


def test_a_seed_without_a_table_names_the_tables_that_exist(shop: Database) -> None:
    shop.execute(*(f"CREATE TABLE t{n} (id INT PRIMARY KEY)" for n in range(4)), "CREATE VIEW a_view AS SELECT 1")
    for command in ("seed", "plan"):
        refused = shop.parloader(command, check=3).stderr
        assert refused == (
            f"error: there is no table script_execution, which the built-in example fills; the database {shop.target.database} has 7 tables: "
            "customer, line, orders, t0, t1 and 2 more. Name the table to fill, for example: parloader seed --table customer. "
            "Or use an empty database, in which parloader creates the example's tables\n"
        )
    missing = shop.parloader("seed", "--table", "order", check=3).stderr
    assert missing == (
        f"error: there is no table order; the database {shop.target.database} has 7 tables: customer, line, orders, t0, t1 and 2 more. "
        "Did you mean orders? Correct the name\n"
    )
    joined = shop.parloader("seed", "--table", "orders,line", "--rows", "5", check=3).stderr
    assert joined == "error: there is no table orders,line. Repeat the option: --table orders --table line\n"
    nothing = shop.parloader("verify", check=3).stderr
    assert nothing == f"error: there is no run to verify in {shop.target}. Load a table first: parloader seed --table NAME\n"
    for command in ("pause", "resume"):
        assert f"so there is nothing to {command}. parloader seed creates the ledger" in shop.parloader(command, check=3).stderr


@pytest.mark.parametrize("complete", [True, False])
def test_a_plan_file_that_has_changed_is_said(shop: Database, tmp_path: Path, complete: bool) -> None:
    file = tmp_path / "plan.toml"
    shop.parloader("plan", "--table", "orders", "--rows", "20", "--write", str(file))
    text = file.read_text()
    shop.parloader("seed", "--plan", str(file), "--procs", "1")
    if not complete:
        shop.execute("DELETE FROM parloader_batch WHERE table_name = 'orders'", "DELETE FROM orders")
    with_other_rows = shop.parloader("seed", "--plan", str(file), "--rows", "30", check=3).stderr
    assert f"orders already has rows of run 1 (20 rows, plan {file}). " in with_other_rows
    assert "changed" not in with_other_rows
    file.write_text(text + '\n[[count]]\nname = "with customer"\ncolumn = "customer_id"\n')
    refused = shop.parloader("seed", "--plan", str(file), check=3).stderr
    assert "error: orders already has rows of run 1 (20 rows), " in refused
    assert f", and the plan {file} has changed since that run began. Delete that run (parloader clean --run 1), or " in refused
    assert ("--new-run" in refused) is complete
    assert ("restore the old text" in refused) is not complete


def test_a_check_that_fails_is_one_json_object_with_its_result(shop: Database) -> None:
    shop.parloader("seed", "--table", "orders", "--rows", "10", "--procs", "1", "-q")
    shop.execute("UPDATE orders SET customer_id = 3 - customer_id WHERE id = 5")
    found = json.loads(shop.parloader("verify", "--procs", "1", "--json", check=1).stdout)
    assert (found["error"]["code"], found["error"]["kind"], found["runs"][0]["different"]) == (1, "verify_failed", 1)
    checked = json.loads(shop.parloader("schema", "check", "--json", check=3).stdout)
    assert (checked["error"]["kind"], checked["error"]["message"], checked["state"]) == (
        "schema_mismatch",
        "the schema does not fit the built-in example script_execution (7 differences)",
        "other",
    )
    refused = shop.parloader("schema", "upgrade", check=3).stderr
    assert "there are no tables robot_account, outgoing_event, " in refused
    assert (
        json.loads(shop.parloader("seed", "--table", "orders", "--rows", "11", "--json", check=3).stdout)["error"]["kind"] == "another_run"
    )
