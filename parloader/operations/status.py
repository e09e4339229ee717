"""status: lists the runs in the ledger, their progress, and the command that resumes each of them."""

import shlex
from dataclasses import dataclass

from parloader.database.driver import Connection
from parloader.database.target import Target
from parloader.defaults import DEFAULT_RETRY_SECONDS
from parloader.ledger import control, store
from parloader.ledger.control import ActivityMark
from parloader.ledger.run import Run
from parloader.workers.retry_policy import run_on_connection


@dataclass(frozen=True, kw_only=True)
class Status:
    """The runs of a database, and what parloader is doing there."""

    where: str
    """the database, as shown to people"""
    runs: tuple[Run, ...]
    at_work: ActivityMark | None
    """the running seed, clean or other command"""
    paused: ActivityMark | None
    """who paused parloader here"""

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
        }


def status(target: Target) -> Status:
    """Reads only."""

    def read(connection: Connection) -> Status:
        return Status(
            where=str(target), runs=store.runs(connection), at_work=control.at_work(connection), paused=control.paused(connection)
        )

    return run_on_connection(target, "reading the ledger", read, DEFAULT_RETRY_SECONDS)


def resume_command(run: Run) -> str | None:
    """The command that loads the rest of the run; None: it is complete."""
    if run.complete:
        return None
    options = [f"--rows {run.plan.target.rows}"]
    for name, value in run.parameters.items():
        match name:
            case "table":
                options[:0] = [f"--table {shlex.quote(table)}" for table in run.requested_tables]
            case "file":
                options.insert(0, f"--plan {shlex.quote(value)}")
            case "parents":
                options += [f"--parents {shlex.quote(pair)}" for pair in value.split(",")]
            case "digest":
                pass  # computed from the file
            case _:
                options.append(f"--set {shlex.quote(f'{name}={value}')}")
    if run.plan.seed:
        options.append(f"--seed {run.plan.seed}")
    return " ".join(["parloader seed", *options])
