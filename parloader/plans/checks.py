"""CHECK clauses, understood: which values of which columns they allow."""

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


Atom: TypeAlias = Between | OneOf | NoneOf | Null | NotNull | Length | Matches | Json | Compared


@dataclass(frozen=True, kw_only=True)
class Understood:
    """Any of the `cases` will do; in a case all of its atoms hold. No case: the CHECK can never hold."""

    cases: tuple[tuple[Atom, ...], ...]


def understand(clause: str) -> Understood | None:
    """None where the clause (either server's text of it) has a part that is not understood. sqlglot reads it."""
    raise NotImplementedError
