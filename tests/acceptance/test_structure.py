"""A shop of several tenants, seeded without a plan file: how its rows belong together."""

from support import questions
from support.servers import Database, slow_on_mysql

TABLES = (
    "CREATE TABLE tenants (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(80) NOT NULL)",
    """CREATE TABLE users (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, tenant_id INT UNSIGNED NOT NULL, email VARCHAR(120) NOT NULL,
        created_at DATETIME NOT NULL, UNIQUE KEY (tenant_id, email), FOREIGN KEY (tenant_id) REFERENCES tenants (id))""",
    """CREATE TABLE addresses (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, user_id BIGINT UNSIGNED NOT NULL, street VARCHAR(100) NOT NULL,
        FOREIGN KEY (user_id) REFERENCES users (id))""",
    """CREATE TABLE categories (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, tenant_id INT UNSIGNED NOT NULL, parent_id INT UNSIGNED NULL,
        name VARCHAR(60) NOT NULL, FOREIGN KEY (tenant_id) REFERENCES tenants (id), FOREIGN KEY (parent_id) REFERENCES categories (id))""",
    """CREATE TABLE products (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, tenant_id INT UNSIGNED NOT NULL, category_id INT UNSIGNED NULL,
        title VARCHAR(120) NOT NULL, FOREIGN KEY (tenant_id) REFERENCES tenants (id), FOREIGN KEY (category_id) REFERENCES categories (id))""",
    "CREATE TABLE tags (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE)",
    """CREATE TABLE product_tags (product_id BIGINT UNSIGNED NOT NULL, tag_id INT UNSIGNED NOT NULL, PRIMARY KEY (product_id, tag_id),
        FOREIGN KEY (product_id) REFERENCES products (id), FOREIGN KEY (tag_id) REFERENCES tags (id))""",
    """CREATE TABLE orders (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, tenant_id INT UNSIGNED NOT NULL, user_id BIGINT UNSIGNED NOT NULL,
        address_id BIGINT UNSIGNED NULL, created_at DATETIME NOT NULL, FOREIGN KEY (tenant_id) REFERENCES tenants (id),
        FOREIGN KEY (user_id) REFERENCES users (id), FOREIGN KEY (address_id) REFERENCES addresses (id))""",
    """CREATE TABLE order_items (order_id BIGINT UNSIGNED NOT NULL, line_no TINYINT UNSIGNED NOT NULL, product_id BIGINT UNSIGNED NOT NULL,
        PRIMARY KEY (order_id, line_no), CHECK (line_no BETWEEN 1 AND 99),
        FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE, FOREIGN KEY (product_id) REFERENCES products (id))""",
)

SIZES = ("tenants=12", "users=300", "addresses=700", "categories=60", "products=400", "tags=60", "product_tags=1200", "orders=1500")

DISAGREEING = (
    "orders o JOIN users u ON u.id = o.user_id WHERE u.tenant_id <> o.tenant_id",
    "orders o JOIN addresses a ON a.id = o.address_id WHERE a.user_id <> o.user_id",
    "order_items i JOIN orders o ON o.id = i.order_id JOIN products p ON p.id = i.product_id WHERE p.tenant_id <> o.tenant_id",
    "products p JOIN categories c ON c.id = p.category_id WHERE c.tenant_id <> p.tenant_id",
    "categories c JOIN categories p ON p.id = c.parent_id WHERE p.tenant_id <> c.tenant_id",
    "orders o JOIN users u ON u.id = o.user_id WHERE o.created_at < u.created_at",
    "(SELECT order_id FROM order_items GROUP BY order_id HAVING MIN(line_no) <> 1 OR MAX(line_no) <> COUNT(*)) gaps",
)


@slow_on_mysql("server")
def test_the_rows_of_a_shop_belong_together(database: Database) -> None:
    database.execute(*TABLES)
    sizes = [option for size in SIZES for option in ("--rows", size)]
    database.parloader("seed", "--all", *sizes, "--rows", "order_items=4000", "--procs", "1")
    assert [fault for fault in questions.faults(database) if "categories" not in fault] == []
    assert {condition: database.value(f"SELECT COUNT(*) FROM {condition}") for condition in DISAGREEING} == dict.fromkeys(DISAGREEING, 0)
    assert database.value("SELECT COUNT(*) FROM order_items") == 4000
    assert (
        database.value(
            "SELECT COUNT(DISTINCT p.id) FROM categories p JOIN categories c ON c.parent_id = p.id WHERE p.parent_id IS NOT NULL"
        )
        != 0
    )
    database.parloader("verify", "--procs", "1")
    database.parloader("clean", "--yes", "--procs", "1")
