"""Rows that triggers inserted for generated rows: rows that reference generated rows, in tables that the triggers name.

A trigger's row cannot be told from one that somebody else inserted for a generated row, so clean deletes them only on request.
"""

from collections.abc import Iterable, Iterator, Sequence

from parloader.database import introspection, sql, visibility
from parloader.database.driver import Connection
from parloader.database.stored_programs import read_stored_programs
from parloader.database.visibility import Reference, References
from parloader.errors import ForeignRows
from parloader.ledger.run import Run
from parloader.plans.model import Pass
from parloader.rows.clean_command import CleanCommand
from parloader.rows.ownership import OwnedRows
from parloader.schema.model import Schema

# Parent keys per transaction
PARENT_KEYS = 10_000


def trigger_references(
    connection: Connection, schema: Schema, kept: Iterable[Run], references: References, command: CleanCommand
) -> tuple[Reference, ...]:
    """The foreign keys to generated rows from tables that INSERT triggers of the runs' tables name, except those that the runs `kept` have filled.

    ForeignRows: another table references one of these tables, so deleting its rows could delete others.
    """
    triggers = [(name, trigger.name) for name, table in schema.items() for trigger in table.triggers if trigger.event == "INSERT"]
    if not triggers:
        return ()
    programs, tables = read_stored_programs(connection), introspection.list_tables(connection).tables
    named = {table for of, trigger in triggers for table in programs.tables_named(of, trigger, tables)} - schema.keys()
    named -= {name for run in kept for name in run.done}
    found = tuple(reference for reference in references.readable if reference.same_database and reference.child in named)
    others = visibility.all_references(connection, {reference.child for reference in found})
    if others.readable or others.hidden or not (others.complete or command.accept_unseen_references):
        by = (
            ", ".join([*(reference.shown_child for reference in others.readable), *(hidden.child for hidden in others.hidden)])
            or "a table that this account cannot see"
        )
        raise ForeignRows(
            f"{', '.join(sorted({reference.child for reference in found}))}: rows of these tables may be referenced by {by}",
            f"Delete the rows that triggers inserted yourself, then repeat {command}; nothing was deleted",
        )
    return found


def delete_trigger_rows(connection: Connection, references: tuple[Reference, ...], run: Run) -> Iterator[tuple[str, int]]:
    """Deletes the rows that reference rows of the run, each step in the caller's transaction; yields (table, rows deleted) after each."""
    for reference in references:
        if not run.done.get(reference.parent):
            continue
        generated = OwnedRows(reference.parent, ((run, Pass.FIRST),))
        for condition in generated.conditions(connection, PARENT_KEYS):
            yield reference.child, sql.execute(connection, _delete_statement(reference, condition))


def are_referenced(connection: Connection, reference: Reference, keys: Sequence[int]) -> bool:
    """Whether a row of the child references one of these keys of the parent."""
    statement = f"SELECT 1 FROM {reference.quoted_child} WHERE {sql.quote(reference.columns[0])} IN %s LIMIT 1"
    return bool(sql.rows(connection, statement, list(keys)))


def _delete_statement(reference: Reference, condition: str) -> str:
    parents = f"SELECT DISTINCT {reference.parent_columns} FROM {sql.quote(reference.parent)} WHERE {condition}"
    return f"DELETE c FROM {reference.quoted_child} c JOIN ({parents}) p ON {reference.joined}"
