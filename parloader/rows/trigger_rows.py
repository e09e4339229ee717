"""Rows that triggers inserted for generated rows: rows that reference generated rows, in tables into which the triggers insert.

A trigger's row cannot be told from one that somebody else inserted for a generated row, so clean deletes them only on request.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

from parloader.database import sql, visibility
from parloader.database.driver import Connection
from parloader.database.stored_programs import CHANGED, INSERTED, read_programs
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
    """The foreign keys to generated rows from tables into which INSERT triggers of the runs' tables insert, except those that the runs `kept` have filled.

    ForeignRows: another table references one of these tables, so deleting its rows could delete others.
    """
    triggers = [(name, trigger.name) for name, table in schema.items() for trigger in table.triggers if trigger.event == "INSERT"]
    if not triggers:
        return ()
    programs = read_programs(connection, [table for table, _ in triggers])
    filled = {table for of, trigger in triggers for table in programs.tables_inserted(of, trigger, programs.tables)} - schema.keys()
    filled -= {name for run in kept for name in run.done}
    found = tuple(reference for reference in references.readable if reference.child in filled)
    others = visibility.all_references(connection, {reference.child for reference in found})
    if others.readable or others.hidden or not (others.complete or command.accept_unseen_references):
        by = (
            ", ".join([*(reference.child for reference in others.readable), *(hidden.child for hidden in others.hidden)])
            or "a table that this account cannot see"
        )
        raise ForeignRows(
            f"{', '.join(sorted({reference.child for reference in found}))}: rows of these tables may be referenced by {by}",
            f"Delete the rows that triggers inserted yourself, then repeat {command}; nothing was deleted",
        )
    return found


def delete_trigger_rows(connection: Connection, references: tuple[Reference, ...], run: Run) -> Iterator[tuple[str, int]]:
    """Deletes the rows that reference rows of the run, each step in the caller's transaction; yields (table, rows deleted) after each."""
    for reference, condition in _parent_conditions(connection, references, run):
        yield reference.child, sql.execute(connection, f"DELETE c {_joined(reference, condition)}")


def count_trigger_rows(connection: Connection, references: tuple[Reference, ...], runs: Iterable[Run]) -> dict[str, int]:
    """How many rows `delete_trigger_rows` would delete from each table, in total for these runs."""
    by_child: dict[str, list[Reference]] = {}
    for reference in references:
        by_child.setdefault(reference.child, []).append(reference)
    counts = {child: _count_rows(connection, by, runs) for child, by in by_child.items()}
    return {child: rows for child, rows in counts.items() if rows}


def _count_rows(connection: Connection, references: Sequence[Reference], runs: Iterable[Run]) -> int:
    """Counts a child's rows that reference generated rows; one that does so by several foreign keys only once."""
    conditions = [pair for run in runs for pair in _parent_conditions(connection, references, run)]
    if len(references) == 1:
        return sum(int(sql.value(connection, f"SELECT COUNT(*) {_joined(*pair)}")) for pair in conditions)
    key = ", ".join(f"c.{sql.quote(name)}" for name in references[0].child_key)
    return len({row for pair in conditions for row in sql.rows(connection, f"SELECT {key} {_joined(*pair)}")})


def _parent_conditions(connection: Connection, references: Iterable[Reference], run: Run) -> Iterator[tuple[Reference, str]]:
    """For each reference, conditions that together are true for the run's rows of the parent."""
    for reference in references:
        if run.done.get(reference.parent):
            generated = OwnedRows(reference.parent, ((run, Pass.FIRST),))
            yield from ((reference, condition) for condition in generated.conditions(connection, PARENT_KEYS))


def are_referenced(connection: Connection, reference: Reference, keys: Sequence[int]) -> bool:
    """Whether a row of the child references one of these keys of the parent."""
    return sql.exists(connection, f"FROM {sql.quote_table(reference.child)} WHERE {sql.quote(reference.columns[0])} IN %s", list(keys))


def _joined(reference: Reference, condition: str) -> str:
    """FROM: the child, as c, with the rows of the parent that it references, of those for which the condition is true."""
    parents = f"SELECT DISTINCT {reference.parent_columns} FROM {sql.quote_table(reference.parent)} WHERE {condition}"
    return f"FROM {sql.quote_table(reference.child)} c JOIN ({parents}) p ON {reference.joined}"


def not_undone(connection: Connection, runs: Iterable[Run], schema: Schema, deleted: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The tables that triggers of these runs' tables write, if clean leaves what they wrote → these triggers, as "NAME of TABLE".

    Of the runs' own tables, only those in which triggers insert rows, and those of which a run reused existing rows. Which rows a trigger wrote
    is unknown, except in the tables `deleted`. `schema`: the runs' tables that exist. Without triggers it sends no statement.
    """
    triggers = [(name, trigger) for name, table in schema.items() for trigger in table.triggers]
    if not triggers:
        return {}
    new = {entry.name for run in runs for entry in run.tables if entry.rows.new_rows}
    updated = {table.name for run in runs for table in run.plan.with_deferred_columns}
    reused = {entry.name for run in runs for entry in run.tables if entry.rows.new_rows < entry.rows.rows}
    programs = read_programs(connection, [table for table, _ in triggers])
    tables = {*programs.tables} - {*deleted}
    found: dict[str, list[str]] = {}
    for of, trigger in triggers:
        if of not in new or (trigger.event == "UPDATE" and of not in updated):
            continue
        inserted = programs.tables_written(of, trigger.name, tables, by=[INSERTED])
        written = inserted | programs.tables_written(of, trigger.name, (tables - schema.keys()) | reused, by=[CHANGED])
        for name in written - {of}:
            found.setdefault(name, []).append(f"{trigger.name} of {of}")
    return {name: tuple(sorted(by)) for name, by in sorted(found.items())}
