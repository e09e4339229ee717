"""What bench loads: the built-in example, or a table of the user's, as if every table were empty."""

from collections.abc import Iterator
from dataclasses import dataclass
from shlex import quote

from parloader.builtin.plan import NAME, script_execution
from parloader.config import BenchConfig, SeedConfig
from parloader.database import introspection
from parloader.database.driver import Connection
from parloader.database.introspection import ListedTable
from parloader.errors import Refused, SchemaMismatch
from parloader.ledger import store
from parloader.planner.given.spelling import spell_tables
from parloader.planner.request import listed
from parloader.plans.model import Plan, with_referenced
from parloader.runs.preparation import fit_to_schema
from parloader.runs.requested_plan import load_plan
from parloader.runs.requested_tables import require_requested_tables
from parloader.schema.model import Schema, TableType
from parloader.schema.table_names import database_of


@dataclass(frozen=True, kw_only=True)
class BenchPlan:
    """A complete plan, of whose tables bench creates copies."""

    plan: Plan
    schema: Schema
    """the plan's tables; empty: the database is empty, so those of the built-in example are created"""
    notes: tuple[str, ...] = ()
    """what differs from a load of the table itself, and what the plan guesses"""

    @property
    def filled(self) -> frozenset[str]:
        """The tables whose rows the target needs, and the target."""
        return with_referenced({table.name: table for table in self.plan.tables}, [self.plan.target.name])


def request(config: BenchConfig) -> SeedConfig:
    """What seed would be asked for."""
    return SeedConfig(
        target=config.target,
        tables=() if config.table is None else (config.table,),
        plan=config.plan,
        rows=config.rows,
        parameters=config.parameters,
        column_rules=config.column_rules,
    )


def read_plan(connection: Connection, config: BenchConfig) -> BenchPlan:
    """The plan for the live schema. SchemaMismatch or Refused, with the reason, if they do not fit; UsageError: an invalid plan file."""
    listing = introspection.list_tables(connection)
    if config.table is None and config.plan is None:
        return _of_example(connection, config, listing)
    wanted = request(config)
    if config.table is not None:
        wanted = request(config.measuring(listing.meant(config.table) or config.table))
    plan, fill = load_plan(wanted)
    plan = spell_tables(plan, listing.meant)
    require_requested_tables(connection, plan, listing, is_builtin=False)
    tables = introspection.read_with_parents(connection, [table.name for table in plan.tables], listing)
    databases = {database for name in tables if (database := database_of(name))}  # no row is created there: their copies are here
    planned = fit_to_schema(connection, listing, plan, fill, {}, databases, allow_history=True, as_if_empty=True)
    measured = BenchPlan(plan=planned.plan, schema=planned.schema)
    live = planned.schema[planned.plan.target.name]
    if live.table_type is TableType.SYSTEM_VERSIONED:
        raise Refused(
            f"bench cannot measure {live.name}: it is system-versioned, so its copy cannot be emptied between two loads",
            "Measure another table",
        )
    guesses = (f"{note.table}: {note.text}" for note in planned.notes if note.guess)
    return BenchPlan(plan=planned.plan, schema=planned.schema, notes=(*_differences(measured), *guesses))


def _of_example(connection: Connection, config: BenchConfig, listing: ListedTable) -> BenchPlan:
    plan = script_execution(config.rows, config.parameters)
    existing = store.table_names(listing)
    if not existing:
        return BenchPlan(plan=plan, schema={})
    if listing.spelled(NAME) is None:
        raise SchemaMismatch(
            f"there is no table {NAME}, which bench measures if none is named",
            f"Name a table, for example: parloader bench --table {quote(sorted(existing)[0])}. Or use an empty database",
        )
    planned = fit_to_schema(connection, listing, plan)
    return BenchPlan(plan=planned.plan, schema=planned.schema)


def _differences(measured: BenchPlan) -> Iterator[str]:
    """How a load of the copies differs from one of the table itself."""
    target = measured.plan.target
    live = measured.schema[target.name]
    parents = sorted(measured.filled - {target.name})
    yield f"{target.name} is measured on a copy with its columns, indexes, CHECKs and foreign keys"
    if parents:
        yield f"the foreign keys reference copies of {listed(parents)}, which are filled before and have no foreign keys of their own"
    if live.triggers:
        yield f"{target.name}: its triggers ({listed([trigger.name for trigger in live.triggers])}) are not copied, so the time they take is missing"
    if target.later:
        yield f"{target.name}: {listed(sorted(target.later))} stay NULL; the second pass, in which seed sets them, is not measured"
    if live.has_document_ids:
        yield f"{target.name} has document IDs (a FULLTEXT index), so one worker loads it, whatever --procs says"
