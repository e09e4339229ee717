"""Rows made of what is understood of CHECKs: in the plainest way, to see that they are kept."""

import string
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice, product
from typing import TypeAlias

from parloader.schema.checks.domains import Domain, comparisons, domains
from parloader.schema.checks.predicates import Compared, Matches, Predicate

Value: TypeAlias = int | Decimal | str | None

Row: TypeAlias = dict[str, Value]

MOST_TRIED = 20_000

HOLDS = {"<": lambda a, b: a < b, "<=": lambda a, b: a <= b, "=": lambda a, b: a == b, "<>": lambda a, b: a != b}


def rows(case: Sequence[Predicate], kinds: Mapping[str, str]) -> Iterator[Row]:
    """Rows that the atoms allow for sure, of columns that are "integer", "decimal", "date", "moment", "json" or "text"."""
    found = domains(case)
    compared = comparisons(case)
    if any(domain.unsure or domain.impossible for domain in found.values()):
        return
    concerned = {*found, *(name for one in compared for name in (one.left, one.right))}
    offered = [list(islice(candidates(found.get(name, Domain()), kind), None if name in concerned else 1)) for name, kind in kinds.items()]
    for values in islice(product(*offered), MOST_TRIED):
        row = dict(zip(kinds, values, strict=True))
        if all(_kept(one, row) for one in compared):
            yield row


def _kept(compared: Compared, row: Row) -> bool:
    left, right = row[compared.left], row[compared.right]
    return left is None or right is None or HOLDS[compared.operator](left, right)


def candidates(domain: Domain, kind: str) -> Iterator[Value]:
    """A few values that the domain allows, NULL last."""
    if domain.null is not True:
        if domain.values is not None:
            yield from (_as(kind, value) for value in domain.values)
        else:
            yield from _made(domain, kind)
    if domain.null is not False:
        yield None


def _as(kind: str, value: Value) -> Value:
    if kind == "text":
        return str(value)
    return int(value) if kind == "integer" and value is not None else value


def _made(domain: Domain, kind: str) -> Iterator[Value]:
    match kind:
        case "text":
            yield from _texts(domain)
        case "json":
            yield "{}"
        case "integer" | "decimal":
            yield from _numbers(domain, 0 if kind == "integer" else 2)
        case _:
            yield from _moments(domain, kind)


def _moments(domain: Domain, kind: str) -> Iterator[str]:
    low, high = domain.moments(timedelta(days=1) if kind == "date" else timedelta(seconds=1))
    ends = [end for end in (low, high) if end] or [datetime(2024, 2, 3)]
    for moment in [*ends, *(end + timedelta(days=days) for end in ends for days in (-40, 40))]:
        if (low is None or moment >= low) and (high is None or moment <= high):
            yield str(moment.date() if kind == "date" else moment)


def _numbers(domain: Domain, scale: int) -> Iterator[Value]:
    low, high = domain.numbers(scale)
    ends = {end + offset for end in (low, high, Decimal(0)) if end is not None for offset in range(-3, 4)}
    for number in sorted(ends):
        if (low is None or number >= low) and (high is None or number <= high) and number not in domain.excluded:
            yield int(number) if scale == 0 else number


def _texts(domain: Domain) -> Iterator[str]:
    most = min((bound for bound in (domain.most_length, domain.most_bytes) if bound is not None), default=30)
    if domain.matches:
        made = (text(domain.matches, length) for length in range(domain.least_length, most + 1))
        offered = [one for one in made if one is not None and domain.least_length <= len(one) <= most]
    else:
        lengths = sorted({domain.least_length, min(domain.least_length + 1, most), most})
        offered = [letter * length for letter in string.ascii_lowercase for length in lengths]
    taken = {str(value).strip().casefold() for value in domain.excluded}
    yield from islice(dict.fromkeys(one for one in offered if one.strip().casefold() not in taken), 3)


def text(matches: Matches, length: int) -> str | None:
    """A text that matches, of this length where that is possible, else a longer one."""
    counts = [least for _, least, _ in matches.parts]
    for number, (_, least, most) in enumerate(matches.parts):
        missing = max(length - sum(counts), 0)
        counts[number] += missing if most is None else min(missing, most - least)
    made = "".join(
        letters[(7 * place) % len(letters)] for count, (letters, _, _) in zip(counts, matches.parts, strict=True) for place in range(count)
    )
    return made if matches.whole else made + "x" * (length - len(made))
