"""The tables of the built-in plan: making them in an empty database, and the step to migration V97."""

from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects.mysql import BIGINT, DATETIME, INTEGER, VARCHAR

from parloader.database import schema, sql
from parloader.database.connect import Target, engine
from parloader.database.reflection import Live
from parloader.database.sql import Connection
from parloader.errors import SchemaMismatch

MADE_BY_US = "made by parloader"
"""The comment of the tables that parloader made: clean drops these, once they are empty."""


class State(StrEnum):
    EMPTY = "empty"
    BEFORE_V97 = "before V97"
    V97 = "V97"
    OTHER = "other"


metadata = sa.MetaData()


def _key() -> "sa.Column[Any]":
    return sa.Column("id", BIGINT(unsigned=True), primary_key=True, autoincrement=True)


def _created_at() -> "sa.Column[Any]":
    return sa.Column("created_at", DATETIME, nullable=False, server_default=sa.text("CURRENT_TIMESTAMP"))


def _to(column: str, parent: str, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(column, BIGINT(unsigned=True), sa.ForeignKey(f"{parent}.id"), nullable=nullable, index=True)


def _table(name: str, *items: Any) -> sa.Table:
    return sa.Table(name, metadata, _key(), *items, mysql_engine="InnoDB", mysql_charset="utf8mb4", comment=MADE_BY_US)


_table("robot_account", sa.Column("username", VARCHAR(255), nullable=False), _created_at())
_table("outgoing_event", sa.Column("name", VARCHAR(255), nullable=False), _created_at())
_table("script_reference", sa.Column("name", VARCHAR(255), nullable=False), sa.Column("description", VARCHAR(1000)), _created_at())
_table(
    "script_version",
    _to("script_reference_id", "script_reference"),
    sa.Column("version", INTEGER(unsigned=True), nullable=False),
    sa.Column("json", sa.JSON, nullable=False),
    _created_at(),
)
_table(
    "task_schedule",
    sa.Column("schedule_id", BIGINT(unsigned=True), nullable=False),
    _to("robot_id", "robot_account"),
    sa.Column("cron", VARCHAR(255), nullable=False),
    sa.Column("next_fire_time", DATETIME, nullable=False),
    sa.Column("status", VARCHAR(32), nullable=False),
    _created_at(),
)
_table("event_trigger", _to("outgoing_event_id", "outgoing_event"), _to("script_reference_id", "script_reference"), _created_at())
_table(
    "script_execution",
    _to("script_reference_id", "script_reference"),
    _to("script_version_id", "script_version"),
    _to("schedule_id", "task_schedule", nullable=True),
    sa.Column("planned", DATETIME),
    _to("triggering_event_id", "event_trigger", nullable=True),
    _created_at(),
    sa.CheckConstraint("(schedule_id IS NOT NULL) <> (triggering_event_id IS NOT NULL)", name="chk_execution_source"),
)


def create_tables(target: Target) -> tuple[str, ...]:
    """Makes those tables of the built-in plan that are not there, in an `unfinished` database; returns their names, parents first."""
    with engine(target) as made:
        metadata.create_all(made)
    return tuple(table.name for table in metadata.sorted_tables)


def unfinished(connection: Connection) -> bool:
    """Whether the database is empty, or has nothing but some of these tables, because who was about to make them was killed."""
    there = schema.table_names(connection)
    return there < set(children_first()) and there <= set(schema.tables_with_comment(connection, MADE_BY_US))


def children_first() -> tuple[str, ...]:
    """The names of these tables in the order in which they can be dropped."""
    return tuple(table.name for table in reversed(metadata.sorted_tables))


def drop_made_tables(connection: Connection) -> tuple[str, ...]:
    """Drops the tables that parloader had made, where all of them are empty; returns their names. Locked, so that no row is lost."""
    commented = schema.tables_with_comment(connection, MADE_BY_US)
    made = tuple(name for name in children_first() if name in commented)
    if not made or any(key.child not in made for name in made for key in schema.foreign_keys_to(connection, name)):
        return ()
    sql.execute(connection, "LOCK TABLES " + ", ".join(f"{sql.quote(name)} WRITE" for name in made))
    try:
        if any(sql.rows(connection, f"SELECT 1 FROM {sql.quote(name)} LIMIT 1") for name in made):
            return ()
        sql.execute(connection, "DROP TABLE " + ", ".join(map(sql.quote, made)))
    finally:
        sql.execute(connection, "UNLOCK TABLES")
    return made


def state(connection: Connection, live: Live) -> State:
    """Which state the database is in, as far as `script_execution` shows it."""
    if not schema.table_names(connection):
        return State.EMPTY
    execution = live.get("script_execution")
    if execution is None or "schedule_id" not in execution.columns or "planned" not in execution.columns:
        return State.OTHER
    if "triggering_event_id" not in execution.columns:
        return State.BEFORE_V97
    return State.V97 if execution.columns["schedule_id"].nullable and execution.columns["planned"].nullable else State.OTHER


def upgrade(connection: Connection, live: Live) -> None:
    """Applies the V97 step to a schema before it, in one statement; the rows stay. SchemaMismatch: event_trigger is not there."""
    for needed in ("event_trigger", "task_schedule"):
        if needed not in live:
            raise SchemaMismatch(f"V97 needs the table {needed}, which is not there", "Apply the earlier migrations first")
    execution = live["script_execution"]
    trigger_key = live["event_trigger"].primary_key.columns.values()[0]
    changes = [f"MODIFY COLUMN {sql.quote(name)} {_type(execution.columns[name])} NULL" for name in ("schedule_id", "planned")]
    sql.execute(
        connection,
        f"""ALTER TABLE script_execution {", ".join(changes)},
            ADD COLUMN triggering_event_id {_type(trigger_key)} NULL AFTER planned,
            ADD INDEX ix_script_execution_triggering_event_id (triggering_event_id),
            ADD CONSTRAINT fk_script_execution_triggering_event_id FOREIGN KEY (triggering_event_id) REFERENCES event_trigger ({sql.quote(trigger_key.name)}),
            ADD CONSTRAINT chk_execution_source CHECK ((schedule_id IS NOT NULL) <> (triggering_event_id IS NOT NULL))""",
    )


def _type(column: "sa.Column[Any]") -> str:
    comment = (
        f" COMMENT {sa.literal(column.comment).compile(dialect=mysql.dialect(), compile_kwargs={'literal_binds': True})}"
        if column.comment
        else ""
    )
    return column.type.compile(dialect=mysql.dialect()) + comment
