"""The tables of the built-in example, declared with SQLAlchemy: as DDL statements and as schema.model values.

Imported only to create these tables or to plan for an empty database, because SQLAlchemy takes long to load.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects.mysql import BIGINT, DATETIME, INTEGER, VARCHAR
from sqlalchemy.schema import CreateIndex, CreateTable

from parloader.builtin.plan import CREATED_COMMENT
from parloader.database.column_types import ColumnRow, column_schema
from parloader.database.dialects import MySQL
from parloader.schema.model import Check, ColumnSchema, ForeignKey, Schema, TableSchema, UniqueKey

CHARSET = "utf8mb4"

CHARACTER_BYTES = {CHARSET: 4}

DIALECT = mysql.dialect()

metadata = sa.MetaData()


def _primary_key() -> "sa.Column[Any]":
    return sa.Column("id", BIGINT(unsigned=True), primary_key=True, autoincrement=True)


def _created_at() -> "sa.Column[Any]":
    return sa.Column("created_at", DATETIME, nullable=False, server_default=sa.text("CURRENT_TIMESTAMP"))


def _reference(column: str, parent: str, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(column, BIGINT(unsigned=True), sa.ForeignKey(f"{parent}.id"), nullable=nullable, index=True)


def _table(name: str, *items: Any) -> sa.Table:
    return sa.Table(name, metadata, _primary_key(), *items, mysql_engine="InnoDB", mysql_charset=CHARSET, comment=CREATED_COMMENT)


_table("robot_account", sa.Column("username", VARCHAR(255), nullable=False), _created_at())
_table("outgoing_event", sa.Column("name", VARCHAR(255), nullable=False), _created_at())
_table("script_reference", sa.Column("name", VARCHAR(255), nullable=False), sa.Column("description", VARCHAR(1000)), _created_at())
_table(
    "script_version",
    _reference("script_reference_id", "script_reference"),
    sa.Column("version", INTEGER(unsigned=True), nullable=False),
    sa.Column("json", sa.JSON, nullable=False),
    _created_at(),
)
_table(
    "task_schedule",
    sa.Column("schedule_id", BIGINT(unsigned=True), nullable=False),
    _reference("robot_id", "robot_account"),
    sa.Column("cron", VARCHAR(255), nullable=False),
    sa.Column("next_fire_time", DATETIME, nullable=False),
    sa.Column("status", VARCHAR(32), nullable=False),
    _created_at(),
)
_table(
    "event_trigger", _reference("outgoing_event_id", "outgoing_event"), _reference("script_reference_id", "script_reference"), _created_at()
)
_table(
    "script_execution",
    _reference("script_reference_id", "script_reference"),
    _reference("script_version_id", "script_version"),
    _reference("schedule_id", "task_schedule", nullable=True),
    sa.Column("planned", DATETIME),
    _reference("triggering_event_id", "event_trigger", nullable=True),
    _created_at(),
    sa.CheckConstraint("(schedule_id IS NOT NULL) <> (triggering_event_id IS NOT NULL)", name="chk_execution_source"),
)


def statements() -> dict[str, tuple[str, ...]]:
    """Table name → the statements that create the table and its indexes; parents first."""
    return {table.name: tuple(str(ddl.compile(dialect=DIALECT)) for ddl in _ddl(table)) for table in metadata.sorted_tables}


def _ddl(table: sa.Table) -> "tuple[sa.schema.ExecutableDDLElement, ...]":
    return (CreateTable(table), *map(CreateIndex, _indexes(table)))


def _indexes(table: sa.Table) -> list[sa.Index]:
    return sorted(table.indexes, key=lambda index: str(index.name))


def declared() -> Schema:
    """The tables as a server shows them after `statements`, except for the text of types and defaults, which depends on the server."""
    return {table.name: _declared(table) for table in metadata.sorted_tables}


def _declared(table: sa.Table) -> TableSchema:
    primary_key = tuple(table.primary_key.columns.keys())
    indexes = tuple(tuple(index.columns.keys()) for index in _indexes(table))
    return TableSchema(
        name=table.name,
        columns=tuple(map(_column, table.columns)),
        comment=CREATED_COMMENT,
        unique_keys=(UniqueKey(name="PRIMARY", columns=primary_key),),
        indexes=indexes,
        sorted_indexes=(primary_key, *indexes),
        foreign_keys=tuple(
            ForeignKey(
                name=f"{table.name}_ibfk_{number}",
                columns=(key.parent.name,),
                parent=key.column.table.name,
                referenced=(key.column.name,),
            )
            for number, column in enumerate((c for c in table.columns if c.foreign_keys), start=1)
            for key in column.foreign_keys
        ),
        checks=tuple(
            Check(name=str(check.name), clause=str(check.sqltext)) for check in table.constraints if isinstance(check, sa.CheckConstraint)
        ),
    )


def _column(column: "sa.Column[Any]") -> ColumnSchema:
    text = column.type.compile(dialect=DIALECT).lower()
    length = getattr(column.type, "length", None)
    return column_schema(
        ColumnRow(
            name=str(column.name),  # not SQLAlchemy's kind of text
            nullable="YES" if column.nullable else "NO",
            default=None if column.server_default is None else "CURRENT_TIMESTAMP",
            extra="auto_increment" if column.primary_key else "",
            generation=None,
            data_type=text.split("(")[0].split(" ")[0].replace("integer", "int"),
            column_type=text.replace("integer", "int"),
            characters=length,
            octets=length and length * CHARACTER_BYTES[CHARSET],
            precision=None,
            scale=None,
            fraction_digits=0,
            charset=CHARSET if length else None,
            collation=None,
            srid=None,
            comment="",
        ),
        MySQL(version=MySQL.min_version),
        CHARACTER_BYTES,
    )
