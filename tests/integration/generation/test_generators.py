"""Servers accept generated values, and the greatest value in a column shows which unique values are free."""

from collections.abc import Sequence

import polars as pl
import pytest
from support.servers import Database, on_mariadb_11_8_too

from parloader.database.dialects import ServerKind
from parloader.generation.context import ColumnContext
from parloader.generation.expressions import expression
from parloader.generation.pools import KINDS
from parloader.plans.generators import Generator, Provider, Random, Unique, UniqueKind
from parloader.plans.unique import like_pattern, position_of
from parloader.rows.literals import values_lists

ROWS = 300


def none(*_: object) -> pl.Expr:
    raise AssertionError


def frame(generator: Generator, rows: int = ROWS, offset: int = 0) -> pl.DataFrame:
    place = ColumnContext(seed=1, table="t", column="c", rows=rows, offset=offset, pick=none)
    return pl.select(pl.int_range(rows, dtype=pl.Int64).alias("i")).with_columns(expression(generator, place).alias("c")).select("c")


def percent(statement: str) -> str:
    """Escapes % for the driver, which replaces %s by values."""
    return statement.replace("%", "%%")


def insert(database: Database, rows: pl.DataFrame) -> None:
    texts: Sequence[str] = [text.decode() for text in values_lists(rows, backslash_escapes=True)]
    database.execute(percent("INSERT INTO t VALUES " + ",".join(f"({text})" for text in texts)))


UNIQUE = [
    ("INT", Unique(form=UniqueKind.INTEGER, low=-5, high=10**6), ()),
    ("DECIMAL(20, 4)", Unique(form=UniqueKind.DECIMAL, low=-5, high=10**6, scale=2), ("-1.5",)),
    ("VARCHAR(40)", Unique(form=UniqueKind.TEXT, length=5, prefix="ab_%|", suffix="!"), ("'zz'", "'ab_%|00001'", "'ab__|zzzzz!'")),
    ("VARCHAR(40) COLLATE utf8mb4_bin", Unique(form=UniqueKind.TEXT, length=5, prefix="Ab-"), ("'zz'",)),
    ("VARBINARY(20)", Unique(form=UniqueKind.BYTES, length=4, prefix="7f"), ("x'7e'", "x''")),
    ("CHAR(36)", Unique(form=UniqueKind.UUID), ("'ffffffff-0000-4000-8000-000000000000'",)),
    ("DATE", Unique(form=UniqueKind.DATE, low=-5, high=10**6), ("'1000-01-01'",)),
    ("DATETIME", Unique(form=UniqueKind.DATETIME, low=-5, high=10**6), ("'1000-01-01'",)),
    ("TIME", Unique(form=UniqueKind.TIME, low=-5, high=10**6), ("'-800:00:00'",)),
]

MARIADB_UNIQUE = [
    ("UUID", Unique(form=UniqueKind.UUID), ("'ffffffff-0000-4000-8000-000000000000'",)),
    ("INET6", Unique(form=UniqueKind.INET6), ("'::1'",)),
    ("INET4", Unique(form=UniqueKind.INET4), ("'9.9.9.9'",)),
]


@pytest.mark.parametrize(
    ("column_type", "unique", "others"), [*UNIQUE, *MARIADB_UNIQUE], ids=lambda value: value if isinstance(value, str) else ""
)
def test_the_greatest_value_tells_which_are_free(database: Database, column_type: str, unique: Unique, others: tuple[str, ...]) -> None:
    if database.server.kind == "mysql" and column_type in ("UUID", "INET6", "INET4"):
        pytest.skip("types of MariaDB")
    database.execute(f"CREATE TABLE t (c {column_type} UNIQUE) CHARACTER SET utf8mb4")
    if others:
        database.execute(percent("INSERT INTO t VALUES " + ",".join(f"({other})" for other in others)))
    like = like_pattern(unique)
    greatest = "SELECT MAX(c) FROM t" + (f" WHERE c LIKE '{percent(like)}' ESCAPE '|'" if like else "")
    before = database.value(greatest)
    assert before is None or position_of(unique, before) is None
    insert(database, frame(unique))
    assert position_of(unique, database.value(greatest)) == ROWS - 1
    insert(database, frame(unique, offset=ROWS))
    assert position_of(unique, database.value(greatest)) == 2 * ROWS - 1


@pytest.mark.parametrize("kind", list(KINDS))
def test_geometries(database: Database, kind: str) -> None:
    database.execute(f"CREATE TABLE t (c {kind.upper()} NOT NULL)")
    insert(database, frame(Provider(name=kind)))
    assert database.value("SELECT COUNT(*) FROM t WHERE ST_AsText(c) IS NOT NULL") == ROWS
    if database.server.kind == "mysql":
        assert database.value("SELECT COUNT(*) FROM t WHERE ST_IsValid(c)") == ROWS


def test_geometries_of_the_earth(database: Database) -> None:
    srid = "SRID 4326" if database.server.kind == "mysql" else "REF_SYSTEM_ID=4326"
    database.execute(f"CREATE TABLE t (c GEOMETRY {srid} NOT NULL)")
    for kind in KINDS:
        insert(database, frame(Provider(name=kind, srid=4326)))
    assert database.value("SELECT COUNT(*) FROM t WHERE ST_SRID(c) = 4326") == ROWS * len(KINDS)


@pytest.mark.parametrize("form", ["inet4", "inet6", "uuid"])
def test_addresses_come_back_as_they_were_written(database: Database, form: str) -> None:
    if database.server.kind == "mysql":
        pytest.skip("types of MariaDB")
    database.execute(f"CREATE TABLE t (c {form.upper()})")
    rows = frame(Random(form=form))
    insert(database, rows)
    assert {value for (value,) in database.rows("SELECT CAST(c AS CHAR) FROM t")} == set(rows["c"])


def test_json_comes_back_as_it_was_written(database: Database) -> None:
    database.execute("CREATE TABLE t (c JSON)")
    rows = frame(Provider(name="json"))
    insert(database, rows)
    assert {value for (value,) in database.rows("SELECT CAST(c AS CHAR) FROM t")} == set(rows["c"])


@on_mariadb_11_8_too("server")
def test_vectors(database: Database) -> None:
    with database.connection() as connection:
        if connection.dialect.kind is ServerKind.MARIADB and connection.dialect.version < (11, 7):
            pytest.skip("VECTOR came with MariaDB 11.7")
    database.execute("CREATE TABLE t (c VECTOR(5))")
    rows = frame(Provider(name="vector", length=5))
    insert(database, rows)
    assert {value for (value,) in database.rows("SELECT HEX(c) FROM t")} == {value.hex().upper() for value in rows["c"]}


def test_times_and_bits(database: Database) -> None:
    database.execute("CREATE TABLE t (c TIME)")
    rows = frame(Random(form="time"))
    insert(database, rows)
    assert {value for (value,) in database.rows("SELECT CAST(c AS CHAR) FROM t")} == set(rows["c"])
    database.execute("DROP TABLE t", "CREATE TABLE t (c BIT(64))")
    bits = frame(Random(form="bits", length=64))
    insert(database, bits)
    assert {value for (value,) in database.rows("SELECT c + 0 FROM t")} == set(bits["c"])
