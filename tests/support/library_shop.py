"""The shop of the pages and docstrings about the library."""

from support.servers import Database

SHOP = (
    """CREATE TABLE customers (
        id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
        name VARCHAR(60) NOT NULL,
        email VARCHAR(120) NOT NULL UNIQUE
    )""",
    """CREATE TABLE orders (
        id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
        customer_id INT UNSIGNED NOT NULL,
        status ENUM('paid', 'shipped', 'returned') NOT NULL,
        total_cents INT NOT NULL CHECK (total_cents >= 0),
        created_at DATETIME NOT NULL,
        FOREIGN KEY (customer_id) REFERENCES customers (id)
    )""",
)


def create_shop(database: Database) -> None:
    database.execute(*SHOP)


def counts(database: Database) -> tuple[object, object]:
    """The rows of orders, and of customers."""
    return database.value("SELECT COUNT(*) FROM orders"), database.value("SELECT COUNT(*) FROM customers")
