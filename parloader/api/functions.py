"""The functions of the library. Each is documented in docs/python.md, and does what the command of its name does."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypedDict, Unpack

from parloader.api.databases import Database, connected_to
from parloader.api.progress import ProgressArgument, observer
from parloader.api.selection import PlanArgument, Rows, Selection, Tables, integer, names
from parloader.config import CleanConfig, SeedConfig, VerifyConfig
from parloader.defaults import DEFAULT_RETRY_SECONDS, DEFAULT_WORKER_RESTARTS
from parloader.errors import Interrupted, UsageError
from parloader.limits import MAX_SAMPLED_ROWS
from parloader.operations import clean as cleaning
from parloader.operations import plan as planning
from parloader.operations import seed as seeding
from parloader.operations import status as reading
from parloader.operations import verify as verifying
from parloader.operations.clean_result import CleanResult
from parloader.operations.plan import Forecast
from parloader.operations.seed_result import SeedResult
from parloader.operations.status import Status
from parloader.operations.verify import VerifyResult
from parloader.process_limits import require_resources, usable_cores
from parloader.workers.executor import Executor
from parloader.workers.progress import Progress
from parloader.workers.runner import default_executor, in_process_executor


def seed(
    database: Database = None,
    *,
    table: Tables = None,
    all_tables: bool = False,
    plan: PlanArgument = None,
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
        table: Fill this table, or these; the first is the one that `rows` means.
        all_tables: Fill every table of the database that can be filled.
        plan: Load this plan: a `parloader.Plan`, the path of a plan file, or `"package.module:NAME"`.
        rows: Rows of the target table (with `all_tables`, of the largest one), or numbers by table; also as a text such as `"10k"`.
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
    selection = Selection(
        table=table,
        all_tables=all_tables,
        plan=plan,
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
        return _seed(selection.config(target), shown)


def _seed(config: SeedConfig, progress: Progress) -> SeedResult:
    require_resources(config.most_workers)
    with _ctrl_c():
        return seeding.seed(config, progress, _executor(config.procs))


def plan(
    database: Database = None,
    *,
    sample: int = 0,
    profile: bool = False,
    table: Tables = None,
    all_tables: bool = False,
    plan: PlanArgument = None,
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
        [('customers', 10), ('orders', 1000)]
    """
    selection = Selection(
        table=table,
        all_tables=all_tables,
        plan=plan,
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


def verify(
    database: Database = None,
    *,
    run: int | Iterable[int] | None = None,
    table: Tables = None,
    ignore_extra: bool = False,
    procs: int | None = None,
    progress: ProgressArgument = None,
) -> VerifyResult:
    """Generates every row again and compares it with the database.

    Args:
        database: As for `seed`.
        run: Only this run, or these, as `status` numbers them. None: all.
        table: Only this table, or these. None: all.
        ignore_extra: List rows that parloader did not create, but do not count them as differences.
        procs: As for `seed`.
        progress: As for `seed`.

    Returns:
        The differences, which are no error: `result.ok` is False if there is one.

    Raises:
        Refused: There is no run, or no such table.
        ConnectError: The server cannot be reached, or refuses the account.
        KeyboardInterrupt: Ctrl-C.

    Examples:
        >>> import parloader
        >>> parloader.verify(url).ok
        True
    """
    workers, shown = _procs(procs), observer(progress)
    require_resources(workers)
    with connected_to(database, shown.note) as target, _ctrl_c():
        config = VerifyConfig(target=target, procs=workers, ignore_extra=ignore_extra, runs=_runs(run), tables=names("table", table))
        return verifying.verify(config, shown, _executor(workers))


def clean(
    database: Database = None,
    *,
    run: int | Iterable[int] | None = None,
    dry_run: bool = False,
    edited_too: bool = False,
    with_trigger_rows: bool = False,
    accept_unseen_references: bool = False,
    procs: int | None = None,
    allow_remote: Iterable[str] = (),
    retry_seconds: float | None = None,
    worker_restarts: int | None = None,
    progress: ProgressArgument = None,
) -> CleanResult:
    """Deletes the rows that parloader created, and nothing else. It does not ask.

    Args:
        database: As for `seed`.
        run: Only this run, or these, as `status` numbers them. None: all.
        dry_run: Count the rows; delete nothing.
        edited_too: Also delete generated rows that were edited later.
        with_trigger_rows: Also delete rows that triggers inserted for generated rows.
        accept_unseen_references: Also if foreign keys may exist that the account cannot see.
        procs: As for `seed`.
        allow_remote: As for `seed`.
        retry_seconds: As for `seed`.
        worker_restarts: As for `seed`.
        progress: As for `seed`.

    Returns:
        How many rows of each table were deleted; none if there is no run.

    Raises:
        ForeignRows: Rows that parloader did not create reference rows to delete. Nothing was deleted.
        EditedRows: Rows to delete were edited. Nothing was deleted.
        Refused: Nothing was deleted, for another reason.
        ConnectError: The server cannot be reached, or refuses the account.
        KeyboardInterrupt: Ctrl-C; the same call deletes the rest.

    Examples:
        >>> import parloader
        >>> dict(parloader.clean(url).tables)
        {'orders': 1000, 'customers': 10}
    """
    shown = observer(progress)
    with connected_to(database, shown.note) as target:
        config = CleanConfig(
            target=target,
            procs=_procs(procs),
            runs=_runs(run),
            edited_too=edited_too,
            with_trigger_rows=with_trigger_rows,
            accept_unseen_references=accept_unseen_references,
            allow_remote=names("allow_remote", allow_remote),
            retry_seconds=DEFAULT_RETRY_SECONDS if retry_seconds is None else retry_seconds,
            worker_restarts=DEFAULT_WORKER_RESTARTS if worker_restarts is None else worker_restarts,
        )
        return _clean(config, shown, dry_run=dry_run)


def _clean(config: CleanConfig, progress: Progress, *, dry_run: bool = False) -> CleanResult:
    require_resources(config.procs)
    with _ctrl_c():
        operation = cleaning.preview_clean if dry_run else cleaning.clean
        return operation(config, progress, _executor(config.procs))


def status(database: Database = None) -> Status:
    """The runs of a database, and what parloader is doing there. Nothing is written.

    Args:
        database: As for `seed`.

    Returns:
        The runs (`status.runs`), each with its number, its plan, and how many of its rows are loaded.

    Raises:
        ConnectError: The server cannot be reached, or refuses the account.

    Examples:
        >>> import parloader
        >>> [(run.run_id, run.target, run.done_rows, run.complete) for run in parloader.status(url).runs]
        [(1, 'orders', 1000, True)]
    """
    with connected_to(database, Progress().note) as target:
        return reading.status(target)


class SeedOptions(TypedDict, total=False):
    """The arguments of seed, besides the database."""

    table: Tables
    all_tables: bool
    plan: PlanArgument
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
    selection = Selection(**options)  # type: ignore[misc]  # mypy does not see that there is no "progress" any more
    with connected_to(database, shown.note) as target:
        config = selection.config(target)
        result = _seed(config, shown)
        try:
            yield result
        except BaseException as error:
            try:
                _clean_run(config, result, shown)
            except Exception as failure:
                error.add_note(f"parloader did not clean run {result.run_id}: {failure}")
            raise
        _clean_run(config, result, shown)


def _clean_run(config: SeedConfig, result: SeedResult, progress: Progress) -> None:
    """Cleans the run of a seed, if it began one."""
    if result.run_id is not None:
        clean_config = CleanConfig(
            target=config.target,
            procs=config.procs,
            runs=(result.run_id,),
            edited_too=not result.already_complete,
            allow_remote=config.allow_remote,
            retry_seconds=config.retry_seconds,
            worker_restarts=config.worker_restarts,
        )
        _clean(clean_config, progress)


def _runs(run: object) -> tuple[int, ...]:
    """A run's number, or several."""
    if run is None:
        return ()
    numbers = run if isinstance(run, Iterable) and not isinstance(run, str) else (run,)
    return tuple(integer("run", number) for number in numbers)


def _procs(procs: int | None) -> int:
    return usable_cores() if procs is None else integer("procs", procs)


def _executor(procs: int) -> Executor:
    """With 1, the calling process does the work."""
    return in_process_executor() if procs == 1 else default_executor()


@contextmanager
def _ctrl_c() -> Iterator[None]:
    """A load that Ctrl-C has stopped after its batches raises what Ctrl-C raises, so that the caller ends as well."""
    try:
        yield
    except Interrupted as error:
        raise KeyboardInterrupt(str(error)) from error
