"""The statements that create a database's tables, rows, routines and triggers again, as an application's installation left them. Views are
left out: parloader fills none."""

import re
from collections.abc import Iterator
from typing import Any

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.database.session import connected
from parloader.database.target import Target

LITERALS_PER_INSERT = 2000

DEFINER = re.compile(r"DEFINER=`[^`]*`@`[^`]*` ?")

BEFORE = (
    "SET SESSION foreign_key_checks = 0, unique_checks = 0, sql_mode = 'NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00'"
)


def dump(target: Target) -> tuple[str, ...]:
    """The statements, in the order in which they run in an empty database, on one connection."""
    with connected(target) as connection:
        sql.execute(connection, BEFORE)
        return (BEFORE, *_database(connection), *_tables(connection), *_programs(connection))


def _database(connection: Connection) -> Iterator[str]:
    character_set, collation = sql.row(connection, "SELECT @@character_set_database, @@collation_database")
    yield f"ALTER DATABASE CHARACTER SET {character_set} COLLATE {collation}"


def _tables(connection: Connection) -> Iterator[str]:
    kinds = dict(sql.rows(connection, "SHOW FULL TABLES"))
    for name in (name for name, kind in kinds.items() if kind == "SEQUENCE"):
        yield str(sql.row(connection, f"SHOW CREATE SEQUENCE {sql.quote(name)}")[1])
    tables = [name for name, kind in kinds.items() if kind in ("BASE TABLE", "SYSTEM VERSIONED")]
    for name in tables:
        yield str(sql.row(connection, f"SHOW CREATE TABLE {sql.quote(name)}")[1])
    for name in tables:
        yield from _rows(connection, name)


def _rows(connection: Connection, table: str) -> Iterator[str]:
    """INSERTs of the rows, without the generated columns."""
    statement = """SELECT column_name FROM information_schema.columns
        WHERE table_schema = DATABASE() AND table_name = %s AND extra NOT REGEXP 'VIRTUAL|STORED|PERSISTENT' ORDER BY ordinal_position"""
    columns = ", ".join(sql.quote(column) for (column,) in sql.rows(connection, statement, table))
    rows = sql.rows(connection, f"SELECT {columns} FROM {sql.quote(table)}")
    if rows:
        rows_per_insert = max(1, LITERALS_PER_INSERT // len(rows[0]))
        for first in range(0, len(rows), rows_per_insert):
            values = (f"({', '.join(_literal(connection, value) for value in row)})" for row in rows[first : first + rows_per_insert])
            yield f"INSERT INTO {sql.quote(table)} ({columns}) VALUES {', '.join(values)}"


def _programs(connection: Connection) -> Iterator[str]:
    """Routines and triggers, whose definer becomes whoever loads them."""
    for kind, statement in (
        (
            "FUNCTION",
            "SELECT routine_name FROM information_schema.routines WHERE routine_schema = DATABASE() AND routine_type = 'FUNCTION'",
        ),
        (
            "PROCEDURE",
            "SELECT routine_name FROM information_schema.routines WHERE routine_schema = DATABASE() AND routine_type = 'PROCEDURE'",
        ),
        ("TRIGGER", "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY action_order"),
    ):
        for (name,) in sql.rows(connection, statement):
            text = sql.row(connection, f"SHOW CREATE {kind} {sql.quote(name)}")[2]
            if text:
                yield DEFINER.sub("", str(text), count=1)


def _literal(connection: Connection, value: Any) -> str:
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    return str(connection.literal(value))
