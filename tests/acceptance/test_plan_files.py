"""Plan files and plans in Python: written, edited, loaded; what the file says is what the server holds."""

import json
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.plan_kinds import BY_KEY, BY_VALUES, ONE_FOR_ONE, Kind, committed, counts, rows_of, state
from support.servers import Database, running, slow_on_mysql, until

SLOW = pytest.mark.slow

TABLES = (
    """CREATE TABLE customer (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, email VARCHAR(60) NOT NULL UNIQUE, city VARCHAR(60) NULL,
        since DATE NOT NULL)""",
    "CREATE TABLE product (code CHAR(6) NOT NULL PRIMARY KEY, price DECIMAL(6, 2) NOT NULL)",
    """CREATE TABLE orders (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, customer_id INT UNSIGNED NOT NULL,
        status VARCHAR(10) NOT NULL, created_at DATETIME NOT NULL, sent_at DATETIME NULL, label VARCHAR(30) NOT NULL, number INT NOT NULL,
        note VARCHAR(20) NULL, FOREIGN KEY (customer_id) REFERENCES customer (id))""",
    """CREATE TABLE order_item (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, order_id BIGINT UNSIGNED NOT NULL,
        product_code CHAR(6) NOT NULL, quantity INT NOT NULL,
        FOREIGN KEY (order_id) REFERENCES orders (id), FOREIGN KEY (product_code) REFERENCES product (code))""",
)

PLAN = """
plan = "shop"
seed = 7

[table.customer]
rows = 400
key = "id"

[table.customer.column]
city = { provider = "city", null_share = 0.25 }

[table.product]
rows = 20
identity = ["code"]

[table.product.column]
code = { template = "P-{i:04}" }
price = { uniform = ["0.50", "99.99"] }

[table.orders]
rows = 1_000
partitioned = true

[table.orders.column]
status = { choice = ["new", "paid", "sent"], weights = [1, 3, 6] }
created_at = { spread = "2024-01-01T00:00:00Z", span = "365d" }
sent_at = { when = "status = 'sent'", then = { after = "created_at", least = 60, most = 86_400 } }
label = { template = "{i:04}-{status}" }
number = { expr = "i * 2 + 1" }
note = { when = "i % 10 = 0", then = { const = "tenth" }, else = { choice = ["a", "b"] } }

[table.order_item]
rows = 2_000

[table.order_item.column]
order_id = { pick = "orders.id", distribution = "cycle", every = 2 }
quantity = { cycle = [1, 2, 3] }

[[count]]
name = "with a product"
column = "product_code"
"""

# What the plan says, as a question that is answered by the rows that do otherwise
NONE_OF = (
    "orders WHERE label <> CONCAT(LPAD(id - 1, 4, '0'), '-', status)",
    "orders WHERE number <> (id - 1) * 2 + 1",
    "orders WHERE (status = 'sent') <> (sent_at IS NOT NULL)",
    "orders WHERE sent_at NOT BETWEEN created_at + INTERVAL 60 SECOND AND created_at + INTERVAL 86400 SECOND",
    "orders WHERE (MOD(id - 1, 10) = 0) <> (note = 'tenth')",
    "orders WHERE note NOT IN ('tenth', 'a', 'b') OR note IS NULL",
    "orders WHERE YEAR(created_at) <> 2024",
    "order_item WHERE order_id <> (id - 1) DIV 2 + 1",
    "order_item WHERE quantity <> MOD(id - 1, 3) + 1",
    "product WHERE code NOT BETWEEN 'P-0000' AND 'P-0019' OR price NOT BETWEEN 0.50 AND 99.99",
)


@pytest.fixture
def shop(database: Database) -> Database:
    """The tables, and the plan in shop.toml."""
    database.execute(*TABLES)
    (database.folder / "shop.toml").write_text(PLAN)
    return database


def plan_of(database: Database) -> tuple[str, ...]:
    return ("seed", "--plan", str(database.folder / "shop.toml"), "--procs", "2", "--batch", "300")


@pytest.mark.parametrize(
    "kind", [pytest.param(BY_KEY, marks=SLOW), BY_VALUES, pytest.param(ONE_FOR_ONE, marks=SLOW)], ids=lambda kind: str(kind.schema)
)
@pytest.mark.parametrize("there", [pytest.param(False, marks=SLOW), True], ids=["empty", "lived in"])
def test_what_is_written_gives_the_same_rows(database: Database, kind: Kind, there: bool) -> None:
    kind.create_tables(database)
    database.execute(*(kind.other_rows if there else ()))
    file = str(database.folder / "written.toml")
    table = ("--table", kind.target, "--rows", "500")
    database.parloader("seed", *table, "--procs", "1")
    rows = rows_of(database, kind.tables)
    database.parloader("clean", "--yes", "--procs", "1")
    before = state(database)
    said = database.parloader("plan", *table, "--write", file).stderr
    assert f"parloader seed --plan {file}" in said
    database.parloader("seed", "--plan", file, "--procs", "1")
    again = rows_of(database, kind.tables)
    assert again == rows
    database.parloader("clean", "--yes", "--procs", "1")
    after = state(database)
    assert after == before


def test_the_server_holds_what_the_file_says(shop: Database) -> None:
    before = state(shop)
    said = json.loads(shop.parloader(*plan_of(shop), "--json").stdout)
    assert (said["rows"], said["counts"]["total"], said["counts"]["with a product"]) == (3000, 2000, 2000)
    assert counts(shop, ("customer", "product", "orders", "order_item")) == [400, 20, 1000, 2000]
    assert {rows: shop.value(f"SELECT COUNT(*) FROM {rows}") for rows in NONE_OF} == dict.fromkeys(NONE_OF, 0)
    statuses = {str(status): int(str(count)) for status, count in shop.rows("SELECT status, COUNT(*) FROM orders GROUP BY status")}
    assert 60 < statuses["new"] < 140
    assert 240 < statuses["paid"] < 360
    assert 540 < statuses["sent"] < 660
    assert 60 < int(str(shop.value("SELECT COUNT(*) FROM customer WHERE city IS NULL"))) < 140
    assert shop.value("SELECT COUNT(DISTINCT customer_id) FROM orders") == 400
    # both big tables are loaded by workers, batch by batch
    assert int(str(shop.value("SELECT COUNT(*) FROM parloader_batch WHERE table_name = 'orders'"))) > 2
    shop.parloader("verify", "--procs", "1")
    shop.parloader("clean", "--yes", "--procs", "1")
    after = state(shop)
    assert after == before


def test_a_killed_run_goes_on_and_a_changed_file_is_another_plan(shop: Database) -> None:
    command = plan_of(shop)
    with running(shop, *command, "--max-rate", "400") as killed:
        until(lambda: committed(shop, "orders"), "a batch is committed")
        killed.process.kill()
        assert killed.ended() == -signal.SIGKILL
    assert committed(shop, "orders") < 1000
    shop.parloader(*command)
    shop.parloader("verify", "--procs", "1")
    assert counts(shop, ("orders", "order_item")) == [1000, 2000]
    file = shop.folder / "shop.toml"
    moved = file.rename(shop.folder / "moved.toml")
    assert "is already complete" in shop.parloader("seed", "--plan", str(moved)).stdout
    file.write_text(PLAN.replace("weights = [1, 3, 6]", "weights = [6, 3, 1]"))
    for other in (command, ("seed", "--plan", str(moved), "--seed", "8"), ("seed", "--plan", str(moved), "--rows", "1999")):
        said = shop.parloader(*other, check=3).stderr
        assert "already has rows of run 1" in said
        assert "--new-run" in said
    assert "is already complete" in shop.parloader("seed", "--plan", str(moved), "--seed", "7", "--rows", "2000").stdout


@pytest.fixture
def module(shop: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The plan in Python, in the current folder."""
    monkeypatch.chdir(shop.folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    sys.modules.pop("shop_plan", None)  # of another test
    file = shop.folder / "shop_plan.py"
    file.write_text(
        """
from parloader import Choice, Const, Pick, Plan, Table, When

def shop(rows=700):
    columns = {"status": Choice(values=("x", "y")), "note": When(condition="status = 'x'", then=Const(value="is x"))}
    return Plan(name="shop", parameters={}, tables=(Table(name="orders", rows=rows, columns=columns),))

SHOP = shop(300)
"""
    )
    yield file
    sys.modules.pop("shop_plan", None)


@slow_on_mysql("server")
def test_a_plan_in_python(shop: Database, module: Path) -> None:
    before = state(shop)
    shop.parloader("seed", "--plan", "shop_plan:shop", "--procs", "2", "--batch", "200")
    assert counts(shop, ("orders",)) == [700]
    assert shop.value("SELECT COUNT(*) FROM orders WHERE (status = 'x') <> (note IS NOT NULL AND note = 'is x')") == 0
    assert shop.value("SELECT COUNT(DISTINCT status) FROM orders") == 2
    shop.parloader("verify", "--procs", "1")
    assert "is already complete" in shop.parloader("seed", "--plan", "shop_plan:shop").stdout
    assert "already has rows of run 1" in shop.parloader("seed", "--plan", "shop_plan:SHOP", check=3).stderr
    shop.parloader("clean", "--yes", "--procs", "1")
    after = state(shop)
    assert after == before


@slow_on_mysql("server")
def test_a_sample_is_shown_and_nothing_is_written(shop: Database) -> None:
    before = state(shop)
    options = ("plan", "--plan", str(shop.folder / "shop.toml"), "--sample", "10")
    text = shop.parloader(*options).stdout
    assert re.search(r"^orders:\n +id +(?:\w+ +)+label .*\n +1 +.* 0000-\w+ ", text, re.MULTILINE)
    assert len(re.findall(r" 000\d-(?:new|paid|sent)\b", text)) == 10
    tables = {table["table"]: table for table in json.loads(shop.parloader(*options, "--json").stdout)["tables"]}
    assert [len(tables[name]["sample"]) for name in ("orders", "order_item")] == [10, 10]
    assert [row["number"] for row in tables["orders"]["sample"]] == list(range(1, 20, 2))
    after = state(shop)
    assert after == before
    shop.parloader(*plan_of(shop))
    made = shop.rows("SELECT label, CAST(sent_at AS CHAR), note FROM orders ORDER BY id LIMIT 10")
    assert [(row["label"], row["sent_at"], row["note"]) for row in tables["orders"]["sample"]] == list(made)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("seed", "--plan", "shop.toml", "--table", "orders"), "--plan and --table cannot be combined"),
        (("seed", "--plan", "shop.toml", "--set", "span=1d"), "--plan and --set cannot be combined"),
        (("seed", "--table", "orders", "--set", "span=1d"), "--table and --set cannot be combined"),
        (("plan", "--plan", "nowhere.toml"), "nowhere.toml cannot be read"),
        (("plan", "--table", "orders", "--write", "shop.toml"), "shop.toml already exists"),
        (("plan", "--table", "orders", "--write", "nowhere/new.toml"), "nowhere for new.toml; create it, or choose another one"),
        (("seed", "--plan", "no_toml.toml"), "no_toml.toml, line 2, column 8: "),
        (("seed", "--plan", "no_plan.toml"), "no_plan.toml, line 24: table orders, column status: `weights` has 2 numbers for 3 values"),
        (("seed", "--plan", "no_module:plan"), 'no Python module "no_module"'),
        (("seed", "--table", "orders", "--parents", "nobody=5"), "--rows nobody=…: this load has no table nobody"),
    ],
)
@slow_on_mysql("server")
def test_what_is_wrong_is_said_in_a_line(shop: Database, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], says: str) -> None:
    monkeypatch.chdir(shop.folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    Path("no_toml.toml").write_text('plan = "shop"\nseed = seven\n')
    Path("no_plan.toml").write_text(PLAN.lstrip().replace("[1, 3, 6]", "[1, 3]"))
    before = state(shop)
    (line,) = shop.parloader(*options, check=2).stderr.splitlines()
    assert line.startswith("error: ")
    assert says in line
    after = state(shop)
    assert after == before


RULES = """
[[rule]]
name = "the same customer"
column = "order_id"
same_through = "order_id"
parent_column = "idd"
"""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            PLAN.replace('column = "product_code"', 'column = "product_cod"'),
            "count 1: `column` names order_item.product_cod, which does not exist. Did you mean product_code?",
        ),
        (PLAN + RULES, "rule 1: `parent_column` names orders.idd, which does not exist. Did you mean id?"),
    ],
    ids=["count", "rule"],
)
@slow_on_mysql("server")
def test_a_count_or_rule_of_a_column_that_does_not_exist_is_refused_before_the_load(shop: Database, text: str, says: str) -> None:
    file = shop.folder / "wrong.toml"
    file.write_text(text)
    before = state(shop)
    for command in ("plan", "seed"):
        assert says in shop.parloader(command, "--plan", str(file), check=2).stderr
    assert state(shop) == before


@slow_on_mysql("server")
def test_how_many_parents_is_said(shop: Database) -> None:
    shop.parloader("seed", "--table", "orders", "--rows", "200", "--parents", "customer=33", "--procs", "1")
    assert counts(shop, ("customer", "orders")) == [33, 200]
    assert 22 < int(str(shop.value("SELECT COUNT(DISTINCT customer_id) FROM orders"))) < 33  # some have no order
    assert "parloader clean --run 1" in shop.parloader("seed", "--table", "orders", "--rows", "200", check=3).stderr
    assert "is already complete" in shop.parloader("seed", "--table", "orders", "--rows", "200", "--parents", "customer=33").stdout
