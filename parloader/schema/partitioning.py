"""RANGE and LIST partitions as CHECKs: the server rejects a row that belongs to no partition.

Sources: MySQL manual "RANGE Partitioning", "LIST Partitioning", "RANGE COLUMNS partitioning", "How MySQL Partitioning Handles NULL".
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta

from parloader.schema.model import Check, ColumnSchema, ColumnType, Partitioning, TableSchema, quote_identifier

# TO_DAYS and TO_SECONDS count from the year 0, Python's ordinals from the year 1
DAYS_BEFORE_ORDINALS = 365

SECONDS_A_DAY = 86_400

# Also the description of the DEFAULT partition of LIST COLUMNS in MariaDB
UNLIMITED = "MAXVALUE"

NAME = r"`((?:[^`]|``)+)`"

TOKEN = re.compile(r"'(?:[^'\\]|''|\\.)*'|[(),]|[^'(),]+", re.DOTALL)


def _day(ordinal: int) -> datetime:
    return datetime.combine(date.fromordinal(ordinal), datetime.min.time())


# Function → the first timestamp for which it returns n. ValueError or OverflowError: that is not in the years 1 to 9999
FIRST_TIMESTAMP: dict[str, Callable[[int], datetime]] = {
    "year": lambda n: datetime(n, 1, 1),
    "to_days": lambda n: _day(n - DAYS_BEFORE_ORDINALS),
    "to_seconds": lambda n: _day(n // SECONDS_A_DAY - DAYS_BEFORE_ORDINALS) + timedelta(seconds=n % SECONDS_A_DAY),
    "unix_timestamp": lambda n: datetime.fromtimestamp(n, UTC).replace(tzinfo=None),
}


def partition_checks(table: TableSchema) -> tuple[Check, ...]:
    """CHECKs equivalent to the table's RANGE or LIST partitions; empty if any row is accepted or the partitioning is not supported."""
    partitioning = table.partitioning
    if partitioning is None or not partitioning.bounds:
        return ()
    method, by_columns, _ = partitioning.method.partition(" COLUMNS")
    limits = {"RANGE": _range_columns, "LIST": _list_columns} if by_columns else {"RANGE": _range, "LIST": _list}
    if method not in limits:
        return ()
    try:
        clause = limits[method](table, partitioning)
    except (ValueError, OverflowError):  # a bound that is not a number, or not in the years 1 to 9999
        return ()
    return (Check(name=f"PARTITION BY {partitioning.method}", clause=clause),) if clause else ()


def _range(table: TableSchema, partitioning: Partitioning) -> str | None:
    bound = partitioning.bounds[-1]  # bounds ascend
    if bound == UNLIMITED:
        return None
    if column := _column(table, partitioning.expression):
        return f"{quote_identifier(column.name)} < {_integer(bound, column)}"
    if function := _function(table, partitioning.expression):
        first_timestamp, column = function
        return f"{quote_identifier(column.name)} < {_literal(first_timestamp(int(bound)))}"
    return None


def _list(table: TableSchema, partitioning: Partitioning) -> str | None:
    values = [value for bounds in partitioning.bounds for value in bounds.split(",")]
    numbers = [value for value in values if value != "NULL"]
    # MariaDB describes its DEFAULT partition as 0, which is recognised only if another partition also has 0
    if len(set(numbers)) < len(numbers):
        return None
    if column := _column(table, partitioning.expression):
        return _one_of(column, [str(_integer(value, column)) for value in numbers], takes_null=len(numbers) < len(values))
    if function := _function(table, partitioning.expression):
        first_timestamp, column = function
        ranges = [
            f"{quote_identifier(column.name)} >= {_literal(first_timestamp(first))} AND {quote_identifier(column.name)} < {_literal(first_timestamp(last + 1))}"
            for first, last in _runs(map(int, numbers))
        ]
        clause = " OR ".join(f"({r})" for r in ranges)
        return (
            clause if len(numbers) < len(values) or not column.nullable else f"{quote_identifier(column.name)} IS NOT NULL AND ({clause})"
        )
    return None


def _range_columns(table: TableSchema, partitioning: Partitioning) -> str | None:
    """The tuple of columns is below the last bound: a < 5, or a = 5 and b < 7, and so on."""
    columns = _columns(table, partitioning.expression)
    (bounds,) = _tuples(f"({partitioning.bounds[-1]})")
    cases = []
    equal: list[str] = []
    for column, bound in zip(columns, bounds, strict=True):
        if bound == UNLIMITED:
            cases.append(equal)
            break
        cases.append([*equal, f"{quote_identifier(column.name)} < {bound}"])
        equal = [*equal, f"{quote_identifier(column.name)} = {bound}"]
    return " OR ".join(f"({' AND '.join(case)})" for case in cases) if all(cases) else None


def _list_columns(table: TableSchema, partitioning: Partitioning) -> str | None:
    columns = _columns(table, partitioning.expression)
    if UNLIMITED in partitioning.bounds:
        return None
    if len(columns) == 1:
        values = [value for bounds in partitioning.bounds for row in _tuples(f"({bounds})") for value in row]
        return _one_of(columns[0], [v for v in values if v != "NULL"], takes_null="NULL" in values)
    rows = [values for bounds in partitioning.bounds for values in _tuples(bounds)]
    return " OR ".join(f"({' AND '.join(_is(column, value) for column, value in zip(columns, values, strict=True))})" for values in rows)


def _one_of(column: ColumnSchema, values: list[str], *, takes_null: bool) -> str:
    """A CHECK holds for NULL, so NULL is mentioned only if no partition takes it."""
    if not values:
        return f"{quote_identifier(column.name)} IS NULL"
    clause = f"{quote_identifier(column.name)} IN ({', '.join(values)})"
    return clause if takes_null or not column.nullable else f"{quote_identifier(column.name)} IS NOT NULL AND {clause}"


def _is(column: ColumnSchema, value: str) -> str:
    """column = value; never unknown."""
    if value == "NULL":
        return f"{quote_identifier(column.name)} IS NULL"
    return (
        f"{quote_identifier(column.name)} IS NOT NULL AND {quote_identifier(column.name)} = {value}"
        if column.nullable
        else f"{quote_identifier(column.name)} = {value}"
    )


def _tuples(text: str) -> list[list[str]]:
    """The SQL text of each value in a list of tuples such as (1,'x'),(2,NULL)."""
    rows: list[list[str]] = []
    inside = False
    for token in TOKEN.findall(text):
        if token in "()":
            inside = token == "("
            rows += [[""]] if inside else []
        elif token == ",":
            rows[-1] += [""] if inside else []
        else:
            rows[-1][-1] += token
    return rows


def _column(table: TableSchema, expression: str) -> ColumnSchema | None:
    """The column, if the expression is only a column's name."""
    name = re.fullmatch(NAME, expression)
    return _named(table, name[1]) if name else None


def _columns(table: TableSchema, expression: str) -> list[ColumnSchema]:
    return [_named(table, name) for name in re.findall(NAME, expression)]


def _function(table: TableSchema, expression: str) -> tuple[Callable[[int], datetime], ColumnSchema] | None:
    """A supported function of a date or timestamp column: its entry in FIRST_TIMESTAMP, and the column.

    UNIX_TIMESTAMP of a column with fractions of a second is not an integer, so such tables are partitioned by FLOOR of it.
    """
    call = re.fullmatch(rf"(\w+)\({NAME}\)", re.sub(r"^floor\((unix_timestamp\(.*\))\)$", r"\1", expression, flags=re.DOTALL))
    if not call or call[1] not in FIRST_TIMESTAMP:
        return None
    column = _named(table, call[2])
    return (FIRST_TIMESTAMP[call[1]], column) if column.kind in (ColumnType.DATE, ColumnType.DATETIME, ColumnType.TIMESTAMP) else None


def _named(table: TableSchema, name: str) -> ColumnSchema:
    """The column of this name; the expression may write it in another case."""
    return next(c for c in table.columns if c.name.lower() == name.replace("``", "`").lower())


def _integer(bound: str, column: ColumnSchema) -> int:
    """The bound as a number; both servers print unsigned bounds from 2**63 as negative numbers."""
    number = int(bound)
    return number + 2**64 if number < 0 and column.unsigned else number


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """(first, last) of each run of consecutive numbers."""
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _literal(timestamp: datetime) -> str:
    return f"'{timestamp.date() if timestamp.time() == datetime.min.time() else timestamp}'"
