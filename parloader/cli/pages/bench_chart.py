"""The result of bench as a chart: a panel for each writer and one for the server limit. Needs the extra parloader[plot]."""

import textwrap
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from parloader.cli.pages.page import FigureView
from parloader.cli.pages.theme import PAGE, PAPER, Palette, short_number, style, wide_and_narrow
from parloader.errors import UsageError
from parloader.operations.bench_result import BenchResult, Result
from parloader.quantities import counted

PANEL_INCHES = (4.0, 3.6)

# A stacked panel is lower
STACKED_INCHES = 1.9

# Of the distance between two numbers of processes, the part over which their points are spread
SPREAD = 0.7

LINE_CHARACTERS = 110

EXPLAINED = (
    "A point is the median of the rounds, its bar goes from the slowest to the fastest round. The dashed line is the server limit: the highest rate with "
    "ready-made rows and no client work."
)


def draw_bench(result: BenchResult, file: Path) -> None:
    """Writes the chart to `file` (.png or .svg). UsageError: the file cannot be written."""
    panels = 1 + len(_writers(result))
    with style(PAPER):
        figure, _ = bench_figure(result, PAPER, (max(2, panels) * PANEL_INCHES[0], PANEL_INCHES[1] + 1.1), stacked=False)
        lines = [line for text in (_headline(result), _measured(result)) for line in textwrap.wrap(text, LINE_CHARACTERS)]
        figure.suptitle("\n".join(lines), fontsize=10)
        try:
            figure.savefig(file, dpi=150)
        except OSError as error:
            raise UsageError(f"{file} cannot be written: {error.strerror}", "Name a file in a writable folder") from error


def bench_view(result: BenchResult) -> FigureView:
    """The chart as part of a page."""
    panels = 1 + len(_writers(result))

    def draw(inches: tuple[float, float], narrow: bool) -> tuple[Figure, dict[str, str]]:
        size = (inches[0], panels * STACKED_INCHES + 0.4) if narrow else (inches[0], inches[1] + 0.4)
        return bench_figure(result, PAGE, size, stacked=narrow)

    label = f"Rows per second of each combination; the best is {result.best.rows_per_second:,.0f}, the server limit {result.baseline.rows_per_second:,.0f}"
    wide, narrow = wide_and_narrow("combinations", label, draw)
    return FigureView(name="combinations", title=_headline(result), caption=f"{_measured(result)}. {EXPLAINED}", wide=wide, narrow=narrow)


def bench_figure(result: BenchResult, palette: Palette, inches: tuple[float, float], *, stacked: bool) -> tuple[Figure, dict[str, str]]:
    """The chart, and group ID → tooltip for each of its points. `stacked`: the panels are above each other."""
    figure = Figure(figsize=inches, layout="constrained")
    writers, titles = _writers(result), dict[str, str]()
    shape = (len(writers) + 1, 1) if stacked else (1, len(writers) + 1)
    panels = figure.subplots(*shape, sharey=True, squeeze=False).flatten()
    batches = list(dict.fromkeys(m.configuration.batch.text for m in result.results))
    point = partial(_point, result, titles)
    for panel, writer in zip(panels, writers, strict=False):
        own = [m for m in result.results if m.configuration.writer == writer]
        groups = [[m for m in own if m.configuration.batch.text == batch] for batch in batches]
        _panel(panel, palette, point, f"writer {writer}", groups, [(f"batch {b}", palette.of(n), "o") for n, b in enumerate(batches)])
    names = list(dict.fromkeys(str(m.configuration.writer) for m in result.baselines))
    groups = [[m for m in result.baselines if m.configuration.writer == name] for name in names]
    looks = [(f"server limit: {name}", palette.text if n == 0 else palette.soft, "sD"[n % 2]) for n, name in enumerate(names)]
    _panel(panels[-1], palette, point, "server limit", groups, looks)
    limit = result.baseline.rows_per_second
    for panel in panels:
        panel.axhline(limit, color=palette.bad, linestyle="--", linewidth=1, label="server limit" if panel is panels[0] else None)
        panel.set_ylabel("rows/s" if stacked or panel is panels[0] else "")
    panels[0].set_ylim(0, 1.12 * max(max(m.rates) for m in (*result.results, *result.baselines)))
    panels[0].yaxis.set_major_formatter(FuncFormatter(short_number))
    entries: dict[str, Any] = {}
    for panel in panels:
        entries |= {label: handle for handle, label in zip(*panel.get_legend_handles_labels(), strict=True) if label not in entries}
    explained = textwrap.fill(EXPLAINED, LINE_CHARACTERS) if palette is PAPER else None  # a page has it as text
    figure.legend(
        entries.values(), entries.keys(), loc="outside lower center", ncols=2 if stacked else 6, title=explained, title_fontsize=8
    )
    return figure, titles


def _panel(
    panel: Any, palette: Palette, point: Any, title: str, groups: Sequence[Sequence[Result]], looks: Sequence[tuple[str, str, str]]
) -> None:
    """A group of points has a look: name, colour and marker. Points of the same number of processes stand beside each other."""
    procs = list(dict.fromkeys(m.configuration.procs for group in groups for m in group))
    for n, (group, (name, colour, marker)) in enumerate(zip(groups, looks, strict=True)):
        shift = SPREAD * ((n + 0.5) / len(groups) - 0.5)
        for m in group:
            label = name if m is group[0] else None
            point(panel, m, procs.index(m.configuration.procs) + shift, palette, colour=colour, marker=marker, label=label)
    panel.set_title(title)
    panel.set_xlabel("processes" if title != "server limit" else "connections")
    panel.set_xticks(range(len(procs)), [str(number) for number in procs])
    panel.set_xlim(-0.5, len(procs) - 0.5)
    panel.grid(visible=False, axis="x")


def _point(
    result: BenchResult,
    titles: dict[str, str],
    panel: Any,
    measured: Result,
    x: float,
    palette: Palette,
    *,
    colour: str,
    marker: str,
    label: str | None,
) -> None:
    rate = measured.rows_per_second
    spread = [[rate - min(measured.rates)], [max(measured.rates) - rate]]
    drawn, _, _ = panel.errorbar([x], [rate], yerr=spread, color=colour, marker=marker, markersize=5, capsize=3, linestyle="", label=label)
    number = f"point-{len(titles) + 1}"
    drawn.set_gid(number)
    of = measured.configuration
    titles[number] = (
        f"{of.writer}, {counted(of.procs, 'process')}, batch {of.batch.text}: {rate:,.0f} rows/s ({min(measured.rates):,.0f} to "
        f"{max(measured.rates):,.0f}), {result.of_baseline(measured):.0%} of the server limit"
    )
    if measured is result.best:
        panel.plot([x], [rate], marker="o", markersize=11, markerfacecolor="none", markeredgecolor=palette.text, linestyle="")
        panel.annotate(
            f"best: {short_number(rate)}",
            (x, max(measured.rates)),
            xytext=(0, 5),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontweight="bold",
        )


def _writers(result: BenchResult) -> list[Any]:
    return list(dict.fromkeys(m.configuration.writer for m in result.results))


def _headline(result: BenchResult) -> str:
    return f"parloader bench of {result.table} on {result.server}"


def _measured(result: BenchResult) -> str:
    return f"{result.where}, {result.measured_at:%Y-%m-%d %H:%M} UTC: {counted(result.rounds, 'round')} of {counted(result.rows, 'row')} for each combination"
