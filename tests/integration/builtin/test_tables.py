"""The declared schema of the built-in tables equals the one that a server shows after creating them."""

from dataclasses import replace

from support.servers import Database

from parloader.builtin import ddl
from parloader.builtin.tables import TABLES, can_create_tables, create_tables, declared_tables
from parloader.database import introspection
from parloader.schema.model import ColumnType, TableSchema


def without_texts(table: TableSchema) -> TableSchema:
    """The table without properties that depend on the server and its settings."""
    columns = [
        replace(
            column,
            type_text=column.type_name.replace("longtext", "json"),
            default=None,
            charset="" if column.kind is ColumnType.JSON else column.charset,
            collation="",
        )
        for column in table.columns
    ]
    keys = [replace(key, name="") for key in table.foreign_keys]
    return replace(
        table,
        columns=tuple(columns),
        foreign_keys=tuple(keys),
        checks=tuple(replace(c, clause="") for c in table.checks),
        sorted_indexes=tuple(sorted(table.sorted_indexes)),
    )


def test_declared_and_created_tables_are_equal(database: Database) -> None:
    with database.connection() as connection:
        assert introspection.list_tables(connection).tables == {}
        assert create_tables(connection) == tuple(ddl.statements()) == TABLES
        found = introspection.read_tables(connection, TABLES)
    declared = declared_tables()
    assert {name: without_texts(table) for name, table in found.items()} == {name: without_texts(table) for name, table in declared.items()}
    assert all(column.default is not None for table in found.values() for column in table.columns if column.name == "created_at")


def test_missing_tables_are_created(database: Database) -> None:
    with database.connection() as connection:
        create_tables(connection)
    before = database.rows("SHOW CREATE TABLE script_execution")
    database.execute("DROP TABLE script_execution")
    with database.connection() as connection:
        listed = introspection.list_tables(connection)
        assert can_create_tables(listed, frozenset(listed.tables))
        create_tables(connection)
        listed = introspection.list_tables(connection)
        assert not can_create_tables(listed, frozenset(listed.tables))
    assert database.rows("SHOW CREATE TABLE script_execution") == before
