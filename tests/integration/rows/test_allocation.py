"""Counts and reuses existing rows: the same result whether a table is counted completely or up to a bound."""

from collections.abc import Mapping

import pytest
from support.servers import Database

from parloader.database import introspection, sql
from parloader.plans.generators import Cycle
from parloader.plans.model import Plan, Table
from parloader.plans.row_ranges import ExistingRows
from parloader.rows import allocation, key_reservation

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


def plan(*not_reused: str) -> Plan:
    tables = (Table(name=name, rows=1, columns={}, reuse=False) for name in not_reused)
    return Plan(name="p", parameters={}, tables=(*tables, Table(name="main", rows=1, columns={}, partitioned=True, reuse=False)))


def count(database: Database, *not_reused: str) -> Mapping[str, ExistingRows]:
    with database.connection() as connection:
        return dict(allocation.count_existing_rows(connection, plan(*not_reused), introspection.read_tables(connection, NAMES)))


@pytest.mark.parametrize("bound", [allocation.COUNTED_ROWS, 4])
def test_counts_do_not_depend_on_the_bound(database: Database, bound: int, monkeypatch: pytest.MonkeyPatch) -> None:
    database.execute(*TABLES)
    monkeypatch.setattr(allocation, "COUNTED_ROWS", bound)
    monkeypatch.setattr(allocation, "MAX_SAMPLED_ROWS", 5)
    assert count(database) == {
        "contiguous": ExistingRows(rows=8, contiguous=True, highest_key=10),
        "holes": ExistingRows(rows=5, highest_key=9),
        "negative": ExistingRows(rows=2, contiguous=True, highest_key=2),
        "nothing": ExistingRows(rows=0),
        "texts": ExistingRows(rows=min(3, bound + 1)),
    }
    counted = (4, False) if bound == 4 else (8, True)
    assert count(database, "contiguous")["contiguous"] == ExistingRows(rows=counted[0], contiguous=counted[1], highest_key=10)


@pytest.mark.parametrize("bound", [allocation.COUNTED_ROWS, 4])
def test_all_rows_of_a_contiguous_range_are_reused(database: Database, bound: int, monkeypatch: pytest.MonkeyPatch) -> None:
    database.execute(*TABLES)
    monkeypatch.setattr(allocation, "COUNTED_ROWS", bound)
    monkeypatch.setattr(allocation, "MAX_SAMPLED_ROWS", 5)
    used = tuple(Table(name=name, rows=7, columns={}, key="id") for name in ("contiguous", "holes", "nothing"))
    with database.connection() as connection:
        found = allocation.allocate(
            connection,
            Plan(
                name="p", parameters={}, tables=(*used, Table(name="negative", rows=3, columns={}, key="id", partitioned=True, reuse=False))
            ),
            {},
            empty=False,
        )
    assert {name: (sum(part.rows for part in rows.new), [*rows.new_keys]) for name, rows in found.items()} == {
        "contiguous": (0, []),
        "holes": (2, [(10, 11)]),
        "nothing": (7, [(1, 7)]),
        "negative": (3, [(3, 5)]),
    }


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
        with database.connection() as connection:
            found.append(allocation.allocate(connection, Plan(name="p", parameters={}, tables=(table, main)), {}, empty=False)["t"])
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
