"""Values of every type survive the round trip to the server, and server_text.py renders them like the server."""

import json
import random
import struct
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from support.servers import KINDS, Database

from parloader.database import sql
from parloader.database.dialects import ServerKind
from parloader.database.introspection import read_tables
from parloader.database.session import connect, server_info
from parloader.rows import server_text
from parloader.rows.differences import differing
from parloader.rows.server_text import as_server_text, rows_as_text
from parloader.rows.writer_names import WriterName
from parloader.rows.writers import writer_for

ROWS = 60

# First bytes of characters of two: with those that several character sets map to one Unicode character, and halves of surrogate pairs
LEADS = (0x81, 0x87, 0xA1, 0xD8, 0xF0)

randomness = random.Random(5)


def same(value: Any) -> Any:
    return value


@dataclass(frozen=True, kw_only=True)
class Type:
    """A column type and values for it."""

    ddl: str
    dtype: pl.DataType | type[pl.DataType]
    edges: Sequence[Any]
    more: Callable[[], Any] | None = None  # gives random values
    meant: Callable[[Any], Any] = same  # a value of the frame → the driver's
    only: ServerKind | None = None
    read: str = "{}"  # the SQL expression that reads the column

    def values(self) -> list[Any]:
        more = self.more or (lambda: randomness.choice(self.edges))
        return [None, *self.edges, *(more() for _ in range(ROWS))][:ROWS]


def integers(ddl: str, low: int, high: int) -> Type:
    return Type(
        ddl=ddl,
        dtype=pl.UInt64 if high >= 2**63 else pl.Int64,
        edges=[low, 0, high],
        more=lambda: randomness.randint(low, high),
    )


def quarters(digits: int) -> Callable[[], Decimal]:
    return lambda: Decimal(randomness.randint(-(10**digits), 10**digits)) / 4


def text(alphabet: str, length: int) -> Callable[[], str]:
    return lambda: "".join(randomness.choices(alphabet, k=randomness.randint(0, length)))


def point(srid: int, x: float, y: float) -> bytes:
    return struct.pack("<IBIdd", srid, 1, 1, x, y)


def line(*points: tuple[float, float]) -> bytes:
    return struct.pack("<IBII", 0, 1, 2, len(points)) + b"".join(struct.pack("<dd", *p) for p in points)


def square(size: float) -> bytes:
    ring = [(0.0, 0.0), (size, 0.0), (size, size), (0.0, size), (0.0, 0.0)]
    return struct.pack("<IBIII", 0, 1, 3, 1, len(ring)) + b"".join(struct.pack("<dd", *p) for p in ring)


def as_time(given: str) -> timedelta:
    hours, minutes, seconds = given.lstrip("-").split(":")
    whole, _, fraction = seconds.partition(".")
    return (-1 if given.startswith("-") else 1) * timedelta(
        hours=int(hours), minutes=int(minutes), seconds=int(whole), microseconds=int(fraction.ljust(6, "0"))
    )


def as_single(given: float | Decimal) -> float:
    return float(struct.unpack("<f", struct.pack("<f", given))[0])


HOSTILE = "'\\\"%\t\n\r\0\x1a, ;a"

timestamps = [datetime(1000, 1, 1), datetime(9999, 12, 31, 23, 59, 59), datetime(2024, 2, 29, 12)]

stamps = [datetime(1970, 1, 1, 0, 0, 1), datetime(2038, 1, 19, 3, 14, 7)]

TYPES = {
    "tiny": integers("TINYINT", -128, 127),
    "boolean": Type(ddl="TINYINT(1)", dtype=pl.Boolean, edges=[True, False]),
    "small": integers("SMALLINT UNSIGNED", 0, 65535),
    "medium": integers("MEDIUMINT", -(2**23), 2**23 - 1),
    "whole": integers("INT", -(2**31), 2**31 - 1),
    "zeros": integers("INT(8) UNSIGNED ZEROFILL", 0, 2**32 - 1),
    "big": integers("BIGINT", -(2**63), 2**63 - 1),
    "ubig": integers("BIGINT UNSIGNED", 0, 2**64 - 1),
    "decimal": Type(ddl="DECIMAL(12, 2)", dtype=pl.Decimal(38, 2), edges=[Decimal("-9999999999.99"), Decimal(0)], more=quarters(8)),
    "decimal of whole": integers("DECIMAL(20, 4)", -(10**15), 10**15),
    "decimal of fewer": Type(ddl="DECIMAL(20, 4)", dtype=pl.Decimal(38, 2), edges=[Decimal("-1.50")], more=quarters(8)),
    "decimal of booleans": Type(ddl="DECIMAL(4, 1)", dtype=pl.Boolean, edges=[True, False]),
    "decimal of none": Type(ddl="DECIMAL(30, 0)", dtype=pl.Decimal(38, 0), edges=[Decimal(10) ** 29, Decimal(-7)]),
    "decimal of zeros": Type(ddl="DECIMAL(9, 1)", dtype=pl.Decimal(38, 3), edges=[Decimal("0.500"), Decimal("-12.000")]),
    "float": Type(
        ddl="FLOAT", dtype=pl.Decimal(38, 2), edges=[Decimal(12), Decimal(2**24)], more=quarters(6), meant=as_single, read="{} + 0e0"
    ),
    "float of real": Type(ddl="FLOAT", dtype=pl.Float64, edges=[0.0, 1e20, 0.1, 16777216.0, -3.5], meant=as_single, read="{} + 0e0"),
    "double": Type(ddl="DOUBLE", dtype=pl.Decimal(38, 2), edges=[Decimal(3)], more=quarters(15), meant=float),
    "double of whole": Type(ddl="DOUBLE", dtype=pl.Int64, edges=[0, 2**53, 10**15, 10**15 - 1, 10**18, -(10**14)], meant=float),
    "double of real": Type(
        ddl="DOUBLE",
        dtype=pl.Float64,
        edges=[0.0, -0.0, 1e15, 1e14, 1.25e15, 1e20, 1e-5, 0.1, 1.7976931348623157e308, 1e-300, 123456.789],
        more=lambda: randomness.choice((1, 1e3, 1e10, 1e30, 1e250)) * randomness.uniform(0, 10),
    ),
    "double of digits": Type(ddl="DOUBLE(16, 4)", dtype=pl.Decimal(38, 2), edges=[Decimal("12.25")], more=quarters(6), meant=float),
    "bit": Type(ddl="BIT(1)", dtype=pl.Int64, edges=[0, 1], meant=lambda v: bytes([v])),
    "bits": Type(
        ddl="BIT(64)", dtype=pl.UInt64, edges=[0, 53, 2**64 - 1], more=lambda: randomness.getrandbits(64), meant=lambda v: v.to_bytes(8)
    ),
    "bit of booleans": Type(ddl="BIT(9)", dtype=pl.Boolean, edges=[True, False], meant=lambda v: bytes([0, v])),
    "year": Type(ddl="YEAR", dtype=pl.Int64, edges=[0, 1901, 2155], more=lambda: randomness.randint(1901, 2155)),
    "date": Type(ddl="DATE", dtype=pl.Date, edges=[date(1000, 1, 1), date(9999, 12, 31), date(2024, 2, 29)]),
    "date of text": Type(ddl="DATE", dtype=pl.String, edges=["2024-02-29", "1000-01-01"], meant=date.fromisoformat),
    "date of timestamps": Type(ddl="DATE", dtype=pl.Datetime("ms"), edges=[datetime(2024, 2, 29)], meant=lambda v: v.date()),
    "timestamp": Type(ddl="DATETIME", dtype=pl.Datetime("ms"), edges=timestamps),
    "timestamp of days": Type(
        ddl="DATETIME(3)", dtype=pl.Date, edges=[date(2024, 2, 29)], meant=lambda v: datetime(v.year, v.month, v.day)
    ),
    "timestamp of text": Type(
        ddl="DATETIME(2)", dtype=pl.String, edges=["2024-02-29 01:02:03", "2024-02-29 01:02:03.5"], meant=datetime.fromisoformat
    ),
    "timestamp in ms": Type(ddl="DATETIME(3)", dtype=pl.Datetime("ms"), edges=[*timestamps, datetime(2024, 1, 1, 0, 0, 0, 120_000)]),
    "timestamp in us": Type(ddl="DATETIME(6)", dtype=pl.Datetime("us"), edges=[*timestamps, datetime(9999, 12, 31, 23, 59, 59, 999_999)]),
    "stamp": Type(ddl="TIMESTAMP NULL", dtype=pl.Datetime("us"), edges=stamps),
    "stamp in ms": Type(ddl="TIMESTAMP(4) NULL", dtype=pl.Datetime("us"), edges=[*stamps, datetime(2024, 3, 31, 2, 30, 0, 100)]),
    "time": Type(ddl="TIME", dtype=pl.String, edges=["00:00:00", "-838:59:59", "838:59:59", "23:59:59"], meant=as_time),
    "time in ms": Type(ddl="TIME(3)", dtype=pl.String, edges=["00:00:00", "01:02:03.5", "-10:00:00.125"], meant=as_time),
    "char": Type(ddl="CHAR(8)", dtype=pl.String, edges=["", "two  ", "%s"], more=text(HOSTILE, 8), meant=lambda v: v.rstrip(" ")),
    "varchar": Type(ddl="VARCHAR(20)", dtype=pl.String, edges=["", "end ", "NULL", "🦆"], more=text(HOSTILE + "é🦆", 20)),
    "latin1": Type(ddl="VARCHAR(20) CHARACTER SET latin1", dtype=pl.String, edges=["", "é'\\"], more=text(HOSTILE + "éÿ€", 20)),
    "latin1 text": Type(ddl="TEXT CHARACTER SET latin1 COLLATE latin1_bin", dtype=pl.String, edges=["é'\\"], more=text("äÄé\\'", 20)),
    "utf8mb3": Type(ddl="VARCHAR(20) CHARACTER SET utf8mb3", dtype=pl.String, edges=["€"], more=text(HOSTILE + "é€", 20)),
    "ascii": Type(ddl="VARCHAR(20) CHARACTER SET ascii", dtype=pl.String, edges=["~"], more=text(HOSTILE, 20)),
    "utf16": Type(ddl="VARCHAR(20) CHARACTER SET utf16", dtype=pl.String, edges=["🦆"], more=text(HOSTILE + "é🦆", 20)),
    "binary collation": Type(ddl="VARCHAR(20) COLLATE utf8mb4_bin", dtype=pl.String, edges=["a", "A"], more=text(HOSTILE, 20)),
    "long text": Type(ddl="LONGTEXT COLLATE utf8mb4_unicode_ci", dtype=pl.String, edges=["é" * 70_000, "a'" * 1000]),
    "binary": Type(
        ddl="BINARY(6)",
        dtype=pl.Binary,
        edges=[b"", b"\0", b"a", b"'\\%\0 a"],
        more=lambda: randomness.randbytes(6),
        meant=lambda v: v.ljust(6, b"\0"),
    ),
    "varbinary": Type(ddl="VARBINARY(20)", dtype=pl.Binary, edges=[b"", b"\0", b"a "], more=lambda: randomness.randbytes(20)),
    "blob": Type(ddl="BLOB", dtype=pl.Binary, edges=[b"", bytes(range(256))]),
    "blob of text": Type(ddl="BLOB", dtype=pl.String, edges=["é'\\", ""], meant=str.encode),
    "enum": Type(ddl="ENUM('a', 'b''c', 'd,\\\\e', '')", dtype=pl.String, edges=["a", "b'c", "d,\\e", ""]),
    "set": Type(ddl="SET('a', 'b''c', '%') CHARACTER SET latin1", dtype=pl.String, edges=["", "a", "a,b'c,%"], meant=lambda v: v),
    "json": Type(
        ddl="JSON",
        dtype=pl.String,
        meant=lambda v: json.dumps(json.loads(v)),
        edges=['{"a": 1, "bb": ["é\\\\", null]}', "[]", '"it\'s"', "3"],
    ),
    "uuid": Type(
        ddl="UUID",
        dtype=pl.String,
        edges=["0123abcd-0000-1000-8000-00000000000f", "0123ABCD-0000-4000-8000-00000000000F"],
        meant=str.lower,
        only=ServerKind.MARIADB,
    ),
    "inet4": Type(ddl="INET4", dtype=pl.String, edges=["0.0.0.0", "203.0.113.255"], only=ServerKind.MARIADB),
    "inet6": Type(ddl="INET6", dtype=pl.String, edges=["::", "2001:db8::1", "::ffff:192.0.2.1"], only=ServerKind.MARIADB),
    "geometry": Type(ddl="GEOMETRY", dtype=pl.Binary, edges=[point(0, 1.5, 2.5), line((0, 0), (1, 2)), square(3)]),
    "point": Type(ddl="POINT", dtype=pl.Binary, edges=[point(0, -80, 80), point(4326, 1, 2)]),
    "polygon": Type(ddl="POLYGON", dtype=pl.Binary, edges=[square(1.25)]),
    "point of earth": Type(ddl="POINT SRID 4326", dtype=pl.Binary, edges=[point(4326, 1.5, 2.5)], only=ServerKind.MYSQL),
    "vector": Type(
        ddl="VECTOR(2)",
        dtype=pl.Binary,
        edges=[struct.pack("<2f", 1.5, -2), struct.pack("<2f", 0, 1e20)],
        read="UNHEX(HEX({}))",
        only=ServerKind.MYSQL,
    ),
}


@pytest.mark.parametrize("writer_name", list(WriterName))
def test_every_type(database: Database, writer_name: WriterName) -> None:
    types = {name: given for name, given in TYPES.items() if given.only in (None, KINDS[database.server.kind])}
    frame = pl.DataFrame({"id": range(1, ROWS + 1)}).with_columns(pl.Series(n, t.values(), dtype=t.dtype) for n, t in types.items())
    database.execute(
        f"CREATE TABLE t (id INT PRIMARY KEY, {', '.join(f'{sql.quote(n)} {t.ddl}' for n, t in types.items())})".replace("'%'", "'%%'")
    )
    with closing(connect(database.target, local_infile=True)) as connection:
        view = server_text.row_text(read_tables(connection, ["t"])["t"], frame.columns, "id")
        writer = writer_for("t", server_info(connection), writer_name, number_columns=view.number_columns)
        writer.write(connection, writer.render(frame))

        for name, given in types.items():
            there = [value for (value,) in sql.rows(connection, f"SELECT {given.read.format(sql.quote(name))} FROM t ORDER BY id")]
            if given.ddl == "JSON":
                there = [value and json.dumps(json.loads(value)) for value in there]
            assert {name: there} == {name: [None if value is None else given.meant(value) for value in frame[name]]}

        rows = frame.select(as_server_text(frame, view.columns)).rows()
        shown = server_text.rows_by_key(connection, view, 1, ROWS)
        assert list(differing(view, ((wanted, shown[at]) for at, wanted in enumerate(rows, 1)))) == []
        exact = [name for name in frame.columns if name not in ("double of real", "json")]  # MySQL writes these in its own way
        view = server_text.row_text(read_tables(connection, ["t"])["t"], exact, "id")
        server_text.prepare_session(connection, 2**25)
        assert server_text.digest_by_key(connection, view, 1, ROWS) == (
            ROWS,
            server_text.digest_of_texts(rows_as_text(frame.select(exact), view.columns).to_list()),
        )


def test_no_other_bytes_have_the_text_of_a_generated_value(database: Database) -> None:
    """Whoever edits a row can store bytes that Unicode cannot express, or expresses in the same way as others."""
    with closing(connect(database.target)) as connection:
        charsets = sql.rows(
            connection, "SELECT character_set_name, maxlen FROM information_schema.character_sets WHERE character_set_name <> 'binary'"
        )
        for charset, character_bytes in charsets:
            sql.execute(connection, f"CREATE TABLE t (id INT PRIMARY KEY, edit VARBINARY(4), c VARCHAR(4) CHARACTER SET {charset})")
            codes = [bytes([byte]) for byte in range(256)]
            codes += [bytes([lead, byte]) for lead in LEADS for byte in range(256) if character_bytes > 1]
            codes += [bytes([0xED, 0xA0, byte]) for byte in range(0x80, 0xC0) if character_bytes > 2]
            rows = ", ".join(f"({number}, x'{code.hex()}', '?')" for number, code in enumerate(codes))
            sql.execute(connection, f"INSERT INTO t VALUES {rows}")
            sql.execute(connection, f"UPDATE IGNORE t SET c = CONVERT(edit USING {charset})")
            view = server_text.row_text(read_tables(connection, ["t"])["t"], ["c"], "id")
            texts = server_text.rows_by_key(connection, view, 0, len(codes))
            stored = dict(sql.rows(connection, "SELECT id, HEX(c) FROM t"))
            found = {(texts[number], stored[number]) for number in texts}
            assert (charset, len({text for text, _ in found})) == (charset, len({bytes_ for _, bytes_ in found}))
            sql.execute(connection, "DROP TABLE t")


@pytest.mark.parametrize("ddl", ["LONGTEXT", "LONGBLOB", "LONGTEXT NOT NULL"])
def test_a_value_too_long_for_a_text_is_not_taken_for_null(database: Database, ddl: str) -> None:
    """The server returns NULL for a text of more than max_allowed_packet bytes."""
    with closing(connect(database.target)) as connection:
        sql.execute(connection, f"CREATE TABLE t (id INT PRIMARY KEY, c {ddl})")
        (column,) = (column for column in read_tables(connection, ["t"])["t"].columns if column.name == "c")
        bytes_ = "@@max_allowed_packet DIV 2 + 1" if ddl == "LONGBLOB" else "@@max_allowed_packet - 1"
        shown = sql.value(connection, f"SELECT {server_text.text_expression(column)} FROM (SELECT REPEAT('x', {bytes_}) AS c) t")
        assert shown == server_text.TOO_LONG
