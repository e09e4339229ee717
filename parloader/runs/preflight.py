"""The preflight: writes the first and last rows of every table that workers load, checks them, and rolls them back.

It runs in the transaction that begins a run, so a row that the server rejects ends the run before anything is committed.
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

# At each end of a table: enough to cover every case of a CHECK and every value of a small list
SAMPLE_ROWS = 100

SAVEPOINT = "parloader_preflight"


def preflight(connection: Connection, plan: Plan, rows: Mapping[str, RowAllocation], schema: Schema, server: ServerInfo) -> Plan:
    """Writes a sample and rolls it back, in the caller's transaction, which has already written the parent rows.

    Returns the plan without checks of the columns that a trigger changes. Refused names what the server rejects.
    """
    with sql.savepoint(connection, SAVEPOINT):
        changed = _write_samples(connection, plan, rows, schema, server)
    return replace(plan, tables=tuple(replace(t, unchecked=t.unchecked | changed.get(t.name, frozenset())) for t in plan.tables))


def _write_samples(
    connection: Connection, plan: Plan, rows: Mapping[str, RowAllocation], schema: Schema, server: ServerInfo
) -> dict[str, frozenset[str]]:
    """Writes the sample rows; returns the columns of each table that a trigger changed."""
    changed: dict[str, frozenset[str]] = {}
    parents = [(table, _ends(rows[table.name])) for table in plan.parents if rows[table.name].new]
    for table, indices in (*parents, *_samples(plan, rows)):
        frame = RowGenerator(plan, table.after_pass(Pass.FIRST), rows).at(indices)
        if table.partitioned:
            with refuse_rejected_rows(table):
                writer = writer_for(table.name, server)
                writer.write(connection, writer.render(frame))
        changed[table.name] = _changed_columns(connection, table, frame, schema, server)
    for table in plan.with_deferred_columns:
        indices = _ends(rows[table.name])
        if not len(indices):
            continue
        update = deferred_update(table, schema[table.name])
        with refuse_rejected_rows(table):
            updates = UpdateWriter(update=update, backslash_escapes=server.backslash_escapes)
            updates.write(connection, updates.render(update.generation(plan, rows).at(indices)))
        changed[table.name] |= _changed_columns(connection, table, RowGenerator(plan, table, rows).at(indices), schema, server)
    return changed


def _changed_columns(connection: Connection, table: Table, frame: pl.DataFrame, schema: Schema, server: ServerInfo) -> frozenset[str]:
    """The columns whose values a trigger has changed. Refused if a row is missing, or has changed although the table has no trigger."""
    row_text = server_text.row_text(schema[table.name], table.checked, table.key, table.identity)
    found = list(differences(connection, row_text, frame.select(table.checked), server.max_allowed_packet_bytes))
    if not found:
        return frozenset()
    triggers = [trigger.name for trigger in schema[table.name].triggers]
    lost = next((difference for difference in found if difference.kind == "missing"), None)
    if lost or not triggers:
        columns = "".join(f"; {name}: written {written}, found {stored}" for name, written, stored in found[0].columns)
        what = f"the row {lost.key} does not exist" if lost else f"the row {found[0].key} has other values{columns}"
        raise Refused(
            f"after writing a sample of {table.name}, {what}; nothing was committed",
            f"Check the triggers of the table ({', '.join(triggers)})" if triggers else "Give these columns other values in a plan file",
        )
    return frozenset(name for difference in found for name, _, _ in difference.columns)


@contextmanager
def refuse_rejected_rows(table: Table) -> Iterator[None]:
    """Turns the server's rejection of a row into Refused, with advice; a transient error (deadlock, lost connection) passes unchanged."""
    try:
        yield
    except (DriverError, WriteFailed) as error:
        if isinstance(error, DriverError) and error_codes.classify(error) is not Action.GIVE_UP:
            raise
        reason = error_codes.server_message(error) if isinstance(error, DriverError) else error.message
        raise Refused(
            f"the server rejected a sample row of {table.name}: {reason}; nothing was written",
            f"Change the values in a plan file: parloader plan --table {table.name} --write plan.toml",
        ) from error


def _samples(plan: Plan, rows: Mapping[str, RowAllocation]) -> Iterator[tuple[Table, pl.Series]]:
    """For each table that workers load: the new rows at both ends, and those that the samples of other tables reference."""
    wanted = {table.name: _ends(rows[table.name]) for table in plan.partitioned}
    for table in plan.with_deferred_columns:
        later = RowGenerator(plan, only(table, table.later), rows)
        for parent, indices in later.picked(_ends(rows[table.name])):
            if parent in wanted:
                wanted[parent] = _new(pl.concat([wanted[parent], indices]), rows[parent])
    for table in reversed(plan.partitioned):
        for parent, indices in _referenced(plan, table, rows, wanted[table.name]):
            if parent in wanted:
                wanted[parent] = _new(pl.concat([wanted[parent], indices]), rows[parent])
    return ((table, wanted[table.name]) for table in plan.partitioned if len(wanted[table.name]))


def _referenced(plan: Plan, table: Table, rows: Mapping[str, RowAllocation], indices: pl.Series) -> Iterator[tuple[str, pl.Series]]:
    """(parent, indices) of the rows that these rows reference. Rows of the same table are followed until none is added."""
    generator = RowGenerator(plan, table.after_pass(Pass.FIRST), rows)
    while True:
        referenced = list(generator.picked(indices))
        own = [found for parent, found in referenced if parent == table.name]
        closure = _new(pl.concat([indices, *own]), rows[table.name])
        if len(closure) == len(indices):
            yield table.name, indices
            yield from ((parent, found) for parent, found in referenced if parent != table.name)
            return
        indices = closure


def _ends(rows: RowAllocation) -> pl.Series:
    """The first and last SAMPLE_ROWS new rows."""
    parts = [IndexRange(part.start, min(part.stop, part.start + SAMPLE_ROWS)) for part in rows.new[:1]]
    parts += [IndexRange(max(part.start, part.stop - SAMPLE_ROWS), part.stop) for part in rows.new[-1:]]
    empty = pl.Series(dtype=pl.Int64)
    return pl.concat([empty, *(pl.int_range(p.start, p.stop, dtype=pl.Int64, eager=True) for p in parts)]).unique().sort()


def _new(indices: pl.Series, rows: RowAllocation) -> pl.Series:
    """Those of the indices whose rows the run generates, without duplicates, in order."""
    is_new = pl.any_horizontal(pl.lit(False), *(pl.col("i").is_between(part.start, part.stop - 1) for part in rows.new))
    return pl.DataFrame({"i": indices}).filter(is_new).to_series().unique().sort()
