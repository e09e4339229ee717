"""Helpers that run SQL statements. Values are passed as parameters, never formatted into the statement."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pymysql.cursors import SSCursor

from parloader.database import error_codes
from parloader.database.driver import Connection, DriverError
from parloader.schema import table_names
from parloader.schema.model import quote_identifier

QUERY_INTERRUPTED = 1317

# Rows that are held while more are read
STREAMED_ROWS = 10_000


def quote(name: str) -> str:
    """A quoted identifier for the statements that these helpers run (percent signs doubled, because the driver fills in values for %s)."""
    return quote_identifier(name).replace("%", "%%")


def quote_table(name: str) -> str:
    """A table's name, with its database if it has one (schema/table_names.py), for the same statements."""
    return table_names.quote_table(name).replace("%", "%%")


def schema_of(name: str) -> tuple[str, tuple[str, ...]]:
    """SQL for the database of a table with this name, and its parameters."""
    database = table_names.database_of(name)
    return ("DATABASE()", ()) if database is None else ("%s", (database,))


def execute(connection: Connection, statement: str, *values: Any) -> int:
    """Runs the statement; returns the number of rows it changed. Raises the driver's errors."""
    with connection.cursor() as cursor:
        return int(cursor.execute(statement, values))


def composed(connection: Connection, statement: str, *values: Any) -> bytes:
    """The statement with its values, to be sent with others (driver.Leading)."""
    with connection.cursor() as cursor:
        return str(cursor.mogrify(statement, values)).encode()


def delete(connection: Connection, table: str, condition: str, *values: Any, order: str = "") -> int:
    """Deletes the rows for which the condition is true, in this order; returns how many. Raises the driver's errors.

    MariaDB reports success, without a deleted row, if KILL QUERY hits a DELETE while it is planned (seen with 10.11.18). That is raised as an
    error here, like any other killed statement.
    """
    of_table = f"FROM {quote_table(table)} WHERE {condition}"
    deleted = execute(connection, f"DELETE {of_table} {order}", *values)
    if not deleted and value(connection, f"SELECT COUNT(*) {of_table} FOR UPDATE", *values):
        raise DriverError(QUERY_INTERRUPTED, "Query execution was interrupted")
    return deleted


def rows(connection: Connection, statement: str, *values: Any) -> tuple[tuple[Any, ...], ...]:
    """All rows that the statement returns."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return tuple(cursor.fetchall())


def streamed(connection: Connection, statement: str, *values: Any) -> Iterator[tuple[tuple[Any, ...], ...]]:
    """The rows that the statement returns, some thousand at a time: they are not held. The connection is busy until the last one is read."""
    with connection.cursor(SSCursor) as cursor:
        cursor.execute(statement, values)
        while found := tuple(cursor.fetchmany(STREAMED_ROWS)):
            yield found


def exists(connection: Connection, source: str, *values: Any) -> bool:
    """Whether the source (FROM … WHERE …) has a row. Raises the driver's errors.

    MariaDB answers SELECT … LIMIT 1, and EXISTS, as if there were no row if KILL QUERY hits it while it is planned; COUNT(*) is an error then.
    """
    return bool(value(connection, f"SELECT COUNT(*) FROM (SELECT 1 {source} LIMIT 1) AS found", *values))


def row(connection: Connection, statement: str, *values: Any) -> tuple[Any, ...]:
    """The row of a statement that returns exactly one."""
    return rows(connection, statement, *values)[0]


def value(connection: Connection, statement: str, *values: Any) -> Any:
    """The first column of a statement that returns exactly one row."""
    return row(connection, statement, *values)[0]


def variables(connection: Connection, names: Sequence[str]) -> dict[str, Any]:
    """The session's values of these variables."""
    return dict(zip(names, row(connection, "SELECT " + ", ".join(f"@@SESSION.{name}" for name in names)), strict=True))


def within(column: str, ranges: tuple[tuple[int, int], ...], *, of: str | None = None) -> str:
    """An SQL condition: `column` (of the table with alias `of`) is in one of these (first, last) ranges."""
    name = _column(column, of)
    return "(" + (" OR ".join(f"{name} BETWEEN {first:d} AND {last:d}" for first, last in ranges) or "FALSE") + ")"


def outside(column: str, ranges: tuple[tuple[int, int], ...], *, of: str | None = None) -> str:
    """An SQL condition: `column` is in none of these ranges. It lists the gaps between them, so that an index can be used."""
    name = _column(column, of)
    conditions = []
    above: int | None = None
    for first, last in sorted(ranges):
        if above is None:
            conditions.append(f"{name} < {first:d}")
        elif first > above + 1:
            conditions.append(f"{name} BETWEEN {above + 1:d} AND {first - 1:d}")
        above = last if above is None else max(above, last)
    conditions.append("TRUE" if above is None else f"{name} > {above:d}")
    return "(" + " OR ".join(conditions) + ")"


def _column(column: str, of: str | None) -> str:
    return f"{quote(of)}.{quote(column)}" if of else quote(column)


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """Runs the block in a transaction: commits at its end, rolls back on an error."""
    connection.begin()
    try:
        yield
        connection.commit()
    except BaseException as error:
        error_codes.rollback(connection)
        raise error


@contextmanager
def rolled_back(connection: Connection) -> Iterator[None]:
    """Runs the block in a transaction that is rolled back at its end, whether it succeeds or fails."""
    connection.begin()
    try:
        yield
    finally:
        error_codes.rollback(connection)


@contextmanager
def savepoint(connection: Connection, name: str) -> Iterator[None]:
    """Undoes what the block does within the caller's transaction, whether it succeeds or fails."""
    execute(connection, f"SAVEPOINT {name}")
    try:
        yield
    except BaseException as error:
        with error_codes.suppress_driver_errors():  # a deadlock or a lost connection has already rolled everything back
            execute(connection, f"ROLLBACK TO SAVEPOINT {name}")
        raise error
    execute(connection, f"ROLLBACK TO SAVEPOINT {name}")
