"""The live schema as plans/shape.py has it: everything that decides whether a row is valid.

Read from information_schema, for all tables together: on MariaDB each look-up there opens every table of the database.
Sources: MySQL manual "INFORMATION_SCHEMA General Table Reference"; MariaDB documentation "Information Schema Tables".
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from parloader.database import sql
from parloader.database.connect import Kind as ServerKind
from parloader.database.connect import require_version
from parloader.database.names import identifier
from parloader.database.shape_types import Described, repaired, shape_of
from parloader.database.sql import Connection
from parloader.plans.shape import Check, Column, ForeignKey, Kind, Partitioning, Table, TableType, UniqueKey

Rows: TypeAlias = list[tuple[Any, ...]]


@dataclass(frozen=True, kw_only=True)
class Listed:
    """The current database and its tables by name: (type, engine)."""

    database: str
    any_case: bool
    tables: Mapping[str, tuple[str, str | None]]

    def spelled(self, name: str) -> str | None:
        """The server's spelling of a table's name; None where there is no such table."""
        if name in self.tables or not self.any_case:
            return name if name in self.tables else None
        return next((there for there in self.tables if there.lower() == name.lower()), None)

    def elsewhere(self, database: str) -> str | None:
        """None where it is the current one."""
        same = database == self.database or (self.any_case and database.lower() == self.database.lower())
        return None if same else database


def shapes(connection: Connection, names: Iterable[str]) -> dict[str, Table]:
    """Those of the tables that are there, by the server's spelling of their names (see `spelled`)."""
    return _shapes(connection, _listed(connection), names)


def closure(connection: Connection, name: str) -> dict[str, Table]:
    """The table and all of its parents, their parents and so on, in the same database. Empty where there is no such table."""
    listed = _listed(connection)
    keys = _foreign_keys(connection, listed)
    found: set[str] = set()
    ahead = [listed.spelled(name)]
    while ahead:
        table = ahead.pop()
        if table is not None and table not in found:
            found.add(table)
            ahead += [listed.spelled(key.parent) for key in keys.get(table, ()) if key.database is None]
    return _shapes(connection, listed, found)


def spelled(connection: Connection, name: str) -> str | None:
    """The server's spelling of a table's name, which may differ in case on some machines; None where there is no such table."""
    return _listed(connection).spelled(name)


def _listed(connection: Connection) -> Listed:
    database, lower_case_table_names = sql.row(connection, "SELECT DATABASE(), @@lower_case_table_names")
    found = sql.rows(connection, "SELECT table_name, table_type, engine FROM information_schema.tables WHERE table_schema = DATABASE()")
    types = {kind.value for kind in TableType}
    return Listed(
        database=database,
        any_case=bool(lower_case_table_names),
        tables={name: (kind, engine) for name, kind, engine in found if kind in types},
    )


def _shapes(connection: Connection, listed: Listed, names: Iterable[str]) -> dict[str, Table]:
    wanted = sorted({there for there in map(listed.spelled, names) if there is not None})
    if not wanted:
        return {}
    server = require_version(sql.value(connection, "SELECT VERSION()"))
    columns = _columns(connection, server, wanted)
    unique_keys = _unique_keys(connection, wanted)
    foreign_keys = _foreign_keys(connection, listed)
    checks = _checks(connection, server, wanted)
    partitioning = _partitioning(connection, wanted)
    triggers = _triggers(connection, wanted)
    tables = {}
    for name in wanted:
        kind, engine = listed.tables[name]
        table = Table(
            name=name,
            columns=columns.get(name, ()),
            table_type=TableType(kind),
            engine=engine or "",
            unique_keys=unique_keys.get(name, ()),
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


def _columns(connection: Connection, server: ServerKind, wanted: Collection[str]) -> dict[str, tuple[Column, ...]]:
    statement = f"""SELECT table_name, column_name, is_nullable, column_default, extra, generation_expression, data_type, column_type,
            character_maximum_length, character_octet_length, numeric_precision, numeric_scale, datetime_precision, character_set_name,
            collation_name, {"srs_id" if server is ServerKind.MYSQL else "NULL"}
        FROM information_schema.columns WHERE table_schema = DATABASE() AND CAST(table_name AS BINARY) IN %s ORDER BY table_name, ordinal_position"""
    found = sql.rows(connection, "SELECT character_set_name, maxlen FROM information_schema.character_sets")
    character_bytes: dict[str, int] = dict(found)
    columns = {
        table: tuple(shape_of(Described(*row), server, character_bytes) for row in rows)
        for table, rows in _of(connection, statement, wanted).items()
    }
    if server is ServerKind.MARIADB and any(c.kind is Kind.GEOMETRY for shapes in columns.values() for c in shapes):
        srids = _srids(connection, wanted)
        columns = {table: tuple(replace(c, srid=srids.get((table, c.name))) for c in shapes) for table, shapes in columns.items()}
    return columns


def _srids(connection: Connection, wanted: Collection[str]) -> dict[tuple[str, str], int]:
    """MariaDB's, by table and column; 0 is none (it takes any, whatever the column has)."""
    statement = """SELECT g_table_name, g_geometry_column, srid FROM information_schema.geometry_columns
        WHERE g_table_schema = DATABASE() AND CAST(g_table_name AS BINARY) IN %s AND srid <> 0"""
    return {(table, column): srid for table, rows in _of(connection, statement, wanted).items() for column, srid in rows}


def _unique_keys(connection: Connection, wanted: Collection[str]) -> dict[str, tuple[UniqueKey, ...]]:
    """The primary key first, the others by name."""
    statement = """SELECT table_name, index_name, column_name, sub_part FROM information_schema.statistics
        WHERE table_schema = DATABASE() AND CAST(table_name AS BINARY) IN %s AND non_unique = 0 ORDER BY table_name, index_name, seq_in_index"""
    return {
        table: tuple(
            _unique_key(name, [row[1:] for row in rows if row[0] == name])
            for name in sorted({name for name, *_ in rows}, key=lambda name: (name != "PRIMARY", name))
        )
        for table, rows in _of(connection, statement, wanted).items()
    }


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


def _foreign_keys(connection: Connection, listed: Listed) -> dict[str, tuple[ForeignKey, ...]]:
    """Those of all tables in the database."""
    statement = """SELECT table_name, constraint_name, referenced_table_schema, referenced_table_name, column_name, referenced_column_name
        FROM information_schema.key_column_usage WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL
        ORDER BY table_name, constraint_name, ordinal_position"""
    keys: dict[tuple[str, str], Rows] = {}
    for table, name, *others in sql.rows(connection, statement):
        keys.setdefault((table, name), []).append(tuple(others))
    found: dict[str, tuple[ForeignKey, ...]] = {}
    for (table, name), pairs in sorted(keys.items()):
        database, parent = listed.elsewhere(pairs[0][0]), pairs[0][1]
        key = ForeignKey(
            name=name,
            columns=tuple(column for *_, column, _ in pairs),
            parent=(listed.spelled(parent) or parent) if database is None else parent,
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
        table: tuple(Check(name=name, clause=repaired(clause) if server is ServerKind.MYSQL else clause) for name, clause in sorted(rows))
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


def _triggers(connection: Connection, wanted: Collection[str]) -> dict[str, tuple[str, ...]]:
    statement = """SELECT event_object_table, trigger_name FROM information_schema.triggers
        WHERE event_object_schema = DATABASE() AND CAST(event_object_table AS BINARY) IN %s AND event_manipulation = 'INSERT'"""
    return {table: tuple(sorted(name for (name,) in rows)) for table, rows in _of(connection, statement, wanted).items()}


def _mariadb(table: Table) -> Table:
    """What MariaDB writes in its own way.

    JSON is a LONGTEXT with a CHECK. The unique keys of a system versioned table hold the end of a row too, which all current rows share.
    """
    valid = {f"json_valid({identifier(c.name)})": c.name for c in table.columns if c.type_text == "longtext"}
    json = {valid[check.clause] for check in table.checks if check.clause in valid}
    columns = tuple(replace(c, kind=Kind.JSON, length=0) if c.name in json else c for c in table.columns)
    checks = tuple(check for check in table.checks if check.clause not in valid)
    if table.table_type is not TableType.SYSTEM_VERSIONED:
        return replace(table, columns=columns, checks=checks)
    written = {c.name for c in columns if not c.generated}
    return replace(table, columns=columns, checks=checks, unique_keys=tuple(_current(key, written) for key in table.unique_keys))


def _current(key: UniqueKey, written: Collection[str]) -> UniqueKey:
    kept = [n for n, column in enumerate(key.columns) if column in written]
    return replace(key, columns=tuple(key.columns[n] for n in kept), prefixes=tuple(key.prefixes[n] for n in kept if key.prefixes))
