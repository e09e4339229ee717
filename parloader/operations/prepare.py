"""What a load will do, worked out from the plan and the database before anything is written. `plan` shows it, `seed` does it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from parloader.config import SeedConfig
from parloader.database import connect, ledger, migration, schema, shape
from parloader.database.connect import Facts
from parloader.database.ledger import Run
from parloader.database.shape import Listed
from parloader.database.sql import Connection
from parloader.errors import AnotherRun, SchemaMismatch, ServerNotSupported
from parloader.loading.batching import WriterName
from parloader.loading.generate import samples
from parloader.operations.assign import look
from parloader.operations.requested import requested
from parloader.plans.graph import require_parents
from parloader.plans.infer import Fill, Inferred, Note, complete
from parloader.plans.model import Plan
from parloader.plans.script_execution import NAME
from parloader.plans.shape import Shapes
from parloader.plans.shape import Table as Shape


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A plan as the live schema takes it, with all that this demands; `live`: the plan's tables; `notes`: what had to be decided for that."""

    plan: Plan
    live: Shapes
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """If the run `creates_tables`, `fitted` has them as they will be created. `run` is the one to go on with; None: a new one."""

    fitted: Fitted
    facts: Facts
    creates_tables: bool
    runs: tuple[Run, ...]
    run: Run | None

    @property
    def plan(self) -> Plan:
        return self.fitted.plan

    @property
    def live(self) -> Shapes:
        return self.fitted.live


def prepare(connection: Connection, config: SeedConfig) -> Prepared:
    """Reads only. Refused, with the reason, where the load cannot be right."""
    facts = connect.facts(connection)
    require_writer(config.writer, facts)
    plan, fill = requested(config)
    runs = ledger.runs(connection)
    run = _run_to_go_on_with(runs, plan, config)
    found = shape.listed(connection)
    creates_tables = not runs and plan.name == NAME and fill is Fill.DEMANDED and migration.unfinished(found)
    if creates_tables:
        fitted = Fitted(plan=plan, live=migration.declared_tables())
    elif run:
        fitted = fitted_to(run.plan, shape.shapes(connection, [table.name for table in run.plan.tables], found), run.used)
    else:
        fitted = fit(connection, found, plan, fill, config.parents)
    return Prepared(fitted=fitted, facts=facts, creates_tables=creates_tables, runs=runs, run=run)


def fit(connection: Connection, found: Listed, plan: Plan, fill: Fill = Fill.DEMANDED, parents: Mapping[str, int] | None = None) -> Fitted:
    """Works out what the plan lacks. SchemaMismatch, or Refused, with the reason, where the live schema cannot take it."""
    shapes = shape.closure(connection, [table.name for table in plan.tables], found)
    live = shape.tables_only(shapes)
    if plan.name == NAME and migration.state(found, live) is migration.State.BEFORE_V97:
        raise SchemaMismatch(
            "script_execution is as before migration V97: it has no triggering_event_id",
            "Run your migrations, or: parloader schema upgrade",
        )
    plan = schema.adapt(plan, live)
    if plan.name == NAME:  # what nothing can be worked out for
        schema.require_tables(plan, live)
    inferred = completed(connection, plan, shapes, fill, parents or {})
    fitted = fitted_to(inferred.plan, shapes, inferred.used)
    return Fitted(plan=fitted.plan, live=fitted.live, notes=inferred.notes)


def completed(connection: Connection, plan: Plan, shapes: Shapes, fill: Fill, parents: Mapping[str, int]) -> Inferred:
    """With all that the live schema demands, and what is in it. Refused, with the reason, where that cannot be had.

    `shapes`: the plan's tables and all of their parents.
    """
    inferred = complete(plan, shapes, look(connection, shapes), parents, fill)
    require_parents(inferred.plan.tables)
    return inferred


def fitted_to(plan: Plan, shapes: Shapes, used: Collection[str] = ()) -> Fitted:
    """A plan that is worked out, with the schema as it is now. SchemaMismatch where that does not take it any more.

    `used`: the tables of which no row is made.
    """
    live = {name: table for name, table in shape.tables_only(shapes).items() if any(planned.name == name for planned in plan.tables)}
    schema.require_fit(plan, live, samples(plan, schema.stand_ins(plan, live)), used)
    return Fitted(plan=plan, live=live)


def require_writer(writer: WriterName, facts: Facts) -> None:
    """ServerNotSupported where the server does not take what the writer sends."""
    if writer is WriterName.LOAD_DATA and not facts.local_infile:
        raise ServerNotSupported(
            "the server has local_infile off, which the writer load-data needs",
            "Turn it on (an administrator: SET GLOBAL local_infile = 1), or use --writer insert",
        )


def turns_note(writer: WriterName, facts: Facts, table: Shape, procs: int) -> str:
    """Why load-data's workers would wait for each other; empty where they would not.

    Source: MySQL manual "AUTO_INCREMENT Handling in InnoDB" (MariaDB "AUTO_INCREMENT Handling in InnoDB" likewise): LOAD DATA is a
    "bulk insert", which in the modes 0 and 1 holds the AUTO-INC table lock to the end of the statement, also where every key is given.
    """
    if writer is not WriterName.LOAD_DATA or procs < 2 or facts.autoinc_lock_mode == 2 or not any(c.auto_increment for c in table.columns):
        return ""
    return (
        f"innodb_autoinc_lock_mode is {facts.autoinc_lock_mode}: LOAD DATA locks the whole table, so {procs} workers take turns; "
        "--writer insert does not, nor does load-data on a server that was started with innodb_autoinc_lock_mode=2"
    )


def _run_to_go_on_with(runs: tuple[Run, ...], plan: Plan, config: SeedConfig) -> Run | None:
    there = [run for run in runs if run.target == plan.target.name]
    unfinished = next((run for run in there if not run.complete), None)
    if config.new_run:
        if unfinished:
            raise AnotherRun(
                f"run {unfinished.run_id} ({describe(unfinished)}) is not complete, so --new-run would leave it half done",
                "Finish it (the same command without --new-run), or remove it: parloader clean",
            )
        return None
    same = [run for run in there if run.is_of(plan)]
    if there and not same:
        raise AnotherRun(
            f"{plan.target.name} holds run {there[-1].run_id} already, of {describe(there[-1])}",
            "Remove it (parloader clean), or add this one after it (--new-run)",
        )
    return next((run for run in same if not run.complete), same[-1] if same else None)


def describe(run: Run) -> str:
    seed = [f"seed={run.plan.seed}"] if run.plan.seed else []
    return ", ".join([f"{run.plan.target.rows:,} rows", *(f"{name}={value}" for name, value in run.parameters.items()), *seed])
