"""Columns as operands of arithmetic: their values as multiples of a unit, in a range."""

from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd, prod

from parloader.inference.column_names import split_identifier, words
from parloader.inference.default_generators import DAY_SECONDS, plausible_numbers
from parloader.inference.numbers.amounts import HIGHEST_RATE, TAX_RATE, is_percentage
from parloader.inference.statuses.events import folded
from parloader.inference.value_ranges import Range, allowed_range, number
from parloader.schema.checks.domains import Domain
from parloader.schema.checks.formulas import Atom, Linear, Product, Rounded
from parloader.schema.model import ColumnSchema, ColumnType

TIMES = frozenset({ColumnType.DATE, ColumnType.DATETIME, ColumnType.TIMESTAMP})

NUMBERS = frozenset({ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.REAL})

# Words of numbers that are often negative
SIGNED = words(
    "balance change delta difference diff offset adjustment correction profit loss margin temperature temp latitude lat longitude lng lon result net"
    " movement amount score variance deviation"
)


@dataclass(frozen=True, kw_only=True)
class Operand:
    """A column in a system of relations."""

    column: ColumnSchema
    unit: Fraction  # the values are multiples of it; of a date or timestamp, in seconds
    low: int  # of what type and CHECKs allow, in units
    high: int
    usual_low: int  # of what its name suggests, in units
    usual_high: int
    early: bool = False  # other things than the relations decide about its values: a unique key, a foreign key, the plan
    fixed: bool = False  # its range cannot be narrowed
    coarsened: bool = False  # `unit` is larger than that of the default generator

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def is_time(self) -> bool:
        return self.column.kind in TIMES

    def within(self, ends: tuple[Fraction, Fraction]) -> "Operand | None":
        """The operand with a smaller range of values. None: they are not all in its own range."""
        low, high = (end / self.unit for end in ends)
        if low < self.low or high > self.high or low.denominator > 1 or high.denominator > 1:
            return None
        return replace(self, low=int(low), high=int(high), usual_low=int(low), usual_high=int(high))

    def coarser(self) -> "Operand | None":
        """The operand with a unit ten times as large. None: it is a whole number already."""
        if self.is_time or self.early or self.unit >= 1:
            return None
        ends = (-(-self.low // 10), self.high // 10, -(-self.usual_low // 10), self.usual_high // 10)
        low, high, usual_low, usual_high = ends
        if low > high or usual_low > usual_high:
            return None
        return replace(self, unit=self.unit * 10, low=low, high=high, usual_low=usual_low, usual_high=usual_high, coarsened=True)


def operand(column: ColumnSchema, domain: Domain, *, early: bool = False, fixed: bool = False) -> Operand | None:
    """None: the column has no numbers, dates or timestamps, or not all in one range."""
    if column.kind not in TIMES | NUMBERS or domain.unsure or domain.null is True:
        return None
    if domain.values is not None:
        return _of_list(column, domain)
    usual = plausible_numbers(column, domain)
    allowed = usual and allowed_range(column, domain, unit=usual.unit)
    if usual is None or allowed is None:
        return None
    usual = usual.unbroken()
    allowed = allowed.around(usual.low)
    if folded(column.name) in words(TAX_RATE) and is_percentage(column):
        usual = Range(unit=usual.unit, low=usual.low, high=int(HIGHEST_RATE / usual.unit))
    if column.kind in NUMBERS and not SIGNED.intersection(split_identifier(column.name)):
        usual = usual.within(max(0, usual.low), usual.high) or usual  # a number of students, a price
    usual = allowed.within(usual.low, usual.high) or allowed
    if early and not fixed and column.kind is ColumnType.INTEGER and domain.low is None and allowed.high > 0:
        allowed = replace(allowed, low=max(1, allowed.low))  # as keys are numbered
        usual = allowed.within(usual.low, usual.high) or allowed
    unit = usual.unit * (DAY_SECONDS if column.kind is ColumnType.DATE else 1)
    return Operand(
        column=column,
        unit=unit,
        low=allowed.low,
        high=allowed.high,
        usual_low=usual.low,
        usual_high=usual.high,
        early=early,
        fixed=fixed,
    )


def _of_list(column: ColumnSchema, domain: Domain) -> Operand | None:
    """A column of few values, among which a CHECK chooses."""
    allowed = allowed_range(column, replace(domain, values=None))
    try:
        numbers = [number(column, value) for value in domain.values or ()]
    except ValueError:
        return None
    if allowed is None or not numbers or any((n / allowed.unit).denominator != 1 for n in numbers):
        return None
    low, high = int(min(numbers) / allowed.unit), int(max(numbers) / allowed.unit)
    unit = allowed.unit * (DAY_SECONDS if column.kind is ColumnType.DATE else 1)
    return Operand(column=column, unit=unit, low=low, high=high, usual_low=low, usual_high=high, early=True, fixed=True)


Box = tuple[int, int]
"""The smallest and the largest value, in units."""


def granularity(linear: Linear, units: "dict[str, Fraction]") -> Fraction:
    """Of what all values of the sum, less its constant, are multiples."""
    return _common(tuple(abs(c) * unit_of(atom, units) for atom, c in linear.terms))


def _common(fractions: tuple[Fraction, ...]) -> Fraction:
    if not fractions:
        return Fraction(1)
    denominator = prod(f.denominator for f in fractions)
    return Fraction(gcd(*(int(f * denominator) for f in fractions)), denominator)


def unit_of(atom: Atom, units: "dict[str, Fraction]") -> Fraction:
    """Of what all values of the atom are multiples."""
    match atom:
        case Rounded():
            return Fraction(1, 10**atom.digits)
        case Product():
            left, right = (_with_constant(part, units) for part in (atom.left, atom.right))
            return left * right
    return units[atom]


def _with_constant(linear: Linear, units: "dict[str, Fraction]") -> Fraction:
    constant = (abs(linear.constant),) if linear.constant else ()
    return _common((*(abs(c) * unit_of(atom, units) for atom, c in linear.terms), *constant))


def interval(linear: Linear, ranges: "dict[str, tuple[Fraction, Fraction]]") -> tuple[Fraction, Fraction]:
    """The smallest and the largest value that the sum can have, if its atoms are independent of each other."""
    low = high = linear.constant
    for atom, coefficient in linear.terms:
        ends = [coefficient * end for end in atom_interval(atom, ranges)]
        low, high = low + min(ends), high + max(ends)
    return low, high


def atom_interval(atom: Atom, ranges: "dict[str, tuple[Fraction, Fraction]]") -> tuple[Fraction, Fraction]:
    """The smallest and the largest value that the atom can have."""
    match atom:
        case Product():
            ends = [a * b for a in interval(atom.left, ranges) for b in interval(atom.right, ranges)]
            return min(ends), max(ends)
        case Rounded():
            low, high = interval(atom.of, ranges)
            return rounded(low, atom), rounded(high, atom)
    return ranges[atom]


def rounded(number: Fraction, how: Rounded) -> Fraction:
    """The number, rounded."""
    scale = 10**how.digits
    if how.down:
        return Fraction((number * scale).__floor__(), scale)
    units = (abs(number) * scale + Fraction(1, 2)).__floor__()
    return Fraction(units if number >= 0 else -units, scale)
