"""What a load will do, worked out from the plan and the database before anything is written. `plan` shows it, `seed` does it."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from parloader.builtin import v97
from parloader.builtin.plan import DEFAULT_ROWS, NAME, script_execution
from parloader.builtin.tables import can_create_tables, declared_tables
from parloader.config import SeedConfig
from parloader.database import introspection
from parloader.database.driver import Connection
from parloader.database.introspection import ListedTable
from parloader.database.session import ServerInfo, server_info
from parloader.errors import AnotherRun, SchemaMismatch, ServerNotSupported, UsageError
from parloader.generation.frames import samples
from parloader.ledger import store
from parloader.ledger.run import Run
from parloader.planner import compatibility
from parloader.planner.completion import CompletedPlan, complete
from parloader.planner.request import Fill, Note
from parloader.plans.documents import python_plan, toml_file
from parloader.plans.documents.plan_document import encode_plan
from parloader.plans.model import Plan, Table, require_parents
from parloader.rows.allocation import count_existing_rows
from parloader.rows.writers import WriterName
from parloader.schema.model import Schema, TableSchema


@dataclass(frozen=True, kw_only=True)
class PlanOnSchema:
    """A plan as the live schema takes it, with all that this demands; `live`: the plan's tables; `notes`: what had to be decided for that."""

    plan: Plan
    live: Schema
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PreparedLoad:
    """If the run `creates_tables`, `fitted` has them as they will be created. `run` is the one to go on with; None: a new one."""

    fitted: PlanOnSchema
    facts: ServerInfo
    creates_tables: bool
    runs: tuple[Run, ...]
    run: Run | None

    @property
    def plan(self) -> Plan:
        return self.fitted.plan

    @property
    def live(self) -> Schema:
        return self.fitted.live


def prepare(connection: Connection, config: SeedConfig) -> PreparedLoad:
    """Reads only. Refused, with the reason, where the load cannot be right."""
    facts = server_info(connection)
    require_writer(config.writer, facts)
    plan, fill = load_plan(config)
    runs = store.runs(connection)
    run = _run_to_resume(runs, plan, config)
    found = introspection.list_tables(connection)
    creates_tables = not runs and plan.name == NAME and fill is Fill.DEMANDED and can_create_tables(found, store.table_names(found))
    if creates_tables:
        fitted = PlanOnSchema(plan=plan, live=declared_tables())
    elif run:
        fitted = fitted_to(
            run.plan, introspection.read_tables(connection, [table.name for table in run.plan.tables], found), run.reused_tables
        )
    else:
        fitted = fit_to_schema(connection, found, plan, fill, config.parents)
    return PreparedLoad(fitted=fitted, facts=facts, creates_tables=creates_tables, runs=runs, run=run)


def fit_to_schema(
    connection: Connection, found: ListedTable, plan: Plan, fill: Fill = Fill.DEMANDED, parents: Mapping[str, int] | None = None
) -> PlanOnSchema:
    """Works out what the plan lacks. SchemaMismatch, or Refused, with the reason, where the live schema cannot take it."""
    shapes = introspection.read_with_parents(connection, [table.name for table in plan.tables], found)
    live = introspection.base_tables(shapes)
    if plan.name == NAME and v97.state(store.table_names(found), live) is v97.State.BEFORE_V97:
        raise SchemaMismatch(
            "script_execution is as before migration V97: it has no triggering_event_id",
            "Run your migrations, or: parloader schema upgrade",
        )
    plan = compatibility.adapt(plan, live)
    if plan.name == NAME:  # what nothing can be worked out for
        compatibility.require_tables(plan, live, next_step=_how_to_fit(plan))
    inferred = complete_plan(connection, plan, shapes, fill, parents or {})
    fitted = fitted_to(inferred.plan, shapes, inferred.reused)
    return PlanOnSchema(plan=fitted.plan, live=fitted.live, notes=inferred.notes)


def complete_plan(connection: Connection, plan: Plan, shapes: Schema, fill: Fill, parents: Mapping[str, int]) -> CompletedPlan:
    """With all that the live schema demands, and what is in it. Refused, with the reason, where that cannot be had.

    `shapes`: the plan's tables and all of their parents.
    """
    inferred = complete(plan, shapes, count_existing_rows(connection, plan, shapes), parents, fill)
    require_parents(inferred.plan.tables)
    return inferred


def fitted_to(plan: Plan, shapes: Schema, used: Collection[str] = ()) -> PlanOnSchema:
    """A plan that is worked out, with the schema as it is now. SchemaMismatch where that does not take it any more.

    `used`: the tables of which no row is made.
    """
    live = {
        name: table for name, table in introspection.base_tables(shapes).items() if any(planned.name == name for planned in plan.tables)
    }
    compatibility.require_fit(plan, live, samples(plan, compatibility.stand_ins(plan, live)), used, next_step=_how_to_fit(plan))
    return PlanOnSchema(plan=plan, live=live)


def require_writer(writer: WriterName, facts: ServerInfo) -> None:
    """ServerNotSupported where the server does not take what the writer sends."""
    if writer is WriterName.LOAD_DATA and not facts.local_infile:
        raise ServerNotSupported(
            "the server has local_infile off, which the writer load-data needs",
            "Turn it on (an administrator: SET GLOBAL local_infile = 1), or use --writer insert",
        )


def serialization_warning(writer: WriterName, facts: ServerInfo, table: TableSchema, procs: int) -> str:
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


def _run_to_resume(runs: tuple[Run, ...], plan: Plan, config: SeedConfig) -> Run | None:
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


def load_plan(config: SeedConfig) -> tuple[Plan, Fill]:
    """The plan, and how much is to be filled in of it. UsageError: options that exclude each other, a file that is not valid."""
    if config.plan is not None:
        _require_alone("--plan", {"--table": config.table, "--set": config.parameters})
        return _of_file(config, config.plan), Fill.DEMANDED
    if config.table is not None:
        _require_alone("--table", {"--set": config.parameters})
        return _of_table(config, config.table), Fill.ALL
    plan = script_execution(DEFAULT_ROWS if config.rows is None else config.rows, config.parameters)
    return replace(plan, parameters={**plan.parameters, **_parents(config)}, seed=config.seed or 0), Fill.DEMANDED


def _require_alone(option: str, others: Mapping[str, object]) -> None:
    for other, value in others.items():
        if value:
            raise UsageError(f"{option} and {other} exclude each other", f"Leave {other} out: it belongs to another plan")


def _of_table(config: SeedConfig, name: str) -> Plan:
    rows = DEFAULT_ROWS if config.rows is None else config.rows
    table = Table(name=name, rows=rows, columns={}, key=None, partitioned=True, reuse=False)
    return Plan(name=name, parameters={"table": name, **_parents(config)}, tables=(table,), seed=config.seed or 0)


def _of_file(config: SeedConfig, source: str) -> Plan:
    module, _, name = source.rpartition(":")
    plan = python_plan.load(source) if module and name and not Path(source).exists() else toml_file.read(Path(source))
    if config.rows is not None:
        target = replace(plan.target, rows=config.rows)
        plan = replace(plan, tables=tuple(target if table is plan.target else table for table in plan.tables))
    if config.seed is not None:
        plan = replace(plan, seed=config.seed)
    digest = hashlib.sha256(json.dumps(encode_plan(plan), sort_keys=True).encode()).hexdigest()[:12]
    return replace(plan, parameters={"file": source, "digest": digest, **_parents(config)})


def _parents(config: SeedConfig) -> dict[str, str]:
    text = ",".join(f"{table}={rows}" for table, rows in sorted(config.parents.items()))
    return {"parents": text} if text else {}


def _how_to_fit(plan: Plan) -> str:
    """What to do if the live schema does not fit the built-in plan. Empty for other plans: each misfit has its own advice."""
    if plan.name == NAME:
        return "Migrate the database to the schema that the plan is for, or use an empty database: parloader creates the tables there"
    return ""
