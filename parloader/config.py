"""The frozen config of each command, validated once. click resolves the values: flags > PARLOADER_* variables > parloader.toml > defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from shlex import quote

from parloader.database.target import Target
from parloader.defaults import (
    DEFAULT_BATCH,
    DEFAULT_BENCH_BATCHES,
    DEFAULT_BENCH_ROUNDS,
    DEFAULT_BENCH_ROWS,
    DEFAULT_CHUNK,
    DEFAULT_RETRY_SECONDS,
    DEFAULT_WORKER_RESTARTS,
    DEFAULT_WRITER,
    default_bench_procs,
)
from parloader.errors import UsageError
from parloader.formats.names import DEFAULT_FORMAT, DEFAULT_ROWS_PER_FILE, Compression, FormatName
from parloader.limits import MAX_PROCS, MAX_RETRY_SECONDS, MAX_ROWS, MAX_SEED, require_between
from parloader.plans.column_rules import ColumnRule
from parloader.plans.model import Plan
from parloader.plans.row_ranges import IndexRange, split
from parloader.process_limits import usable_cores
from parloader.rows.clean_command import CleanCommand
from parloader.rows.writer_names import WriterName
from parloader.schema.declared_models import Models
from parloader.workers.batching import AutoBatch, Batch
from parloader.workers.executor import SMALL_LOAD_ROWS
from parloader.workers.throttle import Limits


def _require_one_of(given: Mapping[str, object]) -> None:
    """UsageError: more than one of these options has a value."""
    chosen = [option for option, value in given.items() if value]
    if len(chosen) > 1:
        raise UsageError(f"{chosen[0]} and {chosen[1]} cannot be combined", "Use one of them")


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which tables get rows, and how many.

    If none of `tables`, `all_tables` and `plan` is given, it is the built-in plan.
    """

    tables: tuple[str, ...] = ()  # fill these tables and the parents they need; the first is the target
    all_tables: bool = False  # fill every table of the database that can be filled
    plan: str | Plan | None = None  # a plan file, MODULE:NAME, or the plan itself
    models: Models | None = None  # with `all_tables`: only those that these models declare
    as_library: bool = False  # a program asks for it: its module search path and its stdout stay as they are
    rows: int | None = None  # of the target table, of each of `tables`, or of the largest of all; None: as in the plan file, or the default
    seed: int | None = None  # None: as in the plan file, or 0
    parents: Mapping[str, int] = field(default_factory=dict)  # rows to create, or in a parent table to use or create, by table; 0: none
    parameters: Mapping[str, str] = field(default_factory=dict)  # of the built-in plan
    column_rules: tuple[ColumnRule, ...] = ()  # for columns that the plan leaves open
    new_run: bool = False  # add rows after those of an earlier, complete run
    allow_databases: tuple[str, ...] = ()  # other databases in which it may create parent rows
    allow_history: bool = False  # it may fill system-versioned tables, whose history keeps the rows after clean

    def __post_init__(self) -> None:
        """UsageError if a number is out of range, or the tables are named in two ways."""
        whole = "--models" if self.models else "--all"
        _require_one_of({"--plan": self.plan is not None, whole: self.all_tables, "--table": self.tables, "--set": self.parameters})
        require_between("rows", self.rows or 0, 0, MAX_ROWS)
        require_between("seed", self.seed or 0, 0, MAX_SEED)
        if not self.all_tables and (none := [table for table, rows in self.parents.items() if not rows]):
            raise UsageError(
                f"--rows {none[0]}=0 leaves the table out, which only --all allows", f"Give {none[0]} at least 1 row, or add --all"
            )


@dataclass(frozen=True, kw_only=True)
class SeedConfig(Selection):
    """What to load and how. `plan` takes the same config, to show what seed would do."""

    target: Target
    procs: int = field(default_factory=usable_cores)
    batch: Batch = DEFAULT_BATCH
    writer: WriterName = DEFAULT_WRITER
    defer_indexes: bool = False  # drop indexes that no constraint needs, and add them again after the rows
    retry_seconds: float = DEFAULT_RETRY_SECONDS
    worker_restarts: int = DEFAULT_WORKER_RESTARTS
    limits: Limits = field(default_factory=Limits)
    allow_remote: tuple[str, ...] = ()  # hosts to which it may write, besides this machine

    def __post_init__(self) -> None:
        """UsageError if a number is out of range."""
        super().__post_init__()
        require_between("procs", self.procs, 1, MAX_PROCS)
        require_between("retry_seconds", self.retry_seconds, 0, MAX_RETRY_SECONDS)

    @property
    def most_workers(self) -> int:
        """The most worker processes that the target table can occupy, as far as the options tell: at most one per batch; none if one batch is all."""
        if self.rows is None or self.all_tables or self.parents:
            return self.procs
        workers = len(split([IndexRange(0, self.rows)], self.procs, self.batch.first_rows))
        return 0 if workers <= 1 and self.rows <= SMALL_LOAD_ROWS else workers


@dataclass(frozen=True, kw_only=True)
class ExportConfig(Selection):
    """Which rows to write into files, and how: those that seed would load with the same selection."""

    target: Target | None  # None: no database is read, so the plan must be complete (see needs_database)
    folder: Path
    format: FormatName = DEFAULT_FORMAT
    compression: Compression | None = None  # None: as usual for the format
    rows_per_file: int = DEFAULT_ROWS_PER_FILE
    procs: int = field(default_factory=usable_cores)
    worker_restarts: int = DEFAULT_WORKER_RESTARTS

    def __post_init__(self) -> None:
        """UsageError if a number is out of range, or the tables are those of a database, and there is none."""
        super().__post_init__()
        require_between("procs", self.procs, 1, MAX_PROCS)
        require_between("rows_per_file", self.rows_per_file, 1, MAX_ROWS)
        if self.target is None and self.needs_database:
            raise UsageError(f"{'--all' if self.all_tables else '--table'} needs a database, whose tables it reads", "Name it with --url")

    @property
    def needs_database(self) -> bool:
        """Whether the tables to export are those of a database. A plan file or the built-in plan can do without one."""
        return self.all_tables or bool(self.tables)

    @property
    def most_workers(self) -> int:
        """The most worker processes that the files can occupy, as far as the options tell; none if the work is small."""
        if self.rows is None or self.all_tables or self.parents:
            return self.procs
        return 0 if self.rows <= SMALL_LOAD_ROWS else self.procs

    def seeding(self, target: Target) -> SeedConfig:
        """The configuration with which seed would load the same rows."""
        selection = {each.name: getattr(self, each.name) for each in fields(Selection)}
        return SeedConfig(target=target, procs=self.procs, **selection)


@dataclass(frozen=True, kw_only=True)
class BenchConfig:
    """What to measure: each combination of `procs`, `batches` and `writers`, on copies of `table`, of the target of `plan`, or of the example."""

    target: Target
    table: str | None = None
    plan: str | None = None  # a plan file, or MODULE:NAME
    column_rules: tuple[ColumnRule, ...] = ()  # for columns that the plan leaves open
    procs: tuple[int, ...] = field(default_factory=default_bench_procs)
    batches: tuple[Batch, ...] = DEFAULT_BENCH_BATCHES
    writers: tuple[WriterName, ...] = ()  # empty: all that the server accepts
    rows: int = DEFAULT_BENCH_ROWS  # of each load
    rounds: int = DEFAULT_BENCH_ROUNDS  # how many times each combination is measured
    parameters: Mapping[str, str] = field(default_factory=dict)  # of the built-in plan
    allow_remote: tuple[str, ...] = ()  # hosts to which it may write, besides this machine

    def __post_init__(self) -> None:
        """UsageError if a number is out of range, or the table is named in two ways."""
        _require_one_of({"--plan": self.plan is not None, "--table": self.table is not None, "--set": self.parameters})
        require_between("rows", self.rows, 1, MAX_ROWS)
        require_between("rounds", self.rounds, 1, MAX_ROWS)
        for procs in self.procs:
            require_between("procs", procs, 1, MAX_PROCS)

    def measuring(self, table: str) -> "BenchConfig":
        """The same for another table."""
        return replace(self, table=table)

    @property
    def selection(self) -> str:
        """The options by which seed loads what is measured; empty: the built-in example."""
        if self.table is not None:
            return f"--table {quote(self.table)} "
        return "" if self.plan is None else f"--plan {quote(self.plan)} "


@dataclass(frozen=True, kw_only=True)
class VerifyConfig:
    target: Target
    procs: int = field(default_factory=usable_cores)
    ignore_extra: bool = False  # report rows that parloader did not create, but do not count them as differences
    runs: tuple[int, ...] = ()  # verify only these; empty: all runs
    tables: tuple[str, ...] = ()  # verify only these; empty: all tables

    def __post_init__(self) -> None:
        """UsageError if a number is out of range."""
        require_between("procs", self.procs, 1, MAX_PROCS)


@dataclass(frozen=True, kw_only=True)
class CleanConfig:
    target: Target
    procs: int = field(default_factory=usable_cores)
    runs: tuple[int, ...] = ()  # delete only these; empty: all runs
    edited_too: bool = False  # also delete generated rows that were edited, without looking for edits
    with_trigger_rows: bool = False  # also delete rows that triggers inserted for generated rows
    accept_unseen_references: bool = False  # also if foreign keys may exist that the account cannot see
    retry_seconds: float = DEFAULT_RETRY_SECONDS
    worker_restarts: int = DEFAULT_WORKER_RESTARTS
    chunk: AutoBatch = DEFAULT_CHUNK  # the target duration of each delete transaction
    limits: Limits = field(default_factory=Limits)
    allow_remote: tuple[str, ...] = ()  # hosts to which it may write, besides this machine

    def __post_init__(self) -> None:
        """UsageError if a number is out of range."""
        require_between("procs", self.procs, 1, MAX_PROCS)
        require_between("retry_seconds", self.retry_seconds, 0, MAX_RETRY_SECONDS)

    @property
    def command(self) -> CleanCommand:
        """The command line that deletes the same rows, for messages."""
        return CleanCommand(
            runs=self.runs,
            accept_unseen_references=self.accept_unseen_references,
            edited_too=self.edited_too,
            with_trigger_rows=self.with_trigger_rows,
        )


@dataclass(frozen=True, kw_only=True)
class UpgradeConfig:
    target: Target
    allow_remote: tuple[str, ...] = ()  # hosts to which it may write, besides this machine
