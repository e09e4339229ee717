"""What CHECKs leave of a table's rows: the few kinds of rows that keep all of them, and in each what a column may hold."""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import TypeAlias

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
)
from parloader.timestamps import parse_sql_literal

MAX_COMBINATIONS = 4096
"""So many are looked at together. More come from dozens of CHECKs with alternatives, and then the first ones must do."""

TIME_TEXT = re.compile(r"(-?)(\d{1,3}):(\d\d?)(?::(\d\d?))?")

Order: TypeAlias = tuple[str, Decimal | datetime]


@dataclass(frozen=True, kw_only=True)
class Domain:
    """What a column may hold. `null`: it must be NULL, it must not, or either (None). All else is about other values than NULL.

    `excluded`: texts that are alike but for case, accents or blanks at the ends are excluded, too. `unsure`: the rest says not all; a value
    has to be tried. `impossible`: neither NULL nor any value will do.
    """

    null: bool | None = None
    low: Constant | None = None
    high: Constant | None = None
    low_open: bool = False
    high_open: bool = False
    values: tuple[Constant, ...] | None = None
    excluded: tuple[Constant, ...] = ()
    least_length: int = 0
    most_length: int | None = None
    most_bytes: int | None = None
    matches: Matches | None = None
    json: bool = False
    unsure: bool = False
    impossible: bool = False


def combine(understood: Sequence[ParsedCheck], most: int = 8) -> tuple[tuple[Predicate, ...], ...]:
    """At most `most` cases that keep all the CHECKs, so that each case of each CHECK is among them where it can be. Empty: no row does.

    A column's NOT NULL is not in the CHECKs: add Understood(cases=((NotNull(column=…),),)) for it.
    """
    combinations: list[Combination] = [Combination()]
    for number, check in sorted(enumerate(understood), key=lambda numbered: len(numbered[1].cases)):
        extended = (combination.extended(number, which, case) for combination in combinations for which, case in enumerate(check.cases))
        combinations = list(islice((one for one in extended if one.possible), MAX_COMBINATIONS))
    return tuple(combination.atoms for combination in _diverse(combinations, most))


@dataclass(frozen=True, kw_only=True)
class Combination:
    """`taken`: (number of the CHECK, number of its case)."""

    atoms: tuple[Predicate, ...] = ()
    taken: frozenset[tuple[int, int]] = field(default_factory=frozenset)

    def extended(self, number: int, which: int, case: tuple[Predicate, ...]) -> "Combination":
        return Combination(atoms=tuple(dict.fromkeys((*self.atoms, *case))), taken=self.taken | {(number, which)})

    @property
    def possible(self) -> bool:
        return not any(domain.impossible for domain in domains(self.atoms).values())


def _diverse(combinations: Sequence[Combination], most: int) -> list[Combination]:
    """Each next one has the most cases that none before it has; the earlier one where several do."""
    chosen: list[Combination] = []
    seen: set[tuple[int, int]] = set()
    while combinations and len(chosen) < most:
        best = max(combinations, key=lambda combination: len(combination.taken - seen))
        if chosen and not best.taken - seen:
            break
        chosen.append(best)
        seen |= best.taken
    return chosen


def domains(atoms: Iterable[Predicate]) -> dict[str, Domain]:
    """What they say of each column. Comparisons of columns are not in it."""
    found: dict[str, Domain] = {}
    for atom in atoms:
        if not isinstance(atom, Compared):
            found[atom.column] = _narrowed(found.get(atom.column, Domain()), atom)
    return {column: _settled(domain) for column, domain in found.items()}


def comparisons(atoms: Iterable[Predicate]) -> tuple[Compared, ...]:
    """Those that matter: with a NULL a comparison is not false."""
    given = tuple(atoms)
    null = {atom.column for atom in given if isinstance(atom, Null)}
    return tuple(atom for atom in given if isinstance(atom, Compared) and not {atom.left, atom.right} & null)


def _narrowed(domain: Domain, atom: Predicate) -> Domain:
    match atom:
        case Null() | NotNull():
            null = isinstance(atom, Null)
            return replace(domain, null=null, impossible=domain.impossible or domain.null is (not null))
        case Between():
            return _bounded(domain, atom)
        case OneOf(values=values):
            kept = values if domain.values is None else tuple(value for value in domain.values if _among(value, values))
            return replace(domain, values=kept)
        case NoneOf(values=values):
            return replace(domain, excluded=tuple(dict.fromkeys((*domain.excluded, *values))))
        case Length(low=low, high=high, in_bytes=in_bytes):
            domain = replace(domain, least_length=max(domain.least_length, low))  # as many characters are at least as many bytes
            if in_bytes:
                return replace(domain, most_bytes=_least(domain.most_bytes, high))
            return replace(domain, most_length=_least(domain.most_length, high))
        case Matches():
            both = intersection(domain.matches, atom) if domain.matches and domain.matches != atom else atom
            return replace(domain, matches=both or domain.matches, unsure=domain.unsure or both is None)
        case Json():
            return replace(domain, json=True)
    raise TypeError(atom)


def _least(*bounds: int | None) -> int | None:
    return min((bound for bound in bounds if bound is not None), default=None)


def _bounded(domain: Domain, atom: Between) -> Domain:
    if atom.low is not None:
        tighter = _tighter(domain.low, atom.low, domain.low_open, atom.low_open, above=True)
        domain = (
            replace(domain, unsure=True)
            if tighter is None
            else replace(domain, low=atom.low, low_open=atom.low_open)
            if tighter
            else domain
        )
    if atom.high is not None:
        tighter = _tighter(domain.high, atom.high, domain.high_open, atom.high_open, above=False)
        domain = (
            replace(domain, unsure=True)
            if tighter is None
            else replace(domain, high=atom.high, high_open=atom.high_open)
            if tighter
            else domain
        )
    return domain


def _tighter(old: Constant | None, new: Constant, old_open: bool, new_open: bool, *, above: bool) -> bool | None:
    """Whether the new bound says more; None where that cannot be told."""
    if old is None:
        return True
    order = _compared(new, old)
    if order is None:
        return None
    return new_open and not old_open if order == 0 else (order > 0) is above


def _settled(domain: Domain) -> Domain:
    """The values that are left; NULL, where there is none."""
    if domain.values is not None:
        domain = replace(domain, values=tuple(value for value in domain.values if _fits(value, domain) is not False))
        domain = replace(domain, unsure=domain.unsure or any(_fits(value, domain) is None for value in domain.values or ()))
    if "" in domain.excluded:
        domain = replace(domain, least_length=max(domain.least_length, 1))
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
    most = _least(domain.most_length, domain.most_bytes)
    return most is not None and most < domain.least_length


def _fits(value: Constant, domain: Domain) -> bool | None:
    """None where it cannot be told."""
    if _alike_any(value, domain.excluded):
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
        too_long = domain.most_length is not None and len(value) > domain.most_length
        if too_long or len(value) < domain.least_length or (domain.most_bytes is not None and len(value.encode()) > domain.most_bytes):
            return False
    return True if sure else None


def _among(value: Constant, values: Iterable[Constant]) -> bool:
    return any(value == other or (type(value) is not type(other) and str(value) == str(other)) for other in values)


def _alike_any(value: Constant, values: Iterable[Constant]) -> bool:
    return _among(value, values) or str(value).strip().casefold() in {
        str(other).strip().casefold() for other in values if isinstance(other, str)
    }


def _compared(left: Constant, right: Constant) -> int | None:
    """-1, 0, 1; None where the order depends on the column's type or collation."""
    first, second = _order(left), _order(right)
    if first is None or second is None or first[0] != second[0]:
        return None
    return (first[1] > second[1]) - (first[1] < second[1])  # type: ignore[operator]  # both are of one kind


def _order(value: Constant) -> Order | None:
    if isinstance(value, int | Decimal):
        return "number", Decimal(value)
    with suppress(ValueError):
        return "timestamp", parse_sql_literal(value)
    time = TIME_TEXT.fullmatch(value)
    if time:
        seconds = int(time[2]) * 3600 + int(time[3]) * 60 + int(time[4] or 0)
        return "time", Decimal(-seconds if time[1] else seconds)
    return None
