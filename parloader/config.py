"""The frozen configs of the verbs: what click resolved (flags > PARLOADER_* environment > parloader.toml > defaults), validated once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from parloader.database.connect import Target
from parloader.loading.batching import Batch, FixedBatch, WriterName
from parloader.plans.script_execution import DEFAULT_ROWS

DEFAULT_BATCH = FixedBatch(10_000)
# how long a batch may be tried again (a deadlock, a lost connection) before the run stops
DEFAULT_RETRY_SECONDS = 60.0


def usable_cores() -> int:
    """The cores that this process may use (its CPU affinity, where the system has one)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, kw_only=True)
class SeedConfig:
    """What to load and how; also what `plan` shows."""

    target: Target
    rows: int = DEFAULT_ROWS
    procs: int = field(default_factory=usable_cores)
    batch: Batch = DEFAULT_BATCH
    writer: WriterName = WriterName.INSERT
    parameters: Mapping[str, str] = field(default_factory=dict)
    new_run: bool = False
    retry_seconds: float = DEFAULT_RETRY_SECONDS


@dataclass(frozen=True, kw_only=True)
class VerifyConfig:
    target: Target
    procs: int = field(default_factory=usable_cores)
    ignore_extra: bool = False


@dataclass(frozen=True, kw_only=True)
class CleanConfig:
    target: Target
    procs: int = field(default_factory=usable_cores)
