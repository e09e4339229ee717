"""Profiles as text, as wide as the terminal."""

import sys
import textwrap
from typing import TYPE_CHECKING

from parloader.cli.terminal import widths
from parloader.cli.terminal.text_tables import aligned
from parloader.quantities import counted

if TYPE_CHECKING:  # Polars takes long to import
    from parloader.generation.profile import ChildrenProfile, ColumnProfile, TableProfile

# Narrower and wider terminals are treated like these; a file or pipe like the first
MIN_WIDTH, MAX_WIDTH = 80, 200

HEADINGS = ("column", "NULL", "distinct", "smallest", "median", "largest")

MAX_NAME = 24

MIN_VALUE, MAX_VALUE = 10, 40

# Values below this share of the rows are not worth a line
MIN_SHOWN_SHARE = 0.01


def profile_lines(profile: "TableProfile") -> list[str]:
    """The lines about a table."""
    width = min(MAX_WIDTH, max(MIN_WIDTH, widths.columns_of(sys.stdout) or MIN_WIDTH))
    rows = [HEADINGS, *(_cells(column) for column in profile.columns)]
    names = min(MAX_NAME, max(widths.width(row[0]) for row in rows))
    figures = [max(widths.width(row[n]) for row in rows) for n in (1, 2)]
    rest = (width - names - sum(figures) - 2 * (len(HEADINGS) - 1)) // 3
    needed = max(widths.width(cell) for row in rows for cell in row[3:])
    sizes = (names, *figures, *3 * (min(needed, max(MIN_VALUE, min(rest, MAX_VALUE))),))
    lines = [*textwrap.wrap(f"{profile.name}: {sample_text(profile)}", width), ""]
    heading, *table = aligned(rows, left=(0, 3, 4, 5), widths=sizes)
    lines.append(heading)
    for line, column in zip(table, profile.columns, strict=True):
        lines.append(line)
        if frequent := frequent_text(column, MAX_VALUE):
            lines += textwrap.wrap(frequent, width, initial_indent="    ", subsequent_indent="    ")
    for children in profile.children:
        lines += textwrap.wrap(children_text(children), width, initial_indent="  ", subsequent_indent="    ")
    return lines


def sample_text(profile: "TableProfile") -> str:
    """How many rows there are, and which of them were profiled."""
    rows = counted(profile.rows, "row")
    if not profile.sampled:
        return f"{rows}, all profiled"
    blocks, size = len(profile.sampled), profile.sampled[0].rows
    return f"{rows}, of which {profile.profiled:,} were profiled: {blocks} blocks of {size:,}, evenly spread, from row {profile.sampled[0].start:,} on"


def children_text(children: "ChildrenProfile") -> str:
    """How many rows reference each parent."""
    figures = [f"mean {children.mean:,.1f}"]
    if children.none_share is not None and children.median is not None and children.largest is not None:
        figures = [f"none for {percent(children.none_share)}", f"median {children.median:,}", *figures, f"largest {children.largest:,}"]
    figures.append(f"the top 1 % of parents have {percent(children.top_share)}")
    note = "" if children.none_share is not None else " (from a sample)"
    return f"rows for each of {counted(children.parents, 'row')} of {children.parent} ({', '.join(children.columns)}): {', '.join(figures)}{note}"


def frequent_text(column: "ColumnProfile", max_length: int) -> str:
    """The most frequent values with their shares of all rows; empty if none is frequent."""
    from parloader.generation.profile import shown_value

    if not column.most_frequent or column.most_frequent[0][1] < MIN_SHOWN_SHARE * column.rows:
        return ""
    return ", ".join(f"{shortened(shown_value(value), max_length)} ({percent(rows / column.rows)})" for value, rows in column.most_frequent)


def _cells(column: "ColumnProfile") -> tuple[str, ...]:
    from parloader.generation.profile import shown_value

    ends = (column.smallest, column.median, column.largest)
    values = ("", "", "") if column.nulls == column.rows else tuple(" ".join(shown_value(value).split()) for value in ends)
    return (column.name, percent(column.null_share), f"{column.distinct:,}", *values)


def percent(share: float) -> str:
    """12 %, 0.4 %, 0 %: small shares keep a digit."""
    number = share * 100
    if number == 0 or number >= 9.95:
        return f"{number:.0f} %"
    return "<0.1 %" if number < 0.1 else f"{number:.1f} %"


def shortened(text: str, columns: int) -> str:
    """The text on one line, with an ellipsis if it is longer."""
    return widths.shortened(" ".join(text.split()), columns)
