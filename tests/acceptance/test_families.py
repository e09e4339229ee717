"""A shop whose rows agree across tables: children of a parent lie together and are numbered, sums and shares add up to the last cent."""

import signal

import pytest
from support.plan_kinds import committed, counts, rows_of, state
from support.servers import Database, running, slow_on_mysql, until

TABLES = (
    """CREATE TABLE customers (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(60) NOT NULL, city VARCHAR(60) NULL,
        orders_total DECIMAL(12, 2) NULL, orders_count INT NULL, last_order_at DATETIME NULL)""",
    "CREATE TABLE products (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, price DECIMAL(8, 2) NOT NULL)",
    """CREATE TABLE orders (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, customer_id INT NOT NULL, created_at DATETIME NOT NULL,
        subtotal DECIMAL(12, 2) NOT NULL, shipping DECIMAL(8, 2) NOT NULL, total DECIMAL(12, 2) NOT NULL, CHECK (total = subtotal + shipping),
        FOREIGN KEY (customer_id) REFERENCES customers (id))""",
    """CREATE TABLE order_items (order_id BIGINT NOT NULL, line_no SMALLINT NOT NULL, product_id INT NOT NULL, unit_price DECIMAL(8, 2) NOT NULL,
        quantity INT NOT NULL, added_at DATETIME NOT NULL, PRIMARY KEY (order_id, line_no), FOREIGN KEY (order_id) REFERENCES orders (id),
        FOREIGN KEY (product_id) REFERENCES products (id))""",
    """CREATE TABLE payments (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, order_id BIGINT NOT NULL, amount DECIMAL(12, 2) NOT NULL,
        FOREIGN KEY (order_id) REFERENCES orders (id))""",
)

PLAN = """
plan = "shop"
seed = 3

[table.customers]
rows = 60

[table.customers.column]
_loyalty = { choice = [0, 1, 2, 5], weights = [2, 5, 3, 1] }
orders_total = { sum_of = "orders.total" }
orders_count = { count_of = "orders.id" }
last_order_at = { max_of = "orders.created_at" }

[table.products]
rows = 50

[table.products.column]
price = { uniform = ["0.50", "99.99"] }

[table.orders.column]
customer_id = { child_of = "customers.id", count = { expr = "_loyalty" } }
created_at = { spread = "2024-01-01", span = "365d" }
shipping = { choice = ["0.00", "4.90"] }
subtotal = { sum_of = "order_items._amount" }
total = { expr = "subtotal + shipping" }

[table.order_items.column]
order_id = { child_of = "orders.id", count = { choice = [0, 1, 2, 3, 8], weights = [5, 40, 30, 20, 5] }, group = "order" }
line_no = { number_in = "order_id" }
product_id = { pick = "products.id", group = "product", distribution = "uniform" }
unit_price = { pick = "products.price", group = "product", distribution = "uniform" }
quantity = { choice = [1, 2, 3], weights = [7, 2, 1] }
_amount = { expr = "quantity * unit_price" }
_ordered_at = { pick = "orders.created_at", group = "order" }
added_at = { after = "_ordered_at", least = 1, most = 3600 }

[table.payments.column]
order_id = { child_of = "orders.id", count = { choice = [1, 2, 3], weights = [8, 1, 1] } }
amount = { share_of = "orders.total" }
"""

# What the plan says, as a question that is answered by the rows that do otherwise
NONE_OF = (
    "orders o WHERE subtotal <> (SELECT COALESCE(SUM(quantity * unit_price), 0) FROM order_items i WHERE i.order_id = o.id)",
    "orders o WHERE total <> (SELECT SUM(amount) FROM payments p WHERE p.order_id = o.id)",
    """customers c WHERE orders_count > 0 AND (orders_total <> (SELECT SUM(total) FROM orders o WHERE o.customer_id = c.id)
        OR orders_count <> (SELECT COUNT(*) FROM orders o WHERE o.customer_id = c.id)
        OR last_order_at <> (SELECT MAX(created_at) FROM orders o WHERE o.customer_id = c.id))""",
    "customers c WHERE orders_count = 0 AND EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id)",
    "(SELECT order_id FROM order_items GROUP BY order_id HAVING COUNT(*) <> MAX(line_no) OR MIN(line_no) <> 1) numbered",
    "order_items i JOIN orders o ON o.id = order_id WHERE added_at <= created_at OR added_at > created_at + INTERVAL 1 HOUR",
    "order_items i JOIN products p ON p.id = product_id WHERE unit_price <> price",
    "payments p JOIN payments q ON q.id = p.id + 1 WHERE q.order_id < p.order_id",
    "payments WHERE amount < 0",
)

NAMES = ("customers", "products", "orders", "order_items", "payments")


@pytest.fixture
def shop(database: Database) -> Database:
    """The tables, and the plan in shop.toml."""
    database.execute(*TABLES)
    (database.folder / "shop.toml").write_text(PLAN)
    return database


def none_does_otherwise(database: Database) -> bool:
    return {rows: database.value(f"SELECT COUNT(*) FROM {rows}") for rows in NONE_OF} == dict.fromkeys(NONE_OF, 0)


@slow_on_mysql("server")
def test_families_agree_after_a_crash_too(shop: Database) -> None:
    shop.execute("INSERT INTO customers (name) VALUES ('Ada'), ('Bob')")  # existing parents have children as well
    before = state(shop)
    command = ("seed", "--plan", str(shop.folder / "shop.toml"), "--procs", "2", "--batch", "60")
    with running(shop, *command, "--max-rate", "250") as killed:
        until(lambda: committed(shop, "orders"), "a batch is committed")
        killed.process.kill()
        assert killed.ended() == -signal.SIGKILL
    shop.parloader(*command)
    customers, _, orders, items, payments = counts(shop, NAMES)
    assert customers == 60
    assert int(str(shop.value("SELECT COUNT(*) FROM parloader_batch WHERE table_name = 'order_items'"))) > 2
    assert 0 < orders < items
    assert orders < payments
    assert none_does_otherwise(shop)
    assert {int(str(n)) for (n,) in shop.rows("SELECT COUNT(*) FROM order_items GROUP BY order_id")} == {1, 2, 3, 8}
    assert shop.value("SELECT COUNT(*) FROM orders o LEFT JOIN order_items i ON i.order_id = o.id WHERE i.order_id IS NULL")
    assert "is already complete" in shop.parloader(*command).stdout
    shop.parloader("verify", "--procs", "1")
    rows = rows_of(shop, NAMES)
    shop.parloader("clean", "--yes", "--procs", "1")
    assert state(shop) == before
    shop.parloader("plan", "--plan", str(shop.folder / "shop.toml"), "--write", str(shop.folder / "written.toml"))
    shop.parloader("seed", "--plan", str(shop.folder / "written.toml"), "--procs", "1")
    assert rows_of(shop, NAMES) == rows


@slow_on_mysql("server")
def test_existing_parents_that_have_numbered_children(database: Database) -> None:
    database.execute(
        "CREATE TABLE folder (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(9) NULL)",
        """CREATE TABLE page (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, folder_id INT NOT NULL, no INT NOT NULL, UNIQUE (folder_id, no),
            FOREIGN KEY (folder_id) REFERENCES folder (id))""",
        "INSERT INTO folder (name) VALUES ('a')",
        "INSERT INTO page (folder_id, no) VALUES (1, 1)",
    )
    file = database.folder / "pages.toml"
    columns = 'folder_id = { child_of = "folder.id", count = { const = 2 } }\nno = { number_in = "folder_id" }\n'
    plan = f'plan = "pages"\n[table.folder]\nrows = 3\n[table.page.column]\n{columns}'
    file.write_text(plan)
    refused = database.parloader("seed", "--plan", str(file), "--procs", "1", check=3)
    assert "or let the run create its own rows of folder: `reuse = false` in its table" in refused.stderr
    file.write_text(plan.replace("rows = 3", "rows = 3\nreuse = false"))
    database.parloader("seed", "--plan", str(file), "--procs", "1")
    assert counts(database, ("folder", "page")) == [4, 7]
