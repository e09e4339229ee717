"""The result of bench as texts: the cells of its table, and what they mean. Used by the report on a terminal and by the page."""

from typing import TYPE_CHECKING

from parloader.quantities import counted

if TYPE_CHECKING:
    from parloader.operations.bench_result import BenchResult, Result

HEADINGS = ("  writer", "procs", "batch", "rows/s", "min-max", "of limit", "wait", "cpu s", "MiB")


def bench_rows(result: "BenchResult") -> list[tuple[str, ...]]:
    """The cells of each combination, then of each measurement of the server limit."""
    measured = [_cells(result, m, "*" if m is result.best else "~" if result.in_noise(m) else " ") for m in result.results]
    return measured + [_cells(result, m, "_" if m is result.baseline else " ") for m in result.baselines]


def _cells(result: "BenchResult", measured: "Result", mark: str) -> tuple[str, ...]:
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


def bench_notes(result: "BenchResult") -> list[str]:
    """What the cells and marks mean, and what else was found."""
    best, limit = result.best, result.baseline
    noise = sum(map(result.in_noise, result.results))
    return [
        f"rows/s: median of {counted(result.rounds, 'round')} of {counted(result.rows, 'row')} of {result.table}; min-max: the slowest and the fastest round; "
        "wait: share of its time that a worker waits for the server; cpu s: client CPU seconds per million rows, without start-up; "
        "MiB: peak memory of a worker",
        f"* the best, at {result.of_baseline(best):.0%} of the server limit",
        f"~ within noise, that is, as fast as the best in at least one round: {noise} of {len(result.results) - 1} others",
        "_ the server limit: the rate with ready-made rows and no client work "
        f"({limit.configuration.writer}, {counted(limit.configuration.procs, 'connection')})",
        f"price of integrity: {result.price_of_integrity:.0%} of the time ({result.checked.rows_per_second:,.0f} rows/s with all checks on, "
        f"{result.unchecked.rows_per_second:,.0f} with all checks off, on the scratch tables)",
        *(f"note: {note}" for note in result.notes),
    ]
