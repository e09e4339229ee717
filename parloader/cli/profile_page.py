"""Profiles as one self-contained HTML page, with a histogram for each column and foreign key. It loads nothing, and follows the reader's light or dark scheme."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path

from parloader.cli.profile_text import frequent_text, percent, sample_text, shortened
from parloader.errors import UsageError
from parloader.files import write_atomically
from parloader.generation.profile import Bin, ChildrenProfile, ColumnProfile, TableProfile, shown_value
from parloader.operations.plan import Forecast
from parloader.quantities import counted

MAX_VALUE = 60

# Of a histogram, in its own units: it is as wide as its card
WIDTH, HEIGHT, GAP = 280, 64, 2

STYLE = """
:root { color-scheme: light dark; --ground: #fff; --card: #f6f7f9; --line: #dde1e6; --text: #1d2127; --soft: #5b6470; --bar: #2f6fb5 }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14171b; --card: #1d2126; --line: #343a42; --text: #e6e9ed; --soft: #9aa4b0; --bar: #6ea8e6 }
}
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 1200px; padding: 20px 16px 48px; background: var(--ground); color: var(--text); font: 15px/1.45 system-ui, sans-serif }
h1 { font-size: 1.4rem; margin: 0 0 4px } h2 { font-size: 1.15rem; margin: 36px 0 2px; overflow-wrap: anywhere } h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere }
p { margin: 0 0 12px; color: var(--soft) } a { color: var(--bar) }
nav { display: flex; flex-wrap: wrap; gap: 4px 14px }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 270px), 1fr)); gap: 12px }
article { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px; min-width: 0 }
svg { display: block; width: 100%; height: 64px; margin: 8px 0 2px } rect { fill: var(--bar) }
.ends { display: flex; justify-content: space-between; gap: 8px; font-size: .75rem; color: var(--soft); min-height: 1.1rem }
.ends span { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 1px 10px; margin: 6px 0 0; font-size: .85rem }
dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums }
"""


def write_page(forecast: Forecast, file: Path) -> None:
    """Writes the page. UsageError: the file cannot be written."""
    try:
        write_atomically(file, page(forecast))
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}", "Name a file in a writable folder") from error


def page(forecast: Forecast) -> str:
    """The page as text."""
    title = f"parloader: plan {forecast.plan.name}"
    rows = sum(profile.rows for profile in forecast.profiles)
    summary = (
        f"{counted(rows, 'row')} in {counted(len(forecast.profiles), 'table')} to create, on {forecast.server}. Nothing has been written."
    )
    links = "".join(f'<a href="#t{n}">{escape(profile.name)}</a>' for n, profile in enumerate(forecast.profiles))
    body = [f"<h1>{escape(title)}</h1><p>{escape(summary)}</p>", f"<nav>{links}</nav>" if len(forecast.profiles) > 1 else ""]
    body += [_table(n, profile) for n, profile in enumerate(forecast.profiles)]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
    return f'<!doctype html>\n<html lang="en"><head>{head}<style>{STYLE}</style></head>\n<body>\n' + "\n".join(body) + "\n</body></html>\n"


def _table(number: int, profile: TableProfile) -> str:
    cards = [*map(_column, profile.columns), *map(_children, profile.children)]
    heading = f'<h2 id="t{number}">{escape(profile.name)}</h2><p>{escape(sample_text(profile))}</p>'
    return f'<section>{heading}<div class="cards">\n' + "\n".join(cards) + "\n</div></section>"


def _column(column: ColumnProfile) -> str:
    facts = [("NULL", percent(column.null_share)), ("distinct", f"{column.distinct:,}")]
    if column.nulls < column.rows:
        ends = (("smallest", column.smallest), ("median", column.median), ("largest", column.largest))
        facts += [(name, shortened(shown_value(value), MAX_VALUE)) for name, value in ends]
    facts += [("most frequent", text)] if (text := frequent_text(column, MAX_VALUE)) else []
    return _card(column.name, column.histogram, "characters" if column.of_lengths else "", facts)


def _children(children: ChildrenProfile) -> str:
    facts = [("parents", f"{children.parents:,}"), ("mean", f"{children.mean:,.1f}")]
    if children.none_share is not None:
        facts += [("no rows", percent(children.none_share)), ("median", f"{children.median:,}"), ("largest", f"{children.largest:,}")]
    facts.append(("top 1 % of parents", f"{percent(children.top_share)} of the rows"))
    return _card(f"rows for each row of {children.parent} ({', '.join(children.columns)})", children.histogram, "", facts)


def _card(name: str, histogram: Sequence[Bin], unit: str, facts: Iterable[tuple[str, str]]) -> str:
    listed = "".join(f"<dt>{escape(fact)}</dt><dd>{escape(value)}</dd>" for fact, value in facts)
    return f"<article><h3>{escape(name)}</h3>{_histogram(histogram, unit)}<dl>{listed}</dl></article>"


def _histogram(bins: Sequence[Bin], unit: str) -> str:
    """The bars, each with its value and rows as a tooltip, and the first and the last value below."""
    if not bins:
        return ""
    filled = [each for each in bins if each.rows]
    first, last = shortened(filled[0].first, MAX_VALUE), shortened(filled[-1].last, MAX_VALUE)
    spoken = escape(f"histogram from {first} to {last}", quote=True)
    ends = f"<span>{escape(first)}</span><span>{escape(f'{last} {unit}'.strip())}</span>"
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" aria-label="{spoken}">{"".join(_bars(bins))}</svg>'
        f'<div class="ends">{ends}</div>'
    )


def _bars(bins: Sequence[Bin]) -> Iterator[str]:
    step, most = WIDTH / len(bins), max(each.rows for each in bins)
    for n, each in enumerate(bins):
        height = HEIGHT * each.rows / most
        size = f'x="{n * step:.1f}" y="{HEIGHT - height:.1f}" width="{max(1.0, step - GAP):.1f}" height="{height:.1f}"'
        values = each.first if each.first == each.last else f"{each.first} to {each.last}"
        tooltip = f"{shortened(values, MAX_VALUE)}: {counted(each.rows, 'row')}" if each.rows else ""
        yield f"<rect {size}><title>{escape(tooltip)}</title></rect>"
