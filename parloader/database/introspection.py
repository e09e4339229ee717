"""Reads tables of the current database, and of those that they reference, into the model of schema/model.py.

Each statement reads all requested tables at once: on MariaDB one query of information_schema may open every table of the database.
Sources: MySQL manual "INFORMATION_SCHEMA General Table Reference"; MariaDB documentation "Information Schema Tables".
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from parloader.database import error_codes, privileges, sql, table_keys
from parloader.database.column_types import ColumnRow, column_schema
from parloader.database.dialects import Dialect
from parloader.database.driver import Connection, DriverError
from parloader.database.table_keys import TableKeys
from parloader.schema.model import (
    DOCUMENT_ID,
    Check,
    ColumnSchema,
    ColumnType,
    ForeignKey,
    Partitioning,
    Schema,
    TableSchema,
    TableType,
    Trigger,
    UniqueKey,
)
from parloader.schema.periods import with_periods
from parloader.schema.table_names import database_of, split, table_name

Rows: TypeAlias = list[tuple[Any, ...]]

# Only as an option of the table: a comment may contain it, too
COUNTER = re.compile(r"^(\)[^']*?) AUTO_INCREMENT=\d+", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class TableListing:
    """One table, as information_schema.tables lists it."""

    table_type: str  # a value of TableType, or one that parloader does not know
    engine: str  # empty for a view
    comment: str


@dataclass(frozen=True, kw_only=True)
class ListedTable:
    """A database: its name, and the list of its tables and views."""

    database: str
    any_case: bool  # whether names that differ only in case are the same (lower_case_table_names)
    tables: Mapping[str, TableListing]  # by name (schema/table_names.py)
    current: str  # the database connected to

    def spelled(self, name: str) -> str | None:
        """The server's spelling of a table's name, which may differ in case (see `any_case`); None if the table does not exist."""
        if name in self.tables or not self.any_case:
            return name if name in self.tables else None
        return next((existing for existing in self.tables if existing.lower() == name.lower()), None)

    def meant(self, name: str) -> str | None:
        """The name of a table that a user gives, who may write other.client for a table of another database; None: it does not exist here."""
        database, dot, table = name.partition(".")
        if (spelled := self.spelled(name)) is not None or not dot:
            return spelled
        if database_of(name) is not None:
            database, table = str(database_of(name)), split(name)[1]
        return self.name(*((database.lower(), table.lower()) if self.any_case else (database, table))) if database and table else None

    def name(self, database: str, table: str) -> str:
        """The name of the table in the given database."""
        return table_name(database, table, current=self.current, any_case=self.any_case)

    def with_comment(self, comment: str) -> tuple[str, ...]:
        """The names of the tables that have this comment."""
        return tuple(name for name, listing in self.tables.items() if listing.comment == comment)


def list_tables(connection: Connection, database: str | None = None) -> ListedTable:
    """Lists the tables and views of a database (None: the current one), as far as the account sees them."""
    schema, of = ("DATABASE()", ()) if database is None else ("%s", (database,))
    statement = f"""SELECT DATABASE(), @@lower_case_table_names, NULL, NULL, NULL, NULL
        UNION ALL SELECT NULL, NULL, table_name, table_type, engine, table_comment FROM information_schema.tables WHERE table_schema = {schema}"""
    (current, any_case, *_), *rows = sorted(sql.rows(connection, statement, *of), key=lambda row: row[0] is None)
    tables = {
        table_name(database or current, name, current=current, any_case=bool(any_case)): TableListing(
            table_type=table_type, engine=engine or "", comment=comment or ""
        )
        for _, _, name, table_type, engine, comment in rows
    }
    return ListedTable(database=database or current, any_case=bool(any_case), tables=tables, current=current)


class _Databases:
    """The databases whose tables are read. Each is listed once, when it is first needed."""

    def __init__(self, connection: Connection, known: ListedTable | None) -> None:
        self._connection = connection
        self._listings: dict[str | None, ListedTable] = {None: known or list_tables(connection)}

    def of(self, name: str) -> ListedTable:
        """The database of the table."""
        database = database_of(name)
        if database is not None and self.current.name(database, "") == "":
            database = None
        if database not in self._listings:
            self._listings[database] = list_tables(self._connection, database)
        return self._listings[database]

    @property
    def current(self) -> ListedTable:
        return self._listings[None]

    def spelled(self, name: str) -> str:
        """The server's spelling of the table's name; the name itself if there is no such table."""
        return self.of(name).spelled(name) or name

    def grouped(self, names: Iterable[str]) -> list[tuple[ListedTable, list[str]]]:
        """The tables of each database."""
        groups: dict[str, list[str]] = {}
        for name in names:
            groups.setdefault(self.of(name).database, []).append(name)
        return [(self.of(group[0]), group) for group in groups.values()]


def read_tables(connection: Connection, names: Iterable[str], known: ListedTable | None = None) -> Schema:
    """The tables and views with these names, by the server's spelling (`ListedTable.spelled`). Names that do not exist are left out.

    PrivilegeMissing: the account may not read all columns of a table.
    """
    databases = _Databases(connection, known)
    read: dict[str, TableSchema] = {}
    for listing, group in databases.grouped(names):
        read |= _read(connection, listing, group, _foreign_keys(connection, listing, databases))
    return read


def read_with_parents(connection: Connection, names: Iterable[str], known: ListedTable | None = None) -> Schema:
    """The tables with these names and all their ancestors by foreign key. Left out are names that do not exist, and ancestors in other databases
    that the account may not read.

    PrivilegeMissing: see read_tables.
    """
    databases = _Databases(connection, known)
    keys: dict[str, dict[str, tuple[ForeignKey, ...]]] = {}
    reached: dict[str, None] = {}
    asked_for = [databases.spelled(name) for name in names]
    pending = [*asked_for]
    while pending:
        table = pending.pop()
        if table not in reached:
            reached[table] = None
            listing = databases.of(table)
            if listing.database not in keys:
                keys[listing.database] = _foreign_keys(connection, listing, databases)
            pending += [key.parent for key in keys[listing.database].get(table, ())]
    read: dict[str, TableSchema] = {}
    for listing, group in databases.grouped(reached):
        if listing is not databases.current:
            group = [name for name in group if name in asked_for or privileges.may_select(connection, name)]
        read |= _read(connection, listing, group, keys[listing.database]) if group else {}
    return read


def base_tables(schema: Schema) -> Schema:
    """The tables that rows can be inserted into and deleted from: no views or sequences."""
    return {name: table for name, table in schema.items() if table.table_type in (TableType.TABLE, TableType.SYSTEM_VERSIONED)}


def _read(
    connection: Connection, known: ListedTable, names: Iterable[str], foreign_keys: Mapping[str, tuple[ForeignKey, ...]]
) -> dict[str, TableSchema]:
    types = {kind.value for kind in TableType}
    spellings = {name: known.spelled(name) for name in names}
    wanted = sorted({name for name in spellings.values() if name is not None and known.tables[name].table_type in types})
    # a table that the account must not read is not listed, or only some of its columns are
    privileges.require_select(connection, [*wanted, *sorted(name for name, spelled in spellings.items() if spelled is None)])
    if not wanted:
        return {}
    dialect, of = connection.dialect, _Tables(known.database, {split(name)[1]: name for name in wanted})
    columns = _columns(connection, dialect, of)
    keys = _rows_by_table(connection, table_keys.statement(dialect), of)
    checks = _checks(connection, dialect, of)
    partitioning = _partitioning(connection, of)
    triggers = _triggers(connection, of)
    tables = {}
    for name in wanted:
        listing = known.tables[name]
        table_columns = columns.get(name, ())
        found = TableKeys.of(keys.get(name, ()), dialect)
        document_ids = _document_id_key(table_columns, found.unique)
        table = TableSchema(
            name=name,
            columns=table_columns,
            table_type=TableType(listing.table_type),
            engine=listing.engine,
            comment=listing.comment,
            unique_keys=(*found.unique, *document_ids),
            indexes=found.others,
            sorted_indexes=(*found.sorted, *(key.columns for key in document_ids)),
            foreign_keys=foreign_keys.get(name, ()),
            checks=checks.get(name, ()),
            partitioning=partitioning.get(name),
            triggers=triggers.get(name, ()),
        )
        tables[name] = dialect.normalize(table)
    return with_periods(tables, partial(definition, connection))


def _document_id_key(columns: tuple[ColumnSchema, ...], unique_keys: tuple[UniqueKey, ...]) -> tuple[UniqueKey, ...]:
    """InnoDB's own unique key on FTS_DOC_ID, which information_schema does not list. Empty: the table has no such column, or a listed key on it."""
    has_column = any(column.name == DOCUMENT_ID for column in columns)
    is_listed = any(key.columns == (DOCUMENT_ID,) for key in unique_keys)
    return (UniqueKey(name=f"{DOCUMENT_ID}_INDEX", columns=(DOCUMENT_ID,)),) if has_column and not is_listed else ()


class _Tables(NamedTuple):
    """Tables of a database."""

    database: str
    names: Mapping[str, str]  # by their names in this database


def _rows_by_table(connection: Connection, statement: str, wanted: _Tables) -> dict[str, Rows]:
    """The statement's rows by table: its first column is the table's name, its parameters the database and the wanted names.

    Statements compare names as bytes: MariaDB's information_schema ignores case and accents, takes 'table' and 'tablé' for the same name
    and returns only one of them.
    """
    by_table: dict[str, Rows] = {}
    for name, *others in sql.rows(connection, statement, wanted.database, tuple(wanted.names)):
        if name in wanted.names:
            by_table.setdefault(wanted.names[name], []).append(tuple(others))
    return by_table


def _columns(connection: Connection, dialect: Dialect, wanted: _Tables) -> dict[str, tuple[ColumnSchema, ...]]:
    statement = f"""SELECT table_name, column_name, is_nullable, column_default, extra, generation_expression, data_type, column_type,
            character_maximum_length, character_octet_length, numeric_precision, numeric_scale, datetime_precision, character_set_name,
            collation_name, {dialect.srid_column}, column_comment
        FROM information_schema.columns WHERE table_schema = %s AND CAST(table_name AS BINARY) IN %s ORDER BY table_name, ordinal_position"""
    character_bytes: dict[str, int] = dict(sql.rows(connection, "SELECT character_set_name, maxlen FROM information_schema.character_sets"))
    columns = {
        table: tuple(column_schema(ColumnRow(*row), dialect, character_bytes) for row in rows)
        for table, rows in _rows_by_table(connection, statement, wanted).items()
    }
    if dialect.srids_statement and any(c.kind is ColumnType.GEOMETRY for listed in columns.values() for c in listed):
        srids: dict[str, dict[str, int]] = {
            table: dict(rows) for table, rows in _rows_by_table(connection, dialect.srids_statement, wanted).items()
        }
        columns = {table: tuple(replace(c, srid=srids.get(table, {}).get(c.name)) for c in listed) for table, listed in columns.items()}
    return columns


def _foreign_keys(connection: Connection, of: ListedTable, databases: _Databases) -> dict[str, tuple[ForeignKey, ...]]:
    """The foreign keys of all tables in a database, by table."""
    statement = """SELECT table_name, constraint_name, referenced_table_schema, referenced_table_name, column_name, referenced_column_name
        FROM information_schema.key_column_usage WHERE table_schema = %s AND referenced_table_name IS NOT NULL
        ORDER BY table_name, constraint_name, ordinal_position"""
    keys: dict[tuple[str, str], Rows] = {}
    for table, name, *others in sql.rows(connection, statement, of.database):
        keys.setdefault((table, name), []).append(tuple(others))
    by_table: dict[str, tuple[ForeignKey, ...]] = {}
    for (table, name), pairs in sorted(keys.items()):
        name_of_table, parent = of.name(of.database, table), of.name(*pairs[0][:2])
        key = ForeignKey(
            name=name,
            columns=tuple(column for *_, column, _ in pairs),
            parent=databases.spelled(parent) if of.any_case else parent,
            referenced=tuple(referenced for *_, referenced in pairs),
        )
        by_table[name_of_table] = (*by_table.get(name_of_table, ()), key)
    return by_table


def _checks(connection: Connection, dialect: Dialect, wanted: _Tables) -> dict[str, tuple[Check, ...]]:
    """The enforced CHECKs, by table."""
    return {
        table: tuple(Check(name=name, clause=dialect.check_clause(text)) for name, text in sorted(rows))
        for table, rows in _rows_by_table(connection, dialect.checks_statement, wanted).items()
    }


def _partitioning(connection: Connection, wanted: _Tables) -> dict[str, Partitioning]:
    statement = """SELECT table_name, partition_name, partition_method, partition_expression, partition_description
        FROM information_schema.partitions WHERE table_schema = %s AND CAST(table_name AS BINARY) IN %s AND partition_name IS NOT NULL
        ORDER BY table_name, partition_ordinal_position, subpartition_ordinal_position"""
    by_table = {}
    for table, rows in _rows_by_table(connection, statement, wanted).items():
        _, method, expression, _ = rows[0]
        bounds = {name: bound for name, *_, bound in rows}  # a partition is listed once for each of its subpartitions
        by_table[table] = Partitioning(
            method=method, expression=expression or "", bounds=tuple(b for b in bounds.values() if b is not None)
        )
    return by_table


def _triggers(connection: Connection, wanted: _Tables) -> dict[str, tuple[Trigger, ...]]:
    statement = """SELECT event_object_table, trigger_name, event_manipulation FROM information_schema.triggers
        WHERE event_object_schema = %s AND CAST(event_object_table AS BINARY) IN %s"""
    return {
        table: tuple(Trigger(name=name, event=event) for name, event in sorted(rows))
        for table, rows in _rows_by_table(connection, statement, wanted).items()
    }


def definition(connection: Connection, table: str) -> str:
    """The statement that creates the table or view, without its AUTO_INCREMENT counter; empty if it does not exist."""
    try:
        _, statement, *_ = sql.row(connection, f"SHOW CREATE TABLE {sql.quote_table(table)}")
    except DriverError as error:
        if error_codes.is_table_missing(error):
            return ""
        raise
    return COUNTER.sub(r"\1", statement)
