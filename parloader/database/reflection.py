"""The live schema as SQLAlchemy tables, read from information_schema.

SQLAlchemy's own reflection takes SHOW CREATE TABLE apart, and cannot read names with a backtick in a foreign key. Of what is not needed here (CHECKs,
names and actions of foreign keys, collations) nothing is read. Source: MySQL manual "The INFORMATION_SCHEMA COLUMNS Table" and its neighbours.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from parloader.database import sql
from parloader.database.shape_types import values_of
from parloader.database.sql import Connection
from parloader.plans import shape
from parloader.plans.shape import Kind

Live: TypeAlias = Mapping[str, sa.Table]

INTEGERS = {
    "tinyint": mysql.TINYINT,
    "smallint": mysql.SMALLINT,
    "mediumint": mysql.MEDIUMINT,
    "int": mysql.INTEGER,
    "bigint": mysql.BIGINT,
}
REALS = {"float": mysql.FLOAT, "double": mysql.DOUBLE}
MOMENTS = {"datetime": mysql.DATETIME, "timestamp": mysql.TIMESTAMP, "time": mysql.TIME}
WITH_LENGTH = {"char": mysql.CHAR, "varchar": mysql.VARCHAR, "binary": mysql.BINARY, "varbinary": mysql.VARBINARY}
LISTS = {"enum": mysql.ENUM, "set": mysql.SET}
OTHERS = {
    "date": mysql.DATE,
    "year": mysql.YEAR,
    "json": mysql.JSON,
    "tinytext": mysql.TINYTEXT,
    "text": mysql.TEXT,
    "mediumtext": mysql.MEDIUMTEXT,
    "longtext": mysql.LONGTEXT,
    "tinyblob": mysql.TINYBLOB,
    "blob": mysql.BLOB,
    "mediumblob": mysql.MEDIUMBLOB,
    "longblob": mysql.LONGBLOB,
}
# What a column holds, by the server's name of its type; one that is not here is OTHER
KINDS = {
    **dict.fromkeys(INTEGERS, Kind.INTEGER),
    **dict.fromkeys(REALS, Kind.REAL),
    **dict.fromkeys(("char", "varchar", "tinytext", "text", "mediumtext", "longtext"), Kind.TEXT),
    **dict.fromkeys(("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"), Kind.BYTES),
    **dict.fromkeys(("geometry", "point", "linestring", "polygon", "geometrycollection", "geomcollection"), Kind.GEOMETRY),
    **dict.fromkeys(("multipoint", "multilinestring", "multipolygon"), Kind.GEOMETRY),
    **{kind.value: kind for kind in Kind},
}


@dataclass(frozen=True, kw_only=True)
class ForeignKey:
    """`database` is None where it is the same."""

    columns: tuple[str, ...]
    database: str | None
    parent: str
    referenced: tuple[str, ...]

    @property
    def to(self) -> str:
        return self.parent if self.database is None else f"{self.database}.{self.parent}"


class OtherType(sa.types.UserDefinedType[Any]):
    """One that no plan fills and that nothing here needs to know; its text is the server's."""

    cache_ok = True

    def __init__(self, text: str) -> None:
        self.text = text

    def get_col_spec(self, **_: Any) -> str:
        return self.text.upper()


def reflect(connection: Connection, names: Iterable[str]) -> Live:
    """Those of the tables that are there."""
    metadata = sa.MetaData()
    statement = (
        "SELECT engine FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = %s AND table_type = 'BASE TABLE'"
    )
    found = ((name, sql.rows(connection, statement, name)) for name in sorted(set(names)))
    return {name: _table(connection, metadata, name, rows[0][0]) for name, rows in found if rows}


def foreign_keys(live: sa.Table) -> tuple[ForeignKey, ...]:
    """Those of a table that reflect gave."""
    keys: tuple[ForeignKey, ...] = live.info["foreign_keys"]
    return keys


def column_shape(column: "sa.Column[Any]") -> shape.Column:
    """Of a column that reflect gave: what decides how its values are written and shown."""
    kind = column.type
    text = kind.text.lower() if isinstance(kind, OtherType) else type(kind).__name__.lower()
    return shape.Column(
        name=column.name,
        kind=KINDS.get(re.split(r"\W", text)[0], Kind.OTHER),
        type_text="zerofill" if getattr(kind, "zerofill", False) else text,
        nullable=bool(column.nullable),
        scale=getattr(kind, "scale", None) or 0,
        single=isinstance(kind, mysql.FLOAT),
        length=getattr(kind, "length", None) or 0,
        fixed=isinstance(kind, mysql.CHAR | mysql.BINARY),
        fraction_digits=getattr(kind, "fsp", None) or 0,
    )


def _table(connection: Connection, metadata: sa.MetaData, name: str, engine: str | None) -> sa.Table:
    table = sa.Table(name, metadata, *_columns(connection, name), mysql_engine=engine or "none")
    table.info["foreign_keys"] = foreign_keys_of(connection, name)
    for index, columns in _indexes(connection, name).items():
        sa.Index(index, *(table.columns[column] for column in columns if column is not None))
    return table


def _columns(connection: Connection, table: str) -> list["sa.Column[Any]"]:
    statement = """SELECT column_name, is_nullable, column_default, extra, generation_expression, column_comment, column_key, data_type, column_type,
            character_maximum_length, numeric_precision, numeric_scale, datetime_precision
        FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = %s ORDER BY ordinal_position"""
    return [
        sa.Column(
            name,
            _type(data_type, column_type, *sizes),
            *([sa.Computed(expression)] if expression else []),
            nullable=nullable == "YES",
            server_default=None if default is None or expression else sa.text("…"),  # that there is one is all that matters
            server_onupdate=sa.FetchedValue() if "on update" in extra.lower() else None,
            autoincrement="auto_increment" in extra.lower(),
            primary_key=key == "PRI",
            comment=comment or None,
        )
        for name, nullable, default, extra, expression, comment, key, data_type, column_type, *sizes in sql.rows(
            connection, statement, table
        )
    ]


def _type(name: str, text: str, length: int | None, precision: int | None, scale: int | None, fraction_digits: int | None) -> Any:
    unsigned, zerofill = "unsigned" in text.lower(), "zerofill" in text.lower()
    if name in INTEGERS:
        return INTEGERS[name](unsigned=unsigned, zerofill=zerofill)
    if name == "decimal":
        return mysql.DECIMAL(precision, scale, unsigned=unsigned, zerofill=zerofill)
    if name in REALS:
        return REALS[name](unsigned=unsigned, zerofill=zerofill)
    if name in MOMENTS:
        return MOMENTS[name](fsp=fraction_digits)
    if name in WITH_LENGTH:
        return WITH_LENGTH[name](length)
    if name in LISTS:
        return LISTS[name](*values_of(text))
    return OTHERS[name]() if name in OTHERS else OtherType(text)


def _indexes(connection: Connection, table: str) -> dict[str, list[str | None]]:
    """Without the primary key. A part that is an expression is None."""
    statement = """SELECT index_name, column_name FROM information_schema.statistics
        WHERE table_schema = DATABASE() AND table_name = %s AND index_name <> 'PRIMARY' ORDER BY index_name, seq_in_index"""
    indexes: dict[str, list[str | None]] = {}
    for index, column in sql.rows(connection, statement, table):
        indexes.setdefault(index, []).append(column)
    return indexes


def foreign_keys_of(connection: Connection, table: str) -> tuple[ForeignKey, ...]:
    """The foreign keys that the table has."""
    statement = """SELECT constraint_name, NULLIF(referenced_table_schema, DATABASE()), referenced_table_name, column_name, referenced_column_name
        FROM information_schema.key_column_usage
        WHERE table_schema = DATABASE() AND table_name = %s AND referenced_table_name IS NOT NULL ORDER BY constraint_name, ordinal_position"""
    pairs: dict[tuple[str, str | None, str], list[tuple[str, str]]] = {}
    for name, database, parent, column, referenced in sql.rows(connection, statement, table):
        pairs.setdefault((name, database, parent), []).append((column, referenced))
    return tuple(
        ForeignKey(columns=tuple(c for c, _ in columns), database=database, parent=parent, referenced=tuple(r for _, r in columns))
        for (_, database, parent), columns in pairs.items()
    )
