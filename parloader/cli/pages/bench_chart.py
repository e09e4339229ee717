"""The result of bench as a chart. Needs the extra parloader[plot]."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from parloader.errors import UsageError
from parloader.operations.bench_result import BenchResult, Result

PANEL_INCHES = (4.6, 4.2)


def draw_bench(result: BenchResult, file: Path) -> None:
    """Writes to `file` (.png or .svg) a heat map of rows/s for each writer, and the rate by number of processes. UsageError: the file cannot be written."""
    writers = list(dict.fromkeys(m.configuration.writer for m in result.results))
    figure = Figure(figsize=(PANEL_INCHES[0] * (len(writers) + 1), PANEL_INCHES[1]), layout="constrained")
    panels: list[Any] = list(figure.subplots(1, len(writers) + 1))
    max_rate = max(m.rows_per_second for m in result.results)
    for panel, writer in zip(panels, writers, strict=False):
        _heat_map(panel, result, [m for m in result.results if m.configuration.writer == writer], max_rate)
    _scaling(panels[-1], result)
    figure.suptitle(f"parloader bench on {result.server}: {result.rounds} rounds of {result.rows:,} rows", fontsize=11)
    try:
        figure.savefig(file, dpi=150)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}", "Name a file in a writable folder") from error


def _heat_map(panel: Any, result: BenchResult, results: list[Result], max_rate: float) -> None:
    procs = list(dict.fromkeys(m.configuration.procs for m in results))
    batches = list(dict.fromkeys(m.configuration.batch.text for m in results))
    rates = {(m.configuration.procs, m.configuration.batch.text): m for m in results}
    panel.imshow([[rates[p, b].rows_per_second for b in batches] for p in procs], cmap="viridis", vmin=0, vmax=max_rate, aspect="auto")
    for y, p in enumerate(procs):
        for x, b in enumerate(batches):
            measured = rates[p, b]
            best = measured is result.best
            panel.text(
                x, y, f"{measured.rows_per_second / 1000:,.0f}k" + ("\nbest" if best else ""), ha="center", va="center",
                color="black" if measured.rows_per_second > 0.6 * max_rate else "white", fontweight="bold" if best else "normal",
            )  # fmt: skip
    panel.set_xticks(range(len(batches)), batches)
    panel.set_yticks(range(len(procs)), [str(p) for p in procs])
    panel.set(title=f"rows/s, writer {results[0].configuration.writer}", xlabel="batch", ylabel="processes")


def _scaling(panel: Any, result: BenchResult) -> None:
    """The rate by number of processes, of each writer at its best batch and of the server limit. Error bars: slowest to fastest round."""
    for writer in dict.fromkeys(m.configuration.writer for m in (*result.results, *result.baselines)):
        own = [m for m in (*result.results, *result.baselines) if m.configuration.writer == writer]
        procs = sorted({m.configuration.procs for m in own})
        best = [max((m for m in own if m.configuration.procs == p), key=lambda m: m.rows_per_second) for p in procs]
        rates = [m.rows_per_second / 1000 for m in best]
        spread = [
            [m.rows_per_second / 1000 - min(m.rates) / 1000 for m in best],
            [max(m.rates) / 1000 - m.rows_per_second / 1000 for m in best],
        ]
        is_limit = own[0] in result.baselines
        panel.errorbar(
            procs,
            rates,
            yerr=spread,
            label=f"server limit: {writer}" if is_limit else str(writer),
            marker="o",
            capsize=3,
            linestyle=":" if is_limit else "-",
        )
    panel.set(title="scaling, best batch", xlabel="processes", ylabel="thousand rows/s", xscale="log", ylim=(0, None))
    ticks = sorted({m.configuration.procs for m in result.results})
    panel.set_xticks(ticks, [str(p) for p in ticks])
    panel.minorticks_off()
    panel.legend(fontsize=8, loc="lower right")
