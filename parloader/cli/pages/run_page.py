"""The page about a command: what was asked, what happened over time, and what came of it. Also of a command that failed."""

import platform
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import click
import psutil

from parloader import __version__
from parloader.cli.output import Output
from parloader.cli.pages.page import SectionView, TableView, rendered
from parloader.cli.pages.result_sections import outcome_text, result_sections, server_limit, succeeded
from parloader.cli.pages.timeline import Timeline
from parloader.cli.pages.timeline_charts import timeline_charts
from parloader.cli.repeated_command import GivenOption, given_options, hides_password, repeated_command
from parloader.errors import Interrupted, ParloaderError
from parloader.ledger.run import Run
from parloader.operations.seed_result import SeedResult
from parloader.plans.model import Plan
from parloader.process_limits import usable_cores
from parloader.quantities import counted, numbered, size_text

if TYPE_CHECKING:
    from parloader.workers.recorder import Mark, Recorder, Step


# The server limit is about writing
WITH_LIMIT = ("parloader seed", "parloader bench")


class Outcome(NamedTuple):
    """How the command ended."""

    kind: str
    """ok, failed or stopped"""
    text: str


class Asked(NamedTuple):
    """What the user asked for."""

    command: str
    """its name, as in parloader seed"""
    options: tuple[GivenOption, ...]
    target: str
    limit: int | None = None
    """the server limit that an earlier bench measured, in rows per second"""


class Command(NamedTuple):
    """What repeats it."""

    words: tuple[str, ...]
    remark: str


def asked_for(context: click.Context, output: Output, target: str, limit: int | None) -> Asked:
    """What the command at hand was asked for."""
    return Asked(f"parloader {context.info_name}", given_options(context, output.arguments[1:]), target, limit)


def run_page(recorder: "Recorder", result: Any, error: ParloaderError | None, asked: Asked, output: Output) -> str:
    """The page as text. `result`: of the operation; None: it has none. `error`: with what the command ended."""
    remark = " (put in the password instead of ***)" if hides_password(asked.options) else ""
    return rendered(
        "run.html",
        title=_title(asked, recorder, result),
        outcome=_outcome(result, error, output),
        summary=_summary(recorder, result, asked),
        command=Command(repeated_command(asked.command, asked.options), remark),
        sections=list(_sections(recorder, result, asked)),
        footer=f"parloader {__version__}. Times are seconds since the start of the command, by the clock of {platform.node()}.",
    )


def _title(asked: Asked, recorder: "Recorder", result: Any) -> str:
    tables = dict.fromkeys([run.target for run in recorder.runs] or [getattr(result, "table", "")])
    return ": ".join(filter(None, (asked.command, ", ".join(filter(None, tables)))))


def _outcome(result: Any, error: ParloaderError | None, output: Output) -> Outcome:
    if error is not None:
        lines = [output.runnable(line) for line in error.lines or (str(error),)]
        return Outcome("stopped" if isinstance(error, Interrupted) else "failed", "\n".join(lines))
    return Outcome("ok" if succeeded(result) else "failed", output.runnable(outcome_text(result)))


def _summary(recorder: "Recorder", result: Any, asked: Asked) -> dict[str, str]:
    facts = {"began": _moment(recorder.began_at), "took": f"{recorder.seconds or 0:,.1f} s", "target": recorder.where or asked.target}
    if recorder.server:
        facts["server"] = f"{recorder.server} ({recorder.server.version_text}) on {recorder.server.hostname}"
    if recorder.runs:
        facts[numbered("run", [run.run_id for run in recorder.runs]).split()[0]] = "; ".join(map(_run_text, recorder.runs))
    facts["machine"] = (
        f"{platform.node()}: {platform.system()} {platform.release()}, {platform.machine()}, {counted(usable_cores(), 'usable core')}, "
        f"{size_text(psutil.virtual_memory().total)} of memory"
    )
    facts["versions"] = f"parloader {__version__}, Python {platform.python_version()}"
    workers = recorder.workers
    if busy := sum(worker.busy_seconds for worker in workers):
        waited = sum(worker.write_seconds for worker in workers) / busy
        facts["waiting for the server"] = f"{min(1.0, waited):.0%} of the time of the workers; near 100 %, the server is the limit"
    if asked.command in WITH_LIMIT:
        facts["server limit"] = _limit_text(result, asked)
    if any(worker.retries for worker in workers):
        facts["retries"] = f"{recorder.retries:,}"
    if recorder.waits:
        facts["waits"] = f"{len(recorder.waits) + recorder.more_waits:,}, {recorder.wait_seconds:,.1f} s in all"
    return facts


def _limit_text(result: Any, asked: Asked) -> str:
    if (measured := server_limit(result)) is not None:
        return f"{measured:,.0f} rows/s"
    if asked.limit is None:
        return "not known to this command; parloader bench measures it"
    reached = (
        f"; this load reached {result.rows_per_second / asked.limit:.0%} of it" if isinstance(result, SeedResult) and result.seconds else ""
    )
    return f"{asked.limit:,} rows/s, as parloader bench measured it{reached}"


def _moment(moment: datetime) -> str:
    """In the time zone of this machine, which is named, and in UTC."""
    local = moment.astimezone()
    utc = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    return utc if not local.utcoffset() else f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()} (UTC{local:%z}), that is {utc}"


def _run_text(run: Run) -> str:
    return f"{run.run_id}: {_plan_text(run.plan)}"


def _plan_text(plan: Plan) -> str:
    parameters = ", ".join(f"{name}={value}" for name, value in plan.parameters.items())
    return f"plan {plan.name}{f' ({parameters})' if parameters else ''}, random seed {plan.seed}"


def _sections(recorder: "Recorder", result: Any, asked: Asked) -> Iterator[SectionView]:
    timeline = Timeline(recorder)
    limit = server_limit(result)
    if limit is not None:
        yield from result_sections(result)
    if figures := timeline_charts(timeline, asked.limit if limit is None else limit):
        yield SectionView(title="Over time", figures=figures)
        yield SectionView(title="The figures of these charts", table=_figures(timeline), folded=True)
    if limit is None:
        yield from result_sections(result)
    for run in recorder.runs:
        yield SectionView(title=f"Tables of run {run.run_id}", table=_tables(run))
    if steps := [step for step in recorder.steps if step.label]:
        yield SectionView(title="Steps", table=_steps(steps))
    if recorder.workers:
        yield SectionView(title="Workers", table=_workers(recorder), texts=WORKERS_EXPLAINED)
    if recorder.marks:
        yield SectionView(title="Retries, crashes and failures", texts=_more(recorder.more_marks), table=_marks(recorder.marks))
    if recorder.waits:
        waits = tuple((f"{wait.begin:,.1f}", f"{wait.end or 0:,.1f}", wait.reason) for wait in recorder.waits)
        table = TableView(headings=("from s", "to s", "because"), rows=waits, text_columns=frozenset({2}))
        yield SectionView(title="Waits", texts=_more(recorder.more_waits), table=table)
    if recorder.notes.entries:
        notes = tuple((f"{seconds:,.1f}", text) for seconds, text in recorder.notes.entries)
        table = TableView(headings=("at s", "note"), rows=notes, text_columns=frozenset({1}))
        yield SectionView(title="Notes", texts=_more(recorder.notes.more), table=table)
    if asked.options:
        given = tuple((option.flag, ", ".join(option.values), option.source) for option in asked.options)
        table = TableView(headings=("option", "value", "from"), rows=given, text_columns=frozenset({0, 1, 2}))
        yield SectionView(title="Options", texts=("All others have their defaults.",), table=table)


def _more(number: int) -> tuple[str, ...]:
    return (f"{number:,} more are not listed.",) if number else ()


def _steps(steps: Sequence["Step"]) -> TableView:
    rows = []
    for step in steps:
        seconds = (step.end or step.begin) - step.begin
        counts = (f"{step.rows:,}", f"{step.done_before:,}", f"{step.done:,}")
        rows.append((step.label, *counts, f"{step.begin:,.1f}", f"{seconds:,.1f}", f"{step.done / seconds:,.0f}" if seconds else ""))
    return TableView(headings=("step", "rows", "done before", "done", "began at s", "took s", "rows/s"), rows=tuple(rows))


WORKERS_EXPLAINED = (
    "rows/s: while it worked. p50, p95, max: the median, 95th percentile (both within 2 %) and longest time of a batch. generate, write, CPU: "
    "seconds spent generating rows, in transactions, and on the CPU. MiB: the peak memory of its process.",
)


def _workers(recorder: "Recorder") -> TableView:
    headings = (
        "worker",
        "rows",
        "rows/s",
        "batches",
        "retries",
        "restarts",
        "p50 ms",
        "p95 ms",
        "max ms",
        "generate s",
        "write s",
        "CPU s",
        "MiB",
    )
    rows = []
    for number, worker in enumerate(recorder.workers):
        times = (worker.latencies.percentile(50), worker.latencies.percentile(95), worker.latencies.largest)
        rows.append(
            (
                f"{number}{f' on {worker.host}' if worker.host else ''}",
                f"{worker.rows:,}",
                f"{worker.rows / worker.busy_seconds:,.0f}" if worker.busy_seconds else "",
                f"{worker.batches:,}",
                f"{worker.retries:,}",
                f"{worker.restarts:,}",
                *(f"{1000 * seconds:,.0f}" for seconds in times),
                f"{worker.generate_seconds:,.1f}",
                f"{worker.write_seconds:,.1f}",
                f"{worker.cpu_seconds:,.1f}",
                f"{worker.peak_rss_bytes / 2**20:,.0f}",
            )
        )
    return TableView(headings=headings, rows=tuple(rows))


def _figures(timeline: Timeline) -> TableView:
    headings = ("seconds", "rows/s", "mean ms", "slowest ms", "MiB of a worker", "retries")
    return TableView(headings=headings, rows=tuple(timeline.rows_of_table()))


def _marks(marks: Sequence["Mark"]) -> TableView:
    rows = tuple((f"{mark.seconds:,.2f}", str(mark.worker), mark.kind, mark.text) for mark in marks)
    return TableView(headings=("at s", "worker", "what", "rows and reason"), rows=rows, text_columns=frozenset({2, 3}))


def _tables(run: Run) -> TableView:
    """The rows of each table as they were planned when the command began."""
    rows = []
    for table in run.plan.tables:
        allocation = run.rows[table.name]
        rows.append(
            (
                table.name,
                "workers" if table.partitioned else "before the workers",
                f"{table.rows:,}",
                f"{allocation.rows - allocation.new_rows:,}",
                f"{allocation.new_rows:,}",
                f"{sum(part.rows for part in run.done.get(table.name, ())):,}",
                ", ".join(sorted(table.later)),
            )
        )
    headings = (
        "table",
        "loaded by",
        "rows of the plan",
        "existing rows used",
        "rows of the run",
        "there at the start",
        "set in a second pass",
    )
    return TableView(headings=headings, rows=tuple(rows), text_columns=frozenset({0, 1, 6}))
