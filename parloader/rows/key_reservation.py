"""Reserves AUTO_INCREMENT keys for a run."""

from collections.abc import Collection

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.schema.model import Schema
from parloader.schema.table_names import split


def key_counters(connection: Connection, tables: Collection[str]) -> dict[str, int]:
    """Table → its AUTO_INCREMENT counter, the key of the next row inserted without one. Tables that do not exist are left out.

    One look-up per name: for a list of names, MariaDB opens every table of the database.
    """
    if not tables:
        return {}
    names, selects, values = list(tables), list[str](), list[str]()
    for number, name in enumerate(names):
        schema, of = sql.schema_of(name)
        selects.append(
            f"SELECT {number:d}, auto_increment FROM information_schema.tables WHERE table_schema = {schema} AND table_name = %s"
        )
        values += [*of, split(name)[1]]
    return {names[number]: int(counter or 1) for number, counter in sql.rows(connection, " UNION ALL ".join(selects), *values)}


def tables_with_counters(live: Schema) -> tuple[str, ...]:
    """The tables that have an AUTO_INCREMENT column."""
    return tuple(name for name, table in live.items() if any(column.auto_increment for column in table.columns))


def set_key_counter(connection: Connection, table: str, counter: int) -> None:
    """Sets the counter (InnoDB keeps it above the highest existing key). Waits until no other transaction uses the table."""
    sql.execute(connection, f"ALTER TABLE {sql.quote_table(table)} AUTO_INCREMENT = %s", counter)


def highest_key(connection: Connection, table: str, key: str) -> int:
    """The highest key; 0 if the table is empty or has only negative keys."""
    return max(0, int(sql.value(connection, f"SELECT MAX({sql.quote(key)}) FROM {sql.quote_table(table)}") or 0))


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
