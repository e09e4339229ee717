"""What differs between MariaDB and MySQL, one class per server. `require_version` chooses it, once a connection, from the text of VERSION().

Sources: MySQL manual "INFORMATION_SCHEMA Tables", "Server System Variables"; MariaDB documentation "Information Schema Tables", "Server System Variables".
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar

from parloader.errors import ServerNotSupported
from parloader.schema.model import ColumnType, TableSchema, TableType, UniqueKey, quote_identifier
from parloader.schema.string_literals import repair_latin1, unescape

# The text of a string literal, and a literal with or without a character set introducer
STRING = r"'((?:[^'\\]|''|\\.)*)'"

LITERAL = re.compile(rf"(?:_\w+)?{STRING}", re.DOTALL)

# MySQL has SHOW REPLICA STATUS since then; 8.4 removed SHOW SLAVE STATUS (MySQL 8.0.22 and 8.4.0 release notes)
MYSQL_SHOW_REPLICA_STATUS = (8, 0, 22)

# MariaDB has them since then (MariaDB 10.6.0 release notes)
MARIADB_IGNORED_INDEXES = (10, 6, 0)


class ServerKind(StrEnum):
    MARIADB = "MariaDB"
    MYSQL = "MySQL"


BOTH = (ServerKind.MARIADB, ServerKind.MYSQL)

MARIADB = (ServerKind.MARIADB,)

MYSQL = (ServerKind.MYSQL,)


@dataclass(frozen=True, kw_only=True)
class Dialect(ABC):
    """What one kind of server does in its own way. Two subclasses: MariaDB and MySQL."""

    version: tuple[int, ...]

    kind: ClassVar[ServerKind]
    min_version: ClassVar[tuple[int, ...]]
    """The first version that enforces CHECK constraints."""
    checks_off: ClassVar[tuple[str, ...]]
    """Statements that turn off the checks that a session can turn off."""
    has_not_enforced: ClassVar[bool]
    """Whether ALTER TABLE can stop enforcing a CHECK (NOT ENFORCED); if not, `checks_off` also turns CHECKs off."""
    lists_virtual_indexes_last: ClassVar[bool]
    """Whether SHOW CREATE TABLE lists indexes of expressions and virtual columns behind the others, wherever they were added."""
    srid_column: ClassVar[str]
    """The SRID in information_schema.columns, or NULL if only `srids_statement` tells it."""
    srids_statement: ClassVar[str | None]
    """Selects table, column and SRID of the geometry columns of the tables %s; None if information_schema.columns has them."""
    key_expression: ClassVar[str]
    """The expression of a functional key part in information_schema.statistics, or NULL if the server has no such parts."""
    checks_statement: ClassVar[str]
    """Selects table, name and clause of the enforced CHECKs of the tables %s."""
    foreign_keys_statement: ClassVar[str]
    """Selects child and parent, as database/table, of every foreign key in InnoDB's dictionary. Needs PROCESS."""

    def __str__(self) -> str:
        return f"{self.kind} {'.'.join(map(str, self.version))}"

    @property
    @abstractmethod
    def replica_status(self) -> str:
        """The statement that returns a row for each source of a replica."""

    @property
    @abstractmethod
    def usable_index(self) -> str:
        """A condition on information_schema.statistics: statements may use the index."""

    @abstractmethod
    def check_clause(self, text: str) -> str:
        """The SQL of a CHECK from its text in information_schema."""

    @abstractmethod
    def default_value(self, text: str | None, extra: str) -> str | None:
        """A column's default from information_schema: a constant without its quotes, an expression as SQL; None for no default or NULL."""

    @abstractmethod
    def normalize(self, table: TableSchema) -> TableSchema:
        """The table without the peculiarities of how this server lists it."""


def _file_names(column: str) -> str:
    """SQL for a column with database/table as file names, decoded (MariaDB Knowledge Base "Identifier to File Name Mapping")."""
    database, table = (
        f"CONVERT(CONVERT(CAST(SUBSTRING_INDEX({column}, '/', {part}) AS BINARY) USING filename) USING utf8mb4)" for part in (1, -1)
    )
    return f"CONCAT({database}, '/', {table})"


class MariaDB(Dialect):
    kind = ServerKind.MARIADB
    min_version = (10, 2, 1)  # MariaDB 10.2.1 release notes
    checks_off = (
        "SET SESSION foreign_key_checks = 0",
        "SET SESSION unique_checks = 0",
        "SET SESSION check_constraint_checks = 0",
    )
    has_not_enforced = False
    lists_virtual_indexes_last = False
    srid_column = "NULL"
    key_expression = "NULL"
    # SRID 0 is none: such a column takes values of any SRID
    srids_statement = """SELECT g_table_name, g_geometry_column, srid FROM information_schema.geometry_columns
        WHERE g_table_schema = %s AND CAST(g_table_name AS BINARY) IN %s AND srid <> 0"""
    # A CHECK's name is unique in its table only (and a column's CHECK may share it with the table's)
    checks_statement = """SELECT table_name, constraint_name, check_clause FROM information_schema.check_constraints
        WHERE constraint_schema = %s AND CAST(table_name AS BINARY) IN %s"""
    # Each part is a file name, in which other characters than letters and digits are encoded
    foreign_keys_statement = f"""SELECT {_file_names("for_name")}, {_file_names("ref_name")} FROM information_schema.innodb_sys_foreign"""

    @property
    def replica_status(self) -> str:
        return "SHOW ALL SLAVES STATUS"

    @property
    def usable_index(self) -> str:
        return "ignored = 'NO'" if self.version >= MARIADB_IGNORED_INDEXES else "TRUE"

    def check_clause(self, text: str) -> str:
        return text

    def default_value(self, text: str | None, extra: str) -> str | None:
        """MariaDB prints every default as SQL."""
        return None if text is None else _constant_or_sql(text)

    def normalize(self, table: TableSchema) -> TableSchema:
        """JSON columns are listed as LONGTEXT with a CHECK; unique keys of a system versioned table contain the row's end, equal in all current rows."""
        valid = {f"json_valid({quote_identifier(c.name)})": c.name for c in table.columns if c.type_text == "longtext"}
        json = {valid[check.clause] for check in table.checks if check.clause in valid}
        columns = tuple(replace(c, kind=ColumnType.JSON, length=0) if c.name in json else c for c in table.columns)
        checks = tuple(check for check in table.checks if check.clause not in valid)
        if table.table_type is not TableType.SYSTEM_VERSIONED:
            return replace(table, columns=columns, checks=checks)
        written = {c.name for c in columns if not c.generated}
        return replace(table, columns=columns, checks=checks, unique_keys=tuple(_restricted(key, written) for key in table.unique_keys))


class MySQL(Dialect):
    kind = ServerKind.MYSQL
    min_version = (8, 0, 16)  # MySQL 8.0.16 release notes
    checks_off = ("SET SESSION foreign_key_checks = 0", "SET SESSION unique_checks = 0")
    has_not_enforced = True
    lists_virtual_indexes_last = True  # sql/sql_table.cc, sort_keys (HA_VIRTUAL_GEN_KEY)
    srid_column = "srs_id"
    srids_statement = None
    key_expression = "expression"
    # A CHECK's name is unique in its database
    checks_statement = """SELECT t.table_name, t.constraint_name, c.check_clause FROM information_schema.table_constraints t
        JOIN information_schema.check_constraints c ON c.constraint_schema = t.constraint_schema AND c.constraint_name = t.constraint_name
        WHERE t.table_schema = %s AND CAST(t.table_name AS BINARY) IN %s AND t.constraint_type = 'CHECK' AND t.enforced = 'YES'"""
    foreign_keys_statement = "SELECT for_name, ref_name FROM information_schema.innodb_foreign"

    @property
    def replica_status(self) -> str:
        return "SHOW REPLICA STATUS" if self.version >= MYSQL_SHOW_REPLICA_STATUS else "SHOW SLAVE STATUS"

    @property
    def usable_index(self) -> str:
        return "is_visible = 'YES'"

    def check_clause(self, text: str) -> str:
        return repair_latin1(text)

    def default_value(self, text: str | None, extra: str) -> str | None:
        """MySQL prints constants bare, and expressions (marked in `extra`) as SQL that is escaped once more."""
        if text is None or "DEFAULT_GENERATED" not in extra.upper():
            return text
        return _constant_or_sql(unescape(repair_latin1(text)))

    def normalize(self, table: TableSchema) -> TableSchema:
        return table


def parse_version(version_text: str) -> tuple[ServerKind, tuple[int, ...]]:
    """Kind and version from the text of VERSION(), e.g. '10.11.19-MariaDB-0+deb12u1' or '9.7.4'."""
    numbers = re.match(r"(?:5\.5\.5-)?(\d+)\.(\d+)\.(\d+)", version_text)
    if not numbers:
        raise ServerNotSupported(
            f"the server reports version {version_text!r}, which is neither MySQL nor MariaDB", "Connect to a MySQL or MariaDB server"
        )
    return ServerKind.MARIADB if "mariadb" in version_text.lower() else ServerKind.MYSQL, tuple(int(n) for n in numbers.groups())


def require_version(version_text: str) -> Dialect:
    """The server's dialect, from the text of VERSION(). ServerNotSupported if the version does not enforce CHECK constraints."""
    kind, version = parse_version(version_text)
    dialect = MariaDB(version=version) if kind is ServerKind.MARIADB else MySQL(version=version)
    if version < dialect.min_version:
        raise ServerNotSupported(
            f"{dialect} does not enforce CHECK constraints", f"Use {kind} {'.'.join(map(str, dialect.min_version))} or newer"
        )
    return dialect


def _constant_or_sql(sql_text: str) -> str | None:
    """The value of a string literal, None for NULL, any other expression as it is."""
    if sql_text.upper() == "NULL":
        return None
    literal = LITERAL.fullmatch(sql_text)
    return unescape(literal[1]) if literal else sql_text


def _restricted(key: UniqueKey, columns: Collection[str]) -> UniqueKey:
    """The key without the columns that are not among `columns`."""
    kept = [n for n, column in enumerate(key.columns) if column in columns]
    return replace(key, columns=tuple(key.columns[n] for n in kept), prefixes=tuple(key.prefixes[n] for n in kept if key.prefixes))
