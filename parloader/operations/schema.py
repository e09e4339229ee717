"""schema check and schema upgrade: the state of script_execution, and the step to migration V97."""

from dataclasses import dataclass

from parloader.builtin import v97
from parloader.builtin.plan import script_execution
from parloader.builtin.v97 import State
from parloader.config import UpgradeConfig
from parloader.database import introspection
from parloader.database.driver import Connection
from parloader.database.session import connected, require_writable
from parloader.database.target import Target
from parloader.defaults import DEFAULT_RETRY_SECONDS
from parloader.errors import SchemaMismatch
from parloader.generation.frames import samples
from parloader.ledger import store
from parloader.planner import compatibility
from parloader.planner.compatibility import Misfit
from parloader.planner.request import Fill
from parloader.runs import permission
from parloader.runs.preparation import complete_plan
from parloader.schema.model import Schema
from parloader.workers.lease import DatabaseLease
from parloader.workers.progress import Progress


@dataclass(frozen=True, kw_only=True)
class SchemaState:
    """`misfits`: where it is not as the built-in plan needs it. `upgraded`: the V97 step was applied just now."""

    state: State
    misfits: tuple[Misfit, ...]
    upgraded: bool = False

    @property
    def fits(self) -> bool:
        return self.state is State.EMPTY or not self.misfits

    def as_json(self) -> dict[str, object]:
        return {"state": str(self.state), "fits": self.fits, "misfits": [str(m) for m in self.misfits], "upgraded": self.upgraded}

    def require_fit(self) -> None:
        """SchemaMismatch where seed would refuse it."""
        if self.state is State.BEFORE_V97:
            raise SchemaMismatch("script_execution is as before migration V97", "Run your migrations, or: parloader schema upgrade")
        if not self.fits:
            raise SchemaMismatch("the schema does not fit the plan script_execution", "Migrate it to the shape named above")


def check_schema(target: Target) -> SchemaState:
    """Reads only."""
    with connected(target) as connection, target.translate_errors("reading the schema"):
        state, _ = _read(connection)
        return state


def upgrade_schema(config: UpgradeConfig) -> SchemaState:
    """Applies the V97 step where the schema is before it; otherwise changes nothing."""
    target = config.target
    permission.require_permitted(target, config.allow_remote)
    with (
        DatabaseLease(target, "schema upgrade", DEFAULT_RETRY_SECONDS, Progress()),
        connected(target) as connection,
        target.translate_errors("upgrading the schema"),
    ):
        permission.require_not_forbidden(connection, target)
        before, live = _read(connection)
        if before.state is State.OTHER:
            raise SchemaMismatch(
                "the schema is neither before V97 nor after it: " + "; ".join(map(str, before.misfits)),
                "Migrate it to the state before V97 first",
            )
        if before.state is not State.BEFORE_V97:
            return before
        require_writable(connection, target)
        v97.upgrade(connection, live)
        after, _ = _read(connection)
        return SchemaState(state=after.state, misfits=after.misfits, upgraded=True)


def _read(connection: Connection) -> tuple[SchemaState, Schema]:
    """The state, and the tables that it was found from."""
    plan, found = script_execution(), introspection.list_tables(connection)
    shapes = introspection.read_with_parents(connection, [table.name for table in plan.tables], found)
    live = introspection.base_tables(shapes)
    state = v97.state(store.table_names(found), live)
    plan, used = compatibility.adapt(plan, live), frozenset[str]()
    if state is State.V97 and all(table.name in live for table in plan.tables):
        inferred = complete_plan(connection, plan, shapes, Fill.DEMANDED, {})
        plan, used = inferred.plan, inferred.reused
    misfits = compatibility.find_misfits(plan, live, samples(plan, compatibility.stand_ins(plan, live)), used)
    return SchemaState(state=state, misfits=misfits), live
