"""The rows that tables have before a run: how many, up to what the run needs to know, and which ones it picks if there are more than it needs."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.plans.conditions import Conditions
from parloader.plans.generators import Scalar
from parloader.plans.model import Plan
from parloader.plans.row_ranges import COUNTED_ROWS, ExistingTable
from parloader.rows.conditions import where
from parloader.schema.model import ColumnType, Schema, TableSchema
from parloader.timestamps import time_text

# Reused rows of a table whose keys have gaps, or of which other columns than the key are picked: their keys and values go to the ledger
MAX_SAMPLED_ROWS = 10_000

# All rows of a table with contiguous keys are reused if it has at most this many for each row of the plan. Counting them costs a tenth of a
# microsecond each, and loading a row several; of a larger table, which could take longer to count than the load takes, a sample is reused
REUSED_PER_ROW = 10

# The sample comes from this many places in the range of the keys
SAMPLED_PLACES = 100

# The driver gives dates without a year, month or day as text
ZERO_DATE_TEXT = re.compile(r"\d{4}-(00-\d\d|\d\d-00)\b|0000-")

# What plan shows as the size of a table is counted up to here
MAX_SHOWN_ROWS = 1_000

# SELECTs per UNION ALL statement, so that it stays short
UNITED = 50


@dataclass(frozen=True, kw_only=True)
class ExistingKeys:
    """The rows of a table that have a positive integer key (all rows, if it has no such key)."""

    counted: int  # up to the limit with which it was read
    first: int  # the lowest key
    last: int  # the highest key
    empty: bool  # the table has no row at all

    @property
    def is_contiguous(self) -> bool:
        """Whether the keys have no gaps, if all rows were counted."""
        return self.counted > 0 and self.last - self.first + 1 == self.counted


# A table that does not exist yet
NOTHING = ExistingKeys(counted=0, first=0, last=0, empty=True)


@dataclass(frozen=True, kw_only=True)
class RowCount:
    """The number of rows in a table, counted up to MAX_SHOWN_ROWS."""

    rows: int
    exact: bool  # False: the table has more rows than that


NO_ROWS = RowCount(rows=0, exact=True)


def count_rows(connection: Connection, tables: Sequence[str]) -> dict[str, RowCount]:
    """Table → how many rows it has."""
    selects = [f"SELECT {number:d}, {_count(name, None, MAX_SHOWN_ROWS + 1)}" for number, name in enumerate(tables)]
    counts = {tables[number]: int(rows) for number, rows in united(connection, selects)}
    return {name: RowCount(rows=min(rows, MAX_SHOWN_ROWS), exact=rows <= MAX_SHOWN_ROWS) for name, rows in counts.items()}


def read_keys(connection: Connection, keys: Mapping[str, str | None], limits: Mapping[str, int]) -> dict[str, ExistingKeys]:
    """Reads the ends of tables, given with their integer keys (None: no such key), and counts their rows up to the limit, if it is given."""
    selects = []
    for number, (table, key) in enumerate(keys.items()):
        name, k = sql.quote_table(table), sql.quote(key or "")
        ends = f"(SELECT MIN({k}) FROM {name} WHERE {k} > 0), (SELECT MAX({k}) FROM {name})" if key else "NULL, NULL"
        count = _count(table, key, limits[table]) if table in limits else "0"
        selects.append(f"SELECT {number:d}, {count}, {ends}, EXISTS (SELECT 1 FROM {name})")
    names, existing = list(keys), {}
    for number, rows, first, last, exists in united(connection, selects):
        existing[names[number]] = ExistingKeys(counted=int(rows), first=int(first or 0), last=max(0, int(last or 0)), empty=not exists)
    return existing


def _count(table: str, key: str | None, limit: int) -> str:
    """A SELECT that counts the table's rows, those with a positive key, up to the limit."""
    where = f"WHERE {sql.quote(key)} > 0" if key else ""
    return f"(SELECT COUNT(*) FROM (SELECT 1 FROM {sql.quote_table(table)} {where} LIMIT {limit:d}) some)"


def united(connection: Connection, selects: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """The rows of SELECTs without parameters, UNITED of them per statement."""
    for at in range(0, len(selects), UNITED):
        yield from sql.rows(connection, " UNION ALL ".join(selects[at : at + UNITED]))


class _ReusableTable:
    """A table of whose rows the plan may pick all, or a sample. More than MAX_SAMPLED_ROWS are counted when somebody asks for their number."""

    def __init__(self, connection: Connection, name: str, key: str | None, keys: ExistingKeys, limit: int) -> None:
        """`keys`: counted up to MAX_SAMPLED_ROWS + 1. `limit`: if the table has more rows than this, the plan picks from a sample."""
        self._connection = connection
        self._name, self._key, self._keys, self._limit = name, key, keys, limit
        self.is_empty = not keys.counted
        self._fitting: dict[Conditions, int] = {}

    def fitting(self, conditions: Conditions) -> int:
        """How many rows meet the conditions, up to MAX_SAMPLED_ROWS."""
        if conditions not in self._fitting:
            self._fitting[conditions] = _count_fitting(self._connection, self._name, self._key, conditions)
        return self._fitting[conditions]

    @cached_property
    def rows(self) -> int:
        """How many rows the plan may pick from."""
        keys = self._keys
        if keys.counted <= MAX_SAMPLED_ROWS:
            return keys.counted
        if self._key and self._limit > MAX_SAMPLED_ROWS:
            keys = read_keys(self._connection, {self._name: self._key}, {self._name: self._limit + 1})[self._name]
            if keys.counted <= self._limit and keys.is_contiguous:
                return keys.counted
        return MAX_SAMPLED_ROWS


class _FilledTable:
    """A table of which no row is reused. Its rows are counted, up to COUNTED_ROWS, when somebody asks for their number."""

    def __init__(self, connection: Connection, name: str, key: str | None, keys: ExistingKeys) -> None:
        self._connection = connection
        self._name, self._key = name, key
        self.is_empty = keys.empty

    def fitting(self, conditions: Conditions) -> int:
        """0: no row of the table is reused."""
        return 0

    @cached_property
    def rows(self) -> int:
        """How many rows it has."""
        return read_keys(self._connection, {self._name: self._key}, {self._name: COUNTED_ROWS})[self._name].counted


def _count_fitting(connection: Connection, table: str, key: str | None, conditions: Conditions) -> int:
    source, values = fitting_rows(table, key, conditions)
    return int(sql.value(connection, f"SELECT COUNT(*) FROM (SELECT 1 {source} LIMIT {MAX_SAMPLED_ROWS:d}) some", *values))


def fitting_rows(table: str, key: str | None, conditions: Conditions) -> tuple[str, list[Any]]:
    """FROM and WHERE of the rows with a positive key that meet the conditions, and the values for the placeholders."""
    condition, values = where(conditions)
    positive = f"{sql.quote(key)} > 0 AND " if key else ""
    return f"FROM {sql.quote_table(table)} WHERE {positive}{condition}", values


def count_existing_rows(connection: Connection, plan: Plan, schema: Schema) -> Mapping[str, ExistingTable]:
    """Table → its rows."""
    picked = {(foreign.parent, column) for table in schema.values() for foreign in table.foreign_keys for column in foreign.referenced}
    keys = {name: _integer_key(table) for name, table in schema.items()}
    by_other_columns = {parent for parent, column in picked if column != keys.get(parent)}
    not_reused = {table.name for table in plan.tables if not table.reuse}
    existing = read_keys(connection, keys, {name: MAX_SAMPLED_ROWS + 1 for name in schema if name not in not_reused})
    limit = max(MAX_SAMPLED_ROWS, REUSED_PER_ROW * max((table.rows for table in plan.tables if table.name in not_reused), default=0))
    return {
        name: _FilledTable(connection, name, keys[name], existing[name])
        if name in not_reused
        else _ReusableTable(connection, name, keys[name], existing[name], MAX_SAMPLED_ROWS if name in by_other_columns else limit)
        for name in schema
    }


def _integer_key(table: TableSchema) -> str | None:
    """The table's primary key if it is one integer column."""
    key = table.primary_key
    if key is None or len(key.columns) != 1:
        return None
    return key.columns[0] if table.column(key.columns[0]).kind is ColumnType.INTEGER else None


def is_contiguous(connection: Connection, table: str, key: str, first: int, rows: int) -> bool:
    """Whether each of the keys from `first` on has a row. Reads these rows only."""
    where = f"WHERE {sql.quote(key)} BETWEEN %s AND %s"
    return int(sql.value(connection, f"SELECT COUNT(*) FROM {sql.quote_table(table)} {where}", first, first + rows - 1)) == rows


def plan_value(value: Any) -> Scalar:
    """Converts a value from the driver to one of a plan: dates, times and decimals become the server's text."""
    if isinstance(value, timedelta):
        return time_text(value)
    if isinstance(value, Decimal | date):
        return str(value)
    return value  # type: ignore[no-any-return]


def typed_value(value: Any) -> Scalar:
    """Converts a value from the driver to one with which a plan computes: decimals, dates and timestamps have their type; 0000-00-00 is NULL."""
    if isinstance(value, str) and ZERO_DATE_TEXT.match(value):
        return None
    return value if isinstance(value, Decimal | date) else plan_value(value)


def spread_keys(connection: Connection, table: str, key: str, existing: ExistingKeys, rows: int) -> list[int]:
    """This many keys, or all if there are fewer, in order: short sequences from places that are evenly spread over the range of the keys.

    Reads only about as many rows, however large the table is. If few keys lie at the upper places, the lowest keys complete the sample.
    """
    if not rows:
        return []
    name, k = sql.quote_table(table), sql.quote(key)
    places = min(rows, SAMPLED_PLACES)
    starts = [existing.first + (existing.last - existing.first) * n // places for n in range(places)]
    selects = [f"(SELECT {k} FROM {name} WHERE {k} >= {start:d} ORDER BY {k} LIMIT {-(-rows // places):d})" for start in starts]
    found = {found: None for (found,) in united(connection, selects)}
    if len(found) < rows:
        lowest = sql.rows(connection, f"SELECT {k} FROM {name} WHERE {k} > 0 ORDER BY {k} LIMIT {rows:d}")
        found |= dict.fromkeys(k for (k,) in lowest)
    return sorted([*found][:rows])
