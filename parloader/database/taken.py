"""Which values of a UNIQUE column are taken, so that a run's own can begin after them."""

import datetime
from decimal import Decimal
from typing import Any

from parloader.database import sql
from parloader.database.sql import Connection
from parloader.plans.generators import Form, Scalar, Unique
from parloader.plans.partition import Partition
from parloader.plans.unique import capacity, ordinal, pattern

# Of a column that holds so few values it is looked at each that is taken
FEW_VALUES = 70_000


def after(connection: Connection, table: str, column: str, unique: Unique, made: Partition) -> int | None:
    """The offset with which the rows `made` have values that no row has; None: there is no such."""
    holds = capacity(unique)
    if holds <= FEW_VALUES:
        found = sql.rows(connection, f"SELECT DISTINCT {sql.quote(column)} FROM {sql.quote(table)} WHERE {sql.quote(column)} IS NOT NULL")
        numbers = sorted(n for (value,) in found if (n := ordinal(unique, value)) is not None)
        return _free(numbers, made, holds)
    value = _highest(connection, table, column, unique)
    highest = None if value is None else ordinal(unique, value)
    offset = 0 if highest is None else max(0, highest + 1 - made.start)
    return offset if offset + made.stop <= holds else None


def _free(numbers: list[int], made: Partition, holds: int) -> int | None:
    """The lowest offset with which the numbers of `made` are below `holds` and none of `numbers` (which are in order)."""
    offset = 0
    for number in numbers:
        if number >= offset + made.start and number < offset + made.stop:
            offset = number + 1 - made.start
    return offset if offset + made.stop <= holds else None


def _highest(connection: Connection, table: str, column: str, unique: Unique) -> Any:
    """The highest value of the form; None where there is none."""
    of, where = sql.quote(column), ""
    parameters: tuple[object, ...] = ()
    compared = f"CAST({of} AS CHAR)" if unique.form is Form.UUID else of
    # the digits and letters of many collations are not in the order of their bytes
    highest = f"CAST(LOWER({of}) AS BINARY)" if unique.form is Form.TEXT else compared
    if (like := pattern(unique)) is not None:
        where, parameters = f"WHERE {compared} LIKE %s ESCAPE '|'", (like,)
    elif unique.form is Form.BYTES and unique.prefix:
        prefix = bytes.fromhex(unique.prefix)
        where = f"WHERE {of} BETWEEN %s AND %s"
        parameters = (prefix, prefix + b"\xff" * (unique.length - len(prefix)))
    value = sql.value(connection, f"SELECT MAX({highest}) FROM {sql.quote(table)} {where}", *parameters)
    return value.decode("utf-8", "replace") if unique.form is Form.TEXT and value is not None else value


def count(connection: Connection, table: str, column: str) -> int:
    """How many values are taken."""
    return int(sql.value(connection, f"SELECT COUNT(DISTINCT {sql.quote(column)}) FROM {sql.quote(table)}"))


def scalar(value: Any) -> Scalar:
    """A value that the driver gave, as a plan has it: what is no number, text or bytes is written as the server would."""
    if isinstance(value, datetime.timedelta):
        seconds = int(value.total_seconds())
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if isinstance(value, Decimal | datetime.date):
        return str(value)
    return value  # type: ignore[no-any-return]
