"""The function of the library that writes files: export."""

import os
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from parloader.api.arguments import LoadArguments, Metadata, PlanArgument, Rows, Tables, integer, one_of
from parloader.api.databases import Database, connected_to
from parloader.api.progress import ProgressArgument, observer
from parloader.api.running import executor
from parloader.api.wording import in_words_of_the_library
from parloader.config import ExportConfig
from parloader.database.target import Target
from parloader.defaults import DEFAULT_WORKER_RESTARTS
from parloader.errors import UsageError
from parloader.formats.names import DEFAULT_ROWS_PER_FILE, Compression, FormatName
from parloader.operations import export as exporting
from parloader.operations.export_result import ExportResult
from parloader.process_limits import require_resources


@in_words_of_the_library()
def export(
    database: Database = None,
    *,
    to: str | os.PathLike[str],
    format: str = "parquet",
    compress: str | None = None,
    rows_per_file: int | None = None,
    table: Tables = None,
    all_tables: bool = False,
    plan: PlanArgument = None,
    metadata: Metadata = None,
    rows: Rows = None,
    seed: int | None = None,
    procs: int | None = None,
    new_run: bool = False,
    parameters: Mapping[str, object] | None = None,
    column_rules: Iterable[str] = (),
    allow_databases: Iterable[str] = (),
    allow_history: bool = False,
    worker_restarts: int | None = None,
    progress: ProgressArgument = None,
) -> ExportResult:
    """Writes the rows that seed would load into files. Nothing is written to a database. Called again, it writes only the missing files.

    Args:
        database: As for `seed`; so are the arguments that are not listed here. None: for a plan no database is read; otherwise the tables are
            those of the private server.
        to: The folder of the files: a new one, an empty one, or one in which the same export was interrupted.
        format: `"csv"`, `"tsv"`, `"parquet"` or `"sql"`.
        compress: `"zstd"`, `"gzip"` or `"none"`. None: zstd for Parquet, none for the others.
        rows_per_file: Begin a new file after this many rows. None: 250,000.

    Returns:
        The tables with their files, each with its rows, bytes and checksum.

    Raises:
        UsageError: An argument is not valid, or the folder cannot be used.
        Refused: The load would be refused, or the folder holds something else.
        ConnectError: The server cannot be reached, or refuses the account.
        KeyboardInterrupt: Ctrl-C; the same call writes the rest.

    Examples:
        >>> import parloader
        >>> result = parloader.export(url, table="orders", rows=1000, to="files", format="csv")
        >>> [(each.name, each.rows, [file.name for file in each.files]) for each in result.tables]
        [('customers', 250, ['customers.00001.csv']), ('orders', 1000, ['orders.00001.csv'])]
    """
    selection = LoadArguments(
        table=table,
        all_tables=all_tables,
        plan=plan,
        metadata=metadata,
        rows=rows,
        seed=seed,
        procs=procs,
        new_run=new_run,
        parameters=parameters,
        column_rules=column_rules,
        allow_databases=allow_databases,
        allow_history=allow_history,
    )
    if not isinstance(to, str | os.PathLike) or not os.fspath(to):
        raise UsageError(f"to is {to!r}", "Give the path of a folder")
    shown = observer(progress)
    opened: AbstractContextManager[Target | None] = (
        nullcontext() if database is None and not selection.reads_database else connected_to(database, shown.note)
    )
    with opened as target:
        config = ExportConfig(
            target=target,
            folder=Path(to),
            format=one_of("format", FormatName, format),
            compression=None if compress is None else one_of("compress", Compression, compress),
            rows_per_file=integer("rows_per_file", rows_per_file, DEFAULT_ROWS_PER_FILE),
            procs=selection.workers,
            worker_restarts=integer("worker_restarts", worker_restarts, DEFAULT_WORKER_RESTARTS),
            **selection.tables_and_rows(),
        )
        require_resources(config.procs)
        return exporting.export(config, shown, executor(config.procs))
