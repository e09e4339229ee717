"""The rows that an export writes: those that seed would insert, or has inserted as a run of the same plan. With or without a database."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from parloader.builtin.tables import declared_tables
from parloader.config import ExportConfig, SeedConfig
from parloader.database.driver import Connection
from parloader.database.session import ServerInfo
from parloader.database.target import Target
from parloader.defaults import DEFAULT_RETRY_SECONDS
from parloader.errors import Refused, UsageError
from parloader.generation.frames import counted_rows, with_child_starts
from parloader.generation.samples import samples
from parloader.ledger.run import Run
from parloader.planner.given.parent_columns import with_parent_columns
from parloader.planner.request import Note, UnfilledTable
from parloader.plans.documents.mistakes import InvalidPlan
from parloader.plans.model import Plan, all_new, is_helper, require_parents
from parloader.plans.row_ranges import RowAllocation
from parloader.rows.allocation import allocate
from parloader.runs.preparation import fitted_to, prepare, without_rejected_tables
from parloader.runs.requested_plan import is_builtin, load_plan, with_rows_of_tables
from parloader.schema.model import Schema
from parloader.workers.retry_policy import run_on_connection

WITH_A_DATABASE = "or name the database with --url, whose schema completes the plan"


@dataclass(frozen=True, kw_only=True)
class PlannedExport:
    """A plan with its rows."""

    plan: Plan
    rows: Mapping[str, RowAllocation]
    """of each table; those that are new are exported"""
    schema: Schema | None
    """of the plan's tables; None: it is not known"""
    server: ServerInfo | None = None
    """None: no database was read"""
    run: Run | None = None
    """the run whose rows these are; None: no run has inserted them yet"""
    notes: tuple[Note, ...] = ()
    """decisions that the plan left open"""
    unfilled: tuple[UnfilledTable, ...] = ()
    """of an entire database: the tables that cannot be filled"""


def planned_export(config: ExportConfig) -> PlannedExport:
    """Reads only. Raises what plan would; UsageError: there is no database, and the plan is not complete."""
    planned = _without_database(config) if config.target is None else _of_database(config, config.target)
    return replace(planned, rows=with_child_starts(planned.plan, planned.rows))


def _of_database(config: ExportConfig, target: Target) -> PlannedExport:
    seeding = config.seeding(target)

    def planned(connection: Connection) -> PlannedExport:
        return without_rejected_tables(seeding, partial(_planned_without, connection, seeding))

    return run_on_connection(target, "planning", planned, DEFAULT_RETRY_SECONDS)


def _planned_without(connection: Connection, config: SeedConfig, rejected: Mapping[str, Refused]) -> PlannedExport:
    prepared = prepare(connection, config, rejected)
    run = prepared.run
    rows = run.rows if run else allocate(connection, prepared.plan, prepared.schema, {}, empty=prepared.creates_tables)
    return PlannedExport(
        plan=prepared.plan,
        rows=rows,
        schema=prepared.schema,
        server=prepared.server,
        run=run,
        notes=prepared.planned.notes,
        unfilled=prepared.planned.unfilled,
    )


def _without_database(config: ExportConfig) -> PlannedExport:
    """The tables are empty, and have the columns that the plan names."""
    plan, _fill = load_plan(config)
    if is_builtin(plan):
        if config.parents:
            raise UsageError("--rows TABLE=ROWS and --parents need a database, whose tables they name", "Add --url, or leave them out")
        schema = declared_tables()
        plan = fitted_to(plan, schema).plan
        return PlannedExport(plan=plan, rows={table.name: all_new(table) for table in plan.tables}, schema=schema)
    if unknown := [name for name in config.parents if name not in {table.name for table in plan.tables}]:
        raise UsageError(f"the plan {plan.name} has no table {unknown[0]}", "Correct the name in --rows or --parents")
    with _database_advised():
        plan = with_rows_of_tables(plan, config.parents)
        require_parents(plan.tables)
        plan = _with_helpers(with_parent_columns(plan, {}))
        counts = counted_rows(plan)
        plan = replace(plan, tables=tuple(replace(table, rows=counts.get(table.name, table.rows)) for table in plan.tables))
        samples(plan)
    return PlannedExport(plan=plan, rows={table.name: all_new(table) for table in plan.tables}, schema=None)


def _with_helpers(plan: Plan) -> Plan:
    """The plan in which columns are helpers whose names begin as those of helpers do: no table is known to have such a column."""
    tables = (replace(table, helpers=table.helpers | {*filter(is_helper, table.columns)}) for table in plan.tables)
    return replace(plan, tables=tuple(tables))


@contextmanager
def _database_advised() -> Iterator[None]:
    """Adds to what is wrong with the plan that a schema might complete it."""
    try:
        yield
    except InvalidPlan as error:
        mistakes = [replace(each, next_step=f"{each.next_step}, {WITH_A_DATABASE}" if each.next_step else "") for each in error.mistakes]
        raise InvalidPlan.of(mistakes) from error
    except UsageError as error:
        raise UsageError(error.message, f"{error.next_step}, {WITH_A_DATABASE}") from error
