"""Reserved keys stay free, whoever inserts rows meanwhile; free values of UNIQUE columns lie above the highest existing one, else between existing ones."""

import pytest
from support.servers import Database

from parloader.database import introspection, sql
from parloader.database.driver import Connection
from parloader.plans.generators import Unique, UniqueKind
from parloader.plans.row_ranges import IndexRange
from parloader.plans.unique import text_of
from parloader.rows import key_reservation
from parloader.rows.key_reservation import FreeValues

INTEGERS = Unique(form=UniqueKind.INTEGER, low=1, high=2**31 - 1)

TINY = Unique(form=UniqueKind.INTEGER, low=1, high=127)

DATES = Unique(form=UniqueKind.DATE, low=0, high=2_932_896)

CENTS = Unique(form=UniqueKind.DECIMAL, low=1, high=10**9 - 1, scale=2)

CODES = Unique(form=UniqueKind.TEXT, length=8)

CZECH = "VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_czech_ci"

CASES = [
    # nothing but a highest value: what is below it is free
    (INTEGERS, "INT", "(2147483647)", FreeValues(offset=0, longest=2**31 - 2, above_highest=False)),
    (INTEGERS, "INT", "(1), (2), (3), (2147483647)", FreeValues(offset=3, longest=2**31 - 5, above_highest=False)),
    (INTEGERS, "INT", "(-5), (0), (2147483647)", FreeValues(offset=0, longest=2**31 - 2, above_highest=False)),
    (INTEGERS, "INT", "(1), (2147483500)", FreeValues(offset=2_147_483_500, longest=147, above_highest=False)),
    (INTEGERS, "INT", "(-5)", FreeValues(offset=0, longest=2**31 - 1, above_highest=False)),
    (INTEGERS, "BIGINT", "(9223372036854775807)", FreeValues(offset=0, longest=2**31 - 1, above_highest=False)),
    (TINY, "TINYINT", "(5), (127)", FreeValues(offset=5, longest=121, above_highest=False)),
    (TINY, "TINYINT", "(60), (127)", FreeValues(offset=None, longest=66, above_highest=False)),
    (TINY, "TINYINT", "(127)", FreeValues(offset=0, longest=126, above_highest=False)),
    (DATES, "DATE", "('9999-12-31'), ('1970-01-01')", FreeValues(offset=1, longest=2_932_895, above_highest=False)),
    (CENTS, "DECIMAL(9,2)", "(9999999.99), (0.01)", FreeValues(offset=1, longest=10**9 - 3, above_highest=False)),
    (CODES, CZECH, "('zzzzzzzz')", FreeValues(offset=None, longest=0, above_highest=True)),
    (CODES, CZECH, "('zzzzzzzy'), ('mine')", FreeValues(offset=None, longest=1, above_highest=True)),
    (CODES, CZECH, "('00000009')", FreeValues(offset=10, longest=36**8 - 10, above_highest=False)),
    # texts of another form, or far above, are not in the way
    (CODES, "VARCHAR(20)", "('zzzzzzzy'), ('mine')", FreeValues(offset=0, longest=36**8, above_highest=False)),
    (CODES, "VARCHAR(20)", "('00000009'), ('0000'), ('00000009x')", FreeValues(offset=100, longest=36**8 - 100, above_highest=False)),
    (CODES, "VARCHAR(20)", "('000000zz'), ('00000009'), ('zzzzzzzz')", FreeValues(offset=10, longest=36**8 - 10, above_highest=False)),
    (CODES, "VARCHAR(20)", "('0000000я'), ('00000005')", FreeValues(offset=100, longest=36**8 - 100, above_highest=False)),
    (CODES, "VARCHAR(20)", "('00000009')", FreeValues(offset=10, longest=36**8 - 10, above_highest=False)),
]


def free_values(connection: Connection, column: str, unique: Unique, indices: IndexRange) -> FreeValues:
    """In the table t."""
    return key_reservation.free_values(connection, introspection.read_tables(connection, ["t"])["t"], column, unique, indices)


def test_values_are_found_where_they_are_free(database: Database) -> None:
    for unique, column_type, values, expected in CASES:
        database.execute("DROP TABLE IF EXISTS t", f"CREATE TABLE t (v {column_type} UNIQUE)", f"INSERT INTO t VALUES {values}, (NULL)")
        with database.connection() as connection:
            found = free_values(connection, "v", unique, IndexRange(0, 100))
        assert found == expected, (unique, values)


COLLATIONS = (
    "utf8mb4_general_ci",
    "utf8mb4_bin",
    "latin1_swedish_ci",
    "ascii_bin",
    "utf8mb4_czech_ci",
    "utf8mb4_danish_ci",
    "utf16_estonian_ci",
)


@pytest.mark.parametrize("collation", COLLATIONS)
def test_free_texts_are_free_in_each_collation(database: Database, collation: str) -> None:
    """In Czech, "ch" sorts after "cz"; in Danish, "aa" after "zz"; in Estonian, "z" before "t": there, free ones follow the highest one."""
    unique, numbers = Unique(form=UniqueKind.TEXT, prefix="p-", length=4), [int(digits, 36) for digits in ("aa00", "ch00", "cz00", "zz00")]
    text = f"VARCHAR(20) CHARACTER SET {collation.partition('_')[0]} COLLATE {collation}"
    for existing in ([*{*numbers[:count], *range(start, start + 40)}] for count in range(1, 5) for start in (0, numbers[0] - 20)):
        values = ", ".join(f"('{text_of(unique, n)}')" for n in existing)
        database.execute(
            "DROP TABLE IF EXISTS t", f"CREATE TABLE t (v {text} UNIQUE)", f"INSERT INTO t VALUES {values}, ('p-zzz'), ('q-0000')"
        )
        with database.connection() as connection:
            offset = free_values(connection, "v", unique, IndexRange(0, 30)).offset
        assert offset is not None
        assert not {*existing} & {*range(offset, offset + 30)}
        assert key_reservation.IN_DIGIT_ORDER.fullmatch(collation) or offset == max(existing) + 1


def test_free_texts_are_found_without_reading_the_others(database: Database) -> None:
    """Those of an earlier run are below the free ones, those of somebody else above."""
    rows = ", ".join(f"('{text_of(CODES, number)}'), ('N{number}')" for number in range(2_000))
    database.execute(
        "CREATE TABLE t (v VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci UNIQUE)", f"INSERT INTO t VALUES {rows}"
    )
    with database.connection() as connection:
        table = introspection.read_tables(connection, ["t"])["t"]
        sql.execute(connection, "FLUSH STATUS")
        found = key_reservation.free_values(connection, table, "v", CODES, IndexRange(0, 10))
        read = sum(int(count) for _, count in sql.rows(connection, "SHOW SESSION STATUS LIKE %s", "Handler_read%"))
    assert found.offset == 2_000
    assert read < 300


def test_of_many_values_the_highest_are_read(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is free below those that are read is not known."""
    monkeypatch.setattr(key_reservation, "MAX_HIGHEST_VALUES", 2)
    database.execute("CREATE TABLE t (v INT UNIQUE)", "INSERT INTO t VALUES (5), (1000), (2147483647)")
    with database.connection() as connection:
        found = [free_values(connection, "v", INTEGERS, IndexRange(0, rows)) for rows in (100, 2**31 - 1002, 2**31 - 1001)]
        database.execute("INSERT INTO t VALUES (2147483646)")
        found.append(free_values(connection, "v", INTEGERS, IndexRange(0, 100)))
    assert [free.offset for free in found] == [1000, 1000, None, None]


def test_a_row_that_somebody_inserts_meanwhile_gets_a_key_after_the_reserved_ones(database: Database) -> None:
    database.execute(
        "CREATE TABLE t (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, n INT) ENGINE=InnoDB", "INSERT INTO t (n) VALUES (1), (1)"
    )
    with database.connection() as connection:
        first = key_reservation.reserve_keys(connection, "t", "id", 100, key_reservation.key_counters(connection, ["t"])["t"])
        database.execute("INSERT INTO t (n) VALUES (2)")
        assert first == 3
        assert database.rows("SELECT id FROM t WHERE n = 2") == ((first + 100,),)
        assert key_reservation.reserve_keys(connection, "t", "id", 100, key_reservation.key_counters(connection, ["t"])["t"]) == first + 101
