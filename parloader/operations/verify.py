"""verify: regenerates every row that parloader made and compares it with the database; then the plan's rules."""

from dataclasses import dataclass, field

from parloader.config import VerifyConfig
from parloader.database import introspection
from parloader.database.driver import Connection
from parloader.database.session import ServerInfo, connected, server_info
from parloader.errors import Refused
from parloader.ledger import store
from parloader.ledger.run import Run
from parloader.rows import rule_counts
from parloader.rows.differences import MAX_SHOWN, Difference
from parloader.rows.ownership import find_extra_keys
from parloader.runs.comparison import compare
from parloader.schema.model import Schema
from parloader.workers.executor import Executor
from parloader.workers.progress import Progress
from parloader.workers.runner import default_executor


@dataclass(kw_only=True)
class RunVerdict:
    """What was found of one run. `checked` rows were compared; `not_loaded` are still to be loaded, so the run is not complete."""

    run_id: int
    checked: int = 0
    not_loaded: int = 0
    missing: int = 0
    different: int = 0
    violations: dict[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not (self.not_loaded or self.missing or self.different or sum(self.violations.values()))


@dataclass(kw_only=True)
class VerifyResult:
    """`extra` rows of the big table are above the first run's keys and in none of its batches; `differences` are the first of all."""

    runs: list[RunVerdict] = field(default_factory=list)
    extra: int = 0
    extra_counts: bool = True
    differences: list[Difference] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return all(run.ok for run in self.runs) and not (self.extra and self.extra_counts)

    @property
    def summary(self) -> str:
        found = {
            "not loaded yet": sum(run.not_loaded for run in self.runs),
            "missing": sum(run.missing for run in self.runs),
            "different": sum(run.different for run in self.runs),
            "extra": self.extra,
            "violations": sum(sum(run.violations.values()) for run in self.runs),
        }
        return "the database is not what the plan says: " + ", ".join(f"{count:,} {name}" for name, count in found.items() if count)

    def as_json(self) -> dict[str, object]:
        return {
            "ok": self.ok,
            "runs": [
                {
                    "run_id": run.run_id,
                    "checked": run.checked,
                    "not_loaded": run.not_loaded,
                    "missing": run.missing,
                    "different": run.different,
                    "violations": sum(run.violations.values()),
                    "violations_by_rule": run.violations,
                }
                for run in self.runs
            ],
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
    """Compares every run of the database. Refused where there is none; Interrupted; differences are in the result, not raised."""
    progress, executor = progress or Progress(), executor or default_executor()
    with connected(config.target) as connection, config.target.translate_errors("verifying"):
        runs = store.runs(connection)
        if not runs:
            raise Refused(f"there is no run to verify in {config.target}", "Load one: parloader seed")
        facts = server_info(connection)
        progress.note(f"connected to {facts}: {config.target}")
        result = VerifyResult(extra_counts=not config.ignore_extra)
        shapes = introspection.read_tables(connection, {table.name for run in runs for table in run.plan.tables})
        for run in runs:
            result.runs.append(_verify_run(config, run, shapes, facts, result.differences, progress, executor))
        for target in dict.fromkeys(run.target for run in runs):
            _find_extra(connection, [run for run in runs if run.target == target], result)
    return result


def _verify_run(
    config: VerifyConfig,
    run: Run,
    shapes: Schema,
    facts: ServerInfo,
    differences: list[Difference],
    progress: Progress,
    executor: Executor,
) -> RunVerdict:
    found = compare(config.target, run, shapes, facts.max_allowed_packet_bytes, config.procs, progress, executor, what="verify")
    differences += found.differences
    violations = {}
    if run.plan.target.key is not None:
        violations = dict(rule_counts.count(config.target, run.plan, run.key_ranges(run.target), config.procs).violations)
    return RunVerdict(
        run_id=run.run_id,
        checked=found.checked,
        not_loaded=run.total_rows - run.done_rows,
        missing=sum(found.missing.values()),
        different=sum(found.different.values()),
        violations=violations,
    )


def _find_extra(connection: Connection, runs: list[Run], result: VerifyResult) -> None:
    """Rows from the first run's first key on that are in no batch of any run. Where runs assign no keys, nothing says what came after."""
    target = runs[0].target
    key = runs[0].table(target).key
    reserved = [r for run in runs for r in run.rows[target].new_keys]
    if not reserved or key is None:
        return
    ours = tuple(r for run in runs for r in run.key_ranges(target))
    first = min(first for first, _ in reserved)
    count, keys = find_extra_keys(connection, target, key, min_key=first, owned=ours, limit=MAX_SHOWN)
    result.extra += count
    result.differences += [Difference(kind="extra", table=target, key=extra) for extra in keys]
