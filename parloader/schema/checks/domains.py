"""Combines the CHECKs of a table: cases that satisfy all of them, and the domain of each column in a case."""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, TypeAlias

from parloader.schema.checks.patterns import intersection
from parloader.schema.checks.predicates import (
    Between,
    Compared,
    Constant,
    Json,
    Length,
    Matches,
    NoneOf,
    NotNull,
    Null,
    OneOf,
    ParsedCheck,
    Predicate,
    Relation,
)
from parloader.timestamps import parse_sql_literal

MAX_COMBINATIONS = 4096
"""Combinations of cases that are considered together. Only dozens of CHECKs with alternatives have more; the first ones are used then."""

TIME_TEXT = re.compile(r"(-?)(\d{1,3}):(\d\d?)(?::(\d\d?))?")

Order: TypeAlias = tuple[str, Decimal | datetime]


@dataclass(frozen=True, kw_only=True)
class Domain:
    """The values that a column may hold. All fields but `null` and `impossible` are about values other than NULL."""

    null: bool | None = None  # True: must be NULL, False: must not, None: either
    low: Constant | None = None  # lower bound; None: unbounded
    high: Constant | None = None  # upper bound; None: unbounded
    low_open: bool = False  # `low` itself is not allowed
    high_open: bool = False  # `high` itself is not allowed
    values: tuple[Constant, ...] | None = None  # the only allowed values; None: any
    excluded: tuple[Constant, ...] = ()  # also excludes texts that differ only in case, accents or outer blanks
    min_length: int = 0  # characters
    max_length: int | None = None  # characters; None: unlimited
    max_bytes: int | None = None  # None: unlimited
    matches: Matches | None = None  # a pattern that texts match
    patterns: tuple[Matches, ...] = ()  # the patterns of the predicates
    several: bool = False  # `matches` is only one of the patterns, because no single one describes them all: see languages.py
    json: bool = False  # must be valid JSON
    unsure: bool = False  # there are more limits, which the fields do not describe: values have to be tested
    impossible: bool = False  # neither NULL nor any other value is allowed

    @property
    def all_patterns(self) -> tuple[Matches, ...]:
        """What texts have to match."""
        return self.patterns or (() if self.matches is None else (self.matches,))


def combine(checks: Sequence[ParsedCheck], max_cases: int = 8) -> tuple[tuple[Predicate, ...], ...]:
    """At most `max_cases` cases that satisfy all CHECKs, chosen so that each case of each CHECK occurs if possible. Empty: no row satisfies them.

    A column's NOT NULL is not a CHECK: add ParsedCheck(cases=((NotNull(column=…),),)) for it.
    """
    return tuple(combination.predicates for combination in _diverse(_combinations(checks), max_cases))


def alternatives(checks: Sequence[ParsedCheck], max_cases: int) -> tuple[tuple[Predicate, ...], ...]:
    """As `combine`, but all cases, or the first `max_cases`."""
    return tuple(combination.predicates for combination in islice(_combinations(checks), max_cases))


def _combinations(checks: Sequence[ParsedCheck]) -> "list[Combination]":
    combinations: list[Combination] = [Combination()]
    for number, check in sorted(enumerate(checks), key=lambda numbered: len(numbered[1].cases)):
        extended = (combination.extended(number, choice, case) for combination in combinations for choice, case in enumerate(check.cases))
        combinations = list(islice((one for one in extended if one.possible), MAX_COMBINATIONS))
    return combinations


@dataclass(frozen=True, kw_only=True)
class Combination:
    """One case of each CHECK, together."""

    predicates: tuple[Predicate, ...] = ()
    taken: frozenset[tuple[int, int]] = field(default_factory=frozenset)  # (number of the CHECK, number of its case)

    def extended(self, number: int, choice: int, case: tuple[Predicate, ...]) -> "Combination":
        return Combination(predicates=tuple(dict.fromkeys((*self.predicates, *case))), taken=self.taken | {(number, choice)})

    @property
    def possible(self) -> bool:
        return not any(domain.impossible for domain in domains(self.predicates).values())


def _diverse(combinations: Sequence[Combination], max_cases: int) -> list[Combination]:
    """Greedy choice: each next combination adds the most new cases; the first one wins a tie."""
    chosen: list[Combination] = []
    seen: set[tuple[int, int]] = set()
    while combinations and len(chosen) < max_cases:
        best = max(combinations, key=lambda combination: len(combination.taken - seen))
        if chosen and not best.taken - seen:
            break
        chosen.append(best)
        seen |= best.taken
    return chosen


def domains(predicates: Iterable[Predicate]) -> dict[str, Domain]:
    """The domain of each column in the predicates. Comparisons of several columns are left out."""
    narrowed: dict[str, Domain] = {}
    for predicate in predicates:
        if not isinstance(predicate, Compared | Relation):
            narrowed[predicate.column] = _narrowed(narrowed.get(predicate.column, Domain()), predicate)
    return {column: _settled(domain) for column, domain in narrowed.items()}


def comparisons(predicates: Iterable[Predicate]) -> tuple[Compared, ...]:
    """The comparisons of two columns, without those of a column that is NULL: they cannot be false."""
    case = tuple(predicates)
    null = {predicate.column for predicate in case if isinstance(predicate, Null)}
    return tuple(one for one in case if isinstance(one, Compared) and not {one.left, one.right} & null)


def relations(predicates: Iterable[Predicate]) -> tuple[Relation, ...]:
    """The relations of several columns, without those of a column that is NULL: they cannot be false."""
    case = tuple(predicates)
    null = {predicate.column for predicate in case if isinstance(predicate, Null)}
    return tuple(one for one in case if isinstance(one, Relation) and not one.columns & null)


def predicates_of(column: str, domain: Domain) -> tuple[Predicate, ...]:
    """Predicates with which the column has this domain, apart from NULL."""
    found: list[Predicate] = []
    if domain.values is not None:
        found.append(OneOf(column=column, values=domain.values))
    if domain.low is not None or domain.high is not None:
        bounds = Between(column=column, low=domain.low, high=domain.high, low_open=domain.low_open, high_open=domain.high_open)
        found.append(bounds)
    if domain.excluded:
        found.append(NoneOf(column=column, values=domain.excluded))
    if domain.min_length or domain.max_length is not None:
        found.append(Length(column=column, low=domain.min_length, high=domain.max_length))
    if domain.max_bytes is not None:
        found.append(Length(column=column, high=domain.max_bytes, in_bytes=True))
    found += [replace(matches, column=column) for matches in domain.all_patterns]
    return (*found, Json(column=column)) if domain.json else tuple(found)


def _narrowed(domain: Domain, predicate: Predicate) -> Domain:
    match predicate:
        case Null() | NotNull():
            null = isinstance(predicate, Null)
            return replace(domain, null=null, impossible=domain.impossible or domain.null is (not null))
        case Between():
            return _bounded(domain, predicate)
        case OneOf(values=values):
            kept = values if domain.values is None else tuple(value for value in domain.values if _among(value, values))
            return replace(domain, values=kept)
        case NoneOf(values=values):
            return replace(domain, excluded=tuple(dict.fromkeys((*domain.excluded, *values))))
        case Length(low=low, high=high, in_bytes=in_bytes):
            domain = replace(domain, min_length=max(domain.min_length, low))  # a text has at least as many bytes as characters
            if in_bytes:
                return replace(domain, max_bytes=_smallest(domain.max_bytes, high))
            return replace(domain, max_length=_smallest(domain.max_length, high))
        case Matches():
            parts = replace(predicate, source=None)
            both = intersection(domain.matches, parts) if domain.matches and domain.matches != parts else parts
            patterns = tuple(dict.fromkeys((*domain.patterns, predicate)))
            return replace(domain, matches=both or domain.matches, patterns=patterns, several=domain.several or both is None)
        case Json():
            return replace(domain, json=True)
    raise TypeError(predicate)


def _smallest(*bounds: int | None) -> int | None:
    return min((bound for bound in bounds if bound is not None), default=None)


def _bounded(domain: Domain, between: Between) -> Domain:
    """The domain with its bounds narrowed; unsure, if the old and the new bound cannot be compared."""
    if between.low is not None:
        tighter = _tighter(domain.low, between.low, domain.low_open, between.low_open, above=True)
        domain = _with_bound(domain, tighter, low=between.low, low_open=between.low_open)
    if between.high is not None:
        tighter = _tighter(domain.high, between.high, domain.high_open, between.high_open, above=False)
        domain = _with_bound(domain, tighter, high=between.high, high_open=between.high_open)
    return domain


def _with_bound(domain: Domain, tighter: bool | None, **bound: Any) -> Domain:
    """The domain with the new bound if that is tighter; unsure, if the two cannot be compared (None)."""
    if tighter is None:
        return replace(domain, unsure=True)
    return replace(domain, **bound) if tighter else domain


def _tighter(old: Constant | None, new: Constant, old_open: bool, new_open: bool, *, above: bool) -> bool | None:
    """Whether the new bound is tighter; None: the two cannot be compared."""
    if old is None:
        return True
    order = _compared(new, old)
    if order is None:
        return None
    return new_open and not old_open if order == 0 else (order > 0) is above


def _settled(domain: Domain) -> Domain:
    """The domain with its value list reduced to allowed values; NULL if no value is allowed."""
    if domain.values is not None:
        domain = replace(domain, values=tuple(value for value in domain.values if _fits(value, domain) is not False))
        # whether a text is allowed depends on the collation; text_columns.py takes only those that surely are
        unsure = any(_fits(value, domain) is None for value in domain.values or () if not isinstance(value, str))
        domain = replace(domain, unsure=domain.unsure or unsure)
    if "" in domain.excluded:
        domain = replace(domain, min_length=max(domain.min_length, 1))
    if domain.null is True or not _is_empty(domain):
        return domain
    return replace(domain, null=True, impossible=domain.impossible or domain.null is False)


def _is_empty(domain: Domain) -> bool:
    if domain.values is not None:
        return not domain.values
    order = None if domain.low is None or domain.high is None else _compared(domain.low, domain.high)
    if order is not None and (order > 0 or (order == 0 and (domain.low_open or domain.high_open))):
        return True
    if order == 0 and domain.low is not None and _among(domain.low, domain.excluded):
        return True
    longest = _smallest(domain.max_length, domain.max_bytes)
    return longest is not None and longest < domain.min_length


def _fits(value: Constant, domain: Domain) -> bool | None:
    """Whether the domain allows the value; None: unknown."""
    if _is_excluded(value, domain.excluded):
        return False
    sure = domain.matches is None and not domain.json
    for bound, is_open, side in ((domain.low, domain.low_open, 1), (domain.high, domain.high_open, -1)):
        if bound is not None:
            order = _compared(value, bound)
            if order is None:
                sure = False
            elif order == -side or (order == 0 and is_open):
                return False
    if isinstance(value, str):
        too_long = domain.max_length is not None and len(value) > domain.max_length
        if too_long or len(value) < domain.min_length or (domain.max_bytes is not None and len(value.encode()) > domain.max_bytes):
            return False
    return True if sure else None


def _among(value: Constant, values: Iterable[Constant]) -> bool:
    return any(value == other or (type(value) is not type(other) and str(value) == str(other)) for other in values)


def _is_excluded(value: Constant, values: Iterable[Constant]) -> bool:
    return _among(value, values) or str(value).strip().casefold() in {
        str(other).strip().casefold() for other in values if isinstance(other, str)
    }


def _compared(left: Constant, right: Constant) -> int | None:
    """-1, 0 or 1; None: the order depends on the column's type or collation."""
    first, second = _order(left), _order(right)
    if first is None or second is None or first[0] != second[0]:
        return None
    return (first[1] > second[1]) - (first[1] < second[1])  # type: ignore[operator]  # both have the same type


def _order(value: Constant) -> Order | None:
    """The type of the constant and its position in the order of that type; None: a text, whose order depends on the collation."""
    if isinstance(value, int | Decimal):
        return "number", Decimal(value)
    with suppress(ValueError):
        return "timestamp", parse_sql_literal(value)
    time = TIME_TEXT.fullmatch(value)
    if time:
        seconds = int(time[2]) * 3600 + int(time[3]) * 60 + int(time[4] or 0)
        return "time", Decimal(-seconds if time[1] else seconds)
    return None
