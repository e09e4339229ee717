"""Free values of UNIQUE columns, and free keys, lie above the highest existing one, else between existing ones."""

import pytest
from support.servers import Database

from parloader.database import introspection, sql
from parloader.database.driver import Connection
from parloader.plans.generators import Unique, UniqueKind
from parloader.plans.row_ranges import IndexRange
from parloader.plans.unique import text_of, value_of
from parloader.rows import free_values
from parloader.rows.free_values import FreeValues

INTEGERS = Unique(form=UniqueKind.INTEGER, low=1, high=2**31 - 1)

TINY = Unique(form=UniqueKind.INTEGER, low=1, high=127)

DATES = Unique(form=UniqueKind.DATE, low=0, high=2_932_896)

SECONDS = Unique(form=UniqueKind.DATETIME, low=946_684_800, high=253_402_300_799)

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


def find(connection: Connection, column: str, unique: Unique, indices: IndexRange) -> FreeValues:
    """In the table t."""
    return free_values.free_values(connection, introspection.read_tables(connection, ["t"])["t"], column, unique, indices)


def test_values_are_found_where_they_are_free(database: Database) -> None:
    for unique, column_type, values, expected in CASES:
        database.execute("DROP TABLE IF EXISTS t", f"CREATE TABLE t (v {column_type} UNIQUE)", f"INSERT INTO t VALUES {values}, (NULL)")
        with database.connection() as connection:
            found = find(connection, "v", unique, IndexRange(0, 100))
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
            offset = find(connection, "v", unique, IndexRange(0, 30)).offset
        assert offset is not None
        assert not {*existing} & {*range(offset, offset + 30)}
        assert free_values.IN_DIGIT_ORDER.fullmatch(collation) or offset == max(existing) + 1


def test_free_texts_are_found_without_reading_the_others(database: Database) -> None:
    """Those of an earlier run are below the free ones, those of somebody else above."""
    rows = ", ".join(f"('{text_of(CODES, number)}'), ('N{number}')" for number in range(2_000))
    database.execute(
        "CREATE TABLE t (v VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci UNIQUE)", f"INSERT INTO t VALUES {rows}"
    )
    with database.connection() as connection:
        table = introspection.read_tables(connection, ["t"])["t"]
        sql.execute(connection, "FLUSH STATUS")
        found = free_values.free_values(connection, table, "v", CODES, IndexRange(0, 10))
        read = sum(int(count) for _, count in sql.rows(connection, "SHOW SESSION STATUS LIKE %s", "Handler_read%"))
    assert found.offset == 2_000
    assert read < 300


# More existing values than are read first, of each form: a value that stands for "none", and the type's own limits
MANY = [
    ("INT", INTEGERS, "(5), (1000), (2147483646), (2147483647)"),
    ("INT", INTEGERS, "(-2147483648), (0), (1), (1000000), (2147483647), (2147483646), (2147483645)"),
    (
        "BIGINT",
        Unique(form=UniqueKind.INTEGER, low=1, high=2**63 - 1),
        "(9223372036854775807), (9223372036854775806), (9223372036854775805)",
    ),
    (
        "BIGINT UNSIGNED",
        Unique(form=UniqueKind.INTEGER, low=1, high=2**63 - 1),
        "(18446744073709551615), (9223372036854775807), (9223372036854775806)",
    ),
    (
        "BIT(64)",
        Unique(form=UniqueKind.INTEGER, low=0, high=2**63 - 1),
        "(18446744073709551615), (9223372036854775807), (9223372036854775806)",
    ),
    ("DOUBLE", Unique(form=UniqueKind.INTEGER, low=1, high=10**15 - 1), "(1e300), (-1e300), (999999999999999), (999999999999998), (0.5)"),
    ("DECIMAL(9,2)", CENTS, "(9999999.99), (9999999.98), (-9999999.99), (0.01)"),
    ("DATE", DATES, "('9999-12-31'), ('9999-12-30'), ('0000-00-00'), ('0000-01-01'), ('2024-00-00'), ('2024-02-00')"),
    ("DATETIME", SECONDS, "('9999-12-31 23:59:59'), ('9999-12-31 23:59:58'), ('0000-00-00'), ('0000-05-06'), ('2024-00-00')"),
    ("DATETIME(6)", SECONDS, "('9999-12-31 23:59:59.999999'), ('9999-12-31 23:59:59'), ('9999-12-31 23:59:58.5'), ('0000-00-00')"),
    (
        "TIMESTAMP",
        Unique(form=UniqueKind.DATETIME, low=1, high=2**31 - 1),
        "('2038-01-19 03:14:07'), ('2038-01-19 03:14:06'), ('0000-00-00')",
    ),
    ("TIME", Unique(form=UniqueKind.TIME, low=-3_020_399, high=3_020_399), "('838:59:59'), ('838:59:58'), ('-838:59:59')"),
    (
        "BINARY(16)",
        Unique(form=UniqueKind.BYTES, length=16),
        f"(x'{'ff' * 16}'), (x'{'00' * 8}{'7f' + 'ff' * 7}'), (x'{'00' * 8}{'7f' + 'ff' * 6}fe')",
    ),
    ("BINARY(4)", Unique(form=UniqueKind.BYTES, length=4), "(x'ffffffff'), (x'fffffffe'), (x'7f000001')"),
    ("VARBINARY(16)", Unique(form=UniqueKind.BYTES, length=4), "(x'ffffffff'), (x'fffffffe'), (x'ff'), (x'')"),
    ("INET4", Unique(form=UniqueKind.INET4), "('255.255.255.255'), ('255.255.255.254'), ('127.0.0.1')"),
    (
        "INET6",
        Unique(form=UniqueKind.INET6),
        "('ffff::'), ('2001:db8:1000:1000:1000:ffff:ffff:ffff'), ('2001:db8:1000:1000:1000:ffff:ffff:fffe'), ('::1')",
    ),
]


def test_of_many_values_the_largest_gap_is_found(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it is, and whatever the highest ones are."""
    monkeypatch.setattr(free_values, "MAX_HIGHEST_VALUES", 2)
    rows = 1_000
    for column_type, unique, values in MANY:
        if column_type.startswith("INET") and database.server.kind == "mysql":
            continue
        with database.connection() as connection:
            sql.execute(connection, "DROP TABLE IF EXISTS t")
            sql.execute(connection, f"CREATE TABLE t (v {column_type} NULL UNIQUE)")
            sql.execute(connection, "SET SESSION sql_mode = ''")
            sql.execute(connection, f"INSERT INTO t VALUES {values}, (NULL)")
            offset = find(connection, "v", unique, IndexRange(0, rows)).offset
            assert offset is not None, column_type
            first, last = value_of(unique, offset), value_of(unique, offset + rows - 1)
            assert sql.value(connection, "SELECT COUNT(*) FROM t WHERE v BETWEEN %s AND %s", first, last) == 0, column_type


def test_the_largest_gap_is_the_limit(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(free_values, "MAX_HIGHEST_VALUES", 2)
    database.execute("CREATE TABLE t (v INT UNIQUE)", "INSERT INTO t VALUES (5), (1000), (2147483646), (2147483647)")
    limit = 2**31 - 3 - 1000
    with database.connection() as connection:
        found = [find(connection, "v", INTEGERS, IndexRange(0, rows)) for rows in (100, limit, limit + 1)]
    assert [free.offset for free in found] == [1000, 1000, None]
    assert {free.longest for free in found} == {limit}
    assert not found[-1].above_highest
