"""plan: shows what seed would do. Reads only."""

import shutil
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import polars as pl

from parloader.config import SeedConfig
from parloader.database.driver import Connection
from parloader.database.session import ServerInfo
from parloader.defaults import DEFAULT_RETRY_SECONDS
from parloader.errors import Refused, TablesNotFilled
from parloader.generation.frames import RowGenerator
from parloader.generation.profile import Reference, TableProfile, profile
from parloader.ledger.run import Run
from parloader.planner.request import Note, UnfilledTable, listed
from parloader.planner.unfillable import not_filled
from parloader.plans.documents import toml_file
from parloader.plans.model import Plan, Table
from parloader.plans.row_ranges import IndexRange, RowAllocation, split
from parloader.quantities import size_text
from parloader.rows.allocation import allocate
from parloader.rows.existing_rows import NO_ROWS, RowCount, count_rows
from parloader.rows.writer_names import WriterName
from parloader.runs import permission
from parloader.runs.index_deferral import deferrable_indexes, refusal
from parloader.runs.preparation import PreparedLoad, prepare, without_rejected_tables
from parloader.runs.requested_plan import plan_errors_located
from parloader.runs.trigger_watch import FIRING
from parloader.runs.writer_checks import serialization_warning
from parloader.schema import storage_size
from parloader.schema.model import DOCUMENT_ID, Schema, TableSchema
from parloader.schema.storage_size import Size
from parloader.workers.batching import Batch
from parloader.workers.retry_policy import run_on_connection

# If a load uses more than this share of a table's possible keys, plan warns
KEYS_USED_WARNING = 0.5


@dataclass(frozen=True, kw_only=True)
class TableForecast:
    """What seed would do in one table."""

    name: str
    rows: int
    """of the plan"""
    existing: RowCount
    """all rows that the table has now"""
    used: int
    """existing rows that are used: those that the plan reuses, or those that the run has loaded already"""
    made: int
    """rows to create"""
    keys: tuple[tuple[int, int], ...]
    """(first, last) key of the rows to create, if the run assigns keys"""
    size: Size
    """of the rows to create"""
    shares: tuple[tuple[IndexRange, ...], ...]
    """the rows of each worker; empty if no workers load the table"""
    sample: pl.DataFrame
    """some of the rows to create"""
    deferrable: tuple[str, ...]
    """the indexes that --defer-indexes would drop and add again, if it was given or the table would be larger than the buffer pool"""


@dataclass(frozen=True, kw_only=True, repr=False)
class Forecast:
    """What seed would do."""

    plan: Plan
    server: ServerInfo
    creates_tables: bool
    run: Run | None
    """the run to resume"""
    tables: tuple[TableForecast, ...]
    batch: Batch
    writer: WriterName
    defer_indexes: bool
    free_bytes: int | None
    notes: tuple[Note, ...]
    """decisions that the plan left open"""
    risks: tuple[str, ...]
    """warnings: seed would not refuse these"""
    unfilled: tuple[UnfilledTable, ...] = ()
    """of an entire database: the tables that cannot be filled"""
    profiles: tuple[TableProfile, ...] = ()
    """what the rows to create look like, if that was asked for"""

    def __repr__(self) -> str:
        return f"<Forecast of {self.plan.name}, rows to create: {', '.join(f'{table.name} {table.made:,}' for table in self.tables)}>"

    @property
    def size_bytes(self) -> int:
        return sum(table.size.total_bytes for table in self.tables if table.made)

    @property
    def target(self) -> TableForecast:
        return next(table for table in self.tables if table.name == self.plan.target.name)

    @property
    def failure(self) -> TablesNotFilled | None:
        """With what the command ends although it has a result."""
        return not_filled(self.unfilled)

    def as_json(self) -> dict[str, object]:
        return {
            "plan": self.plan.name,
            "parameters": dict(self.plan.parameters),
            "seed": self.plan.seed,
            "server": str(self.server),
            "creates_tables": self.creates_tables,
            "run_id": self.run.run_id if self.run else None,
            "tables": [
                {
                    "table": t.name,
                    "rows": t.rows,
                    "existing": t.existing.rows,
                    "existing_exact": t.existing.exact,
                    "used": t.used,
                    "made": t.made,
                    "keys": [list(pair) for pair in t.keys],
                    "data_bytes": t.size.data_bytes,
                    "index_bytes": t.size.index_bytes,
                    "deferrable_indexes": list(t.deferrable),
                    **({"sample": [_plain(row) for row in t.sample.rows(named=True)]} if t.sample.height else {}),
                }
                for t in self.tables
            ],
            "partitions": [[[p.start, p.stop] for p in share] for share in self.target.shares],
            "batch": self.batch.text,
            "writer": str(self.writer),
            "defer_indexes": self.defer_indexes,
            "buffer_pool_bytes": self.server.buffer_pool_bytes,
            "size_bytes": self.size_bytes,
            "free_bytes": self.free_bytes,
            "notes": [{"table": note.table, "column": note.column, "text": note.text, "guess": note.guess} for note in self.notes],
            "risks": list(self.risks),
            "unfilled": [table.as_json() for table in self.unfilled],
            **({"profiles": [table.as_json() for table in self.profiles]} if self.profiles else {}),
        }


def _plain(row: dict[str, object]) -> dict[str, object]:
    """The row as JSON values: dates, decimals and bytes as text."""
    return {n: v.hex() if isinstance(v, bytes) else v if isinstance(v, int | float | str | None) else str(v) for n, v in row.items()}


def plan(config: SeedConfig, sample_rows: int = 0, *, profiled: bool = False) -> Forecast:
    """Reads only; raises what seed would. `sample_rows`: how many rows to generate of each table that workers load, as a sample.

    `profiled`: whether to generate rows of each table and profile them.
    """

    def forecast_of(connection: Connection) -> Forecast:
        return without_rejected_tables(config, partial(forecast_without, connection))

    def forecast_without(connection: Connection, rejected: Mapping[str, Refused]) -> Forecast:
        prepared = prepare(connection, config, rejected)
        run = prepared.run
        rows = run.rows if run else allocate(connection, prepared.plan, prepared.schema, {}, empty=prepared.creates_tables)
        existing = {} if prepared.creates_tables else count_rows(connection, [table.name for table in prepared.plan.tables])
        deferrable = {} if prepared.creates_tables else _deferrable(connection, config, prepared, rows, existing)
        forecast = Forecast(
            plan=prepared.plan,
            server=prepared.server,
            creates_tables=prepared.creates_tables,
            run=run,
            tables=tuple(
                _table_forecast(
                    config, prepared, table, rows, existing.get(table.name, NO_ROWS), sample_rows, deferrable.get(table.name, ())
                )
                for table in prepared.plan.tables
            ),
            batch=config.batch,
            writer=config.writer,
            defer_indexes=config.defer_indexes,
            free_bytes=free_bytes(prepared.server),
            notes=prepared.planned.notes,
            unfilled=prepared.planned.unfilled,
            profiles=tuple(_profiles(prepared, rows)) if profiled else (),
            risks=(
                *permission.objections(connection, config.target, config.allow_remote, [name for name, each in rows.items() if each.new]),
                *([f"seed would be refused: {refused}"] if config.defer_indexes and (refused := refusal(connection)) else []),
            ),
        )
        return replace(forecast, risks=(*forecast.risks, *_risks(forecast, prepared.schema)))

    with plan_errors_located(config):
        return run_on_connection(config.target, "planning", forecast_of, DEFAULT_RETRY_SECONDS)


def _profiles(prepared: PreparedLoad, rows: Mapping[str, RowAllocation]) -> Iterator[TableProfile]:
    """Of each table in which rows would be created."""
    for table in prepared.plan.tables:
        if rows[table.name].new:
            keys = prepared.schema[table.name].foreign_keys
            yield profile(prepared.plan, table, rows, [Reference(columns=key.columns, parent=key.parent) for key in keys])


def write(forecast: Forecast, file: Path) -> None:
    """Writes the plan as a file to edit, with parloader's decisions as comments."""
    comments: dict[tuple[str, str | None], str] = {}
    for note in forecast.notes:
        place = note.table, note.column
        comments[place] = f"{comments[place]}; {note.text}" if place in comments else note.text
    toml_file.write(forecast.plan, file, comments)


def _deferrable(
    connection: Connection, config: SeedConfig, prepared: PreparedLoad, rows: Mapping[str, RowAllocation], existing: Mapping[str, RowCount]
) -> dict[str, tuple[str, ...]]:
    """Table → the indexes that --defer-indexes would defer, of the tables for which it was given or would pay."""
    tables = [
        table.name
        for table in prepared.plan.partitioned
        if not existing[table.name].rows
        and (
            config.defer_indexes
            or _exceeds_buffer_pool(storage_size.estimate(prepared.schema[table.name], rows[table.name].new_rows), prepared.server)
        )
    ]
    return {found.table: found.names for found in deferrable_indexes(connection, prepared.schema, tables)}


def _exceeds_buffer_pool(size: Size, server: ServerInfo) -> bool:
    """Whether the server cannot keep the table with its indexes in memory: then each entry of an index in random order reads and writes a page."""
    return size.total_bytes > server.buffer_pool_bytes


def _table_forecast(
    config: SeedConfig,
    prepared: PreparedLoad,
    table: Table,
    rows: Mapping[str, RowAllocation],
    existing: RowCount,
    sample_rows: int,
    deferrable: tuple[str, ...],
) -> TableForecast:
    allocation, run = rows[table.name], prepared.run
    missing = allocation.new if run is None else run.gaps(table.name) if table.partitioned else ()
    new_rows = sum(part.rows for part in missing)
    generator = RowGenerator(prepared.plan, table, rows) if sample_rows and table.partitioned else None
    first = allocation.new[0].start if allocation.new else 0
    procs = 1 if prepared.schema[table.name].has_document_ids else config.procs
    return TableForecast(
        name=table.name,
        rows=table.rows,
        existing=existing,
        used=table.rows - new_rows,
        made=new_rows,
        keys=tuple(key_range for part in missing for key_range in allocation.keys.ranges(part)) if allocation.keys else (),
        size=storage_size.estimate(prepared.schema[table.name], new_rows),
        shares=split(missing, procs, config.batch.first_rows) if table.partitioned else (),
        sample=generator.frame(IndexRange(first, min(first + sample_rows, table.rows))) if generator else pl.DataFrame(),
        deferrable=deferrable,
    )


def _risks(forecast: Forecast, schema: Schema) -> Iterator[str]:
    """Warnings, of what seed would not refuse."""
    target = schema[forecast.plan.target.name]
    if note := serialization_warning(forecast.writer, forecast.server, target, len(forecast.target.shares)):
        yield note
    for table in forecast.tables:
        if table.deferrable and not forecast.defer_indexes:
            yield (
                f"{table.name} will be larger than the server's buffer pool (estimated: {size_text(table.size.total_bytes)} with indexes; "
                f"innodb_buffer_pool_size: {size_text(forecast.server.buffer_pool_bytes)}): --defer-indexes, which adds {listed(table.deferrable)} "
                "after the rows, may save much of the time"
            )
    for table, planned in zip(forecast.tables, forecast.plan.tables, strict=True):
        yield from _table_risks(table, planned, schema[table.name])
    if forecast.free_bytes is not None and forecast.size_bytes > forecast.free_bytes:
        free = size_text(forecast.free_bytes)
        yield f"the rows need about {size_text(forecast.size_bytes)}, but the disk of the server's data directory has only {free} free"


def _table_risks(forecast: TableForecast, planned: Table, table: TableSchema) -> Iterator[str]:
    last_key = max((last for _, last in forecast.keys), default=0)
    if planned.key is not None and last_key > KEYS_USED_WARNING * table.column(planned.key).max_key:
        max_key = table.column(planned.key).max_key
        yield f"{forecast.name}.{planned.key} will reach {last_key / max_key:.0%} of its largest value ({max_key:,})"
    if forecast.made and planned.partitioned and table.has_document_ids:
        yield f"{forecast.name} is loaded by one worker, in order: InnoDB takes only ascending values of {DOCUMENT_ID}"
    filled = {planned.key, *planned.columns}
    if forecast.made and (others := [column.name for column in table.columns if column.name not in filled and not column.generated]):
        yield f"{forecast.name}: the plan gives no value for {', '.join(others)}: these will be NULL or the default"
    if forecast.made and (triggers := [trigger.name for trigger in table.triggers if trigger.event in FIRING]):
        yield f"{forecast.name} has triggers ({', '.join(triggers)}): they run for each row, and clean does not undo what they write"


def free_bytes(server: ServerInfo) -> int | None:
    """The free space on the disk of the server's data directory; None if the server is not on this machine."""
    directory = Path(server.data_directory)
    try:
        local = server.hostname == socket.gethostname() and directory.is_dir()
        return shutil.disk_usage(directory).free if local else None
    except OSError:
        return None
