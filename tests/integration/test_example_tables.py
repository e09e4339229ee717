"""What the built-in example's tables are declared to be is what a server shows of them once they are created."""

from dataclasses import replace

from support import Database

from parloader.database import example_tables, migration, shape
from parloader.plans.shape import Kind, Table


def without_texts(table: Table) -> Table:
    """Without what differs between servers and their settings."""
    columns = [
        replace(
            column,
            type_text=column.type_name.replace("longtext", "json"),
            default=None,
            charset="" if column.kind is Kind.JSON else column.charset,
            collation="",
        )
        for column in table.columns
    ]
    keys = [replace(key, name="") for key in table.foreign_keys]
    return replace(table, columns=tuple(columns), foreign_keys=tuple(keys), checks=tuple(replace(c, clause="") for c in table.checks))


def test_the_declared_tables_are_those_that_are_created(database: Database) -> None:
    with database.connection() as connection:
        assert shape.listed(connection).tables == {}
        assert migration.create_tables(connection) == tuple(example_tables.statements()) == migration.TABLES
        found = shape.shapes(connection, migration.TABLES)
    declared = migration.declared_tables()
    assert {name: without_texts(table) for name, table in found.items()} == {name: without_texts(table) for name, table in declared.items()}
    assert all(column.default is not None for table in found.values() for column in table.columns if column.name == "created_at")


def test_those_that_are_missing_are_created(database: Database) -> None:
    with database.connection() as connection:
        migration.create_tables(connection)
    before = database.rows("SHOW CREATE TABLE script_execution")
    database.execute("DROP TABLE script_execution")
    with database.connection() as connection:
        assert migration.unfinished(shape.listed(connection))
        migration.create_tables(connection)
        assert not migration.unfinished(shape.listed(connection))
    assert database.rows("SHOW CREATE TABLE script_execution") == before
