"""The few helpers that every statement goes through. `values` are always passed beside the statement, never put into it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from parloader.database import error_codes
from parloader.database.driver import Connection
from parloader.schema.model import quote_identifier


def quote(name: str) -> str:
    """An identifier as it stands in a statement of this module (a percent sign doubled, because values are filled in with %s)."""
    return quote_identifier(name).replace("%", "%%")


def execute(connection: Connection, statement: str, *values: Any) -> int:
    """Runs the statement; returns the number of rows it changed. Errors are the driver's."""
    with connection.cursor() as cursor:
        return int(cursor.execute(statement, values))


def rows(connection: Connection, statement: str, *values: Any) -> tuple[tuple[Any, ...], ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return tuple(cursor.fetchall())


def row(connection: Connection, statement: str, *values: Any) -> tuple[Any, ...]:
    """The only row of a statement that has one."""
    return rows(connection, statement, *values)[0]


def value(connection: Connection, statement: str, *values: Any) -> Any:
    return row(connection, statement, *values)[0]


def within(column: str, ranges: tuple[tuple[int, int], ...], *, of: str | None = None) -> str:
    """A condition: `column` (of the table with the alias `of`) is in one of these (first, last) ranges."""
    name = _column(column, of)
    return "(" + (" OR ".join(f"{name} BETWEEN {first:d} AND {last:d}" for first, last in ranges) or "FALSE") + ")"


def outside(column: str, ranges: tuple[tuple[int, int], ...], *, of: str | None = None) -> str:
    """A condition: `column` is in none of these ranges; written as the ranges between them, so that an index serves it."""
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
    """Commits at the end, rolls back on an error."""
    connection.begin()
    try:
        yield
        connection.commit()
    except BaseException as error:
        error_codes.rollback(connection)
        raise error


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
