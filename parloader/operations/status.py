"""status: lists the runs in the ledger, their progress, the command that resumes each of them, and indexes that have yet to be added again."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from parloader.database.driver import Connection
from parloader.database.target import Target
from parloader.defaults import DEFAULT_RETRY_SECONDS
from parloader.ledger import control, deferred_indexes, store
from parloader.ledger.control import ActivityMark
from parloader.ledger.deferred_indexes import DeferredIndex
from parloader.ledger.run import MODELS_PARAMETER, Run, is_of_database
from parloader.plans.documents.rule_document import rule_options
from parloader.workers.retry_policy import run_on_connection


@dataclass(frozen=True, kw_only=True)
class MissingIndexes:
    """The indexes of a table that a run dropped (--defer-indexes) and that do not exist now."""

    run_id: int
    table: str
    definitions: tuple[str, ...]
    """as in CREATE TABLE"""
    added_by: tuple[str, ...]
    """the commands that add them, each by itself; the last one is a clean, which deletes the run first"""

    def as_json(self) -> dict[str, object]:
        return {"run_id": self.run_id, "table": self.table, "definitions": list(self.definitions), "added_by": list(self.added_by)}


@dataclass(frozen=True, kw_only=True, repr=False)
class Status:
    """The runs of a database, and what parloader is doing there."""

    where: str
    """the database, as shown to people"""
    runs: tuple[Run, ...]
    at_work: ActivityMark | None
    """the running seed, clean or other command"""
    paused: ActivityMark | None
    """who paused parloader here"""
    missing_indexes: tuple[MissingIndexes, ...] = ()

    def __repr__(self) -> str:
        runs = ", ".join(f"{run.run_id} ({run.target}, {run.done_rows:,} of {run.total_rows:,})" for run in self.runs)
        return f"<Status of {self.where}: {f'runs {runs}' if runs else 'no runs'}>"

    def as_json(self) -> dict[str, object]:
        return {
            "runs": [
                {
                    "run_id": run.run_id,
                    "plan": run.plan.name,
                    "target": run.target,
                    "rows": run.total_rows,
                    "done": run.done_rows,
                    "complete": run.complete,
                    "gaps": [[gap.start, gap.stop] for gap in run.gaps(run.target)],
                    "parameters": dict(run.parameters),
                    "started_at": run.started_at,
                    "resume": resume_command(run),
                }
                for run in self.runs
            ],
            "at_work": self.at_work and self.at_work.as_json(),
            "paused": self.paused and self.paused.as_json(),
            "missing_indexes": [missing.as_json() for missing in self.missing_indexes],
        }


def status(target: Target) -> Status:
    """Reads only."""

    def read(connection: Connection) -> Status:
        runs = store.runs(connection)
        return Status(
            where=str(target),
            runs=runs,
            at_work=control.at_work(connection),
            paused=control.paused(connection),
            missing_indexes=tuple(_missing_indexes(runs, deferred_indexes.missing(connection))),
        )

    return run_on_connection(target, "reading the ledger", read, DEFAULT_RETRY_SECONDS)


def _missing_indexes(runs: Sequence[Run], missing: Sequence[DeferredIndex]) -> Iterator[MissingIndexes]:
    by_id = {run.run_id: run for run in runs}
    for (table, run_id), indexes in groupby(missing, lambda deferred: (deferred.table, deferred.run_id)):
        run = by_id.get(run_id)
        yield MissingIndexes(
            run_id=run_id,
            table=table,
            definitions=tuple(deferred.index.text for deferred in indexes),
            added_by=(_seed_command(run), f"parloader clean --run {run_id}") if run else ("parloader clean",),
        )


def resume_command(run: Run) -> str | None:
    """The command that loads the rest of the run; None: it is complete."""
    return None if run.complete else _seed_command(run)


def _seed_command(run: Run) -> str:
    """The command that began the run, or what to do if a program did with objects of its own."""
    for name in ("file", MODELS_PARAMETER):
        if run.parameters.get(name, "").startswith("<"):
            return f"call parloader.seed again as before ({run.parameters[name]})"
    models = run.parameters.get(MODELS_PARAMETER)
    options = [] if is_of_database(run.plan) or run.plan.target.counted else [f"--rows {run.plan.target.rows}"]
    for name, value in run.parameters.items():
        match name:
            case "all":
                options.insert(0, f"--models {shlex.quote(models)}" if models else "--all")
            case "rows":
                options.append(f"--rows {value}")
            case "table":
                options[:0] = [f"--table {shlex.quote(table)}" for table in run.requested_tables]
            case "file":
                options.insert(0, f"--plan {shlex.quote(value)}")
            case "parents":
                options += [f"--rows {shlex.quote(pair)}" for pair in value.split(",")]
            case "column_rules":
                options += [f"--column-rule {shlex.quote(rule)}" for rule in rule_options(value)]
            case "digest" | "models":
                pass  # computed from the file
            case _:
                options.append(f"--set {shlex.quote(f'{name}={value}')}")
    if run.plan.seed:
        options.append(f"--seed {run.plan.seed}")
    return " ".join(["parloader seed", *options])
