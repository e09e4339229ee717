"""The click command export, which writes rows into files. No logic."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parloader.cli.connection_options import ConnectionOptions, connection_options_without_compression
from parloader.cli.decorators import opened, screen_of, with_output
from parloader.cli.file_types import FolderName
from parloader.cli.help_pages import EXIT_CODES, Command
from parloader.cli.option_groups import FILES
from parloader.cli.options.plan_options import SelectionOptions, new_run_option, selection_options
from parloader.cli.output import Output
from parloader.defaults import DEFAULT_WORKER_RESTARTS
from parloader.formats.names import DEFAULT_FORMAT, DEFAULT_ROWS_PER_FILE, Compression, FormatName
from parloader.limits import MAX_ROWS
from parloader.process_limits import require_resources
from parloader.quantities import ROWS_EXAMPLES, counted, parse_rows, size_text

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from parloader.database.target import Target
    from parloader.operations.export_result import ExportResult


def _rows_per_file(_: click.Context, __: click.Parameter, text: str) -> int:
    try:
        rows = parse_rows(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    if not 1 <= rows <= MAX_ROWS:
        raise click.BadParameter(f"{text!r} is not a number of rows from 1 to {MAX_ROWS:,}, such as {ROWS_EXAMPLES}")
    return rows


@click.command(cls=Command, epilog=EXIT_CODES)
@selection_options
@new_run_option
@FILES.option(
    "--to",
    "folder",
    type=FolderName(),
    metavar="FOLDER",
    required=True,
    help="Write the files here: a new folder, an empty one, or one in which the same export was interrupted.",
)
@FILES.option(
    "--format",
    "format_name",
    type=click.Choice(list(map(str, FormatName))),
    default=str(DEFAULT_FORMAT),
    show_default=True,
    callback=lambda _, __, name: FormatName(name),
    help="csv and parquet for other programs, tsv for LOAD DATA, sql for the mysql client.",
)
@FILES.option(
    "--compress",
    "compression",
    type=click.Choice(list(map(str, Compression))),
    callback=lambda _, __, name: name and Compression(name),
    help="Compress the files.  [default: zstd for parquet, none for the others]",
)
@FILES.option(
    "--rows-per-file",
    callback=_rows_per_file,
    default=str(DEFAULT_ROWS_PER_FILE),
    show_default=True,
    metavar="ROWS",
    help="Begin a new file after this many rows. Each process writes one file at a time.",
)
@connection_options_without_compression
@with_output
def export(
    *,
    connection: ConnectionOptions,
    output: Output,
    selected: SelectionOptions,
    new_run: bool,
    folder: Path,
    format_name: FormatName,
    compression: Compression | None,
    rows_per_file: int,
) -> None:
    """Write the rows that seed would load into files. Nothing is written to a database.

    A plan file or the built-in plan needs no database, unless --url names one. Run again after an interruption, it writes only the missing files.
    """
    screen = screen_of(output)
    needs_database = selected.reads_database or connection.url is not None
    # without a URL, connection.target() has only options to complain about that need one
    target: AbstractContextManager[Target | None] = opened(connection, screen) if needs_database else nullcontext(connection.target())
    require_resources(selected.procs)
    with target as found:
        from parloader.config import ExportConfig
        from parloader.operations import export as operation

        config = ExportConfig(
            target=found,
            folder=folder,
            format=format_name,
            compression=compression,
            rows_per_file=rows_per_file,
            procs=selected.procs,
            worker_restarts=DEFAULT_WORKER_RESTARTS,
            new_run=new_run,
            **selected.selection(),
        )
        result = operation.export(config, screen)
    output.show(result.as_json(), lambda: _text(result), result.failure)


def _text(result: "ExportResult") -> str:
    """The result for people: each table, and how to load or read the files."""
    from parloader.cli.terminal.text_tables import aligned

    rows = [(each.name, f"{each.rows:,}", f"{len(each.files):,}", size_text(each.bytes)) for each in result.tables if each.files]
    lines = [*aligned([("table", "rows", "files", "size"), *rows]), ""] if rows else []
    files = counted(result.file_count, "file")
    if not rows:
        lines.append(f"no rows to export: {result.folder} has a manifest only")
    elif result.written:
        there = (
            f"; {counted(result.file_count - result.written, 'file')} had been written before" if result.written < result.file_count else ""
        )
        speed = f" in {result.seconds:.1f} s: {result.rows_per_second:,.0f} rows/s" if not there else f" in {result.seconds:.1f} s"
        lines.append(f"exported {counted(result.rows, 'row')} to {result.folder}, {files}, {size_text(result.bytes)},{speed}{there}")
    else:
        lines.append(f"{result.folder} has this export already: {files} with {counted(result.rows, 'row')}, each with its checksum")
    if result.load_command and rows:
        lines.append(f"to load the files: {result.load_command}")
    if result.format is FormatName.PARQUET and rows:
        last = next(each.files[-1].name for each in reversed(result.tables) if each.files)
        pattern = result.folder / f"{last.split('.')[0]}.*.parquet"
        lines.append(f"to read a table: pl.read_parquet('{pattern}') or, in DuckDB, SELECT * FROM '{pattern}'")
    return "\n".join(lines)
