"""The frozen configs of the verbs: what click resolved (flags > PARLOADER_* environment > parloader.toml > defaults), validated once.

`allow_remote`, where a verb writes: the hosts that need not be this machine.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from parloader.database.target import Target
from parloader.limits import MAX_PROCS, MAX_RETRY_SECONDS, MAX_ROWS, MAX_SEED, require_between
from parloader.plans.row_ranges import IndexRange, split
from parloader.rows.writers import WriterName
from parloader.workers.batching import AUTO, AutoBatch, Batch, FixedBatch
from parloader.workers.throttle import Limits

DEFAULT_BATCH = FixedBatch(10_000)

# how long a batch may be tried again (a deadlock, a lost connection) before the run stops
DEFAULT_RETRY_SECONDS = 60.0

# how often what a dead worker left is taken up by a fresh one: once may be bad luck, twice is a reason to look
DEFAULT_WORKER_RESTARTS = 1

# how long a transaction of clean takes: short enough for others to get a word in
DEFAULT_CHUNK = AutoBatch(0.2)


def usable_cores() -> int:
    """The cores that this process may use (its CPU affinity, where the system has one)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, kw_only=True)
class SeedConfig:
    """What to load and how; also what `plan` shows. `table`: any one, with what it needs; `plan`: a plan file or MODULE:NAME; neither: the
    built-in plan, with `parameters`. `rows`, `seed`: None where the plan says, or its default."""

    target: Target
    table: str | None = None
    plan: str | None = None
    rows: int | None = None
    seed: int | None = None
    parents: Mapping[str, int] = field(default_factory=dict)
    procs: int = field(default_factory=usable_cores)
    batch: Batch = DEFAULT_BATCH
    writer: WriterName = WriterName.INSERT
    parameters: Mapping[str, str] = field(default_factory=dict)
    new_run: bool = False
    retry_seconds: float = DEFAULT_RETRY_SECONDS
    worker_restarts: int = DEFAULT_WORKER_RESTARTS
    limits: Limits = field(default_factory=Limits)
    allow_remote: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """UsageError where a number makes no sense."""
        require_between("rows", self.rows or 0, 0, MAX_ROWS)
        require_between("seed", self.seed or 0, 0, MAX_SEED)
        require_between("procs", self.procs, 1, MAX_PROCS)
        require_between("retry_seconds", self.retry_seconds, 0, MAX_RETRY_SECONDS)

    @property
    def most_workers(self) -> int:
        """How many workers the target table can occupy, as far as the options alone tell: never more than it has batches."""
        return self.procs if self.rows is None else len(split([IndexRange(0, self.rows)], self.procs, self.batch.first_rows))


def default_bench_procs() -> tuple[int, ...]:
    """1, 2, 4, … up to twice the usable cores: a server elsewhere may have more of them, and waits for disks besides."""
    return tuple(2**n for n in range(6) if 2**n <= 2 * usable_cores())


@dataclass(frozen=True, kw_only=True)
class BenchConfig:
    """What to measure: every combination of `procs`, `batches` and `writers` (none: all that the server takes), `rounds` times `rows` rows."""

    target: Target
    procs: tuple[int, ...] = field(default_factory=default_bench_procs)
    batches: tuple[Batch, ...] = (FixedBatch(1000), DEFAULT_BATCH, AUTO)
    writers: tuple[WriterName, ...] = ()
    rows: int = 100_000
    rounds: int = 3
    parameters: Mapping[str, str] = field(default_factory=dict)
    allow_remote: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """UsageError where a number makes no sense."""
        require_between("rows", self.rows, 1, MAX_ROWS)
        require_between("rounds", self.rounds, 1, MAX_ROWS)
        for procs in self.procs:
            require_between("procs", procs, 1, MAX_PROCS)


@dataclass(frozen=True, kw_only=True)
class VerifyConfig:
    target: Target
    procs: int = field(default_factory=usable_cores)
    ignore_extra: bool = False

    def __post_init__(self) -> None:
        """UsageError where a number makes no sense."""
        require_between("procs", self.procs, 1, MAX_PROCS)


@dataclass(frozen=True, kw_only=True)
class CleanConfig:
    """`edited_too`: also rows that somebody edited since, without looking for them."""

    target: Target
    procs: int = field(default_factory=usable_cores)
    edited_too: bool = False
    retry_seconds: float = DEFAULT_RETRY_SECONDS
    worker_restarts: int = DEFAULT_WORKER_RESTARTS
    chunk: AutoBatch = DEFAULT_CHUNK
    limits: Limits = field(default_factory=Limits)
    allow_remote: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """UsageError where a number makes no sense."""
        require_between("procs", self.procs, 1, MAX_PROCS)
        require_between("retry_seconds", self.retry_seconds, 0, MAX_RETRY_SECONDS)


@dataclass(frozen=True, kw_only=True)
class UpgradeConfig:
    target: Target
    allow_remote: tuple[str, ...] = ()
