"""What a command reads does not grow with rows that it does not touch: the server counts the rows that it examines for the whole command."""

import json
from collections.abc import Mapping, Sequence

import pytest
from support.servers import Database, slow_on_mysql

from parloader.database import sql

# Columns without a telling name: unique addresses, names and codes beside existing ones are found by reading these once
ORDERS = (
    "CREATE TABLE customer (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, k VARCHAR(80) NOT NULL UNIQUE)",
    "CREATE TABLE country (k CHAR(8) PRIMARY KEY)",
    """CREATE TABLE orders (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, customer_id BIGINT UNSIGNED NOT NULL, country CHAR(8) NOT NULL,
        t CHAR(12) NOT NULL UNIQUE, n BIGINT NOT NULL UNIQUE, b BINARY(16) NOT NULL UNIQUE, previous BIGINT UNSIGNED NULL,
        FOREIGN KEY (customer_id) REFERENCES customer (id), FOREIGN KEY (country) REFERENCES country (k),
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


REREAD = {"status": ("status",), "resume": ("plan", "--rows", "1000")}


def received(database: Database, *arguments: str) -> tuple[int, int]:
    """The statements that the command sends, and the bytes that it receives."""

    def counts() -> tuple[int, int]:
        with database.connection() as connection:
            questions, sent = (int(sql.row(connection, "SHOW GLOBAL STATUS LIKE %s", name)[1]) for name in ("Questions", "Bytes_sent"))
            return questions, sent

    before = counts()
    database.parloader(*arguments)
    after = counts()
    return after[0] - before[0], after[1] - before[1]


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
        f"INSERT INTO customer (k) SELECT CONCAT('c', i, '@example.org') {where}",
        f"INSERT INTO country (k) SELECT CONCAT('N', i) {where}",
        f"""INSERT INTO orders (customer_id, country, t, n, b)
            SELECT (SELECT MIN(id) FROM customer), CONCAT('N', i), CONCAT('A-', i), i, UNHEX(LPAD(HEX(i), 32, '0')) {where}""",
        "ANALYZE TABLE customer, country, orders",
    )


@pytest.mark.parametrize("doublings", [7, pytest.param(10, marks=pytest.mark.slow)])
def test_rows_in_the_target_of_the_built_in_plan(database: Database, doublings: int) -> None:
    plan = ("--rows", "1000")
    check: dict[str, tuple[str, ...]] = {"schema check": ("schema", "check")}
    database.parloader("seed", *plan, "--procs", "1")
    few = reads_of(database, commands_for(2, *plan) | check)
    database.execute(*[BUILT_IN_ROWS] * doublings)
    assert database.value("SELECT COUNT(*) FROM script_execution") == 1_000 * 2**doublings
    require_no_growth(few, reads_of(database, commands_for(3, *plan) | check))


@slow_on_mysql("server")
def test_rows_of_somebody_else_in_the_target_and_in_its_parents(database: Database) -> None:
    """In the second case, the parents have more rows than a plan picks from: of those it reads a sample."""
    plan = ("--table", "orders", "--rows", "300")
    database.execute(*ORDERS)
    insert(database, 0, 12_000)
    few = reads_of(database, commands_for(1, *plan))
    insert(database, 12_001, 39_999)
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
    database.parloader("seed", "--table", table, "--rows", "12000", "--new-run", "--procs", "1")
    many = reads_of(database, commands_for(4, *plan))
    require_no_growth(few, many)


@slow_on_mysql("server")
def test_the_batches_of_a_large_run_stay_on_the_server(database: Database) -> None:
    """100,000 batches, of which one in ten thousand is missing: the client receives ranges, in as many statements as ever."""
    database.parloader("seed", "--rows", "1000", "--procs", "1")
    few = {name: received(database, *command) for name, command in REREAD.items()}
    database.execute(
        """UPDATE parloader_run SET row_count = 1000000, definition = REPLACE(definition, '"rows": 1000', '"rows": 1000000')""",
        """UPDATE parloader_table SET segments = REPLACE(segments, ', 1000, ', ', 1000000, '), details = REPLACE(REPLACE(details,
            '"rows": 1000,', '"rows": 1000000,'), '[0, 1000]', '[0, 1000000]') WHERE table_name = 'script_execution'""",
        "DELETE FROM parloader_batch WHERE table_name = 'script_execution'",
        f"""INSERT INTO parloader_batch SELECT 1, 'script_execution', 10 * i, 10, UTC_TIMESTAMP() FROM {NUMBERS} WHERE MOD(i, 10000) <> 5""",
    )
    status = json.loads(database.parloader("status", "--json").stdout)["runs"][0]
    assert (status["rows"], status["done"]) == (1_000_000, 999_900)
    assert status["gaps"] == [[100_000 * n + 50, 100_000 * n + 60] for n in range(10)]
    for name, command in REREAD.items():
        statements, sent_bytes = received(database, *(argument.replace("1000", "1000000") for argument in command))
        assert statements <= few[name][0] + 2
        assert sent_bytes <= few[name][1] + 5_000
