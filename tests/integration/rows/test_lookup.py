"""Rows without an integer key are found, compared and deleted by a unique key: no other rows, and by its index."""

import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

import polars as pl
import pytest
from support.servers import Database

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.database.introspection import read_tables
from parloader.database.session import connect, server_info
from parloader.errors import WriteFailed
from parloader.rows import server_text
from parloader.rows.differences import Difference, differences
from parloader.rows.lookup import LOOKUP_ROWS, conditions_by_key, delete_by_key
from parloader.rows.server_text import RowText
from parloader.rows.writers import writer_for

ROWS = 2 * LOOKUP_ROWS + 50

NUMBERS = range(ROWS)

HOSTILE = ("%s", "\\", "'", "é", "\\'%d", "", "0", "NULL")


def texts(prefix: str) -> pl.Series:
    return pl.Series([f"{HOSTILE[n % len(HOSTILE)]}{prefix}{n}" for n in NUMBERS])


@dataclass(frozen=True, kw_only=True)
class Key:
    """A unique key. `ddl`: its columns; `stranger`: the assignment that turns the first generated row into another one."""

    ddl: str
    columns: dict[str, pl.Series]
    stranger: str

    @property
    def frame(self) -> pl.DataFrame:
        return pl.DataFrame({**self.columns, "x": pl.Series(NUMBERS)})


KEYS = {
    "text": Key(ddl="a VARCHAR(40) COLLATE utf8mb4_general_ci NOT NULL, PRIMARY KEY (a)", columns={"a": texts("n")}, stranger="a = '%%sn'"),
    "latin1": Key(ddl="a VARCHAR(40) CHARACTER SET latin1 NOT NULL, UNIQUE (a)", columns={"a": texts("ß")}, stranger="a = CONCAT(a, ' 1')"),
    "digits": Key(
        ddl="a CHAR(9) NOT NULL, PRIMARY KEY (a)", columns={"a": pl.Series([str(n) for n in NUMBERS])}, stranger="a = CONCAT('0', a)"
    ),
    "numbers": Key(ddl="a VARCHAR(9) NOT NULL, PRIMARY KEY (a)", columns={"a": pl.Series(NUMBERS)}, stranger="a = CONCAT('0', a)"),
    "prefix": Key(ddl="a TEXT NOT NULL, UNIQUE (a(20))", columns={"a": texts("abcdefgh")}, stranger="a = CONCAT('0', a)"),
    "padded": Key(
        ddl="a BINARY(6) NOT NULL, PRIMARY KEY (a)",
        columns={"a": pl.Series([struct.pack(">H", n) for n in NUMBERS])},
        stranger="a = CONCAT(LEFT(a, 2), ' ')",
    ),
    "pair": Key(
        ddl="a INT NOT NULL, b BIGINT UNSIGNED NOT NULL, PRIMARY KEY (a, b), KEY (b)",
        columns={"a": pl.Series([n // 20 for n in NUMBERS]), "b": pl.Series([2**64 - 1 - n % 20 for n in NUMBERS], dtype=pl.UInt64)},
        stranger="b = 7",
    ),
    "dates": Key(
        ddl="a DATE NOT NULL, b DATETIME(3) NOT NULL, c TIME NOT NULL, PRIMARY KEY (a, b, c), KEY (c)",
        columns={
            "a": pl.Series([date(2024, 1, 1) + timedelta(n % 9) for n in NUMBERS]),
            "b": pl.Series([datetime(2024, 1, 1) + timedelta(milliseconds=n * 300) for n in NUMBERS]).cast(pl.Datetime("ms")),
            "c": pl.Series([f"{n % 7:02}:00:00" for n in NUMBERS]),
        },
        stranger="c = '-00:00:01'",
    ),
    "others": Key(
        ddl="a DECIMAL(8, 2) NOT NULL, b ENUM('one', 'two') NOT NULL, c BIT(4) NOT NULL, d YEAR NOT NULL, UNIQUE (a, b, c, d)",
        columns={
            "a": pl.Series([Decimal(n) / 4 for n in NUMBERS], dtype=pl.Decimal(38, 2)),
            "b": pl.Series([("one", "two")[n % 2] for n in NUMBERS]),
            "c": pl.Series([n % 16 for n in NUMBERS]),
            "d": pl.Series([1901 + n % 200 for n in NUMBERS]),
        },
        stranger="c = c + 1",
    ),
}

TEXT_BYTES = 2**20


@contextmanager
def written(database: Database, key: Key, mode: str = "") -> Iterator[tuple[Connection, RowText]]:
    """The frame's rows are in the table t."""
    database.execute(f"CREATE TABLE t ({key.ddl}, x INT NOT NULL)")
    with closing(connect(database.target)) as connection:
        sql.execute(connection, "SET SESSION sql_mode = CONCAT_WS(',', @@sql_mode, %s)", mode)
        writer = writer_for("t", server_info(connection))
        writer.write(connection, writer.render(key.frame))
        yield connection, server_text.row_text(read_tables(connection, ["t"])["t"], key.frame.columns, None, tuple(key.columns))


@pytest.mark.parametrize("key", KEYS.values(), ids=list(KEYS))
def test_rows_are_found_and_compared(database: Database, key: Key) -> None:
    with written(database, key) as (connection, view):
        assert list(differences(connection, view, key.frame, TEXT_BYTES)) == []
        sql.execute(connection, f"DELETE FROM t WHERE x IN (3, {LOOKUP_ROWS + 1})")
        sql.execute(connection, f"UPDATE t SET x = -1 WHERE x = {ROWS - 1}")
        found = differences(connection, view, key.frame, TEXT_BYTES)
        different, missing, also_missing = sorted(found, key=lambda difference: difference.kind)
        assert [missing.kind, also_missing.kind, different.kind] == ["missing", "missing", "different"]
        assert different.columns == (("x", str(ROWS - 1), "-1"),)
        assert len({missing.key, also_missing.key, different.key}) == 3


@pytest.mark.parametrize("key", KEYS.values(), ids=list(KEYS))
def test_equal_rows_have_equal_digests(database: Database, key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only rows with other digests are read."""
    with written(database, key) as (connection, view):
        monkeypatch.setattr(server_text, "rows_where", None)
        assert list(differences(connection, view, key.frame.sample(fraction=1, shuffle=True, seed=3), TEXT_BYTES)) == []


@pytest.mark.parametrize("text_bytes", [TEXT_BYTES, 100])
def test_two_rows_that_exchanged_their_values(database: Database, text_bytes: int) -> None:
    """Also if the server cannot join the texts of all rows of a look-up."""
    with written(database, KEYS["text"]) as (connection, view):
        sql.execute(connection, "UPDATE t SET x = 11 - x WHERE x IN (5, 6)")
        assert {difference.columns for difference in differences(connection, view, KEYS["text"].frame, text_bytes)} == {
            (("x", "5", "6"),),
            (("x", "6", "5"),),
        }


@pytest.mark.parametrize("mode", ["", "NO_BACKSLASH_ESCAPES"])
@pytest.mark.parametrize("key", KEYS.values(), ids=list(KEYS))
def test_no_other_row_is_deleted(database: Database, key: Key, mode: str) -> None:
    with written(database, key, mode) as (connection, view):
        columns = ", ".join(key.columns)
        sql.execute(connection, f"CREATE TABLE strangers AS SELECT {columns}, -1 AS x FROM t ORDER BY x LIMIT 1")
        sql.execute(connection, f"UPDATE strangers SET {key.stranger}")
        sql.execute(connection, f"INSERT INTO t ({columns}, x) SELECT {columns}, x FROM strangers")
        strangers = sql.rows(connection, "SELECT * FROM strangers")
        half = key.frame.head(ROWS // 2)
        assert delete_by_key(view, half, partial(sql.delete, connection, "t")) == half.height
        assert sql.value(connection, "SELECT COUNT(*) FROM t") == ROWS - half.height + 1
        assert delete_by_key(view, key.frame, partial(sql.delete, connection, "t")) == ROWS - half.height
        assert sql.rows(connection, f"SELECT {columns}, x FROM t") == strangers


def test_the_key_of_a_row_is_told_as_it_is(database: Database) -> None:
    with written(database, KEYS["text"]) as (connection, view):
        sql.execute(connection, "DELETE FROM t WHERE x = 4")
        assert list(differences(connection, view, KEYS["text"].frame, TEXT_BYTES)) == [Difference(kind="missing", table="t", key="\\'%dn4")]
    database.execute("DROP TABLE t")
    with written(database, KEYS["pair"]) as (connection, view):
        sql.execute(connection, "DELETE FROM t WHERE x = 21")
        assert list(differences(connection, view, KEYS["pair"].frame, TEXT_BYTES)) == [
            Difference(kind="missing", table="t", key=f"1/{2**64 - 2}")
        ]


def test_a_key_changed_to_an_equal_text_is_not_missing(database: Database) -> None:
    with written(database, KEYS["text"]) as (connection, view):
        sql.execute(connection, "UPDATE t SET a = UPPER(a) WHERE x = 3")
        sql.execute(connection, "DELETE FROM t WHERE x = 5")
        assert list(differences(connection, view, KEYS["text"].frame, TEXT_BYTES)) == [
            Difference(kind="missing", table="t", key="n5"),
            Difference(kind="different", table="t", key="én3", columns=(("a", "'én3'", "'ÉN3'"),)),
        ]


def plan(connection: Connection, explain: str, statement: str) -> tuple[object, object]:
    """How the server finds the rows: (access, the rows that it reads)."""
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {statement}", ())
        said = dict(zip([column[0] for column in cursor.description], cursor.fetchone() or (), strict=True))
    return said["type"], int(said["rows"])


@pytest.mark.parametrize("name", ["text", "latin1", "numbers", "prefix", "padded", "dates", "others"])
def test_the_key_is_used(database: Database, name: str) -> None:
    with written(database, KEYS[name]) as (connection, view):
        sql.rows(connection, "ANALYZE TABLE t")
        _, condition = next(conditions_by_key(KEYS[name].frame.gather_every(20), view.identity_columns))
        explain = "EXPLAIN FORMAT=TRADITIONAL" if database.server.kind == "mysql" else "EXPLAIN"
        for statement in ("SELECT *", "DELETE"):
            assert plan(connection, explain, f"{statement} FROM t WHERE {condition}") == ("range", -(-ROWS // 20))


def test_the_key_is_used_for_as_many_rows_as_are_looked_up_at_a_time(database: Database) -> None:
    with written(database, KEYS["pair"]) as (connection, view):
        for doubled in range(5):
            sql.execute(connection, f"INSERT INTO t SELECT a + {1000 * 2**doubled}, b, x FROM t")
        sql.rows(connection, "ANALYZE TABLE t")
        _, condition = next(conditions_by_key(KEYS["pair"].frame.gather_every(2), view.identity_columns))
        explain = "EXPLAIN FORMAT=TRADITIONAL" if database.server.kind == "mysql" else "EXPLAIN"
        for statement in ("SELECT *", "DELETE"):
            assert plan(connection, explain, f"{statement} FROM t WHERE {condition}") == ("range", LOOKUP_ROWS)


def test_columns_that_are_not_unique_fail_the_delete(database: Database) -> None:
    """Somebody may have removed the key since the table was read."""
    key = Key(ddl="a INT NOT NULL PRIMARY KEY", columns={"a": pl.Series(NUMBERS)}, stranger="")
    with written(database, key) as (connection, view):
        sql.execute(connection, "ALTER TABLE t DROP PRIMARY KEY")
        sql.execute(connection, "UPDATE t SET a = 5")
        with pytest.raises(WriteFailed, match=f"a of t is no longer unique: 1 row looked up, {ROWS} found"):
            delete_by_key(view, key.frame.slice(5, 1), partial(sql.delete, connection, "t"))
