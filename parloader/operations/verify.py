"""verify: regenerates every row that parloader made and compares it with the database; then the plan's rules."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from parloader.config import DEFAULT_RETRY_SECONDS, VerifyConfig
from parloader.database import connect, ledger, rules, schema, sql
from parloader.database.ledger import Run
from parloader.database.reflection import Live, reflect
from parloader.database.sql import Connection
from parloader.errors import Interrupted, Refused
from parloader.loading.comparer import SHOWN, CompareTask, Share
from parloader.loading.events import Difference, Differs, Event
from parloader.loading.executor import Executor, LocalExecutor
from parloader.loading.generate import samples
from parloader.loading.progress import Progress
from parloader.operations.run import run_tasks
from parloader.plans.model import Plan
from parloader.plans.partition import Partition, split
from parloader.plans.script_execution import script_execution


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
    progress, executor = progress or Progress(), executor or LocalExecutor()
    with connect.connected(config.target) as connection, config.target.explained("verifying"):
        runs = ledger.runs(connection)
        if not runs:
            raise Refused(f"there is no run to verify in {config.target}", "Load one: parloader seed")
        progress.note(f"connected to {connect.facts(connection)}: {config.target}")
        result = VerifyResult(extra_counts=not config.ignore_extra)
        for run in runs:
            result.runs.append(_verify_run(connection, config, run, result.differences, progress, executor))
        for target in dict.fromkeys(run.target for run in runs):
            _find_extra(connection, [run for run in runs if run.target == target], result)
    return result


def _verify_run(
    connection: Connection, config: VerifyConfig, run: Run, differences: list[Difference], progress: Progress, executor: Executor
) -> RunVerdict:
    plan = script_execution(run.rows, run.parameters)
    live = reflect(connection, [table.name for table in plan.tables])
    plan = schema.require_fit(plan, live, samples(plan))
    verdict = RunVerdict(run_id=run.run_id, not_loaded=run.rows - run.done_rows)
    shown: dict[str, int] = {}

    def note_difference(event: Event) -> None:
        if isinstance(event, Differs):
            verdict.missing += event.missing
            verdict.different += event.different
            for difference in event.differences:
                shown[difference.kind] = shown.get(difference.kind, 0) + 1
                if shown[difference.kind] <= SHOWN:
                    differences.append(difference)

    tasks = _tasks(connection, config, plan, live, run)
    rows = sum(task.rows for task in tasks)
    stats, stopped = run_tasks(executor, tasks, progress, what="verify", rows=rows, also=note_difference)
    if stopped:
        raise Interrupted("interrupted: verify has not seen every row", "Nothing was changed; run it again")
    verdict.checked = sum(worker.rows for worker in stats.values())
    verdict.violations = dict(rules.count(config.target, plan, run.key_ranges(run.target), config.procs).violations)
    return verdict


def _tasks(connection: Connection, config: VerifyConfig, plan: Plan, live: Live, run: Run) -> Sequence[CompareTask]:
    """The rows that parloader made, dealt out: the big table in equal shares, the small parents to the first worker."""

    def share(name: str, partitions: tuple[Partition, ...]) -> Share:
        table = plan.table(name)
        return Share(
            table=table,
            keys={name: run.keys[name] for name in (table.name, *table.parents)},
            partitions=partitions,
            view=schema.view(live[table.name], (table.key, *table.columns), table.key),
        )

    parents = tuple(share(table.name, run.done[table.name]) for table in plan.parents if table.name in run.done)
    shares: list[tuple[Share, ...]] = [
        (share(run.target, partitions),) for partitions in split(run.done.get(run.target, ()), config.procs)
    ] or [()]
    shares[0] = (*parents, *shares[0])
    packet_bytes = connect.facts(connection).max_allowed_packet_bytes
    return [
        CompareTask(worker=worker, target=config.target, shares=own, max_text_bytes=packet_bytes, retry_seconds=DEFAULT_RETRY_SECONDS)
        for worker, own in enumerate(shares)
    ]


def _find_extra(connection: Connection, runs: list[Run], result: VerifyResult) -> None:
    """Rows from the first run's first key on that are in no batch of any run."""
    target = runs[0].target
    key = runs[0].table(target).key
    reserved = [r for run in runs for r in run.table(target).keys.ranges(Partition(0, run.rows))]
    if not reserved:
        return
    ours = tuple(r for run in runs for r in run.key_ranges(target))
    first = min(first for first, _ in reserved)
    where = f"{sql.quote(target)} WHERE {sql.quote(key)} >= %s AND {sql.outside(key, ours)}"
    result.extra += int(sql.value(connection, f"SELECT COUNT(*) FROM {where}", first))
    for (found,) in sql.rows(connection, f"SELECT {sql.quote(key)} FROM {where} ORDER BY {sql.quote(key)} LIMIT {SHOWN:d}", first):
        result.differences.append(Difference(kind="extra", table=target, key=found))
