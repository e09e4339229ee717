"""Reserves AUTO_INCREMENT keys for a run, and finds free values of UNIQUE columns."""

import datetime
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.plans.generators import Scalar, Unique, UniqueKind
from parloader.plans.row_ranges import IndexRange
from parloader.plans.unique import capacity, like_pattern, position_of, text_of
from parloader.schema.model import Schema, TableSchema
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


# If a column holds at most this many distinct values, all existing ones are read
MAX_LISTED_VALUES = 70_000

# If no value above the highest existing one is left, this many of the highest are read, to find free ones below: a column with a few
# values that stand for "none" or "for ever" has plenty
MAX_HIGHEST_VALUES = 1_000

# The forms whose values the server sorts as their numbers n
SORTED_AS_NUMBERS = (UniqueKind.INTEGER, UniqueKind.DECIMAL, UniqueKind.DATE, UniqueKind.DATETIME, UniqueKind.TIME)

# Places at which free texts are looked for: 2 to this power is more than any table has rows
PLACES = 40

# Collations that sort digits before letters and both in their usual order, without the contractions of a language ("ch" after "h" in Czech).
# Others may as well, but are not worth a longer list
IN_DIGIT_ORDER = re.compile(
    r"(utf8|utf8mb3|utf8mb4|ascii|latin1|ucs2|utf16|utf16le|utf32)_"
    r"((general|unicode|unicode_520)_(nopad_)?ci|(nopad_)?bin|0900_(ai_ci|as_ci|as_cs|bin)|uca1400_(nopad_)?(ai|as)_(ci|cs))"
    r"|latin1_swedish_(nopad_)?ci"
)


@dataclass(frozen=True, kw_only=True)
class FreeValues:
    """Where new rows get their unique values: consecutive ones, from `offset` on."""

    offset: int | None  # None: no consecutive values are left that suffice
    longest: int  # how many rows the longest run of free values suffices for
    above_highest: bool  # whether only values above the highest existing one were considered


def free_values(
    connection: Connection, schema: TableSchema, column: str, unique: Unique, indices: IndexRange, *, sole: bool = True
) -> FreeValues:
    """Finds values for rows with these indices that no existing row has. `sole`: the column has no values of another form."""
    table, values = schema.name, capacity(unique)
    if values <= MAX_LISTED_VALUES:
        existing = sql.rows(
            connection, f"SELECT DISTINCT {sql.quote(column)} FROM {sql.quote_table(table)} WHERE {sql.quote(column)} IS NOT NULL"
        )
        return _free_between(_positions(unique, (value for (value,) in existing)), indices, values)
    if unique.form is UniqueKind.TEXT and sole and _is_in_digit_order(schema, column):
        first = _free_texts(connection, table, column, unique, indices)
        if first is not None:
            return FreeValues(offset=first - indices.start, longest=values - first, above_highest=False)
    value = _highest_value(connection, table, column, unique)
    above = _free_between(_positions(unique, [] if value is None else [value]), indices, values, above_first=True)
    if above.offset is not None or unique.form not in SORTED_AS_NUMBERS:
        return above
    statement = (
        f"SELECT DISTINCT {{0}} FROM {sql.quote_table(table)} WHERE {{0}} IS NOT NULL ORDER BY {{0}} DESC LIMIT {MAX_HIGHEST_VALUES:d}"
    )
    highest = sql.rows(connection, statement.format(sql.quote(column)))
    return _free_between(
        _positions(unique, (value for (value,) in highest)), indices, values, above_first=len(highest) == MAX_HIGHEST_VALUES
    )


def _positions(unique: Unique, values: Iterable[object]) -> list[int]:
    """The numbers n of the values, sorted, each once; without values that are not of this form."""
    positions = {n for value in values if (n := position_of(unique, value)) is not None}
    if unique.step > 1:  # a value between two numbers may be as close to either as the step has to keep others away
        positions |= {n + 1 for n in positions}
    return sorted(positions)


def _free_between(positions: list[int], indices: IndexRange, values: int, *, above_first: bool = False) -> FreeValues:
    """The lowest free values for the rows. `positions`: the taken ones; `above_first`: those below the first may be taken as well."""
    longest = 0
    ends = [*positions, values]
    for before, position in zip([None if above_first and positions else -1, *positions], ends, strict=True):
        if before is None:
            continue
        first = max(before + 1, indices.start)
        length = min(position, values) - first
        if length >= indices.rows:
            return FreeValues(offset=first - indices.start, longest=length, above_highest=False)
        longest = max(longest, length)
    return FreeValues(offset=None, longest=longest, above_highest=above_first)


def _highest_value(connection: Connection, table: str, column: str, unique: Unique) -> Any:
    """The highest existing value of this form; None if there is none."""
    name, where = sql.quote(column), ""
    parameters: tuple[object, ...] = ()
    compared = f"CAST({name} AS CHAR)" if unique.form is UniqueKind.UUID else name
    # Many collations sort digits and letters in another order than their bytes
    highest = f"CAST(LOWER(CONVERT({name} USING utf8mb4)) AS BINARY)" if unique.form is UniqueKind.TEXT else compared
    if (like := like_pattern(unique)) is not None:
        where, parameters = f"WHERE {compared} LIKE %s ESCAPE '|'", (like,)
    elif unique.form is UniqueKind.BYTES and unique.prefix:
        prefix = bytes.fromhex(unique.prefix)
        where = f"WHERE {name} BETWEEN %s AND %s"
        parameters = (prefix, prefix + b"\xff" * (unique.length - len(prefix)))
    value = sql.value(connection, f"SELECT MAX({highest}) FROM {sql.quote_table(table)} {where}", *parameters)
    return value.decode() if unique.form is UniqueKind.TEXT and value is not None else value


def _is_in_digit_order(schema: TableSchema, column: str) -> bool:
    """Whether an index of the table has the column's texts in the order of their digits."""
    indexes = [key.columns for key in schema.unique_keys if not key.expressions and not any(key.prefixes)]
    return any(columns[:1] == (column,) for columns in indexes) and bool(IN_DIGIT_ORDER.fullmatch(schema.column(column).collation))


def _free_texts(connection: Connection, table: str, column: str, unique: Unique, indices: IndexRange) -> int | None:
    """The number n of the first of consecutive free texts, found in an index without reading the others; None if there is no such place.

    Looks at the first n that is possible, and at places that are twice as far from it each time. Below the first free place follow the
    highest existing text there, which is usually the last one of an earlier run.
    """
    name, source = sql.quote(column), f"FROM {sql.quote_table(table)}"
    distances = [0, *(indices.rows << doubled for doubled in range(PLACES))]
    places = [first for distance in distances if (first := indices.start + distance) + indices.rows <= capacity(unique)]
    ends = [text_of(unique, n) for first in places for n in (first, first + indices.rows - 1)]
    # COUNT, because a SELECT … LIMIT 1 that is killed may look like one without a row (sql.exists)
    looks = [f"(SELECT COUNT(*) FROM (SELECT 1 {source} WHERE {name} BETWEEN %s AND %s LIMIT 1) place)"] * len(places)
    taken = sql.row(connection, f"SELECT {', '.join(looks)}", *ends) if places else ()
    free = next((place for place, is_taken in zip(places, taken, strict=True) if not is_taken), None)
    if free is None or free == indices.start:
        return free
    below = f"WHERE {name} BETWEEN %s AND %s ORDER BY {name} DESC LIMIT 1"
    last = sql.rows(connection, f"SELECT {name} {source} {below}", text_of(unique, indices.start), text_of(unique, free - 1))
    position = position_of(unique, last[0][0]) if last else None
    is_of_form = position is not None and text_of(unique, position).lower() == last[0][0].lower()
    return position + 1 if position is not None and is_of_form else free


def plan_value(value: Any) -> Scalar:
    """Converts a value from the driver to one of a plan: dates, times and decimals become the server's text."""
    if isinstance(value, datetime.timedelta):
        seconds = int(value.total_seconds())
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if isinstance(value, Decimal | datetime.date):
        return str(value)
    return value  # type: ignore[no-any-return]
