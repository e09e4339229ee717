"""seed: fills the table, exactly once, and says what is there."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from parloader.config import SeedConfig
from parloader.database import connect, failures, ledger, migration, rules, schema, sql
from parloader.database.connect import Facts
from parloader.database.ledger import Run, TableEntry
from parloader.database.sql import Connection
from parloader.errors import Interrupted, ParloaderError
from parloader.loading import meter
from parloader.loading.events import BatchDone, Event
from parloader.loading.executor import Executor, LocalExecutor
from parloader.loading.generate import generate
from parloader.loading.progress import Progress
from parloader.loading.stats import WorkerStats
from parloader.loading.worker import SeedTask
from parloader.loading.writers import writer_to
from parloader.operations import guard
from parloader.operations.conditions import conditions
from parloader.operations.hold import Hold
from parloader.operations.prepare import Prepared, assign_parents, fitted, prepare, require_key_room, turns_note
from parloader.operations.run import run_tasks
from parloader.plans.model import Keys, Plan, Table
from parloader.plans.partition import Partition, split


@dataclass(frozen=True, kw_only=True)
class SeedResult:
    """`rows` were loaded by this call in `seconds` (0 where the run was complete already); `counts` are of the whole run, as found on the server.

    `first_batch_seconds`: from the start of this process (the import of parloader) to the first committed batch; None where none was loaded.
    """

    run_id: int
    rows: int
    seconds: float
    check_seconds: float
    first_batch_seconds: float | None
    already_complete: bool
    workers: tuple[WorkerStats, ...]
    counts: rules.Counts

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds if self.seconds else 0.0

    def as_json(self) -> dict[str, object]:
        return {
            "run_id": self.run_id,
            "rows": self.rows,
            "seconds": round(self.seconds, 3),
            "rows_per_second": round(self.rows_per_second),
            "check_seconds": round(self.check_seconds, 3),
            "first_batch_seconds": self.first_batch_seconds and round(self.first_batch_seconds, 3),
            "already_complete": self.already_complete,
            "workers": [worker.as_json() for worker in self.workers],
            "counts": self.counts.as_json(),
        }


def seed(config: SeedConfig, progress: Progress | None = None, executor: Executor | None = None) -> SeedResult:
    """Fills the table: the whole plan, or what is missing of it. Refused, ConnectError, Interrupted or ParloaderError says why not."""
    progress, executor = progress or Progress(), executor or LocalExecutor()
    guard.require_permitted(config.target, config.allow_remote)
    with (
        executor.ready(min(config.procs, config.rows), SeedTask.__module__),
        Hold(config.target, "seed", config.retry_seconds, progress, conditions(config.limits, config.target)) as hold,
    ):
        hold.wait()
        plan, run, tasks = hold.again("preparing the load", partial(_prepare, config, hold, progress))
        return _load(config, plan, run, tasks, hold, progress, executor)


def _prepare(config: SeedConfig, hold: Hold, progress: Progress, connection: Connection) -> tuple[Plan, Run, list[SeedTask]]:
    """All that comes before the workers: the run, its parents' rows made, and what each worker is to do. May be repeated, as the command."""
    guard.require_not_forbidden(connection, config.target)
    connect.require_writable(connection, config.target)
    if ledger.exists(connection):
        ledger.create(connection)  # what later versions have more
        hold.fence(connection)
    prepared = prepare(connection, config)
    progress.note(f"connected to {prepared.facts}: {config.target}")
    run = prepared.run or _begin(connection, config, prepared, progress)
    plan, live = (prepared.plan, prepared.live) if not prepared.creates_tables else fitted(connection, prepared.plan)
    if note := turns_note(config.writer, prepared.facts, live[plan.target.name], config.procs):
        progress.note(note)
    shares = split(run.gaps, config.procs)
    if run.done_rows and shares:
        progress.note(f"run {run.run_id}: {run.done_rows:,} of {run.rows:,} rows are there already; loading the rest")
    token, facts = hold.fence(connection), connect.facts(connection)
    return plan, run, [_task(config, plan, facts, run, token, worker, shares) for worker in range(len(shares))]


def _begin(connection: Connection, config: SeedConfig, prepared: Prepared, progress: Progress) -> Run:
    """A new run, and before it the tables where there are none. Where it fails, the database is as it was before."""
    plan, live, empty = prepared.plan, prepared.live, prepared.creates_tables
    key_start = 1 if empty else schema.highest_key(connection, plan.target.name, plan.target.key) + 1
    require_key_room(plan, migration.metadata.tables if empty else live, key_start, assign_parents(connection, plan, empty=empty))
    had_ledger = ledger.exists(connection)
    counters = {} if empty else {table.name: schema.key_counter(connection, table.name) for table in plan.tables}
    try:
        if empty:
            names = migration.create_tables(config.target)
            progress.note(f"the database was empty: made the tables {', '.join(names)}")
            plan, _ = fitted(connection, plan)
        ledger.create(connection)
        return _begin_run(connection, plan, prepared.facts, progress)
    except BaseException:
        with failures.ignored():  # the connection may be gone
            if ledger.runs(connection) == prepared.runs:  # the run is not committed
                _undo(connection, counters, made_tables=empty, made_ledger=not had_ledger)
        raise


def _begin_run(connection: Connection, plan: Plan, facts: Facts, progress: Progress) -> Run:
    """The reserved keys; then the parents and the ledger's rows, in one transaction."""
    target = plan.target
    key_start, counter_before = schema.reserve_keys(connection, target.name, target.key, target.rows)
    counters: dict[str, int | None] = {table.name: schema.key_counter(connection, table.name) for table in plan.parents}
    counters[target.name] = counter_before
    with sql.transaction(connection):
        assignments = assign_parents(connection, plan, empty=False)
        keys = {**{name: a.keys for name, a in assignments.items()}, target.name: Keys.contiguous(key_start, target.rows)}
        last_keys = {name: max((last for _, last in a.made_keys), default=0) for name, a in assignments.items()}
        last_keys[target.name] = key_start + target.rows - 1
        entries = tuple(_entry(table, keys[table.name], counters[table.name], last_keys[table.name]) for table in plan.tables)
        run_id = ledger.begin(connection, plan, entries)
        for table in plan.parents:
            for made in assignments[table.name].made:
                ledger.record(connection, run_id, table.name, made)
                writer = writer_to(table.name, facts)
                writer.write(connection, writer.render(generate(table, made, keys)))
    parents = ", ".join(f"{table.name} {assignments[table.name].made_rows} of {table.rows}" for table in plan.parents)
    progress.note(f"run {run_id}: made the parent rows ({parents}; the others were there)")
    return next(run for run in ledger.runs(connection) if run.run_id == run_id)


def _undo(connection: Connection, counters: Mapping[str, int | None], *, made_tables: bool, made_ledger: bool) -> None:
    """What a failed beginning leaves outside its transaction: tables, and AUTO_INCREMENT counters (InnoDB keeps them above every key)."""
    if made_ledger:
        ledger.drop(connection)
    if made_tables:
        migration.drop_made_tables(connection)
    for table, before in counters.items():
        if before is not None and schema.key_counter(connection, table) != before:
            schema.set_key_counter(connection, table, before)


def _entry(table: Table, keys: Keys, counter_before: int | None, last_key: int) -> TableEntry:
    """`last_key`: the last one that the run takes; 0 where it takes none."""
    if counter_before is None or not last_key:
        return TableEntry(name=table.name, key=table.key, keys=keys)
    return TableEntry(
        name=table.name, key=table.key, keys=keys, counter_before=counter_before, counter_after=max(counter_before, last_key + 1)
    )


def _load(
    config: SeedConfig, plan: Plan, run: Run, tasks: list[SeedTask], hold: Hold, progress: Progress, executor: Executor
) -> SeedResult:
    first_batch_seconds: float | None = None

    def note_first_batch(event: Event) -> None:
        nonlocal first_batch_seconds
        if first_batch_seconds is None and isinstance(event, BatchDone):
            first_batch_seconds = meter.age_seconds()

    begun = time.monotonic()
    stats, stopped = run_tasks(executor, tasks, progress, what="seed", rows=run.rows, done=run.done_rows, also=note_first_batch, watch=hold)
    if stopped:
        raise hold.again("reading the ledger", partial(_interrupted, run))
    seconds = time.monotonic() - begun
    begun = time.monotonic()
    counts = hold.again("counting", partial(_count, config, plan, run, bool(tasks)))
    if counts.total != run.rows or counts.violation_count:
        raise ParloaderError(
            f"run {run.run_id} is loaded, but {run.target} has {counts.total:,} of its {run.rows:,} rows and {counts.violation_count:,} violations",
            "Somebody changed rows meanwhile: parloader verify names them",
        )
    return SeedResult(
        run_id=run.run_id,
        rows=run.rows - run.done_rows,
        seconds=seconds if tasks else 0.0,
        check_seconds=time.monotonic() - begun,
        first_batch_seconds=first_batch_seconds,
        already_complete=not tasks and run.rows > 0 and run.complete,
        workers=tuple(stats[worker] for worker in sorted(stats)),
        counts=counts,
    )


def _count(config: SeedConfig, plan: Plan, run: Run, loaded: bool, connection: Connection) -> rules.Counts:
    if loaded:
        sql.rows(connection, f"ANALYZE TABLE {sql.quote(run.target)}")
    return rules.count(config.target, plan, run.keys[run.target].ranges(Partition(0, run.rows)), config.procs)


def _task(
    config: SeedConfig, plan: Plan, facts: Facts, run: Run, token: int, worker: int, shares: Sequence[tuple[Partition, ...]]
) -> SeedTask:
    names = (plan.target.name, *plan.target.parents)
    return SeedTask(
        worker=worker,
        target=config.target,
        facts=facts,
        run_id=run.run_id,
        table=replace(plan.target, key=run.table(plan.target.name).key),
        keys={name: run.keys[name] for name in names},
        partitions=shares[worker],
        batch=config.batch,
        writer=config.writer,
        retry_seconds=config.retry_seconds,
        token=token,
        most_rows_per_second=config.limits.max_rows_per_second / len(shares),
        restarts=config.worker_restarts,
    )


def _interrupted(run: Run, connection: Connection) -> Interrupted:
    now = next(r for r in ledger.runs(connection) if r.run_id == run.run_id)
    return Interrupted(
        f"interrupted: run {run.run_id} has {now.done_rows:,} of {now.rows:,} rows, each committed once",
        "The same command goes on with the rest; parloader clean removes what is there",
    )
