"""Shapes of numbers: what a rule of number_rules.py says, as a generator within the bounds of a column."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, exp, floor

from parloader.plans.generators import Choice, Generator, Geometric, Lognormal, Normal, Scalar, Sequence, Uniform

# Unit in which the rules count → unit at the end of a name → how many of the latter are one of the former
PER_UNIT: dict[str, dict[str, Fraction]] = {
    "": {"cents": Fraction(100), "cent": Fraction(100)},
    "kg": {"g": Fraction(1000), "gram": Fraction(1000), "grams": Fraction(1000)},
    "cm": {"mm": Fraction(10), "m": Fraction(1, 100), "px": Fraction(30)},
    "km": {"m": Fraction(1000)},
    "s": {"ms": Fraction(1000), **dict.fromkeys(("min", "mins", "minutes"), Fraction(1, 60)), "hours": Fraction(1, 3600)},
}


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Which numbers a column takes: multiples of 10**-scale from `low` to `high`."""

    low: Fraction
    high: Fraction
    scale: int
    rows: int  # of the table
    exact: Callable[[Fraction], Scalar]  # the value as it is written in plans

    def holds(self, value: Fraction) -> bool:
        return self.low <= value <= self.high and (value * 10**self.scale).denominator == 1


class Shape:
    """Base of all shapes."""

    is_money = False
    unit = ""  # in which the rule counts

    def per_unit(self, unit: str | None) -> Fraction:
        """By what numbers are multiplied if the column counts in this unit."""
        return PER_UNIT[self.unit].get(unit or "", Fraction(1))

    def generator(self, bounds: Bounds, factor: Fraction) -> Generator | None:
        """Numbers of this shape, multiplied by `factor`. None: they hardly fit into the bounds."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Skewed(Shape):
    """Many small numbers and few large ones (lognormal)."""

    median: float
    sigma: float
    low: float
    of: str = ""

    @property
    def unit(self) -> str:  # type: ignore[override]
        return self.of

    def generator(self, bounds: Bounds, factor: Fraction) -> Generator | None:
        median = Fraction(repr(self.median)) * factor
        low = max(bounds.low, Fraction(repr(self.low)) * factor)
        typical = Fraction(round(exp(self.sigma) * 100), 100)
        if not (low <= median / typical or low <= median) or median * typical > bounds.high or median < bounds.low:
            return None
        unit = 10**bounds.scale
        low, high = Fraction(ceil(low * unit), unit), Fraction(floor(bounds.high * unit), unit)
        top = Fraction(ceil(median * Fraction(ceil(exp(4.5 * self.sigma)))))  # hardly any number is larger
        return Lognormal(median=_number(median), sigma=self.sigma, scale=bounds.scale, low=_number(low), high=_number(min(high, top)))


@dataclass(frozen=True, kw_only=True)
class Amounts(Skewed):
    """As Skewed, of money."""

    is_money = True


@dataclass(frozen=True, kw_only=True)
class Prices(Amounts):
    """As Amounts; planner/refinement/prices.py adds the endings of prices."""

    low: float = 1


@dataclass(frozen=True, kw_only=True)
class Symmetric(Shape):
    """Normally distributed numbers."""

    mean: float
    deviation: float
    low: float
    high: float

    def generator(self, bounds: Bounds, factor: Fraction) -> Generator | None:
        low, high = max(bounds.low, Fraction(repr(self.low)) * factor), min(bounds.high, Fraction(repr(self.high)) * factor)
        mean = Fraction(repr(self.mean)) * factor
        if not low < mean < high:
            return None
        return Normal(
            mean=_number(mean),
            deviation=_number(Fraction(repr(self.deviation)) * factor),
            scale=min(bounds.scale, 2),
            low=_number(low),
            high=_number(high),
        )


@dataclass(frozen=True, kw_only=True)
class Counts(Shape):
    """Small counts: 0 is the most frequent (geometric)."""

    mean: float

    def generator(self, bounds: Bounds, factor: Fraction) -> Generator | None:
        if bounds.scale or bounds.high < 3 * self.mean or bounds.low > self.mean:
            return None
        return Geometric(mean=self.mean, low=max(0, ceil(bounds.low)), high=min(floor(bounds.high), ceil(30 * self.mean)))


@dataclass(frozen=True)
class Listed(Shape):
    """Listed numbers, each followed by its weight."""

    numbers: str

    @property
    def pairs(self) -> tuple[tuple[Fraction, int], ...]:
        words = self.numbers.split()
        return tuple((Fraction(value), int(weight)) for value, weight in zip(words[::2], words[1::2], strict=True))

    def generator(self, bounds: Bounds, factor: Fraction) -> Generator | None:
        return _choice([(value * factor, weight) for value, weight in self.pairs], bounds)


@dataclass(frozen=True)
class Rates(Listed):
    """Listed percentages, which are parts of 1 in columns that hold nothing greater."""

    def generator(self, bounds: Bounds, factor: Fraction) -> Generator | None:
        part = bounds.high < 20
        return _choice([(value / 100 if part else value, weight) for value, weight in self.pairs], bounds)


def _choice(pairs: list[tuple[Fraction, int]], bounds: Bounds) -> Generator | None:
    """Those of the numbers that the column takes, if most are."""
    kept = [(value, weight) for value, weight in pairs if bounds.holds(value)]
    if sum(weight for _, weight in kept) * 2 < sum(weight for _, weight in pairs) or len(kept) < 2:
        return None
    return Choice(values=tuple(bounds.exact(value) for value, _ in kept), weights=tuple(weight for _, weight in kept))


@dataclass(frozen=True)
class IfDecimal(Shape):
    """One shape for decimals, another one for integers."""

    decimal: Shape
    integer: Shape

    def generator(self, bounds: Bounds, factor: Fraction) -> Generator | None:
        return (self.decimal if bounds.scale else self.integer).generator(bounds, factor)


@dataclass(frozen=True)
class IfBelow(Shape):
    """One shape for columns that hold no number of `limit` or more, another one for others."""

    limit: int
    below: Shape
    otherwise: Shape

    def generator(self, bounds: Bounds, factor: Fraction) -> Generator | None:
        return (self.below if bounds.high < self.limit else self.otherwise).generator(bounds, factor)


@dataclass(frozen=True, kw_only=True)
class Within(Shape):
    """Evenly distributed in a range."""

    low: float
    high: float

    def generator(self, bounds: Bounds, factor: Fraction) -> Generator | None:
        unit = 10**bounds.scale
        low, high = max(bounds.low, Fraction(repr(self.low))), min(bounds.high, Fraction(repr(self.high)))
        if high - low < Fraction(10, unit):
            return None
        first, last = ceil(low * unit), floor(high * unit)
        if not bounds.scale:
            return Uniform(low=first, high=last)
        return Uniform(low=f"{Decimal(first).scaleb(-bounds.scale):f}", high=f"{Decimal(last).scaleb(-bounds.scale):f}")


MAX_ORDER = 1_000  # rows of a table that are numbered through

ORDER_GROUP = 12  # rows of a larger table that are numbered together


@dataclass(frozen=True, kw_only=True)
class Order(Shape):
    """1, 2, 3 …"""

    def generator(self, bounds: Bounds, factor: Fraction) -> Generator | None:
        first = max(1, ceil(bounds.low))
        count = bounds.rows if bounds.rows <= MAX_ORDER else ORDER_GROUP
        if bounds.scale or first + count - 1 > bounds.high:
            return None
        return Sequence(start=first, count=max(1, count))


def _number(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)
