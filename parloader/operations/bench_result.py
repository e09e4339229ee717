"""The result of bench: configurations with their measurements, and statistics over them. Uses no database and no clock."""

import statistics
from dataclasses import dataclass
from datetime import datetime

from parloader.database.session import ServerInfo
from parloader.rows.writer_names import WriterName
from parloader.workers.batching import Batch
from parloader.workers.stats import Stats
from parloader.workers.tasks.baseline import BaselineName


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """One combination of options."""

    procs: int
    batch: Batch
    writer: WriterName | BaselineName
    """what fills the table; a baseline measures the server limit"""
    checks: bool = True
    """off only to measure the price of integrity"""

    @property
    def options(self) -> str:
        return f"--procs {self.procs} --batch {self.batch.text} --writer {self.writer}"


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One load."""

    rows: int
    seconds: float
    """from the first worker's start to the last commit"""
    worker_seconds: float
    """sum over the workers"""
    server_seconds: float
    """spent waiting for the server, sum over the workers"""
    client_cpu_seconds: float
    """sum over the workers"""
    peak_rss_bytes: int
    """of the largest worker"""

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds

    @classmethod
    def of(cls, stats: Stats) -> "Measurement":
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
class Result:
    """A configuration and its measurements."""

    configuration: Configuration
    samples: tuple[Measurement, ...]
    """one per round"""

    @property
    def rates(self) -> tuple[float, ...]:
        return tuple(s.rows_per_second for s in self.samples)

    @property
    def rows_per_second(self) -> float:
        return statistics.median(self.rates)

    @property
    def server_wait(self) -> float:
        """The share of a worker's time spent waiting for the server."""
        return statistics.median(s.server_seconds / s.worker_seconds for s in self.samples)

    @property
    def client_cpu_seconds_per_million(self) -> float:
        return statistics.median(s.client_cpu_seconds / s.rows * 1_000_000 for s in self.samples)

    @property
    def peak_rss_bytes(self) -> int:
        return max(s.peak_rss_bytes for s in self.samples)

    def as_fast_in_some_round_as(self, best: "Result") -> bool:
        """Whether the difference is within noise. Compares round by round, because a noisy period slows down both."""
        return any(own >= other for own, other in zip(self.rates, best.rates, strict=True))

    def as_json(self) -> dict[str, object]:
        return {
            "procs": self.configuration.procs,
            "batch": self.configuration.batch.text,
            "writer": str(self.configuration.writer),
            "rows_per_second": round(self.rows_per_second),
            "rows_per_second_by_round": [round(rate) for rate in self.rates],
            "server_wait": round(self.server_wait, 3),
            "client_cpu_seconds_per_million": round(self.client_cpu_seconds_per_million, 3),
            "peak_rss_bytes": self.peak_rss_bytes,
        }


@dataclass(frozen=True, kw_only=True)
class BenchResult:
    """The results of all configurations."""

    server: ServerInfo
    where: str
    """the database, the address and the account"""
    table: str
    """of which a copy was measured"""
    selection: str
    """the options by which seed loads it, with a blank behind them; empty: the built-in example"""
    measured_at: datetime
    rows: int
    """loaded in each measurement"""
    rounds: int
    results: tuple[Result, ...]
    """by writer, processes and batch"""
    baselines: tuple[Result, ...]
    """measurements of the server limit"""
    checked: Result
    """the best configuration with checks on, interleaved with `unchecked`"""
    unchecked: Result
    """the best configuration with checks off"""
    notes: tuple[str, ...]

    @property
    def best(self) -> Result:
        return max(self.results, key=lambda m: m.rows_per_second)

    @property
    def baseline(self) -> Result:
        """The server limit: the highest rate with ready-made rows and no client work."""
        return max(self.baselines, key=lambda m: m.rows_per_second)

    @property
    def price_of_integrity(self) -> float:
        """The price of integrity: the share of the time that the checks take, as the median over the rounds."""
        pairs = zip(self.checked.rates, self.unchecked.rates, strict=True)
        return statistics.median(1 - checked / unchecked for checked, unchecked in pairs)

    def in_noise(self, measured: Result) -> bool:
        return measured is not self.best and measured.as_fast_in_some_round_as(self.best)

    def as_json(self) -> dict[str, object]:
        return {
            "server": str(self.server),
            "target": self.where,
            "table": self.table,
            "measured_at": self.measured_at.isoformat(timespec="seconds"),
            "rows": self.rows,
            "rounds": self.rounds,
            "points": [
                {**m.as_json(), "best": m is self.best, "in_noise": self.in_noise(m), "of_floor": self.of_baseline(m)} for m in self.results
            ],
            "floor": [m.as_json() for m in self.baselines],
            "checks_on": self.checked.as_json(),
            "checks_off": self.unchecked.as_json(),
            "price_of_integrity": round(self.price_of_integrity, 3),
            "command": self.command,
            "notes": list(self.notes),
        }

    @property
    def command(self) -> str:
        """The fastest seed."""
        return f"parloader seed {self.selection}{self.best.configuration.options}"

    def of_baseline(self, measured: Result) -> float:
        """The rate as a share of the server limit."""
        return round(measured.rows_per_second / self.baseline.rows_per_second, 3)
