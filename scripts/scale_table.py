"""Markdown tables of scripts/scale."""

from collections.abc import Sequence


def markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The table, with numbers to the right: every column but the first."""
    lines = [headings, *rows]
    widths = [max(len(line[n]) for line in lines) for n in range(len(headings))]
    texts = ["| " + " | ".join(_aligned(n, cell, widths[n]) for n, cell in enumerate(line)) + " |" for line in lines]
    rule = "|" + "|".join("-" * (width + 1) + (":" if n else "-") for n, width in enumerate(widths)) + "|"
    return "\n".join([texts[0], rule, *texts[1:]])


def _aligned(column: int, cell: str, width: int) -> str:
    return cell.rjust(width) if column else cell.ljust(width)
