"""Records an operation as it runs, for its report: rows, latency and memory of each worker in time bins, retries, waits and notes.

Its memory is bounded: if an operation lasts longer, the bins become wider, and marks beyond a number are only counted.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from parloader.workers.events import BatchDone, Died, Event, Failed, Retried, Started
from parloader.workers.latencies import Latencies
from parloader.workers.progress import Progress, ProgressBar

if TYPE_CHECKING:
    from parloader.database.session import ServerInfo
    from parloader.ledger.run import Run

# Twice as many as a chart a thousand pixels wide can show well
MAX_BINS = 240

# A load of a second has twenty bins
FIRST_BIN_SECONDS = 0.05

# More marks of a kind cannot be told apart in a chart, and nobody reads a longer list
MAX_LISTED = 400


@dataclass
class Bin:
    """What one worker did in one interval of time."""

    rows: float = 0.0
    """a batch that takes several bins counts in each of them, by its share of the time"""
    batches: int = 0
    """that were committed in it"""
    write_seconds: float = 0.0
    """of these batches"""
    slowest_seconds: float = 0.0
    """of these batches"""
    peak_rss_bytes: int = 0
    """of the process, until then"""

    def add(self, other: "Bin") -> None:
        self.rows += other.rows
        self.batches += other.batches
        self.write_seconds += other.write_seconds
        self.slowest_seconds = max(self.slowest_seconds, other.slowest_seconds)
        self.peak_rss_bytes = max(self.peak_rss_bytes, other.peak_rss_bytes)


@dataclass
class RecordedWorker:
    """One worker over all steps: the first of each step is number 0, and a replacement continues the worker that died."""

    bins: dict[int, Bin] = field(default_factory=dict)
    host: str = ""
    """its machine; empty: this one"""
    rows: int = 0
    batches: int = 0
    retries: int = 0
    restarts: int = 0
    generate_seconds: float = 0.0
    write_seconds: float = 0.0
    busy_seconds: float = 0.0
    """from the start of each of its tasks to its last batch"""
    cpu_seconds: float = 0.0
    peak_rss_bytes: int = 0
    latencies: Latencies = field(default_factory=Latencies)
    last: float = 0.0
    """when its last batch was committed, or its task began"""
    task_cpu_seconds: float = 0.0
    """of its current task so far, with its start"""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A moment at which something happened to a worker."""

    seconds: float
    worker: int
    kind: str
    """retry, crash or failure"""
    text: str


@dataclass
class Wait:
    """A time in which a throttle or parloader pause stopped the workers."""

    reason: str
    begin: float
    end: float | None = None


@dataclass
class Step:
    """A table that the workers loaded, compared or cleared, or one pass over it."""

    label: str
    rows: int
    done_before: int
    begin: float
    end: float | None = None
    done: int = 0
    """rows of committed batches, without those before"""
    workers: dict[int, int] = field(default_factory=dict)
    """number → number of the RecordedWorker"""


@dataclass
class Listed:
    """Entries up to a number, and how many more there were."""

    entries: list[tuple[float, str]] = field(default_factory=list)
    more: int = 0


class Recorder(Progress):
    """Records what it is told, and passes it on to another observer. Times are seconds since it was created, by the clock of this process."""

    def __init__(self, shown: Progress) -> None:
        self._shown = shown
        self._origin = time.monotonic()
        self.began_at = datetime.now(UTC)
        self.bin_seconds = FIRST_BIN_SECONDS
        self.workers: list[RecordedWorker] = []
        self.marks: list[Mark] = []
        self.more_marks = 0
        self.waits: list[Wait] = []
        self.more_waits = 0
        self.steps: list[Step] = []
        self.notes = Listed()
        self.runs: list[Run] = []
        self.server: ServerInfo | None = None
        self.where = ""
        """the database, the address and the account"""
        self.seconds: float | None = None
        """how long the operation took; None: it has not ended"""

    def end(self) -> None:
        """The operation has ended."""
        self.seconds = self._now()
        for wait in self.waits:
            wait.end = self.seconds if wait.end is None else wait.end

    def _now(self) -> float:
        return time.monotonic() - self._origin

    @property
    def retries(self) -> int:
        return sum(worker.retries for worker in self.workers)

    @property
    def wait_seconds(self) -> float:
        """How long the listed waits lasted."""
        return sum((self._now() if wait.end is None else wait.end) - wait.begin for wait in self.waits)

    def note(self, message: str) -> None:
        if len(self.notes.entries) < MAX_LISTED:
            self.notes.entries.append((self._now(), message))
        else:
            self.notes.more += 1
        self._shown.note(message)

    def detail(self, message: str) -> None:
        self._shown.detail(message)

    def connected(self, server: "ServerInfo", where: str) -> None:
        self.server, self.where = server, where
        self._shown.connected(server, where)

    def works_on(self, run: "Run") -> None:
        self.runs = [*(known for known in self.runs if known.run_id != run.run_id), run]
        self._shown.works_on(run)

    def waiting(self, reason: str | None) -> None:
        now = self._now()
        if self.waits and self.waits[-1].end is None:
            self.waits[-1].end = now
        if reason is not None:
            if len(self.waits) < MAX_LISTED:
                self.waits.append(Wait(reason, now))
            else:
                self.more_waits += 1
        self._shown.waiting(reason)

    @contextmanager
    def bar(self, what: str, rows: int, done: int = 0) -> Iterator[ProgressBar]:
        step = Step(what, rows, done, self._now())
        self.steps.append(step)
        try:
            with self._shown.bar(what, rows, done) as shown:
                yield shown
        finally:
            step.end = self._now()

    def begin_step(self, workers: Sequence[int]) -> None:
        if self.steps:
            self.steps[-1].workers = {worker: number for number, worker in enumerate(sorted(workers))}
        self._shown.begin_step(workers)

    def observe(self, event: Event) -> None:
        try:
            self._record(event)
        finally:
            self._shown.observe(event)

    def _record(self, event: Event) -> None:
        now, number = self._now(), self._number(event.worker)
        worker = self.workers[number]
        match event:
            case Started():
                worker.last, worker.task_cpu_seconds = now, 0.0
                worker.host = event.host
            case BatchDone():
                self._record_batch(worker, event, now)
            case Retried():
                worker.retries += 1
                self._mark(now, number, "retry", f"{event.table}, {event.batch}: {event.reason}")
            case Died():
                worker.restarts += event.replaced_by is not None
                if event.replaced_by is not None:
                    self.steps[-1].workers[event.replaced_by] = number
                self._mark(now, number, "crash", event.error.message)
            case Failed():
                self._mark(now, number, "failure", str(event.error))

    def _number(self, worker: int) -> int:
        """The number of its RecordedWorker, which exists from now on."""
        if not self.steps:
            self.steps.append(Step("", 0, 0, self._now()))
        number = self.steps[-1].workers.setdefault(worker, worker)
        self.workers += [RecordedWorker() for _ in range(number + 1 - len(self.workers))]
        return number

    def _mark(self, now: float, worker: int, kind: str, text: str) -> None:
        if len(self.marks) < MAX_LISTED:
            self.marks.append(Mark(seconds=now, worker=worker, kind=kind, text=text))
        else:
            self.more_marks += 1

    def _record_batch(self, worker: RecordedWorker, event: BatchDone, now: float) -> None:
        rows = event.batch.rows
        self.steps[-1].done += rows
        worker.rows += rows
        worker.batches += 1
        worker.generate_seconds += event.generate_seconds
        worker.write_seconds += event.write_seconds
        worker.latencies.add(event.write_seconds)
        worker.busy_seconds += now - worker.last
        worker.cpu_seconds += event.cpu_seconds - worker.task_cpu_seconds
        worker.task_cpu_seconds = event.cpu_seconds
        worker.peak_rss_bytes = max(worker.peak_rss_bytes, event.peak_rss_bytes)
        begun = max(worker.last, now - max(event.write_seconds, event.generate_seconds))
        worker.last = now
        while now >= MAX_BINS * self.bin_seconds:
            self._widen_bins()
        self._spread(worker.bins, begun, now, rows)
        bin = self._bin(worker.bins, int(now / self.bin_seconds))
        bin.batches += 1
        bin.write_seconds += event.write_seconds
        bin.slowest_seconds = max(bin.slowest_seconds, event.write_seconds)
        bin.peak_rss_bytes = max(bin.peak_rss_bytes, event.peak_rss_bytes)

    def _spread(self, bins: dict[int, Bin], begin: float, end: float, rows: int) -> None:
        """Adds the rows of a batch to the bins of its time, so that the rate does not jump with each commit."""
        width = self.bin_seconds
        first, last = int(begin / width), int(end / width)
        if first == last:
            self._bin(bins, last).rows += rows
            return
        for number in range(first, last + 1):
            overlap = min(end, (number + 1) * width) - max(begin, number * width)
            self._bin(bins, number).rows += rows * overlap / (end - begin)

    @staticmethod
    def _bin(bins: dict[int, Bin], number: int) -> Bin:
        found = bins.get(number)
        if found is None:
            found = bins[number] = Bin()
        return found

    def _widen_bins(self) -> None:
        """Joins each two bins."""
        self.bin_seconds *= 2
        for worker in self.workers:
            joined: dict[int, Bin] = {}
            for number, bin in worker.bins.items():
                self._bin(joined, number // 2).add(bin)
            worker.bins = joined
