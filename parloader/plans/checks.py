"""CHECK clauses, understood: which values of which columns they allow."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
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


def lengths(matches: Matches) -> tuple[int, int | None]:
    """How few and how many characters a text can have that is made of the parts (and of something around them, if not `whole`)."""
    least = sum(low for _, low, _ in matches.parts)
    most = [high for _, _, high in matches.parts if high is not None]
    return least, sum(most) if matches.whole and len(most) == len(matches.parts) else None


Atom: TypeAlias = Between | OneOf | NoneOf | Null | NotNull | Length | Matches | Json | Compared


@dataclass(frozen=True, kw_only=True)
class Understood:
    """Any of the `cases` will do; in a case all of its atoms hold. No case: the CHECK can never hold.

    An atom holds, too, where its column is NULL, except NotNull: a CHECK is kept unless it is false.
    """

    cases: tuple[tuple[Atom, ...], ...]


class NotUnderstood(Exception):
    """A part of a clause is not understood. Never leaves `understand`."""


def understand(clause: str, columns: Iterable[str] = ()) -> Understood | None:
    """None where the clause (either server's text of it) has a part that is not understood. sqlglot reads it.

    The atoms have the names of `columns` as they are spelled there: MySQL's text has them as they were typed in the clause.
    What the cases allow keeps the CHECK; it may allow more than they do.
    """
    from parloader.plans.check_parser import understood  # speaks of the classes above, and imports sqlglot, which takes its time

    try:
        return understood(clause, {column.lower(): column for column in columns})
    except NotUnderstood:
        return None
