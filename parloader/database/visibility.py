"""What an account can see: whether a table that information_schema does not list is missing or hidden, and all foreign keys to a table.

information_schema lists only what the account has a privilege on. InnoDB's own dictionary lists everything, and needs PROCESS.
Sources: MySQL manual "The INFORMATION_SCHEMA INNODB_FOREIGN Table"; MariaDB documentation "Information Schema INNODB_SYS_FOREIGN Table".
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from parloader.database import error_codes, sql
from parloader.database.driver import Connection, DriverError
from parloader.database.grants import shows_all_tables
from parloader.schema.model import quote_identifier
from parloader.schema.table_names import database_of, split, table_name


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A foreign key of any database that references a table."""

    child: str
    columns: tuple[str, ...]
    """of the child"""
    parent: str
    referenced: tuple[str, ...]
    """the columns of the parent, in the order of `columns`"""
    child_key: tuple[str, ...]
    """the columns that name a row of the child in a message"""
    indexes: tuple[str, ...] = ()
    """of the parent, if `with_indexes` has read them: those by which InnoDB may find a referenced row, without the primary key"""
    child_index: str | None = None
    """of the child, if `with_indexes` has read it: one by which a statement finds the referencing rows"""
    numbered: frozenset[str] = frozenset()
    """referenced columns of which a foreign key compares numbers: ENUM and SET; if `with_types` has read them"""
    trimmed: frozenset[str] = frozenset()
    """referenced columns of which a foreign key ignores trailing spaces, and SQL does not: CHAR with VARCHAR; if `with_types` has read them"""
    incomparable: tuple[str, ...] = ()
    """column and type of both sides, if a foreign key compares them in another way than SQL; if `with_types` has read them"""

    @property
    def within_table(self) -> bool:
        """Whether the parent is the child itself."""
        return self.child == self.parent

    @property
    def parent_columns(self) -> str:
        """SQL for the referenced columns of the parent, under the names that `joined` uses."""
        return ", ".join(f"{self._compared(name, sql.quote(name))} AS parloader_{n}" for n, name in enumerate(self.referenced))

    @property
    def joined(self) -> str:
        """A condition: the child, with the alias c, references the row p of `parent_columns`."""
        pairs = enumerate(zip(self.columns, self.referenced, strict=True))
        return " AND ".join(f"{self._compared(name, f'c.{sql.quote(column)}')} = p.parloader_{n}" for n, (column, name) in pairs)

    @property
    def itself(self) -> str:
        """A condition on the table without alias, for a foreign key within it: the row references itself."""
        pairs = zip(self.columns, self.referenced, strict=True)
        return " AND ".join(
            f"{self._compared(name, sql.quote(column))} = {self._compared(name, sql.quote(name))}" for column, name in pairs
        )

    def _compared(self, referenced: str, column: str) -> str:
        """What a foreign key compares of the column, which is `referenced` or references it."""
        if referenced in self.numbered:
            return f"{column} + 0"
        return f"RTRIM({column})" if referenced in self.trimmed else column


class HiddenReference(NamedTuple):
    """A foreign key of a table that the account may not read."""

    child: str
    """quoted, with its database in any case"""
    parent: str


@dataclass(frozen=True, kw_only=True)
class References:
    """The foreign keys that reference some tables."""

    readable: tuple[Reference, ...]
    """those whose rows the account can look up"""
    hidden: tuple[HiddenReference, ...]
    """those of child tables that the account may not read"""
    complete: bool
    """whether there are no others; False: the account may not see the tables of every database"""

    def to(self, parent: str) -> tuple[Reference, ...]:
        return tuple(reference for reference in self.readable if reference.parent == parent)


def all_exist(connection: Connection, tables: Iterable[str]) -> bool:
    """Whether all of these tables exist. DriverError: the account may not read one of them. One statement for all of them."""
    return _exists(connection, f"SELECT 1 FROM {', '.join(map(sql.quote_table, tables))} LIMIT 0")


def _exists(connection: Connection, statement: str) -> bool:
    """Whether the tables of the statement exist. DriverError: the account may not run it."""
    try:
        sql.rows(connection, statement)
    except DriverError as error:
        if error_codes.is_table_missing(error):
            return False
        raise
    return True


def foreign_keys_to(connection: Connection, parents: Collection[str]) -> tuple[Reference, ...]:
    """The foreign keys that reference these tables, from any database that the account can see.

    Names are compared in Python: under NO_BACKSLASH_ESCAPES, MySQL's view fails with a syntax error for a name that contains a quote.
    """
    here = "IS NOT NULL" if any(map(database_of, parents)) else "= DATABASE()"
    statement = f"""SELECT DATABASE(), @@lower_case_table_names, referenced_table_schema, referenced_table_name, table_schema, table_name, constraint_name,
        column_name, referenced_column_name FROM information_schema.key_column_usage WHERE referenced_table_schema {here}
        ORDER BY table_schema, table_name, constraint_name, ordinal_position"""
    lower = {name.lower(): name for name in parents}
    pairs: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for current, lower_case, of, referenced_table, database, table, key, column, referenced in sql.rows(connection, statement):
        any_case = bool(lower_case)
        name = table_name(of, referenced_table, current=current, any_case=any_case)
        parent = lower.get(name.lower()) if any_case else name
        if parent is not None and parent in parents:  # MariaDB compares the database without case and accents
            child = table_name(database, table, current=current, any_case=any_case)
            pairs.setdefault((parent, child, key), []).append((column, referenced))
    return tuple(
        Reference(
            child=child,
            columns=tuple(c for c, _ in columns),
            parent=parent,
            referenced=tuple(r for _, r in columns),
            child_key=tuple(c for c, _ in columns),
        )
        for (parent, child, _), columns in pairs.items()
    )


def all_references(connection: Connection, parents: Collection[str]) -> References:
    """All foreign keys that reference these tables, and whether the account can know that these are all."""
    if not parents:
        return References(readable=(), hidden=(), complete=True)
    visible = tuple(
        replace(reference, child_key=_primary_key(connection, reference.child) or reference.child_key)
        for reference in foreign_keys_to(connection, parents)
    )
    readable = tuple(reference for reference in visible if _is_readable(connection, reference))
    hidden = [HiddenReference(_with_database(connection, r.child), r.parent) for r in visible if r not in readable]
    unseen = _unseen_children(connection, parents, visible)
    complete = unseen is not None or shows_all_tables(line for (line,) in sql.rows(connection, "SHOW GRANTS"))
    return References(readable=readable, hidden=tuple(dict.fromkeys((*hidden, *(unseen or ())))), complete=complete)


def with_indexes(connection: Connection, references: Iterable[Reference]) -> tuple[Reference, ...]:
    """The references with `indexes`, every index of the parent that begins like the referenced columns (none if the primary key does), and `child_index`.

    A row inserted into the child locks the parent's row in one of these indexes only. Indexes that no statement can use are left out.
    """
    known: dict[str, dict[str, list[str]]] = {}

    def beginning_like(columns: Sequence[str], table: str) -> tuple[str, ...]:
        if table not in known:
            known[table] = _indexes(connection, table)
        return tuple(
            name for name, indexed in known[table].items() if all(one == other for one, other in zip(indexed, columns, strict=False))
        )

    def found(reference: Reference) -> Reference:
        names = beginning_like(reference.referenced, reference.parent)
        of_child = beginning_like(reference.columns, reference.child)
        return replace(reference, indexes=() if "PRIMARY" in names else names, child_index=next(iter(of_child), None))

    return tuple(map(found, references))


def _indexes(connection: Connection, table: str) -> dict[str, list[str]]:
    """Index → its columns, of the indexes that statements can use."""
    schema, of = sql.schema_of(table)
    statement = f"""SELECT index_name, column_name FROM information_schema.statistics
        WHERE table_schema = {schema} AND CAST(table_name AS BINARY) = %s AND {connection.dialect.usable_index} ORDER BY index_name, seq_in_index"""
    columns: dict[str, list[str]] = {}
    for name, column in sql.rows(connection, statement, *of, split(table)[1]):
        columns.setdefault(name, []).append(column)
    return columns


class _ColumnType(NamedTuple):
    data_type: str
    column_type: str
    collation: str

    @property
    def family(self) -> str:
        """Columns of one family hold equal values if and only if they hold equal bytes."""
        if self.data_type in COMPARED_AS_NUMBERS:
            return "number"
        if self.data_type in ("char", "varchar"):
            return self.collation
        if self.data_type in ("binary", "varbinary"):
            return "bytes"
        if self.data_type == "decimal":
            digits, scale = map(int, re.findall(r"\d+", self.column_type))
            return f"decimal {(digits - scale) // 9 * 4 + DECIMAL_BYTES[(digits - scale) % 9]}, {scale}"
        return self.column_type if self.data_type in WITH_DIGITS else self.data_type

    def __str__(self) -> str:
        return f"{self.column_type} {self.collation}".rstrip()

    @property
    def keeps_spaces(self) -> bool:
        """Whether SQL tells apart values that differ in trailing spaces alone (NO PAD)."""
        return "nopad" in self.collation or "_0900_" in self.collation


COMPARED_AS_NUMBERS = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint", "enum", "set"})

WITH_DIGITS = frozenset({"decimal", "datetime", "timestamp", "time", "bit"})
"""Types whose bytes depend on the number of digits."""

DECIMAL_BYTES = (0, 1, 1, 2, 2, 3, 3, 4, 4)
"""The bytes of the digits before the point that are left after groups of nine (MySQL manual "Data Type Storage Requirements")."""


def with_types(connection: Connection, references: Iterable[Reference]) -> tuple[Reference, ...]:
    """The references with `numbered`, `trimmed` and `incomparable`.

    A foreign key may have columns of different types if they have the same size. InnoDB compares the stored bytes: those of the year 2001
    are those of the number 101.
    """
    known: dict[str, dict[str, _ColumnType]] = {}

    def types(table: str) -> dict[str, _ColumnType]:
        if table not in known:
            known[table] = _column_types(connection, table)
        return known[table]

    def typed(reference: Reference) -> Reference:
        child, parent = types(reference.child), types(reference.parent)
        pairs = [
            (column, child[column], name, parent[name])
            for column, name in zip(reference.columns, reference.referenced, strict=True)
            if name in parent  # it may have been dropped or replaced while foreign_key_checks was off
        ]
        return replace(
            reference,
            numbered=frozenset(name for _, one, name, other in pairs if {"enum", "set"} & {one.data_type, other.data_type}),
            trimmed=frozenset(
                name for _, one, name, other in pairs if {one.data_type, other.data_type} == {"char", "varchar"} and one.keeps_spaces
            ),
            incomparable=tuple(
                f"{column} {one.column_type}, {name} {other.column_type}"
                for column, one, name, other in pairs
                if one.family != other.family
            ),
        )

    return tuple(map(typed, references))


def _column_types(connection: Connection, table: str) -> dict[str, _ColumnType]:
    """The types of the table's columns."""
    schema, of = sql.schema_of(table)
    statement = f"""SELECT column_name, data_type, column_type, COALESCE(collation_name, '') FROM information_schema.columns
        WHERE table_schema = {schema} AND CAST(table_name AS BINARY) = %s"""
    return {name: _ColumnType(*types) for name, *types in sql.rows(connection, statement, *of, split(table)[1])}


def _is_readable(connection: Connection, reference: Reference) -> bool:
    """Whether the account may read the child: the columns of the foreign key, and those that name a row in a message."""
    columns = dict.fromkeys((*reference.child_key, *reference.columns))
    try:
        return _exists(connection, f"SELECT {', '.join(map(sql.quote, columns))} FROM {sql.quote_table(reference.child)} LIMIT 0")
    except DriverError as error:
        if error_codes.is_privilege_missing(error):
            return False
        raise


def _unseen_children(
    connection: Connection, parents: Collection[str], visible: Collection[Reference]
) -> tuple[HiddenReference, ...] | None:
    """The foreign keys to one of the parents that are not among the visible ones; None: the account may not ask InnoDB.

    InnoDB writes database/table. Keys are counted per child and parent, because a child may have several of which some are visible.
    """
    try:
        rows = sql.rows(connection, connection.dialect.foreign_keys_statement)
    except DriverError as error:
        if error_codes.is_privilege_missing(error):
            return None
        raise
    database, any_case = sql.row(connection, "SELECT DATABASE(), @@lower_case_table_names")

    def folded(name: str) -> str:
        return name.lower() if any_case else name

    def located(name: str) -> str:
        of, table = split(name)
        return folded(f"{of or database}/{table}")

    wanted = {located(parent): parent for parent in parents}
    existing = Counter((folded(child), folded(parent)) for child, parent in rows if folded(parent) in wanted)
    listed = Counter((located(r.child), located(r.parent)) for r in visible)
    return tuple(HiddenReference(_quoted(child), wanted[parent]) for child, parent in existing - listed)


def _with_database(connection: Connection, name: str) -> str:
    """The table's quoted name with its database, also if that is the current one."""
    database, table = split(name)
    return f"{quote_identifier(database or sql.value(connection, 'SELECT DATABASE()'))}.{quote_identifier(table)}"


def _quoted(child: str) -> str:
    """The child, given as database/table, for a statement. With more than one slash it cannot be known which one separates the two."""
    database, *table = child.split("/")
    return f"{quote_identifier(database)}.{quote_identifier(table[0])}" if len(table) == 1 else child


def _primary_key(connection: Connection, table: str) -> tuple[str, ...]:
    """The primary key's columns of a table; empty without a primary key."""
    schema, of = sql.schema_of(table)
    statement = f"""SELECT column_name FROM information_schema.key_column_usage
        WHERE table_schema = {schema} AND table_name = %s AND constraint_name = 'PRIMARY' ORDER BY ordinal_position"""
    return tuple(name for (name,) in sql.rows(connection, statement, *of, split(table)[1]))
