"""Migration V97 of the built-in example: recognises a schema before it, and applies it."""

from enum import StrEnum

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.database.session import server_info
from parloader.errors import SchemaMismatch
from parloader.schema.model import ColumnSchema, Schema


class State(StrEnum):
    """The state of a database with respect to V97."""

    EMPTY = "empty"  # no tables
    BEFORE_V97 = "before V97"
    V97 = "V97"
    OTHER = "other"  # `script_execution` is missing or has other columns


def state(names: frozenset[str], live: Schema) -> State:
    """The state of the database, judged by the columns of `script_execution`. `names`: all its tables."""
    if not names:
        return State.EMPTY
    execution = live.get("script_execution")
    if execution is None or not {"schedule_id", "planned"} <= set(execution.column_names):
        return State.OTHER
    if "triggering_event_id" not in execution.column_names:
        return State.BEFORE_V97
    return State.V97 if execution.column("schedule_id").nullable and execution.column("planned").nullable else State.OTHER


def upgrade(connection: Connection, live: Schema) -> None:
    """Applies V97 to a schema before it, in one statement that keeps the rows. SchemaMismatch: a referenced table or key is missing."""
    for required in ("event_trigger", "task_schedule"):
        if required not in live:
            raise SchemaMismatch(f"V97 needs the table {required}, which does not exist", "Apply the earlier migrations first")
    execution = live["script_execution"]
    key = live["event_trigger"].primary_key
    if key is None:
        raise SchemaMismatch("V97 references the primary key of event_trigger, which has none", "Apply the earlier migrations first")
    trigger_key = live["event_trigger"].column(key.columns[0])
    backslash_escapes = server_info(connection).backslash_escapes

    def type_of(column: ColumnSchema) -> str:
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
    """A string literal for COMMENT, which does not accept the introducer that the driver writes before text with a backslash."""
    return "'" + (text.replace("\\", "\\\\") if backslash_escapes else text).replace("'", "''") + "'"
