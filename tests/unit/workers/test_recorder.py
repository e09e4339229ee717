"""What the recorder keeps of a run: everything that counts, in a bounded memory."""

import tracemalloc

import pytest

from parloader.errors import WorkerDied
from parloader.plans.row_ranges import IndexRange
from parloader.workers.events import BatchDone, Died, Retried, Started
from parloader.workers.progress import Progress, ProgressBar
from parloader.workers.recorder import FIRST_BIN_SECONDS, MAX_BINS, MAX_LISTED, Recorder


class Shown(Progress):
    """Keeps what is passed on."""

    def __init__(self) -> None:
        self.said: list[object] = []

    def note(self, message: str) -> None:
        self.said.append(message)

    def observe(self, event: object) -> None:
        self.said.append(event)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds = [1000.0]
    monkeypatch.setattr("parloader.workers.recorder.time.monotonic", lambda: seconds[0])
    return seconds


def started(worker: int) -> Started:
    return Started(worker=worker, clock_seconds=0, cpu_seconds=0.1)


def batch(worker: int = 0, *, rows: int = 100, write: float = 0.02, cpu: float = 0.2, memory: int = 10) -> BatchDone:
    return BatchDone(
        worker=worker, table="t", batch=IndexRange(0, rows), generate_seconds=0.01, write_seconds=write, cpu_seconds=cpu,
        peak_rss_bytes=memory, clock_seconds=0,
    )  # fmt: skip


def retried(worker: int = 0) -> Retried:
    return Retried(worker=worker, table="t", batch=IndexRange(0, 100), reason="Deadlock found")


def test_rows_are_in_the_bins_of_the_time_that_their_batch_took(clock: list[float]) -> None:
    recorder = Recorder(Progress())
    with recorder.bar("seed", 1000):
        recorder.begin_step([0])
        recorder.observe(started(0))
        clock[0] += 4 * FIRST_BIN_SECONDS
        recorder.observe(batch(rows=1000, write=2 * FIRST_BIN_SECONDS))
    (worker,) = recorder.workers
    assert [round(worker.bins[number].rows) for number in (2, 3)] == [500, 500]
    assert sum(bin.rows for bin in worker.bins.values()) == pytest.approx(1000)
    assert (worker.rows, worker.batches) == (1000, 1)
    assert worker.busy_seconds == pytest.approx(4 * FIRST_BIN_SECONDS)


def test_a_batch_does_not_count_before_the_one_before_it(clock: list[float]) -> None:
    recorder = Recorder(Progress())
    recorder.begin_step([0])
    recorder.observe(started(0))
    clock[0] += 10 * FIRST_BIN_SECONDS
    recorder.observe(batch(write=0.001))
    clock[0] += FIRST_BIN_SECONDS
    recorder.observe(batch(write=99))
    assert min(recorder.workers[0].bins) >= 9


def test_bins_become_wider_and_keep_their_sums(clock: list[float]) -> None:
    recorder = Recorder(Progress())
    recorder.begin_step([0, 1])
    for number in (0, 1):
        recorder.observe(started(number))
    batches = 20 * MAX_BINS
    for number in range(batches):
        clock[0] += FIRST_BIN_SECONDS
        recorder.observe(batch(number % 2, write=0.1 + number % 7, memory=number))
    assert recorder.bin_seconds > FIRST_BIN_SECONDS
    for worker in recorder.workers:
        assert len(worker.bins) <= MAX_BINS
        assert max(worker.bins) < MAX_BINS
        assert sum(bin.batches for bin in worker.bins.values()) == worker.batches == batches // 2
        assert sum(bin.rows for bin in worker.bins.values()) == pytest.approx(worker.rows)
        assert sum(bin.write_seconds for bin in worker.bins.values()) == pytest.approx(worker.write_seconds)
        assert max(bin.slowest_seconds for bin in worker.bins.values()) == worker.latencies.largest == pytest.approx(6.1)


def test_memory_does_not_grow_with_the_number_of_batches(clock: list[float]) -> None:
    recorder = Recorder(Progress())
    recorder.begin_step(range(4))

    def some(number: int) -> int:
        for n in range(number):
            clock[0] += 0.01
            recorder.observe(batch(n % 4, write=0.01 + n % 13 / 100))
            if n % 10 == 0:
                recorder.observe(retried(n % 4))
                recorder.waiting("paused")
                recorder.note("a note")
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        after_some = some(5_000)
        after_more = some(5_000)
    finally:
        tracemalloc.stop()
    assert after_more < after_some + 100_000
    assert (len(recorder.marks), recorder.more_marks) == (MAX_LISTED, 1000 - MAX_LISTED)
    assert (len(recorder.waits), recorder.more_waits) == (MAX_LISTED, 1000 - MAX_LISTED)
    assert (len(recorder.notes.entries), recorder.notes.more) == (MAX_LISTED, 1000 - MAX_LISTED)
    assert recorder.retries == 1000


def test_workers_of_the_next_table_continue_those_of_the_first_and_replacements_the_dead(clock: list[float]) -> None:
    recorder = Recorder(Progress())
    died = WorkerDied("worker 0 was killed by SIGKILL", "Run it again")
    with recorder.bar("seed a", 200):
        recorder.begin_step([0, 1])
        recorder.observe(batch(1))
        recorder.observe(Died(worker=0, error=died, replaced_by=2))
        recorder.observe(batch(2))
    with recorder.bar("seed b", 300, 100):
        recorder.begin_step([2, 3])
        recorder.observe(batch(2))
        recorder.observe(batch(3))
    assert [worker.rows for worker in recorder.workers] == [200, 200]
    assert [worker.restarts for worker in recorder.workers] == [1, 0]
    assert [(step.label, step.rows, step.done_before, step.done) for step in recorder.steps] == [
        ("seed a", 200, 0, 200),
        ("seed b", 300, 100, 200),
    ]
    assert [(mark.worker, mark.kind, mark.text) for mark in recorder.marks] == [(0, "crash", "worker 0 was killed by SIGKILL")]


def test_waits(clock: list[float]) -> None:
    recorder = Recorder(Progress())
    clock[0] += 1
    recorder.waiting("paused by ann")
    clock[0] += 2
    recorder.waiting("Threads_running is 60")
    clock[0] += 3
    recorder.waiting(None)
    recorder.waiting("paused by ann")
    clock[0] += 4
    recorder.end()
    assert [(wait.reason, wait.begin, wait.end) for wait in recorder.waits] == [
        ("paused by ann", 1, 3),
        ("Threads_running is 60", 3, 6),
        ("paused by ann", 6, 10),
    ]
    assert (recorder.wait_seconds, recorder.seconds) == (9, 10)


def test_everything_is_passed_on() -> None:
    shown = Shown()
    recorder = Recorder(shown)
    recorder.note("connected")
    recorder.waiting("paused")
    recorder.waiting(None)
    with recorder.bar("seed", 1) as bar:
        assert type(bar) is ProgressBar
        event = batch()
        recorder.observe(event)
    assert shown.said == ["connected", "waiting: paused", "resumed", event]


def test_the_cpu_time_of_tasks_adds_up() -> None:
    recorder = Recorder(Progress())
    for _ in range(2):
        recorder.begin_step([0])
        recorder.observe(started(0))
        recorder.observe(batch(cpu=1))
        recorder.observe(batch(cpu=1.5))
    assert recorder.workers[0].cpu_seconds == pytest.approx(3)
