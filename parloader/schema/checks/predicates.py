"""CHECK clauses, understood: which values of which columns they allow."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from itertools import product
from typing import TypeAlias

Constant: TypeAlias = int | Decimal | str


@dataclass(frozen=True, kw_only=True)
class Between:
    """`low` <= column <= `high`; an open end is None, `low_open`/`high_open`: without the end itself. Text is compared as dates are written, or as text."""

    column: str
    low: Constant | None = None
    high: Constant | None = None
    low_open: bool = False
    high_open: bool = False


@dataclass(frozen=True, kw_only=True)
class OneOf:
    column: str
    values: tuple[Constant, ...]


@dataclass(frozen=True, kw_only=True)
class NoneOf:
    """Of text: nor one that a collation may hold for equal to one of them (but for case, accents, or blanks at the ends)."""

    column: str
    values: tuple[Constant, ...]


@dataclass(frozen=True, kw_only=True)
class Null:
    column: str


@dataclass(frozen=True, kw_only=True)
class NotNull:
    column: str


@dataclass(frozen=True, kw_only=True)
class Length:
    """Characters, or bytes where `in_bytes`; `high` None: no bound."""

    column: str
    low: int = 0
    high: int | None = None
    in_bytes: bool = False


@dataclass(frozen=True, kw_only=True)
class Matches:
    """Of the pattern only sequences of literal characters and classes, each with a count, anchored or not, are understood.

    `parts`: (the characters that are allowed, the least, the most or None) in turn. `whole`: both ends are anchored.
    """

    column: str
    parts: tuple[tuple[str, int, int | None], ...]
    whole: bool


@dataclass(frozen=True, kw_only=True)
class Json:
    column: str


@dataclass(frozen=True, kw_only=True)
class Compared:
    """left `operator` right, both columns; `operator` is one of < <= = <> (the others are turned around)."""

    left: str
    operator: str
    right: str


def length_range(matches: Matches) -> tuple[int, int | None]:
    """How few and how many characters a text can have that is made of the parts (and of something around them, if not `whole`)."""
    least = sum(low for _, low, _ in matches.parts)
    most = [high for _, _, high in matches.parts if high is not None]
    return least, sum(most) if matches.whole and len(most) == len(matches.parts) else None


Predicate: TypeAlias = Between | OneOf | NoneOf | Null | NotNull | Length | Matches | Json | Compared


@dataclass(frozen=True, kw_only=True)
class ParsedCheck:
    """Any of the `cases` will do; in a case all of its atoms hold. No case: the CHECK can never hold.

    An atom holds, too, where its column is NULL, except NotNull: a CHECK is kept unless it is false.
    """

    cases: tuple[tuple[Predicate, ...], ...]


class UnsupportedCheck(Exception):
    """A part of a clause is not understood. Never leaves `understand`."""


Disjunction: TypeAlias = tuple[tuple[Predicate, ...], ...]

ALWAYS: Disjunction = ((),)

NEVER: Disjunction = ()

MAX_CASES = 64
"""A clause with more cases is not understood: nobody writes one by hand."""


class RequiredTruth(Enum):
    TRUE = "true"
    FALSE = "false"
    NOT_FALSE = "not false"
    NOT_TRUE = "not true"

    @property
    def opposite(self) -> "RequiredTruth":
        return {
            RequiredTruth.TRUE: RequiredTruth.FALSE,
            RequiredTruth.FALSE: RequiredTruth.TRUE,
            RequiredTruth.NOT_FALSE: RequiredTruth.NOT_TRUE,
            RequiredTruth.NOT_TRUE: RequiredTruth.NOT_FALSE,
        }[self]

    @property
    def strict(self) -> bool:
        """Whether unknown will not do."""
        return self in (RequiredTruth.TRUE, RequiredTruth.FALSE)

    @property
    def negated(self) -> bool:
        return self in (RequiredTruth.FALSE, RequiredTruth.NOT_TRUE)


def all_of(*parts: Disjunction) -> Disjunction:
    """The cases in which one of each part's holds. NotUnderstood where they are too many."""
    return _limited(together(*choice) for choice in product(*parts))


def any_of(*parts: Disjunction) -> Disjunction:
    """The cases of all parts. NotUnderstood where they are too many."""
    return _limited(case for part in parts for case in part)


def together(*cases: tuple[Predicate, ...]) -> tuple[Predicate, ...]:
    return tuple(dict.fromkeys(atom for case in cases for atom in case))


def _limited(cases: Iterable[tuple[Predicate, ...]]) -> Disjunction:
    found: dict[tuple[Predicate, ...], None] = {}
    for case in cases:
        found[case] = None
        if len(found) > MAX_CASES:
            raise UnsupportedCheck("too many cases")
    return tuple(found)
