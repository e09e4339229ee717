"""Common CHECKs, read back from a server: they are parsed, and the server accepts rows built from the result."""

import pytest
from support.check_rows import Row, rows
from support.servers import Database

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.schema.checks.domains import combine
from parloader.schema.checks.parser import parse_check
from parloader.schema.checks.predicates import ParsedCheck

KINDS = {
    "a": "integer",
    "c": "integer",
    "f": "integer",
    "b": "text",
    "code": "text",
    "d": "date",
    "t": "datetime",
    "p": "decimal",
    "j": "json",
    "it's `odd` ü\\": "integer",
}

COLUMNS = """a INT, c INT, f BOOLEAN, b VARCHAR(60), code CHAR(60), d DATE, t DATETIME, p DECIMAL(10, 2), j JSON, `it's ``odd`` ü\\` INT"""

MAX_ROWS = 12

CLAUSES = [
    "a > 0 AND a <= 100",
    "0 <= a AND -5.5 < p",
    "a BETWEEN -3 AND 3 OR a IN (10, 20)",
    "a NOT BETWEEN 0 AND 9 AND c NOT IN (1, 2)",
    "NOT (a > 5 OR b = 'x')",
    "b IN ('it''s', 'back\\\\slash', 'per%cent', 'ü漢', 'q\"q', 'new\\nline', 'a`b')",
    "b <> '' AND TRIM(code) <> ''",
    "(a IS NULL) <> (c IS NULL)",
    "(a IS NOT NULL) + (c IS NOT NULL) + (d IS NOT NULL) = 1",
    "(a IS NOT NULL AND c IS NULL) OR (a IS NULL AND c IS NOT NULL)",
    "CASE WHEN a IS NULL THEN 0 ELSE 1 END + CASE WHEN c IS NULL THEN 0 ELSE 1 END <= 1",
    "a IS NULL XOR c IS NULL",
    "(CASE WHEN f = 1 THEN a > 0 ELSE a IS NULL END) = 1",
    "a <= c AND c <> f",
    "t >= d OR t IS NULL",
    "d >= '2024-01-31' AND d < DATE'2024-03-01'",
    "t > CAST('2024-01-01 10:00:00' AS DATETIME)",
    "YEAR(d) BETWEEN 2000 AND 2010",
    "DATE(t) <= '2024-02-28'",
    "LENGTH(b) > 3 AND CHAR_LENGTH(b) < 10",
    "CHARACTER_LENGTH(code) = 4 OR OCTET_LENGTH(code) BETWEEN 6 AND 7",
    "LENGTH(TRIM(b)) >= 5",
    "b REGEXP '^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\\\.[A-Za-z]{2,}$'",
    "code RLIKE '^\\\\d{3}-\\\\w*\\\\.[^@]+$'",
    "b NOT REGEXP '[^a-z]' AND LENGTH(b) >= 2",
    "b REGEXP '^(foo|ba[rz])(-[0-9]+)?$'",
    "b LIKE 'a\\\\_b_%' AND code NOT LIKE '%x%'",
    "b LIKE '50|%%' ESCAPE '|'",
    "JSON_VALID(j) OR j IS NULL",
    "f = TRUE OR f = FALSE",
    "f IS TRUE AND a IS NOT NULL",
    "(a > 3) IS NOT TRUE",
    "(a > 3) = (c > 3)",
    "NOT (a <=> 3) AND c <=> 4",
    "UPPER(code) = code AND CHAR_LENGTH(code) > 1",
    "BINARY b = LOWER(b) AND b <> ''",
    "LOWER(b) IN ('x', 'y')",
    "COALESCE(a, 0) > 0 OR IFNULL(c, 7) >= 5",
    "`it's ``odd`` ü\\` > 0 AND b = 'ü'",
    "`it's ``odd`` ü\\` IS NOT NULL",
    "A > 0 AND B = 'x'",
]


def clause_of(connection: Connection) -> str:
    statement = (
        "SELECT check_clause FROM information_schema.check_constraints WHERE constraint_schema = DATABASE() AND constraint_name = 'kept'"
    )
    return connection.dialect.check_clause(sql.value(connection, statement))


def insert(connection: Connection, row: Row) -> None:
    """A violated CHECK raises the driver's error."""
    names = ", ".join(map(sql.quote, row))
    sql.execute(connection, f"INSERT INTO t ({names}) VALUES ({', '.join(['%s'] * len(row))})", *row.values())


def test_rows_of_each_case_are_accepted(database: Database) -> None:
    with database.connection() as connection:
        for written in CLAUSES:
            sql.execute(connection, f"CREATE TABLE t ({COLUMNS}, CONSTRAINT kept CHECK ({written}))".replace("%", "%%"))
            clause = clause_of(connection)
            understood = parse_check(clause, KINDS)
            assert understood is not None, clause
            assert understood.cases
            for case in understood.cases:
                made = list(rows(case, KINDS))
                assert made, (clause, case)
                for row in made[:: max(1, len(made) // MAX_ROWS)]:
                    insert(connection, row)
            sql.execute(connection, "DROP TABLE t")


def test_several_checks_together(database: Database) -> None:
    written = ["a IS NULL XOR c IS NULL", "a IS NULL OR a > 5", "b IN ('x', 'y') OR c = 3", "b <> 'x'", "d > '2024-01-01'"]
    checks = ", ".join(f"CONSTRAINT kept_{number} CHECK ({one})" for number, one in enumerate(written))
    with database.connection() as connection:
        sql.execute(connection, f"CREATE TABLE t ({COLUMNS}, {checks})".replace("%", "%%"))
        clauses = sql.rows(
            connection,
            "SELECT check_clause FROM information_schema.check_constraints"
            " WHERE constraint_schema = DATABASE() AND constraint_name LIKE 'kept%%' ORDER BY constraint_name",
        )
        understood = [parse_check(str(clause), KINDS) for (clause,) in clauses]
        assert len(understood) == len(written)
        combined = combine([one for one in understood if isinstance(one, ParsedCheck)])
        assert len(combined) >= 2
        for case in combined:
            made = list(rows(case, KINDS))
            assert made
            for row in made[:: max(1, len(made) // MAX_ROWS)]:
                insert(connection, row)


@pytest.mark.parametrize(
    "written", ["a % 2 = 0", "a / c > 1", "CONCAT(b, 'x') <> 'ax'", "t >= d + INTERVAL 1 MONTH", "JSON_TYPE(j) = 'OBJECT'"]
)
def test_unsupported_clauses_are_not_parsed(database: Database, written: str) -> None:
    with database.connection() as connection:
        sql.execute(connection, f"CREATE TABLE t ({COLUMNS}, CONSTRAINT kept CHECK ({written}))".replace("%", "%%"))
        assert parse_check(clause_of(connection)) is None
