"""The table of scripts/startup: the median of each command in this checkout and in the earlier commit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from measuring import Cost

HEADINGS = ("command", "seconds", "before", "ratio", "CPU s", "before", "ratio")

LEGEND = (
    "Medians over all rounds, of complete commands. CPU: of the command and its workers. Ratio: the median of the ratios of each round."
)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The cost of the same command in the same round, in this checkout and in the earlier commit."""

    now: Cost
    before: Cost


def table(pairs: Mapping[str, Sequence[Pair]]) -> str:
    """A Markdown table with a line for each command, in the given order."""
    rows = [HEADINGS, *((command, *_figures(measured, _seconds), *_figures(measured, _cpu)) for command, measured in pairs.items())]
    widths = [max(len(row[n]) for row in rows) for n in range(len(HEADINGS))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows]
    rule = "|" + "|".join("-" * (width + 1) + (":" if n else "-") for n, width in enumerate(widths)) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _figures(measured: Sequence[Pair], of: Callable[[Cost], float]) -> tuple[str, str, str]:
    now, before = median(of(pair.now) for pair in measured), median(of(pair.before) for pair in measured)
    return f"{now:.2f}", f"{before:.2f}", f"{median(of(pair.now) / of(pair.before) for pair in measured):.2f}"


def _seconds(cost: Cost) -> float:
    return cost.seconds


def _cpu(cost: Cost) -> float:
    return cost.cpu_seconds
