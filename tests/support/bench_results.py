"""Results of bench, without a server."""

from datetime import UTC, datetime

from support.servers import SERVER_INFO

from parloader.operations.bench_result import BenchResult, Configuration, Measurement, Result
from parloader.rows.writer_names import WriterName
from parloader.workers.batching import FixedBatch
from parloader.workers.tasks.baseline import BaselineName


def measured(*rates: float, procs: int = 1, writer: WriterName | BaselineName = WriterName.INSERT) -> Result:
    samples = (
        Measurement(rows=1000, seconds=1000 / r, worker_seconds=2, server_seconds=1, client_cpu_seconds=0.001, peak_rss_bytes=7)
        for r in rates
    )
    return Result(configuration=Configuration(procs=procs, batch=FixedBatch(10), writer=writer), samples=tuple(samples))


def result(*points: Result) -> BenchResult:
    return BenchResult(
        server=SERVER_INFO,
        where="shop at db.example:3306 as ann",
        table="orders",
        selection="--table orders ",
        measured_at=datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
        rows=1000,
        rounds=3,
        results=points,
        baselines=(measured(400, 400, 400, writer=BaselineName.INSERT_SELECT), measured(500, 500, 100, writer=BaselineName.READY_FILES)),
        checked=measured(300, 100, 270),
        unchecked=measured(400, 125, 300),
        notes=(),
    )
