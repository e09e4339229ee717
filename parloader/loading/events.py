"""The frozen messages that a worker sends to the parent process. Times are seconds, measured inside the worker."""

from dataclasses import dataclass

from parloader.errors import WorkerDied
from parloader.plans.partition import Partition


@dataclass(frozen=True, kw_only=True)
class Event:
    worker: int


@dataclass(frozen=True, kw_only=True)
class Started(Event):
    """The worker is connected and begins. `clock_seconds` is of the machine's monotonic clock, as in every event."""

    clock_seconds: float
    cpu_seconds: float  # that its start took


@dataclass(frozen=True, kw_only=True)
class BatchDone(Event):
    """A batch is committed (seed), compared (verify) or deleted (clean)."""

    table: str
    batch: Partition
    generate_seconds: float
    write_seconds: float
    cpu_seconds: float  # of the whole worker so far
    peak_rss_bytes: int  # of the whole worker so far
    clock_seconds: float


@dataclass(frozen=True, kw_only=True)
class Retried(Event):
    """A batch failed, was rolled back and is tried again. `reason` is the server's own words."""

    table: str
    batch: Partition
    reason: str


@dataclass(frozen=True, kw_only=True)
class Differs(Event):
    """Rows of a batch that are not as the plan says; the first `differences` of each kind in full."""

    table: str
    differences: "tuple[Difference, ...]"
    missing: int
    different: int


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A row that is not as the plan says. `kind` is missing, extra or different; `columns` has (column, expected, found).

    `key`: the integer one, or the values by which the row is found, with slashes between.
    """

    kind: str
    table: str
    key: int | str
    columns: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Finished(Event):
    """The worker has done all it was given, or stopped when it was asked to."""


@dataclass(frozen=True, kw_only=True)
class Failed(Event):
    """The worker gave up. `error` is one of ours; `traceback_text` is for -v."""

    error: Exception
    traceback_text: str


@dataclass(frozen=True, kw_only=True)
class Died(Event):
    """Said by the parent: the worker's process is gone. `taken_up_by`: the worker that does what it left; None: nobody."""

    error: WorkerDied
    taken_up_by: int | None
