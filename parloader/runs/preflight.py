"""The preflight: writes the first and last rows of every table that workers load, checks them, and rolls them back.

It runs in the transaction that begins a run, so a row that the server rejects ends the run before anything is committed.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from shlex import quote

import polars as pl

from parloader.database import error_codes, privileges, sql, visibility
from parloader.database.driver import Connection, DriverError
from parloader.database.error_codes import Action
from parloader.database.session import ServerInfo
from parloader.errors import Refused, WriteFailed
from parloader.generation.column_order import only
from parloader.generation.frames import RowGenerator
from parloader.planner.request import listed
from parloader.plans.model import Pass, Plan, Table
from parloader.plans.row_ranges import IndexRange, RowAllocation
from parloader.rows import server_text
from parloader.rows.differences import differences
from parloader.rows.trigger_rows import are_referenced
from parloader.rows.writers import UpdateWriter, deferred_update, writer_for
from parloader.runs.trigger_watch import TriggerWatch, hint_at_hidden_triggers
from parloader.schema.model import MAX_DOCUMENT_ID_STEP, Schema, TableSchema

# At each end of a table: enough to cover every case of a CHECK and every value of a small list
SAMPLE_ROWS = 100

# Of a table with a unique key that could not be followed, evenly spread: among so many rows, the values of an expression that has few repeat.
# Writing them takes a fraction of a second
GUESS_ROWS = 5_000

SAVEPOINT = "parloader_preflight"

# What has changed rows between two comparisons, in the transaction that wrote them, if no trigger that the account can read has
HIDDEN = "a trigger that this account cannot read"


@dataclass(frozen=True, kw_only=True)
class PreflightResult:
    """What the sample has shown."""

    plan: Plan
    """without comparisons of the columns that a trigger changes"""
    notes: tuple[str, ...]
    """what triggers change"""


@dataclass(frozen=True, kw_only=True)
class _Preflight:
    """What every step of a preflight needs."""

    connection: Connection
    plan: Plan
    rows: Mapping[str, RowAllocation]
    schema: Schema
    server: ServerInfo
    triggers: TriggerWatch
    guessed: frozenset[str]

    def sample(self, name: str) -> pl.Series:
        """The rows of a table that are tested for its own sake."""
        rows, schema = self.rows[name], self.schema[name]
        ends = _ends(rows, schema)
        return _new(pl.concat([ends, _spread(rows)]), rows) if name in self.guessed and not schema.has_document_ids else ends


def preflight(
    connection: Connection,
    plan: Plan,
    rows: Mapping[str, RowAllocation],
    schema: Schema,
    server: ServerInfo,
    triggers: TriggerWatch,
    guessed: frozenset[str] = frozenset(),
) -> PreflightResult:
    """Writes a sample and rolls it back, in the caller's transaction, which has already written the parent rows.

    `guessed`: tables with a unique key that may or may not hold, of which GUESS_ROWS more are written.
    Refused names what the server rejects, or what a trigger changes that the load cannot work with.
    """
    context = _Preflight(connection=connection, plan=plan, rows=rows, schema=schema, server=server, triggers=triggers, guessed=guessed)
    with sql.savepoint(connection, SAVEPOINT):
        changed, findings = _write_samples(context)
    notes = [
        f"{name}: {triggers.causes(name) or HIDDEN} changes {listed(sorted(columns))}, so verify and clean do not compare "
        f"{'this column' if len(columns) == 1 else 'these columns'}"
        for name, columns in changed.items()
        if columns
    ]
    tables = tuple(replace(t, unchecked=t.unchecked | changed.get(t.name, frozenset())) for t in plan.tables)
    return PreflightResult(plan=replace(plan, tables=tables), notes=(*notes, *findings))


def _write_samples(context: _Preflight) -> tuple[dict[str, frozenset[str]], tuple[str, ...]]:
    """Writes the sample rows. Returns the columns of each table that a trigger changed, and what triggers did to other rows."""
    plan, rows, triggers = context.plan, context.rows, context.triggers
    changed: dict[str, frozenset[str]] = {}
    samples = _samples(context)
    for table, indices in samples:
        frame = RowGenerator(plan, table.after_pass(Pass.FIRST), rows).at(indices)
        if table.partitioned:
            triggers.require_no_added_rows(table, rows)
            with refuse_rejected_rows(context.connection, plan, table, triggers):
                writer = writer_for(table.name, context.server)
                writer.write(context.connection, writer.render(frame))
        causes = triggers.of_table(table.name) if table.partitioned else triggers.causes(table.name)
        changed[table.name] = _changed_columns(context, table, frame, causes)
    updated = _update_deferred_columns(context)
    # now all triggers have fired, also those of children, which may change rows of their parents
    for table, indices in samples if triggers.fires or updated else samples[:-1]:
        twice = updated.get(table.name, pl.Series(dtype=pl.Int64))
        once = indices.filter(~indices.is_in(twice.implode()))
        frame = RowGenerator(plan, table.after_pass(Pass.FIRST), rows).at(once)
        changed[table.name] |= _changed_columns(context, table, frame, triggers.causes(table.name) or HIDDEN)
    for name, indices in updated.items():
        table = plan.table(name)
        frame = RowGenerator(plan, table, rows).at(indices)
        changed[name] |= _changed_columns(context, table, frame, triggers.causes(name) or HIDDEN)
    sizes = {table.name: len(indices) if table.partitioned else rows[table.name].new_rows for table, indices in samples}
    return changed, (*triggers.findings(rows, sizes), *_rows_of_hidden_triggers(context, samples))


def _rows_of_hidden_triggers(context: _Preflight, samples: list[tuple[Table, pl.Series]]) -> list[str]:
    """Notes on rows that reference the sample, if the account cannot read the triggers that may have inserted them."""
    connection = context.connection
    statement = privileges.grant_to_see_triggers(connection, context.rows)
    if statement is None:
        return []
    sampled = {table.name: (table, indices) for table, indices in samples if table.key is not None}
    notes = []
    for reference in visibility.all_references(connection, sampled.keys()).readable:
        table, indices = sampled[reference.parent]
        if table.key is None or reference.referenced != (table.key,) or reference.child in context.rows:
            continue
        keys = RowGenerator(context.plan, only(table, ()), context.rows).at(indices)[table.key]
        if are_referenced(connection, reference, keys.to_list()):
            notes.append(
                f"{HIDDEN} inserts rows into {reference.child} that reference generated rows of {table.name}, so clean will refuse while they "
                f"exist. To let parloader name the trigger: {statement}"
            )
    return notes


def _update_deferred_columns(context: _Preflight) -> dict[str, pl.Series]:
    """Writes the second pass of the sample. Returns the rows that it concerns, by table."""
    updated = {}
    for table in context.plan.with_deferred_columns:
        indices = context.sample(table.name)
        if not len(indices):
            continue
        update = deferred_update(table, context.schema[table.name])
        with refuse_rejected_rows(context.connection, context.plan, table, context.triggers):
            updates = UpdateWriter(update=update, backslash_escapes=context.server.backslash_escapes)
            updates.write(context.connection, updates.render(update.generation(context.plan, context.rows).at(indices)))
        updated[table.name] = indices
    return updated


def _changed_columns(context: _Preflight, table: Table, frame: pl.DataFrame, causes: str) -> frozenset[str]:
    """The columns whose values a trigger has changed. `causes` names the triggers that may have; empty: none can.

    Refused if a row is missing, or has changed although no trigger can have changed it.
    """
    if not frame.height:
        return frozenset()
    row_text = server_text.row_text(context.schema[table.name], table.checked, table.key, table.identity)
    found = list(differences(context.connection, row_text, frame.select(table.checked), context.server.max_allowed_packet_bytes))
    if not found:
        return frozenset()
    lost = next((difference for difference in found if difference.kind == "missing"), None)
    if lost or not causes:
        columns = "".join(f"; {name}: written {written}, found {stored}" for name, written, stored in found[0].columns)
        what = f"the row {lost.key} does not exist" if lost else f"the row {found[0].key} has other values{columns}"
        raise Refused(
            f"after writing a sample of {table.name}, {what}; nothing was committed",
            f"Check {causes}" if causes else "Give these columns other values in a plan file" + hint_at_hidden_triggers(context.connection),
            table=table.name,
        )
    names = frozenset(name for difference in found for name, _, _ in difference.columns)
    if keys := names & set(table.identity):
        raise Refused(
            f"after writing a sample of {table.name}, {listed(sorted(keys))} has other values, and parloader finds the rows of {table.name} by this key; "
            "nothing was committed",
            f"Check {causes}",
            table=table.name,
        )
    return names


@contextmanager
def refuse_rejected_rows(connection: Connection, plan: Plan, table: Table, triggers: TriggerWatch) -> Iterator[None]:
    """Turns the server's rejection of a row into Refused, with advice; a transient error (deadlock, lost connection) passes unchanged."""
    try:
        yield
    except (DriverError, WriteFailed) as error:
        if isinstance(error, DriverError) and error_codes.classify(error) is not Action.GIVE_UP:
            raise
        reason = error_codes.server_message(error) if isinstance(error, DriverError) else error.message
        raise Refused(
            f"the server rejected a sample row of {table.name}: {reason}; nothing was written",
            _advice(connection, plan, table, error, triggers.of_table(table.name)),
            table=table.name,
        ) from error


def _advice(connection: Connection, plan: Plan, table: Table, error: DriverError | WriteFailed, causes: str) -> str:
    """The next step after a rejected row. `causes`: the table's triggers, in words."""
    file = plan.parameters.get("file")
    where = f"the plan {file}" if file else f"a plan file: parloader plan --table {quote(table.name)} --write plan.toml"
    if isinstance(error, WriteFailed) or error_codes.is_about_values(error):
        is_duplicate = isinstance(error, DriverError) and error_codes.is_duplicate_key(error)
        hint = f"{_own_parents(plan, table)}{hint_at_hidden_triggers(connection)}" if is_duplicate else ""
        if causes:
            return f"If {causes} rejects it, check the trigger; otherwise change the values in {where}{hint}"
        return f"Change the values in {where}{hint}"
    trigger = f"Check {causes}" if causes else ""
    return ". ".join(filter(None, (trigger, error_codes.advice(error))))


def _own_parents(plan: Plan, table: Table) -> str:
    """Part of the advice if existing parent rows, whose children the rows become, may have such children already."""
    parent = table.child_of[1].parent if table.child_of else None
    reused = any(each.name == parent and each.reuse for each in plan.tables)
    return f", or let the run create its own rows of {parent}: `reuse = false` in its table" if reused else ""


def _samples(context: _Preflight) -> list[tuple[Table, pl.Series]]:
    """For each table: the new rows at both ends, and those that the samples of other tables reference."""
    plan, rows, schema = context.plan, context.rows, context.schema
    wanted = {table.name: context.sample(table.name) for table in plan.tables}
    for table in plan.with_deferred_columns:
        later = RowGenerator(plan, only(table, table.later), rows)
        for parent, indices in later.picked(context.sample(table.name)):
            wanted[parent] = _new(pl.concat([wanted[parent], indices]), rows[parent])
    for table in reversed(plan.partitioned):
        wanted[table.name] = _within_step(plan, table, rows, schema, wanted[table.name])
        for parent, indices in _referenced(plan, table, rows, wanted[table.name]):
            wanted[parent] = _new(pl.concat([wanted[parent], indices]), rows[parent])
    return [(table, wanted[table.name]) for table in plan.tables if len(wanted[table.name])]


def _within_step(plan: Plan, table: Table, rows: Mapping[str, RowAllocation], schema: Schema, indices: pl.Series) -> pl.Series:
    """Those of the rows that reference, in tables with document IDs, only rows that a sample can have."""
    stops = {name: part.new[0].start + MAX_DOCUMENT_ID_STEP for name, part in rows.items() if part.new and schema[name].has_document_ids}
    if not any(parent in stops and rows[parent].rows > stops[parent] for parent in table.parents):
        return indices
    generator = RowGenerator(plan, table.after_pass(Pass.FIRST), rows)

    def fits(index: int) -> bool:
        picked = generator.picked(pl.Series([index], dtype=pl.Int64))
        return not any(parent in stops and (found >= stops[parent]).any() for parent, found in picked)

    return indices.filter(pl.Series([fits(index) for index in indices], dtype=pl.Boolean))


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


def _ends(rows: RowAllocation, schema: TableSchema) -> pl.Series:
    """The first and last SAMPLE_ROWS new rows; only the first of a table with document IDs, of which MySQL allows no large gap."""
    parts = [IndexRange(part.start, min(part.stop, part.start + SAMPLE_ROWS)) for part in rows.new[:1]]
    if not schema.has_document_ids:
        parts += [IndexRange(max(part.start, part.stop - SAMPLE_ROWS), part.stop) for part in rows.new[-1:]]
    empty = pl.Series(dtype=pl.Int64)
    return pl.concat([empty, *(pl.int_range(p.start, p.stop, dtype=pl.Int64, eager=True) for p in parts)]).unique().sort()


def _spread(rows: RowAllocation) -> pl.Series:
    """GUESS_ROWS indices, evenly over the new rows."""
    start, stop = (rows.new[0].start, rows.new[-1].stop) if rows.new else (0, 0)
    count = min(stop - start, GUESS_ROWS)
    number = pl.int_range(count, dtype=pl.Int64, eager=True)
    return start + number * (stop - start) // max(count, 1)


def _new(indices: pl.Series, rows: RowAllocation) -> pl.Series:
    """Those of the indices whose rows the run generates, without duplicates, in order."""
    is_new = pl.any_horizontal(pl.lit(False), *(pl.col("i").is_between(part.start, part.stop - 1) for part in rows.new))
    return pl.DataFrame({"i": indices}).filter(is_new).to_series().unique().sort()
