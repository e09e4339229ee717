"""Timelines and distributions of a plan file, as the server sees them."""

from support.servers import Database, slow_on_mysql

TABLES = (
    """CREATE TABLE account (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, opened_at DATETIME(3) NOT NULL, born DATE NOT NULL)""",
    """CREATE TABLE sale (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, account_id INT UNSIGNED NOT NULL, account_opened DATETIME(3) NOT NULL,
        placed_at DATETIME NOT NULL, paid_at TIMESTAMP NULL, due DATE NOT NULL, amount DECIMAL(7, 2) NOT NULL, fee DECIMAL(5, 2) NOT NULL,
        waited_s SMALLINT NOT NULL, lasted_s SMALLINT NOT NULL, calls TINYINT UNSIGNED NOT NULL, retries TINYINT NOT NULL, distance INT NOT NULL,
        FOREIGN KEY (account_id) REFERENCES account (id),
        CHECK (placed_at >= account_opened), CHECK (paid_at >= placed_at), CHECK (amount >= 1.50))""",
)

PLAN = """
plan = "sales"

[table.account]
rows = 200

[table.account.column]
opened_at = { timeline = "2023-06-01T00:00:00Z", span = "400d", growth = 3, unit = "ms" }
born = { normal = ["1985-06-01", "4000d"], low = "1940-01-01", high = "2005-12-31" }

[table.sale]
rows = 4_000

[table.sale.column]
account_id = { pick = "account.id", group = "account" }
account_opened = { pick = "account.opened_at", group = "account" }
placed_at = { timeline = "2024-01-01", span = "731d", hours = "office", weekdays = ["1", 1, 1, 1, 0.5, 0, 0], months = "retail", not_before = "account_opened" }
paid_at = { after = "placed_at", least = "1h30m", within = "30d", null_share = 0.2 }
due = { timeline = "2024-01-01", span = "800d", weekdays = "workdays", not_before = ["placed_at", "paid_at"], ordered = false }
amount = { lognormal = ["49.90", 0.8], scale = 2, low = 1.5 }
fee = { pareto = [0.25, 1.16], scale = 2 }
waited_s = { exponential = 90 }
lasted_s = { gamma = [600, 4] }
calls = { poisson = 3.2 }
retries = { geometric = 0.5 }
distance = { histogram = [0, 10, 100, 1000], weights = ["1/3", 0.5, "1/6"] }
"""

NONE_OF = (
    "account WHERE born NOT BETWEEN '1940-01-01' AND '2005-12-31'",
    "account a JOIN account b ON b.id = a.id + 1 WHERE b.opened_at < a.opened_at",
    "sale WHERE WEEKDAY(placed_at) > 4 AND placed_at < '2025-12-30'",
    "sale WHERE HOUR(placed_at) NOT BETWEEN 6 AND 20 AND placed_at < '2025-12-30'",
    "sale WHERE paid_at NOT BETWEEN placed_at + INTERVAL 90 MINUTE AND placed_at + INTERVAL 30 DAY",
    "sale WHERE WEEKDAY(due) > 4 OR due < DATE(placed_at) OR due < DATE(paid_at)",
    "sale WHERE fee < 0.25",
    "sale WHERE distance NOT BETWEEN 0 AND 1000",
)

# (expression of the sale table, least, most)
SHARES = (
    ("AVG(HOUR(placed_at) BETWEEN 9 AND 11)", 0.28, 0.38),  # 43 of 132
    ("AVG(WEEKDAY(placed_at) = 4)", 0.08, 0.15),
    ("AVG(MONTH(placed_at) = 12)", 0.11, 0.18),
    ("AVG(paid_at IS NULL)", 0.17, 0.23),
    ("AVG(amount < 49.90)", 0.46, 0.54),
    ("AVG(amount > 111.06)", 0.13, 0.19),  # a deviation above the median
    ("AVG(fee > 2.5)", 0.05, 0.09),  # 10 to the power of -1.16
    ("AVG(waited_s)", 85, 95),
    ("AVG(lasted_s)", 580, 620),
    ("STD(lasted_s)", 280, 320),
    ("AVG(calls)", 3.1, 3.3),
    ("AVG(retries = 0)", 0.63, 0.70),
    ("AVG(distance < 10)", 0.30, 0.37),
    ("AVG(distance >= 100)", 0.14, 0.20),
)


@slow_on_mysql("server")
def test_the_server_sees_them_as_the_plan_describes_them(database: Database) -> None:
    database.execute(*TABLES)
    file = database.folder / "sales.toml"
    file.write_text(PLAN)
    database.parloader("seed", "--plan", str(file), "--procs", "2", "--batch", "700")
    found = {each: database.value(f"SELECT COUNT(*) FROM {each}") for each in NONE_OF}
    assert found == dict.fromkeys(NONE_OF, 0)
    for expression, least, most in SHARES:
        share = database.value(f"SELECT {expression} FROM sale")
        assert least <= float(str(share)) <= most, (expression, share)
    database.parloader("verify", "--procs", "1")
    database.parloader("clean", "--yes", "--procs", "1")
    assert database.value("SELECT COUNT(*) FROM sale") == 0
