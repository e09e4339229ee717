"""Profiles as one page, with a histogram for each column and foreign key.

The histograms are plain bars in the template: a plan for a hundred tables has thousands, and Matplotlib takes fifty milliseconds for each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from parloader.cli.pages.page import rendered, write_page
from parloader.cli.texts.profile_text import frequent_text, percent, sample_text, shortened
from parloader.generation.profile import Bin, ChildrenProfile, ColumnProfile, TableProfile, shown_value
from parloader.operations.plan import Forecast
from parloader.quantities import counted

MAX_VALUE = 60

# Of a histogram, in its own units: it is as wide as its card
WIDTH, HEIGHT, GAP = 280, 64, 2


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A bar of a histogram, with its value and rows as a tooltip."""

    x: str
    y: str
    width: str
    height: str
    tooltip: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """What the page says about a column or a foreign key."""

    name: str
    bars: tuple[Bar, ...]
    first: str
    """the first value of the histogram"""
    last: str
    unit: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Cards:
    """What the page says about a table."""

    name: str
    text: str
    cards: tuple[Card, ...]


def write_profile(forecast: Forecast, file: Path) -> None:
    """Writes the page. UsageError: the file cannot be written."""
    write_page(file, profile_page(forecast))


def profile_page(forecast: Forecast) -> str:
    """The page as text."""
    rows = sum(profile.rows for profile in forecast.profiles)
    summary = (
        f"{counted(rows, 'row')} in {counted(len(forecast.profiles), 'table')} to create, on {forecast.server}. Nothing has been written."
    )
    return rendered(
        "profile.html",
        title=f"parloader: plan {forecast.plan.name}",
        summary=summary,
        tables=[_table(profile) for profile in forecast.profiles],
        width=WIDTH,
        height=HEIGHT,
    )


def _table(profile: TableProfile) -> Cards:
    return Cards(name=profile.name, text=sample_text(profile), cards=(*map(_column, profile.columns), *map(_children, profile.children)))


def _column(column: ColumnProfile) -> Card:
    facts = [("NULL", percent(column.null_share)), ("distinct", f"{column.distinct:,}")]
    if column.nulls < column.rows:
        ends = (("smallest", column.smallest), ("median", column.median), ("largest", column.largest))
        facts += [(name, shortened(shown_value(value), MAX_VALUE)) for name, value in ends]
    facts += [("most frequent", text)] if (text := frequent_text(column, MAX_VALUE)) else []
    return _card(column.name, column.histogram, "characters" if column.of_lengths else "", facts)


def _children(children: ChildrenProfile) -> Card:
    facts = [("parents", f"{children.parents:,}"), ("mean", f"{children.mean:,.1f}")]
    if children.none_share is not None:
        facts += [("no rows", percent(children.none_share)), ("median", f"{children.median:,}"), ("largest", f"{children.largest:,}")]
    facts.append(("top 1 % of parents", f"{percent(children.top_share)} of the rows"))
    return _card(f"rows for each row of {children.parent} ({', '.join(children.columns)})", children.histogram, "", facts)


def _card(name: str, histogram: Sequence[Bin], unit: str, facts: Sequence[tuple[str, str]]) -> Card:
    filled = [each for each in histogram if each.rows]
    return Card(
        name=name,
        bars=tuple(_bars(histogram)) if filled else (),
        first=shortened(filled[0].first, MAX_VALUE) if filled else "",
        last=shortened(filled[-1].last, MAX_VALUE) if filled else "",
        unit=unit,
        facts=tuple(facts),
    )


def _bars(bins: Sequence[Bin]) -> Iterator[Bar]:
    step, most = WIDTH / len(bins), max(each.rows for each in bins)
    for n, each in enumerate(bins):
        height = HEIGHT * each.rows / most
        values = each.first if each.first == each.last else f"{each.first} to {each.last}"
        yield Bar(
            x=f"{n * step:.1f}",
            y=f"{HEIGHT - height:.1f}",
            width=f"{max(1.0, step - GAP):.1f}",
            height=f"{height:.1f}",
            tooltip=f"{shortened(values, MAX_VALUE)}: {counted(each.rows, 'row')}" if each.rows else "",
        )
