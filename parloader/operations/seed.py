"""seed: fills the table, exactly once, and says what is there."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from parloader.config import SeedConfig
from parloader.database.driver import Connection
from parloader.database.session import ServerInfo, require_writable
from parloader.errors import Interrupted, ParloaderError
from parloader.ledger import store
from parloader.ledger.run import Run
from parloader.plans.model import Pass, Table
from parloader.plans.row_ranges import split
from parloader.rows import rule_counts, server_text
from parloader.rows.writers import deferred_update
from parloader.runs import permission
from parloader.runs.begin import begin
from parloader.runs.preparation import prepare, serialization_warning
from parloader.schema.model import Schema, TableSchema
from parloader.workers.events import BatchDone, Event, age_seconds
from parloader.workers.executor import Executor
from parloader.workers.lease import DatabaseLease
from parloader.workers.progress import Progress
from parloader.workers.runner import default_executor, run_tasks
from parloader.workers.self_references import load_stages
from parloader.workers.stats import WorkerStats
from parloader.workers.tasks.load import LoadTask
from parloader.workers.throttle import throttles


@dataclass(frozen=True, kw_only=True)
class SeedResult:
    """`rows` were loaded by this call in `seconds` (0 where the run was complete already), and columns of `updated` rows set in a second pass;
    `counts` are of the whole run, as found on the server.

    `first_batch_seconds`: from the start of this process (the import of parloader) to the first committed batch; None where none was loaded.
    """

    run_id: int
    rows: int
    seconds: float
    check_seconds: float
    first_batch_seconds: float | None
    already_complete: bool
    workers: tuple[WorkerStats, ...]
    counts: rule_counts.Counts
    updated: int = 0

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds if self.seconds else 0.0

    def as_json(self) -> dict[str, object]:
        return {
            "run_id": self.run_id,
            "rows": self.rows,
            "updated": self.updated,
            "seconds": round(self.seconds, 3),
            "rows_per_second": round(self.rows_per_second),
            "check_seconds": round(self.check_seconds, 3),
            "first_batch_seconds": self.first_batch_seconds and round(self.first_batch_seconds, 3),
            "already_complete": self.already_complete,
            "workers": [worker.as_json() for worker in self.workers],
            "counts": self.counts.as_json(),
        }


def seed(config: SeedConfig, progress: Progress | None = None, executor: Executor | None = None) -> SeedResult:
    """Fills the plan's tables: all of it, or what is missing. Refused, ConnectError, Interrupted or ParloaderError says why not."""
    progress, executor = progress or Progress(), executor or default_executor()
    permission.require_permitted(config.target, config.allow_remote)
    with (
        executor.ready(config.most_workers, LoadTask.__module__),
        DatabaseLease(config.target, "seed", config.retry_seconds, progress, throttles(config.limits, config.target)) as hold,
    ):
        hold.wait()
        run, stages = hold.run_with_retry("preparing the load", partial(_prepare, config, hold, progress))
        return _load(config, run, stages, hold, progress, executor)


def _prepare(config: SeedConfig, hold: DatabaseLease, progress: Progress, connection: Connection) -> tuple[Run, list["_Stage"]]:
    """All that comes before the workers: the run, its parents' rows made, and what each worker is to do. May be repeated, as the command."""
    permission.require_not_forbidden(connection, config.target)
    require_writable(connection, config.target)
    token = hold.fence(connection) if store.upgrade(connection) else None
    prepared = prepare(connection, config)
    progress.note(f"connected to {prepared.facts}: {config.target}")
    run, live = (prepared.run, prepared.live) if prepared.run else begin(connection, prepared, progress, had_ledger=token is not None)
    workers = len(split(run.gaps(run.target), config.procs, config.batch.first_rows))
    if note := serialization_warning(config.writer, prepared.facts, live[run.target], workers):
        progress.note(note)
    if run.done_rows and not run.complete:
        progress.note(f"run {run.run_id}: {run.done_rows:,} of {run.total_rows:,} rows are there already; loading the rest")
    return run, list(_stages(config, run, live, prepared.facts, hold.fence(connection) if token is None else token))


@dataclass(frozen=True, kw_only=True)
class _Stage:
    """What workers do at the same time, of one table; the stages before it are done by then."""

    what: str
    rows: int
    done: int
    tasks: tuple[LoadTask, ...]


def _stages(config: SeedConfig, run: Run, live: Schema, facts: ServerInfo, token: int) -> Iterator[_Stage]:
    """Table by table, parents first; of a table that points at itself the rows that others point at first, by one worker. Then the second pass."""
    worker = 0
    for name, of in run.work:
        table, missing = run.plan.table(name), run.gaps(name, of)
        rows = run.rows[name].new_rows
        done = rows - sum(gap.rows for gap in missing)
        for shares in load_stages(table, of, missing, config.procs, config.batch.first_rows):
            task = _task(config, run, facts, token, table, live[name], len(shares))
            if of is Pass.SECOND:
                task = replace(task, update=deferred_update(table, live[name]))
            tasks = tuple(replace(task, worker=worker + n, partitions=share) for n, share in enumerate(shares))
            worker += len(tasks)
            yield _Stage(what=_what(run, name, of), rows=rows, done=done, tasks=tasks)
            done += sum(partition.rows for share in shares for partition in share)


def _what(run: Run, table: str, of: Pass) -> str:
    """Of a stage, for people who watch."""
    if of is Pass.SECOND:
        return f"seed {table}, second pass"
    return f"seed {table}" if len(run.work) > 1 else "seed"


def _task(config: SeedConfig, run: Run, facts: ServerInfo, token: int, table: Table, there: TableSchema, workers: int) -> LoadTask:
    """The task of one of so many workers, for which it only lacks which worker and which partitions."""
    return LoadTask(
        worker=0,
        target=config.target,
        facts=facts,
        run_id=run.run_id,
        plan=run.plan,
        name=table.name,
        rows=run.rows,
        number_columns=server_text.row_text(there, table.checked, table.key, table.identity).number_columns,
        partitions=(),
        batch=config.batch,
        writer=config.writer,
        retry_seconds=config.retry_seconds,
        token=token,
        max_rows_per_second=config.limits.max_rows_per_second / workers,
        restarts_left=config.worker_restarts,
    )


def _load(
    config: SeedConfig, run: Run, stages: Sequence[_Stage], hold: DatabaseLease, progress: Progress, executor: Executor
) -> SeedResult:
    first_batch_seconds: float | None = None

    def note_first_batch(event: Event) -> None:
        nonlocal first_batch_seconds
        if first_batch_seconds is None and isinstance(event, BatchDone):
            first_batch_seconds = age_seconds()

    begun = time.monotonic()
    stats: dict[int, WorkerStats] = {}
    for stage in stages:
        of_stage, stopped = run_tasks(
            executor, stage.tasks, progress, what=stage.what, rows=stage.rows, done=stage.done, also=note_first_batch, watch=hold
        )
        stats |= of_stage
        if stopped:
            raise hold.run_with_retry("reading the ledger", partial(_interrupted, run))
    seconds = time.monotonic() - begun
    begun = time.monotonic()
    counts = hold.run_with_retry("counting", partial(_count, config, run, bool(stages)))
    rows = run.rows[run.target].new_rows
    if counts.total != rows or counts.violation_count:
        raise ParloaderError(
            f"run {run.run_id} is loaded, but {run.target} has {counts.total:,} of its {rows:,} rows and {counts.violation_count:,} violations",
            "Somebody changed rows meanwhile: parloader verify names them",
        )
    return SeedResult(
        run_id=run.run_id,
        rows=_missing(run, Pass.FIRST),
        updated=_missing(run, Pass.SECOND),
        seconds=seconds if stages else 0.0,
        check_seconds=time.monotonic() - begun,
        first_batch_seconds=first_batch_seconds,
        already_complete=not stages and run.total_rows > 0 and run.complete,
        workers=tuple(stats[worker] for worker in sorted(stats)),
        counts=counts,
    )


def _missing(run: Run, of: Pass) -> int:
    """How many rows the pass had still to write when the run was read."""
    return sum(gap.rows for table, each in run.work if each is of for gap in run.gaps(table, of))


def _count(config: SeedConfig, run: Run, loaded: bool, connection: Connection) -> rule_counts.Counts:
    if loaded:
        for entry in run.partitioned:
            rule_counts.update_statistics(connection, entry.name)
    rows = run.rows[run.target]
    if rows.keys is None:  # its rows cannot be told from others' by ranges: what is committed is what the ledger says
        now = _now(run, connection)
        return rule_counts.Counts(total=sum(p.rows for p in now.done.get(run.target, ())), figures={}, violations={})
    return rule_counts.count(config.target, run.plan, rows.new_keys, config.procs)


def _interrupted(run: Run, connection: Connection) -> Interrupted:
    now = _now(run, connection)
    return Interrupted(
        f"interrupted: run {run.run_id} has {now.done_rows:,} of {now.total_rows:,} rows, each committed once",
        "The same command goes on with the rest; parloader clean removes what is there",
    )


def _now(run: Run, connection: Connection) -> Run:
    """The run as it is by now."""
    return next(r for r in store.runs(connection) if r.run_id == run.run_id)
