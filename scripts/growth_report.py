"""The samples of scripts/growth, and the picture and the table that are made of them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import ClassVar

import matplotlib
from matplotlib.figure import Figure

MINUTE = 60.0

HEADINGS = ("command", "seconds", "rows/s, first tenth", "rows/s, last tenth", "command, MiB", "a worker, MiB", "server, MiB", "disk, GiB")


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One look at a command while it runs. Memory is resident memory."""

    FIELDS: ClassVar = ("command", "step", "seconds", "rows", "command_mib", "largest_worker_mib", "server_mib", "disk_gib")

    command: str
    step: str
    """what its progress line names; empty without one"""
    seconds: float
    """since the command began"""
    rows: int | None
    """rows done in this step; None: no progress line came"""
    command_mib: float
    largest_worker_mib: float
    server_mib: int
    disk_gib: float
    """all of the server's files"""

    @classmethod
    def parsed(cls, line: Mapping[str, str]) -> "Sample":
        return cls(
            command=line["command"],
            step=line["step"],
            seconds=float(line["seconds"]),
            rows=int(line["rows"]) if line["rows"] else None,
            command_mib=float(line["command_mib"]),
            largest_worker_mib=float(line["largest_worker_mib"]),
            server_mib=int(line["server_mib"]),
            disk_gib=float(line["disk_gib"]),
        )

    @property
    def values(self) -> list[object]:
        return [getattr(self, field) for field in self.FIELDS]

    @property
    def text(self) -> str:
        rows = "" if self.rows is None else f"{self.step}: {self.rows:,} rows, "
        return f"{self.seconds:,.0f} s: {rows}command {self.command_mib:.0f} MiB, worker {self.largest_worker_mib:.0f} MiB, disk {self.disk_gib:.1f} GiB"


@dataclass(frozen=True, kw_only=True)
class Step:
    """The rows/s of one step of a command, over time."""

    label: str
    minutes: list[float]
    rates: list[float]


def steps(samples: Sequence[Sample]) -> Iterator[tuple[str, Step]]:
    """(command, step) for each step with at least two progress lines. A rate belongs to the time between two lines."""
    with_rows = [sample for sample in samples if sample.rows is not None]
    for (command, label), group in groupby(with_rows, key=lambda sample: (sample.command, sample.step)):
        pairs = list(pairwise(group))
        if pairs:
            minutes = [(one.seconds + other.seconds) / 2 / MINUTE for one, other in pairs]
            rates = [((other.rows or 0) - (one.rows or 0)) / (other.seconds - one.seconds) for one, other in pairs]
            yield command, Step(label=label, minutes=minutes, rates=rates)


def draw(samples: Sequence[Sample], file: Path) -> None:
    """Draws rows/s (above, on a logarithmic scale) and memory (below) over time, with a column for each command."""
    commands = list(dict.fromkeys(sample.command for sample in samples))
    widths = [max(sample.seconds for sample in samples if sample.command == command) for command in commands]
    figure = Figure(figsize=(11, 6), layout="constrained")
    ratios = [max(width, max(widths) / 4) for width in widths]  # a short command still gets a panel that can be read
    panels = figure.subplots(2, len(commands), sharey="row", sharex="col", squeeze=False, width_ratios=ratios)
    for command, above, below in zip(commands, *panels, strict=True):
        own = [step for of, step in steps(samples) if of == command]
        for step in own:
            above.plot(step.minutes, [rate / 1000 for rate in step.rates], label=step.label, linewidth=1)
        for label, figures in _memory([sample for sample in samples if sample.command == command]).items():
            below.plot([minutes for minutes, _ in figures], [mib for _, mib in figures], label=label, linewidth=1)
        above.set(title=command)
        below.set(xlabel="minutes", xlim=(0, None))
        if len(own) > 1:
            above.legend(fontsize=8)
    highest = max(rate / 1000 for _, step in steps(samples) for rate in step.rates)
    decades = [10**n for n in range(1, max(2, math.ceil(math.log10(highest))) + 1)]
    panels[0][0].set(ylabel="thousand rows/s", yscale="log", ylim=(decades[0], decades[-1]))
    panels[0][0].set_yticks(decades, [f"{decade:,}" for decade in decades])
    panels[1][0].set(ylabel="resident memory, MiB", ylim=(0, 1.2 * max(sample.command_mib for sample in samples)))
    panels[1][0].legend(fontsize=8, loc="lower left")
    for panel in panels.flat:
        panel.grid(alpha=0.3)
    with matplotlib.rc_context({"svg.hashsalt": "growth", "svg.fonttype": "none"}):
        figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)


def _memory(samples: Sequence[Sample]) -> dict[str, list[tuple[float, float]]]:
    """What used memory → (minutes, MiB), while it existed."""
    return {
        "the command": [(sample.seconds / MINUTE, sample.command_mib) for sample in samples if sample.command_mib],
        "its largest worker": [(sample.seconds / MINUTE, sample.largest_worker_mib) for sample in samples if sample.largest_worker_mib],
    }


def table(samples: Sequence[Sample]) -> str:
    """A Markdown table with a line for each command. Rates are of each step; memory and disk are the largest of all samples."""
    lines = [HEADINGS, ("---",) * len(HEADINGS)]
    for command, group in groupby(samples, key=lambda sample: sample.command):
        own = list(group)
        rates = [step for of, step in steps(samples) if of == command]
        lines.append(
            (
                command,
                f"{own[-1].seconds:,.0f}",
                "; ".join(_rate(step, step.rates[: _tenth(step)], len(rates)) for step in rates),
                "; ".join(_rate(step, step.rates[-_tenth(step) :], len(rates)) for step in rates),
                _span([sample.command_mib for sample in own if sample.command_mib]),
                _span([sample.largest_worker_mib for sample in own if sample.largest_worker_mib]),
                f"{max(sample.server_mib for sample in own):,}",
                f"{max(sample.disk_gib for sample in own):.1f}",
            )
        )
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _tenth(step: Step) -> int:
    return max(len(step.rates) // 10, 1)


def _rate(step: Step, rates: Sequence[float], of: int) -> str:
    rate = f"{sum(rates) / len(rates):,.0f}"
    return f"{step.label}: {rate}" if of > 1 else rate


def _span(figures: Sequence[float]) -> str:
    """The figures of the first and the last tenth, and the largest one."""
    if not figures:
        return ""
    tenth = max(len(figures) // 10, 1)
    first, last = figures[tenth : 2 * tenth] or figures[:tenth], figures[-2 * tenth : -tenth] or figures[-tenth:]
    return f"{sum(first) / len(first):.0f} → {sum(last) / len(last):.0f}, at most {max(figures):.0f}"
