"""Parents that are picked as an application would: popular ones more often, only those that existed, of the same tenant, that meet a condition."""

import signal

import pytest
from support.plan_kinds import committed, counts, state
from support.servers import Database, running, slow_on_mysql, until

TABLES = (
    "CREATE TABLE tenants (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(60) NOT NULL)",
    """CREATE TABLE users (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, tenant_id INT NOT NULL, created_at DATETIME NOT NULL, active TINYINT NOT NULL,
        UNIQUE (tenant_id, id), FOREIGN KEY (tenant_id) REFERENCES tenants (id))""",
    """CREATE TABLE addresses (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, user_id INT NOT NULL, kind VARCHAR(9) NOT NULL,
        FOREIGN KEY (user_id) REFERENCES users (id))""",
    """CREATE TABLE phones (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, user_id INT NOT NULL, number VARCHAR(30) NOT NULL,
        FOREIGN KEY (user_id) REFERENCES users (id))""",
    "CREATE TABLE products (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, price DECIMAL(8, 2) NOT NULL)",
    """CREATE TABLE orders (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, tenant_id INT NOT NULL, user_id INT NOT NULL, address_id INT NULL,
        phone_id INT NULL, created_at DATETIME NOT NULL, status VARCHAR(9) NOT NULL, FOREIGN KEY (tenant_id) REFERENCES tenants (id),
        FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id), FOREIGN KEY (address_id) REFERENCES addresses (id),
        FOREIGN KEY (phone_id) REFERENCES phones (id))""",
    """CREATE TABLE order_items (order_id BIGINT NOT NULL, product_id INT NOT NULL, unit_price DECIMAL(8, 2) NOT NULL, PRIMARY KEY (order_id, product_id),
        FOREIGN KEY (order_id) REFERENCES orders (id), FOREIGN KEY (product_id) REFERENCES products (id))""",
    """CREATE TABLE payments (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, order_id BIGINT NOT NULL, paid_at DATETIME NOT NULL,
        FOREIGN KEY (order_id) REFERENCES orders (id))""",
)

PLAN = """
plan = "shop"
seed = 3

[table.tenants]
rows = 6

[table.users]
rows = 80

[table.users.column]
tenant_id = { pick = "tenants.id", distribution = "zipf", scrambled = true }
created_at = { spread = "2024-01-01", span = "365d" }
active = { choice = [0, 1], weights = [1, 2] }

[table.addresses.column]
user_id = { child_of = "users.id", count = { choice = [0, 1, 2] } }
kind = { choice = ["home", "work"] }

[table.phones]
rows = 60

[table.products]
rows = 40

[table.products.column]
price = { uniform = ["0.50", "99.99"] }

[table.orders]
rows = 400

[table.orders.column]
user_id = { pick = "users.id", group = "user", distribution = "popular", growing = true, where = "active = 1 AND created_at >= DATE '2023-04-15'" }
tenant_id = { pick = "users.tenant_id", group = "user" }
address_id = { pick = "addresses.id", among = "user_id" }
phone_id = { pick = "phones.id", among = "user_id", where = "id > 1" }
created_at = { spread = "2024-01-02", span = "365d" }
status = { choice = ["new", "paid"] }

[table.order_items.column]
order_id = { child_of = "orders.id", count = { choice = [1, 2, 3, 12] } }
product_id = { pick = "products.id", distribution = "popular", distinct_in = "order_id" }
unit_price = { expr = "products.price" }

[table.payments]
rows = 200

[table.payments.column]
order_id = { pick = "orders.id", where = "status = 'paid'" }
paid_at = { after = "orders.created_at", least = 60, most = 86_400 }
"""

# What the plan says, as a question that is answered by the rows that do otherwise
NONE_OF = (
    "orders o JOIN users u ON u.id = user_id WHERE o.tenant_id <> u.tenant_id OR u.created_at > o.created_at OR active = 0 OR u.created_at < '2023-04-15'",
    "orders o JOIN addresses a ON a.id = address_id WHERE a.user_id <> o.user_id",
    "orders o WHERE address_id IS NULL AND EXISTS (SELECT 1 FROM addresses a WHERE a.user_id = o.user_id AND a.id > 1)",
    "orders o JOIN phones p ON p.id = phone_id WHERE p.user_id <> o.user_id OR p.id = 1",
    "orders o WHERE phone_id IS NULL AND EXISTS (SELECT 1 FROM phones p WHERE p.user_id = o.user_id AND p.id > 1)",
    "order_items i JOIN products p ON p.id = product_id WHERE unit_price <> price",
    "payments p JOIN orders o ON o.id = order_id WHERE status <> 'paid' OR paid_at < created_at",
)

# … and by at least one row
SOME_OF = (
    "orders WHERE address_id IS NULL",
    "orders WHERE address_id IS NOT NULL",
    "orders WHERE phone_id IS NULL",
    "orders WHERE phone_id > 3",
    "(SELECT order_id FROM order_items GROUP BY order_id HAVING COUNT(*) = 12) large",
    "(SELECT user_id FROM orders GROUP BY user_id HAVING COUNT(*) > 20) popular",
    "users u WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id)",
)

NAMES = ("tenants", "users", "addresses", "phones", "products", "orders", "order_items", "payments")


@pytest.fixture
def shop(database: Database) -> Database:
    """The tables, and the plan in shop.toml."""
    database.execute(*TABLES)
    (database.folder / "shop.toml").write_text(PLAN)
    return database


def answers(database: Database, questions: tuple[str, ...]) -> dict[str, int]:
    return {rows: int(str(database.value(f"SELECT COUNT(*) FROM {rows}"))) for rows in questions}


@slow_on_mysql("server")
def test_rows_agree_after_a_crash_and_beside_existing_ones(shop: Database) -> None:
    shop.execute(
        "INSERT INTO tenants (name) VALUES ('Acme')",
        "INSERT INTO users (tenant_id, created_at, active) VALUES (1, '2023-05-01', 1), (1, '2023-06-01', 0)",
        "INSERT INTO addresses (user_id, kind) VALUES (1, 'home')",
        "INSERT INTO phones (user_id, number) VALUES (1, '+1 202 555 0100'), (1, '+1 202 555 0101')",
    )
    before = state(shop)
    command = ("seed", "--plan", str(shop.folder / "shop.toml"), "--procs", "2", "--batch", "60")
    with running(shop, *command, "--max-rate", "500") as killed:
        until(lambda: committed(shop, "orders"), "a batch is committed")
        killed.process.kill()
        assert killed.ended() == -signal.SIGKILL
    shop.parloader(*command)
    assert counts(shop, NAMES)[5] == 400
    assert answers(shop, NONE_OF) == dict.fromkeys(NONE_OF, 0)
    assert all(answers(shop, SOME_OF).values()), answers(shop, SOME_OF)
    shop.parloader("verify", "--procs", "1")
    shop.parloader("clean", "--yes", "--procs", "1")
    assert state(shop) == before
