import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parloader.database.sql import outside, quote, within

KEYS = range(-5, 60)

COLUMN = "k`e%y"

key_ranges = st.lists(st.tuples(st.integers(0, 55), st.integers(0, 9)).map(lambda r: (r[0], r[0] + r[1])), max_size=6).map(tuple)

disjoint_key_ranges = key_ranges.filter(lambda ranges: len({k for r in ranges for k in span(r)}) == sum(len(span(r)) for r in ranges))


def span(key_range: tuple[int, int]) -> range:
    return range(key_range[0], key_range[1] + 1)


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    """SQLite reads names in backquotes and BETWEEN as MySQL does."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(f"CREATE TABLE t ({quote(COLUMN) % ()} INTEGER)")
        database.executemany("INSERT INTO t VALUES (?)", [(key,) for key in KEYS])
        yield database


def found(database: sqlite3.Connection, condition: str) -> list[int]:
    """The keys that satisfy the condition, after the driver's formatting (without values)."""
    return [key for (key,) in database.execute(f"SELECT * FROM t WHERE {condition}" % ())]


@given(ranges=key_ranges)
def test_within(database: sqlite3.Connection, ranges: tuple[tuple[int, int], ...]) -> None:
    assert found(database, within(COLUMN, ranges)) == [key for key in KEYS if any(key in span(r) for r in ranges)]


@given(ranges=disjoint_key_ranges)
def test_outside(database: sqlite3.Connection, ranges: tuple[tuple[int, int], ...]) -> None:
    assert found(database, outside(COLUMN, ranges)) == [key for key in KEYS if not any(key in span(r) for r in ranges)]


def test_outside_of_ranges_that_overlap(database: sqlite3.Connection) -> None:
    assert found(database, outside(COLUMN, ((0, 50), (10, 20)))) == [*range(-5, 0), *range(51, 60)]


@pytest.mark.parametrize("condition", [of(COLUMN, ranges) for of in (within, outside) for ranges in ((), ((1, 2), (5, 6)))])
def test_a_condition_can_be_combined_with_others(database: sqlite3.Connection, condition: str) -> None:
    assert found(database, f"FALSE AND {condition}") == []
    assert found(database, f"{condition} AND FALSE") == []


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30))
def test_a_quoted_name_is_the_name(name: str) -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        cursor = database.execute(f"SELECT 1 AS {quote(name)}" % ())
        assert cursor.description[0][0] == name
