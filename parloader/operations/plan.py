"""plan: what seed would do, shown before anything is written."""

import shutil
import socket
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from parloader.config import SeedConfig
from parloader.database.session import ServerInfo, connected
from parloader.generation.frames import RowGenerator
from parloader.ledger.run import Run
from parloader.planner.request import Note
from parloader.plans.documents import toml_file
from parloader.plans.model import Plan, Table
from parloader.plans.row_ranges import IndexRange, RowAllocation, split
from parloader.rows.allocation import allocate, require_key_capacity
from parloader.rows.writers import WriterName
from parloader.runs import permission
from parloader.runs.preparation import PreparedLoad, prepare, serialization_warning
from parloader.schema import storage_size
from parloader.schema.storage_size import Size
from parloader.workers.batching import Batch

# From here on a table's keys are running short
SHARE_OF_KEYS_WORTH_SAYING = 0.5


@dataclass(frozen=True, kw_only=True)
class TableForecast:
    """`rows` of the plan, of which `used` are there and `made` will be; `keys` are the (first, last) pairs of the latter, where the run
    assigns keys. `shares`: what each worker does, where workers do it. `sample`: some of the rows that would be made."""

    name: str
    rows: int
    used: int
    made: int
    keys: tuple[tuple[int, int], ...]
    size: Size
    shares: tuple[tuple[IndexRange, ...], ...]
    sample: pl.DataFrame


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What seed would do. `run`: the one it would go on with. `notes`: what had to be decided that the plan does not say."""

    plan: Plan
    facts: ServerInfo
    creates_tables: bool
    run: Run | None
    tables: tuple[TableForecast, ...]
    batch: Batch
    writer: WriterName
    free_bytes: int | None
    notes: tuple[Note, ...]
    risks: tuple[str, ...]

    @property
    def size_bytes(self) -> int:
        return sum(table.size.total_bytes for table in self.tables)

    @property
    def target(self) -> TableForecast:
        return next(table for table in self.tables if table.name == self.plan.target.name)

    def as_json(self) -> dict[str, object]:
        return {
            "plan": self.plan.name,
            "parameters": dict(self.plan.parameters),
            "seed": self.plan.seed,
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
                    **({"sample": [_plain(row) for row in t.sample.rows(named=True)]} if t.sample.height else {}),
                }
                for t in self.tables
            ],
            "partitions": [[[p.start, p.stop] for p in share] for share in self.target.shares],
            "batch": self.batch.text,
            "writer": str(self.writer),
            "size_bytes": self.size_bytes,
            "free_bytes": self.free_bytes,
            "notes": [{"table": note.table, "column": note.column, "text": note.text} for note in self.notes],
            "risks": list(self.risks),
        }


def _plain(row: dict[str, object]) -> dict[str, object]:
    """As JSON has it: dates, decimals and bytes as text."""
    return {n: v.hex() if isinstance(v, bytes) else v if isinstance(v, int | float | str | None) else str(v) for n, v in row.items()}


def plan(config: SeedConfig, sample_rows: int = 0) -> Forecast:
    """Reads only; the errors of seed. `sample_rows`: how many rows of each big table to make, for a look at them."""
    with connected(config.target) as connection, config.target.translate_errors("planning"):
        prepared = prepare(connection, config)
        run = prepared.run
        rows = run.rows if run else allocate(connection, prepared.plan, {}, empty=prepared.creates_tables)
        require_key_capacity(prepared.plan, prepared.live, rows)
        forecast = Forecast(
            plan=prepared.plan,
            facts=prepared.facts,
            creates_tables=prepared.creates_tables,
            run=run,
            tables=tuple(_table(config, prepared, table, rows, sample_rows) for table in prepared.plan.tables),
            batch=config.batch,
            writer=config.writer,
            free_bytes=free_bytes(prepared.facts),
            notes=prepared.fitted.notes,
            risks=permission.objections(connection, config.target, config.allow_remote),
        )
        return _with_risks(forecast, prepared)


def write(forecast: Forecast, file: Path) -> None:
    """Writes the plan as a file to edit, with what was decided as comments."""
    comments: dict[tuple[str, str | None], str] = {}
    for note in forecast.notes:
        of = note.table, note.column
        comments[of] = f"{comments[of]}; {note.text}" if of in comments else note.text
    toml_file.write(forecast.plan, file, comments)


def _table(config: SeedConfig, prepared: PreparedLoad, table: Table, rows: dict[str, RowAllocation], sample_rows: int) -> TableForecast:
    of, run = rows[table.name], prepared.run
    missing = of.new if run is None else run.gaps(table.name) if table.partitioned else ()
    made = sum(p.rows for p in missing)
    sampled = RowGenerator(prepared.plan, table, rows) if sample_rows and table.partitioned else None
    first = of.new[0].start if of.new else 0
    return TableForecast(
        name=table.name,
        rows=table.rows,
        used=table.rows - made,
        made=made,
        keys=tuple(r for part in missing for r in of.keys.ranges(part)) if of.keys else (),
        size=storage_size.estimate(prepared.live[table.name], made),
        shares=split(missing, config.procs, config.batch.first_rows) if table.partitioned else (),
        sample=sampled.frame(IndexRange(first, min(first + sample_rows, table.rows))) if sampled else pl.DataFrame(),
    )


def _with_risks(forecast: Forecast, prepared: PreparedLoad) -> Forecast:
    """What is worth a look, though seed would not refuse it."""
    risks, live = list(forecast.risks), prepared.live
    if note := serialization_warning(forecast.writer, forecast.facts, live[forecast.plan.target.name], len(forecast.target.shares)):
        risks.append(note)
    for table, planned in zip(forecast.tables, forecast.plan.tables, strict=True):
        there = live[table.name]
        last = max((last for _, last in table.keys), default=0)
        if planned.key is not None and last > SHARE_OF_KEYS_WORTH_SAYING * there.column(planned.key).max_key:
            largest = there.column(planned.key).max_key
            risks.append(f"{table.name}.{planned.key} will be at {last / largest:.0%} of its largest value ({largest:,})")
        filled = {planned.key, *planned.columns}
        if table.made and (others := [c.name for c in there.columns if c.name not in filled and not c.generated]):
            risks.append(f"{table.name}: the plan has no value for {', '.join(others)}: NULL or the default")
        if table.made and (triggers := [trigger.name for trigger in there.triggers]):
            risks.append(
                f"{table.name} has triggers ({', '.join(triggers)}): they run for each row, and clean does not undo what they write"
            )
    if forecast.free_bytes is not None and forecast.size_bytes > forecast.free_bytes:
        risks.append(
            f"the rows need about {forecast.size_bytes:,} bytes, and {forecast.free_bytes:,} are free where the server keeps its data"
        )
    return replace(forecast, risks=tuple(risks))


def free_bytes(facts: ServerInfo) -> int | None:
    """The free space where the server keeps its data; None where that is not on this machine."""
    directory = Path(facts.data_directory)
    try:
        local = facts.hostname == socket.gethostname() and directory.is_dir()
        return shutil.disk_usage(directory).free if local else None
    except OSError:
        return None
