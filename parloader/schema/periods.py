"""UNIQUE keys WITHOUT OVERLAPS of MariaDB: rows that agree in the other columns of the key have application periods that do not overlap.

A period is listed as a CHECK that its start is before its end, and the key with its end and start as the last columns; only SHOW CREATE TABLE
tells it from an ordinary key. Source: MariaDB documentation "Application-Time Periods".
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from parloader.schema.model import ColumnType, TableSchema, UniqueKey, quote_identifier

PERIOD_TYPES = (ColumnType.DATE, ColumnType.DATETIME, ColumnType.TIMESTAMP)


def with_periods(tables: Mapping[str, TableSchema], definition: Callable[[str], str]) -> dict[str, TableSchema]:
    """The tables, with the period of each key WITHOUT OVERLAPS. `definition`: the statement that creates a table, asked for only if it can have one."""

    def completed(table: TableSchema) -> TableSchema:
        statement = definition(table.name) if any(_may_have_period(table, key) for key in table.unique_keys) else ""
        if not statement:
            return table
        keys = (replace(key, period=key.columns[-2:][::-1]) if _is_without_overlaps(key, statement) else key for key in table.unique_keys)
        return replace(table, unique_keys=tuple(keys))

    return {name: completed(table) for name, table in tables.items()}


def _may_have_period(table: TableSchema, key: UniqueKey) -> bool:
    """Whether the last columns of the key may be the end and the start of a period."""
    last = [table.column(name) for name in key.columns[-2:]]
    return (
        len(key.columns) > 2
        and not key.expressions
        and all(column.kind in PERIOD_TYPES and not column.nullable for column in last)
        and len({column.type_text for column in last}) == 1
    )


def _is_without_overlaps(key: UniqueKey, statement: str) -> bool:
    name = "PRIMARY KEY" if key.name == "PRIMARY" else f"UNIQUE KEY {quote_identifier(key.name)}"
    return re.search(rf"^  {re.escape(name)} \([^\n]* WITHOUT OVERLAPS\)", statement, re.MULTILINE) is not None
