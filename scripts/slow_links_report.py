"""The table of scripts/slow-links: the median of each command over each link, with and without compression."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeAlias

from compare_proxy import Traffic

HEADINGS = ("link", "command", "compress", "seconds", "ratio", "rows/s", "MB sent", "MB received", "ratio")

LEGEND = (
    "Medians over all rounds, of complete commands; rows/s: while seed loads. Ratio: to the first line of the same command over the same link, "
    "of seconds and of all bytes, the median of the ratios of each round."
)


@dataclass(frozen=True)
class Link:
    """How a server is reached."""

    round_trip_ms: float = 0.0
    mbit_per_second: float | None = None  # None: no limit
    socket: bool = False  # the Unix socket

    @classmethod
    def parse(cls, text: str) -> "Link":
        """ValueError: it is neither socket nor MS[:MBIT]."""
        if text == "socket":
            return cls(socket=True)
        round_trip, _, bandwidth = text.partition(":")
        try:
            return cls(float(round_trip), float(bandwidth) if bandwidth else None)
        except ValueError:
            raise ValueError(f"{text!r} is neither socket nor a round trip in ms, such as 50 or 50:20 (with the Mbit/s)") from None

    def __str__(self) -> str:
        if self.socket:
            return "Unix socket"
        return f"{self.round_trip_ms:g} ms, {'no limit' if self.mbit_per_second is None else f'{self.mbit_per_second:g} Mbit/s'}"


SOCKET = Link(socket=True)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What is compared: a checkout of parloader, and its options."""

    name: str
    checkout: Path
    options: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one run of a command took."""

    seconds: float
    traffic: Traffic
    rows_per_second: float  # while loading; 0: it loads nothing

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s, {self.traffic.sent / 1e6:.3f} MB sent, {self.traffic.received / 1e6:.3f} MB received"


Results: TypeAlias = dict[tuple[Link, str, str], list[Measured]]
"""The runs of each round, by link, command and variant."""


def table(results: Mapping[tuple[Link, str, str], Sequence[Measured]], variants: Sequence[str]) -> str:
    """A Markdown table with a line for each link, command and variant, in this order of the variants."""
    links, commands = dict.fromkeys(link for link, _, _ in results), dict.fromkeys(command for _, command, _ in results)
    rows = [
        (str(link), command, variant, *_figures(results[link, command, variant], results[link, command, variants[0]]))
        for link in links
        for command in commands
        for variant in variants
    ]
    lines = [HEADINGS, *rows]
    widths = [max(len(line[n]) for line in lines) for n in range(len(HEADINGS))]
    text = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines]
    rule = "|" + "|".join("-" * (width + 1) + (":" if n > 2 else "-") for n, width in enumerate(widths)) + "|"
    return "\n".join([text[0], rule, *text[1:]])


def _figures(measured: Sequence[Measured], baseline: Sequence[Measured]) -> tuple[str, ...]:
    rate = median(one.rows_per_second for one in measured)
    return (
        f"{median(one.seconds for one in measured):.2f}",
        _ratio(measured, baseline, lambda one: one.seconds),
        f"{rate:,.0f}" if rate else "",
        f"{median(one.traffic.sent for one in measured) / 1e6:.2f}",
        f"{median(one.traffic.received for one in measured) / 1e6:.2f}",
        _ratio(measured, baseline, lambda one: one.traffic.sent + one.traffic.received),
    )


def _ratio(measured: Sequence[Measured], baseline: Sequence[Measured], figure: Callable[[Measured], float]) -> str:
    """Empty: nothing was counted (the Unix socket's bytes)."""
    pairs = [(figure(one), figure(base)) for one, base in zip(measured, baseline, strict=True)]
    return f"{median(one / base for one, base in pairs):.2f}" if all(base for _, base in pairs) else ""
