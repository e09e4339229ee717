"""What a command reads does not grow with rows that it does not touch: the server counts the rows that it examines for the whole command."""

from collections.abc import Mapping, Sequence

import pytest
from support.servers import Database, slow_on_mysql

from parloader.database import sql

ORDERS = (
    "CREATE TABLE customer (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, email VARCHAR(80) NOT NULL UNIQUE)",
    "CREATE TABLE country (code CHAR(8) PRIMARY KEY)",
    """CREATE TABLE orders (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, customer_id BIGINT UNSIGNED NOT NULL, country CHAR(8) NOT NULL,
        number CHAR(12) NOT NULL UNIQUE, n BIGINT NOT NULL UNIQUE, b BINARY(16) NOT NULL UNIQUE, previous BIGINT UNSIGNED NULL,
        FOREIGN KEY (customer_id) REFERENCES customer (id), FOREIGN KEY (country) REFERENCES country (code),
        FOREIGN KEY (previous) REFERENCES orders (id))""",
)

BUILT_IN_ROWS = """INSERT INTO script_execution (script_reference_id, script_version_id, schedule_id, planned, triggering_event_id, created_at)
    SELECT script_reference_id, script_version_id, schedule_id, planned, triggering_event_id, created_at FROM script_execution"""

# What else differs: the data dictionary, of which MySQL caches a part. The tables grow by ten times as many rows
MORE_READS = 3_000

# A sample of a parent table needs as many more rows if the keys have a large gap
MORE_READS_OF_SAMPLES = 25_000


@pytest.fixture(autouse=True)
def _no_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the look every second at who holds the database, of which a slow machine sends more."""
    monkeypatch.setattr("parloader.workers.lease.CHECK_INTERVAL_SECONDS", 3600)


def examined(database: Database, *arguments: str, code: int = 0) -> int:
    """The rows that the server reads for the command, in all sessions."""

    def reads() -> int:
        with database.connection() as connection:
            return sum(int(count) for _, count in sql.rows(connection, "SHOW GLOBAL STATUS LIKE %s", "Handler_read%"))

    before = reads()
    database.parloader(*arguments, check=code)
    return reads() - before


def reads_of(database: Database, commands: Mapping[str, Sequence[str]]) -> dict[str, int]:
    return {name: examined(database, *command) for name, command in commands.items()}


def commands_for(run_id: int, *plan: str) -> dict[str, tuple[str, ...]]:
    """Commands by name. `seed` begins the run `run_id`, the others concern it, and `clean` removes it again."""
    run = ("--run", str(run_id), "--procs", "1")
    return {
        "plan": ("plan", *plan, "--new-run"),
        "seed": ("seed", *plan, "--new-run", "--procs", "1"),
        "status": ("status",),
        "verify": ("verify", *run),
        "clean --dry-run": ("clean", "--dry-run", *run),
        "clean": ("clean", "--yes", *run),
    }


def require_no_growth(few: Mapping[str, int], many: Mapping[str, int], more: int = MORE_READS) -> None:
    assert {name: (few[name], many[name]) for name in few if many[name] - few[name] > more} == {}


DIGITS = f"(SELECT 0 AS digit {' '.join(f'UNION ALL SELECT {digit}' for digit in range(1, 10))})"

NUMBERS = f"""(SELECT a.digit + 10 * b.digit + 100 * c.digit + 1000 * d.digit + 10000 * e.digit AS i
    FROM {DIGITS} a, {DIGITS} b, {DIGITS} c, {DIGITS} d, {DIGITS} e) numbers"""


def insert(database: Database, first: int, last: int) -> None:
    """Customers, countries and orders of somebody else, with these numbers."""
    where = f"FROM {NUMBERS} WHERE i BETWEEN {first} AND {last}"
    database.execute(
        f"INSERT INTO customer (email) SELECT CONCAT('c', i, '@example.org') {where}",
        f"INSERT INTO country (code) SELECT CONCAT('N', i) {where}",
        f"""INSERT INTO orders (customer_id, country, number, n, b)
            SELECT (SELECT MIN(id) FROM customer), CONCAT('N', i), CONCAT('A-', i), i, UNHEX(LPAD(HEX(i), 32, '0')) {where}""",
    )


def test_rows_in_the_target_of_the_built_in_plan(database: Database) -> None:
    plan = ("--rows", "1000")
    database.parloader("seed", *plan, "--procs", "1")
    few = reads_of(database, commands_for(2, *plan))
    database.execute(*[BUILT_IN_ROWS] * 7)
    assert database.value("SELECT COUNT(*) FROM script_execution") == 128_000
    require_no_growth(few, reads_of(database, commands_for(3, *plan)))


@slow_on_mysql("server")
def test_rows_of_somebody_else_in_the_target_and_in_its_parents(database: Database) -> None:
    """In the second case, the parents have more rows than a plan picks from: of those it reads a sample."""
    plan = ("--table", "orders", "--rows", "300")
    database.execute(*ORDERS)
    insert(database, 0, 12_000)
    few = reads_of(database, commands_for(1, *plan))
    insert(database, 12_001, 99_999)
    many = reads_of(database, commands_for(1, *plan))  # the first run is gone, and the ledger with it
    require_no_growth(few, many, MORE_READS_OF_SAMPLES)


@slow_on_mysql("server")
@pytest.mark.parametrize("table", ["orders", "country"])
def test_rows_of_earlier_runs(database: Database, table: str) -> None:
    """The rows of `country` have no integer key."""
    plan = ("--table", table, "--rows", "300")
    database.execute(*ORDERS)
    database.parloader("seed", "--table", table, "--rows", "1500", "--procs", "1")
    few = reads_of(database, commands_for(2, *plan))
    database.parloader("seed", "--table", table, "--rows", "30000", "--new-run", "--procs", "1")
    many = reads_of(database, commands_for(4, *plan))
    require_no_growth(few, many)
