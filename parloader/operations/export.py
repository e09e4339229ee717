"""export: writes the rows that seed would load into files. Writes nothing to a database."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from parloader import __version__
from parloader.config import ExportConfig
from parloader.errors import Interrupted
from parloader.formats.columns import MICROSECONDS, FileColumn, file_columns
from parloader.formats.folder import ExportFolder, export_folder, require_usable, write_failed
from parloader.formats.layout import DataFile, FileTable, batch_rows, data_files, file_names, shares
from parloader.formats.load_script import SCRIPT, commands, load_command, load_script, unloadable
from parloader.formats.manifest import VERSION, FileRecord, manifest_text
from parloader.formats.names import Compression, FormatName, default_compression
from parloader.generation.frames import RowGenerator
from parloader.ledger.encoding import details_text, segments_text
from parloader.ledger.run import TableEntry
from parloader.operations.export_result import ExportedTable, ExportResult
from parloader.plans.documents.plan_document import encode_plan
from parloader.plans.model import Plan, Table
from parloader.plans.row_ranges import RowAllocation
from parloader.quantities import counted
from parloader.runs.planned_export import PlannedExport, planned_export
from parloader.runs.requested_plan import plan_errors_located
from parloader.schema.model import TableSchema
from parloader.workers.events import Event, FileDone
from parloader.workers.executor import SMALL_LOAD_ROWS, Executor
from parloader.workers.progress import Progress
from parloader.workers.runner import default_executor, run_tasks
from parloader.workers.tasks.export import ExportTask

SAMPLE_ROWS = 500
"""At each end of a table, to learn the types and the size of its rows."""


@dataclass(frozen=True, kw_only=True)
class _Export:
    """What is to be written. The same for any number of processes."""

    planned: PlannedExport
    format: FormatName
    compression: Compression
    tables: Mapping[str, FileTable]
    """by name, parents before children"""
    files: tuple[DataFile, ...]
    """in the order in which they are loaded"""
    document: Mapping[str, Any]
    """that of the manifest, without the tables"""

    @property
    def plan(self) -> Plan:
        return self.planned.plan

    @property
    def digest(self) -> str:
        return str(self.document["digest"])

    @property
    def about(self) -> str:
        return str(self.document["about"])


def export(config: ExportConfig, progress: Progress | None = None, executor: Executor | None = None) -> ExportResult:
    """Writes the files that the folder lacks. Raises what plan would; UsageError, Refused: the folder cannot be used; Interrupted; ParloaderError."""
    progress, executor = progress or Progress(), executor or default_executor()
    with plan_errors_located(config), executor.ready(config.most_workers, ExportTask.__module__):
        planned = planned_export(config)
        work = _work(config, planned)
        require_usable(config.folder, work.digest, work.about)
        _note(config, planned, progress)
        with export_folder(config.folder, work.digest, work.about) as folder:
            return _export(config, work, folder, progress, executor)


def _note(config: ExportConfig, planned: PlannedExport, progress: Progress) -> None:
    """What a user has to know of the rows."""
    if config.target is None:
        if planned.schema is None:
            progress.note("no database is read: the tables count as empty, and the files have the columns that the plan names")
    elif planned.server is not None:
        progress.note(f"connected to {planned.server}: {config.target}")
    for decision in planned.notes:
        say = progress.note if decision.guess else progress.detail
        say(f"{decision.table}{'.' + decision.column if decision.column else ''}: {decision.text}")
    for unfilled in planned.unfilled:
        progress.note(f"not exported: {unfilled}")
    if planned.run is not None:
        progress.note(f"these are the rows of run {planned.run.run_id}, which is in the database")
    existing = {name: rows.rows - rows.new_rows for name, rows in planned.rows.items() if rows.rows > rows.new_rows}
    if existing:
        names = ", ".join(f"{name} {rows:,}" for name, rows in existing.items())
        progress.note(f"rows that the database has already are used, but not exported: {names}")


def _work(config: ExportConfig, planned: PlannedExport) -> _Export:
    compression = config.compression or default_compression(config.format)
    plan, rows = planned.plan, planned.rows
    with_rows = [table for table in plan.tables if rows[table.name].new]
    names = file_names([table.name for table in plan.tables])
    tables = {
        table.name: _file_table(plan, table, rows, planned.schema[table.name] if planned.schema else None, names[table.name])
        for table in with_rows
    }
    files = data_files(plan, rows, tuple(tables.values()), config.format, compression, config.rows_per_file)
    return _Export(
        planned=planned,
        format=config.format,
        compression=compression,
        tables=tables,
        files=files,
        document=_document(config, compression, planned, tables),
    )


def _file_table(plan: Plan, table: Table, rows: Mapping[str, RowAllocation], live: TableSchema | None, file_name: str) -> FileTable:
    new = rows[table.name].new
    first, last = new[0], new[-1]
    ends = pl.concat(
        [
            pl.int_range(first.start, min(first.stop, first.start + SAMPLE_ROWS), dtype=pl.Int64, eager=True),
            pl.int_range(max(last.start, last.stop - SAMPLE_ROWS), last.stop, dtype=pl.Int64, eager=True),
        ]
    )
    sample = RowGenerator(plan, table, rows).at(ends)
    order = sample.columns if live is None else [name for name in live.column_names if name in sample.columns]
    columns = file_columns(sample, table.columns, live, order)
    batch, row_group = batch_rows(sample)
    later = tuple(name for name in table.columns if name in table.later)
    return FileTable(
        name=table.name,
        file_name=file_name,
        columns=columns,
        row_key=table.row_key,
        later=later,
        preserved=_preserved(columns, live, later) if later else (),
        batch_rows=batch,
        row_group_rows=row_group,
    )


def _preserved(columns: tuple[FileColumn, ...], live: TableSchema | None, later: tuple[str, ...]) -> tuple[str, ...]:
    """The columns that change ON UPDATE; without a schema, all timestamps."""
    if live is not None:
        return tuple(column.name for column in live.columns if column.on_update and column.name not in later)
    return tuple(column.name for column in columns if column.dtype == MICROSECONDS and column.name not in later)


def _document(config: ExportConfig, compression: Compression, planned: PlannedExport, tables: Mapping[str, FileTable]) -> dict[str, Any]:
    """The manifest's, without its tables. `digest` tells this export from all others."""
    parameters = {name: value for name, value in planned.plan.parameters.items() if name != "file"}  # a path of this machine
    plan = encode_plan(replace(planned.plan, parameters=parameters))
    total = sum(planned.rows[name].new_rows for name in tables)
    identity = {
        "version": VERSION,
        "format": config.format,
        "compression": compression,
        "rows_per_file": config.rows_per_file,
        "plan": plan,
        "rows": {
            table.name: [
                segments_text(planned.rows[table.name].keys),
                details_text(
                    TableEntry(
                        name=table.name, key=table.key, rows=planned.rows[table.name], counter_before=None, counter_after=None, types={}
                    )
                ),
            ]
            for table in planned.plan.tables
        },
        "columns": {table.name: [[column.name, column.type_name] for column in table.columns] for table in tables.values()},
    }
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
    kind = str(config.format) if compression is default_compression(config.format) else f"{config.format} ({compression})"
    return {
        "parloader": __version__,
        "manifest": VERSION,
        "about": f"{counted(total, 'row')} of {counted(len(tables), 'table')} as {kind}, plan {planned.plan.name}, seed {planned.plan.seed}",
        "format": str(config.format),
        "compression": str(compression),
        "rows_per_file": config.rows_per_file,
        "rows": total,
        "seed": planned.plan.seed,
        "digest": digest,
        "plan": plan,
        "load_command": load_command(config.format, compression, "."),
    }


def _export(config: ExportConfig, work: _Export, folder: ExportFolder, progress: Progress, executor: Executor) -> ExportResult:
    begun = time.monotonic()
    written = 0
    failure: OSError | None = None

    def note(event: Event) -> None:
        nonlocal written, failure
        if isinstance(event, FileDone):
            written += event.written
            try:
                folder.note(event.record)
            except OSError as error:
                failure = failure or error

    rows = sum(file.rows.rows for file in work.files)
    procs = executor.task_count(config.procs) if rows > SMALL_LOAD_ROWS else 1
    tasks = [
        ExportTask(
            worker=worker,
            folder=folder.path,
            format=work.format,
            compression=work.compression,
            plan=work.plan,
            rows=work.planned.rows,
            tables=work.tables,
            files=share,
            done={file.name: folder.done[file.name] for file in share if file.name in folder.done},
            restarts_left=config.worker_restarts,
        )
        for worker, share in enumerate(shares(work.files, work.tables, procs))
    ]
    stats, stopped = run_tasks(executor, tasks, progress, what="export", rows=rows, also=note)
    seconds = time.monotonic() - begun
    if failure:
        raise write_failed(folder.path, failure)
    records = [folder.done[file.name] for file in work.files if file.name in folder.done]
    if stopped and len(records) < len(work.files):
        raise Interrupted(
            f"export stopped; {len(records):,} of {counted(len(work.files), 'file')} in {folder.path} are complete",
            "The same command writes the others",
        )
    try:
        folder.complete(_manifest(work, records), _scripts(work, records))
    except OSError as error:
        raise write_failed(folder.path, error) from error
    if work.format is FormatName.CSV:
        for table, column in unloadable(work.tables, records):
            progress.note(
                f"{table}.{column} has NULLs and empty texts, which LOAD DATA cannot tell apart in CSV: to load it, export to tsv"
            )
    return ExportResult(
        folder=folder.path,
        format=work.format,
        compression=work.compression,
        tables=tuple(
            ExportedTable(
                name=table.name,
                rows=work.planned.rows[table.name].new_rows,
                existing=work.planned.rows[table.name].rows - work.planned.rows[table.name].new_rows,
                files=tuple(record for record in records if record.table == table.name),
            )
            for table in work.plan.tables
        ),
        written=written,
        seconds=seconds,
        workers=tuple(stats[worker] for worker in sorted(stats)),
        load_command=load_command(work.format, work.compression, str(folder.path)),
        unfilled=work.planned.unfilled,
    )


def _scripts(work: _Export, records: list[FileRecord]) -> dict[str, str]:
    if work.format is FormatName.PARQUET:
        return {}
    about = f"parloader {__version__}: {work.about}"
    return {SCRIPT: load_script(work.format, work.compression, work.tables, work.files, records, about)}


def _manifest(work: _Export, records: list[FileRecord]) -> str:
    tables = [
        (
            {
                "table": table.name,
                "rows": work.planned.rows[table.name].new_rows,
                "row_key": list(table.row_key),
                "set_later": list(table.later),
                "columns": [{"name": c.name, "type": c.type_name, "server_type": c.server_type} for c in table.columns],
                "commands": commands(work.format, table, work.compression),
            },
            [record for record in records if record.table == table.name],
        )
        for table in work.tables.values()
    ]
    document = {**work.document, "bytes": sum(record.bytes for record in records)}
    return manifest_text(document, tables)
