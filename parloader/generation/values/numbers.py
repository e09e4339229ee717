"""Numbers, dates and timestamps: random, evenly spaced, or in sequence.

All arithmetic is on integers, because floating-point functions differ between machines.
"""

from datetime import timedelta
from decimal import Context, Decimal
from functools import lru_cache
from itertools import pairwise

import polars as pl

from parloader.generation.context import INDEX, ColumnContext
from parloader.generation.hashing import below, between
from parloader.plans.bounds import Unit, bounds
from parloader.plans.generators import MAX_INTEGER, MIN_INTEGER, Normal, Sequence, Spread, Uniform, Zipf
from parloader.timestamps import EPOCH, parse_iso

# rows × rows fits a signed 64-bit integer up to here
MAX_ROWS_IN_64_BITS = 3_000_000_000

DECIMAL_DIGITS = 38  # the maximum of Polars

# Each rank below this has its own weight. Higher ranks share one with their neighbours, a 256th of the rank. So a table for
# a billion ranks has about 4,000 entries, and no weight is off by more than half a percent (times the exponent).
SINGLE_RANKS = 256

DECIMALS = Context(prec=28)


def decimal(units: pl.Expr, scale: int) -> pl.Expr:
    """Decimal(38, scale) from Int64 `units` of the last digit."""
    number = units.cast(pl.Decimal(DECIMAL_DIGITS, 0))
    return (number * pl.lit(Decimal(1).scaleb(-scale))).cast(pl.Decimal(DECIMAL_DIGITS, scale)) if scale else number


def day(number: pl.Expr) -> pl.Expr:
    """Date from Int64 days after 1970-01-01."""
    return pl.from_epoch(number, time_unit="d")


def second(number: pl.Expr) -> pl.Expr:
    """Datetime from Int64 seconds after 1970-01-01."""
    return pl.from_epoch(number, time_unit="s")


def of_unit(number: pl.Expr, unit: Unit, scale: int) -> pl.Expr:
    """Int64, Decimal(38, scale), Date or Datetime from Int64 numbers in the unit."""
    match unit:
        case Unit.INTEGER:
            return number
        case Unit.DECIMAL:
            return decimal(number, scale)
        case Unit.DATE:
            return day(number)
        case Unit.TIMESTAMP:
            return second(number)


def uniform(generator: Uniform, context: ColumnContext) -> pl.Expr:
    """Int64, Decimal(38, scale), Date or Datetime. UsageError: a bound exceeds 64 bits."""
    limits = bounds((generator.low, generator.high))
    low, high = limits.numbers
    if not MIN_INTEGER <= low <= high <= MAX_INTEGER:
        raise context.error("a bound of `uniform` exceeds 64 bits", "Choose smaller numbers, or fewer digits after the point")
    return of_unit(between(context.random_bits(), low, high), limits.unit, limits.scale)


# 64 random bits are cut into two halves of 32 bits. The sum of twelve halves (Irwin-Hall) has a variance of 2**64: less its mean, it is
# normally distributed with deviation 2**32, up to six deviations away. Mean and deviation have 16 more binary digits.
NORMAL_DRAWS = 6

NORMAL_BITS = 32

NORMAL_EXTRA_BITS = 16


def normal(generator: Normal, context: ColumnContext) -> pl.Expr:
    """Int64, Decimal(38, scale), Date or Datetime. UsageError: a value could exceed 64 bits."""
    mean, deviation = generator.in_units
    if abs(mean) + 6 * deviation >= MAX_INTEGER:
        raise context.error(
            f"`normal` around {generator.mean} with deviation {generator.deviation} exceeds 64 bits",
            "Choose a smaller mean, deviation or `scale`",
        )
    half = pl.lit(2**NORMAL_BITS, dtype=pl.UInt64)
    halves = [
        part.cast(pl.Int64)
        for k in range(NORMAL_DRAWS)
        for part in (context.random_bits(str(k)) // half, context.random_bits(str(k)) % half)
    ]
    # Twelve integers below 2**32 sum up to 6 × (2**32 - 1) on average
    sum_less_mean = pl.sum_horizontal(halves) - 6 * (2**NORMAL_BITS - 1)
    fixed_mean, fixed_deviation = (round(number * 2**NORMAL_EXTRA_BITS) for number in (mean, deviation))
    one = 2 ** (NORMAL_BITS + NORMAL_EXTRA_BITS)
    value = sum_less_mean.cast(pl.Int128) * _wide(fixed_deviation) + _wide(fixed_mean * 2**NORMAL_BITS + one // 2)
    rounded = (value // _wide(one)).cast(pl.Int64).clip(*generator.limits)
    return of_unit(rounded, generator.unit, generator.scale)


def _wide(number: int) -> pl.Expr:
    return pl.lit(number, dtype=pl.Int128)


def zipf(generator: Zipf, context: ColumnContext) -> pl.Expr:
    """Int64, 1 … count."""
    return zipf_rank(generator.count, generator.exponent, context, INDEX) + 1


def zipf_rank(count: int, exponent: float, context: ColumnContext, index: pl.Expr, group: str | None = None) -> pl.Expr:
    """Int64, 0 … count-1: random ranks; rank k has the weight (k + 1)**-exponent."""
    firsts, ends = _zipf_table(count, repr(exponent))
    bits = context.random_bits("zipf", index, group) // pl.lit(2, dtype=pl.UInt64)
    entry = pl.lit(ends).search_sorted(bits.cast(pl.Int64), side="right")
    first, width = pl.lit(firsts).gather(entry), pl.lit(firsts.diff(null_behavior="drop")).gather(entry)
    return first + below(context.random_bits("rank", index, group), width)


@lru_cache
def _zipf_table(count: int, exponent: str) -> tuple[pl.Series, pl.Series]:
    """The first rank of each entry, then `count`; and for each entry but the last, its cumulative weight, scaled to a total of 2**63."""
    firsts = [0]
    while firsts[-1] < count:
        firsts.append(min(count, firsts[-1] + max(1, (firsts[-1] + 1) // SINGLE_RANKS)))
    power = -Decimal(exponent)
    sums = [Decimal(0)]
    for first, end in pairwise(firsts):
        middle = Decimal(first + end + 1) / 2
        sums.append(DECIMALS.add(sums[-1], DECIMALS.multiply(Decimal(end - first), DECIMALS.power(middle, power))))
    total = sums[-1]
    ends = [int(DECIMALS.divide(DECIMALS.multiply(part, Decimal(2**63)), total)) for part in sums[1:-1]]
    return pl.Series(firsts, dtype=pl.Int64), pl.Series([min(end, MAX_INTEGER) for end in ends], dtype=pl.Int64)


def sequence(generator: Sequence, context: ColumnContext) -> pl.Expr:
    """Int64. UsageError: a number of this table exceeds 64 bits."""
    last = max(0, context.rows - 1) // generator.every
    if generator.count is not None:
        last = min(last, generator.count - 1)
    if not all(MIN_INTEGER <= number <= MAX_INTEGER for number in (generator.start, generator.start + generator.step * last)):
        raise context.error("the sequence exceeds 64 bits", "Choose another start or step")
    number = INDEX // generator.every
    if generator.count is not None:
        number = number % generator.count
    return generator.start + generator.step * number


def spread(generator: Spread, context: ColumnContext) -> pl.Expr:
    """Datetime, or Date if the unit is "d"."""
    start_ms = (parse_iso(generator.start) - EPOCH) // timedelta(milliseconds=1)
    unit_ms = {"ms": 1, "s": 1000, "d": 86_400_000}[generator.unit]
    number = (part_of_rows(generator.span_seconds * 1000, max(context.rows, 1)) + start_ms) // unit_ms
    if generator.unit == "ms":
        return pl.from_epoch(number, time_unit="ms").cast(pl.Datetime("ms"))
    return second(number) if generator.unit == "s" else day(number)


def part_of_rows(total: int, rows: int) -> pl.Expr:
    """Int64: floor(i × total / rows)."""
    # in two parts: i × total would overflow 64 bits
    whole, rest = divmod(total, rows)
    index = INDEX if rows < MAX_ROWS_IN_64_BITS else INDEX.cast(pl.Int128)
    return INDEX * whole + (index * rest // rows).cast(pl.Int64)
