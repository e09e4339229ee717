"""Reads the tables of a server into the model of plans/shape.py. The only module that reads information_schema for it.

Each statement serves all tables that are asked for: on MariaDB a look-up there can open every table of the database.
Sources: MySQL manual "INFORMATION_SCHEMA General Table Reference"; MariaDB documentation "Information Schema Tables".
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from parloader.database import sql
from parloader.database.column_types import ColumnRow, column_schema
from parloader.database.dialects import ServerKind, _mariadb
from parloader.database.driver import Connection
from parloader.database.session import server_kind
from parloader.schema.model import (
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
from parloader.schema.string_literals import repair_latin1

Rows: TypeAlias = list[tuple[Any, ...]]


@dataclass(frozen=True, kw_only=True)
class TableListing:
    """What the list of a database's tables has about one of them."""

    table_type: str
    engine: str
    comment: str


@dataclass(frozen=True, kw_only=True)
class ListedTable:
    """The current database and its tables and views by name."""

    database: str
    any_case: bool
    tables: Mapping[str, TableListing]

    def spelled(self, name: str) -> str | None:
        """The server's spelling of a table's name, which may differ in case on some machines; None if there is no such table."""
        if name in self.tables or not self.any_case:
            return name if name in self.tables else None
        return next((there for there in self.tables if there.lower() == name.lower()), None)

    def elsewhere(self, database: str) -> str | None:
        """The database, or None if it is the current one."""
        same = database == self.database or (self.any_case and database.lower() == self.database.lower())
        return None if same else database

    def with_comment(self, comment: str) -> tuple[str, ...]:
        """The names of the tables that have this comment."""
        return tuple(name for name, listing in self.tables.items() if listing.comment == comment)


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A foreign key as its parent sees it: `columns` of the table `child` in `database` reference the columns `referenced` of the table
    `parent` in the current database, in this order."""

    database: str
    child: str
    columns: tuple[str, ...]
    parent: str
    referenced: tuple[str, ...]


def list_tables(connection: Connection) -> ListedTable:
    """Lists the current database."""
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
    """Those of the tables and views that exist, by the server's spelling of their names (see `Listed.spelled`)."""
    return _read(connection, known or list_tables(connection), names)


def read_with_parents(connection: Connection, names: Iterable[str], known: ListedTable | None = None) -> Schema:
    """Those of the tables that exist, and all of their parents, the parents' parents and so on, in the same database."""
    known = known or list_tables(connection)
    keys = _foreign_keys(connection, known)
    reached: set[str] = set()
    ahead = [known.spelled(name) for name in names]
    while ahead:
        table = ahead.pop()
        if table is not None and table not in reached:
            reached.add(table)
            ahead += [known.spelled(key.parent) for key in keys.get(table, ()) if key.database is None]
    return _read(connection, known, reached, keys)


def base_tables(found: Schema) -> Schema:
    """Without views, sequences and system versioned tables: what rows can be written to and deleted from."""
    return {name: table for name, table in found.items() if table.table_type is TableType.TABLE}


def foreign_keys_to(connection: Connection, parents: Collection[str]) -> tuple[Reference, ...]:
    """The foreign keys that reference these tables, from any database that the account sees.

    The names are compared here: MySQL's views of these look-ups fail with a syntax error for one that has a quote in it, under NO_BACKSLASH_ESCAPES.
    """
    statement = """SELECT referenced_table_name, @@lower_case_table_names, table_schema, table_name, constraint_name, column_name,
        referenced_column_name FROM information_schema.key_column_usage WHERE referenced_table_schema = DATABASE()
        ORDER BY table_schema, table_name, constraint_name, ordinal_position"""
    lower = {name.lower(): name for name in parents}
    pairs: dict[tuple[str, str, str, str], list[tuple[str, str]]] = {}
    for name, any_case, database, child, key, column, referenced in sql.rows(connection, statement):
        parent = lower.get(name.lower()) if any_case else name
        if parent is not None and parent in parents:
            pairs.setdefault((parent, database, child, key), []).append((column, referenced))
    return tuple(
        Reference(database=database, child=child, columns=tuple(c for c, _ in found), parent=parent, referenced=tuple(r for _, r in found))
        for (parent, database, child, _), found in pairs.items()
    )


def primary_key(connection: Connection, database: str, table: str) -> tuple[str, ...]:
    """The columns of the primary key of a table in any database; none if it has no primary key."""
    statement = """SELECT column_name FROM information_schema.key_column_usage
        WHERE table_schema = %s AND table_name = %s AND constraint_name = 'PRIMARY' ORDER BY ordinal_position"""
    return tuple(name for (name,) in sql.rows(connection, statement, database, table))


def _read(
    connection: Connection, known: ListedTable, names: Iterable[str], foreign_keys: Mapping[str, tuple[ForeignKey, ...]] | None = None
) -> dict[str, TableSchema]:
    types = {kind.value for kind in TableType}
    spelled = {name for name in map(known.spelled, names) if name is not None}
    wanted = sorted(name for name in spelled if known.tables[name].table_type in types)
    if not wanted:
        return {}
    server = server_kind(connection)
    columns = _columns(connection, server, wanted)
    keys = _keys(connection, wanted)
    if foreign_keys is None:
        foreign_keys = _foreign_keys(connection, known)
    checks = _checks(connection, server, wanted)
    partitioning = _partitioning(connection, wanted)
    triggers = _triggers(connection, wanted)
    tables = {}
    for name in wanted:
        listing = known.tables[name]
        unique_keys, indexes = keys.get(name, ((), ()))
        table = TableSchema(
            name=name,
            columns=columns.get(name, ()),
            table_type=TableType(listing.table_type),
            engine=listing.engine,
            comment=listing.comment,
            unique_keys=unique_keys,
            indexes=indexes,
            foreign_keys=foreign_keys.get(name, ()),
            checks=checks.get(name, ()),
            partitioning=partitioning.get(name),
            triggers=triggers.get(name, ()),
        )
        tables[name] = _mariadb(table) if server is ServerKind.MARIADB else table
    return tables


def _of(connection: Connection, statement: str, wanted: Collection[str]) -> dict[str, Rows]:
    """The rows of each wanted table, without their first column, which is its name.

    Names are compared as bytes: without case or accents MariaDB takes 'table' and 'tablé' for one, and answers for one of them alone.
    """
    found: dict[str, Rows] = {}
    for name, *others in sql.rows(connection, statement, tuple(wanted)):
        if name in wanted:
            found.setdefault(name, []).append(tuple(others))
    return found


def _columns(connection: Connection, server: ServerKind, wanted: Collection[str]) -> dict[str, tuple[ColumnSchema, ...]]:
    statement = f"""SELECT table_name, column_name, is_nullable, column_default, extra, generation_expression, data_type, column_type,
            character_maximum_length, character_octet_length, numeric_precision, numeric_scale, datetime_precision, character_set_name,
            collation_name, {"srs_id" if server is ServerKind.MYSQL else "NULL"}, column_comment
        FROM information_schema.columns WHERE table_schema = DATABASE() AND CAST(table_name AS BINARY) IN %s ORDER BY table_name, ordinal_position"""
    found = sql.rows(connection, "SELECT character_set_name, maxlen FROM information_schema.character_sets")
    character_bytes: dict[str, int] = dict(found)
    columns = {
        table: tuple(column_schema(ColumnRow(*row), server, character_bytes) for row in rows)
        for table, rows in _of(connection, statement, wanted).items()
    }
    if server is ServerKind.MARIADB and any(c.kind is ColumnType.GEOMETRY for shapes in columns.values() for c in shapes):
        srids = _srids(connection, wanted)
        columns = {table: tuple(replace(c, srid=srids.get((table, c.name))) for c in shapes) for table, shapes in columns.items()}
    return columns


def _srids(connection: Connection, wanted: Collection[str]) -> dict[tuple[str, str], int]:
    """MariaDB's, by table and column; 0 is none (it takes any, whatever the column has)."""
    statement = """SELECT g_table_name, g_geometry_column, srid FROM information_schema.geometry_columns
        WHERE g_table_schema = DATABASE() AND CAST(g_table_name AS BINARY) IN %s AND srid <> 0"""
    return {(table, column): srid for table, rows in _of(connection, statement, wanted).items() for column, srid in rows}


def _keys(connection: Connection, wanted: Collection[str]) -> dict[str, tuple[tuple[UniqueKey, ...], tuple[tuple[str, ...], ...]]]:
    """The unique keys, the primary key first and the others by name, and the columns of the other indexes."""
    statement = """SELECT table_name, index_name, non_unique, column_name, sub_part FROM information_schema.statistics
        WHERE table_schema = DATABASE() AND CAST(table_name AS BINARY) IN %s ORDER BY table_name, index_name, seq_in_index"""
    found = {}
    for table, rows in _of(connection, statement, wanted).items():
        parts: dict[tuple[str, bool], Rows] = {}
        for name, non_unique, *part in rows:
            parts.setdefault((name, bool(non_unique)), []).append(tuple(part))
        unique = sorted((name for name, non_unique in parts if not non_unique), key=lambda name: (name != "PRIMARY", name))
        others = [columns for (_, non_unique), columns in parts.items() if non_unique]
        found[table] = (
            tuple(_unique_key(name, parts[name, False]) for name in unique),
            tuple(tuple(column for column, _ in columns if column is not None) for columns in others),
        )
    return found


def _unique_key(name: str, parts: Rows) -> UniqueKey:
    """A part is (column, or None where it is an expression; prefix or None)."""
    columns = [(column, prefix) for column, prefix in parts if column is not None]
    prefixes = tuple(prefix for _, prefix in columns)
    return UniqueKey(
        name=name,
        columns=tuple(column for column, _ in columns),
        prefixes=prefixes if any(prefixes) else (),
        expressions=len(columns) < len(parts),
    )


def _foreign_keys(connection: Connection, known: ListedTable) -> dict[str, tuple[ForeignKey, ...]]:
    """Those of all tables in the database."""
    statement = """SELECT table_name, constraint_name, referenced_table_schema, referenced_table_name, column_name, referenced_column_name
        FROM information_schema.key_column_usage WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL
        ORDER BY table_name, constraint_name, ordinal_position"""
    keys: dict[tuple[str, str], Rows] = {}
    for table, name, *others in sql.rows(connection, statement):
        keys.setdefault((table, name), []).append(tuple(others))
    found: dict[str, tuple[ForeignKey, ...]] = {}
    for (table, name), pairs in sorted(keys.items()):
        database, parent = known.elsewhere(pairs[0][0]), pairs[0][1]
        key = ForeignKey(
            name=name,
            columns=tuple(column for *_, column, _ in pairs),
            parent=(known.spelled(parent) or parent) if database is None else parent,
            referenced=tuple(referenced for *_, referenced in pairs),
            database=database,
        )
        found[table] = (*found.get(table, ()), key)
    return found


def _checks(connection: Connection, server: ServerKind, wanted: Collection[str]) -> dict[str, tuple[Check, ...]]:
    """Those that are enforced. MariaDB's have names that are unique in a table (but for those of columns), MySQL's in a database."""
    if server is ServerKind.MARIADB:
        statement = """SELECT table_name, constraint_name, check_clause FROM information_schema.check_constraints
            WHERE constraint_schema = DATABASE() AND CAST(table_name AS BINARY) IN %s"""
    else:
        statement = """SELECT t.table_name, t.constraint_name, c.check_clause FROM information_schema.table_constraints t
            JOIN information_schema.check_constraints c ON c.constraint_schema = t.constraint_schema AND c.constraint_name = t.constraint_name
            WHERE t.table_schema = DATABASE() AND CAST(t.table_name AS BINARY) IN %s AND t.constraint_type = 'CHECK' AND t.enforced = 'YES'"""
    return {
        table: tuple(
            Check(name=name, clause=repair_latin1(clause) if server is ServerKind.MYSQL else clause) for name, clause in sorted(rows)
        )
        for table, rows in _of(connection, statement, wanted).items()
    }


def _partitioning(connection: Connection, wanted: Collection[str]) -> dict[str, Partitioning]:
    statement = """SELECT table_name, partition_name, partition_method, partition_expression, partition_description
        FROM information_schema.partitions WHERE table_schema = DATABASE() AND CAST(table_name AS BINARY) IN %s AND partition_name IS NOT NULL
        ORDER BY table_name, partition_ordinal_position, subpartition_ordinal_position"""
    found = {}
    for table, rows in _of(connection, statement, wanted).items():
        _, method, expression, _ = rows[0]
        bounds = {name: bound for name, *_, bound in rows}  # a partition has a row for each of its subpartitions
        found[table] = Partitioning(method=method, expression=expression or "", bounds=tuple(b for b in bounds.values() if b is not None))
    return found


def _triggers(connection: Connection, wanted: Collection[str]) -> dict[str, tuple[Trigger, ...]]:
    statement = """SELECT event_object_table, trigger_name, event_manipulation FROM information_schema.triggers
        WHERE event_object_schema = DATABASE() AND CAST(event_object_table AS BINARY) IN %s"""
    return {
        table: tuple(Trigger(name=name, event=event) for name, event in sorted(rows))
        for table, rows in _of(connection, statement, wanted).items()
    }
