"""Reserves AUTO_INCREMENT keys for a run, and finds free values of UNIQUE columns."""

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
    """Table → its AUTO_INCREMENT counter, the key of the next row inserted without one. Tables that do not exist are left out.

    One look-up per name: for a list of names, MariaDB opens every table of the database.
    """
    if not tables:
        return {}
    statement = "SELECT table_name, auto_increment FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = %s"
    rows = sql.rows(connection, " UNION ALL ".join([statement] * len(tables)), *tables)
    return {name: int(counter or 1) for name, counter in rows}


def tables_with_counters(live: Schema) -> tuple[str, ...]:
    """The tables that have an AUTO_INCREMENT column."""
    return tuple(name for name, table in live.items() if any(column.auto_increment for column in table.columns))


def set_key_counter(connection: Connection, table: str, counter: int) -> None:
    """Sets the counter (InnoDB keeps it above the highest existing key). Waits until no other transaction uses the table."""
    sql.execute(connection, f"ALTER TABLE {sql.quote(table)} AUTO_INCREMENT = %s", counter)


def highest_key(connection: Connection, table: str, key: str) -> int:
    """The highest key; 0 if the table is empty or has only negative keys."""
    return max(0, int(sql.value(connection, f"SELECT MAX({sql.quote(key)}) FROM {sql.quote(table)}") or 0))


def reserve_keys(connection: Connection, table: str, key: str, rows: int, counter_before: int | None) -> int:
    """Reserves `rows` keys after the highest one; returns the first of them. `counter_before`: the table's AUTO_INCREMENT, if it has one.

    ALTER TABLE waits for the transactions that use the table, and every later row inserted without a key gets one after the range. So if no
    higher key was inserted meanwhile, the range is free and stays free.
    """
    while True:
        highest = highest_key(connection, table, key)
        if counter_before is None:
            return highest + 1
        set_key_counter(connection, table, max(highest + 1 + rows, counter_before))
        if highest_key(connection, table, key) == highest:
            return highest + 1


# If a column holds at most this many distinct values, all existing ones are read
MAX_LISTED_VALUES = 70_000


def first_free_offset(connection: Connection, table: str, column: str, unique: Unique, indices: IndexRange) -> int | None:
    """The offset at which rows with these indices get values that no existing row has; None: there is no such offset."""
    values = capacity(unique)
    if values <= MAX_LISTED_VALUES:
        existing = sql.rows(
            connection, f"SELECT DISTINCT {sql.quote(column)} FROM {sql.quote(table)} WHERE {sql.quote(column)} IS NOT NULL"
        )
        positions = sorted(n for (value,) in existing if (n := position_of(unique, value)) is not None)
        return _lowest_free_offset(positions, indices, values)
    value = _highest_value(connection, table, column, unique)
    highest = None if value is None else position_of(unique, value)
    offset = 0 if highest is None else max(0, highest + 1 - indices.start)
    return offset if offset + indices.stop <= values else None


def _lowest_free_offset(positions: list[int], indices: IndexRange, values: int) -> int | None:
    """The lowest offset that moves `indices` to none of the sorted `positions`, all below `values`."""
    offset = 0
    for position in positions:
        if offset + indices.start <= position < offset + indices.stop:
            offset = position + 1 - indices.start
    return offset if offset + indices.stop <= values else None


def _highest_value(connection: Connection, table: str, column: str, unique: Unique) -> Any:
    """The highest existing value of this form; None if there is none."""
    name, where = sql.quote(column), ""
    parameters: tuple[object, ...] = ()
    compared = f"CAST({name} AS CHAR)" if unique.form is UniqueKind.UUID else name
    # Many collations sort digits and letters in another order than their bytes
    highest = f"CAST(LOWER({name}) AS BINARY)" if unique.form is UniqueKind.TEXT else compared
    if (like := like_pattern(unique)) is not None:
        where, parameters = f"WHERE {compared} LIKE %s ESCAPE '|'", (like,)
    elif unique.form is UniqueKind.BYTES and unique.prefix:
        prefix = bytes.fromhex(unique.prefix)
        where = f"WHERE {name} BETWEEN %s AND %s"
        parameters = (prefix, prefix + b"\xff" * (unique.length - len(prefix)))
    value = sql.value(connection, f"SELECT MAX({highest}) FROM {sql.quote(table)} {where}", *parameters)
    return value.decode("utf-8", "replace") if unique.form is UniqueKind.TEXT and value is not None else value


def count_distinct(connection: Connection, table: str, column: str) -> int:
    """The number of distinct values in the column."""
    return int(sql.value(connection, f"SELECT COUNT(DISTINCT {sql.quote(column)}) FROM {sql.quote(table)}"))


def plan_value(value: Any) -> Scalar:
    """Converts a value from the driver to one of a plan: dates, times and decimals become the server's text."""
    if isinstance(value, datetime.timedelta):
        seconds = int(value.total_seconds())
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if isinstance(value, Decimal | datetime.date):
        return str(value)
    return value  # type: ignore[no-any-return]
