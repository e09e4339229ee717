"""schema check and schema upgrade: the state of script_execution, and the step to migration V97."""

from dataclasses import dataclass

from parloader.config import DEFAULT_RETRY_SECONDS, UpgradeConfig
from parloader.database import connect, migration, shape
from parloader.database import schema as live_schema
from parloader.database.connect import Target
from parloader.database.migration import State
from parloader.database.schema import Misfit
from parloader.database.sql import Connection
from parloader.errors import SchemaMismatch
from parloader.loading.generate import samples
from parloader.loading.progress import Progress
from parloader.operations import guard
from parloader.operations.hold import Hold
from parloader.operations.prepare import completed
from parloader.plans.infer import Fill
from parloader.plans.script_execution import script_execution
from parloader.plans.shape import Shapes


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
    with connect.connected(target) as connection, target.explained("reading the schema"):
        state, _ = _read(connection)
        return state


def upgrade_schema(config: UpgradeConfig) -> SchemaState:
    """Applies the V97 step where the schema is before it; otherwise changes nothing."""
    target = config.target
    guard.require_permitted(target, config.allow_remote)
    with (
        Hold(target, "schema upgrade", DEFAULT_RETRY_SECONDS, Progress()),
        connect.connected(target) as connection,
        target.explained("upgrading the schema"),
    ):
        guard.require_not_forbidden(connection, target)
        before, live = _read(connection)
        if before.state is State.OTHER:
            raise SchemaMismatch(
                "the schema is neither before V97 nor after it: " + "; ".join(map(str, before.misfits)),
                "Migrate it to the state before V97 first",
            )
        if before.state is not State.BEFORE_V97:
            return before
        connect.require_writable(connection, target)
        migration.upgrade(connection, live)
        after, _ = _read(connection)
        return SchemaState(state=after.state, misfits=after.misfits, upgraded=True)


def _read(connection: Connection) -> tuple[SchemaState, Shapes]:
    """The state, and the tables that it was found from."""
    plan, found = script_execution(), shape.listed(connection)
    shapes = shape.closure(connection, [table.name for table in plan.tables], found)
    live = shape.tables_only(shapes)
    state = migration.state(found, live)
    plan, used = live_schema.adapt(plan, live), frozenset[str]()
    if state is State.V97 and all(table.name in live for table in plan.tables):
        inferred = completed(connection, plan, shapes, Fill.DEMANDED, {})
        plan, used = inferred.plan, inferred.used
    misfits = live_schema.misfits(plan, live, samples(plan, live_schema.stand_ins(plan, live)), used)
    return SchemaState(state=state, misfits=misfits), live
