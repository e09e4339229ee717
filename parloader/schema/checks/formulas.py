"""Arithmetic of a CHECK clause as values: sums of columns with coefficients, products and rounded numbers.

Dates and timestamps are measured in seconds: `ends_on = starts_on + INTERVAL 7 DAY` is ends_on - starts_on = 604800.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias


@dataclass(frozen=True, kw_only=True)
class Linear:
    """The sum of the terms (coefficient × atom) and a constant."""

    terms: "tuple[tuple[Atom, Fraction], ...]" = ()
    constant: Fraction = Fraction(0)

    def plus(self, other: "Linear", factor: Fraction | int = 1) -> "Linear":
        """This sum and `factor` times the other."""
        found = dict(self.terms)
        for atom, coefficient in other.terms:
            found[atom] = found.get(atom, Fraction(0)) + coefficient * factor
        return Linear(terms=tuple((atom, c) for atom, c in found.items() if c), constant=self.constant + other.constant * factor)

    def times(self, factor: Fraction | int) -> "Linear":
        return Linear().plus(self, factor)

    def without(self, atom: "Atom") -> "Linear":
        return Linear(terms=tuple((other, c) for other, c in self.terms if other != atom), constant=self.constant)

    def without_constant(self) -> "Linear":
        return Linear(terms=self.terms)

    def coefficient(self, atom: "Atom") -> Fraction:
        return dict(self.terms).get(atom, Fraction(0))

    @property
    def columns(self) -> frozenset[str]:
        return frozenset(column for atom, _ in self.terms for column in columns(atom))

    @property
    def single(self) -> "Atom | None":
        """The atom, if the sum is nothing else."""
        return self.terms[0][0] if len(self.terms) == 1 and self.terms[0][1] == 1 and not self.constant else None


@dataclass(frozen=True, kw_only=True)
class Product:
    """A product of two sums."""

    left: Linear
    right: Linear


@dataclass(frozen=True, kw_only=True)
class Rounded:
    """A sum rounded to digits after the decimal point: half away from zero, or down."""

    of: Linear
    digits: int = 0
    down: bool = False


Atom: TypeAlias = str | Product | Rounded
"""A column, or arithmetic that is not linear."""


def parts(atom: Atom) -> tuple[Linear, ...]:
    """The sums in the atom."""
    match atom:
        case Product():
            return (atom.left, atom.right)
        case Rounded():
            return (atom.of,)
    return ()


def columns(atom: Atom) -> Iterator[str]:
    """The columns in the atom, each as often as it occurs."""
    if isinstance(atom, str):
        yield atom
    for part in parts(atom):
        for inner, _ in part.terms:
            yield from columns(inner)


def column(name: str) -> Linear:
    """The sum of one column."""
    return Linear(terms=((name, Fraction(1)),))


def product(left: Linear, right: Linear) -> Linear:
    """The product of two sums, linear if one of them is a constant."""
    if not left.terms:
        return right.times(left.constant)
    if not right.terms:
        return left.times(right.constant)
    first, second = sorted((left, right), key=repr)
    return Linear(terms=((Product(left=first, right=second), Fraction(1)),))
