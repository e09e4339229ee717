"""clean and verify of some runs, and the tables that clean keeps."""

import json

import pytest
from support.servers import Database, everything, slow_on_mysql

pytestmark = slow_on_mysql("server")

EXAMPLE = ("seed", "--rows", "100", "--procs", "1")

CUSTOMER = "CREATE TABLE customer (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL) ENGINE=InnoDB"

ORDERS = (
    "CREATE TABLE orders (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, customer_id INT UNSIGNED NOT NULL, note VARCHAR(40) NOT NULL, "
    "FOREIGN KEY (customer_id) REFERENCES customer (id)) ENGINE=InnoDB"
)

COUPON = "CREATE TABLE coupon (code VARCHAR(20) NOT NULL PRIMARY KEY, worth INT NOT NULL) ENGINE=InnoDB"


def count(database: Database, table: str) -> object:
    return database.value(f"SELECT COUNT(*) FROM {table}")


def test_one_run_of_two_that_share_parents(database: Database) -> None:
    """The second run uses the customers that the first one created: the first run cannot go alone, the second one can."""
    database.execute(CUSTOMER, ORDERS)
    orders = ("--table", "orders", "--procs", "1")
    database.parloader("seed", *orders, "--rows", "300")
    database.parloader("seed", *orders, "--rows", "200", "--new-run")
    both = everything(database)
    for how in ("--dry-run", "--yes"):
        said = database.parloader("clean", "--run", "1", how, check=3).stderr.splitlines()[-1]
        assert "run 2 needs rows of customer that run 1 created: rows of orders reference them" in said
        assert said.endswith(". Clean these runs together: parloader clean --run 1 --run 2; nothing was deleted")
    assert everything(database) == both
    result = json.loads(database.parloader("clean", "--run", "2", "--dry-run", "--json").stdout)
    assert (result["runs"], result["kept_runs"], result["tables"]) == ([2], [1], {"orders": 200})
    said = database.parloader("clean", "--run", "2", "--yes").stdout
    assert "run 2: deleted 200 rows in total\nkept run 1" in said
    assert (count(database, "orders"), count(database, "parloader_run")) == (300, 1)
    database.parloader("verify")
    database.parloader("seed", *orders, "--rows", "200", "--new-run")
    database.parloader("verify")
    database.parloader("seed", *orders, "--rows", "100", "--new-run")
    said = database.parloader("clean", "--run", "1", "--dry-run", check=3).stderr
    assert "runs 3, 4 need rows of customer that run 1 created: rows of orders reference them" in said
    database.execute("INSERT INTO orders (customer_id, note) SELECT MIN(id), 'mine' FROM customer")
    said = database.parloader("clean", "--run", "1", "--dry-run", check=3).stderr
    assert "rows of orders that parloader did not create reference rows of customer that parloader created: id 601." in said
    assert "--with-trigger-rows" not in said
    database.execute("DELETE FROM orders WHERE note = 'mine'")
    database.parloader("clean", "--run", "4", "--yes")
    database.parloader("clean", "--run", "3", "--run", "1", "--yes")
    assert (count(database, "orders"), count(database, "customer")) == (0, 0)
    assert database.rows("SHOW TABLES") == (("customer",), ("orders",))


def test_runs_of_tables_without_references(database: Database) -> None:
    database.execute(CUSTOMER, COUPON)
    database.parloader("seed", "--table", "customer", "--rows", "50", "--procs", "1")
    database.parloader("seed", "--table", "coupon", "--rows", "60", "--procs", "1")
    database.parloader("seed", "--table", "coupon", "--rows", "70", "--procs", "1", "--new-run")
    database.parloader("clean", "--run", "2", "--yes")
    database.parloader("verify")
    assert (count(database, "customer"), count(database, "coupon")) == (50, 70)
    database.parloader("clean", "--run", "1", "--yes")
    assert (count(database, "customer"), count(database, "coupon")) == (0, 70)


def test_a_row_that_two_runs_claim(database: Database) -> None:
    """The second run creates again what somebody deleted of the first one's: to delete one run would delete rows of the other."""
    database.execute(COUPON)
    database.parloader("seed", "--table", "coupon", "--rows", "100", "--procs", "1")
    database.execute("DELETE FROM coupon ORDER BY code DESC LIMIT 10")
    database.parloader("seed", "--table", "coupon", "--rows", "100", "--procs", "1", "--new-run")
    for run in ("1", "2"):
        said = database.parloader("clean", "--run", run, "--yes", check=3).stderr
        assert "have rows of coupon with the same keys, so neither can be deleted alone" in said
        assert f"Clean both runs: parloader clean --run {run} --run {3 - int(run)}; nothing was deleted" in said
    database.parloader("clean", "--yes", "--edited-too")
    assert count(database, "coupon") == 0


def test_a_run_that_does_not_exist(database: Database) -> None:
    database.execute(CUSTOMER)
    database.parloader("seed", "--table", "customer", "--rows", "5", "--procs", "1")
    for command in (("clean", "--dry-run"), ("clean", "--yes"), ("verify",)):
        assert "the ledger has no run 7; it has 1" in database.parloader(*command, "--run", "7", check=3).stderr
    assert count(database, "customer") == 5


def test_verify_of_one_run_and_of_one_table(database: Database) -> None:
    database.execute(CUSTOMER, ORDERS)
    orders = ("--table", "orders", "--procs", "1")
    database.parloader("seed", *orders, "--rows", "300")
    customers = int(str(database.value("SELECT COUNT(*) FROM customer")))
    database.parloader("seed", *orders, "--rows", "200", "--new-run")
    database.execute("UPDATE orders SET note = 'mine' WHERE id <= 250", "UPDATE customer SET name = 'mine' WHERE id = 1")
    assert (
        "the runs to verify have no table coupon, only customer, orders"
        in database.parloader("verify", "--table", "coupon", check=3).stderr
    )
    database.parloader("verify", "--run", "2")
    found = json.loads(database.parloader("verify", "--run", "1", "--json", check=1).stdout)
    (run,) = found["runs"]
    assert (run["run_id"], run["checked"], run["different_by_table"]) == (1, 300 + customers, {"customer": 1, "orders": 250})
    assert (len(found["differences"]), found["differences_not_shown"]) == (11, 240)
    said = database.parloader("verify", "--table", "orders", check=1).stdout
    assert "different: 240 more rows of orders, not listed here" in said
    assert "customer key" not in said
    assert "rows of customer" not in said
    database.execute("INSERT INTO orders (customer_id, note) SELECT 1, note FROM orders LIMIT 25", "UPDATE customer SET name = 'mine'")
    found = json.loads(database.parloader("verify", "--table", "customer", "--json", check=1).stdout)
    assert [run["different_by_table"] for run in found["runs"]] == [{"customer": customers}, {}]
    assert found["extra"] == 0
    found = json.loads(database.parloader("verify", "--run", "2", "--json", check=1).stdout)
    assert (found["extra_by_table"], found["differences_not_shown"]) == ({"orders": 25}, 15)


def test_columns_that_verify_did_not_compare(database: Database) -> None:
    database.execute(
        CUSTOMER.replace("name VARCHAR(40) NOT NULL", "name VARCHAR(40) NOT NULL, word VARCHAR(40) NOT NULL"),
        "CREATE TRIGGER lower_case BEFORE INSERT ON customer FOR EACH ROW SET NEW.word = 'changed'",
    )
    database.parloader("seed", "--table", "customer", "--rows", "20", "--procs", "1")
    lines = database.parloader("verify").stdout.splitlines()
    assert lines[-2:] == [
        "not compared, because a trigger changes them: customer.word",
        "ok: every generated row is as the plan defines it, apart from the columns not compared",
    ]
    (run,) = json.loads(database.parloader("verify", "--json").stdout)["runs"]
    assert run["not_compared"] == {"customer": ["word"]}


@pytest.mark.parametrize(
    ("create", "why", "remove"),
    [
        (
            "CREATE TABLE mine (id BIGINT UNSIGNED PRIMARY KEY, FOREIGN KEY (id) REFERENCES task_schedule (id))",
            "mine references task_schedule (id)",
            "DROP TABLE mine",
        ),
        (
            "INSERT INTO robot_account (id, username) VALUES (999, 'mine')",
            "robot_account has rows that parloader did not create",
            "DELETE FROM robot_account",
        ),
    ],
    ids=["a reference", "rows"],
)
def test_tables_that_seed_created_and_clean_keeps(database: Database, create: str, why: str, remove: str) -> None:
    database.parloader(*EXAMPLE)
    database.execute(create)
    said = database.parloader("clean", "--yes").stdout
    assert f"kept the tables that parloader had created, because {why}: script_execution, " in said
    assert "to drop them later, remove the cause and run parloader clean again" in said
    result = json.loads(database.parloader("clean", "--yes", "--json").stdout)
    assert (result["dropped"], result["why_kept"], len(result["kept_tables"])) == ([], why, 7)
    database.execute(remove)
    assert "dropped the tables that parloader had created: " in database.parloader("clean", "--yes").stdout
    assert database.rows("SHOW TABLES") == ()
