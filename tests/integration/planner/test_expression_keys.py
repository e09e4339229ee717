"""The servers accept the rows that are planned for UNIQUE keys over expressions and generated columns: no two have the same value."""

import json
import random
from collections.abc import Iterator

import pytest
from schemas_sources import execute, own_schemas
from support.servers import Database

from parloader.database import error_codes, introspection, sql
from parloader.database.driver import Connection, DriverError
from parloader.database.session import server_info
from parloader.errors import Refused
from parloader.generation.frames import generate
from parloader.planner.completion import complete
from parloader.planner.request import CompletedPlan, Fill
from parloader.plans.model import Plan, Table, all_new
from parloader.plans.row_ranges import IndexRange
from parloader.rows.writers import writer_for

ROWS = 300


def planned(connection: Connection, table: str, rows: int) -> CompletedPlan:
    schema = introspection.base_tables(introspection.read_with_parents(connection, [table]))
    target = Table(name=table, rows=rows, columns={}, key=None, partitioned=True, reuse=False)
    return complete(Plan(name=table, parameters={}, tables=(target,)), schema, {}, {}, Fill.ALL)


def write(connection: Connection, plan: Plan) -> None:
    """Inserts the plan's rows and rolls them back. DriverError: the server rejects one."""
    of = {table.name: all_new(table) for table in plan.tables}
    info = server_info(connection)
    with sql.rolled_back(connection):
        for table in plan.tables:
            writer = writer_for(table.name, info)
            writer.write(connection, writer.render(generate(plan, table, IndexRange(0, table.rows), of)))


def test_every_key_is_kept(database: Database) -> None:
    names = ["expression_keys", "functional_keys", "generated_references"]
    statements = [s for schema in own_schemas() if schema.name in names and database.server.kind in schema.kinds for s in schema.statements]
    guesses = set()
    with database.connection() as connection:
        for statement in statements:
            execute(connection, statement)
        for (table,) in sql.rows(connection, "SHOW TABLES"):
            completed = planned(connection, table, ROWS)
            guesses |= {note.table for note in completed.notes if note.guess}
            if table not in ("guessed_wrong", "not_followed"):
                write(connection, completed.plan)
    assert guesses == {"guessed", "guessed_wrong"}


def test_existing_rows_are_taken_into_account(database: Database) -> None:
    """Rows of a person between the generated ones, and those of an earlier run: keys are monthly, of tenths and of JSON texts."""
    database.execute(
        "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, at DATE NOT NULL, n INT NOT NULL, doc JSON NOT NULL, month INT AS (EXTRACT(YEAR_MONTH FROM at)) STORED,"
        " tenth INT AS (n DIV 10) VIRTUAL, email VARCHAR(90) AS (JSON_UNQUOTE(JSON_EXTRACT(doc, '$.email'))) STORED, UNIQUE (month), UNIQUE (tenth), UNIQUE (email))",
        """INSERT INTO t (at, n, doc) VALUES ('1970-03-31', 19, '{"email": "a@example.com"}'), ('1970-02-01', 31, '{"email": null}'),
        ('1971-01-31', 555, '{"email": "user-00000004@example.com"}'), ('9999-12-31', 2147483647, '{}')""",
    )
    for number in ("1", "2"):
        database.parloader("seed", "--table", "t", "--rows", "300", "--procs", "1", "--seed", number, "--new-run")
    assert database.value("SELECT COUNT(*) FROM t") == 604
    database.parloader("verify")
    database.parloader("clean", "--yes")
    assert database.value("SELECT COUNT(*) FROM t") == 4


def test_a_guess_is_said_to_be_one(database: Database) -> None:
    """It is tested on more rows than fit between two that repeat, at both ends of the table."""
    database.execute(
        "CREATE TABLE good (id INT PRIMARY KEY, n INT UNSIGNED NOT NULL, g BIGINT UNSIGNED AS (n ^ 12345) STORED, UNIQUE KEY uq_good (g))",
        "CREATE TABLE bad (id INT PRIMARY KEY, n INT UNSIGNED NOT NULL, g BIGINT UNSIGNED AS (n & 2047) STORED, UNIQUE KEY uq_bad (g))",
    )
    done = database.parloader("seed", "--table", "good", "--rows", "9000", "--procs", "1", "--json")
    assert "uq_good" in json.loads(done.stdout)["guesses"][0]
    assert "parloader cannot follow the expression of the unique key uq_good. As a guess, " in done.stderr
    refused = database.parloader("seed", "--table", "bad", "--rows", "9000", "--procs", "1", check=3)
    assert "Duplicate entry" in refused.stderr
    assert database.value("SELECT COUNT(*) FROM bad") == 0


def test_the_limit_that_is_named_is_the_true_one(database: Database) -> None:
    """One row more than the expression has values is refused; so many rows can be written."""
    limits = {"LEFT(title, 1)": 36, "RIGHT(title, 2)": 36**2, "SUBSTR(title, 5, 1)": 36}
    with database.connection() as connection:
        for number, (expression, rows) in enumerate(limits.items()):
            execute(
                connection,
                f"CREATE TABLE t{number} (id INT PRIMARY KEY, title VARCHAR(90) NOT NULL, g VARCHAR(9) AS ({expression}), UNIQUE (g))",
            )
            write(connection, planned(connection, f"t{number}", rows).plan)
            with pytest.raises(Refused, match=rf"at most {rows:,} values") as refused:
                planned(connection, f"t{number}", rows + 1)
            assert refused.value.next_step == f"At most --rows {rows} fit"


TEXTS = ("t", "u")

NUMBERS = ("n", "m")


def texts(choose: random.Random, depth: int) -> str:
    """An expression that gives a text."""
    if not depth:
        return choose.choice([*TEXTS, "'-'", "'ab'", "CAST(n AS CHAR)", "doc_text"])
    inner = texts(choose, depth - 1)
    number = choose.randint(1, 12)
    return choose.choice(
        [
            f"LOWER({inner})",
            f"UPPER({inner})",
            f"TRIM({inner})",
            f"LEFT({inner}, {number})",
            f"RIGHT({inner}, {number})",
            f"SUBSTR({inner}, {choose.choice([number, -number])})",
            f"SUBSTR({inner}, {choose.choice([number, -number])}, {choose.randint(1, 9)})",
            f"REPLACE({inner}, '-', '{choose.choice(['', '_', '::'])}')",
            f"REVERSE({inner})",
            f"LPAD({inner}, {number + 5}, 'x')",
            f"RPAD({inner}, {number + 5}, 'xy')",
            f"LPAD({numbers(choose, depth - 1)}, 12, '0')",
            f"SUBSTRING_INDEX({inner}, '-', {choose.choice([1, 2, -1])})",
            f"CONCAT({inner}, {texts(choose, 0)}, {texts(choose, 0)})",
            f"CONCAT_WS('{choose.choice(['-', ':', ''])}', {inner}, {choose.choice(['maybe', 'u', 'n', 'm'])})",
            f"CONCAT({inner}, {numbers(choose, depth - 1)})",
            f"SHA2({inner}, 256)",
            f"HEX({inner})",
            f"COALESCE({inner}, maybe)",
            f"COALESCE(maybe, {inner})",
            f"NULLIF({inner}, 'x')",
            f"IF(m > 5, {inner}, NULL)",
            f"CASE WHEN m > 5 THEN CONCAT('a', {inner}) ELSE CONCAT('b', {inner}) END",
            f"CASE WHEN m > 5 THEN {inner} ELSE {texts(choose, 0)} END",
            f"CAST({inner} AS CHAR({number + 4}))",
        ]
    )


def numbers(choose: random.Random, depth: int) -> str:
    """An expression that gives a number."""
    if not depth:
        return choose.choice([*NUMBERS, "7"])
    inner = numbers(choose, depth - 1)
    return choose.choice(
        [
            f"({inner} + {choose.randint(1, 50)})",
            f"({inner} - {choose.randint(1, 50)})",
            f"({inner} * {choose.choice([2, 3, -1])})",
            f"({choose.randint(1, 50)} - {inner})",
            f"({inner} DIV {choose.choice([2, 10, 60])})",
            f"({inner} / {choose.choice([2, 7])})",
            f"FLOOR({inner} / {choose.choice([2, 7])})",
            f"ABS({inner})",
            f"CRC32({texts(choose, depth - 1)})",
            "YEAR(at)",
            "TO_DAYS(at)",
            "EXTRACT(YEAR_MONTH FROM at)",
            f"IFNULL({inner}, 0)",
            f"(-{inner})",
            f"({inner} + {numbers(choose, 0)})",
            f"ROUND({inner} / 3)",
        ]
    )


def expressions(seed: int, count: int) -> Iterator[tuple[str, str]]:
    """Random expressions, each with the type of its column."""
    choose = random.Random(seed)
    for _ in range(count):
        depth = choose.choice([1, 2, 2, 3])
        is_text = choose.random() < 0.65
        types = ["VARCHAR(300)", "VARCHAR(300) COLLATE utf8mb4_bin", "CHAR(70)"] if is_text else ["BIGINT", "DECIMAL(30,4)", "VARCHAR(40)"]
        yield (texts if is_text else numbers)(choose, depth), choose.choice(types)


COLUMNS = """id INT PRIMARY KEY, t VARCHAR(60) NOT NULL, u VARCHAR(30) COLLATE utf8mb4_bin NOT NULL, maybe VARCHAR(20), n INT NOT NULL, m INT UNSIGNED NOT NULL,
    at DATETIME NOT NULL, doc JSON NOT NULL, doc_text VARCHAR(90) AS (JSON_UNQUOTE(JSON_EXTRACT(doc, '$.name')))"""


def follow(database: Database, seed: int, count: int, rows: int) -> int:
    """Writes rows for random expressions; returns for how many the planner claims to keep them apart."""
    followed = 0
    with database.connection() as connection:
        for expression, kind in expressions(seed, count):
            execute(connection, "DROP TABLE IF EXISTS t")
            try:
                execute(connection, f"CREATE TABLE t ({COLUMNS}, g {kind} AS ({expression}) STORED, UNIQUE KEY uq (g))")
            except DriverError:
                continue  # the server allows no such column
            try:
                completed = planned(connection, "t", rows)
            except Refused:
                continue
            if not any(note.guess for note in completed.notes):
                try:
                    write(connection, completed.plan)
                except DriverError as error:
                    # other columns may have values that the expression cannot take, such as long ones in a CAST
                    if error_codes.is_duplicate_key(error):
                        pytest.fail(f"{kind} {expression}: {completed.plan.table('t').columns}")
                followed += 1
    return followed


@pytest.mark.slow
def test_random_expressions_are_kept_apart_or_said_to_be_guessed(database: Database) -> None:
    assert follow(database, seed=14, count=400, rows=400) > 100
