"""The functions of the library for rows that are loaded: verify, clean and status."""

from collections.abc import Iterable

from parloader.api.arguments import Tables, integer, names, number, table_names
from parloader.api.databases import Database, connected_to
from parloader.api.progress import ProgressArgument, observer
from parloader.api.running import delete, executor
from parloader.api.wording import in_words_of_the_library
from parloader.config import CleanConfig, VerifyConfig
from parloader.defaults import DEFAULT_RETRY_SECONDS, DEFAULT_WORKER_RESTARTS
from parloader.operations import status as reading
from parloader.operations import verify as verifying
from parloader.operations.clean_result import CleanResult
from parloader.operations.status import Status
from parloader.operations.verify import VerifyResult
from parloader.process_limits import require_resources, usable_cores
from parloader.workers.progress import Progress


@in_words_of_the_library()
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
    with connected_to(database, shown.note) as target:
        config = VerifyConfig(target=target, procs=workers, ignore_extra=ignore_extra, runs=_runs(run), tables=table_names(table))
        return verifying.verify(config, shown, executor(workers))


@in_words_of_the_library()
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
        {'orders': 1000, 'customers': 250}
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
            retry_seconds=number("retry_seconds", retry_seconds, DEFAULT_RETRY_SECONDS),
            worker_restarts=integer("worker_restarts", worker_restarts, DEFAULT_WORKER_RESTARTS),
        )
        return delete(config, shown, dry_run=dry_run)


@in_words_of_the_library()
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


def _runs(run: object) -> tuple[int, ...]:
    """A run's number, or several."""
    if run is None:
        return ()
    numbers = run if isinstance(run, Iterable) and not isinstance(run, str) else (run,)
    return tuple(integer("run", number) for number in numbers)


def _procs(procs: int | None) -> int:
    return usable_cores() if procs is None else integer("procs", procs)
