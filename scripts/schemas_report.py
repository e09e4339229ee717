"""Writes docs/schemas.md from the results of the trials."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import TypeVar

from schemas_model import SERVERS
from schemas_results import Results
from schemas_trial import READ, Outcome, Trial

T = TypeVar("T")

# The page shortens a refusal that names many columns; parloader prints all of it
LONGEST_REASON = 500

# It shows the beginning of an error that a server reported for an SQL file
LONGEST_SAID = 200

OUTCOMES = (Outcome.SEEDED, Outcome.REFUSED, Outcome.FAILED)


@dataclass(frozen=True, kw_only=True)
class Tried:
    """The results of all trials, and the command whose report this is."""

    command: str
    results: Results

    @property
    def rows(self) -> int:
        return max((about.rows for about in self.results.abouts), default=0)

    @property
    def versions(self) -> list[str]:
        return sorted({about.version for about in self.results.abouts})


def page(tried: Tried) -> str:
    """The page as Markdown."""
    return "\n".join(_lines(tried)).strip() + "\n"


def _lines(tried: Tried) -> Iterator[str]:
    names = list(dict.fromkeys(about.schema for about in sorted(tried.results.abouts, key=lambda about: (not about.own, about.schema))))
    yield "# Tested schemas"
    yield ""
    yield f"This page is a test report. `{tried.command}` generated it with {' and '.join(tried.versions)}; do not edit it."
    yield ""
    yield (
        "Each table is tried by itself. Tables of the test schemas are empty before; those of applications have the rows that installing the "
        "application inserts. The trial passes in one of two ways:"
    )
    yield ""
    yield (
        f"- Seeded: `parloader seed --table TABLE --rows {tried.rows}` fills the table and the parent tables it needs, the rows are counted, "
        "`parloader verify` finds no difference, and `parloader clean --yes` leaves every table and counter as it was. If fewer than "
        f"{tried.rows:,} rows fit, parloader says how many, and that many are seeded."
    )
    yield "- Refused: `seed` exits with code 3, says why, and changes nothing."
    yield ""
    yield (
        "Anything else is a failure. Where an application has a way to read the rows of a table with its own code, it reads 100 of the seeded "
        'ones before they are verified (column "read").'
    )
    yield ""
    yield from _summary(tried, names)
    for (name, why), servers in _by_server(((left.schema, left.why), left.server) for left in tried.results.left_out):
        yield f"Not tried: {name} on {servers} ({why})."
        yield ""
    for name in names:
        yield from _section(tried, name)


def _summary(tried: Tried, names: Sequence[str]) -> Iterator[str]:
    yield "| schema | server | tables | seeded | refused | failed | read |"
    yield "|---|---|--:|--:|--:|--:|--:|"
    for name in names:
        for server in SERVERS:
            trials = [trial for trial in tried.results.trials if (trial.schema, trial.server) == (name, server)]
            if trials:
                yield f"| [{name}](#{name}) | {SERVERS[server]} | {_counts(trials)} |"
    yield f"| all | | {_counts(tried.results.trials)} |"
    yield ""


def _counts(trials: Sequence[Trial]) -> str:
    counts = Counter(trial.outcome for trial in trials)
    read = sum(trial.checked == READ for trial in trials)
    return " | ".join(f"{number:,}" for number in (len(trials), *(counts[outcome] for outcome in OUTCOMES), read))


def _section(tried: Tried, name: str) -> Iterator[str]:
    abouts = [about for about in tried.results.abouts if about.schema == name]
    trials = [trial for trial in tried.results.trials if trial.schema == name]
    origins = dict.fromkeys(f"[{about.origin}](../{about.origin})" if about.own else about.origin for about in abouts)
    yield f"## {name}"
    yield ""
    yield f"{', '.join(origins)}."
    yield from filter(None, dict.fromkeys(about.about for about in abouts))
    yield ""
    for (what, count), servers in _by_server((skipped, about.server) for about in abouts for skipped in about.skipped):
        yield f"- not run ({servers}): {shorten(what, LONGEST_SAID)}, {count:,} {'time' if count == 1 else 'times'}"
    if any(about.skipped for about in abouts):
        yield ""
    yield from (_each_table(trials) if abouts[0].own else _reasons(trials))


def _each_table(trials: Sequence[Trial]) -> Iterator[str]:
    yield "| table | outcome |"
    yield "|---|---|"
    for table in dict.fromkeys(trial.table for trial in trials):
        found = ((_said(trial), trial.server) for trial in trials if trial.table == table)
        outcomes = [f"{servers}: {said}" for said, servers in _by_server(found)]
        yield f"| {_cell(table)} | {_cell('<br>'.join(outcomes))} |"
    yield ""


def _reasons(trials: Sequence[Trial]) -> Iterator[str]:
    """The tables that were not simply seeded, grouped by reason. Names of tables are replaced, which keeps the number of groups small."""
    groups: dict[str, dict[str, list[str]]] = {}
    # only those that cannot be a word of the message
    names = sorted({trial.table for trial in trials if "_" in trial.table}, key=len, reverse=True)
    others = re.compile(rf"\b({'|'.join(map(re.escape, names))})\b") if names else None
    for trial in trials:
        if trial.reason:
            reason = re.sub(rf"(?<!\w){re.escape(trial.table)}(?!\w)", "TABLE", _said(trial))
            groups.setdefault(others.sub("OTHER_TABLE", reason) if others else reason, {}).setdefault(trial.table, []).append(
                SERVERS[trial.server]
            )
        if trial.checked not in ("", READ):
            reason = f"seeded, but not readable by the application: {_short(trial.checked)}"
            groups.setdefault(reason, {}).setdefault(trial.table, []).append(SERVERS[trial.server])
    seeded = sum(trial.outcome is Outcome.SEEDED and not trial.reason for trial in trials)
    yield f"Seeded with all rows: {seeded:,} of {len(trials):,}." + (" The others:" if groups else "")
    yield ""
    for reason, tables in sorted(groups.items()):
        where = ", ".join(f"`{table}`" + ("" if len(servers) > 1 else f" ({servers[0]})") for table, servers in tables.items())
        yield f"- {reason}: {where}"
    if groups:
        yield ""


def _said(trial: Trial) -> str:
    reason = _short(trial.reason)
    if trial.outcome is Outcome.SEEDED:
        return "seeded" + (f" with {trial.rows:,} rows ({reason})" if reason else "")
    return f"**{trial.outcome}**: {reason}"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_REASON else text[:LONGEST_REASON] + " …"


def _by_server(found: Iterator[tuple[T, str]]) -> Iterator[tuple[T, str]]:
    """Each distinct outcome, with the servers that had it."""
    servers: dict[T, list[str]] = {}
    for what, server in found:
        servers.setdefault(what, []).append(SERVERS[server])
    for what, names in servers.items():
        yield what, " and ".join(sorted(names))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
