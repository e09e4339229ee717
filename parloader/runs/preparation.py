"""Works out what a load will do, from the plan and the database, before anything is written. `plan` shows it, `seed` does it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from parloader.builtin import v97
from parloader.builtin.plan import NAME, shown, without_unreferenced_parents
from parloader.builtin.tables import can_create_tables, declared_tables
from parloader.config import SeedConfig
from parloader.database import introspection, privileges
from parloader.database.driver import Connection
from parloader.database.introspection import ListedTable
from parloader.database.session import ServerInfo, server_info
from parloader.defaults import DEFAULT_DATABASE_ROWS
from parloader.errors import AnotherRun, Refused, SchemaMismatch
from parloader.generation.samples import samples
from parloader.ledger import deferred_indexes, store
from parloader.ledger.run import Run, requested_tables
from parloader.planner.completion import complete
from parloader.planner.given import compatibility, plan_names
from parloader.planner.given.parent_columns import with_parent_columns
from parloader.planner.given.spelling import spell_columns, spell_parents, spell_tables
from parloader.planner.request import CompletedPlan, Fill, Note, UnfilledTable, listed
from parloader.planner.whole_database import WholeDatabase
from parloader.plans.documents.mistakes import Mistakes
from parloader.plans.model import Plan, require_parents
from parloader.plans.row_ranges import ExistingRows
from parloader.quantities import counted
from parloader.rows.existing_rows import count_existing_rows
from parloader.runs.requested_plan import is_builtin, load_plan, plan_of_file, source_of, with_rows_of_tables
from parloader.runs.requested_tables import NAMED_TABLES, requested_tables_of, require_requested_tables
from parloader.runs.selection import require_spelling
from parloader.runs.writer_checks import require_writer
from parloader.schema.model import Schema
from parloader.schema.table_names import database_of

Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True)
class PlanOnSchema:
    """A plan that fits the live schema: every table and column that the schema demands has its rows and values."""

    plan: Plan
    schema: Schema
    """the plan's tables"""
    notes: tuple[Note, ...] = ()
    """decisions that the plan left open"""
    guessed: frozenset[str] = frozenset()
    """tables with a unique key that may or may not hold, so that a larger sample is tested"""
    unfilled: tuple[UnfilledTable, ...] = ()
    """of an entire database: the tables that cannot be filled"""


@dataclass(frozen=True, kw_only=True)
class PreparedLoad:
    """What a load will do."""

    planned: PlanOnSchema
    """if the run creates the tables, the schema is that of the tables to create"""
    server: ServerInfo
    creates_tables: bool
    runs: tuple[Run, ...]
    """all runs in the ledger"""
    run: Run | None
    """the run to resume; None: a new one begins"""
    has_deferred_indexes: bool
    """whether the ledger may list indexes to add (ledger/deferred_indexes.py)"""

    @property
    def plan(self) -> Plan:
        return self.planned.plan

    @property
    def schema(self) -> Schema:
        return self.planned.schema


def without_rejected_tables(config: SeedConfig, attempt: Callable[[Mapping[str, Refused]], Value]) -> Value:
    """What the attempt returns. If a table of an entire database turns out to be unfillable, it is tried again without this table.

    The attempt takes the tables to leave out, and why.
    """
    rejected: dict[str, Refused] = {}
    while True:
        try:
            return attempt({**rejected})
        except Refused as error:
            if not config.all_tables or not error.table or error.table in rejected:
                raise
            rejected[error.table] = error


def prepare(connection: Connection, config: SeedConfig, rejected: Mapping[str, Refused] | None = None) -> PreparedLoad:
    """Reads only. Refused, with the reason, if the load cannot succeed. `rejected`: see without_rejected_tables."""
    server = server_info(connection)
    require_writer(connection, config.writer, server)
    listing = introspection.list_tables(connection)
    names = tuple(listing.meant(name) or name for name in config.tables)
    allowed = tuple(name.lower() if listing.any_case else name for name in config.allow_databases)
    config = replace(config, tables=names, parents=spell_parents(config.parents, listing.meant), allow_databases=allowed)
    of_database, skipped = requested_tables_of(listing, config) if config.all_tables else ((), ())
    plan, fill = load_plan(config, of_database)
    plan = with_rows_of_tables(spell_tables(plan, listing.meant), config.parents)
    runs = store.runs(connection)
    require_spelling(runs, listing)
    run = _run_to_resume(runs, plan, config)
    creates_tables = not runs and plan.name == NAME and fill is Fill.DEMANDED and can_create_tables(listing, store.table_names(listing))
    if creates_tables:
        planned = PlanOnSchema(plan=plan, schema=declared_tables())
    elif run:
        tables = introspection.read_tables(connection, [table.name for table in run.plan.tables], listing)
        planned = fitted_to(run.plan, tables, run.reused_tables)
    else:
        planned = fit_to_schema(
            connection,
            listing,
            plan,
            fill,
            {name: rows for name, rows in config.parents.items() if rows},
            config.allow_databases,
            allow_history=config.allow_history,
            database=_whole_database(config, rejected or {}),
        )
        planned = replace(planned, notes=(*skipped, *planned.notes))
    return PreparedLoad(
        planned=planned,
        server=server,
        creates_tables=creates_tables,
        runs=runs,
        run=run,
        has_deferred_indexes=deferred_indexes.TABLE in listing.tables,
    )


def fit_to_schema(
    connection: Connection,
    listing: ListedTable,
    plan: Plan,
    fill: Fill = Fill.DEMANDED,
    parents: Mapping[str, int] | None = None,
    allowed_databases: Collection[str] = (),
    *,
    allow_history: bool = False,
    database: WholeDatabase | None = None,
    as_if_empty: bool = False,
) -> PlanOnSchema:
    """Completes the plan for the live schema. SchemaMismatch or Refused, with the reason, if the two do not fit.

    `as_if_empty`: for tables like those of the schema, but without a row.
    """
    require_requested_tables(connection, plan, listing, is_builtin=is_builtin(plan))
    tables = introspection.read_with_parents(connection, [table.name for table in plan.tables], listing)
    schema = introspection.base_tables(tables)
    if fill is Fill.DEMANDED and plan.name == NAME and v97.state(store.table_names(listing), schema) is v97.State.BEFORE_V97:
        raise SchemaMismatch(
            "script_execution is as before migration V97: it has no column triggering_event_id",
            f"Run your migrations, or parloader schema upgrade. To load the table as it is, name it: parloader seed --table {NAME}",
        )
    plan = spell_columns(plan if is_builtin(plan) else with_parent_columns(plan, schema), schema)
    if is_builtin(plan):
        plan = without_unreferenced_parents(plan, schema, parents or {})
    elif fill is Fill.DEMANDED:
        plan = plan_names.checked(plan, tables)
    plan = compatibility.adapt(plan, schema)
    if is_builtin(plan):  # without these tables, nothing can be completed
        compatibility.require_tables(plan, schema, next_step=_how_to_fit(plan))
    inferred = complete_plan(
        connection,
        plan,
        tables,
        fill,
        parents or {},
        allowed_databases,
        allow_history=allow_history,
        database=database,
        as_if_empty=as_if_empty,
    )
    plan_names.require_followed_columns(inferred.plan, tables)
    planned = fitted_to(inferred.plan, tables, inferred.reused)
    return replace(planned, notes=inferred.notes, guessed=inferred.guessed, unfilled=inferred.unfilled)


def complete_plan(
    connection: Connection,
    plan: Plan,
    tables: Schema,
    fill: Fill,
    parents: Mapping[str, int],
    allowed_databases: Collection[str] = (),
    *,
    allow_history: bool = False,
    database: WholeDatabase | None = None,
    as_if_empty: bool = False,
) -> CompletedPlan:
    """Completes the plan with what the live schema and the existing rows demand. Refused, with the reason, if that is impossible.

    `tables`: the plan's tables and all of their parents.
    """
    try:
        none = {name: ExistingRows(rows=0) for name in tables}
        existing = none if as_if_empty else count_existing_rows(connection, plan, tables)
        inferred = complete(plan, tables, existing, parents, fill, allowed_databases, allow_history=allow_history, database=database)
    except Refused:
        elsewhere = {key.parent: None for table in tables.values() for key in table.foreign_keys if database_of(key.parent)}
        privileges.require_select(connection, [name for name in elsewhere if name not in tables])  # perhaps that is why
        raise
    require_parents(inferred.plan.tables)
    return inferred


def fitted_to(plan: Plan, tables: Schema, reused: Collection[str] = ()) -> PlanOnSchema:
    """Checks a complete plan against the current schema. SchemaMismatch if they do not fit (any more).

    `reused`: the tables in which the plan creates no row.
    """
    names = {table.name for table in plan.tables}
    schema = {name: table for name, table in introspection.base_tables(tables).items() if name in names}
    mistakes = Mistakes()
    frames = samples(plan, compatibility.stand_ins(plan, schema), mistakes)
    compatibility.require_fit(plan, schema, frames, reused, next_step=_how_to_fit(plan), mistakes=mistakes)
    return PlanOnSchema(plan=plan, schema=schema)


def _whole_database(config: SeedConfig, rejected: Mapping[str, Refused]) -> WholeDatabase | None:
    """What the options say of all tables of the database; None: they ask for some of them."""
    if not config.all_tables:
        return None
    rows = DEFAULT_DATABASE_ROWS if config.rows is None else config.rows
    left_out = [name for name, rows in config.parents.items() if not rows]
    return WholeDatabase(rows=rows, left_out=left_out, rejected=rejected, append=config.new_run)


def _run_to_resume(runs: tuple[Run, ...], plan: Plan, config: SeedConfig) -> Run | None:
    """The run of the same plan, an incomplete one if there is one; None: a new run begins. AnotherRun: a run of another plan is in the way."""
    requested = {*requested_tables(plan)}
    of_target = [run for run in runs if requested & {*run.requested_tables}]
    if config.new_run:
        if unfinished := next((run for run in of_target if not run.complete), None):
            raise AnotherRun(
                f"run {unfinished.run_id} ({_describe(unfinished)}) is not complete, so --new-run would leave it unfinished",
                f"Finish it (parloader status shows the command), or remove it: parloader clean --run {unfinished.run_id}",
            )
        return None
    same = [run for run in of_target if run.is_of(plan)]
    if of_target and not same:
        raise _another_run(of_target[-1], plan, config)
    return next((run for run in same if not run.complete), same[-1] if same else None)


def _another_run(run: Run, plan: Plan, config: SeedConfig) -> AnotherRun:
    """Why the requested plan cannot continue the run, and what to do."""
    tables = [table for table in requested_tables(plan) if table in run.requested_tables]
    has = "has" if len(tables) == 1 else "have"
    source = "" if config.plan is None else source_of(config.plan)
    changed = _file_has_changed(run, config)
    problem = f"{_named(tables)} already {has} rows of run {run.run_id} ({_describe(run, with_plan=not changed)})"
    if changed:
        problem += f", and the plan {source} has changed since that run began"
    if run.complete:
        other = "add another one: the same command with --new-run"
    elif changed:
        other = f"finish it with the plan as it was: restore the old text of {source}, then repeat the command"
    else:
        other = "finish it: parloader status shows the command"
    return AnotherRun(problem, f"Delete that run (parloader clean --run {run.run_id}), or {other}")


def _named(tables: Sequence[str]) -> str:
    return (
        listed(tables) if len(tables) <= NAMED_TABLES else f"{listed(tables[:NAMED_TABLES])} and {len(tables) - NAMED_TABLES:,} more tables"
    )


def _file_has_changed(run: Run, config: SeedConfig) -> bool:
    """Whether the run began with the requested plan file, and the file had another content."""
    if config.plan is None or run.parameters.get("file") != source_of(config.plan):
        return False
    # the digest covers the number of rows and the seed, which may come from options
    rows = config.rows if run.target in config.parents else None if run.plan.target.counted else run.plan.target.rows
    as_in_run = plan_of_file(replace(config, rows=rows, seed=run.plan.seed), config.plan)
    return as_in_run.parameters["digest"] != run.parameters.get("digest")


def _describe(run: Run, *, with_plan: bool = True) -> str:
    """The run's row count, plan, parameters and random seed, for messages."""
    parameters = {name: value for name, value in run.parameters.items() if name not in ("file", "digest")}
    plan = [f"plan {run.parameters['file']}"] if with_plan and "file" in run.parameters else []
    seed = [f"seed={run.plan.seed}"] if run.plan.seed else []
    return ", ".join([counted(run.plan.target.rows, "row"), *plan, *([shown(parameters)] if parameters else []), *seed])


def _how_to_fit(plan: Plan) -> str:
    """What to do if the live schema does not fit the built-in plan. Empty for other plans: each misfit has its own advice."""
    if is_builtin(plan):
        return (
            "To load a table of your own, name it: parloader seed --table NAME. For the built-in example, migrate the database to its schema, "
            "or use an empty database, in which parloader creates the tables"
        )
    return ""
