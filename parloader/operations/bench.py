"""bench: measures every combination of processes, batch size and writer on scratch tables, and compares them with the server limit."""

import contextlib
import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TypeVar

from parloader.config import BenchConfig
from parloader.database import introspection, sql
from parloader.database.driver import Connection
from parloader.database.session import ServerInfo, described, measured, require_writable, server_info
from parloader.defaults import DEFAULT_RETRY_SECONDS
from parloader.errors import Interrupted, ParloaderError, Refused, UsageError
from parloader.generation.frames import RowGenerator, with_child_starts
from parloader.ledger import scratch_tables
from parloader.ledger.scratch_tables import Scratch, create_scratch_tables, drop_scratch_tables
from parloader.operations.bench_plan import BenchPlan, read_plan, request
from parloader.operations.bench_result import BenchResult, Configuration, Measurement, Result
from parloader.plans.model import Pass, Table, all_new
from parloader.plans.row_ranges import IndexRange, RowAllocation, batches
from parloader.quantities import counted
from parloader.rows import server_text
from parloader.rows.writer_names import WriterName
from parloader.rows.writers import writer_for
from parloader.runs import permission
from parloader.runs.requested_plan import plan_errors_located
from parloader.runs.writer_checks import require_writer, serialization_warning
from parloader.schema.model import MAX_DOCUMENT_ID_STEP, TableSchema
from parloader.workers.batching import FixedBatch
from parloader.workers.events import Died, Event
from parloader.workers.executor import Executor, Task
from parloader.workers.lease import DatabaseLease
from parloader.workers.progress import Progress, ProgressBar
from parloader.workers.retry_policy import run_on_connection
from parloader.workers.runner import default_executor, run_tasks
from parloader.workers.self_references import load_stages
from parloader.workers.stats import Stats, WorkerStats
from parloader.workers.tasks.baseline import BaselineName, BaselineTask
from parloader.workers.tasks.load import LoadTask

T = TypeVar("T")

# Transactions long enough that commits do not limit the rate
BASELINE_BATCH = FixedBatch(10_000)

# Rows of the parents, in a transaction
PARENT_BATCH_ROWS = 10_000

# Each round measures the configurations in another order; the orders are the same in every bench
SHUFFLE_SEED = 97


def bench(config: BenchConfig, progress: Progress | None = None, executor: Executor | None = None) -> BenchResult:
    """Measures, and leaves the database as it was. Raises Refused, ConnectError, Interrupted or ParloaderError."""
    progress, executor = progress or Progress(), executor or default_executor()
    if executor.capacity == 0:
        raise UsageError("no worker of the Dask cluster can run a task", "Start workers (dask worker), then repeat parloader bench")
    if executor.capacity is not None and max(config.procs) > executor.capacity:
        raise UsageError(
            f"the Dask cluster runs {counted(executor.capacity, 'task')} at the same time, not {max(config.procs)}",
            "Add workers, or use fewer --procs",
        )
    permission.require_permitted(config.target, config.allow_remote)
    with (
        plan_errors_located(request(config)),
        DatabaseLease(config.target, "bench", DEFAULT_RETRY_SECONDS, progress) as lease,
    ):
        measuring = lease.run_with_retry("preparing the bench", partial(_prepare, config, progress, executor, lease))
        try:
            result = measuring.measure()
        except BaseException as error:
            if isinstance(error, ParloaderError):
                measuring.name_originals(error)
            with contextlib.suppress(ParloaderError):  # the error that ended the bench matters more
                run_on_connection(config.target, "dropping the scratch tables", drop_scratch_tables, DEFAULT_RETRY_SECONDS)
            raise
        run_on_connection(config.target, "dropping the scratch tables", drop_scratch_tables, DEFAULT_RETRY_SECONDS, patient=True)
        return result


def _prepare(config: BenchConfig, progress: Progress, executor: Executor, lease: DatabaseLease, connection: Connection) -> "_Bench":
    """Creates the scratch tables, after everything that can refuse the bench is checked. May be repeated."""
    permission.require_not_forbidden(connection, config.target)
    require_writable(connection, config.target)
    server = server_info(connection)
    config = replace(config, target=measured(config.target, connection))
    progress.connected(server, described(config.target, connection))
    measured_plan = read_plan(connection, config)
    writers, notes = _writers(connection, config, server)
    for note in measured_plan.notes:
        progress.note(note)
    return _Bench(
        config=config,
        server=server,
        measured=measured_plan,
        copies=create_scratch_tables(connection, measured_plan.plan, measured_plan.schema),
        executor=executor,
        progress=progress,
        writers=writers,
        notes=[*measured_plan.notes, *notes],
        lease=lease,
        measured_at=datetime.now(UTC),
    )


def _writers(connection: Connection, config: BenchConfig, server: ServerInfo) -> tuple[tuple[WriterName, ...], list[str]]:
    """The requested writers (default: all that the server supports), and notes about those left out."""
    for writer in config.writers:
        require_writer(connection, writer, server)
    if config.writers:
        return config.writers, []
    if server.local_infile:
        return tuple(WriterName), []
    return (WriterName.INSERT,), ["load-data was left out: the server has local_infile off (SET GLOBAL local_infile = 1)"]


@dataclass(kw_only=True)
class _Bench:
    """The state of one bench."""

    config: BenchConfig
    server: ServerInfo
    measured: BenchPlan
    copies: Scratch
    executor: Executor
    progress: Progress
    writers: tuple[WriterName, ...]
    notes: list[str]
    lease: DatabaseLease
    measured_at: datetime
    bar: ProgressBar = field(default_factory=ProgressBar)
    finished: dict[int, WorkerStats] = field(default_factory=dict)
    """the workers of all loads so far, for the progress bar"""
    rows: dict[str, RowAllocation] = field(default_factory=dict)

    def _on_connection(self, work: Callable[[Connection], T]) -> T:
        """Each step has a connection of its own: between two steps, it would be idle as long as a load takes."""
        return self.lease.run_with_retry("measuring", work)

    def name_originals(self, error: ParloaderError) -> None:
        """The error names the tables that were copied, which the user knows."""
        error.message, error.next_step = map(self.copies.naming_originals, (error.message, error.next_step))

    @property
    def target(self) -> Table:
        """The copy that is measured."""
        return self.copies.plan.target

    @property
    def live(self) -> TableSchema | None:
        """The table that it is a copy of; None: that of the example, which is created for the bench."""
        return self.measured.schema.get(self.measured.plan.target.name)

    def measure(self) -> BenchResult:
        """Warms the server up, measures all configurations, then the best one with and without checks."""
        configurations = [
            Configuration(procs=procs, batch=batch, writer=writer)
            for writer, procs, batch in itertools.product(self.writers, self.procs, self.config.batches)
        ]
        baselines = self._baselines()
        loads = 1 + self.config.rounds * (len(configurations) + len(baselines) + 2)
        self.rows = self._on_connection(self._write_parents)
        self._note_serialization()
        with self.progress.bar("bench", self.target.rows * loads) as self.bar:
            self._load(configurations[0])  # the warm-up, which also provides the rows that the baselines copy
            self._on_connection(self.copies.keep_source)
            samples = self._measure_rounds([*configurations, *baselines])
            results = tuple(Result(configuration=c, samples=tuple(samples[c])) for c in configurations)
            best = max(results, key=lambda result: result.rows_per_second).configuration
            unchecked = replace(best, checks=False)
            samples |= self._measure_rounds([best, unchecked])
        return BenchResult(
            server=self.server,
            where=str(self.config.target),
            table=self.measured.plan.target.name,
            selection=self.config.selection,
            measured_at=self.measured_at,
            rows=self.target.rows,
            rounds=self.config.rounds,
            results=results,
            baselines=tuple(Result(configuration=c, samples=tuple(samples[c])) for c in baselines),
            checked=Result(configuration=best, samples=tuple(samples[best])),
            unchecked=Result(configuration=unchecked, samples=tuple(samples[unchecked])),
            notes=tuple(self.notes),
        )

    def _baselines(self) -> list[Configuration]:
        """The configurations that measure the server limit."""
        names = [name for name in BaselineName if self._can_measure(name)]
        if not names:
            raise Refused(
                f"the server limit of {self.measured.plan.target.name} can only be measured with LOAD DATA, and the server has local_infile off",
                "Set it for the time of the bench: SET GLOBAL local_infile = 1",
            )
        return [Configuration(procs=procs, batch=BASELINE_BATCH, writer=name) for name, procs in itertools.product(names, self.procs)]

    def _can_measure(self, name: BaselineName) -> bool:
        """Whether the baseline is possible. INSERT … SELECT reads the rows by the primary key, which may list a row before one that it references."""
        if name is BaselineName.READY_FILES:
            return self.server.local_infile
        return self.target.key is not None or not self.target.stage_stops

    @property
    def procs(self) -> tuple[int, ...]:
        """The numbers of processes to measure."""
        return (1,) if self.live and self.live.has_document_ids else self.config.procs

    def _note_serialization(self) -> None:
        table = self._on_connection(lambda connection: introspection.read_tables(connection, [self.copies.target]))[self.copies.target]
        for writer in self.writers:
            if note := serialization_warning(writer, self.server, table, max(self.config.procs)):
                self.notes.append(note)

    def _measure_rounds(self, configurations: Sequence[Configuration]) -> dict[Configuration, list[Measurement]]:
        """Measures each configuration once a round, in another order each time."""
        order = random.Random(SHUFFLE_SEED)
        samples: dict[Configuration, list[Measurement]] = {configuration: [] for configuration in configurations}
        for number in range(1, self.config.rounds + 1):
            for configuration in order.sample(configurations, len(configurations)):
                sample = self._load(configuration)
                samples[configuration].append(sample)
                self.progress.detail(f"round {number}: {configuration.options}: {sample.rows_per_second:,.0f} rows/s")
        return samples

    def _write_parents(self, connection: Connection) -> dict[str, RowAllocation]:
        plan = self.copies.plan
        rows = with_child_starts(plan, {table.name: all_new(table) for table in plan.tables})
        filled = {self.copies.names[name] for name in self.measured.filled} - {self.target.name}
        for table in (table for table in plan.tables if table.name in filled):
            writer = writer_for(table.name, self.server)
            generator = RowGenerator(plan, table.after_pass(Pass.FIRST), rows)
            self.copies.empty_parent(connection, table.name)  # this may be repeated
            for batch in batches(IndexRange(0, table.rows), lambda: PARENT_BATCH_ROWS):
                with sql.transaction(connection):
                    writer.write(connection, writer.render(generator.frame(batch)))
        return rows

    def _load(self, configuration: Configuration) -> Measurement:
        """One load of the emptied scratch table. ParloaderError: rows are missing afterwards."""
        self._on_connection(self.copies.empty)
        settings = () if configuration.checks else self._on_connection(self.copies.turn_checks_off)
        workers: list[WorkerStats] = []
        for tasks in self._stages(configuration, settings):
            stats = self._run(tasks)
            workers += stats.values()
            self.finished |= {len(self.finished) + n: worker for n, worker in enumerate(stats.values())}
        if not configuration.checks:
            self._on_connection(self.copies.turn_checks_on)  # after a failure, the tables are dropped
        count = self._on_connection(self.copies.count_rows)
        if count != self.target.rows:
            raise ParloaderError(
                f"{configuration.options} loaded {count:,} rows, not {self.target.rows:,}", "Report it, with the output of -v"
            )
        return Measurement.of(dict(enumerate(workers)))

    def _run(self, tasks: Sequence[Task]) -> Stats:
        stats, stopped = run_tasks(
            self.executor, tasks, _LoadProgress(self), what="", rows=self.target.rows, also=_require_alive, watch=self.lease
        )
        if stopped:
            raise Interrupted(
                "interrupted: the scratch tables are dropped", "Nothing else was touched; run it again to get the measurements"
            )
        return stats

    def _stages(self, configuration: Configuration, settings: tuple[str, ...]) -> Iterator[list[Task]]:
        """The tasks of each stage: several, if rows of the table reference others of it."""
        for shares in load_stages(self.target, Pass.FIRST, (IndexRange(0, self.target.rows),), configuration.procs, 1):
            tasks = [self._task(configuration, settings, worker, share) for worker, share in enumerate(shares)]
            if isinstance(configuration.writer, BaselineName):
                yield [BaselineTask(template=task, baseline=configuration.writer) for task in tasks]
            else:
                yield [*tasks]

    @cached_property
    def _number_columns(self) -> frozenset[str]:
        table = self.measured.plan.target
        return server_text.row_text(self.live, table.written, table.key, table.identity).number_columns if self.live else frozenset()

    def _task(self, configuration: Configuration, settings: tuple[str, ...], worker: int, share: tuple[IndexRange, ...]) -> LoadTask:
        return LoadTask(
            worker=worker,
            target=self.config.target,
            server=self.server,
            run_id=1,
            plan=self.copies.plan,
            name=self.copies.target,
            rows=self.rows,
            number_columns=self._number_columns,
            partitions=share,
            batch=configuration.batch.limited(MAX_DOCUMENT_ID_STEP) if self.live and self.live.has_document_ids else configuration.batch,
            writer=configuration.writer if isinstance(configuration.writer, WriterName) else WriterName.INSERT,
            retry_seconds=DEFAULT_RETRY_SECONDS,
            ledger_table=scratch_tables.SCRATCH_BATCHES,
            session_settings=settings,
        )


def _require_alive(event: Event) -> None:
    """WorkerDied: a worker ended, so what is measured is not comparable, even if another one does the rest."""
    if isinstance(event, Died):
        raise event.error


class _LoadProgress(Progress):
    """Shows the progress of one load as part of the bench."""

    def __init__(self, bench: _Bench) -> None:
        self._bench = bench

    def detail(self, message: str) -> None:
        self._bench.progress.detail(message)

    def begin_step(self, workers: Sequence[int]) -> None:
        self._bench.progress.begin_step(workers)

    def observe(self, event: Event) -> None:
        self._bench.progress.observe(event)

    @contextmanager
    def bar(self, what: str, rows: int, done: int = 0) -> Iterator[ProgressBar]:
        yield _LoadBar(self._bench)


class _LoadBar(ProgressBar):
    """Adds the statistics of one load to those of the loads before it."""

    def __init__(self, bench: _Bench) -> None:
        self._bench = bench

    def update(self, stats: Stats, paused: bool) -> None:
        finished = self._bench.finished
        self._bench.bar.update({**finished, **{len(finished) + n: worker for n, worker in enumerate(stats.values())}}, paused)
