"""Identifiers in statements. Source: MySQL manual "Schema Object Names"."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


def quote_identifier(name: str) -> str:
    """The name in quotes, as it stands in a statement that is sent as it is (sql.quote is for those that values are filled into)."""
    return "`" + name.replace("`", "``") + "`"


# Keys are computed in signed 64 bits
MAX_KEY = 2**63 - 1


class ColumnType(StrEnum):
    """What a column holds, whatever the server calls its type."""

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
    """`type_text` is the server's. `low` … `high`: what an INTEGER, YEAR or BIT holds (BIT: as an unsigned number).

    `length`: the most characters of a TEXT (not bytes), the most bytes of BYTES, the dimensions of a VECTOR. `fixed`: CHAR, BINARY (shorter
    values are padded). `default`: the server's text of it; None: there is none, or it is NULL. `generated`: VIRTUAL, STORED, or a row's
    start or end of a system versioned table: never written.
    """

    name: str
    kind: ColumnType
    type_text: str
    nullable: bool = False
    default: str | None = None
    auto_increment: bool = False
    on_update: bool = False  # an UPDATE that does not name the column changes it (ON UPDATE CURRENT_TIMESTAMP)
    generated: bool = False
    min_value: int = 0
    max_value: int = 0
    precision: int = 0
    scale: int = 0
    unsigned: bool = False
    single: bool = False  # FLOAT, not DOUBLE
    length: int = 0
    fixed: bool = False
    fraction_digits: int = 0
    values: tuple[str, ...] = ()
    charset: str = ""
    collation: str = ""
    geometry: str = ""  # "point", "polygon", …, "geometry" for any
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
    """The primary key (`name` PRIMARY) or a UNIQUE one. `prefixes`: the characters of a column that count, where not all do.

    `expressions`: it has parts that are no columns (functional key parts), which nobody here understands.
    """

    name: str
    columns: tuple[str, ...]
    prefixes: tuple[int | None, ...] = ()
    expressions: bool = False


@dataclass(frozen=True, kw_only=True)
class ForeignKey:
    """`database` is None where the parent is in the same one."""

    name: str
    columns: tuple[str, ...]
    parent: str
    referenced: tuple[str, ...]
    database: str | None = None

    @property
    def to(self) -> str:
        return self.parent if self.database is None else f"{self.database}.{self.parent}"


@dataclass(frozen=True, kw_only=True)
class Check:
    """`clause` is the server's text of it. One of MariaDB's on a column alone has the column's name (not unique in the table)."""

    name: str
    clause: str


@dataclass(frozen=True, kw_only=True)
class Partitioning:
    """`method` as the server says it (RANGE, RANGE COLUMNS, LIST, LIST COLUMNS, HASH, KEY …); `bounds`: each partition's description."""

    method: str
    expression: str
    bounds: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """`event`: the statement that fires it: INSERT, UPDATE or DELETE."""

    name: str
    event: str


class TableType(StrEnum):
    TABLE = "BASE TABLE"
    VIEW = "VIEW"
    SYSTEM_VERSIONED = "SYSTEM VERSIONED"
    SEQUENCE = "SEQUENCE"


@dataclass(frozen=True, kw_only=True)
class TableSchema:
    """`primary_key` is None if the table has none; `unique_keys` contains it too, first."""

    name: str
    columns: tuple[ColumnSchema, ...]
    table_type: TableType = TableType.TABLE
    engine: str = "InnoDB"
    comment: str = ""
    unique_keys: tuple[UniqueKey, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()  # the columns of each index that is not unique
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    partitioning: Partitioning | None = None
    triggers: tuple[Trigger, ...] = ()

    @property
    def primary_key(self) -> UniqueKey | None:
        return next((key for key in self.unique_keys if key.name == "PRIMARY"), None)

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> ColumnSchema:
        return next(column for column in self.columns if column.name == name)


Schema: TypeAlias = Mapping[str, TableSchema]


def identity(table: TableSchema) -> UniqueKey | None:
    """The key by which a row is found again: of columns that are written and never NULL."""
    return next((key for key in table.unique_keys if _identifies(table, key)), None)


def _identifies(table: TableSchema, key: UniqueKey) -> bool:
    columns = [table.column(name) for name in key.columns]
    return not key.expressions and bool(columns) and not any(column.nullable or column.generated for column in columns)
