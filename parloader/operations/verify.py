"""verify: regenerates every row that parloader loaded and compares it with the database; then counts the rows that break the plan's rules."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from parloader.config import VerifyConfig
from parloader.database import introspection
from parloader.database.driver import Connection
from parloader.database.session import ServerInfo, described, measured, server_info
from parloader.database.target import Target
from parloader.defaults import DEFAULT_RETRY_SECONDS
from parloader.errors import Refused
from parloader.ledger import store
from parloader.ledger.run import Run
from parloader.plans.row_ranges import RowAllocation
from parloader.quantities import counted
from parloader.rows import rule_counts
from parloader.rows.differences import MAX_SHOWN, Difference
from parloader.rows.ownership import find_extra_keys
from parloader.runs.comparison import CompareContext, Comparison, compare
from parloader.runs.selection import require_spelling, select_runs, select_tables
from parloader.runs.trigger_watch import hint_at_triggers
from parloader.schema.model import MAX_UNSIGNED, Schema
from parloader.workers.executor import Executor
from parloader.workers.progress import Progress
from parloader.workers.retry_policy import retried, run_on_connection
from parloader.workers.runner import default_executor
from parloader.workers.tasks.compare import CompareTask


@dataclass(frozen=True, kw_only=True)
class RunVerdict:
    """What verify found about one run, as numbers of rows."""

    run_id: int
    checked: int = 0
    """rows compared"""
    not_loaded: int = 0
    """rows still to be loaded; above 0: the run is not complete"""
    missing: int = 0
    different: int = 0
    violations: dict[str, int] = field(default_factory=dict)
    """rows that break a rule of the plan, by rule"""
    missing_by_table: Mapping[str, int] = field(default_factory=dict)
    different_by_table: Mapping[str, int] = field(default_factory=dict)
    not_compared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """by table: columns that the plan fills, but that may have other values, because a trigger changes them"""

    @property
    def ok(self) -> bool:
        return not (self.not_loaded or self.missing or self.different or self.violation_count)

    @property
    def violation_count(self) -> int:
        return sum(self.violations.values())

    def as_json(self) -> dict[str, object]:
        return {
            "run_id": self.run_id,
            "checked": self.checked,
            "not_loaded": self.not_loaded,
            "missing": self.missing,
            "different": self.different,
            "violations": self.violation_count,
            "violations_by_rule": self.violations,
            "missing_by_table": dict(self.missing_by_table),
            "different_by_table": dict(self.different_by_table),
            "not_compared": {table: list(columns) for table, columns in self.not_compared.items()},
        }


@dataclass(frozen=True, kw_only=True, repr=False)
class VerifyResult:
    """What verify found in a database."""

    runs: tuple[RunVerdict, ...]
    extra: int
    """rows of the target tables that no run loaded, with keys from the first run's first key on"""
    extra_counts: bool
    """whether extra rows count as a difference"""
    differences: tuple[Difference, ...]
    """the first ones of each kind and table"""
    extra_by_table: Mapping[str, int] = field(default_factory=dict)
    hint: str = ""
    """a possible cause of different rows; empty: none is known"""

    def __repr__(self) -> str:
        found = f"{counted(sum(run.checked for run in self.runs), 'row')} compared" if self.ok else self.summary
        return f"<VerifyResult {'ok' if self.ok else 'not ok'}: {found}>"

    @property
    def not_shown(self) -> dict[tuple[str, str], int]:
        """(kind, table) → how many differences are counted but not among `differences`."""
        counts = Counter({("extra", table): count for table, count in self.extra_by_table.items()})
        for run in self.runs:
            counts.update({("missing", table): count for table, count in run.missing_by_table.items()})
            counts.update({("different", table): count for table, count in run.different_by_table.items()})
        return dict(counts - Counter((d.kind, d.table) for d in self.differences))

    @property
    def not_compared(self) -> tuple[str, ...]:
        """The columns that were not compared, as table.column."""
        columns = (f"{table}.{column}" for run in self.runs for table, names in run.not_compared.items() for column in names)
        return tuple(dict.fromkeys(columns))

    @property
    def ok(self) -> bool:
        return all(run.ok for run in self.runs) and not (self.extra and self.extra_counts)

    @property
    def summary(self) -> str:
        counts = {
            "not loaded yet": sum(run.not_loaded for run in self.runs),
            "missing": sum(run.missing for run in self.runs),
            "different": sum(run.different for run in self.runs),
            "extra": self.extra,
            "violations": sum(run.violation_count for run in self.runs),
        }
        return "the database does not match the plan: " + ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)

    def as_json(self) -> dict[str, object]:
        return {
            "ok": self.ok,
            "runs": [run.as_json() for run in self.runs],
            "extra": self.extra,
            "extra_by_table": dict(self.extra_by_table),
            "differences_not_shown": sum(self.not_shown.values()),
            "differences": [
                {
                    "kind": d.kind,
                    "table": d.table,
                    "key": d.key,
                    "columns": [{"column": column, "expected": expected, "found": found} for column, expected, found in d.columns],
                }
                for d in self.differences
            ],
        }


@dataclass(frozen=True, kw_only=True)
class _Scope:
    """What is verified."""

    target: Target
    """as measured"""
    where: str
    """the target, for a message"""
    all_runs: tuple[Run, ...]
    """of the ledger"""
    runs: tuple[Run, ...]
    tables: frozenset[str]
    schema: Schema
    """those of the runs' tables that exist"""
    server: ServerInfo


def verify(config: VerifyConfig, progress: Progress | None = None, executor: Executor | None = None) -> VerifyResult:
    """Compares the runs with the database. Differences are part of the result, not an error. Refused: there is no run. Interrupted.

    It holds no connection of its own while the workers compare.
    """
    progress, executor = progress or Progress(), executor or default_executor()
    scope = run_on_connection(config.target, "verifying", partial(_read_scope, config), DEFAULT_RETRY_SECONDS)
    progress.connected(scope.server, scope.where)
    context = CompareContext(
        target=scope.target,
        procs=config.procs,
        max_text_bytes=scope.server.max_allowed_packet_bytes,
        progress=progress,
        executor=executor,
        label="verify",
        tables=scope.tables,
    )
    verdicts: list[RunVerdict] = []
    differences: list[Difference] = []
    with executor.ready(0, CompareTask.__module__):  # keeps the workers of one run for the next
        for run in scope.runs:
            progress.works_on(run)
            comparison = compare(context, run, scope.schema)
            verdicts.append(_verdict(config, scope, run, comparison))
            differences += comparison.differences
    extra, first = run_on_connection(config.target, "verifying", partial(_extra_rows, scope), DEFAULT_RETRY_SECONDS, patient=True)
    return VerifyResult(
        runs=tuple(verdicts),
        extra=sum(extra.values()),
        extra_counts=not config.ignore_extra,
        differences=(*differences, *first),
        extra_by_table=extra,
        hint=hint_at_triggers(introspection.base_tables(scope.schema)) if any(verdict.different for verdict in verdicts) else "",
    )


def _read_scope(config: VerifyConfig, connection: Connection) -> _Scope:
    all_runs = store.runs(connection)
    if not all_runs:
        raise Refused(f"there is no run to verify in {config.target}", "Load a table first: parloader seed --table NAME")
    runs = select_runs(all_runs, config.runs)
    names = dict.fromkeys(table.name for run in runs for table in run.plan.tables)
    listing = introspection.list_tables(connection)
    require_spelling(runs, listing)
    target = measured(config.target, connection)
    return _Scope(
        target=target,
        where=described(target, connection),
        all_runs=all_runs,
        runs=runs,
        tables=select_tables(runs, [listing.meant(name) or name for name in config.tables]),
        schema=introspection.read_tables(connection, names, listing),
        server=server_info(connection),
    )


def _verdict(config: VerifyConfig, scope: _Scope, run: Run, comparison: Comparison) -> RunVerdict:
    violations = {}
    if run.plan.target.key is not None and run.target in scope.tables:
        count = partial(rule_counts.count, config.target, run.plan, run.key_ranges(run.target), config.procs)
        counts = retried(f"counting {run.target}", count, config.target, DEFAULT_RETRY_SECONDS, patient=True)
        violations = dict(counts.violations)
    tables = [table for table in run.plan.tables if table.name in scope.tables]
    return RunVerdict(
        run_id=run.run_id,
        checked=comparison.checked,
        not_loaded=sum(gap.rows for name, of in run.work if name in scope.tables for gap in run.gaps(name, of)),
        missing=sum(comparison.missing.values()),
        different=sum(comparison.different.values()),
        violations=violations,
        missing_by_table={name: count for name, count in comparison.missing.items() if count},
        different_by_table={name: count for name, count in comparison.different.items() if count},
        not_compared={table.name: tuple(sorted(table.unchecked)) for table in tables if table.unchecked and run.done.get(table.name)},
    )


def _extra_rows(scope: _Scope, connection: Connection) -> tuple[dict[str, int], list[Difference]]:
    """How many rows of each target of the runs, with keys that none had before, are in no batch of any run; and the first of them.

    Without keys that the runs assign, rows that were added later cannot be told from earlier ones: none is counted.
    """
    counts, differences = dict[str, int](), list[Difference]()
    for target in dict.fromkeys(run.target for run in scope.runs if run.target in scope.tables):
        key = next(run for run in scope.runs if run.target == target).table(target).key
        searched = _searched_keys([run.rows[target] for run in scope.runs if run.target == target])
        if not searched or key is None:
            continue
        loaded = tuple(key_range for run in scope.all_runs if run.done.get(target) for key_range in run.key_ranges(target))
        count, keys = find_extra_keys(connection, target, key, within=searched, owned=loaded, limit=MAX_SHOWN)
        counts |= {target: count} if count else {}
        differences += [Difference(kind="extra", table=target, key=found) for found in keys]
    return counts, differences


def _searched_keys(rows: Sequence[RowAllocation]) -> tuple[tuple[int, int], ...]:
    """The keys that no row had when a run began: from its first key on, up to the next one that existed."""
    return tuple(
        (min(first for first, _ in allocation.new_keys), (allocation.next_taken_key or MAX_UNSIGNED + 1) - 1)
        for allocation in rows
        if allocation.new_keys
    )
