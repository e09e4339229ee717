"""Begins a run: reserves keys, writes the parent rows, tests a sample of each table and records the run in the ledger."""

from collections.abc import Mapping

from parloader.builtin.tables import create_tables, drop_created_tables
from parloader.database import error_codes, introspection, sql
from parloader.database.driver import Connection
from parloader.database.session import ServerInfo
from parloader.database.target import Target
from parloader.generation.frames import generate, with_child_starts
from parloader.ledger import control, recorded_batches, store
from parloader.ledger.run import Run, TableEntry
from parloader.plans.model import Pass, Plan
from parloader.plans.row_ranges import RowAllocation
from parloader.rows import key_reservation
from parloader.rows.allocation import allocate
from parloader.rows.writers import writer_for
from parloader.runs.permission import require_privileges, require_tables_not_forbidden
from parloader.runs.preflight import PreflightResult, preflight, refuse_rejected_rows
from parloader.runs.preparation import PlanOnSchema, PreparedLoad, fit_to_schema
from parloader.runs.trigger_watch import TriggerWatch
from parloader.schema.model import Schema
from parloader.schema.recorded_types import recorded_types
from parloader.workers.lease import DatabaseLease
from parloader.workers.progress import Progress


def begin(
    connection: Connection,
    target: Target,
    prepared: PreparedLoad,
    progress: Progress,
    lease: DatabaseLease,
    *,
    token: int | None,
    first_counters: dict[str, int],
) -> tuple[Run, Schema, int]:
    """Begins a new run; returns it with the schema of its tables and the lease's token. If it fails, the database is as it was before.

    `token`: the lease's, if the ledger exists and contains it; None: there is no ledger yet. In an empty database this first creates the
    tables of the built-in plan.
    `first_counters`: the AUTO_INCREMENT counters before an earlier attempt, whose connection was lost; the first one fills it.
    """
    had_ledger = token is not None
    planned, empty = prepared.planned, prepared.creates_tables
    forecast = allocate(connection, prepared.plan, prepared.schema, {}, empty=empty)
    new = [name for name, rows in forecast.items() if rows.new]
    require_tables_not_forbidden(connection, target, new)
    require_privileges(connection, prepared.plan, prepared.schema, new, has_ledger=had_ledger, creates_tables=empty)
    triggers = TriggerWatch(connection, planned.plan, prepared.schema, prepared.runs)
    counters = {} if empty else _key_counters(connection, {**prepared.schema, **triggers.tables})
    counters_before_run = counters
    try:
        if empty:
            create_example(connection, progress)
            planned = fit_to_schema(connection, introspection.list_tables(connection), prepared.plan)
            counters_before_run = _key_counters(connection, planned.schema)
        if token is None:
            store.create(connection)
            token = lease.fence(connection)
        store.make_room(connection, [table.name for table in planned.plan.tables])
        first_counters.update({**counters_before_run, **first_counters})
        run, notes = _begin_run(connection, planned, forecast, counters_before_run, first_counters, prepared.server, triggers, token)
    except BaseException:
        with error_codes.suppress_driver_errors():  # the connection may be lost
            # if the lease is lost, another command may use these tables; if the run is committed, they are needed
            if lease.is_held(connection) and store.runs(connection) == prepared.runs:
                _undo(connection, counters, created_tables=empty, created_ledger=not had_ledger)
        raise
    _note_parents(run, progress)
    for note in notes:
        progress.note(note)
    return run, planned.schema, token


def create_example(connection: Connection, progress: Progress) -> None:
    """Creates the tables of the built-in plan in an empty database."""
    names = create_tables(connection)
    progress.note(f"the database was empty: created the tables {', '.join(names)}")


def _key_counters(connection: Connection, schema: Schema) -> dict[str, int]:
    """The AUTO_INCREMENT counter of each table that has one."""
    return key_reservation.key_counters(connection, key_reservation.tables_with_counters(schema))


def _begin_run(
    connection: Connection,
    planned: PlanOnSchema,
    forecast: Mapping[str, RowAllocation],
    counters: Mapping[str, int],
    first_counters: Mapping[str, int],
    server: ServerInfo,
    triggers: TriggerWatch,
    token: int,
) -> tuple[Run, tuple[str, ...]]:
    """Reserves the keys; then, in one transaction, writes the parent rows, tests a sample of the other tables and records the run.

    Returns the run, and notes on what triggers change.
    `forecast`: the rows that the plan would have without reserved keys. `counters`: the AUTO_INCREMENT counters before the run takes keys.
    `first_counters`: before an earlier attempt took some of them, whose connection was lost.
    """
    plan, schema = planned.plan, planned.schema
    key_starts = _reserve_keys(connection, plan, forecast, counters)

    def test() -> tuple[Mapping[str, RowAllocation], PreflightResult]:
        control.require_current(connection, token)
        rows = with_child_starts(plan, allocate(connection, plan, schema, key_starts, empty=False))
        triggers.begin()
        _write_parents(connection, plan, rows, server, triggers)
        return rows, preflight(connection, plan, rows, schema, server, triggers, planned.guessed)

    # a rollback to a savepoint is not enough for MariaDB: at COMMIT it counts the document IDs of the sample as committed
    tested_before = any(table.has_document_ids for table in schema.values())
    if tested_before:
        with sql.rolled_back(connection):
            rows, tested = test()
    with sql.transaction(connection):
        if tested_before:
            control.require_current(connection, token)
            _write_parents(connection, plan, rows, server, triggers)
        else:
            rows, tested = test()
        plan = tested.plan
        store.leave_unchecked(connection, triggers.runs, triggers.changed)
        run_id = store.begin(connection, plan, _entries(connection, plan, schema, rows, counters, first_counters))
        for table in plan.parents:
            for part in rows[table.name].new:
                recorded_batches.record(connection, run_id, table.name, part)
    return store.run(connection, run_id), tested.notes


def _reserve_keys(connection: Connection, plan: Plan, forecast: Mapping[str, RowAllocation], counters: Mapping[str, int]) -> dict[str, int]:
    """Reserves keys for each table that workers load and whose keys the run assigns; returns the first key of each.

    Free keys below the highest existing one cannot be reserved: no row gets one of them unless somebody gives it.
    """
    return {
        table.name: key_reservation.reserve_keys(connection, table.name, table.key, forecast[table.name].new_rows, counters.get(table.name))
        for table in plan.partitioned
        if table.key is not None and forecast[table.name].new and forecast[table.name].next_taken_key is None
    }


def _write_parents(
    connection: Connection, plan: Plan, rows: Mapping[str, RowAllocation], server: ServerInfo, triggers: TriggerWatch
) -> None:
    """Writes the new rows of the small parent tables, in the caller's transaction."""
    for table in plan.parents:
        triggers.require_no_added_rows(table, rows)
        for part in rows[table.name].new:
            with refuse_rejected_rows(connection, plan, table, triggers):
                writer = writer_for(table.name, server)
                writer.write(connection, writer.render(generate(plan, table.after_pass(Pass.FIRST), part, rows)))


def _note_parents(run: Run, progress: Progress) -> None:
    created = [(table.name, run.rows[table.name].new_rows) for table in run.plan.parents]
    reused = [(table.name, table.rows - run.rows[table.name].new_rows) for table in run.plan.parents]
    parts = [
        f"{what}: {', '.join(f'{name} {rows:,}' for name, rows in counts if rows)}"
        for what, counts in (("created parent rows", created), ("reused existing rows", reused))
        if any(rows for _, rows in counts)
    ]
    if parts:
        progress.note(f"run {run.run_id}: {'; '.join(parts)}")


def _undo(connection: Connection, counters: Mapping[str, int], *, created_tables: bool, created_ledger: bool) -> None:
    """Undoes what no rollback does: resets the AUTO_INCREMENT counters (InnoDB keeps them above every key), and drops the created tables.

    An account without DROP leaves empty tables, which the next seed uses.
    """
    for table, now in key_reservation.key_counters(connection, counters.keys()).items():
        if now != counters[table]:
            key_reservation.set_key_counter(connection, table, counters[table])
    if created_tables:
        drop_created_tables(connection)
    if created_ledger:
        store.drop(connection)


def _entries(
    connection: Connection,
    plan: Plan,
    schema: Schema,
    rows: Mapping[str, RowAllocation],
    counters: Mapping[str, int],
    first_counters: Mapping[str, int],
) -> tuple[TableEntry, ...]:
    """The ledger's entries of the tables, with the AUTO_INCREMENT counters before and after the run.

    If the AUTO_INCREMENT column is not the key that the run assigns, the last row of the preflight has already moved the counter.
    A counter that is after the run's keys although they are free was moved by an earlier attempt.
    """
    with_counter = [table for table in plan.tables if table.name in counters and rows[table.name].new]
    by_key = {table.name for table in with_counter if table.key is not None and schema[table.name].column(table.key).auto_increment}
    after = key_reservation.key_counters(connection, [table.name for table in with_counter if table.name not in by_key])
    for name in by_key:
        after[name] = max(counters[name], *(last + 1 for _, last in rows[name].new_keys))
    before = {**counters, **{name: first_counters[name] for name in by_key if counters[name] == after[name]}}
    return tuple(
        TableEntry(
            name=table.name,
            key=table.key,
            rows=rows[table.name],
            counter_before=before[table.name] if table.name in after else None,
            counter_after=after.get(table.name),
            types=recorded_types(schema[table.name]),
        )
        for table in plan.tables
    )
