"""Numbers, dates and timestamps: of a distribution, or in sequence."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from parloader.plans.generators.base import MAX_INTEGER, MIN_INTEGER, Generator


@dataclass(frozen=True, kw_only=True)
class Uniform(Generator):
    """A random value from `low` to `high`, both included.

    Integers; decimals as text ("0.00": the digits give the scale); dates ("2024-01-01"); timestamps ("2024-01-01T00:00:00", whole seconds, UTC).
    """

    low: int | str
    high: int | str


@dataclass(frozen=True, kw_only=True)
class Normal(Generator):
    """Normally distributed numbers: integers if `scale` is 0, otherwise decimals."""

    mean: float
    deviation: float
    scale: int = 0  # digits after the decimal point
    low: float | None = None  # smaller numbers become this one
    high: float | None = None  # greater numbers become this one

    @property
    def limits(self) -> tuple[int, int]:
        """The least and the greatest possible value in units of the last digit, within 64 bits."""
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


def limits(low: float | None, high: float | None, scale: int) -> tuple[int, int]:
    """`low` and `high` in units of the last digit, rounded inwards, within 64 bits."""
    units = 10**scale
    least = MIN_INTEGER if low is None else ceil(Fraction(repr(low)) * units)
    greatest = MAX_INTEGER if high is None else floor(Fraction(repr(high)) * units)
    return max(least, MIN_INTEGER), min(greatest, MAX_INTEGER)
