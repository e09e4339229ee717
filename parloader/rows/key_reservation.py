"""Which values of a UNIQUE column are taken, so that a run's own can begin after them."""

import datetime
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.plans.generators import Scalar, Unique, UniqueKind
from parloader.plans.row_ranges import IndexRange
from parloader.plans.unique import capacity, like_pattern, position_of
from parloader.schema.model import Schema


def key_counters(connection: Connection, tables: Collection[str]) -> dict[str, int]:
    """The AUTO_INCREMENT counters of these tables: the key that the next row without one gets. Of those that exist.

    A look-up of one name each: to a list of names MariaDB opens every table of the database.
    """
    if not tables:
        return {}
    statement = "SELECT table_name, auto_increment FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = %s"
    found = sql.rows(connection, " UNION ALL ".join([statement] * len(tables)), *tables)
    return {name: int(counter or 1) for name, counter in found}


def tables_with_counters(live: Schema) -> tuple[str, ...]:
    """The tables that have an AUTO_INCREMENT column."""
    return tuple(name for name, table in live.items() if any(column.auto_increment for column in table.columns))


def set_key_counter(connection: Connection, table: str, counter: int) -> None:
    """Moves the counter (InnoDB keeps it above the highest key there is). Waits until no other transaction uses the table."""
    sql.execute(connection, f"ALTER TABLE {sql.quote(table)} AUTO_INCREMENT = %s", counter)


def highest_key(connection: Connection, table: str, key: str) -> int:
    """0 where there is none."""
    return max(0, int(sql.value(connection, f"SELECT MAX({sql.quote(key)}) FROM {sql.quote(table)}") or 0))


def reserve_keys(connection: Connection, table: str, key: str, rows: int, counter_before: int | None) -> int:
    """Reserves `rows` keys after the highest one; returns the first of them. `counter_before`: the table's AUTO_INCREMENT, if it has one.

    ALTER TABLE waits for the transactions that use the table, and every later row without a key gets one after the range. So when no
    higher key has come in between, nobody else has one in the range or will get one.
    """
    while True:
        highest = highest_key(connection, table, key)
        if counter_before is None:
            return highest + 1
        set_key_counter(connection, table, max(highest + 1 + rows, counter_before))
        if highest_key(connection, table, key) == highest:
            return highest + 1


# Of a column that holds so few values it is looked at each that is taken
MAX_LISTED_VALUES = 70_000


def first_free_offset(connection: Connection, table: str, column: str, unique: Unique, made: IndexRange) -> int | None:
    """The offset with which the rows `made` have values that no row has; None: there is no such."""
    holds = capacity(unique)
    if holds <= MAX_LISTED_VALUES:
        found = sql.rows(connection, f"SELECT DISTINCT {sql.quote(column)} FROM {sql.quote(table)} WHERE {sql.quote(column)} IS NOT NULL")
        numbers = sorted(n for (value,) in found if (n := position_of(unique, value)) is not None)
        return _free(numbers, made, holds)
    value = _highest(connection, table, column, unique)
    highest = None if value is None else position_of(unique, value)
    offset = 0 if highest is None else max(0, highest + 1 - made.start)
    return offset if offset + made.stop <= holds else None


def _free(numbers: list[int], made: IndexRange, holds: int) -> int | None:
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
    compared = f"CAST({of} AS CHAR)" if unique.form is UniqueKind.UUID else of
    # the digits and letters of many collations are not in the order of their bytes
    highest = f"CAST(LOWER({of}) AS BINARY)" if unique.form is UniqueKind.TEXT else compared
    if (like := like_pattern(unique)) is not None:
        where, parameters = f"WHERE {compared} LIKE %s ESCAPE '|'", (like,)
    elif unique.form is UniqueKind.BYTES and unique.prefix:
        prefix = bytes.fromhex(unique.prefix)
        where = f"WHERE {of} BETWEEN %s AND %s"
        parameters = (prefix, prefix + b"\xff" * (unique.length - len(prefix)))
    value = sql.value(connection, f"SELECT MAX({highest}) FROM {sql.quote(table)} {where}", *parameters)
    return value.decode("utf-8", "replace") if unique.form is UniqueKind.TEXT and value is not None else value


def count_distinct(connection: Connection, table: str, column: str) -> int:
    """How many values are taken."""
    return int(sql.value(connection, f"SELECT COUNT(DISTINCT {sql.quote(column)}) FROM {sql.quote(table)}"))


def plan_value(value: Any) -> Scalar:
    """A value that the driver gave, as a plan has it: what is no number, text or bytes is written as the server would."""
    if isinstance(value, datetime.timedelta):
        seconds = int(value.total_seconds())
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if isinstance(value, Decimal | datetime.date):
        return str(value)
    return value  # type: ignore[no-any-return]
