"""Results as text for people. (As JSON they are what the results' as_json gives.)"""

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from parloader.plans.model import Pass

if TYPE_CHECKING:  # a command imports only the operation that it runs
    from parloader.ledger.run import Run
    from parloader.operations.bench_result import BenchResult, Result
    from parloader.operations.clean import CleanResult
    from parloader.operations.guard import GuardState
    from parloader.operations.pause import Pause
    from parloader.operations.plan import Forecast
    from parloader.operations.schema import SchemaState
    from parloader.operations.seed import SeedResult
    from parloader.operations.status import Status
    from parloader.operations.verify import VerifyResult

NOTE_COLUMNS = 80


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lines in columns: the first column to the left, the others to the right."""
    lines = [headings, *rows]
    widths = [max(len(line[n]) for line in lines) for n in range(len(headings))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if n == 0 else cell.rjust(width) for n, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def mebibytes(size_bytes: int) -> str:
    return f"{size_bytes / 2**10:,.0f} KiB" if size_bytes < 2**20 else f"{size_bytes / 2**20:,.0f} MiB"


def seed(result: "SeedResult") -> str:
    counts = result.counts
    figures = ", ".join(f"{count:,} {name}" for name, count in counts.figures.items())
    lines = []
    if result.already_complete:
        lines.append(f"run {result.run_id} is complete already; nothing was changed")
    elif result.workers:
        rows = [
            (
                str(w.worker),
                f"{w.rows:,}",
                f"{w.rows_per_second:,.0f}",
                str(w.batches),
                str(w.retries),
                "/".join(f"{ms:.0f}" for ms in w.as_json()["batch_ms"].values()),  # type: ignore[attr-defined]
                f"{w.generate_seconds:.1f}/{w.write_seconds:.1f}/{w.cpu_seconds:.1f}",
                f"{w.peak_rss_bytes / 2**20:.0f}",
            )
            for w in result.workers
        ]
        headings = ("worker", "rows", "rows/s", "batches", "retries", "p50/p95/max ms", "gen/write/cpu s", "MiB")
        lines += [table(headings, rows), ""]
        again = f", and set columns of {result.updated:,} of them in a second pass" if result.updated else ""
        lines.append(f"loaded {result.rows:,} rows{again} in {result.seconds:.1f} s: {result.rows_per_second:,.0f} rows/s")
    counted = "".join([f"{counts.total:,} rows, ", f"{figures}, " if figures else "", f"{counts.violation_count:,} violations"])
    lines.append(f"run {result.run_id}: {counted} (counted in {result.check_seconds:.1f} s)")
    return "\n".join(lines)


def plan(forecast: "Forecast") -> str:
    parameters = ", ".join(f"{name}={value}" for name, value in forecast.plan.parameters.items())
    rows = [
        (
            t.name,
            f"{t.rows:,}",
            f"{t.used:,}",
            f"{t.made:,}",
            ", ".join(f"{first:,} to {last:,}" for first, last in t.keys[:3]) + (", …" if len(t.keys) > 3 else ""),
            mebibytes(t.size.data_bytes) if t.made else "",
            mebibytes(t.size.index_bytes) if t.made else "",
        )
        for t in forecast.tables
    ]
    lines = [f"plan {forecast.plan.name} ({parameters}) on {forecast.facts}"]
    if forecast.creates_tables:
        lines.append("the database is empty: seed would make these tables")
    if forecast.run:
        done = "is complete: seed would change nothing" if forecast.run.complete else "is incomplete: seed would load the rest"
        lines.append(f"run {forecast.run.run_id} {done}")
    lines += ["", table(("table", "rows", "there", "to make", "keys", "data", "indexes"), rows), ""]
    for t in forecast.tables:
        if t.sample.height:
            lines += [f"{t.name}:", *(_row(row) for row in t.sample.rows(named=True)), ""]
    for t in forecast.tables:
        if t.shares:
            of = f"{t.name}: " if len(forecast.plan.partitioned) > 1 else ""
            lines.append(f"{of}{len(t.shares)} worker processes, writer {forecast.writer}, batches of {forecast.batch}:")
            lines += [f"  worker {worker}: {'; '.join(map(str, share))}" for worker, share in enumerate(t.shares)]
    free = "" if forecast.free_bytes is None else f"; {mebibytes(forecast.free_bytes)} are free there"
    lines.append(f"about {mebibytes(forecast.size_bytes)} on the server's disk{free}")
    lines += [f"note: {note.table}{'.' + note.column if note.column else ''}: {note.text}" for note in forecast.notes]
    lines += [f"note: {risk}" for risk in forecast.risks]
    return "\n".join(lines)


def _row(row: Mapping[str, object]) -> str:
    """A row as its columns and values, wrapped: tables of twenty columns fit no screen."""
    cells = ", ".join(f"{name}={_cell(value)}" for name, value in row.items())
    return textwrap.fill(cells, NOTE_COLUMNS, initial_indent="  ", subsequent_indent="    ")


def _cell(value: object) -> str:
    text = (
        "NULL"
        if value is None
        else f"x'{value.hex()}'"
        if isinstance(value, bytes)
        else repr(value)
        if isinstance(value, str)
        else str(value)
    )
    return text if len(text) <= 60 else f"{text[:57]}…"


def bench(result: "BenchResult") -> str:
    def cells(measured: "Result", mark: str) -> tuple[str, ...]:
        return (
            f"{mark} {measured.configuration.writer}",
            str(measured.configuration.procs),
            measured.configuration.batch.text,
            f"{measured.rows_per_second:,.0f}",
            f"{min(measured.rates):,.0f}-{max(measured.rates):,.0f}",
            f"{result.of_baseline(measured):.0%}",
            f"{measured.server_wait:.0%}",
            f"{measured.client_cpu_seconds_per_million:.2f}",
            f"{measured.peak_rss_bytes / 2**20:.0f}",
        )

    headings = ("  writer", "procs", "batch", "rows/s", "min-max", "of floor", "wait", "cpu s", "MiB")
    marks = {id(m): "*" if m is result.best else "~" if result.in_noise(m) else " " for m in result.results}
    rows = [cells(m, marks[id(m)]) for m in result.results] + [cells(m, "_" if m is result.baseline else " ") for m in result.baselines]
    near = sum(mark == "~" for mark in marks.values())
    best, floor = result.best, result.baseline
    notes = [
        f"rows/s: median of {result.rounds} rounds of {result.rows:,} rows, with the slowest and the fastest; wait: a worker's time spent "
        "waiting for the server; cpu s: client seconds per million rows, start-up apart; MiB: peak of a worker",
        f"* the best, at {result.of_baseline(best):.0%} of the floor",
        f"~ as fast as the best in at least one round, so inside the noise: {near} of {len(result.results) - 1} others",
        f"_ the floor, the most this server does with no work left for a client: {floor.configuration.writer} over {floor.configuration.procs} connections",
        f"price of integrity: {result.price_of_integrity:.0%} of the time ({result.checked.rows_per_second:,.0f} rows/s with the checks on, "
        f"{result.unchecked.rows_per_second:,.0f} with them off, on the scratch tables)",
        *(f"note: {note}" for note in result.notes),
    ]
    wrapped = (textwrap.fill(note, NOTE_COLUMNS, subsequent_indent="  ") for note in notes)
    return "\n".join([table(headings, rows), "", *wrapped, f"use: parloader seed {best.configuration.options}"])


def verify(result: "VerifyResult") -> str:
    lines = []
    for d in result.differences:
        columns = "".join(f"; {column}: expected {expected}, found {found}" for column, expected, found in d.columns)
        lines.append(f"{d.kind}: {d.table} key {d.key}{columns}")
    for run in result.runs:
        lines.append(
            f"run {run.run_id}: {run.checked:,} rows compared, {run.missing:,} missing, {run.different:,} different, {sum(run.violations.values()):,} violations"
        )
        lines += [f"  {count:,} rows break: {rule}" for rule, count in run.violations.items() if count]
        if run.not_loaded:
            lines.append(f"  {run.not_loaded:,} rows are not loaded yet (parloader status shows how to go on)")
    if result.extra:
        lines.append(f"{result.extra:,} extra rows that parloader did not make")
    if result.ok:
        lines.append("ok: what is there is what the plan says, row for row")
    return "\n".join(lines)


def clean(result: "CleanResult") -> str:
    if not result.runs:
        return "parloader made nothing here; nothing to remove"
    verb = "would go" if result.dry_run else "removed"
    lines = [f"{verb}: {rows:,} rows of {name}" for name, rows in result.tables]
    if result.dropped:
        lines.append(f"dropped the tables that parloader had made: {', '.join(result.dropped)}")
    runs = f"run{'s' if len(result.runs) > 1 else ''} {', '.join(map(str, result.runs))}"
    lines.append(f"{runs}: {result.rows:,} rows in all; the ledger's tables {'would go' if result.dry_run else 'are gone'} too")
    return "\n".join(lines)


def status(result: "Status") -> str:
    lines = [f"at work: {result.at_work}"] if result.at_work else []
    lines += [f"paused by {result.paused}; parloader resume lets it go on"] if result.paused else []
    lines += [] if result.runs else [f"no runs in {result.where}"]
    for entry, run in zip(result.as_json()["runs"], result.runs, strict=True):  # type: ignore[call-overload]
        share = run.done_rows / run.total_rows if run.total_rows else 1.0
        twice = " (those of the second pass too)" if run.plan.with_deferred_columns else ""
        parameters = ", ".join(f"{name}={value}" for name, value in run.parameters.items())
        lines.append(
            f"run {run.run_id}: {run.target}, {run.done_rows:,} of {run.total_rows:,} rows{twice} ({share:.0%}), begun {run.started_at}; {parameters}"
        )
        if entry["resume"]:
            gaps = [(_named(run, table, of), gap) for table, of in run.work for gap in run.gaps(table, of)]
            lines += [f"  missing: {of}{gap} ({gap.rows:,})" for of, gap in gaps[:10]]
            lines += [f"  missing: {len(gaps) - 10} more ranges"] if len(gaps) > 10 else []
            lines.append(f"  go on: {entry['resume']}")
    return "\n".join(lines)


def _named(run: "Run", table: str, of: Pass) -> str:
    """Of a range of rows: whose they are, where the run writes more than one table."""
    if of is Pass.SECOND:
        return f"{table}, second pass, "
    return f"{table}, " if len(run.work) > 1 else ""


def pause(result: "Pause") -> str:
    if not result.paused:
        return "going on" if result.changed else "nothing was paused"
    what = f"{result.at_work} waits after the batches in hand" if result.at_work else "nobody is at work now, and the next one will wait"
    return f"paused by {result.paused}: {what}; parloader resume lets it go on"


def schema(result: "SchemaState") -> str:
    lines = [f"script_execution: {result.state}" + (" (upgraded just now)" if result.upgraded else "")]
    if result.state not in ("empty", "before V97"):
        lines += [str(misfit) for misfit in result.misfits]
    return "\n".join(lines)


def guard(result: "GuardState") -> str:
    now = " now" if result.changed else ""
    if result.marker is None:
        return f"allowed{now}: parloader may write to the database {result.where}"
    return f"forbidden{now}: parloader may not write to the database {result.where} ({result.marker})"
