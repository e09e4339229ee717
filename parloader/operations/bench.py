"""bench: measures every combination of processes, batch and writer on scratch tables of the user's database, beside what the server can do."""

import itertools
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from parloader.builtin.plan import script_execution
from parloader.config import BenchConfig
from parloader.database import introspection, sql
from parloader.database.driver import Connection
from parloader.database.session import ServerInfo, connected, require_writable, server_info
from parloader.defaults import DEFAULT_RETRY_SECONDS
from parloader.errors import Interrupted, ParloaderError
from parloader.generation.frames import generate
from parloader.ledger import scratch_tables, store
from parloader.ledger.scratch_tables import Scratch
from parloader.operations.bench_result import BenchResult, Configuration, Measurement, Result
from parloader.plans.model import all_new
from parloader.plans.row_ranges import IndexRange, RowAllocation, split
from parloader.rows.writers import WriterName, writer_for
from parloader.runs import permission
from parloader.runs.preparation import fit_to_schema, require_writer, serialization_warning
from parloader.schema.model import Schema
from parloader.workers.batching import FixedBatch
from parloader.workers.executor import Executor, Task
from parloader.workers.lease import DatabaseLease
from parloader.workers.progress import Progress, ProgressBar
from parloader.workers.runner import default_executor, run_tasks
from parloader.workers.stats import Stats, WorkerStats
from parloader.workers.tasks.baseline import BaselineName, BaselineTask
from parloader.workers.tasks.load import LoadTask

# The floor's transactions: long enough that commits do not count
FLOOR_BATCH = FixedBatch(10_000)

# The order of the points is another one in each round, the same in each bench
SHUFFLE_SEED = 97


def bench(config: BenchConfig, progress: Progress | None = None, executor: Executor | None = None) -> BenchResult:
    """Measures, and leaves the database as it was. Refused, ConnectError, Interrupted or ParloaderError says why not."""
    progress = progress or Progress()
    permission.require_permitted(config.target, config.allow_remote)
    with (
        DatabaseLease(config.target, "bench", DEFAULT_RETRY_SECONDS, progress) as hold,
        connected(config.target) as connection,
        config.target.translate_errors("measuring"),
    ):
        permission.require_not_forbidden(connection, config.target)
        require_writable(connection, config.target)
        facts = server_info(connection)
        progress.note(f"connected to {facts}: {config.target}")
        plan = script_execution(config.rows, config.parameters)
        live: Schema = {}
        found = introspection.list_tables(connection)
        if store.table_names(found):
            fitted = fit_to_schema(connection, found, plan)
            plan, live = fitted.plan, fitted.live
        writers, notes = _writers(config, facts)
        with scratch_tables.scratch_tables(connection, plan, live) as copies:
            return _Bench(config, connection, facts, copies, executor or default_executor(), progress, writers, notes, hold).measure()


def _writers(config: BenchConfig, facts: ServerInfo) -> tuple[tuple[WriterName, ...], list[str]]:
    """Those asked for; where none were, those that the server takes."""
    for writer in config.writers:
        require_writer(writer, facts)
    if config.writers:
        return config.writers, []
    if facts.local_infile:
        return tuple(WriterName), []
    return (WriterName.INSERT,), ["load-data was left out: the server has local_infile off (SET GLOBAL local_infile = 1)"]


@dataclass
class _Bench:
    config: BenchConfig
    connection: Connection
    facts: ServerInfo
    copies: Scratch
    executor: Executor
    progress: Progress
    writers: tuple[WriterName, ...]
    notes: list[str]
    hold: DatabaseLease
    meter: ProgressBar = field(default_factory=ProgressBar)
    seen: dict[int, WorkerStats] = field(default_factory=dict)
    rows: dict[str, RowAllocation] = field(default_factory=dict)

    def measure(self) -> BenchResult:
        points = [
            Configuration(procs=p, batch=b, writer=w) for w, p, b in itertools.product(self.writers, self.config.procs, self.config.batches)
        ]
        ways = [way for way in BaselineName if way is BaselineName.INSERT_SELECT or self.facts.local_infile]
        floors = [Configuration(procs=p, batch=FLOOR_BATCH, writer=way) for way, p in itertools.product(ways, self.config.procs)]
        loads = 1 + self.config.rounds * (len(points) + len(floors) + 2)
        self.rows = self._make_parents()
        self._note_turns()
        with self.progress.bar("bench", self.config.rows * loads) as self.meter:
            self._load(points[0])  # warms the server up, and gives the floor its source
            self.copies.keep_source(self.connection)
            samples = self._in_rounds([*points, *floors])
            measured = tuple(Result(configuration=p, samples=tuple(samples[p])) for p in points)
            best = max(measured, key=lambda m: m.rows_per_second).configuration
            unchecked = replace(best, checks=False)
            samples |= self._in_rounds([best, unchecked])
        return BenchResult(
            facts=self.facts,
            rows=self.config.rows,
            rounds=self.config.rounds,
            results=measured,
            baselines=tuple(Result(configuration=p, samples=tuple(samples[p])) for p in floors),
            checked=Result(configuration=best, samples=tuple(samples[best])),
            unchecked=Result(configuration=unchecked, samples=tuple(samples[unchecked])),
            notes=tuple(self.notes),
        )

    def _note_turns(self) -> None:
        table = introspection.read_tables(self.connection, [self.copies.target])[self.copies.target]
        for writer in self.writers:
            if note := serialization_warning(writer, self.facts, table, max(self.config.procs)):
                self.notes.append(note)

    def _in_rounds(self, points: Sequence[Configuration]) -> dict[Configuration, list[Measurement]]:
        """Every point once a round, in an order of its own."""
        order = random.Random(SHUFFLE_SEED)
        samples: dict[Configuration, list[Measurement]] = {point: [] for point in points}
        for number in range(1, self.config.rounds + 1):
            for point in order.sample(points, len(points)):
                sample = self._load(point)
                samples[point].append(sample)
                self.progress.detail(f"round {number}: {point.options}: {sample.rows_per_second:,.0f} rows/s")
        return samples

    def _make_parents(self) -> dict[str, RowAllocation]:
        plan = self.copies.plan
        rows = {table.name: all_new(table) for table in plan.tables}
        with sql.transaction(self.connection):
            for table in plan.parents:
                writer = writer_for(table.name, self.facts)
                writer.write(self.connection, writer.render(generate(plan, table, IndexRange(0, table.rows), rows)))
        return rows

    def _load(self, point: Configuration) -> Measurement:
        self.copies.empty(self.connection)
        part = _Part(self)
        if point.checks:
            stats, stopped = run_tasks(self.executor, self._tasks(point, ()), part, what="", rows=self.config.rows, watch=self.hold)
        else:
            with self.copies.without_checks(self.connection) as off:
                stats, stopped = run_tasks(self.executor, self._tasks(point, off), part, what="", rows=self.config.rows, watch=self.hold)
        if stopped:
            raise Interrupted("interrupted: the scratch tables are dropped", "Nothing else was touched; run it again for figures")
        self.seen |= {len(self.seen) + n: worker for n, worker in enumerate(stats.values())}
        there = self.copies.count_rows(self.connection)
        if there != self.config.rows:
            raise ParloaderError(f"{point.options} loaded {there:,} rows, not {self.config.rows:,}", "Report it, with what -v prints")
        return Measurement.of(stats)

    def _tasks(self, point: Configuration, settings: tuple[str, ...]) -> list[Task]:
        shares = split((IndexRange(0, self.config.rows),), point.procs)
        tasks = [self._task(point, settings, worker, share) for worker, share in enumerate(shares)]
        if isinstance(point.writer, BaselineName):
            return [BaselineTask(template=task, baseline=point.writer, source=scratch_tables.SOURCE_TABLE) for task in tasks]
        return list(tasks)

    def _task(self, point: Configuration, settings: tuple[str, ...], worker: int, share: tuple[IndexRange, ...]) -> LoadTask:
        return LoadTask(
            worker=worker,
            target=self.config.target,
            facts=self.facts,
            run_id=1,
            plan=self.copies.plan,
            name=self.copies.target,
            rows=self.rows,
            number_columns=frozenset(),
            partitions=share,
            batch=point.batch,
            writer=point.writer if isinstance(point.writer, WriterName) else WriterName.INSERT,
            retry_seconds=DEFAULT_RETRY_SECONDS,
            ledger_table=scratch_tables.SCRATCH_BATCHES,
            session_settings=settings,
        )


class _Part(Progress):
    """The progress of one load, shown as part of the whole bench."""

    def __init__(self, whole: _Bench) -> None:
        self._whole = whole

    def detail(self, message: str) -> None:
        self._whole.progress.detail(message)

    @contextmanager
    def bar(self, what: str, rows: int, done: int = 0) -> Iterator[ProgressBar]:
        yield _PartMeter(self._whole)


class _PartMeter(ProgressBar):
    def __init__(self, whole: _Bench) -> None:
        self._whole = whole

    def update(self, stats: Stats, paused: bool) -> None:
        seen = self._whole.seen
        self._whole.meter.update({**seen, **{len(seen) + n: worker for n, worker in enumerate(stats.values())}}, paused)
