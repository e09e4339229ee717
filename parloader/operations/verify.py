"""verify: regenerates every row that parloader loaded and compares it with the database; then counts the rows that break the plan's rules."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from parloader.config import VerifyConfig
from parloader.database import introspection
from parloader.database.driver import Connection
from parloader.database.session import connected, server_info
from parloader.errors import Refused
from parloader.ledger import store
from parloader.ledger.run import Run
from parloader.rows import rule_counts
from parloader.rows.differences import MAX_SHOWN, Difference
from parloader.rows.ownership import find_extra_keys
from parloader.runs.comparison import CompareContext, Comparison, compare
from parloader.runs.trigger_watch import hint_at_triggers
from parloader.workers.executor import Executor
from parloader.workers.progress import Progress
from parloader.workers.runner import default_executor


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
        }


@dataclass(frozen=True, kw_only=True)
class VerifyResult:
    """What verify found in a database."""

    runs: tuple[RunVerdict, ...]
    extra: int
    """rows of the target tables that no run loaded, with keys from the first run's first key on"""
    extra_counts: bool
    """whether extra rows count as a difference"""
    differences: tuple[Difference, ...]
    """the first ones of each kind and table"""
    hint: str = ""
    """a possible cause of different rows; empty: none is known"""

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


def verify(config: VerifyConfig, progress: Progress | None = None, executor: Executor | None = None) -> VerifyResult:
    """Compares every run with the database. Differences are part of the result, not an error. Refused: there is no run. Interrupted."""
    progress = progress or Progress()
    with connected(config.target) as connection, config.target.translate_errors("verifying"):
        runs = store.runs(connection)
        if not runs:
            raise Refused(f"there is no run to verify in {config.target}", "Load one: parloader seed")
        server = server_info(connection)
        progress.note(f"connected to {server}: {config.target}")
        context = CompareContext(
            target=config.target,
            procs=config.procs,
            max_text_bytes=server.max_allowed_packet_bytes,
            progress=progress,
            executor=executor or default_executor(),
            label="verify",
        )
        schema = introspection.read_tables(connection, {table.name for run in runs for table in run.plan.tables})
        verdicts: list[RunVerdict] = []
        differences: list[Difference] = []
        for run in runs:
            comparison = compare(context, run, schema)
            verdicts.append(_verdict(config, run, comparison))
            differences += comparison.differences
        extra = 0
        for target in dict.fromkeys(run.target for run in runs):
            count, first = _extra_rows(connection, [run for run in runs if run.target == target])
            extra += count
            differences += first
    hint = hint_at_triggers(introspection.base_tables(schema)) if any(verdict.different for verdict in verdicts) else ""
    return VerifyResult(runs=tuple(verdicts), extra=extra, extra_counts=not config.ignore_extra, differences=tuple(differences), hint=hint)


def _verdict(config: VerifyConfig, run: Run, comparison: Comparison) -> RunVerdict:
    violations = {}
    if run.plan.target.key is not None:
        violations = dict(rule_counts.count(config.target, run.plan, run.key_ranges(run.target), config.procs).violations)
    return RunVerdict(
        run_id=run.run_id,
        checked=comparison.checked,
        not_loaded=run.total_rows - run.done_rows,
        missing=sum(comparison.missing.values()),
        different=sum(comparison.different.values()),
        violations=violations,
    )


def _extra_rows(connection: Connection, runs: Sequence[Run]) -> tuple[int, list[Difference]]:
    """How many rows of the runs' target, from the first run's first key on, are in no batch of a run; and the first of them.

    Without keys that the runs assign, rows that were added later cannot be told from earlier ones: none is counted.
    """
    target = runs[0].target
    key = runs[0].table(target).key
    reserved = [key_range for run in runs for key_range in run.rows[target].new_keys]
    if not reserved or key is None:
        return 0, []
    loaded = tuple(key_range for run in runs for key_range in run.key_ranges(target))
    first_key = min(first for first, _ in reserved)
    count, keys = find_extra_keys(connection, target, key, min_key=first_key, owned=loaded, limit=MAX_SHOWN)
    return count, [Difference(kind="extra", table=target, key=found) for found in keys]
