"""What is wanted of a part of a CHECK clause, and how the cases of its parts go together.

SQL's logic has three values, and a CHECK is kept unless it is false. So what is wanted of a part is not only "true" or "false": a part
under AND and OR only has to be "not false", one under NOT "not true", one under IS TRUE really true.
"""

from collections.abc import Iterable
from enum import Enum
from itertools import product
from typing import TypeAlias

from parloader.plans.checks import Atom, NotUnderstood

Cases: TypeAlias = tuple[tuple[Atom, ...], ...]
ALWAYS: Cases = ((),)
NEVER: Cases = ()
MOST_CASES = 64
"""A clause with more cases is not understood: nobody writes one by hand."""


class Want(Enum):
    TRUE = "true"
    FALSE = "false"
    NOT_FALSE = "not false"
    NOT_TRUE = "not true"

    @property
    def opposite(self) -> "Want":
        return {Want.TRUE: Want.FALSE, Want.FALSE: Want.TRUE, Want.NOT_FALSE: Want.NOT_TRUE, Want.NOT_TRUE: Want.NOT_FALSE}[self]

    @property
    def strict(self) -> bool:
        """Whether unknown will not do."""
        return self in (Want.TRUE, Want.FALSE)

    @property
    def negated(self) -> bool:
        return self in (Want.FALSE, Want.NOT_TRUE)


def all_of(*parts: Cases) -> Cases:
    """The cases in which one of each part's holds. NotUnderstood where they are too many."""
    return _limited(together(*choice) for choice in product(*parts))


def any_of(*parts: Cases) -> Cases:
    """The cases of all parts. NotUnderstood where they are too many."""
    return _limited(case for part in parts for case in part)


def together(*cases: tuple[Atom, ...]) -> tuple[Atom, ...]:
    return tuple(dict.fromkeys(atom for case in cases for atom in case))


def _limited(cases: Iterable[tuple[Atom, ...]]) -> Cases:
    found: dict[tuple[Atom, ...], None] = {}
    for case in cases:
        found[case] = None
        if len(found) > MOST_CASES:
            raise NotUnderstood("too many cases")
    return tuple(found)
