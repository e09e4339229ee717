"""Columns of a row that agree with each other, asked in SQL of rows that were seeded without a plan file; with a rule of the user's own."""

import pytest
from support.servers import Database, slow_on_mysql

CUSTOMER = """CREATE TABLE customer (id INT AUTO_INCREMENT PRIMARY KEY, nick VARCHAR(40) NOT NULL, middle_name VARCHAR(40), phone VARCHAR(20),
    is_active BOOLEAN NOT NULL DEFAULT 1, is_admin BOOLEAN NOT NULL, currency CHAR(3) NOT NULL DEFAULT 'EUR', trust_score INT,
    created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP, last_login_at DATETIME, deleted_at DATETIME,
    updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP)"""

PRODUCT = """CREATE TABLE product (id INT AUTO_INCREMENT PRIMARY KEY, price DECIMAL(8,2) NOT NULL, cost DECIMAL(8,2) NOT NULL, sale_price DECIMAL(8,2),
    rating TINYINT, status ENUM('draft', 'published', 'archived') NOT NULL, created_at TIMESTAMP(3) NOT NULL, published_at TIMESTAMP NULL,
    CHECK (cost <= price), CHECK (sale_price IS NULL OR sale_price < price), CHECK (rating BETWEEN 1 AND 5))"""

PURCHASE = """CREATE TABLE purchase (id INT AUTO_INCREMENT PRIMARY KEY, customer_id INT NOT NULL, product_id INT NOT NULL, quantity INT NOT NULL,
    status VARCHAR(12) NOT NULL DEFAULT 'new', is_paid TINYINT(1) NOT NULL, created_at DATETIME NOT NULL, paid_at DATETIME, shipped_at DATETIME,
    delivered_on DATE, cancelled_at DATETIME, cancelled_by INT, cancel_reason VARCHAR(80), updated_at DATETIME NOT NULL,
    FOREIGN KEY (customer_id) REFERENCES customer (id), FOREIGN KEY (product_id) REFERENCES product (id),
    FOREIGN KEY (cancelled_by) REFERENCES customer (id), CHECK (status IN ('new', 'paid', 'shipped', 'delivered', 'cancelled')),
    CHECK (status <> 'shipped' OR shipped_at IS NOT NULL), CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL)),
    CHECK (paid_at IS NULL OR paid_at >= created_at), CHECK (quantity > 0))"""

NONE = (
    "purchase WHERE (paid_at IS NOT NULL) <> (status IN ('paid', 'shipped', 'delivered')) OR is_paid <> (paid_at IS NOT NULL)",
    "purchase WHERE (shipped_at IS NOT NULL) <> (status IN ('shipped', 'delivered'))",
    "purchase WHERE (delivered_on IS NOT NULL) <> (status = 'delivered')",
    "purchase WHERE (cancelled_by IS NOT NULL) <> (status = 'cancelled') OR (cancel_reason IS NOT NULL) <> (status = 'cancelled')",
    "purchase WHERE paid_at < created_at OR shipped_at < paid_at OR delivered_on < DATE(shipped_at) OR cancelled_at < created_at",
    "purchase WHERE updated_at < GREATEST(created_at, COALESCE(shipped_at, created_at), COALESCE(cancelled_at, created_at))",
    "product WHERE (published_at IS NOT NULL) <> (status <> 'draft') OR published_at < created_at",
    "product WHERE cost >= price OR sale_price >= price OR price * 100 %% 100 NOT IN (99, 95, 90, 50, 49, 0)",
    "customer WHERE last_login_at < created_at OR deleted_at < created_at OR updated_at < created_at OR updated_at < deleted_at",
    "customer WHERE trust_score NOT IN (7, 8)",
)

SHARES = (
    ("purchase", "status = 'delivered'", 0.5, 0.9),
    ("purchase", "quantity = 1", 0.4, 0.7),
    ("purchase", "HOUR(created_at) < 6", 0, 0.15),
    ("customer", "middle_name IS NULL", 0.5, 0.65),
    ("customer", "phone IS NULL", 0.01, 0.4),
    ("customer", "deleted_at IS NULL", 0.85, 0.99),
    ("customer", "is_active", 0.8, 1),
    ("customer", "is_admin", 0, 0.1),
    ("customer", "currency = 'EUR'", 0.6, 1),
    ("product", "rating >= 4", 0.55, 0.9),
    ("product", "sale_price IS NULL", 0.2, 0.8),
    ("product", "price BETWEEN 3 AND 200", 0.9, 1),
)


@slow_on_mysql("server")
def test_the_columns_of_a_row_agree(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    database.execute(CUSTOMER, PRODUCT, PURCHASE)
    monkeypatch.chdir(database.folder)
    settings = database.folder / "parloader.toml"
    settings.write_text('[[inference.column]]\nmatch = "*_score"\ntype = "int"\ngenerator = { choice = [7, 8] }\n')
    sizes = ("--rows", "customer=800", "--rows", "product=800")
    database.parloader("seed", "--table", "purchase", "--rows", "2000", *sizes, "--procs", "1")
    settings.unlink()
    database.parloader("verify", "--procs", "1")
    assert [condition for condition in NONE if database.value(f"SELECT COUNT(*) FROM {condition}")] == []
    shares = {(table, what): float(str(database.value(f"SELECT AVG({what}) FROM {table}"))) for table, what, _, _ in SHARES}
    assert [f"{table}: {what}" for table, what, least, most in SHARES if not least <= shares[table, what] <= most] == []
    database.parloader("clean", "--yes", "--procs", "1")
    assert database.value("SELECT COUNT(*) FROM customer") == 0
