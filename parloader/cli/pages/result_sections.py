"""What the page about a command says of its result: one function for each kind of result."""

from collections.abc import Iterator
from functools import singledispatch
from typing import Any

from parloader.cli.pages.bench_chart import bench_view
from parloader.cli.pages.page import SectionView, TableView
from parloader.cli.texts import report
from parloader.cli.texts.bench_text import HEADINGS, bench_notes, bench_rows
from parloader.operations.bench_result import BenchResult
from parloader.operations.clean_result import CleanResult
from parloader.operations.seed_result import SeedResult
from parloader.operations.verify import VerifyResult
from parloader.quantities import counted
from parloader.rows.differences import MAX_SHOWN

NO_RESULT = "The command ended without a result."


@singledispatch
def outcome_text(result: Any) -> str:
    """What the command prints of its result, without tables."""
    return NO_RESULT


@singledispatch
def succeeded(result: Any) -> bool:
    """Whether the result is what was wanted."""
    return result is not None


@singledispatch
def result_sections(result: Any) -> Iterator[SectionView]:
    """The parts of the page that only this kind of result has."""
    return iter(())


@outcome_text.register
def _(result: SeedResult) -> str:
    return report.seed(result, with_workers=False)


@succeeded.register
def _(result: SeedResult) -> bool:
    return result.failure is None


@result_sections.register
def _(result: SeedResult) -> Iterator[SectionView]:
    counts = result.counts
    facts = {"rows": f"{counts.total:,} of {result.target}", **{name: f"{n:,}" for name, n in counts.figures.items()}}
    facts["violations"] = f"{counts.violation_count:,}, of {counted(len(counts.violations), 'rule')}"
    facts |= {f"violations of {rule}": f"{count:,}" for rule, count in counts.violations.items() if count}
    if result.run_id is not None:
        yield SectionView(title="Counted on the server", facts=facts)
    if result.guesses:
        yield SectionView(title="Guesses of the plan", texts=result.guesses)
    if result.unfilled:
        yield SectionView(title="Tables that were not filled", texts=tuple(map(str, result.unfilled)))


@outcome_text.register
def _(result: VerifyResult) -> str:
    return "ok: every generated row is as the plan defines it" if result.ok else f"{result.summary}. {result.hint}".strip()


@succeeded.register
def _(result: VerifyResult) -> bool:
    return result.ok


@result_sections.register
def _(result: VerifyResult) -> Iterator[SectionView]:
    rows = tuple(
        (str(run.run_id), *(f"{n:,}" for n in (run.checked, run.missing, run.different, run.violation_count, run.not_loaded)))
        for run in result.runs
    )
    headings = ("run", "rows compared", "missing", "different", "violations", "not loaded yet")
    extra = (f"{counted(result.extra, 'extra row')} not created by parloader.",) if result.extra else ()
    triggers = (f"Not compared, because a trigger changes them: {', '.join(result.not_compared)}.",) if result.not_compared else ()
    yield SectionView(title="Compared with the plan", table=TableView(headings=headings, rows=rows), texts=(*extra, *triggers))
    broken = tuple((str(run.run_id), rule, f"{count:,}") for run in result.runs for rule, count in run.violations.items() if count)
    if broken:
        table = TableView(headings=("run", "rule", "rows"), rows=broken, text_columns=frozenset({1}))
        yield SectionView(title="Violations of the plan's rules", table=table)
    if result.differences:
        found = tuple(
            (
                d.kind,
                d.table,
                str(d.key),
                "; ".join(f"{column}: expected {expected}, found {found}" for column, expected, found in d.columns),
            )
            for d in result.differences
        )
        more = tuple(f"{counted(count, 'more row')} of {table}: {kind}." for (kind, table), count in result.not_shown.items())
        table = TableView(headings=("kind", "table", "key", "columns"), rows=found, text_columns=frozenset({0, 1, 2, 3}))
        yield SectionView(title="Differences", texts=(f"The first {MAX_SHOWN} of each kind and table.", *more), table=table)


@outcome_text.register
def _(result: CleanResult) -> str:
    return report.clean(result)


@result_sections.register
def _(result: CleanResult) -> Iterator[SectionView]:
    rows = tuple((name, f"{count:,}") for name, count in (*result.trigger_rows.items(), *result.tables))
    if rows:
        yield SectionView(title="Deleted rows", table=TableView(headings=("table", "rows"), rows=rows))


@outcome_text.register
def _(result: BenchResult) -> str:
    best = result.best
    return f"{result.command}\nloads {best.rows_per_second:,.0f} rows/s, {result.of_baseline(best):.0%} of the server limit"


@result_sections.register
def _(result: BenchResult) -> Iterator[SectionView]:
    yield SectionView(title="Combinations", figures=(bench_view(result),))
    table = TableView(headings=HEADINGS, rows=tuple(bench_rows(result)), text_columns=frozenset({0}))
    yield SectionView(title="Figures of the combinations", table=table, texts=tuple(bench_notes(result)))


@singledispatch
def server_limit(result: Any) -> float | None:
    """In rows per second; None: it was not measured."""
    return None


@server_limit.register
def _(result: BenchResult) -> float | None:
    return result.baseline.rows_per_second
