"""The ledger records each batch once and forgets exactly the given rows."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.servers import Database

from parloader.database import sql
from parloader.errors import LedgerDamaged
from parloader.ledger import recorded_batches, store
from parloader.ledger.complete_reads import all_batches
from parloader.plans.row_ranges import IndexRange, batches, gaps, merge


def test_a_batch_is_recorded_once(database: Database) -> None:
    with database.connection() as connection:
        store.create(connection)
        assert recorded_batches.record(connection, 1, "t", IndexRange(0, 10))
        assert not recorded_batches.record(connection, 1, "t", IndexRange(0, 10))
        assert recorded_batches.record(connection, 2, "t", IndexRange(0, 10))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.integers(1, 60), size=st.integers(1, 25), edges=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=4))
def test_forgetting_leaves_exactly_the_rest(database: Database, rows: int, size: int, edges: list[tuple[int, int]]) -> None:
    gone = [IndexRange(min(a, b, rows), min(max(a, b), rows)) for a, b in edges]
    with database.connection() as connection:
        store.create(connection)
        sql.execute(connection, "DELETE FROM parloader_batch")
        for batch in batches(IndexRange(0, rows), lambda: size):
            recorded_batches.record(connection, 1, "t", batch)
        for part in gone:
            with sql.transaction(connection):
                recorded_batches.forget(connection, 1, "t", part)
        left = [
            IndexRange(first, first + count) for first, count in sql.rows(connection, "SELECT first_index, row_count FROM parloader_batch")
        ]
        joined = all_batches(connection, recorded_batches.BATCHES).get(1, {}).get("t", ())
        within = tuple(IndexRange(min(a, b), max(a, b)) for a, b in edges)
        assert recorded_batches.committed_parts(connection, 1, "t", within) == merge(
            IndexRange(max(part.start, batch.start), min(part.stop, batch.stop))
            for part in within
            for batch in left
            if part.start < batch.stop and batch.start < part.stop
        )
    assert joined == merge(left)
    forgotten = {i for part in gone for i in range(part.start, part.stop)}
    assert sorted(i for part in left for i in range(part.start, part.stop)) == [i for i in range(rows) if i not in forgotten]
    assert {i for part in gaps(IndexRange(0, rows), left) for i in range(part.start, part.stop)} == forgotten


def test_batches_that_overlap_are_damage(database: Database) -> None:
    """The third one is what makes up for the overlap in the sums."""
    with database.connection() as connection:
        store.create(connection)
        for batch in (IndexRange(0, 10), IndexRange(5, 15), IndexRange(20, 25)):
            recorded_batches.record(connection, 1, "t", batch)
        with pytest.raises(LedgerDamaged, match="batches of t in run 1 overlap"):
            all_batches(connection, recorded_batches.BATCHES)


def test_forgetting_other_rows_does_not_wait(database: Database) -> None:
    with database.connection() as one, database.connection() as other:
        store.create(one)
        for batch in batches(IndexRange(0, 100), lambda: 10):
            recorded_batches.record(one, 1, "t", batch)
        sql.execute(other, "SET SESSION innodb_lock_wait_timeout = 1")
        for below, above in zip(batches(IndexRange(0, 30), lambda: 15), batches(IndexRange(60, 90), lambda: 15), strict=True):
            with sql.transaction(one), sql.transaction(other):
                recorded_batches.forget(one, 1, "t", below)
                recorded_batches.forget(other, 1, "t", above)
        left = sql.rows(one, "SELECT first_index, row_count FROM parloader_batch ORDER BY first_index")
    assert left == ((30, 10), (40, 10), (50, 10), (90, 10))


def test_reading_what_is_committed_does_not_wait_for_batches_below(database: Database) -> None:
    """An open transaction next to the range may block those who look for a batch that reaches into it, but nobody else."""
    with database.connection() as one, database.connection() as other:
        store.create(one)
        for batch in (IndexRange(20, 30), IndexRange(45, 60)):
            recorded_batches.record(one, 1, "t", batch)
        sql.execute(other, "SET SESSION innodb_lock_wait_timeout = 1")
        with sql.transaction(one), sql.transaction(other):
            recorded_batches.record(one, 1, "t", IndexRange(0, 10))
            parts = recorded_batches.committed_parts(other, 1, "t", (IndexRange(25, 40), IndexRange(50, 70)))
            assert parts == (IndexRange(25, 30), IndexRange(50, 60))
        with sql.transaction(one), sql.transaction(other):
            recorded_batches.record(one, 1, "t", IndexRange(30, 40))
            assert recorded_batches.committed(other, 1, "t", (IndexRange(40, 70),)) == (IndexRange(45, 60),)


def test_forgetting_does_not_wait_either_if_innodb_has_purged_nothing(database: Database) -> None:
    """The optimizer then takes the range below for most of the table, and a scan of the entire index for cheaper."""
    with database.connection() as one, database.connection() as other, database.connection() as reader:
        store.create(one)
        for batch in batches(IndexRange(0, 2000), lambda: 100):
            recorded_batches.record(one, 1, "t", batch)
        sql.execute(reader, "START TRANSACTION WITH CONSISTENT SNAPSHOT")
        sql.execute(other, "SET SESSION innodb_lock_wait_timeout = 1")
        for below, above in zip(batches(IndexRange(0, 900), lambda: 30), batches(IndexRange(1000, 1900), lambda: 30), strict=True):
            sql.rows(one, "ANALYZE TABLE parloader_batch")
            with sql.transaction(one), sql.transaction(other):
                recorded_batches.forget(one, 1, "t", below)
                recorded_batches.forget(other, 1, "t", above)
        left = sql.rows(one, "SELECT first_index, row_count FROM parloader_batch ORDER BY first_index")
    assert left == ((900, 100), (1900, 100))


def test_counters_are_those_before_the_first_run_and_after_the_last(database: Database) -> None:
    with database.connection() as connection:
        store.create(connection)
        for run_id, table, before, after in (
            (1, "t", 5, 20),
            (2, "t", 20, 30),
            (3, "t", None, None),
            (4, "used_between", 5, 20),
            (5, "used_between", 21, 30),
            (6, "used_between", 30, 40),
        ):
            columns = "run_id, position, table_name, key_column, segments, counter_before, counter_after"
            statement = f"INSERT INTO parloader_table ({columns}) VALUES (%s, 0, %s, 'id', '[]', %s, %s)"
            sql.execute(connection, statement, run_id, table, before, after)
        store.end(connection, 1)
        assert store.counters(connection) == {"t": (5, 30), "used_between": (21, 40)}


@pytest.mark.parametrize("lost", ["parloader_batch", "parloader_run", "parloader_table"])
def test_a_ledger_with_a_part_missing_is_damaged(database: Database, lost: str) -> None:
    with database.connection() as connection:
        assert not store.exists(connection)
        store.create(connection)
        assert store.exists(connection)
        recorded_batches.record(connection, 1, "t", IndexRange(0, 10))
        sql.execute(connection, "INSERT INTO parloader_run VALUES (1, 'p', 't', 10, '{}', NULL, '0', UTC_TIMESTAMP())")
        sql.execute(connection, f"DROP TABLE {lost}")
        with pytest.raises(LedgerDamaged, match=f"{lost} is missing, so it no longer shows"):
            store.exists(connection)


def test_a_partly_dropped_ledger_without_rows_is_none(database: Database) -> None:
    with database.connection() as connection:
        store.create(connection)
        sql.execute(connection, "DROP TABLE parloader_batch")
        assert not store.exists(connection)
        store.drop(connection)
        assert database.rows("SHOW TABLES") == ()
