"""Rows built from parsed CHECKs in the simplest way, to test that they satisfy the CHECKs."""

import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import islice, product
from typing import TypeAlias

from parloader.inference.texts.text_columns import accepts
from parloader.inference.value_ranges import allowed_range, seconds_of, server_literal
from parloader.schema.checks.automata import allows
from parloader.schema.checks.domains import Domain, comparisons, domains, relations
from parloader.schema.checks.languages import language
from parloader.schema.checks.predicates import Compared, Matches, Predicate
from parloader.schema.model import ColumnSchema, ColumnType

Value: TypeAlias = int | Decimal | str | None

Row: TypeAlias = dict[str, Value]

MAX_TRIED = 20_000

ORDERED_COLUMNS = {
    "integer": ColumnSchema(name="", kind=ColumnType.INTEGER, type_text="int", min_value=-(2**31), max_value=2**31 - 1),
    "decimal": ColumnSchema(name="", kind=ColumnType.DECIMAL, type_text="decimal(10,2)", precision=10, scale=2),
    "date": ColumnSchema(name="", kind=ColumnType.DATE, type_text="date"),
    "datetime": ColumnSchema(name="", kind=ColumnType.DATETIME, type_text="datetime"),
}

DAY_SECONDS = 86_400

# How far from a bound the offered dates and timestamps are, in days and seconds
DATE_STEPS = {ColumnType.DATE: [-40, 0, 40], ColumnType.DATETIME: [-40 * DAY_SECONDS, 0, 40 * DAY_SECONDS]}

DEFAULT_SECONDS = seconds_of("2024-02-03")

HOLDS = {"<": lambda a, b: a < b, "<=": lambda a, b: a <= b, "=": lambda a, b: a == b, "<>": lambda a, b: a != b}


def rows(case: Sequence[Predicate], kinds: Mapping[str, str]) -> Iterator[Row]:
    """Rows that the predicates surely allow, in columns that are "integer", "decimal", "date", "datetime", "json" or "text"."""
    found = domains(case)
    compared = comparisons(case)
    if any(domain.unsure or domain.impossible for domain in found.values()) or relations(case):
        return
    constrained = {*found, *(name for one in compared for name in (one.left, one.right))}
    choices = [
        list(islice(candidates(found.get(name, Domain()), kind), None if name in constrained else 1)) for name, kind in kinds.items()
    ]
    for values in islice(product(*choices), MAX_TRIED):
        row = dict(zip(kinds, values, strict=True))
        if all(_satisfied(one, row) for one in compared):
            yield row


def _satisfied(compared: Compared, row: Row) -> bool:
    left, right = row[compared.left], row[compared.right]
    return left is None or right is None or HOLDS[compared.operator](left, right)


def candidates(domain: Domain, kind: str) -> Iterator[Value]:
    """A few values that the domain allows, NULL last."""
    if domain.null is not True:
        if domain.values is not None:
            apart = replace(domain, matches=None, several=False)
            yield from (
                _as(kind, value)
                for value in domain.values
                if kind != "text" or (accepts(apart, str(value)) and allows(domain.all_patterns, str(value)))
            )
        else:
            yield from _unlisted(domain, kind)
    if domain.null is not False:
        yield None


def _as(kind: str, value: Value) -> Value:
    if kind == "text":
        return str(value)
    return int(value) if kind == "integer" and value is not None else value


def _unlisted(domain: Domain, kind: str) -> Iterator[Value]:
    match kind:
        case "text":
            yield from _texts(domain)
        case "json":
            yield "{}"
        case _:
            yield from _ordered(ORDERED_COLUMNS[kind], domain)


def _ordered(column: ColumnSchema, domain: Domain) -> Iterator[Value]:
    """Values next to the domain's bounds, or to a default if it has none."""
    allowed = allowed_range(column, domain)
    if allowed is None:
        return
    bounds = [end for end, bound in ((allowed.low, domain.low), (allowed.high, domain.high)) if bound is not None]
    steps = DATE_STEPS[column.kind] if column.kind in DATE_STEPS else [*range(-3, 4)]
    default = DEFAULT_SECONDS // DAY_SECONDS if column.kind is ColumnType.DATE else DEFAULT_SECONDS
    starts = (bounds or [default]) if column.kind in DATE_STEPS else [*bounds, 0]
    for number in sorted({start + step for start in starts for step in steps}):
        if allowed.low <= number <= allowed.high and number not in allowed.excluded:
            value = server_literal(column, number, allowed.unit)
            yield Decimal(value) if column.kind is ColumnType.DECIMAL else value if isinstance(value, int) else str(value)


def _texts(domain: Domain) -> Iterator[str]:
    most = min((bound for bound in (domain.max_length, domain.max_bytes) if bound is not None), default=30)
    if domain.several:
        found = language(domain)
        offered = list(found.texts(domain.min_length, most, 30)) if found else []
    elif domain.matches:
        matching = (text(domain.matches, length) for length in range(domain.min_length, most + 1))
        offered = [one for one in matching if one is not None and domain.min_length <= len(one) <= most]
    else:
        lengths = sorted({domain.min_length, min(domain.min_length + 1, most), most})
        offered = [letter * length for letter in string.ascii_lowercase for length in lengths]
    taken = {str(value).strip().casefold() for value in domain.excluded}
    yield from islice(dict.fromkeys(one for one in offered if one.strip().casefold() not in taken), 3)


def text(matches: Matches, length: int) -> str | None:
    """A text of this length that matches, or a longer one if none does."""
    counts = [least for _, least, _ in matches.parts]
    for number, (_, least, most) in enumerate(matches.parts):
        missing = max(length - sum(counts), 0)
        counts[number] += missing if most is None else min(missing, most - least)
    result = "".join(
        letters[(7 * position) % len(letters)]
        for count, (letters, _, _) in zip(counts, matches.parts, strict=True)
        for position in range(count)
    )
    return result if matches.whole else result + "x" * (length - len(result))
