from support.bench_results import measured, result

from parloader.operations.bench_result import Configuration, Measurement, Result
from parloader.rows.writer_names import WriterName
from parloader.workers.batching import FixedBatch
from parloader.workers.stats import WorkerStats
from parloader.workers.tasks.baseline import BaselineName


def test_the_best_has_the_highest_median_not_the_fastest_round() -> None:
    steady, lucky = measured(200, 210, 190), measured(100, 900, 100, procs=2)
    found = result(lucky, steady)
    assert found.best is steady
    assert found.in_noise(lucky)  # it was faster in one round
    assert not found.in_noise(steady)
    assert found.as_json()["command"] == "parloader seed --table orders --procs 1 --batch 10 --writer insert"


def test_slower_in_every_round_is_outside_the_noise_even_if_the_ranges_overlap() -> None:
    """A noisy period slows down both: 150 beats the 100 of another round, but not that of its own."""
    best, slower = measured(200, 100, 300), measured(150, 90, 250, procs=2)
    assert not result(best, slower).in_noise(slower)


def test_the_server_limit_is_the_fastest_baseline() -> None:
    point = measured(250, 250, 250)
    assert (result(point).baseline.configuration.writer, result(point).of_baseline(point)) == (BaselineName.READY_FILES, 0.5)


def test_the_price_of_integrity_is_the_median_over_the_rounds() -> None:
    """25 %, 20 % and 10 % of the time."""
    assert round(result(measured(1, 1, 1)).price_of_integrity, 6) == 0.2


def test_a_measurement_lasts_from_the_first_start_to_the_last_commit() -> None:
    first = WorkerStats(worker=0, rows=30, started_seconds=10, last_seconds=12, write_seconds=1.5, cpu_seconds=0.1, peak_rss_bytes=5)
    second = WorkerStats(worker=1, rows=30, started_seconds=11, last_seconds=14, write_seconds=2.5, cpu_seconds=0.2, peak_rss_bytes=6)
    sample = Measurement.of({0: first, 1: second})
    assert (sample.rows, sample.seconds, sample.rows_per_second) == (60, 4, 15)
    assert (sample.worker_seconds, sample.server_seconds, sample.peak_rss_bytes) == (5, 4.0, 6)
    point = Result(configuration=Configuration(procs=2, batch=FixedBatch(10), writer=WriterName.INSERT), samples=(sample,))
    assert (point.server_wait, round(point.client_cpu_seconds_per_million)) == (0.8, 5000)
