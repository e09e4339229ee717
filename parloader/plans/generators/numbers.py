"""Numbers, dates and timestamps: of a distribution, or in sequence."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from parloader.plans.bounds import Unit, bounds
from parloader.plans.generators.base import MAX_INTEGER, MIN_INTEGER, Generator
from parloader.timestamps import parse_span

DAY_SECONDS = 86_400

# 0001-01-01 and 9999-12-31
FIRST_AND_LAST_DAY = (-719_162, 2_932_896)

FIRST_AND_LAST_SECOND = (-719_162 * DAY_SECONDS, 2_932_897 * DAY_SECONDS - 1)


@dataclass(frozen=True, kw_only=True)
class Uniform(Generator):
    """A random value from `low` to `high`, both included.

    Integers; decimals as text ("0.00": the digits give the scale); dates ("2024-01-01"); timestamps ("2024-01-01T00:00:00", whole seconds, UTC).
    """

    low: int | str
    high: int | str


@dataclass(frozen=True, kw_only=True)
class Normal(Generator):
    """Normally distributed numbers: integers if `scale` is 0, otherwise decimals. Or dates or timestamps (UTC), if the mean is one."""

    mean: float | str
    deviation: float | str  # of dates and timestamps: a time span ("400d")
    scale: int = 0  # digits after the decimal point
    low: float | str | None = None  # smaller values become this one
    high: float | str | None = None  # greater values become this one

    @property
    def unit(self) -> Unit:
        """What the values are. ValueError: the mean is a text, but no date or timestamp."""
        return bounds([self.mean]).unit if isinstance(self.mean, str) else Unit.DECIMAL if self.scale else Unit.INTEGER

    @property
    def in_units(self) -> tuple[Fraction, Fraction]:
        """Mean and deviation in units of the last digit, days or seconds."""
        if isinstance(self.mean, str):
            seconds = Fraction(parse_span(str(self.deviation)), DAY_SECONDS if self.unit is Unit.DATE else 1)
            return Fraction(bounds([self.mean]).numbers[0]), seconds
        return Fraction(repr(self.mean)) * 10**self.scale, Fraction(repr(self.deviation)) * 10**self.scale

    @property
    def limits(self) -> tuple[int, int]:
        """The least and the greatest possible value in units of the last digit, within 64 bits; days or seconds in the years 1 to 9999."""
        if isinstance(self.mean, str):
            of = FIRST_AND_LAST_DAY if self.unit is Unit.DATE else FIRST_AND_LAST_SECOND
            low, high = (
                bounds([value]).numbers[0] if isinstance(value, str) else farthest
                for value, farthest in zip((self.low, self.high), of, strict=True)
            )
            return low, high
        return limits(self.low, self.high, self.scale)


@dataclass(frozen=True, kw_only=True)
class Zipf(Generator):
    """Integers from 1 to `count`; number k has the weight k**-exponent."""

    count: int
    exponent: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Sequence(Generator):
    """start + step × ((i // every) mod count)."""

    start: int = 0
    step: int = 1
    every: int = 1
    count: int | None = None  # None: it never restarts


@dataclass(frozen=True, kw_only=True)
class Lognormal(Generator):
    """Numbers whose logarithm is normally distributed, such as amounts and durations. Integers if `scale` is 0, otherwise decimals."""

    median: float
    sigma: float  # deviation of the natural logarithm; 0.5: two thirds lie between 0.6 and 1.65 times the median
    scale: int = 0  # digits after the decimal point
    low: float | None = None  # smaller numbers become this one
    high: float | None = None  # greater numbers become this one

    @property
    def limits(self) -> tuple[int, int]:
        """The least and the greatest possible value in units of the last digit, within 64 bits."""
        return limits(self.low, self.high, self.scale)


@dataclass(frozen=True, kw_only=True)
class Exponential(Generator):
    """Exponentially distributed numbers, from 0 on: the less frequent, the greater. Integers if `scale` is 0, otherwise decimals."""

    mean: float
    scale: int = 0
    low: float | None = None
    high: float | None = None

    @property
    def limits(self) -> tuple[int, int]:
        """The least and the greatest possible value in units of the last digit, within 64 bits."""
        return limits(self.low, self.high, self.scale)


@dataclass(frozen=True, kw_only=True)
class Gamma(Generator):
    """Gamma distributed numbers: from 0 on, with a most frequent one, such as waiting times. Integers if `scale` is 0, otherwise decimals."""

    mean: float
    shape: float  # 1: as Exponential; the greater, the closer to the mean: the deviation is the mean divided by its square root
    scale: int = 0
    low: float | None = None
    high: float | None = None

    @property
    def limits(self) -> tuple[int, int]:
        """The least and the greatest possible value in units of the last digit, within 64 bits."""
        return limits(self.low, self.high, self.scale)


@dataclass(frozen=True, kw_only=True)
class Pareto(Generator):
    """Pareto distributed numbers: from `least` on, with few very large ones. Integers if `scale` is 0, otherwise decimals."""

    least: float
    exponent: float  # 1.16: a fifth of the rows has four fifths of the total; the greater, the fewer large ones
    scale: int = 0
    low: float | None = None
    high: float | None = None

    @property
    def limits(self) -> tuple[int, int]:
        """The least and the greatest possible value in units of the last digit, within 64 bits."""
        return limits(self.low, self.high, self.scale)


@dataclass(frozen=True, kw_only=True)
class Poisson(Generator):
    """Poisson distributed integers, such as the number of events in a time."""

    mean: float
    low: int | None = None  # smaller numbers become this one
    high: int | None = None  # greater numbers become this one

    @property
    def limits(self) -> tuple[int, int]:
        """The least and the greatest possible value."""
        return limits(self.low, self.high, 0)


@dataclass(frozen=True, kw_only=True)
class Geometric(Generator):
    """Geometrically distributed integers from 0 on: each is mean / (mean + 1) times as frequent as the one before it."""

    mean: float
    low: int | None = None
    high: int | None = None

    @property
    def limits(self) -> tuple[int, int]:
        """The least and the greatest possible value."""
        return limits(self.low, self.high, 0)


@dataclass(frozen=True, kw_only=True)
class Histogram(Generator):
    """Values between `edges`; from edge k to just below edge k + 1 with weight k, evenly. The last edge is included.

    Edges are integers, decimals, dates or timestamps, as those of Uniform.
    """

    edges: tuple[int | str, ...]  # one more than weights
    weights: tuple[int, ...] = ()  # none: equal weights, so that the edges are quantiles
    scale: int = 0  # digits after the decimal point, if the edges have no more


def limits(low: float | str | None, high: float | str | None, scale: int) -> tuple[int, int]:
    """`low` and `high` (numbers) in units of the last digit, rounded inwards, within 64 bits."""
    units = 10**scale
    least = MIN_INTEGER if low is None else ceil(Fraction(repr(low)) * units)
    greatest = MAX_INTEGER if high is None else floor(Fraction(repr(high)) * units)
    return max(least, MIN_INTEGER), min(greatest, MAX_INTEGER)
