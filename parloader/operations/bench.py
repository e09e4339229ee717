"""bench: measures every combination of processes, batch and writer on scratch tables of the user's database, beside what the server can do."""

import itertools
import random
import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from parloader.config import DEFAULT_RETRY_SECONDS, BenchConfig
from parloader.database import connect, ledger, schema, scratch, sql
from parloader.database.connect import Facts
from parloader.database.scratch import Scratch
from parloader.database.sql import Connection
from parloader.errors import Interrupted, ParloaderError
from parloader.loading.batching import Batch, FixedBatch, WriterName
from parloader.loading.executor import Executor, LocalExecutor, Task
from parloader.loading.floor import FloorName, FloorTask
from parloader.loading.generate import generate
from parloader.loading.progress import Meter, Progress
from parloader.loading.stats import Stats, WorkerStats
from parloader.loading.worker import SeedTask
from parloader.loading.writers import writer_to
from parloader.operations.prepare import fitted, require_writer, turns_note
from parloader.operations.run import run_tasks
from parloader.plans.model import Keys
from parloader.plans.partition import Partition, split
from parloader.plans.script_execution import script_execution

# The floor's transactions: long enough that commits do not count
FLOOR_BATCH = FixedBatch(10_000)
# The order of the points is another one in each round, the same in each bench
SHUFFLE_SEED = 97


@dataclass(frozen=True, kw_only=True)
class Point:
    """One combination; `writer` is what fills the table, one of the floor's ways too. `checks`: on, but for the price of integrity."""

    procs: int
    batch: Batch
    writer: WriterName | FloorName
    checks: bool = True

    @property
    def options(self) -> str:
        return f"--procs {self.procs} --batch {self.batch.text} --writer {self.writer}"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One load. `seconds`: from the first worker's start to the last commit; the others are sums over the workers, `peak_rss_bytes` the most."""

    rows: int
    seconds: float
    worker_seconds: float
    server_seconds: float
    client_cpu_seconds: float
    peak_rss_bytes: int

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds

    @classmethod
    def of(cls, stats: Stats) -> "Sample":
        workers = stats.values()
        return cls(
            rows=sum(w.rows for w in workers),
            seconds=max(w.last_seconds for w in workers) - min(w.started_seconds for w in workers),
            worker_seconds=sum(w.seconds for w in workers),
            server_seconds=sum(w.write_seconds for w in workers),
            client_cpu_seconds=sum(w.cpu_seconds for w in workers),
            peak_rss_bytes=max(w.peak_rss_bytes for w in workers),
        )


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A point and its samples, one a round. `server_wait`: the share of a worker's time in which it waited for the server."""

    point: Point
    samples: tuple[Sample, ...]

    @property
    def rates(self) -> tuple[float, ...]:
        return tuple(s.rows_per_second for s in self.samples)

    @property
    def rows_per_second(self) -> float:
        return statistics.median(self.rates)

    @property
    def server_wait(self) -> float:
        return statistics.median(s.server_seconds / s.worker_seconds for s in self.samples)

    @property
    def client_cpu_seconds_per_million(self) -> float:
        return statistics.median(s.client_cpu_seconds / s.rows * 1_000_000 for s in self.samples)

    @property
    def peak_rss_bytes(self) -> int:
        return max(s.peak_rss_bytes for s in self.samples)

    def as_fast_in_some_round_as(self, best: "Measured") -> bool:
        """Whether the difference is inside the noise: rounds are compared with each other, so that a noisy minute counts for both."""
        return any(own >= other for own, other in zip(self.rates, best.rates, strict=True))

    def as_json(self) -> dict[str, object]:
        return {
            "procs": self.point.procs,
            "batch": self.point.batch.text,
            "writer": str(self.point.writer),
            "rows_per_second": round(self.rows_per_second),
            "rows_per_second_by_round": [round(rate) for rate in self.rates],
            "server_wait": round(self.server_wait, 3),
            "client_cpu_seconds_per_million": round(self.client_cpu_seconds_per_million, 3),
            "peak_rss_bytes": self.peak_rss_bytes,
        }


@dataclass(frozen=True, kw_only=True)
class BenchResult:
    """`points` in the order of the sweep. `checked` and `unchecked`: the best point with the checks on and off, measured in turns."""

    facts: Facts
    rows: int
    rounds: int
    points: tuple[Measured, ...]
    floors: tuple[Measured, ...]
    checked: Measured
    unchecked: Measured
    notes: tuple[str, ...]

    @property
    def best(self) -> Measured:
        return max(self.points, key=lambda m: m.rows_per_second)

    @property
    def floor(self) -> Measured:
        """The fastest that this server was seen to be, with no work left for a client."""
        return max(self.floors, key=lambda m: m.rows_per_second)

    @property
    def price_of_integrity(self) -> float:
        """The share of the time that the checks take: the median over the rounds."""
        pairs = zip(self.checked.rates, self.unchecked.rates, strict=True)
        return statistics.median(1 - checked / unchecked for checked, unchecked in pairs)

    def in_noise(self, measured: Measured) -> bool:
        return measured is not self.best and measured.as_fast_in_some_round_as(self.best)

    def as_json(self) -> dict[str, object]:
        return {
            "server": str(self.facts),
            "rows": self.rows,
            "rounds": self.rounds,
            "points": [
                {**m.as_json(), "best": m is self.best, "in_noise": self.in_noise(m), "of_floor": self.of_floor(m)} for m in self.points
            ],
            "floor": [m.as_json() for m in self.floors],
            "checks_on": self.checked.as_json(),
            "checks_off": self.unchecked.as_json(),
            "price_of_integrity": round(self.price_of_integrity, 3),
            "command": f"parloader seed {self.best.point.options}",
            "notes": list(self.notes),
        }

    def of_floor(self, measured: Measured) -> float:
        return round(measured.rows_per_second / self.floor.rows_per_second, 3)


def bench(config: BenchConfig, progress: Progress | None = None, executor: Executor | None = None) -> BenchResult:
    """Measures, and leaves the database as it was. Refused, ConnectError, Interrupted or ParloaderError says why not."""
    progress = progress or Progress()
    with connect.connected(config.target) as connection, config.target.explained("measuring"):
        connect.require_writable(connection, config.target)
        with ledger.locked(connection):
            facts = connect.facts(connection)
            progress.note(f"connected to {facts}: {config.target}")
            plan = script_execution(config.rows, config.parameters)
            live: schema.Live = {}
            if schema.table_names(connection):
                plan, live = fitted(connection, config.target, plan)
            writers, notes = _writers(config, facts)
            with scratch.tables(connection, config.target, plan, live) as copies:
                return _Bench(config, connection, facts, copies, executor or LocalExecutor(), progress, writers, notes).measure()


def _writers(config: BenchConfig, facts: Facts) -> tuple[tuple[WriterName, ...], list[str]]:
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
    facts: Facts
    copies: Scratch
    executor: Executor
    progress: Progress
    writers: tuple[WriterName, ...]
    notes: list[str]
    meter: Meter = field(default_factory=Meter)
    seen: dict[int, WorkerStats] = field(default_factory=dict)
    keys: dict[str, Keys] = field(default_factory=dict)

    def measure(self) -> BenchResult:
        points = [Point(procs=p, batch=b, writer=w) for w, p, b in itertools.product(self.writers, self.config.procs, self.config.batches)]
        ways = [way for way in FloorName if way is FloorName.INSERT_SELECT or self.facts.local_infile]
        floors = [Point(procs=p, batch=FLOOR_BATCH, writer=way) for way, p in itertools.product(ways, self.config.procs)]
        loads = 1 + self.config.rounds * (len(points) + len(floors) + 2)
        self.keys = self._make_parents()
        self._note_turns()
        with self.progress.meter("bench", self.config.rows * loads) as self.meter:
            self._load(points[0])  # warms the server up, and gives the floor its source
            self.copies.keep_source(self.connection)
            samples = self._in_rounds([*points, *floors])
            measured = tuple(Measured(point=p, samples=tuple(samples[p])) for p in points)
            best = max(measured, key=lambda m: m.rows_per_second).point
            unchecked = replace(best, checks=False)
            samples |= self._in_rounds([best, unchecked])
        return BenchResult(
            facts=self.facts,
            rows=self.config.rows,
            rounds=self.config.rounds,
            points=measured,
            floors=tuple(Measured(point=p, samples=tuple(samples[p])) for p in floors),
            checked=Measured(point=best, samples=tuple(samples[best])),
            unchecked=Measured(point=unchecked, samples=tuple(samples[unchecked])),
            notes=tuple(self.notes),
        )

    def _note_turns(self) -> None:
        table = schema.reflect(connect.engine(self.config.target), [self.copies.target])[self.copies.target]
        for writer in self.writers:
            if note := turns_note(writer, self.facts, table, max(self.config.procs)):
                self.notes.append(note)

    def _in_rounds(self, points: Sequence[Point]) -> dict[Point, list[Sample]]:
        """Every point once a round, in an order of its own."""
        order = random.Random(SHUFFLE_SEED)
        samples: dict[Point, list[Sample]] = {point: [] for point in points}
        for number in range(1, self.config.rounds + 1):
            for point in order.sample(points, len(points)):
                sample = self._load(point)
                samples[point].append(sample)
                self.progress.detail(f"round {number}: {point.options}: {sample.rows_per_second:,.0f} rows/s")
        return samples

    def _make_parents(self) -> dict[str, Keys]:
        keys = {table.name: Keys.contiguous(1, table.rows) for table in self.copies.plan.tables}
        with sql.transaction(self.connection):
            for table in self.copies.plan.parents:
                writer = writer_to(table.name, self.facts)
                writer.write(self.connection, writer.render(generate(table, Partition(0, table.rows), keys)))
        return keys

    def _load(self, point: Point) -> Sample:
        self.copies.empty(self.connection)
        part = _Part(self)
        if point.checks:
            stats, stopped = run_tasks(self.executor, self._tasks(point, ()), part, what="", rows=self.config.rows)
        else:
            with self.copies.without_checks(self.connection) as off:
                stats, stopped = run_tasks(self.executor, self._tasks(point, off), part, what="", rows=self.config.rows)
        if stopped:
            raise Interrupted("interrupted: the scratch tables are dropped", "Nothing else was touched; run it again for figures")
        self.seen |= {len(self.seen) + n: worker for n, worker in enumerate(stats.values())}
        there = sql.value(self.connection, f"SELECT COUNT(*) FROM {sql.quote(self.copies.target)}")
        if there != self.config.rows:
            raise ParloaderError(f"{point.options} loaded {there:,} rows, not {self.config.rows:,}", "Report it, with what -v prints")
        return Sample.of(stats)

    def _tasks(self, point: Point, settings: tuple[str, ...]) -> list[Task]:
        shares = split((Partition(0, self.config.rows),), point.procs)
        tasks = [self._task(point, settings, worker, share) for worker, share in enumerate(shares)]
        if isinstance(point.writer, FloorName):
            return [FloorTask(like=task, floor=point.writer, source=scratch.SOURCE) for task in tasks]
        return list(tasks)

    def _task(self, point: Point, settings: tuple[str, ...], worker: int, share: tuple[Partition, ...]) -> SeedTask:
        return SeedTask(
            worker=worker,
            target=self.config.target,
            facts=self.facts,
            run_id=1,
            table=self.copies.plan.target,
            keys=self.keys,
            partitions=share,
            batch=point.batch,
            writer=point.writer if isinstance(point.writer, WriterName) else WriterName.INSERT,
            retry_seconds=DEFAULT_RETRY_SECONDS,
            ledger_table=scratch.BATCHES,
            session_settings=settings,
        )


class _Part(Progress):
    """The progress of one load, shown as part of the whole bench."""

    def __init__(self, whole: _Bench) -> None:
        self._whole = whole

    def detail(self, message: str) -> None:
        self._whole.progress.detail(message)

    @contextmanager
    def meter(self, what: str, rows: int, done: int = 0) -> Iterator[Meter]:
        yield _PartMeter(self._whole)


class _PartMeter(Meter):
    def __init__(self, whole: _Bench) -> None:
        self._whole = whole

    def update(self, stats: Stats) -> None:
        seen = self._whole.seen
        self._whole.meter.update({**seen, **{len(seen) + n: worker for n, worker in enumerate(stats.values())}})
