"""Statistics of the workers: a pure fold over their events."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from parloader.database.compression import Traffic
from parloader.workers.events import BatchDone, Died, Event, Failed, Finished, Retried, Started


@dataclass(frozen=True, kw_only=True)
class WorkerStats:
    """One worker so far. Rows and times are those of committed batches."""

    worker: int
    host: str = ""  # its machine; empty: this one
    table: str = ""  # of a load: the table, and which pass if it is the second
    rows: int = 0
    batches: int = 0
    retries: int = 0
    generate_seconds: float = 0.0
    write_seconds: float = 0.0
    cpu_seconds: float = 0.0  # without its start
    startup_cpu_seconds: float = 0.0  # imports, connecting
    peak_rss_bytes: int = 0
    started_seconds: float = 0.0  # by the monotonic clock; of its first task, if it has several one after the other
    last_seconds: float = 0.0  # of the last event, by the same clock
    traffic: Traffic | None = None  # None: the connection is not compressed
    alive: bool = True
    batch_seconds: list[float] = field(default_factory=list)  # appended to in place: a fold over 100,000 batches stays linear

    @property
    def seconds(self) -> float:
        return max(0.0, self.last_seconds - self.started_seconds)

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds if self.seconds else 0.0

    def as_json(self) -> dict[str, object]:
        return {
            "worker": self.worker,
            "host": self.host,
            "table": self.table,
            "rows": self.rows,
            "seconds": round(self.seconds, 3),
            "rows_per_second": round(self.rows_per_second),
            "batches": self.batches,
            "retries": self.retries,
            "batch_ms": {
                "p50": round(percentile(self.batch_seconds, 50) * 1000, 1),
                "p95": round(percentile(self.batch_seconds, 95) * 1000, 1),
                "max": round(percentile(self.batch_seconds, 100) * 1000, 1),
            },
            "generate_seconds": round(self.generate_seconds, 3),
            "write_seconds": round(self.write_seconds, 3),
            "cpu_seconds": round(self.cpu_seconds, 3),
            "startup_cpu_seconds": round(self.startup_cpu_seconds, 3),
            "peak_rss_bytes": self.peak_rss_bytes,
            "compressed": self.traffic and asdict(self.traffic),
        }


Stats = Mapping[int, WorkerStats]


def fold(stats: Stats, event: Event) -> Stats:
    """The statistics after one more event."""
    before = stats.get(event.worker, WorkerStats(worker=event.worker))
    match event:
        case Started() if before.started_seconds:
            after = replace(before, last_seconds=event.clock_seconds, alive=True)
        case Started():
            after = replace(
                before,
                host=event.host,
                started_seconds=event.clock_seconds,
                last_seconds=event.clock_seconds,
                startup_cpu_seconds=event.cpu_seconds,
            )
        case BatchDone():
            before.batch_seconds.append(event.write_seconds)
            after = replace(
                before,
                rows=before.rows + event.batch.rows,
                batches=before.batches + 1,
                generate_seconds=before.generate_seconds + event.generate_seconds,
                write_seconds=before.write_seconds + event.write_seconds,
                cpu_seconds=event.cpu_seconds - before.startup_cpu_seconds,
                peak_rss_bytes=max(before.peak_rss_bytes, event.peak_rss_bytes),
                last_seconds=event.clock_seconds,
                traffic=event.traffic,
            )
        case Retried():
            after = replace(before, retries=before.retries + 1)
        case Finished() | Failed() | Died():
            after = replace(before, alive=False)
        case _:
            return stats
    return {**stats, event.worker: after}


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of the values do not exceed (nearest rank); 0 of no values."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)] if values else 0.0
