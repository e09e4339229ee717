"""seed: fills the table, exactly once, and says what is there."""

from collections.abc import Mapping

from parloader.builtin.tables import create_tables, drop_created_tables
from parloader.database import error_codes, introspection, sql
from parloader.database.driver import Connection
from parloader.database.session import ServerInfo
from parloader.generation.frames import generate
from parloader.ledger import store
from parloader.ledger.run import Run, TableEntry
from parloader.plans.model import Pass, Plan
from parloader.plans.row_ranges import RowAllocation
from parloader.rows import key_reservation
from parloader.rows.allocation import allocate, require_key_capacity
from parloader.rows.writers import writer_for
from parloader.runs.preflight import preflight, refuse_rejected_rows
from parloader.runs.preparation import PlanOnSchema, PreparedLoad, fit_to_schema
from parloader.schema.model import Schema
from parloader.workers.progress import Progress


def begin(connection: Connection, prepared: PreparedLoad, progress: Progress, *, had_ledger: bool) -> tuple[Run, Schema]:
    """A new run and its tables; before it creates the tables of an empty database. Where it fails, the database is as it was before."""
    plan, fitted, empty = prepared.plan, prepared.fitted, prepared.creates_tables
    foreseen = allocate(connection, plan, {}, empty=empty)
    require_key_capacity(plan, prepared.live, foreseen)
    counters = {} if empty else key_reservation.key_counters(connection, key_reservation.tables_with_counters(prepared.live))
    try:
        if empty:
            names = create_tables(connection)
            progress.note(f"the database was empty: made the tables {', '.join(names)}")
            fitted = fit_to_schema(connection, introspection.list_tables(connection), plan)
        if not had_ledger:
            store.create(connection)
        before = key_reservation.key_counters(connection, key_reservation.tables_with_counters(fitted.live)) if empty else counters
        return _begin_run(connection, fitted, foreseen, before, prepared.facts, progress), fitted.live
    except BaseException:
        with error_codes.suppress_driver_errors():  # the connection may be gone
            if store.runs(connection) == prepared.runs:  # the run is not committed
                _undo(connection, counters, made_tables=empty, made_ledger=not had_ledger)
        raise


def _begin_run(
    connection: Connection,
    fitted: PlanOnSchema,
    foreseen: Mapping[str, RowAllocation],
    counters: Mapping[str, int],
    facts: ServerInfo,
    progress: Progress,
) -> Run:
    """The reserved keys; then the parents, a sample of the rest that is taken back, and the ledger's rows, in one transaction.

    `foreseen`: the rows that the plan would have without reserved keys. `counters`: of AUTO_INCREMENT, before the run takes any.
    """
    plan, live = fitted.plan, fitted.live
    key_starts = {
        table.name: key_reservation.reserve_keys(connection, table.name, table.key, foreseen[table.name].new_rows, counters.get(table.name))
        for table in plan.partitioned
        if table.key is not None and foreseen[table.name].new
    }
    with sql.transaction(connection):
        rows = allocate(connection, plan, key_starts, empty=False)
        for table in plan.parents:
            for made in rows[table.name].new:
                with refuse_rejected_rows(table):
                    writer = writer_for(table.name, facts)
                    writer.write(connection, writer.render(generate(plan, table.after_pass(Pass.FIRST), made, rows)))
        plan = preflight(connection, plan, rows, live, facts)
        run_id = store.begin(connection, plan, _entries(connection, plan, live, rows, counters))
        for table in plan.parents:
            for made in rows[table.name].new:
                store.record(connection, run_id, table.name, made)
    parents = ", ".join(f"{table.name} {rows[table.name].new_rows} of {table.rows}" for table in plan.parents)
    if parents:
        progress.note(f"run {run_id}: made the parent rows ({parents}; the others were there)")
    return next(run for run in store.runs(connection) if run.run_id == run_id)


def _undo(connection: Connection, counters: Mapping[str, int], *, made_tables: bool, made_ledger: bool) -> None:
    """What a failed beginning leaves outside its transaction: tables, and AUTO_INCREMENT counters (InnoDB keeps them above every key)."""
    if made_ledger:
        store.drop(connection)
    if made_tables:
        drop_created_tables(connection)
    for table, now in key_reservation.key_counters(connection, counters.keys()).items():
        if now != counters[table]:
            key_reservation.set_key_counter(connection, table, counters[table])


def _entries(
    connection: Connection, plan: Plan, live: Schema, rows: Mapping[str, RowAllocation], counters: Mapping[str, int]
) -> tuple[TableEntry, ...]:
    """Where an AUTO_INCREMENT column is not the key that the run assigns, the preflight's last row has moved the counter to where it will be."""
    with_counter = [table for table in plan.tables if table.name in counters and rows[table.name].new]
    by_key = {table.name for table in with_counter if table.key is not None and live[table.name].column(table.key).auto_increment}
    after = key_reservation.key_counters(connection, [table.name for table in with_counter if table.name not in by_key])
    for name in by_key:
        after[name] = max(counters[name], *(last + 1 for _, last in rows[name].new_keys))
    return tuple(
        TableEntry(
            name=table.name,
            key=table.key,
            rows=rows[table.name],
            counter_before=counters[table.name] if table.name in after else None,
            counter_after=after.get(table.name),
        )
        for table in plan.tables
    )
