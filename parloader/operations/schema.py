"""schema check and schema upgrade: whether script_execution fits the built-in plan, and the step to migration V97."""

from dataclasses import dataclass, replace

from parloader.builtin import v97
from parloader.builtin.plan import script_execution, without_unreferenced_parents
from parloader.builtin.v97 import State
from parloader.config import UpgradeConfig
from parloader.database import introspection
from parloader.database.driver import Connection, DriverError
from parloader.database.session import require_writable
from parloader.database.target import Target
from parloader.defaults import DEFAULT_RETRY_SECONDS
from parloader.errors import SchemaMismatch
from parloader.generation.samples import samples
from parloader.ledger import store
from parloader.planner.given import compatibility
from parloader.planner.given.compatibility import Misfit
from parloader.planner.request import Fill
from parloader.quantities import counted
from parloader.runs import permission
from parloader.runs.preparation import complete_plan
from parloader.schema.model import Schema
from parloader.workers.lease import DatabaseLease
from parloader.workers.progress import Progress
from parloader.workers.retry_policy import is_transient, run_on_connection


@dataclass(frozen=True, kw_only=True)
class SchemaState:
    """The state of the built-in plan's tables in a database."""

    state: State
    misfits: tuple[Misfit, ...]
    """columns and tables that do not fit the built-in plan"""
    upgraded: bool = False
    """by this call"""

    @property
    def fits(self) -> bool:
        return self.state is State.EMPTY or not self.misfits

    def as_json(self) -> dict[str, object]:
        return {"state": str(self.state), "fits": self.fits, "misfits": [str(m) for m in self.misfits], "upgraded": self.upgraded}

    @property
    def misfit(self) -> SchemaMismatch | None:
        """The refusal that seed would get; None if the schema fits."""
        if self.state is State.BEFORE_V97:
            return SchemaMismatch("script_execution is as before migration V97", "Run your migrations, or: parloader schema upgrade")
        if not self.fits:
            return SchemaMismatch(
                f"the schema does not fit the built-in example script_execution ({counted(len(self.misfits), 'difference')})",
                "Only the built-in example needs this schema: to load a table of your own, use parloader seed --table NAME",
            )
        return None


def check_schema(target: Target) -> SchemaState:
    """Reads only."""
    state, _ = run_on_connection(target, "reading the schema", _read, DEFAULT_RETRY_SECONDS)
    return state


def upgrade_schema(config: UpgradeConfig) -> SchemaState:
    """Applies the V97 step if the schema is before it; otherwise changes nothing."""
    target = config.target
    permission.require_permitted(target, config.allow_remote)
    with DatabaseLease(target, "schema upgrade", DEFAULT_RETRY_SECONDS, Progress()) as lease:
        lease.wait()
        return lease.run_with_retry("upgrading the schema", _Upgrade(target))


class _Upgrade:
    """The upgrade. May be repeated after a lost connection: the statement of an earlier attempt may be done, or still be running."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._begun = False

    def __call__(self, connection: Connection) -> SchemaState:
        permission.require_not_forbidden(connection, self._target)
        before, schema = _read(connection)
        if before.state is State.OTHER:
            raise SchemaMismatch(
                "the schema is neither before V97 nor after it: " + compatibility.problems(before.misfits),
                "Migrate it to the state before V97 first",
            )
        if before.state is not State.BEFORE_V97:
            return replace(before, upgraded=self._begun)
        require_writable(connection, self._target)
        begun_before, self._begun = self._begun, True
        try:
            v97.upgrade(connection, schema)
        except DriverError as error:
            # this statement has waited for the one of an earlier attempt
            if not begun_before or is_transient(error) or _read(connection)[0].state is not State.V97:
                raise
        return replace(_read(connection)[0], upgraded=True)


def _read(connection: Connection) -> tuple[SchemaState, Schema]:
    """The state, and the plan's tables from which it was determined."""
    plan, listing = script_execution(), introspection.list_tables(connection)
    tables = introspection.read_with_parents(connection, [table.name for table in plan.tables], listing)
    schema = introspection.base_tables(tables)
    state = v97.state(store.table_names(listing), schema)
    plan, reused = compatibility.adapt(without_unreferenced_parents(plan, schema), schema), frozenset[str]()
    if state is State.V97 and all(table.name in schema for table in plan.tables):
        inferred = complete_plan(connection, plan, tables, Fill.DEMANDED, {})
        plan, reused = inferred.plan, inferred.reused
    misfits = compatibility.find_misfits(plan, schema, samples(plan, compatibility.stand_ins(plan, schema)), reused)
    return SchemaState(state=state, misfits=misfits), schema
