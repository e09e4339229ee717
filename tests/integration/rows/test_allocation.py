"""Counts and reuses existing rows: all of a table, or a sample of one that has more than a plan needs."""

import pytest
from support.servers import Database

from parloader.database import introspection, sql
from parloader.generation.frames import generate
from parloader.plans.generators import Cycle, Distribution, Pick
from parloader.plans.model import Plan, Table
from parloader.plans.row_ranges import IndexRange, RowAllocation
from parloader.rows import allocation, existing_rows, key_reservation

TABLES = (
    "CREATE TABLE contiguous (id INT PRIMARY KEY, v INT)",
    "CREATE TABLE holes (id INT PRIMARY KEY)",
    "CREATE TABLE negative (id INT PRIMARY KEY)",
    "CREATE TABLE nothing (id INT PRIMARY KEY)",
    "CREATE TABLE texts (code VARCHAR(9) PRIMARY KEY)",
    "INSERT INTO contiguous VALUES (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (9, 0), (10, 0)",
    "INSERT INTO holes VALUES (1), (2), (3), (4), (5), (6), (7), (9)",
    "INSERT INTO negative VALUES (-2), (-1), (0), (1), (2)",
    "INSERT INTO texts VALUES ('a'), ('b'), ('c')",
)

NAMES = ("contiguous", "holes", "negative", "nothing", "texts")


@pytest.fixture
def few_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (allocation, existing_rows):
        monkeypatch.setattr(module, "MAX_SAMPLED_ROWS", 5)


def count(database: Database, rows: int, *not_reused: str) -> dict[str, tuple[bool, int]]:
    """Table → whether it is empty, and how many rows count; for a plan of so many rows."""
    main = Table(name="main", rows=rows, columns={}, partitioned=True, reuse=False)
    plan = Plan(name="p", parameters={}, tables=(*(Table(name=name, rows=1, columns={}, reuse=False) for name in not_reused), main))
    with database.connection() as connection:
        found = existing_rows.count_existing_rows(connection, plan, introspection.read_tables(connection, NAMES))
        return {name: (table.is_empty, table.rows) for name, table in found.items()}


def reuse(database: Database, rows: int, *names: str) -> dict[str, RowAllocation]:
    """The allocation of a plan that uses so many rows of each of these tables."""
    used = tuple(Table(name=name, rows=rows, columns={}, key="id") for name in names)
    main = Table(name="negative", rows=3, columns={}, key="id", partitioned=True, reuse=False)
    with database.connection() as connection:
        plan, schema = Plan(name="p", parameters={}, tables=(*used, main)), introspection.read_tables(connection, [*names, "negative"])
        return allocation.allocate(connection, plan, schema, {}, empty=False)


def keys(rows: RowAllocation) -> list[int]:
    assert rows.keys is not None
    return [key for first, last in rows.keys.ranges(IndexRange(0, rows.rows)) for key in range(first, last + 1)]


@pytest.mark.usefixtures("few_sampled")
@pytest.mark.parametrize(("rows", "contiguous"), [(1, 8), (0, 5)])
def test_all_rows_of_a_table_count_unless_it_has_many_more_than_the_plan(database: Database, rows: int, contiguous: int) -> None:
    database.execute(*TABLES)
    assert count(database, rows) == {
        "contiguous": (False, contiguous),
        "holes": (False, 5),
        "negative": (False, 2),
        "nothing": (True, 0),
        "texts": (False, 3),
    }


@pytest.mark.usefixtures("few_sampled")
def test_rows_that_are_not_reused_are_counted_up_to_a_limit(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    database.execute(*TABLES)
    assert count(database, 1, "contiguous", "texts") | count(database, 1, "holes") == count(database, 1) | {"holes": (False, 8)}
    monkeypatch.setattr(existing_rows, "COUNTED_ROWS", 4)
    assert count(database, 1, "contiguous")["contiguous"] == (False, 4)


@pytest.mark.usefixtures("few_sampled")
def test_all_rows_of_a_contiguous_range_are_reused(database: Database) -> None:
    database.execute(*TABLES)
    for rows, expected in (
        (7, {"contiguous": [*range(3, 10)], "holes": [*range(1, 8)], "nothing": [*range(1, 8)]}),
        (8, {"contiguous": [*range(3, 11)], "holes": [1, 2, 4, 5, 7, 10, 11, 12], "nothing": [*range(1, 9)]}),
        (4, {"contiguous": [3, 4, 6, 8], "holes": [1, 3, 5, 7], "nothing": [1, 2, 3, 4]}),
    ):
        found = reuse(database, rows, *expected)
        assert {name: keys(found[name]) for name in expected} == expected
        assert keys(found["negative"]) == [3, 4, 5]
        assert [found[name].new_rows for name in expected] == [0, 3 if rows == 8 else 0, rows]


@pytest.mark.usefixtures("few_sampled")
def test_a_sample_has_enough_rows_though_most_keys_are_low(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(existing_rows, "SAMPLED_PLACES", 3)
    database.execute(*TABLES, "INSERT INTO contiguous VALUES (2000000000, 0)")
    assert keys(reuse(database, 5, "contiguous")["contiguous"]) == [3, 4, 5, 6, 2_000_000_000]


def test_rows_that_match_are_found_in_order(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The result does not depend on the number of SELECTs per statement."""
    database.execute(
        "CREATE TABLE t (id INT PRIMARY KEY, v INT, w VARCHAR(9))",
        "INSERT INTO t VALUES (1, 7, 'x%%'), (2, 8, 'y'), (4, 7, 'x%%'), (5, 7, 'y'), (6, NULL, 'z'), (-1, 8, 'y')",
    )
    columns = {"v": Cycle(values=(7, 8, None, 9)), "w": Cycle(values=("x%", "y", "z", "x%"))}
    table = Table(name="t", rows=9, columns=columns, match=("v", "w"))
    main = Table(name="main", rows=0, columns={}, key=None, partitioned=True, reuse=False)
    found = []
    database.execute("CREATE TABLE main (a INT)")
    for united in (1, 3, 50):
        monkeypatch.setattr(allocation, "UNITED", united)
        monkeypatch.setattr(existing_rows, "UNITED", united)
        with database.connection() as connection:
            plan, schema = Plan(name="p", parameters={}, tables=(table, main)), introspection.read_tables(connection, ["t", "main"])
            found.append(allocation.allocate(connection, plan, schema, {}, empty=False)["t"])
    assert found[0] == found[1] == found[2]
    keys = found[0].keys
    assert keys is not None
    assert [key for segment in keys.segments for key in range(segment.key_start, segment.key_start + segment.rows)] == [
        1,
        2,
        6,
        7,
        4,
        8,
        9,
        10,
        11,
    ]


def test_counters_are_those_of_tables_that_have_one(database: Database) -> None:
    database.execute(
        "CREATE TABLE `it's` (id INT AUTO_INCREMENT PRIMARY KEY)",
        "CREATE TABLE other (n INT, id INT AUTO_INCREMENT, KEY (id))",
        "CREATE TABLE without (id INT PRIMARY KEY)",
        "INSERT INTO other VALUES (1, 41)",
    )
    with database.connection() as connection:
        live = introspection.read_tables(connection, ["it's", "other", "without"])
        assert set(key_reservation.tables_with_counters(live)) == {"it's", "other"}
        assert key_reservation.key_counters(connection, ["it's", "other", "gone"]) == {"it's": 1, "other": 42}
        assert key_reservation.key_counters(connection, []) == {}
        sql.execute(connection, "DROP TABLE other")
        assert key_reservation.key_counters(connection, ["other"]) == {}


def test_the_first_new_row_references_an_existing_row_if_there_is_one(database: Database) -> None:
    database.execute(
        "CREATE TABLE node (code VARCHAR(9) PRIMARY KEY, of_code VARCHAR(9) NOT NULL, FOREIGN KEY (of_code) REFERENCES node (code))"
    )
    columns = {"code": Cycle(values=("x", "y", "z")), "of_code": Pick(parent="node", column="code", distribution=Distribution.ROOTED)}
    table = Table(name="node", rows=3, columns=columns, key=None, identity=("code",), partitioned=True, reuse=False)
    plan = Plan(name="p", parameters={}, tables=(table,))
    for existing, first in ((None, "x"), ("('b', 'b'), ('a', 'b')", "a")):
        if existing:
            database.execute(f"INSERT INTO node VALUES {existing}")
        with database.connection() as connection:
            rows = allocation.allocate(connection, plan, introspection.read_tables(connection, ["node"]), {}, empty=False)
        of_code = [
            row["of_code"] for part in (IndexRange(0, 1), IndexRange(1, 3)) for row in generate(plan, table, part, rows).rows(named=True)
        ]
        assert of_code[:2] == [first, "x"]
