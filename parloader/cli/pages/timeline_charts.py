"""The charts of a run: throughput, latency and memory over time by worker, with retries, crashes and waits as marks. Needs parloader[plot]."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from parloader.cli.pages.page import FigureView
from parloader.cli.pages.theme import PAGE, short_number, wide_and_narrow
from parloader.cli.pages.timeline import MAX_LINES, Timeline, middle
from parloader.quantities import counted, duration_text

# Kinds of marks, as lanes above the chart of throughput, from the bottom up: name, marker, colour
LANES = (("retry", "v", PAGE.warn), ("crash", "X", PAGE.bad), ("failure", "s", PAGE.bad))

# A table's name fits between the lines of at most this many steps
MAX_NAMED_STEPS = 8

# Of the time that the chart shows: the name of a shorter step would cover that of the next one
NAME_SHARE = 0.02

# Below the axes: the numbers, the unit and a line of the legend; and each more line
MARGIN_INCHES = 0.72
LEGEND_INCHES = 0.17

# Between ticks, times a power of ten
STEPS = (1, 2, 5, 10)

# Of the height of a lane: marks of different workers at the same moment do not cover each other
LANE_SPREAD = 0.6


def timeline_charts(timeline: Timeline, limit: float | None = None) -> tuple[FigureView, ...]:
    """The three charts; none if no batch was committed and nothing happened. `limit`: the server limit in rows per second, if it is known."""
    if not timeline.bins and not timeline.recorder.marks:
        return ()
    return (_throughput(timeline, limit), _latency(timeline), _memory(timeline))


def _throughput(timeline: Timeline, limit: float | None) -> FigureView:
    recorder = timeline.recorder
    rows = sum(worker.rows for worker in recorder.workers)
    rate = max(timeline.total_rates, default=0.0)
    what = [counted(recorder.retries, "retry").replace("retrys", "retries")] if recorder.marks else []
    what += [f"{counted(len(recorder.waits), 'wait')} of {duration_text(recorder.wait_seconds)} in all"] if recorder.waits else []
    label = f"Rows per second over time: {counted(rows, 'row')}, at most {rate:,.0f} rows/s{''.join(f', {text}' for text in what)}"
    wide, narrow = wide_and_narrow("throughput", label, partial(_draw_throughput, timeline, limit))
    marks = (
        "Triangles are retries, crosses crashed workers, squares failures; shaded times are waits. "
        if recorder.marks or recorder.waits
        else ""
    )
    return FigureView(
        name="throughput",
        title="Throughput",
        caption=f"Rows per second, of all workers and of {_of_workers(timeline)}. {marks}"
        f"Rows count evenly over the time that their batch took; points are {_width(recorder.bin_seconds)} apart.",
        wide=wide,
        narrow=narrow,
    )


def _latency(timeline: Timeline) -> FigureView:
    label = (
        f"Milliseconds of a batch over time; the slowest took {max((s for s in timeline.slowest if not math.isnan(s)), default=0):,.0f} ms"
    )
    wide, narrow = wide_and_narrow("latency", label, partial(_draw_latency, timeline))
    caption = f"Milliseconds from the first statement of a batch to its commit, retries included: the mean of {_of_workers(timeline)}, and the slowest batch of all."
    return FigureView(name="latency", title="Latency", caption=caption, wide=wide, narrow=narrow)


def _memory(timeline: Timeline) -> FigureView:
    peak = max((worker.peak_rss_bytes for worker in timeline.recorder.workers), default=0)
    label = f"MiB of each worker over time, at most {peak / 2**20:,.0f} MiB"
    wide, narrow = wide_and_narrow("memory", label, partial(_draw_memory, timeline))
    caption = f"Resident memory at its peak so far, of {_of_workers(timeline)}, after each batch."
    return FigureView(name="memory", title="Memory", caption=caption, wide=wide, narrow=narrow)


def _of_workers(timeline: Timeline) -> str:
    return "each worker" if len(timeline.workers) <= MAX_LINES else "the median, lowest and highest worker"


def _width(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:,.1f} s"


def _figure(timeline: Timeline, inches: tuple[float, float], narrow: bool) -> Figure:
    """With the same margins for each chart, so that their axes of time are above each other, and a place for the legend below."""
    entries = 2 + min(len(timeline.workers), MAX_LINES)  # all workers, and the server limit
    more = LEGEND_INCHES * (-(-entries // _columns(narrow)) - 1)
    width, height = inches[0], inches[1] + more
    figure = Figure(figsize=(width, height))
    bottom = (MARGIN_INCHES + more) / height
    figure.subplots_adjust(left=0.15 if narrow else 0.062, right=0.985, top=0.97, bottom=bottom, hspace=0.06)
    return figure


def _columns(narrow: bool) -> int:
    """Of the legend."""
    return 3 if narrow else MAX_LINES + 1


def _draw_throughput(timeline: Timeline, limit: float | None, inches: tuple[float, float], narrow: bool) -> tuple[Figure, dict[str, str]]:
    recorder = timeline.recorder
    kinds = [lane for lane in LANES if any(mark.kind == lane[0] for mark in recorder.marks)]
    figure = _figure(timeline, inches, narrow)
    if kinds:
        strip, panel = figure.subplots(2, 1, sharex=True, height_ratios=(len(kinds), 9))
        titles = _draw_marks(timeline, strip, kinds)
    else:
        panel, titles = figure.subplots(), {}
    panel.fill_between(timeline.times, timeline.total_rates, color=PAGE.line, alpha=0.7, linewidth=0)
    panel.plot(timeline.times, timeline.total_rates, color=PAGE.text, label="all workers")
    _lines(timeline, panel, timeline.rates)
    titles |= _draw_waits(timeline, panel)
    if limit is not None:
        panel.axhline(limit, color=PAGE.bad, linestyle="--", linewidth=1, label="server limit")
    _finish(timeline, panel, "rows/s", narrow)
    if not narrow:
        _name_steps(timeline, panel)
    return figure, titles


def _draw_latency(timeline: Timeline, inches: tuple[float, float], narrow: bool) -> tuple[Figure, dict[str, str]]:
    figure = _figure(timeline, inches, narrow)
    panel: Any = figure.subplots()
    panel.plot(*_known(timeline.times, timeline.slowest), color=PAGE.soft, linestyle=":", label="slowest batch")
    _lines(timeline, panel, timeline.latencies)
    _draw_waits(timeline, panel)
    _finish(timeline, panel, "ms per batch", narrow)
    return figure, {}


def _draw_memory(timeline: Timeline, inches: tuple[float, float], narrow: bool) -> tuple[Figure, dict[str, str]]:
    figure = _figure(timeline, inches, narrow)
    panel: Any = figure.subplots()
    _lines(timeline, panel, timeline.memory)
    _draw_waits(timeline, panel)
    _finish(timeline, panel, "MiB", narrow)
    return figure, {}


def _lines(timeline: Timeline, panel: Any, series: Callable[[int], list[float]]) -> None:
    """A line for each worker; of many, the median, with a band from the lowest to the highest."""
    if len(timeline.workers) <= MAX_LINES:
        for worker in timeline.workers:
            times, values = _known(timeline.times, series(worker))
            marker = "o" if len(values) < 12 else None
            panel.plot(times, values, color=PAGE.of(worker), label=f"worker {worker}", linewidth=1, marker=marker, markersize=2.5)
        return
    ends = list(map(middle, zip(*map(series, timeline.workers), strict=True)))
    lowest, median, highest = ([each[n] for each in ends] for n in range(3))
    panel.fill_between(timeline.times, lowest, highest, color=PAGE.of(0), alpha=0.3, linewidth=0, label="lowest to highest worker")
    panel.plot(*_known(timeline.times, median), color=PAGE.of(0), label="median worker")


def _known(times: Sequence[float], values: Sequence[float]) -> tuple[list[float], list[float]]:
    """Without the bins that have no value, so that the line goes on behind them."""
    pairs = [(time, value) for time, value in zip(times, values, strict=True) if not math.isnan(value)]
    return [time for time, _ in pairs], [value for _, value in pairs]


def _draw_marks(timeline: Timeline, strip: Any, kinds: Sequence[tuple[str, str, str]]) -> dict[str, str]:
    """One marker for each, in the lane of its kind; returns group ID → tooltip."""
    titles, workers = {}, max(1, len(timeline.workers) - 1)
    for number, mark in enumerate(timeline.recorder.marks, 1):
        lane, (kind, marker, colour) = next((n, lane) for n, lane in enumerate(kinds) if lane[0] == mark.kind)
        height = lane + LANE_SPREAD * (mark.worker / workers - 0.5)
        (drawn,) = strip.plot(
            [timeline.in_unit(mark.seconds)], [height], marker=marker, color=colour, markersize=5, linestyle="", clip_on=False
        )
        drawn.set_gid(f"{kind}-{number}")
        titles[f"{kind}-{number}"] = f"{kind} at {mark.seconds:,.2f} s, worker {mark.worker}: {mark.text}"
    strip.set_yticks(range(len(kinds)), [kind for kind, _, _ in kinds])
    strip.set_ylim(-0.6, len(kinds) - 0.4)
    strip.tick_params(bottom=False, left=False, labelbottom=False)
    strip.spines[:].set_visible(False)
    strip.grid(axis="y")
    return titles


def _draw_waits(timeline: Timeline, panel: Any) -> dict[str, str]:
    """A shaded time for each wait; returns group ID → tooltip."""
    titles = {}
    for number, wait in enumerate(timeline.recorder.waits, 1):
        end = wait.begin if wait.end is None else wait.end
        span = panel.axvspan(timeline.in_unit(wait.begin), timeline.in_unit(end), facecolor=PAGE.warn, edgecolor=PAGE.warn, alpha=0.2)
        span.set_gid(f"wait-{number}")
        titles[f"wait-{number}"] = f"waited from {wait.begin:,.1f} s to {end:,.1f} s: {wait.reason}"
    return titles


def _name_steps(timeline: Timeline, panel: Any) -> None:
    """A line where each step begins, with its name, if there are several."""
    steps = [step for step in timeline.recorder.steps if step.done or step.rows]
    if len(steps) < 2:
        return
    ends = [*(step.begin for step in steps[1:]), timeline.recorder.seconds or math.inf]
    for step, end in zip(steps, ends, strict=True):
        at = timeline.in_unit(step.begin)
        panel.axvline(at, color=PAGE.soft, linewidth=0.7, linestyle=(0, (2, 2)))
        if len(steps) <= MAX_NAMED_STEPS and end - step.begin > NAME_SHARE * (timeline.recorder.seconds or 0):
            panel.annotate(
                step.label, (at, 1), xycoords=("data", "axes fraction"), xytext=(2, -1), textcoords="offset points",
                rotation=90, ha="left", va="top", color=PAGE.soft, fontsize=7,
            )  # fmt: skip


def _finish(timeline: Timeline, panel: Any, unit: str, narrow: bool) -> None:
    """Axes that begin at zero, and the legend below."""
    seconds = timeline.recorder.seconds or 0.0
    panel.set_xlim(0, max(timeline.in_unit(seconds), 1e-3))
    panel.set_ylim(0, 1.08 * max(panel.get_ylim()[1], 1e-3))
    panel.set_xlabel(f"{timeline.unit[0]} since the start")
    panel.set_ylabel(unit)
    panel.yaxis.set_major_locator(MaxNLocator(5, min_n_ticks=3, steps=STEPS))
    panel.xaxis.set_major_locator(MaxNLocator(5 if narrow else 12, steps=STEPS))
    panel.yaxis.set_major_formatter(FuncFormatter(short_number))
    handles, labels = panel.get_legend_handles_labels()
    if handles:
        panel.figure.legend(
            handles, labels, loc="lower center", borderaxespad=0.1, ncols=_columns(narrow), columnspacing=1.2, handlelength=1.4
        )
