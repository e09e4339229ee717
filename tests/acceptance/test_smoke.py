"""What a user does first, on tables with every kind of constraint: on each kind of server, MariaDB 11.8 too."""

import json

from support.servers import Database, everything, on_mariadb_11_8_too

TABLES = (
    """CREATE TABLE customer (
        id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
        email VARCHAR(100) NOT NULL,
        name VARCHAR(60) NOT NULL,
        settings JSON NOT NULL,
        UNIQUE KEY uq_customer_email (email))""",
    """CREATE TABLE purchase (
        id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
        customer_id INT UNSIGNED NOT NULL,
        reference VARCHAR(12) NOT NULL,
        state VARCHAR(10) NOT NULL,
        quantity SMALLINT UNSIGNED NOT NULL,
        price DECIMAL(8, 2) NOT NULL,
        total DECIMAL(14, 2) GENERATED ALWAYS AS (quantity * price) STORED,
        label VARCHAR(10) GENERATED ALWAYS AS (LEFT(reference, 10)) VIRTUAL,
        details JSON NULL,
        ordered_at DATETIME NOT NULL,
        shipped_at DATETIME NULL,
        UNIQUE KEY uq_purchase_reference (reference),
        KEY ix_purchase_label (label),
        CONSTRAINT fk_purchase_customer FOREIGN KEY (customer_id) REFERENCES customer (id),
        CONSTRAINT chk_purchase_state CHECK (state IN ('new', 'paid', 'sent')),
        CONSTRAINT chk_purchase_price CHECK (price > 0 AND quantity BETWEEN 1 AND 100),
        CONSTRAINT chk_purchase_times CHECK (shipped_at IS NULL OR shipped_at >= ordered_at))""",
)

RULES = """SELECT COUNT(*), COUNT(DISTINCT reference), COUNT(DISTINCT customer_id), SUM(total = quantity * price),
    SUM(state IN ('new', 'paid', 'sent')), SUM(JSON_VALID(COALESCE(details, 'null'))), SUM(shipped_at < ordered_at) FROM purchase"""


@on_mariadb_11_8_too("server")
def test_tables_with_every_kind_of_constraint(database: Database) -> None:
    database.execute(*TABLES)
    before = everything(database)
    for writer in ("insert", "load-data"):
        database.parloader("seed", "--table", "purchase", "--rows", "600", "--procs", "2", "--batch", "100", "--writer", writer)
        rows, references, customers, totals, states, documents, late = database.rows(RULES)[0]
        assert (rows, references, totals, states, documents) == (600, 600, 600, 600, 600)
        assert not late
        assert int(str(customers)) > 1
        assert json.loads(database.parloader("verify", "--json").stdout)["ok"]
        database.execute("UPDATE purchase SET price = price + 1 WHERE id = 7")
        assert "1 different" in database.parloader("verify", check=1).stdout
        database.parloader("clean", "--yes", check=3)
        database.execute("UPDATE purchase SET price = price - 1 WHERE id = 7")
        database.parloader("clean", "--yes")
        assert everything(database) == before
