"""Reads the schema of the current database into the model of schema/model.py.

Each statement reads all requested tables at once: on MariaDB one query of information_schema may open every table of the database.
Sources: MySQL manual "INFORMATION_SCHEMA General Table Reference"; MariaDB documentation "Information Schema Tables".
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from parloader.database import error_codes, privileges, sql
from parloader.database.column_types import ColumnRow, column_schema
from parloader.database.dialects import Dialect
from parloader.database.driver import Connection, DriverError
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

Rows: TypeAlias = list[tuple[Any, ...]]

COUNTER = re.compile(r" AUTO_INCREMENT=\d+")


@dataclass(frozen=True, kw_only=True)
class TableListing:
    """One table, as information_schema.tables lists it."""

    table_type: str  # a value of TableType, or one that parloader does not know
    engine: str  # empty for a view
    comment: str


@dataclass(frozen=True, kw_only=True)
class ListedTable:
    """The current database: its name, and the list of its tables and views."""

    database: str
    any_case: bool  # whether names that differ only in case are the same (lower_case_table_names)
    tables: Mapping[str, TableListing]  # by name

    def spelled(self, name: str) -> str | None:
        """The server's spelling of a table's name, which may differ in case (see `any_case`); None if the table does not exist."""
        if name in self.tables or not self.any_case:
            return name if name in self.tables else None
        return next((existing for existing in self.tables if existing.lower() == name.lower()), None)

    def elsewhere(self, database: str) -> str | None:
        """The given database, or None if it is the current one."""
        same = database == self.database or (self.any_case and database.lower() == self.database.lower())
        return None if same else database

    def with_comment(self, comment: str) -> tuple[str, ...]:
        """The names of the tables that have this comment."""
        return tuple(name for name, listing in self.tables.items() if listing.comment == comment)


def list_tables(connection: Connection) -> ListedTable:
    """Lists the tables and views of the current database."""
    statement = """SELECT DATABASE(), @@lower_case_table_names, NULL, NULL, NULL, NULL
        UNION ALL SELECT NULL, NULL, table_name, table_type, engine, table_comment FROM information_schema.tables WHERE table_schema = DATABASE()"""
    database, any_case, tables = "", False, {}
    for current, lower_case_table_names, name, table_type, engine, comment in sql.rows(connection, statement):
        if name is None:
            database, any_case = current, bool(lower_case_table_names)
        else:
            tables[name] = TableListing(table_type=table_type, engine=engine or "", comment=comment or "")
    return ListedTable(database=database, any_case=any_case, tables=tables)


def read_tables(connection: Connection, names: Iterable[str], known: ListedTable | None = None) -> Schema:
    """The tables and views with these names, by the server's spelling (`ListedTable.spelled`). Names that do not exist are left out.

    PrivilegeMissing: the account may not read all columns of a table.
    """
    return _read(connection, known or list_tables(connection), names)


def read_with_parents(connection: Connection, names: Iterable[str], known: ListedTable | None = None) -> Schema:
    """The tables with these names and all their ancestors by foreign key, in the same database. Names that do not exist are left out.

    PrivilegeMissing: see read_tables.
    """
    known = known or list_tables(connection)
    keys = _foreign_keys(connection, known)
    reached: set[str] = set()
    pending = [known.spelled(name) or name for name in names]
    while pending:
        table = pending.pop()
        if table not in reached:
            reached.add(table)
            pending += [known.spelled(key.parent) or key.parent for key in keys.get(table, ()) if key.database is None]
    return _read(connection, known, reached, keys)


def base_tables(schema: Schema) -> Schema:
    """The tables that rows can be inserted into and deleted from: no views, sequences or system versioned tables."""
    return {name: table for name, table in schema.items() if table.table_type is TableType.TABLE}


def _read(
    connection: Connection, known: ListedTable, names: Iterable[str], foreign_keys: Mapping[str, tuple[ForeignKey, ...]] | None = None
) -> dict[str, TableSchema]:
    types = {kind.value for kind in TableType}
    spellings = {name: known.spelled(name) for name in names}
    wanted = sorted({name for name in spellings.values() if name is not None and known.tables[name].table_type in types})
    # a table that the account must not read is not listed, or only some of its columns are
    privileges.require_select(connection, [*wanted, *sorted(name for name, spelled in spellings.items() if spelled is None)])
    if not wanted:
        return {}
    dialect = connection.dialect
    columns = _columns(connection, dialect, wanted)
    keys = _keys(connection, wanted)
    if foreign_keys is None:
        foreign_keys = _foreign_keys(connection, known)
    checks = _checks(connection, dialect, wanted)
    partitioning = _partitioning(connection, wanted)
    triggers = _triggers(connection, wanted)
    tables = {}
    for name in wanted:
        listing = known.tables[name]
        table_columns = columns.get(name, ())
        unique_keys, indexes = keys.get(name, ((), ()))
        table = TableSchema(
            name=name,
            columns=table_columns,
            table_type=TableType(listing.table_type),
            engine=listing.engine,
            comment=listing.comment,
            unique_keys=(*unique_keys, *_document_id_key(table_columns, unique_keys)),
            indexes=indexes,
            foreign_keys=foreign_keys.get(name, ()),
            checks=checks.get(name, ()),
            partitioning=partitioning.get(name),
            triggers=triggers.get(name, ()),
        )
        tables[name] = dialect.normalize(table)
    return tables


def _document_id_key(columns: tuple[ColumnSchema, ...], unique_keys: tuple[UniqueKey, ...]) -> tuple[UniqueKey, ...]:
    """InnoDB's own unique key on FTS_DOC_ID, which information_schema does not list. Empty: the table has no such column, or a listed key on it."""
    has_column = any(column.name == DOCUMENT_ID for column in columns)
    is_listed = any(key.columns == (DOCUMENT_ID,) for key in unique_keys)
    return (UniqueKey(name=f"{DOCUMENT_ID}_INDEX", columns=(DOCUMENT_ID,)),) if has_column and not is_listed else ()


def _rows_by_table(connection: Connection, statement: str, wanted: Collection[str]) -> dict[str, Rows]:
    """The statement's rows by table: its first column is the table's name, its parameter the wanted names.

    Statements compare names as bytes: MariaDB's information_schema ignores case and accents, takes 'table' and 'tablé' for the same name
    and returns only one of them.
    """
    by_table: dict[str, Rows] = {}
    for name, *others in sql.rows(connection, statement, tuple(wanted)):
        if name in wanted:
            by_table.setdefault(name, []).append(tuple(others))
    return by_table


def _columns(connection: Connection, dialect: Dialect, wanted: Collection[str]) -> dict[str, tuple[ColumnSchema, ...]]:
    statement = f"""SELECT table_name, column_name, is_nullable, column_default, extra, generation_expression, data_type, column_type,
            character_maximum_length, character_octet_length, numeric_precision, numeric_scale, datetime_precision, character_set_name,
            collation_name, {dialect.srid_column}, column_comment
        FROM information_schema.columns WHERE table_schema = DATABASE() AND CAST(table_name AS BINARY) IN %s ORDER BY table_name, ordinal_position"""
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


def _keys(connection: Connection, wanted: Collection[str]) -> dict[str, tuple[tuple[UniqueKey, ...], tuple[tuple[str, ...], ...]]]:
    """By table: its unique keys (the primary key first, the others by name), and the columns of its other indexes."""
    statement = """SELECT table_name, index_name, non_unique, column_name, sub_part FROM information_schema.statistics
        WHERE table_schema = DATABASE() AND CAST(table_name AS BINARY) IN %s ORDER BY table_name, index_name, seq_in_index"""
    keys = {}
    for table, rows in _rows_by_table(connection, statement, wanted).items():
        parts: dict[tuple[str, bool], Rows] = {}
        for name, non_unique, *part in rows:
            parts.setdefault((name, bool(non_unique)), []).append(tuple(part))
        unique = sorted((name for name, non_unique in parts if not non_unique), key=lambda name: (name != "PRIMARY", name))
        others = [columns for (_, non_unique), columns in parts.items() if non_unique]
        keys[table] = (
            tuple(_unique_key(name, parts[name, False]) for name in unique),
            tuple(tuple(column for column, _ in columns if column is not None) for columns in others),
        )
    return keys


def _unique_key(name: str, parts: Rows) -> UniqueKey:
    """A part is (column, or None for an expression; prefix length or None)."""
    columns = [(column, prefix) for column, prefix in parts if column is not None]
    prefixes = tuple(prefix for _, prefix in columns)
    return UniqueKey(
        name=name,
        columns=tuple(column for column, _ in columns),
        prefixes=prefixes if any(prefixes) else (),
        expressions=len(columns) < len(parts),
    )


def _foreign_keys(connection: Connection, known: ListedTable) -> dict[str, tuple[ForeignKey, ...]]:
    """The foreign keys of all tables in the current database, by table."""
    statement = """SELECT table_name, constraint_name, referenced_table_schema, referenced_table_name, column_name, referenced_column_name
        FROM information_schema.key_column_usage WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL
        ORDER BY table_name, constraint_name, ordinal_position"""
    keys: dict[tuple[str, str], Rows] = {}
    for table, name, *others in sql.rows(connection, statement):
        keys.setdefault((table, name), []).append(tuple(others))
    by_table: dict[str, tuple[ForeignKey, ...]] = {}
    for (table, name), pairs in sorted(keys.items()):
        database, parent = known.elsewhere(pairs[0][0]), pairs[0][1]
        key = ForeignKey(
            name=name,
            columns=tuple(column for *_, column, _ in pairs),
            parent=(known.spelled(parent) or parent) if database is None else parent,
            referenced=tuple(referenced for *_, referenced in pairs),
            database=database,
        )
        by_table[table] = (*by_table.get(table, ()), key)
    return by_table


def _checks(connection: Connection, dialect: Dialect, wanted: Collection[str]) -> dict[str, tuple[Check, ...]]:
    """The enforced CHECKs, by table."""
    return {
        table: tuple(Check(name=name, clause=dialect.check_clause(text)) for name, text in sorted(rows))
        for table, rows in _rows_by_table(connection, dialect.checks_statement, wanted).items()
    }


def _partitioning(connection: Connection, wanted: Collection[str]) -> dict[str, Partitioning]:
    statement = """SELECT table_name, partition_name, partition_method, partition_expression, partition_description
        FROM information_schema.partitions WHERE table_schema = DATABASE() AND CAST(table_name AS BINARY) IN %s AND partition_name IS NOT NULL
        ORDER BY table_name, partition_ordinal_position, subpartition_ordinal_position"""
    by_table = {}
    for table, rows in _rows_by_table(connection, statement, wanted).items():
        _, method, expression, _ = rows[0]
        bounds = {name: bound for name, *_, bound in rows}  # a partition is listed once for each of its subpartitions
        by_table[table] = Partitioning(
            method=method, expression=expression or "", bounds=tuple(b for b in bounds.values() if b is not None)
        )
    return by_table


def _triggers(connection: Connection, wanted: Collection[str]) -> dict[str, tuple[Trigger, ...]]:
    statement = """SELECT event_object_table, trigger_name, event_manipulation FROM information_schema.triggers
        WHERE event_object_schema = DATABASE() AND CAST(event_object_table AS BINARY) IN %s"""
    return {
        table: tuple(Trigger(name=name, event=event) for name, event in sorted(rows))
        for table, rows in _rows_by_table(connection, statement, wanted).items()
    }


def definition(connection: Connection, table: str) -> str:
    """The statement that creates the table or view, without its AUTO_INCREMENT counter; empty if it does not exist."""
    try:
        _, statement, *_ = sql.row(connection, f"SHOW CREATE TABLE {sql.quote(table)}")
    except DriverError as error:
        if error_codes.is_table_missing(error):
            return ""
        raise
    return COUNTER.sub("", statement)
