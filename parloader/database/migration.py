"""The tables of the built-in plan: making them in an empty database, and the step to migration V97."""

from enum import StrEnum

from parloader.database import connect, schema, shape, sql
from parloader.database.shape import Listed
from parloader.database.sql import Connection
from parloader.errors import SchemaMismatch
from parloader.plans.shape import Column, Shapes

MADE_BY_US = "made by parloader"
"""The comment of the tables that parloader made: clean drops these, once they are empty."""


# Parents first
TABLES = ("outgoing_event", "robot_account", "script_reference", "event_trigger", "script_version", "task_schedule", "script_execution")


class State(StrEnum):
    EMPTY = "empty"
    BEFORE_V97 = "before V97"
    V97 = "V97"
    OTHER = "other"


def create_tables(connection: Connection) -> tuple[str, ...]:
    """Creates those tables of the built-in plan that do not exist, in an `unfinished` database; returns their names, parents first."""
    from parloader.database import example_tables  # SQLAlchemy takes long to load

    existing = shape.listed(connection).tables
    for name, statements in example_tables.statements().items():
        for statement in statements if name not in existing else ():
            sql.execute(connection, statement)
    return TABLES


def declared_tables() -> Shapes:
    """What `create_tables` creates, as the schema that will be read then."""
    from parloader.database import example_tables  # SQLAlchemy takes long to load

    return example_tables.declared()


def unfinished(found: Listed) -> bool:
    """Whether the database is empty, or has nothing but some of these tables, because who was about to make them was killed."""
    there = schema.table_names(found)
    return there < set(children_first()) and there <= set(found.with_comment(MADE_BY_US))


def children_first() -> tuple[str, ...]:
    """The names of these tables in the order in which they can be dropped."""
    return tuple(reversed(TABLES))


def drop_made_tables(connection: Connection) -> tuple[str, ...]:
    """Drops the tables that parloader had made, where all of them are empty; returns their names. Locked, so that no row is lost."""
    found = shape.listed(connection)
    commented = found.with_comment(MADE_BY_US)
    made = tuple(name for name in children_first() if name in commented)
    if not made or any(key.child not in made or found.elsewhere(key.database) for key in shape.references_to(connection, made)):
        return ()
    sql.execute(connection, "LOCK TABLES " + ", ".join(f"{sql.quote(name)} WRITE" for name in made))
    try:
        if any(sql.rows(connection, f"SELECT 1 FROM {sql.quote(name)} LIMIT 1") for name in made):
            return ()
        sql.execute(connection, "DROP TABLE " + ", ".join(map(sql.quote, made)))
    finally:
        sql.execute(connection, "UNLOCK TABLES")
    return made


def state(found: Listed, live: Shapes) -> State:
    """Which state the database is in, as far as `script_execution` shows it."""
    if not schema.table_names(found):
        return State.EMPTY
    execution = live.get("script_execution")
    if execution is None or not {"schedule_id", "planned"} <= set(execution.column_names):
        return State.OTHER
    if "triggering_event_id" not in execution.column_names:
        return State.BEFORE_V97
    return State.V97 if execution.column("schedule_id").nullable and execution.column("planned").nullable else State.OTHER


def upgrade(connection: Connection, live: Shapes) -> None:
    """Applies the V97 step to a schema before it, in one statement; the rows stay. SchemaMismatch: event_trigger is not there."""
    for needed in ("event_trigger", "task_schedule"):
        if needed not in live:
            raise SchemaMismatch(f"V97 needs the table {needed}, which is not there", "Apply the earlier migrations first")
    execution = live["script_execution"]
    key = live["event_trigger"].primary_key
    if key is None:
        raise SchemaMismatch("V97 needs a primary key of event_trigger, which has none", "Apply the earlier migrations first")
    trigger_key = live["event_trigger"].column(key.columns[0])
    backslash_escapes = connect.facts(connection).backslash_escapes

    def type_of(column: Column) -> str:
        return (column.type_text + (f" COMMENT {_literal(column.comment, backslash_escapes)}" if column.comment else "")).replace("%", "%%")

    changes = [f"MODIFY COLUMN {sql.quote(name)} {type_of(execution.column(name))} NULL" for name in ("schedule_id", "planned")]
    sql.execute(
        connection,
        f"""ALTER TABLE script_execution {", ".join(changes)},
            ADD COLUMN triggering_event_id {type_of(trigger_key)} NULL AFTER planned,
            ADD INDEX ix_script_execution_triggering_event_id (triggering_event_id),
            ADD CONSTRAINT fk_script_execution_triggering_event_id FOREIGN KEY (triggering_event_id) REFERENCES event_trigger ({sql.quote(trigger_key.name)}),
            ADD CONSTRAINT chk_execution_source CHECK ((schedule_id IS NOT NULL) <> (triggering_event_id IS NOT NULL))""",
    )


def _literal(text: str, backslash_escapes: bool) -> str:
    """A comment takes a plain literal alone, without the introducer that the driver writes before one with a backslash."""
    return "'" + (text.replace("\\", "\\\\") if backslash_escapes else text).replace("'", "''") + "'"
