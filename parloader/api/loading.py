"""The functions of the library that load rows: seed, seeded, and plan, which shows what they would do."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypedDict, Unpack

from parloader.api.arguments import LoadArguments, Metadata, PlanArgument, Rows, Tables, integer
from parloader.api.databases import Database, connected_to
from parloader.api.progress import ProgressArgument, observer
from parloader.api.running import load, remove
from parloader.api.wording import in_words_of_the_library
from parloader.errors import UsageError
from parloader.limits import MAX_SAMPLED_ROWS
from parloader.operations import plan as planning
from parloader.operations.plan import Forecast
from parloader.operations.seed_result import SeedResult
from parloader.process_limits import require_resources
from parloader.workers.progress import Progress


@in_words_of_the_library()
def seed(
    database: Database = None,
    *,
    table: Tables = None,
    all_tables: bool = False,
    plan: PlanArgument = None,
    metadata: Metadata = None,
    create: bool = False,
    rows: Rows = None,
    seed: int | None = None,
    procs: int | None = None,
    batch: int | str | None = None,
    writer: str | None = None,
    new_run: bool = False,
    defer_indexes: bool = False,
    parameters: Mapping[str, object] | None = None,
    column_rules: Iterable[str] = (),
    allow_remote: Iterable[str] = (),
    allow_databases: Iterable[str] = (),
    allow_history: bool = False,
    max_rows_per_second: float | None = None,
    retry_seconds: float | None = None,
    worker_restarts: int | None = None,
    progress: ProgressArgument = None,
) -> SeedResult:
    """Fills tables of a database, and the parent rows that they need. Called again after an interruption, it loads only what is missing.

    Args:
        database: A URL as for `--url`, an SQLAlchemy `URL` or engine, or None: the private server of this machine.
        table: Fill this table, or these: names, or mapped classes of SQLAlchemy or Django. With several, the first is the target table.
        all_tables: Fill every table of the database that can be filled.
        plan: Load this plan: a `parloader.Plan`, the path of a plan file, or `"package.module:NAME"`.
        metadata: Fill the tables of these SQLAlchemy models: a `MetaData`, such as `Base.metadata`.
        create: Create those of them that do not exist; the result names them in `created_tables`. They stay after `clean`.
        rows: Rows of the target table (with `all_tables` or `metadata`, of the largest one), or numbers by table; also as a text such as `"10k"`.
            None: those of the plan, a million for `table`, 100,000 for the largest of `all_tables` or `metadata`.
        seed: The random seed: another number gives other values.
        procs: Worker processes. 1: the calling process does the work, and no other is started. None: that too for at most 10,000 rows,
            otherwise one process for each usable core.
        batch: Rows in each transaction, `"auto"`, or a time such as `"200ms"`.
        writer: `"insert"` or `"load-data"`.
        new_run: Add these rows after those of an earlier, complete run.
        defer_indexes: Drop indexes that no constraint needs, and add them again after the rows.
        parameters: Parameters of the built-in plan, by name.
        column_rules: Rules for columns that a plan leaves open, each a text as for `--column-rule`.
        allow_remote: Hosts to which it may write, besides this machine.
        allow_databases: Other databases of the server in which it may create parent rows.
        allow_history: It may fill system-versioned tables.
        max_rows_per_second: Of all workers together.
        retry_seconds: How long a batch is retried after a deadlock or a lost connection.
        worker_restarts: How many times a crashed worker is replaced.
        progress: A function that is called with a `ProgressUpdate` several times a second, or True for a tqdm bar.

    Returns:
        What this call loaded, and what the run holds now. Tables that `all_tables` could not fill are in its `unfilled`.

    Raises:
        UsageError: An argument is not valid.
        Refused: Nothing was done, because it would have been wrong.
        ConnectError: The server cannot be reached, or refuses the account.
        ParloaderError: The load failed; committed rows stay, and the same call does the rest.
        KeyboardInterrupt: Ctrl-C; the batches in progress were finished, and the same call does the rest.

    Examples:
        >>> import parloader
        >>> result = parloader.seed(url, table="orders", rows=1000)
        >>> result.rows
        1000
    """
    selection = LoadArguments(
        table=table,
        all_tables=all_tables,
        plan=plan,
        metadata=metadata,
        create=create,
        rows=rows,
        seed=seed,
        procs=procs,
        batch=batch,
        writer=writer,
        new_run=new_run,
        defer_indexes=defer_indexes,
        parameters=parameters,
        column_rules=column_rules,
        allow_remote=allow_remote,
        allow_databases=allow_databases,
        allow_history=allow_history,
        max_rows_per_second=max_rows_per_second,
        retry_seconds=retry_seconds,
        worker_restarts=worker_restarts,
    )
    shown = observer(progress)
    with connected_to(database, shown.note) as target:
        return load(selection, target, shown).result


@in_words_of_the_library()
def plan(
    database: Database = None,
    *,
    sample: int = 0,
    profile: bool = False,
    table: Tables = None,
    all_tables: bool = False,
    plan: PlanArgument = None,
    metadata: Metadata = None,
    rows: Rows = None,
    seed: int | None = None,
    procs: int | None = None,
    batch: int | str | None = None,
    writer: str | None = None,
    new_run: bool = False,
    defer_indexes: bool = False,
    parameters: Mapping[str, object] | None = None,
    column_rules: Iterable[str] = (),
    allow_remote: Iterable[str] = (),
    allow_databases: Iterable[str] = (),
    allow_history: bool = False,
) -> Forecast:
    """What seed would do, and whether the schema fits. Nothing is written to the database.

    Args:
        database: As for `seed`; so are the arguments that are not listed here.
        sample: How many rows to generate of each table, as a Polars frame: `forecast.tables[0].sample`.
        profile: Also describe the rows: NULLs, distinct, smallest, median, largest and most frequent values.

    Returns:
        The plan with all of its tables and generators, and for each table the rows to create and their size in bytes.

    Raises:
        UsageError: An argument is not valid.
        Refused: The load would be refused.
        ConnectError: The server cannot be reached, or refuses the account.

    Examples:
        >>> import parloader
        >>> forecast = parloader.plan(url, table="orders", rows=1000, sample=3)
        >>> [(each.name, each.made) for each in forecast.tables]
        [('customers', 250), ('orders', 1000)]
    """
    selection = LoadArguments(
        table=table,
        all_tables=all_tables,
        plan=plan,
        metadata=metadata,
        rows=rows,
        seed=seed,
        procs=procs,
        batch=batch,
        writer=writer,
        new_run=new_run,
        defer_indexes=defer_indexes,
        parameters=parameters,
        column_rules=column_rules,
        allow_remote=allow_remote,
        allow_databases=allow_databases,
        allow_history=allow_history,
    )
    if not 0 <= integer("sample", sample) <= MAX_SAMPLED_ROWS:
        raise UsageError(f"sample is {sample}", f"Use a number from 0 to {MAX_SAMPLED_ROWS:,}")
    require_resources()
    with connected_to(database, Progress().note) as target:
        return planning.plan(selection.config(target), sample, profiled=profile)


class SeedOptions(TypedDict, total=False):
    """The arguments of seed, besides the database."""

    table: Tables
    all_tables: bool
    plan: PlanArgument
    metadata: Metadata
    create: bool
    rows: Rows
    seed: int | None
    procs: int | None
    batch: int | str | None
    writer: str | None
    new_run: bool
    defer_indexes: bool
    parameters: Mapping[str, object] | None
    column_rules: Iterable[str]
    allow_remote: Iterable[str]
    allow_databases: Iterable[str]
    allow_history: bool
    max_rows_per_second: float | None
    retry_seconds: float | None
    worker_restarts: int | None
    progress: ProgressArgument


@contextmanager
def seeded(database: Database = None, **options: Unpack[SeedOptions]) -> Iterator[SeedResult]:
    """A context in which the rows exist: seeds at its start, and cleans that run at its end, also if the block raises an exception.

    The block may edit and delete generated rows. Rows that it adds itself and that reference them stop the clean (ForeignRows): delete them in
    the block. If rows were loaded by an earlier call with the same arguments, they are used and cleaned as well, unless they were edited.
    Tables that `create=True` has created are dropped at the end.

    Args:
        database: As for `seed`. The private server runs as long as the block.
        options: The other arguments of `seed`.

    Yields:
        The result of seed.

    Raises:
        ParloaderError: That of `seed` or, at the end, of `clean`. The exception of the block comes first: that of the clean is a note of it.

    Examples:
        >>> import parloader
        >>> with parloader.seeded(url, table="orders", rows=100) as result:
        ...     print(result.rows)
        100
    """
    shown = observer(options.pop("progress", None))
    selection = LoadArguments(**options)  # type: ignore[misc]  # mypy does not see that there is no "progress" any more
    with connected_to(database, shown.note) as target:
        loaded = load(selection, target, shown)
        try:
            yield loaded.result
        except BaseException as error:
            try:
                remove(loaded, shown)
            except Exception as failure:
                error.add_note(f"parloader did not clean run {loaded.result.run_id}: {failure}")
            raise
        remove(loaded, shown)
