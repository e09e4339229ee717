"""The preflight: the first and the last rows of every table that workers load, written in the transaction that begins a run and taken back.

So what would fail at row 900,000 for a reason that is known at row 0 fails at row 0, before anything is committed.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import polars as pl

from parloader.database import error_codes, sql
from parloader.database.driver import Connection, DriverError
from parloader.database.error_codes import Action
from parloader.database.session import ServerInfo
from parloader.errors import Refused, WriteFailed
from parloader.generation.frames import RowGenerator, only
from parloader.plans.model import Pass, Plan, Table
from parloader.plans.row_ranges import IndexRange, RowAllocation
from parloader.rows import server_text
from parloader.rows.differences import differences
from parloader.rows.writers import UpdateWriter, deferred_update, writer_for
from parloader.schema.model import Schema

# At each end of a table: enough for every case of a CHECK and every value of a small list to have its turn
SAMPLE_ROWS = 100

SAVEPOINT = "parloader_preflight"


def preflight(connection: Connection, plan: Plan, rows: Mapping[str, RowAllocation], live: Schema, facts: ServerInfo) -> Plan:
    """Writes a sample and takes it back, in the caller's transaction, in which the parent seeds are there. Refused says what does not go in.

    Returns the plan, in which the columns that a trigger gives other values are not checked later.
    """
    with sql.savepoint(connection, SAVEPOINT):
        changed = _write_samples(connection, plan, rows, live, facts)
    return replace(plan, tables=tuple(replace(t, unchecked=t.unchecked | changed.get(t.name, frozenset())) for t in plan.tables))


def _write_samples(
    connection: Connection, plan: Plan, rows: Mapping[str, RowAllocation], live: Schema, facts: ServerInfo
) -> dict[str, frozenset[str]]:
    """Writes the sample rows; returns the columns of each table that a trigger changed."""
    changed: dict[str, frozenset[str]] = {}
    sampled = [(table, _ends(rows[table.name])) for table in plan.parents if rows[table.name].new]
    for table, indices in (*sampled, *_samples(plan, rows)):
        frame = RowGenerator(plan, table.after_pass(Pass.FIRST), rows).at(indices)
        if table.partitioned:
            with refuse_rejected_rows(table):
                writer = writer_for(table.name, facts)
                writer.write(connection, writer.render(frame))
        changed[table.name] = _changed(connection, table, frame, live, facts)
    for table in plan.with_deferred_columns:
        indices = _ends(rows[table.name])
        if not len(indices):
            continue
        update = deferred_update(table, live[table.name])
        with refuse_rejected_rows(table):
            updates = UpdateWriter(update=update, backslash_escapes=facts.backslash_escapes)
            updates.write(connection, updates.render(update.generation(plan, rows).at(indices)))
        changed[table.name] |= _changed(connection, table, RowGenerator(plan, table, rows).at(indices), live, facts)
    return changed


def _changed(connection: Connection, table: Table, frame: pl.DataFrame, live: Schema, facts: ServerInfo) -> frozenset[str]:
    """The columns that a trigger has given other values. Refused where rows are not as they were written and no trigger can be the reason."""
    view = server_text.row_text(live[table.name], table.checked, table.key, table.identity)
    found = list(differences(connection, view, frame.select(table.checked), facts.max_allowed_packet_bytes))
    if not found:
        return frozenset()
    triggers = [trigger.name for trigger in live[table.name].triggers]
    lost = next((d for d in found if d.kind == "missing"), None)
    if lost or not triggers:
        columns = "".join(f"; {name}: written {want}, found {have}" for name, want, have in found[0].columns)
        what = f"the row {lost.key} is not there" if lost else f"the row {found[0].key} has other values{columns}"
        raise Refused(
            f"a sample of {table.name} was written, and then {what}; nothing was committed",
            f"Look at the triggers of the table ({', '.join(triggers)})"
            if triggers
            else "Give these columns values by hand, in a plan file",
        )
    return frozenset(name for difference in found for name, _, _ in difference.columns)


@contextmanager
def refuse_rejected_rows(table: Table) -> Iterator[None]:
    """Refused where rows of the table do not go in, with what to do; an error that passes (a deadlock, a lost connection) as it is."""
    try:
        yield
    except (DriverError, WriteFailed) as error:
        if isinstance(error, DriverError) and error_codes.classify(error) is not Action.GIVE_UP:
            raise
        reason = error_codes.server_message(error) if isinstance(error, DriverError) else error.message
        raise Refused(
            f"a sample of {table.name} does not go in: {reason}; nothing was written",
            f"Give the columns that it is about values by hand, in a plan file: parloader plan --table {table.name} --write plan.toml",
        ) from error


def _samples(plan: Plan, rows: Mapping[str, RowAllocation]) -> Iterator[tuple[Table, pl.Series]]:
    """Of each table that workers load the rows at both ends that are to be made, and those that the samples of other tables point at."""
    wanted = {table.name: _ends(rows[table.name]) for table in plan.partitioned}
    for table in plan.with_deferred_columns:
        later = RowGenerator(plan, only(table, table.later), rows)
        for parent, indices in later.picked(_ends(rows[table.name])):
            if parent in wanted:
                wanted[parent] = _made(pl.concat([wanted[parent], indices]), rows[parent])
    for table in reversed(plan.partitioned):
        for parent, indices in _pointed_at(plan, table, rows, wanted[table.name]):
            if parent in wanted:
                wanted[parent] = _made(pl.concat([wanted[parent], indices]), rows[parent])
    return ((table, wanted[table.name]) for table in plan.partitioned if len(wanted[table.name]))


def _pointed_at(plan: Plan, table: Table, rows: Mapping[str, RowAllocation], indices: pl.Series) -> Iterator[tuple[str, pl.Series]]:
    """(parent, indices). Rows that point at earlier ones of the same table add these first, until none is new."""
    made = RowGenerator(plan, table.after_pass(Pass.FIRST), rows)
    while True:
        pointed_at = list(made.picked(indices))
        own = [found for parent, found in pointed_at if parent == table.name]
        more = _made(pl.concat([indices, *own]), rows[table.name])
        if len(more) == len(indices):
            yield table.name, indices
            yield from ((parent, found) for parent, found in pointed_at if parent != table.name)
            return
        indices = more


def _ends(rows: RowAllocation) -> pl.Series:
    parts = [IndexRange(part.start, min(part.stop, part.start + SAMPLE_ROWS)) for part in rows.new[:1]]
    parts += [IndexRange(max(part.start, part.stop - SAMPLE_ROWS), part.stop) for part in rows.new[-1:]]
    empty = pl.Series(dtype=pl.Int64)
    return pl.concat([empty, *(pl.int_range(p.start, p.stop, dtype=pl.Int64, eager=True) for p in parts)]).unique().sort()


def _made(indices: pl.Series, rows: RowAllocation) -> pl.Series:
    """Those of the indices that the run makes, each once, in order."""
    is_made = pl.any_horizontal(pl.lit(False), *(pl.col("i").is_between(part.start, part.stop - 1) for part in rows.new))
    return pl.DataFrame({"i": indices}).filter(is_made).to_series().unique().sort()
