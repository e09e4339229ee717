"""The tables of a database as plain values: columns, keys, CHECKs, partitions and triggers.

Sources: MySQL manual "Schema Object Names" (quoting), "The INFORMATION_SCHEMA COLUMNS Table"; MariaDB Knowledge Base "Information Schema".
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


def quote_identifier(name: str) -> str:
    """The name in backquotes, for a statement sent without parameters. If the driver fills in parameters, use database.sql.quote."""
    return "`" + name.replace("`", "``") + "`"


DOCUMENT_ID = "FTS_DOC_ID"
"""The column by which InnoDB numbers the rows of a full-text index. A table may have it, with this name alone (MySQL manual "InnoDB Full-Text
Indexes"; MariaDB Knowledge Base "Full-Text Index Overview")."""

MAX_DOCUMENT_ID_STEP = 60_000
"""A transaction may insert only document IDs above every committed one, on MySQL by less than 65,535 (FTS_DOC_ID_MAX_STEP in fts0fts.h)."""

# Keys are computed in signed 64 bits
MAX_KEY = 2**63 - 1

# The largest BIGINT UNSIGNED: existing keys may be larger than those that are computed
MAX_UNSIGNED = 2**64 - 1


class ColumnType(StrEnum):
    """The type family of a column, the same for both servers."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    REAL = "real"
    BIT = "bit"
    YEAR = "year"
    DATE = "date"
    DATETIME = "datetime"
    TIMESTAMP = "timestamp"
    TIME = "time"
    TEXT = "text"
    BYTES = "bytes"
    ENUM = "enum"
    SET = "set"
    JSON = "json"
    UUID = "uuid"
    INET4 = "inet4"
    INET6 = "inet6"
    GEOMETRY = "geometry"
    VECTOR = "vector"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class ColumnSchema:
    """A column of a table."""

    name: str
    kind: ColumnType
    type_text: str  # the server's COLUMN_TYPE: "int unsigned", "varchar(40)"
    nullable: bool = False
    default: str | None = None  # the server's text; None: no default, or NULL
    auto_increment: bool = False
    on_update: bool = False  # ON UPDATE CURRENT_TIMESTAMP: an UPDATE that does not name the column changes it
    generated: bool = False  # never written: VIRTUAL, STORED, or a row's start or end in a system-versioned table
    expression: str = ""  # the server's text of a VIRTUAL or STORED column's expression
    min_value: int = 0  # smallest value of an INTEGER, YEAR or BIT
    max_value: int = 0  # largest value of an INTEGER, YEAR or BIT (BIT: as an unsigned number)
    precision: int = 0  # digits of a DECIMAL
    scale: int = 0  # digits of a DECIMAL after the decimal point
    unsigned: bool = False
    single: bool = False  # FLOAT, not DOUBLE
    length: int = 0  # maximum characters of a TEXT, bytes of a BYTES, dimensions of a VECTOR
    fixed: bool = False  # CHAR or BINARY: shorter values are padded
    fraction_digits: int = 0  # digits of a second's fraction: 6 in DATETIME(6)
    values: tuple[str, ...] = ()  # members of an ENUM or SET
    charset: str = ""
    collation: str = ""
    geometry: str = ""  # "point", "polygon", …; "geometry": any
    srid: int | None = None
    comment: str = ""

    @property
    def type_name(self) -> str:
        """The server's name of the type, without length and attributes: varchar, bigint, enum."""
        return self.type_text.split("(")[0].split(" ")[0].lower()

    @property
    def max_key(self) -> int:
        """The largest key of an integer column: keys are computed in signed 64 bits."""
        return min(self.max_value, MAX_KEY)

    @property
    def requires_value(self) -> bool:
        """Whether an INSERT without the column fails (in strict mode)."""
        return not (self.nullable or self.default is not None or self.generated or self.auto_increment)


@dataclass(frozen=True, kw_only=True)
class UniqueKey:
    """The primary key or a UNIQUE key."""

    name: str  # "PRIMARY" for the primary key
    columns: tuple[str, ...]
    prefixes: tuple[int | None, ...] = ()  # for each column the number of characters in the key; None: all. Empty: all of every column
    expressions: tuple[str, ...] = ()  # the server's text of its functional key parts
    period: tuple[str, ...] | None = None  # WITHOUT OVERLAPS: start and end, the last two columns in reverse (schema/periods.py)

    @property
    def compared(self) -> tuple[str, ...]:
        """The columns in which rows differ if the key holds; without those of a period."""
        return self.columns if self.period is None else self.columns[:-2]


@dataclass(frozen=True, kw_only=True)
class ForeignKey:
    """A foreign key of a table."""

    name: str
    columns: tuple[str, ...]
    parent: str  # the referenced table (schema/table_names.py)
    referenced: tuple[str, ...]  # its columns, in the order of `columns`

    def within(self, table: str) -> bool:
        """Whether the key of this table references the table itself."""
        return self.parent == table

    @property
    def shared(self) -> frozenset[str]:
        """Of a foreign key to its own table: the columns that reference themselves, so that they have one value in all rows that reference each other."""
        return frozenset(column for column, referenced in zip(self.columns, self.referenced, strict=True) if column == referenced)


@dataclass(frozen=True, kw_only=True)
class Check:
    """A CHECK constraint."""

    name: str  # a column's CHECK in MariaDB is named after the column, so names may repeat within a table
    clause: str  # the server's text of the condition


@dataclass(frozen=True, kw_only=True)
class Partitioning:
    """How a table is partitioned."""

    method: str  # the server's PARTITION_METHOD: RANGE, RANGE COLUMNS, LIST, LIST COLUMNS, HASH, KEY, …
    expression: str
    bounds: tuple[str, ...] = ()  # each partition's PARTITION_DESCRIPTION


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """A trigger on a table."""

    name: str
    event: str  # the statement that fires it: INSERT, UPDATE or DELETE


class TableType(StrEnum):
    """The server's TABLE_TYPE."""

    TABLE = "BASE TABLE"
    VIEW = "VIEW"
    SYSTEM_VERSIONED = "SYSTEM VERSIONED"
    SEQUENCE = "SEQUENCE"


@dataclass(frozen=True, kw_only=True)
class TableSchema:
    """A table or view."""

    name: str  # with its database, if that is not the current one (schema/table_names.py)
    columns: tuple[ColumnSchema, ...]
    table_type: TableType = TableType.TABLE
    engine: str = "InnoDB"
    comment: str = ""
    unique_keys: tuple[UniqueKey, ...] = ()  # the primary key first, if there is one
    indexes: tuple[tuple[str, ...], ...] = ()  # the columns of each non-unique index
    sorted_indexes: tuple[tuple[str, ...], ...] = ()  # the columns of each index in which rows are looked up by their values, unique or not
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    partitioning: Partitioning | None = None
    triggers: tuple[Trigger, ...] = ()

    @property
    def primary_key(self) -> UniqueKey | None:
        """The primary key; None: the table has none."""
        return next((key for key in self.unique_keys if key.name == "PRIMARY"), None)

    @property
    def row_key(self) -> UniqueKey | None:
        """The first unique key that identifies a row: its columns are written and never NULL. None: there is no such key."""
        return next((key for key in self.unique_keys if self._identifies_rows(key)), None)

    def _identifies_rows(self, key: UniqueKey) -> bool:
        columns = [self.column(name) for name in key.columns]
        return not key.expressions and bool(columns) and not any(column.nullable or column.generated for column in columns)

    def is_unique(self, columns: Iterable[str]) -> bool:
        """Whether no two rows have the same values in these columns, if none of them is NULL: they contain a unique key."""
        folded = {column.lower() for column in columns}
        return any(not key.expressions and {column.lower() for column in key.columns} <= folded for key in self.unique_keys)

    def is_indexed(self, columns: Collection[str]) -> bool:
        """Whether an index begins with these columns, in any order."""
        return any(set(index[: len(columns)]) == set(columns) for index in self.sorted_indexes)

    @property
    def has_document_ids(self) -> bool:
        """Whether InnoDB takes the table's rows only in ascending order of a column."""
        return any(column.name == DOCUMENT_ID for column in self.columns)

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of all columns, in the table's order."""
        return tuple(column.name for column in self.columns)

    def columns_in(self, sql: str) -> frozenset[str]:
        """The columns whose names stand in a text of the server's: a CHECK, or a generated column's expression."""
        words = {word.lower() for word in re.findall(r"\w+", sql)}
        return frozenset(c.name for c in self.columns if c.name.lower() in words or quote_identifier(c.name) in sql)

    @property
    def computed_from(self) -> frozenset[str]:
        """The columns from which the values of unique keys and foreign keys are computed, by functional key parts or generated columns."""
        keys = {column for unique in self.unique_keys for column in unique.columns}
        keys |= {column for foreign in self.foreign_keys for column in foreign.columns}
        parts = [part for key in self.unique_keys for part in key.expressions]
        return frozenset[str]().union(
            *map(self.columns_in, (*parts, *(c.expression for c in self.columns if c.name in keys and c.expression)))
        )

    @property
    def partitioned_by(self) -> frozenset[str]:
        """The columns that decide about a row's partition."""
        return frozenset() if self.partitioning is None else self.columns_in(self.partitioning.expression)

    def column(self, name: str) -> ColumnSchema:
        """The column of this name. KeyError: there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)  # a StopIteration would only end a map() that calls this


Schema: TypeAlias = Mapping[str, TableSchema]
"""Tables by name."""
