"""Derives a column's type from its row of information_schema.columns.

Sources: MySQL manual "The INFORMATION_SCHEMA COLUMNS Table", "Data Types"; MariaDB documentation "Information Schema COLUMNS Table".
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from parloader.database.dialects import STRING, Dialect
from parloader.schema.model import ColumnSchema, ColumnType
from parloader.schema.string_literals import unescape

INTEGER_BYTES = {"tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "bigint": 8}

REALS = frozenset({"float", "double"})

TEMPORALS = {"datetime": ColumnType.DATETIME, "timestamp": ColumnType.TIMESTAMP, "time": ColumnType.TIME}

TEXT_TYPES = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})

BYTE_TYPES = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})

CHOICES = {"enum": ColumnType.ENUM, "set": ColumnType.SET}

GEOMETRIES = frozenset(
    {"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection"}
)

OTHERS = {"date": ColumnType.DATE, "json": ColumnType.JSON, "uuid": ColumnType.UUID, "inet4": ColumnType.INET4, "inet6": ColumnType.INET6}

# A LONGTEXT holds 4 GiB, more than any statement can carry: by default MariaDB's max_allowed_packet is 16 MiB
MAX_TEXT_BYTES = 2**24 - 1

# Years of a YEAR column, except 0000; of MariaDB's YEAR(2): 70 means 1970, 69 means 2069
YEARS = (1901, 2155)

TWO_DIGIT_YEARS = (1970, 2069)


class ColumnRow(NamedTuple):
    """A row of information_schema.columns."""

    name: str
    nullable: str  # YES or NO
    default: str | None  # in the server's notation, see Dialect.default_value
    extra: str
    generation: str | None  # expression of a generated column
    data_type: str  # without length and sign: "int"
    column_type: str  # in full: "int(10) unsigned"
    characters: int | None  # maximum length of a text
    octets: int | None  # maximum length of a text or byte string, in bytes
    precision: int | None
    scale: int | None
    fraction_digits: int | None  # of seconds
    charset: str | None
    collation: str | None
    srid: int | None  # MySQL only
    comment: str


def column_schema(row: ColumnRow, dialect: Dialect, character_bytes: Mapping[str, int]) -> ColumnSchema:
    """The column that this row describes. `character_bytes`: maximum bytes of a character, by charset."""
    extra = row.extra.upper()
    generated = re.search(r"\b(VIRTUAL|STORED|PERSISTENT) GENERATED\b", extra) is not None
    column = ColumnSchema(
        name=row.name,
        kind=ColumnType.OTHER,
        type_text=row.column_type,
        nullable=row.nullable == "YES",
        default=None if generated else dialect.default_value(row.default, row.extra),
        auto_increment="AUTO_INCREMENT" in extra,
        on_update="ON UPDATE" in extra,
        generated=generated,
        expression=dialect.check_clause(row.generation or "") if generated else "",
        charset=row.charset or "",
        collation=row.collation or "",
        comment=row.comment,
    )
    name = row.data_type
    if name in INTEGER_BYTES or name in REALS or name in ("decimal", "bit", "year"):
        return _number(column, row)
    if name in TEXT_TYPES or name in BYTE_TYPES or name in CHOICES:
        return _text(column, row, character_bytes)
    if name in TEMPORALS:
        return replace(column, kind=TEMPORALS[name], fraction_digits=row.fraction_digits or 0)
    if name in GEOMETRIES:
        geometry = "geometrycollection" if name == "geomcollection" else name
        return replace(column, kind=ColumnType.GEOMETRY, geometry=geometry, srid=row.srid)
    if name == "vector":
        return replace(column, kind=ColumnType.VECTOR, length=_in_parentheses(row.column_type))
    return replace(column, kind=OTHERS.get(name, ColumnType.OTHER))


def _number(column: ColumnSchema, row: ColumnRow) -> ColumnSchema:
    name = row.data_type
    unsigned = "unsigned" in row.column_type
    if name in INTEGER_BYTES:
        bits = 8 * INTEGER_BYTES[name]
        low, high = (0, 2**bits - 1) if unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        return replace(column, kind=ColumnType.INTEGER, min_value=low, max_value=high, unsigned=unsigned)
    if name == "bit":
        return replace(column, kind=ColumnType.BIT, max_value=2 ** (row.precision or 1) - 1)
    if name == "year":
        low, high = TWO_DIGIT_YEARS if row.column_type == "year(2)" else YEARS
        return replace(column, kind=ColumnType.YEAR, min_value=low, max_value=high)
    if name == "decimal":
        return replace(column, kind=ColumnType.DECIMAL, precision=row.precision or 0, scale=row.scale or 0, unsigned=unsigned)
    column = replace(column, kind=ColumnType.REAL, single=name == "float", unsigned=unsigned)
    # FLOAT(7,3) holds seven digits, three of them after the point; without a scale the precision is only the display width
    return column if row.scale is None else replace(column, precision=row.precision or 0, scale=row.scale)


def _text(column: ColumnSchema, row: ColumnRow, character_bytes: Mapping[str, int]) -> ColumnSchema:
    name = row.data_type
    if name in CHOICES:
        return replace(column, kind=CHOICES[name], values=values_of(row.column_type))
    octets = min(row.octets or 0, MAX_TEXT_BYTES)
    if name in BYTE_TYPES:
        return replace(column, kind=ColumnType.BYTES, length=octets, fixed=name == "binary")
    if name in ("char", "varchar"):
        return replace(column, kind=ColumnType.TEXT, length=row.characters or 0, fixed=name == "char")
    return replace(column, kind=ColumnType.TEXT, length=octets // character_bytes[column.charset])


def _in_parentheses(column_type: str) -> int:
    number = re.search(r"\((\d+)\)", column_type)
    return int(number[1]) if number else 0


def values_of(column_type: str) -> tuple[str, ...]:
    """The values of an ENUM or SET, except those that information_schema cannot represent.

    information_schema is utf8mb3 and lists any other character as a question mark, on both servers. A value with a question mark may
    therefore not be the real one, and is left out as long as other values remain.
    """
    values = tuple(map(unescape, re.findall(STRING, column_type, re.DOTALL)))
    return tuple(value for value in values if "?" not in value) or values
