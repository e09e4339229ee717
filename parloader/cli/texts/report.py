"""Results as text: one function per command. (Their JSON is the result's as_json.)"""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from parloader.builtin.plan import shown
from parloader.cli.terminal.colours import Colour, coloured
from parloader.cli.terminal.text_tables import aligned
from parloader.cli.texts.bench_text import HEADINGS, bench_notes, bench_rows
from parloader.cli.texts.profile_text import profile_lines
from parloader.cli.texts.sample_text import sample_lines
from parloader.ledger.run import is_of_database
from parloader.plans.model import Pass
from parloader.quantities import counted, numbered, size_text
from parloader.workers.stats import percentile

if TYPE_CHECKING:  # each command imports only its own operation
    from parloader.ledger.run import Run
    from parloader.operations.bench_result import BenchResult
    from parloader.operations.clean_result import CleanResult
    from parloader.operations.guard import GuardState
    from parloader.operations.pause import Pause
    from parloader.operations.plan import Forecast, TableForecast
    from parloader.operations.schema import SchemaState
    from parloader.operations.seed_result import SeedResult, TableLoad
    from parloader.operations.status import Status
    from parloader.operations.verify import VerifyResult
    from parloader.workers.stats import WorkerStats

NOTE_COLUMNS = 80


def seed(result: "SeedResult", *, with_workers: bool = True) -> str:
    if result.run_id is None:
        return "nothing to load: 0 rows were requested, so no run was begun"
    lines = []
    if result.already_complete:
        lines.append(f"run {result.run_id} is already complete; {'no row' if result.added_indexes else 'nothing'} was changed")
    elif result.workers:
        updated = f", and set columns of {counted(result.updated, 'row')} in a second pass" if result.updated else ""
        lines += [_workers(result.workers, with_table=result.several_tables), ""] if with_workers else []
        lines.append(f"loaded {counted(result.rows, 'row')}{updated} in {result.seconds:.1f} s: {result.rows_per_second:,.0f} rows/s")
        lines += _loads(result.tables) if result.several_tables else []
        lines += _traffic(result.workers)
    lines += [f"added {counted(result.added_indexes, 'index')} in {result.index_seconds:.1f} s"] if result.added_indexes else []
    counts = result.counts
    figures = [f"{count:,} {name}" for name, count in counts.figures.items()]
    table = f" of {result.target}" if result.several_tables else ""
    parts = [f"{counted(counts.total, 'row')}{table}", *figures, counted(counts.violation_count, "violation")]
    lines.append(f"run {result.run_id}: {', '.join(parts)} (counted in {result.check_seconds:.1f} s)")
    return "\n".join(lines)


def _loads(tables: Sequence["TableLoad"]) -> list[str]:
    """The rows of each table, if there are several."""
    rows = [(f"  {t.name}", counted(t.rows, "row"), f"in {t.seconds:.1f} s", f"{t.rows_per_second:,.0f} rows/s") for t in tables]
    return aligned(rows)


def _traffic(workers: Sequence["WorkerStats"]) -> list[str]:
    """What compression saved, if there was any."""
    carried = [worker.traffic for worker in workers if worker.traffic]
    if not carried:
        return []
    sent, data = sum(traffic.sent_bytes for traffic in carried), sum(traffic.sent_data_bytes for traffic in carried)
    return [f"sent {sent / 1e6:,.1f} MB ({data / 1e6:,.1f} MB before compression)"]


def _workers(workers: Sequence["WorkerStats"], *, with_table: bool) -> str:
    headings = ("worker", "rows", "rows/s", "batches", "retries", "p50/p95/max ms", "gen/write/cpu s", "MiB")
    rows = [
        (
            str(w.worker),
            f"{w.rows:,}",
            f"{w.rows_per_second:,.0f}",
            str(w.batches),
            str(w.retries),
            "/".join(f"{percentile(w.batch_seconds, share) * 1000:.0f}" for share in (50, 95, 100)),
            f"{w.generate_seconds:.1f}/{w.write_seconds:.1f}/{w.cpu_seconds:.1f}",
            f"{w.peak_rss_bytes / 2**20:.0f}",
        )
        for w in workers
    ]
    columns: list[tuple[str, Sequence[str]]] = []
    if with_table:
        columns.append(("table", [w.table for w in workers]))
    if any(w.host for w in workers):
        columns.append(("host", [w.host for w in workers]))
    names, values = [name for name, _ in columns], [column for _, column in columns]
    return "\n".join(aligned([(*names, *headings), *((*(column[n] for column in values), *row) for n, row in enumerate(rows))]))


def plan(forecast: "Forecast", *, with_profiles: bool = False) -> str:
    lines = [f"plan {forecast.plan.name} ({shown(forecast.plan.parameters)}) on {forecast.server}"]
    if forecast.creates_tables:
        lines.append("the database is empty: seed would create these tables")
    if forecast.run:
        state = "is complete: seed would change nothing" if forecast.run.complete else "is incomplete: seed would load the rest"
        lines.append(f"run {forecast.run.run_id} {state}")
    lines += ["", _forecast_table(forecast.tables, "loaded" if forecast.run else "reused"), ""]
    for t in forecast.tables:
        if t.sample.height:
            lines += [f"{t.name}:", *sample_lines(t.sample), ""]
    for t in forecast.tables:
        if t.shares:
            name = f"{t.name}: " if len(forecast.plan.partitioned) > 1 else ""
            lines.append(f"{name}{counted(len(t.shares), 'worker')}, writer {forecast.writer}, batches of {forecast.batch}:")
            lines += [f"  worker {worker}: {'; '.join(map(str, share))}" for worker, share in enumerate(t.shares)]
    if forecast.defer_indexes:
        deferred = [f"{t.name} ({', '.join(t.deferrable)})" for t in forecast.tables if t.deferrable]
        lines.append(f"dropped before the load and added again after it: {', '.join(deferred) or 'no index'}")
    free = "" if forecast.free_bytes is None else f", which has {size_text(forecast.free_bytes)} free"
    if forecast.size_bytes:
        lines.append(f"about {size_text(forecast.size_bytes)} on the server's disk{free}")
    lines += [f"not filled: {table}" for table in forecast.unfilled]
    lines += [f"note: {note.table}{'.' + note.column if note.column else ''}: {note.text}" for note in forecast.notes]
    lines += [f"note: {risk}" for risk in forecast.risks]
    lines += [line for profile in forecast.profiles if with_profiles for line in ("", *profile_lines(profile))]
    return "\n".join(lines)


def _forecast_table(tables: Sequence["TableForecast"], used: str) -> str:
    """`used`: what the existing rows are that the plan does not create."""
    rows = [
        (
            t.name,
            f"{'' if t.existing.exact else 'over '}{t.existing.rows:,}",
            f"{t.rows:,}",
            f"{t.used:,}",
            f"{t.made:,}",
            ", ".join(f"{first:,} to {last:,}" for first, last in t.keys[:3]) + (", …" if len(t.keys) > 3 else ""),
            size_text(t.size.data_bytes) if t.made else "",
            size_text(t.size.index_bytes) if t.made else "",
        )
        for t in tables
    ]
    return "\n".join(aligned([("table", "rows now", "rows of plan", used, "to create", "keys", "data", "indexes"), *rows]))


def bench(result: "BenchResult") -> str:
    wrapped = (textwrap.fill(note, NOTE_COLUMNS, subsequent_indent="  ") for note in bench_notes(result))
    table = aligned([HEADINGS, *bench_rows(result)])
    lines = [coloured(line, Colour.BEST) if line.startswith("*") else line for line in (*table, "", *wrapped)]
    return "\n".join([*lines, coloured(f"use: {result.command}", Colour.BEST)])


def verify(result: "VerifyResult") -> str:
    lines = []
    for d in result.differences:
        columns = "".join(f"; {column}: expected {expected}, found {found}" for column, expected, found in d.columns)
        lines.append(f"{coloured(f'{d.kind}:', Colour.DIFFERENT)} {d.table} key {d.key}{columns}")
    lines += [f"{kind}: {counted(count, 'more row')} of {table}, not listed here" for (kind, table), count in result.not_shown.items()]
    for run in result.runs:
        lines.append(
            f"run {run.run_id}: {counted(run.checked, 'row')} compared, {run.missing:,} missing, {run.different:,} different, "
            f"{counted(sum(run.violations.values()), 'violation')}"
        )
        lines += [f"  {counted(count, 'violation')} of {rule}" for rule, count in run.violations.items() if count]
        if run.not_loaded:
            lines.append(f"  {counted(run.not_loaded, 'row')} not loaded yet (parloader status shows the command that resumes)")
    if result.extra:
        lines.append(f"{counted(result.extra, 'extra row')} not created by parloader")
    if result.not_compared:
        lines.append(f"not compared, because a trigger changes them: {', '.join(result.not_compared)}")
    if result.ok:
        besides = ", apart from the columns not compared" if result.not_compared else ""
        lines.append(f"ok: every generated row is as the plan defines it{besides}")
    return "\n".join(lines)


def clean(result: "CleanResult") -> str:
    delete, drop, keep = ("would delete", "would drop", "would keep") if result.dry_run else ("deleted", "dropped", "kept")
    reference = "reference" if result.dry_run else "referenced"
    lines = [f"{delete} {counted(rows, 'row')} from {name} that {reference} generated rows" for name, rows in result.trigger_rows.items()]
    number = "" if result.exact else "up to "
    lines += [f"{delete} {number}{counted(rows, 'row')} from {name}" for name, rows in result.tables]
    created = result.created
    if created.dropped:
        lines.append(f"{drop} the tables that parloader had created: {', '.join(created.dropped)}")
    if created.kept:
        lines.append(f"{keep} the tables that parloader had created, because {created.why_kept}: {', '.join(created.kept)}")
        lines.append("to drop them later, remove the cause and run parloader clean again")
    for name, triggers in result.not_undone.items():
        by = f"the trigger{'s' if len(triggers) > 1 else ''} {', '.join(triggers)}"
        lines.append(f"{'would not undo' if result.dry_run else 'did not undo'} what {by} may have changed in {name}")
    if result.with_history:
        history = f"the history of {', '.join(result.with_history)}"
        lines.append(
            f"{history} {'would keep' if result.dry_run else 'keeps'} the rows; to remove old versions: DELETE HISTORY FROM {result.with_history[0]}"
        )
    if result.runs:
        ledger = "" if result.kept_runs else ", and parloader's own bookkeeping tables"
        lines.append(f"{numbered('run', result.runs)}: {delete} {number}{counted(result.rows, 'row')} in total{ledger}")
    if result.kept_runs:
        lines.append(f"{keep} {numbered('run', result.kept_runs)}")
    return "\n".join(lines) or "nothing to delete: parloader has created no rows here"


def status(result: "Status") -> str:
    from parloader.operations.status import resume_command

    lines = [f"running: {result.at_work}"] if result.at_work else []
    lines += [f"paused by {result.paused}; to resume: parloader resume"] if result.paused else []
    lines += [] if result.runs else [f"no runs in {result.where}"]
    for run in result.runs:
        lines += _run_lines(run, resume_command(run), resumable=result.at_work is None)
    for missing in result.missing_indexes:
        lines += [f"missing index of {missing.table}, dropped by run {missing.run_id}: {definition}" for definition in missing.definitions]
        *seed, clean = missing.added_by
        ways = f"{seed[0]}; to delete the rows of the run first: {clean}" if seed else clean
        them = "it" if len(missing.definitions) == 1 else "them"
        lines.append(f"  {'' if result.at_work is None else 'if it stops, '}to add {them}: {ways}")
    return "\n".join(lines)


def _run_lines(run: "Run", command: str | None, *, resumable: bool) -> list[str]:
    """`resumable`: no other command is at work, so that `command` would not be refused now."""
    share = run.done_rows / run.total_rows if run.total_rows else 1.0
    rows = f"{run.done_rows:,} of {counted(run.total_rows, 'row')}"
    passes = " in two passes" if run.plan.with_deferred_columns else ""
    given = {**run.parameters, **({"seed": str(run.plan.seed)} if run.plan.seed else {})}
    parameters = f"; {shown(given)}" if given else ""
    name = counted(len(run.requested_tables), "table") if is_of_database(run.plan) else run.target
    lines = [f"run {run.run_id}: {name}, {rows}{passes} ({share:.0%}), started {run.started_at}{parameters}"]
    if command:
        missing = [(_range_prefix(run, table, of), gap) for table, of in run.work for gap in run.gaps(table, of)]
        lines += [f"  missing: {prefix}{gap} ({gap.rows:,})" for prefix, gap in missing[:10]]
        lines += [f"  missing: {counted(len(missing) - 10, 'more range')}"] if len(missing) > 10 else []
        lines.append(f"  {'' if resumable else 'if it stops, '}to resume: {command}")
    return lines


def _range_prefix(run: "Run", table: str, of: Pass) -> str:
    """The table and the pass of a range of rows, as far as the run has more than one."""
    if of is Pass.SECOND:
        return f"{table}, second pass, "
    return f"{table}, " if len(run.work) > 1 else ""


def pause(result: "Pause") -> str:
    if not result.paused:
        return "resumed" if result.changed else "nothing was paused"
    effect = f"{result.at_work} waits after its current batches" if result.at_work else "nothing is running, and the next command will wait"
    return f"paused by {result.paused}: {effect}; to resume: parloader resume"


def schema(result: "SchemaState") -> str:
    lines = [f"script_execution: {result.state}" + (" (just upgraded)" if result.upgraded else "")]
    if result.state not in ("empty", "before V97"):
        lines += [str(misfit) for misfit in result.misfits]
    return "\n".join(lines)


def guard(result: "GuardState") -> str:
    now = "now " if result.changed else ""
    if result.marker is None:
        return f"writing is {now}allowed in the database {result.where}"
    return f"writing is {now}forbidden in the database {result.where} ({result.marker})"
