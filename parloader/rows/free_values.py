"""Finds values of UNIQUE columns, and integer keys, that no existing row has."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.plans.generators import Unique, UniqueKind
from parloader.plans.row_ranges import IndexRange
from parloader.plans.unique import capacity, like_pattern, position_of, text_of, value_of
from parloader.schema.model import TableSchema

# If a column holds at most this many distinct values, all existing ones are read
MAX_LISTED_VALUES = 70_000

# If too few values are left above the highest existing one, this many of the highest are read, to find free ones below: a column with a few
# values that stand for "none" or "for ever" has plenty. Only if these do not suffice, the entire index is read
MAX_HIGHEST_VALUES = 1_000

# The forms whose values the server sorts by their numbers n → a number, in SQL, that grows with n
SORTED_BY_NUMBER = {
    UniqueKind.INTEGER: "{0} + 0",
    UniqueKind.DECIMAL: "{0}",
    UniqueKind.DATE: "TO_DAYS({0})",
    UniqueKind.DATETIME: "TO_SECONDS({0})",
    UniqueKind.TIME: "TIME_TO_SEC({0})",
    UniqueKind.BYTES: "CONV(HEX(RIGHT({0}, 8)), 16, 10)",
    UniqueKind.INET4: "CONV(HEX(CAST({0} AS BINARY(4))), 16, 10)",
    UniqueKind.INET6: "CONV(HEX(RIGHT(CAST({0} AS BINARY(16)), 8)), 16, 10)",
}

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
    values = capacity(unique)
    existing = _ExistingValues(connection, schema.name, column, unique)
    if values <= MAX_LISTED_VALUES:
        return _lowest_free(existing.all(), indices, values)
    if unique.form is UniqueKind.TEXT and sole and _is_in_digit_order(schema, column):
        first = _free_texts(connection, schema.name, column, unique, indices)
        if first is not None:
            return FreeValues(offset=first - indices.start, longest=values - first, above_highest=False)
    above = _lowest_free(existing.highest(), indices, values, above_first=True)
    if above.offset is not None or unique.form not in SORTED_BY_NUMBER:
        return above
    highest = existing.highest_ones()
    some = _lowest_free(highest, indices, values, above_first=len(highest) == MAX_HIGHEST_VALUES)
    return (
        some if some.offset is not None or not some.above_highest else _first_free(_largest_first(existing.largest_gaps()), indices, values)
    )


@dataclass(frozen=True)
class _ExistingValues:
    """The values of a column that have a Unique's form, as their numbers n."""

    connection: Connection
    table: str
    column: str
    unique: Unique

    def all(self) -> list[int]:
        """Sorted, each once."""
        return self._numbers(f"SELECT DISTINCT {self._name} FROM {self._source}")

    def highest(self) -> list[int]:
        """The highest one alone; empty if there is none."""
        name = self._name
        if self.unique.form is UniqueKind.TEXT:  # many collations sort digits and letters in another order than their bytes
            name = f"CAST(LOWER(CONVERT({name} USING utf8mb4)) AS BINARY)"
        if self.unique.form is UniqueKind.UUID:
            name = f"CAST({name} AS CHAR)"
        return self._numbers(f"SELECT MAX({name}) FROM {self._source}")

    def highest_ones(self) -> list[int]:
        """The MAX_HIGHEST_VALUES highest ones, sorted."""
        return self._numbers(f"SELECT DISTINCT {self._name} FROM {self._source} ORDER BY {self._name} DESC LIMIT {MAX_HIGHEST_VALUES:d}")

    def largest_gaps(self) -> list[tuple[int, int]]:
        """The numbers on both sides of the gaps below the lowest value, above the highest one, and of the largest one between two values."""
        name = self._name
        first, *_, last = self._numbers(f"SELECT MIN({name}), MAX({name}) FROM {self._source}")
        pairs = f"(SELECT {name} AS below, LEAD({name}) OVER (ORDER BY {name}) AS above FROM {self._source}) pairs"
        above, below = (f"CAST({SORTED_BY_NUMBER[self.unique.form].format(side)} AS DECIMAL(65, 6))" for side in ("above", "below"))
        between = self._numbers(f"SELECT below, above FROM {pairs} WHERE above IS NOT NULL ORDER BY {above} - {below} DESC LIMIT 1")
        return [(-1, first), *pairwise(between), (last, capacity(self.unique))]

    def _numbers(self, statement: str) -> list[int]:
        values = (value for row in sql.rows(self.connection, statement, *self._parameters) for value in row if value is not None)
        texts = (value.decode() if self.unique.form is UniqueKind.TEXT and isinstance(value, bytes) else value for value in values)
        if self.unique.form is UniqueKind.VALUES:  # a list may have a value several times
            taken = set(texts)
            return [n for n, value in enumerate(self.unique.values) if value in taken]
        numbers = {n for value in texts if (n := position_of(self.unique, value)) is not None}
        if self.unique.step > 1:  # a value between two numbers may be as close to either as the step has to keep others away
            numbers |= {n + 1 for n in numbers}
        return sorted(numbers)

    @property
    def _name(self) -> str:
        return sql.quote(self.column)

    @property
    def _source(self) -> str:
        """The table with a condition, which is true for every value of the form."""
        condition = f"{self._name} IS NOT NULL"
        if self.unique.form in SORTED_BY_NUMBER:
            condition = f"{self._name} BETWEEN %s AND %s"
        elif self.unique.form is UniqueKind.TEXT:
            condition = f"{self._name} LIKE %s ESCAPE '|'"
        elif self.unique.form is UniqueKind.UUID:
            condition = f"CAST({self._name} AS CHAR) LIKE %s ESCAPE '|'"
        return f"{sql.quote_table(self.table)} WHERE {condition}"

    @property
    def _parameters(self) -> tuple[object, ...]:
        """Of the condition."""
        if self.unique.form in SORTED_BY_NUMBER:
            return value_of(self.unique, 0), value_of(self.unique, capacity(self.unique) - 1)
        like = like_pattern(self.unique)
        return () if like is None else (like,)


def _lowest_free(positions: Sequence[int], indices: IndexRange, values: int, *, above_first: bool = False) -> FreeValues:
    """The lowest free values that suffice. `positions`: the taken ones; `above_first`: those below the first may be taken as well."""
    gaps = [*pairwise(positions), (positions[-1], values)] if positions else []
    found = _first_free(gaps if above_first and positions else [(-1, positions[0] if positions else values), *gaps], indices, values)
    return replace(found, above_highest=above_first and found.offset is None)


def _largest_first(gaps: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    return sorted(gaps, key=lambda gap: gap[0] - gap[1])


def _first_free(gaps: Iterable[tuple[int, int]], indices: IndexRange, values: int) -> FreeValues:
    """The values of the first gap that suffices. `gaps`: the numbers on both sides."""
    longest = 0
    for before, after in gaps:
        first = max(before + 1, indices.start)
        length = min(after, values) - first
        if length >= indices.rows:
            return FreeValues(offset=first - indices.start, longest=length, above_highest=False)
        longest = max(longest, length)
    return FreeValues(offset=None, longest=longest, above_highest=False)


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
