"""Predicates on columns, and how cases of them combine (disjunctive normal form)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from itertools import product
from typing import TypeAlias

from parloader.schema.checks.formulas import Linear

Constant: TypeAlias = int | Decimal | str


@dataclass(frozen=True, kw_only=True)
class Between:
    """`low` <= column <= `high`. A bound that is a text is a date, a time or any other text, as the column's type has it."""

    column: str
    low: Constant | None = None  # None: unbounded
    high: Constant | None = None  # None: unbounded
    low_open: bool = False  # `low` itself is not allowed
    high_open: bool = False  # `high` itself is not allowed


@dataclass(frozen=True, kw_only=True)
class OneOf:
    """The column has one of the values."""

    column: str
    values: tuple[Constant, ...]


@dataclass(frozen=True, kw_only=True)
class NoneOf:
    """The column has none of the values, nor a text that some collation treats as equal (other case, accents or outer blanks)."""

    column: str
    values: tuple[Constant, ...]


@dataclass(frozen=True, kw_only=True)
class Null:
    """The column is NULL."""

    column: str


@dataclass(frozen=True, kw_only=True)
class NotNull:
    """The column is not NULL."""

    column: str


@dataclass(frozen=True, kw_only=True)
class Length:
    """The length of the text is from `low` to `high`."""

    column: str
    low: int = 0
    high: int | None = None  # None: unlimited
    in_bytes: bool = False  # bytes instead of characters


@dataclass(frozen=True, kw_only=True)
class Matches:
    """The text matches a pattern: a sequence of character classes, each repeated."""

    column: str
    parts: tuple[tuple[str, int, int | None], ...]  # (allowed characters, minimum count, maximum count or None: unlimited)
    whole: bool  # both ends are anchored: the pattern matches the entire text, not only a part of it
    punctuation: str = ""  # of a limit on all characters: punctuation that is allowed as well, if another pattern needs it
    source: "TextPattern | None" = None  # the pattern of the clause, of which `parts` may describe only some texts


@dataclass(frozen=True, kw_only=True)
class TextPattern:
    """A pattern as it stands in a clause."""

    pattern: str  # of LIKE: a backslash precedes a % or _ that is meant literally
    regexp: bool  # REGEXP, not LIKE
    negated: bool = False


@dataclass(frozen=True, kw_only=True)
class Json:
    """The column is valid JSON."""

    column: str


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A comparison of two columns."""

    left: str
    operator: str  # < <= = <>; for > and >= the columns are exchanged
    right: str


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A comparison of a sum of several columns with a constant: total - subtotal - shipping = 0."""

    left: Linear  # without a constant
    operator: str  # = <= <
    bound: Fraction
    lone: str | None = None  # the column that stands alone on one side of the clause
    tolerance: Fraction = Fraction(0)  # of an equality: a difference below this is allowed
    times: frozenset[str] = frozenset()  # columns that have to be dates or timestamps; their numbers are seconds
    if_unsigned: bool = False  # needed only if an integer in it is unsigned: the server refuses a negative difference

    @property
    def columns(self) -> frozenset[str]:
        return self.left.columns


Predicate: TypeAlias = Between | OneOf | NoneOf | Null | NotNull | Length | Matches | Json | Compared | Relation


def names(predicate: Predicate) -> tuple[str, ...]:
    """The columns of a predicate."""
    match predicate:
        case Compared():
            return predicate.left, predicate.right
        case Relation():
            return tuple(sorted(predicate.columns))
    return (predicate.column,)


@dataclass(frozen=True, kw_only=True)
class ParsedCheck:
    """A CHECK in disjunctive normal form.

    Every predicate but NotNull is also satisfied if its column is NULL, as a CHECK is violated only if it is false, not if it is unknown.
    """

    cases: tuple[tuple[Predicate, ...], ...]  # a row satisfies all predicates of one case; empty: no row satisfies the CHECK


class UnsupportedCheck(Exception):
    """A part of a clause is not supported. Never leaves `parser.parse_check`."""


Disjunction: TypeAlias = tuple[tuple[Predicate, ...], ...]
"""Cases, one of which has to hold; within a case all predicates hold."""

ALWAYS: Disjunction = ((),)

NEVER: Disjunction = ()

MAX_CASES = 64
"""A clause with more cases is not supported: a person would not write one."""


class RequiredTruth(Enum):
    """The truth value that a condition has to have, in SQL's three-valued logic."""

    TRUE = "true"
    FALSE = "false"
    NOT_FALSE = "not false"
    NOT_TRUE = "not true"

    @property
    def opposite(self) -> "RequiredTruth":
        """What is required of x, if this is required of NOT x."""
        return {
            RequiredTruth.TRUE: RequiredTruth.FALSE,
            RequiredTruth.FALSE: RequiredTruth.TRUE,
            RequiredTruth.NOT_FALSE: RequiredTruth.NOT_TRUE,
            RequiredTruth.NOT_TRUE: RequiredTruth.NOT_FALSE,
        }[self]

    @property
    def strict(self) -> bool:
        """Whether unknown is not enough."""
        return self in (RequiredTruth.TRUE, RequiredTruth.FALSE)

    @property
    def negated(self) -> bool:
        """Whether the negation of the condition has to hold."""
        return self in (RequiredTruth.FALSE, RequiredTruth.NOT_TRUE)


def all_of(*parts: Disjunction) -> Disjunction:
    """The cases of the conjunction: one case of each part. UnsupportedCheck: more than MAX_CASES."""
    return _limited(together(*choice) for choice in product(*parts))


def any_of(*parts: Disjunction) -> Disjunction:
    """The cases of the disjunction: those of all parts. UnsupportedCheck: more than MAX_CASES."""
    return _limited(case for part in parts for case in part)


def together(*cases: tuple[Predicate, ...]) -> tuple[Predicate, ...]:
    """One case with the predicates of all, without duplicates."""
    return tuple(dict.fromkeys(predicate for case in cases for predicate in case))


def _limited(cases: Iterable[tuple[Predicate, ...]]) -> Disjunction:
    distinct: dict[tuple[Predicate, ...], None] = {}
    for case in cases:
        distinct[case] = None
        if len(distinct) > MAX_CASES:
            raise UnsupportedCheck("too many cases")
    return tuple(distinct)
