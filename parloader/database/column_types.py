"""A column's shape from its row of information_schema.columns.

Sources: MySQL manual "The INFORMATION_SCHEMA COLUMNS Table", "Data Types"; MariaDB documentation "Information Schema COLUMNS Table".
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from parloader.database.dialects import ServerKind
from parloader.schema.model import ColumnSchema, ColumnType
from parloader.schema.string_literals import repair_latin1, unescape

INTEGER_BYTES = {"tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "bigint": 8}

REALS = frozenset({"float", "double"})

MOMENTS = {"datetime": ColumnType.DATETIME, "timestamp": ColumnType.TIMESTAMP, "time": ColumnType.TIME}

TEXTS = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})

BYTES = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})

LISTS = {"enum": ColumnType.ENUM, "set": ColumnType.SET}

GEOMETRIES = frozenset(
    {"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection"}
)

PLAIN = {"date": ColumnType.DATE, "json": ColumnType.JSON, "uuid": ColumnType.UUID, "inet4": ColumnType.INET4, "inet6": ColumnType.INET6}

# A LONGTEXT could hold 4 GiB, which no statement could carry: the largest packet of a MariaDB is 16 MiB unless somebody raises it
LONGEST_BYTES = 2**24 - 1

# The years of a YEAR but for 0000; of MariaDB's YEAR(2): 70 is 1970, 69 is 2069
YEARS = (1901, 2155)

TWO_DIGIT_YEARS = (1970, 2069)

STRING = r"'((?:[^'\\]|''|\\.)*)'"

LITERAL = re.compile(rf"(?:_\w+)?{STRING}", re.DOTALL)


class ColumnRow(NamedTuple):
    """What information_schema.columns says of a column. `octets`, of a text: the most bytes it holds. `srid`: MySQL's."""

    name: str
    nullable: str
    default: str | None
    extra: str
    generation: str | None
    data_type: str
    column_type: str
    characters: int | None
    octets: int | None
    precision: int | None
    scale: int | None
    fraction_digits: int | None
    charset: str | None
    collation: str | None
    srid: int | None
    comment: str


def column_schema(described: ColumnRow, server: ServerKind, character_bytes: Mapping[str, int]) -> ColumnSchema:
    """`character_bytes`: the most bytes of a character, by charset."""
    extra = described.extra.upper()
    generated = re.search(r"\b(VIRTUAL|STORED|PERSISTENT) GENERATED\b", extra) is not None
    column = ColumnSchema(
        name=described.name,
        kind=ColumnType.OTHER,
        type_text=described.column_type,
        nullable=described.nullable == "YES",
        default=None if generated else default_of(described, server),
        auto_increment="AUTO_INCREMENT" in extra,
        on_update="ON UPDATE" in extra,
        generated=generated,
        charset=described.charset or "",
        collation=described.collation or "",
        comment=described.comment,
    )
    name = described.data_type
    if name in INTEGER_BYTES or name in REALS or name in ("decimal", "bit", "year"):
        return _number(column, described)
    if name in TEXTS or name in BYTES or name in LISTS:
        return _text(column, described, character_bytes)
    if name in MOMENTS:
        return replace(column, kind=MOMENTS[name], fraction_digits=described.fraction_digits or 0)
    if name in GEOMETRIES:
        geometry = "geometrycollection" if name == "geomcollection" else name
        return replace(column, kind=ColumnType.GEOMETRY, geometry=geometry, srid=described.srid)
    if name == "vector":
        return replace(column, kind=ColumnType.VECTOR, length=_in_parentheses(described.column_type))
    return replace(column, kind=PLAIN.get(name, ColumnType.OTHER))


def _number(column: ColumnSchema, described: ColumnRow) -> ColumnSchema:
    name = described.data_type
    unsigned = "unsigned" in described.column_type
    if name in INTEGER_BYTES:
        bits = 8 * INTEGER_BYTES[name]
        low, high = (0, 2**bits - 1) if unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        return replace(column, kind=ColumnType.INTEGER, min_value=low, max_value=high, unsigned=unsigned)
    if name == "bit":
        return replace(column, kind=ColumnType.BIT, max_value=2 ** (described.precision or 1) - 1)
    if name == "year":
        low, high = TWO_DIGIT_YEARS if described.column_type == "year(2)" else YEARS
        return replace(column, kind=ColumnType.YEAR, min_value=low, max_value=high)
    if name == "decimal":
        return replace(column, kind=ColumnType.DECIMAL, precision=described.precision or 0, scale=described.scale or 0, unsigned=unsigned)
    column = replace(column, kind=ColumnType.REAL, single=name == "float", unsigned=unsigned)
    # FLOAT(7,3) holds seven digits, three of them after the point; without a scale the precision is only how wide it is shown
    return column if described.scale is None else replace(column, precision=described.precision or 0, scale=described.scale)


def _text(column: ColumnSchema, described: ColumnRow, character_bytes: Mapping[str, int]) -> ColumnSchema:
    name = described.data_type
    if name in LISTS:
        return replace(column, kind=LISTS[name], values=values_of(described.column_type))
    octets = min(described.octets or 0, LONGEST_BYTES)
    if name in BYTES:
        return replace(column, kind=ColumnType.BYTES, length=octets, fixed=name == "binary")
    if name in ("char", "varchar"):
        return replace(column, kind=ColumnType.TEXT, length=described.characters or 0, fixed=name == "char")
    return replace(column, kind=ColumnType.TEXT, length=octets // character_bytes[column.charset])


def _in_parentheses(column_type: str) -> int:
    found = re.search(r"\((\d+)\)", column_type)
    return int(found[1]) if found else 0


def values_of(column_type: str) -> tuple[str, ...]:
    """The values of an ENUM or SET, without those that information_schema cannot say.

    It is in utf8mb3 and shows every other character as a question mark, on both servers. So one with a question mark may not be the
    value that is there, and is left out as long as others remain.
    """
    values = tuple(map(unescape, re.findall(STRING, column_type, re.DOTALL)))
    return tuple(value for value in values if "?" not in value) or values


def default_of(described: ColumnRow, server: ServerKind) -> str | None:
    """A constant without its quotes, an expression as SQL; None where there is none, or NULL.

    MariaDB prints SQL. MySQL prints constants bare, and expressions (marked as such) as SQL that is escaped once more.
    """
    text = described.default
    if text is None or (server is ServerKind.MYSQL and "DEFAULT_GENERATED" not in described.extra.upper()):
        return text
    if server is ServerKind.MYSQL:
        text = unescape(repair_latin1(text))
    if text.upper() == "NULL":
        return None
    literal = LITERAL.fullmatch(text)
    return unescape(literal[1]) if literal else text
