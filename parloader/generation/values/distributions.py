"""Numbers of a distribution: 64 random bits are looked up in a table of its cumulative probabilities (quantile_tables.py)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

import polars as pl

from parloader.generation.context import ColumnContext
from parloader.generation.hashing import below
from parloader.generation.values import quantile_tables
from parloader.generation.values.numbers import decimal, of_unit
from parloader.generation.values.quantile_tables import DECIMALS, KNOTS, Quantiles
from parloader.plans.bounds import bounds
from parloader.plans.generators import MAX_INTEGER, MIN_INTEGER, Exponential, Gamma, Geometric, Histogram, Lognormal, Pareto, Poisson

# Values at knots have 16 binary digits after the point, or fewer, so that they have at most 62 in all; greater ones become 2**62
FRACTION_BITS = 16

VALUE_BITS = 62

# Interpolations: many columns of a plan have the same one
MAX_KEPT = 256

Continuous = Lognormal | Exponential | Gamma | Pareto


@dataclass(frozen=True, kw_only=True)
class Interpolation:
    """The values at the knots of a table, and how those between them are computed."""

    knots: pl.DataFrame  # begin, share, value and difference of the piece that begins at each knot
    ends: pl.Series
    number: pl.Expr  # of a `position` and its piece


@lru_cache(maxsize=MAX_KEPT)
def _continuous(generator: Continuous) -> Interpolation:
    units = Decimal(10**generator.scale)
    match generator:
        case Lognormal():
            table = quantile_tables.normal()
            values = _powers(_decimal(generator.median) * units, _decimal(generator.sigma), table)
        case Exponential():
            table = quantile_tables.exponential()
            values = _multiples(DECIMALS.multiply(_decimal(generator.mean), units), table)
        case Gamma():
            table, knots = quantile_tables.gamma(Fraction(repr(generator.shape)))
            factor = DECIMALS.divide(_decimal(generator.mean) * units, _decimal(generator.shape))
            values = [DECIMALS.multiply(factor, knot) for knot in knots]
        case Pareto():
            table = quantile_tables.exponential()
            values = _powers(_decimal(generator.least) * units, DECIMALS.divide(Decimal(1), _decimal(generator.exponent)), table)
    return _interpolation(table, values, generator.limits, rounded=True)


def continuous(generator: Continuous, context: ColumnContext) -> pl.Expr:
    """Int64 or Decimal(38, scale), at most 2**62 units."""
    number = _interpolated(_continuous(generator), context)
    return decimal(number, generator.scale) if generator.scale else number


def geometric(generator: Geometric, context: ColumnContext) -> pl.Expr:
    """Int64, at most 2**62."""
    if not generator.mean:
        return pl.lit(0, dtype=pl.Int64).clip(*generator.limits)
    return _interpolated(_geometric(generator), context)


@lru_cache(maxsize=MAX_KEPT)
def _geometric(generator: Geometric) -> Interpolation:
    mean, table = _decimal(generator.mean), quantile_tables.exponential()
    step = DECIMALS.ln(DECIMALS.divide(mean + 1, mean))
    return _interpolation(table, _multiples(DECIMALS.divide(Decimal(1), step), table), generator.limits, rounded=False)


def poisson(generator: Poisson, context: ColumnContext) -> pl.Expr:
    """Int64."""
    table = quantile_tables.poisson(Fraction(repr(generator.mean)))
    ends = pl.Series(table.cumulative[1:-1], dtype=pl.Int64)
    number = pl.lit(ends).search_sorted(_position(context), side="right").cast(pl.Int64) + table.first
    return number.clip(*generator.limits)


def histogram(generator: Histogram, context: ColumnContext) -> pl.Expr:
    """Int64, Decimal(38, scale), Date or Datetime. UsageError: an edge exceeds 64 bits."""
    edges = bounds(generator.edges, generator.scale)
    *firsts, last = edges.numbers
    if not MIN_INTEGER <= firsts[0] <= last < MAX_INTEGER:
        raise context.error("an edge of `histogram` exceeds 64 bits", "Choose smaller numbers, or fewer digits after the point")
    widths = [end - first for first, end in pairwise((*firsts, last + 1))]
    weights = generator.weights or (1,) * len(firsts)
    table = pl.DataFrame({"first": firsts, "width": widths}, schema={"first": pl.Int64, "width": pl.UInt64})
    ends = pl.Series(weights, dtype=pl.Int64).cum_sum()

    def numbers(series: Iterable[pl.Series]) -> pl.Series:
        bins, bits = series
        chosen = table[ends.search_sorted(bins, side="right")].with_columns(bits=bits)
        return chosen.select((pl.col("bits") % pl.col("width")).reinterpret(signed=True) + pl.col("first")).to_series()

    bins = below(context.random_bits(), sum(weights))
    return of_unit(pl.map_batches([bins, context.random_bits("place")], numbers, return_dtype=pl.Int64), edges.unit, edges.scale)


def _decimal(number: float) -> Decimal:
    return Decimal(repr(number))


def _multiples(mean: Decimal, table: Quantiles) -> list[Decimal]:
    """mean × k / KNOTS at each knot k."""
    step = DECIMALS.divide(mean, Decimal(KNOTS))
    return [DECIMALS.multiply(step, Decimal(k)) for k in range(table.first, table.first + len(table.cumulative))]


def _powers(middle: Decimal, exponent: Decimal, table: Quantiles) -> list[Decimal]:
    """middle × e**(exponent × k / KNOTS) at each knot k."""
    ratio = DECIMALS.exp(DECIMALS.divide(exponent, Decimal(KNOTS)))
    values = [DECIMALS.multiply(middle, DECIMALS.power(ratio, table.first))]
    for _ in table.cumulative[1:]:
        values.append(DECIMALS.multiply(values[-1], ratio))
    return values


def _position(context: ColumnContext) -> pl.Expr:
    """Int64, evenly distributed from 0 to TOTAL - 1."""
    return (context.random_bits() // pl.lit(2, dtype=pl.UInt64)).cast(pl.Int64)


def _interpolation(table: Quantiles, values: list[Decimal], limits: tuple[int, int], *, rounded: bool) -> Interpolation:
    """Truncated, or rounded half up."""
    greatest = min(limits[1] + 1, int(values[-1]) + 1)
    bits = max(0, min(FRACTION_BITS, VALUE_BITS - greatest.bit_length()))
    one, most = Decimal(2**bits), Decimal(2**VALUE_BITS)
    fixed = [int(DECIMALS.to_integral_value(DECIMALS.multiply(min(value, most), one).min(most))) for value in values]
    knots = pl.DataFrame(
        {
            "begin": table.cumulative[:-1],
            "share": [end - begin for begin, end in pairwise(table.cumulative)],
            "value": fixed[:-1],
            "difference": [end - begin for begin, end in pairwise(fixed)],
        },
        schema=dict.fromkeys(("begin", "share", "value", "difference"), pl.Int64),
    )
    difference = (pl.col("position") - pl.col("begin")).cast(pl.Int128) * pl.col("difference") // pl.col("share")
    half = 2**bits // 2 if rounded else 0
    number = (pl.col("value") + difference.cast(pl.Int64) + half) // 2**bits
    return Interpolation(knots=knots, ends=knots["begin"][1:], number=number.clip(*limits))


def _interpolated(values: Interpolation, context: ColumnContext) -> pl.Expr:
    """Int64: the values at the knots, and between them, evenly."""

    # A frame of its own, because Polars would search the table again for each use of an expression
    def numbers(position: pl.Series) -> pl.Series:
        at = values.knots[values.ends.search_sorted(position, side="right")]
        return at.with_columns(position=position).select(values.number).to_series()

    return _position(context).map_batches(numbers, return_dtype=pl.Int64)
