"""Systems of linear inequalities over integers: which values of one variable leave some for the others (Fourier-Motzkin elimination).

An inequality of several variables bounds each of them by the rest. Eliminating a variable combines each of its lower bounds with each upper
one; what remains says for which values of the other variables it has a value. The bounds are exact if one of the two coefficients is 1; if
not, they are a little narrower than necessary, so that an integer lies between them (the "dark shadow" of the Omega test, Pugh 1991).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import gcd
from typing import Generic, TypeVar

Name = TypeVar("Name")

MAX_INEQUALITIES = 500
"""More are not considered: a table has a few CHECKs."""


class Infeasible(Exception):
    """No values satisfy all inequalities, as far as this can be told."""


@dataclass(frozen=True, kw_only=True)
class Inequality(Generic[Name]):
    """The sum of the terms (coefficient × variable) and the constant is at most 0."""

    terms: tuple[tuple[Name, int], ...]
    constant: int

    @classmethod
    def of(cls, terms: Mapping[Name, int], constant: int) -> "Inequality[Name]":
        """Without terms of 0, divided by the common divisor."""
        kept = tuple((name, c) for name, c in terms.items() if c)
        divisor = gcd(*(c for _, c in kept)) or 1
        return cls(terms=tuple((name, c // divisor) for name, c in kept), constant=-(-constant // divisor))

    def coefficient(self, name: Name) -> int:
        return dict(self.terms).get(name, 0)

    def extremes(self, boxes: Mapping[Name, tuple[int, int]]) -> tuple[int, int]:
        """The smallest and the largest value of the left side."""
        ends = [sorted(c * end for end in boxes[name]) for name, c in self.terms]
        return self.constant + sum(low for low, _ in ends), self.constant + sum(high for _, high in ends)


@dataclass(frozen=True, kw_only=True)
class Eliminated(Generic[Name]):
    """One variable: the inequalities that bound it by variables before it in the order."""

    name: Name
    bounds: tuple[Inequality[Name], ...]


def eliminate(
    inequalities: Iterable[Inequality[Name]], order: Sequence[Name], boxes: Mapping[Name, tuple[int, int]]
) -> tuple[list[Eliminated[Name]], list[Inequality[Name]]]:
    """The bounds of each variable in `order`, by those before it and those that are not in `order`; and the inequalities of the latter alone.

    Every variable is within its box besides. Infeasible: there are no such values.
    """
    remaining = _needed(inequalities, boxes)
    steps: list[Eliminated[Name]] = []
    for name in reversed(order):
        own = [one for one in remaining if one.coefficient(name)]
        steps.append(Eliminated(name=name, bounds=tuple(own)))
        low, high = boxes[name]
        box = [Inequality.of({name: 1}, -high), Inequality.of({name: -1}, low)]
        uppers = [one for one in (*own, *box) if one.coefficient(name) > 0]
        lowers = [one for one in (*own, *box) if one.coefficient(name) < 0]
        combined = [_combined(name, upper, lower) for upper in uppers for lower in lowers]
        remaining = _needed([*(one for one in remaining if not one.coefficient(name)), *combined], boxes)
    return steps[::-1], remaining


def _combined(name: Name, upper: Inequality[Name], lower: Inequality[Name]) -> Inequality[Name]:
    a, b = upper.coefficient(name), -lower.coefficient(name)
    terms: dict[Name, int] = {}
    for factor, one in ((b, upper), (a, lower)):
        for other, c in one.terms:
            if other != name:
                terms[other] = terms.get(other, 0) + factor * c
    return Inequality.of(terms, b * upper.constant + a * lower.constant + (a - 1) * (b - 1))


def _needed(inequalities: Iterable[Inequality[Name]], boxes: Mapping[Name, tuple[int, int]]) -> list[Inequality[Name]]:
    """Those that the boxes alone do not guarantee. Infeasible: one cannot hold."""
    kept: dict[Inequality[Name], None] = {}
    for one in inequalities:
        least, most = one.extremes(boxes)
        if least > 0:
            raise Infeasible
        if most > 0:
            kept[one] = None
    if len(kept) > MAX_INEQUALITIES:
        raise Infeasible
    return list(kept)
