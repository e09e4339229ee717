"""plan: what seed would do, shown before anything is written."""

from dataclasses import dataclass, replace

from parloader.config import SeedConfig
from parloader.database import connect, migration, schema, size
from parloader.database.connect import Facts
from parloader.database.ledger import Run
from parloader.database.reflection import Live
from parloader.database.size import Size
from parloader.database.sql import Connection
from parloader.loading.batching import Batch, WriterName
from parloader.operations import guard
from parloader.operations.prepare import Prepared, assign_parents, prepare, require_key_room, turns_note
from parloader.plans.model import Keys, Plan
from parloader.plans.partition import Partition, split

# From here on a table's keys are running short
SHARE_OF_KEYS_WORTH_SAYING = 0.5


@dataclass(frozen=True, kw_only=True)
class TableForecast:
    """`rows` of the plan, of which `used` are there and `made` will be; `keys` are the (first, last) pairs of the latter."""

    name: str
    rows: int
    used: int
    made: int
    keys: tuple[tuple[int, int], ...]
    size: Size


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What seed would do. `run`: the one it would go on with."""

    plan: Plan
    facts: Facts
    creates_tables: bool
    run: Run | None
    tables: tuple[TableForecast, ...]
    shares: tuple[tuple[Partition, ...], ...]
    batch: Batch
    writer: WriterName
    free_bytes: int | None
    risks: tuple[str, ...]

    @property
    def size_bytes(self) -> int:
        return sum(table.size.total_bytes for table in self.tables)

    def as_json(self) -> dict[str, object]:
        return {
            "plan": self.plan.name,
            "parameters": dict(self.plan.parameters),
            "server": str(self.facts),
            "creates_tables": self.creates_tables,
            "run_id": self.run.run_id if self.run else None,
            "tables": [
                {
                    "table": t.name,
                    "rows": t.rows,
                    "used": t.used,
                    "made": t.made,
                    "keys": [list(pair) for pair in t.keys],
                    "data_bytes": t.size.data_bytes,
                    "index_bytes": t.size.index_bytes,
                }
                for t in self.tables
            ],
            "partitions": [[[p.start, p.stop] for p in share] for share in self.shares],
            "batch": self.batch.text,
            "writer": str(self.writer),
            "size_bytes": self.size_bytes,
            "free_bytes": self.free_bytes,
            "risks": list(self.risks),
        }


def plan(config: SeedConfig) -> Forecast:
    """Reads only; the errors of seed."""
    with connect.connected(config.target) as connection, config.target.explained("planning"):
        prepared = prepare(connection, config)
        live = migration.metadata.tables if prepared.creates_tables else prepared.live
        tables = _going_on(prepared.run, prepared.plan, live) if prepared.run else _anew(connection, prepared, live)
        missing = prepared.run.gaps if prepared.run else (Partition(0, config.rows),)
        forecast = Forecast(
            plan=prepared.plan,
            facts=prepared.facts,
            creates_tables=prepared.creates_tables,
            run=prepared.run,
            tables=tables,
            shares=split(missing, config.procs),
            batch=config.batch,
            writer=config.writer,
            free_bytes=size.free_bytes(prepared.facts),
            risks=guard.objections(connection, config.target, config.allow_remote),
        )
        return _with_risks(connection, forecast, live)


def _anew(connection: Connection, prepared: Prepared, live: Live) -> tuple[TableForecast, ...]:
    empty = prepared.creates_tables
    target = prepared.plan.target
    key_start = 1 if empty else schema.highest_key(connection, target.name, target.key) + 1
    parents = assign_parents(connection, prepared.plan, empty=empty)
    require_key_room(prepared.plan, live, key_start, parents)
    forecasts = []
    for name, assignment in parents.items():
        table = prepared.plan.table(name)
        forecasts.append(
            TableForecast(
                name=name,
                rows=table.rows,
                used=table.rows - assignment.made_rows,
                made=assignment.made_rows,
                keys=assignment.made_keys,
                size=size.estimate(live[name], assignment.made_rows),
            )
        )
    keys = Keys.contiguous(key_start, target.rows).ranges(Partition(0, target.rows))
    big = TableForecast(
        name=target.name, rows=target.rows, used=0, made=target.rows, keys=keys, size=size.estimate(live[target.name], target.rows)
    )
    return (*forecasts, big)


def _going_on(run: Run, plan: Plan, live: Live) -> tuple[TableForecast, ...]:
    forecasts = []
    for table in plan.tables:
        missing = run.gaps if table.name == run.target else ()
        made = sum(p.rows for p in missing)
        keys = tuple(r for part in missing for r in run.keys[table.name].ranges(part))
        forecasts.append(
            TableForecast(
                name=table.name, rows=table.rows, used=table.rows - made, made=made, keys=keys, size=size.estimate(live[table.name], made)
            )
        )
    return tuple(forecasts)


def _with_risks(connection: Connection, forecast: Forecast, live: Live) -> Forecast:
    """What is worth a look, though seed would not refuse it."""
    risks = list(forecast.risks)
    if note := turns_note(forecast.writer, forecast.facts, live[forecast.plan.target.name], len(forecast.shares)):
        risks.append(note)
    for table in forecast.plan.tables:
        there = live[table.name]
        last = max((last for t in forecast.tables if t.name == table.name for _, last in t.keys), default=0)
        largest = schema.largest(there.columns[table.key])
        if last > SHARE_OF_KEYS_WORTH_SAYING * largest:
            risks.append(f"{table.name}.{table.key} will be at {last / largest:.0%} of its largest value ({largest:,})")
        filled = {table.key, *table.columns}
        if others := [c.name for c in there.columns if c.name not in filled]:
            risks.append(f"{table.name}: the plan has no value for {', '.join(others)}: NULL or the default")
        if not forecast.creates_tables and (triggers := schema.triggers_on(connection, table.name)):
            risks.append(
                f"{table.name} has triggers ({', '.join(triggers)}): they run for each row, and clean does not undo what they write"
            )
    if forecast.free_bytes is not None and forecast.size_bytes > forecast.free_bytes:
        risks.append(
            f"the rows need about {forecast.size_bytes:,} bytes, and {forecast.free_bytes:,} are free where the server keeps its data"
        )
    return replace(forecast, risks=tuple(risks))
