import math
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parloader.plans.row_ranges import IndexRange
from parloader.workers.events import BatchDone, Differs, Event, Failed, Finished, Retried, Started
from parloader.workers.stats import Stats, WorkerStats, fold, percentile


def done(worker: int = 0, *, rows: int = 10, generate: float = 0.5, write: float = 1.0, cpu: float = 0.0, rss: int = 0, at: float) -> Event:
    return BatchDone(
        worker=worker,
        table="t",
        batch=IndexRange(0, rows),
        generate_seconds=generate,
        write_seconds=write,
        cpu_seconds=cpu,
        peak_rss_bytes=rss,
        clock_seconds=at,
    )


def retried(worker: int = 0) -> Event:
    return Retried(worker=worker, table="t", batch=IndexRange(0, 10), reason="deadlock")


def folded(*events: Event) -> Stats:
    empty: Stats = {}
    return reduce(fold, events, empty)


def test_a_worker_is_the_sum_of_its_events() -> None:
    worker = folded(
        Started(worker=3, clock_seconds=100.0, cpu_seconds=0.25),
        done(3, rows=1000, generate=0.25, write=0.5, cpu=0.75, rss=80, at=101.0),
        retried(3),
        retried(3),
        done(3, rows=500, generate=0.5, write=1.5, cpu=1.25, rss=70, at=104.0),
        Finished(worker=3),
    )[3]
    assert (worker.rows, worker.batches, worker.retries, worker.alive) == (1500, 2, 2, False)
    assert (worker.seconds, worker.rows_per_second) == (4.0, 375.0)
    assert (worker.generate_seconds, worker.write_seconds, worker.cpu_seconds) == (0.75, 2.0, 1.0)
    assert worker.peak_rss_bytes == 80


def test_a_worker_with_several_tasks_one_after_the_other() -> None:
    worker = folded(
        Started(worker=0, host="far", clock_seconds=100.0, cpu_seconds=0.25),
        done(rows=10, cpu=0.5, at=101.0),
        Finished(worker=0),
        Started(worker=0, host="far", clock_seconds=102.0, cpu_seconds=0.75),
        done(rows=10, cpu=1.0, at=104.0),
    )[0]
    assert (worker.host, worker.rows, worker.seconds, worker.startup_cpu_seconds, worker.cpu_seconds) == ("far", 20, 4.0, 0.25, 0.75)
    assert worker.alive


def test_workers_are_counted_apart() -> None:
    stats = folded(
        Started(worker=0, clock_seconds=5.0, cpu_seconds=0.25),
        Started(worker=1, clock_seconds=5.0, cpu_seconds=0.25),
        done(1, rows=7, at=6.0),
        done(0, rows=3, at=7.0),
        retried(1),
        Finished(worker=1),
    )
    figures = {w: (s.worker, s.rows, s.batches, s.retries, s.seconds, len(s.batch_seconds), s.alive) for w, s in stats.items()}
    assert figures == {0: (0, 3, 1, 0, 2.0, 1, True), 1: (1, 7, 1, 1, 1.0, 1, False)}


def test_only_committed_batches_count() -> None:
    worker = folded(Started(worker=0, clock_seconds=1.0, cpu_seconds=0.25), retried(), retried())[0]
    assert (worker.rows, worker.batches, worker.rows_per_second) == (0, 0, 0.0)


def test_rows_in_no_time_have_no_rate() -> None:
    worker = folded(Started(worker=0, clock_seconds=1.0, cpu_seconds=0.25), done(rows=10, at=1.0))[0]
    assert (worker.rows, worker.seconds, worker.rows_per_second) == (10, 0.0, 0.0)


def test_a_worker_that_failed_is_no_longer_alive() -> None:
    failed = Failed(worker=0, error=ValueError(), traceback_text="")
    assert not folded(Started(worker=0, clock_seconds=1.0, cpu_seconds=0.25), failed)[0].alive


def test_an_event_without_throughput_changes_nothing() -> None:
    before = folded(Started(worker=0, clock_seconds=1.0, cpu_seconds=0.25))
    assert fold(before, Differs(worker=0, table="t", differences=(), missing=1, different=0)) == before


def test_the_statistics_before_stay_as_they_were() -> None:
    before = folded(Started(worker=0, clock_seconds=1.0, cpu_seconds=0.25))
    fold(before, done(at=2.0))
    assert before[0].rows == 0
    assert set(fold(before, Started(worker=1, clock_seconds=1.0, cpu_seconds=0.25))) == {0, 1}
    assert set(before) == {0}


@given(st.lists(st.integers(0, 50).map(float), min_size=1, max_size=60), st.integers(1, 100))
def test_percentile_is_the_smallest_value_that_this_share_does_not_exceed(values: list[float], percent: int) -> None:
    enough = [v for v in values if 100 * sum(w <= v for w in values) >= percent * len(values)]
    assert percentile(values, percent) == min(enough)


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [([], 50, 0.0), ([7.0], 0, 7.0), ([3.0, 1.0, 2.0], 0, 1.0), ([3.0, 1.0, 2.0], 50, 2.0), (list(range(1, 101)), 95, 95)],
)
def test_percentile(values: list[float], percent: float, expected: float) -> None:
    assert percentile(values, percent) == expected


def test_as_json() -> None:
    begun = Started(worker=2, clock_seconds=10.0, cpu_seconds=0.25)
    batches = [done(2, rows=100, generate=0.0005, write=n / 1000, cpu=n / 8, rss=n, at=10 + n / 4) for n in range(1, 21)]
    assert folded(begun, *batches)[2].as_json() == {
        "worker": 2,
        "host": "",
        "table": "",
        "rows": 2000,
        "seconds": 5.0,
        "rows_per_second": 400,
        "batches": 20,
        "retries": 0,
        "batch_ms": {"p50": 10.0, "p95": 19.0, "max": 20.0},
        "generate_seconds": 0.01,
        "write_seconds": 0.21,
        "cpu_seconds": 2.25,
        "startup_cpu_seconds": 0.25,
        "peak_rss_bytes": 20,
        "compressed": None,
    }


def test_as_json_of_a_worker_that_did_nothing_has_no_infinite_figure() -> None:
    figures = WorkerStats(worker=0).as_json()
    assert figures["batch_ms"] == {"p50": 0.0, "p95": 0.0, "max": 0.0}
    assert figures["rows_per_second"] == 0
    assert all(math.isfinite(v) for v in figures.values() if isinstance(v, float))
