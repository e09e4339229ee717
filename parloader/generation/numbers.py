"""Numbers and moments: drawn, spread, or in turn. All of it is integer arithmetic: no machine's library of functions has a part in it."""

from datetime import date, timedelta
from decimal import Context, Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

import polars as pl

from parloader.generation.context import INDEX, ColumnContext
from parloader.generation.hashing import below, between
from parloader.plans.generators import Normal, Sequence, Spread, Uniform, Zipf
from parloader.timestamps import EPOCH, parse_iso

LOWEST, HIGHEST = -(2**63), 2**63 - 1

# Up to here rows × rows fits a signed 64-bit integer
MAX_ROWS_IN_64_BITS = 3_000_000_000

DECIMAL_DIGITS = 38  # the most that Polars has

# The ranks below have a weight of their own; those from it on share one with their neighbours, a 256th of the rank. So a table for
# a billion ranks has some 4,000 entries, and no weight is off by more than half a percent (times the exponent).
SINGLE_RANKS = 256

DECIMALS = Context(prec=28)


def decimal(units: pl.Expr, scale: int) -> pl.Expr:
    """Decimal(38, scale): Int64 `units` of the last digit."""
    number = units.cast(pl.Decimal(DECIMAL_DIGITS, 0))
    return (number * pl.lit(Decimal(1).scaleb(-scale))).cast(pl.Decimal(DECIMAL_DIGITS, scale)) if scale else number


def day(number: pl.Expr) -> pl.Expr:
    """Date: Int64 days after 1970-01-01."""
    return pl.from_epoch(number, time_unit="d")


def second(number: pl.Expr) -> pl.Expr:
    """Datetime: Int64 seconds after 1970-01-01."""
    return pl.from_epoch(number, time_unit="s")


def timestamp_ms(text: str) -> int:
    """Milliseconds from 1970-01-01 to an ISO timestamp (timestamps.parse_iso). ValueError: it is invalid, or has fractions of a millisecond."""
    milliseconds, rest = divmod(parse_iso(text) - EPOCH, timedelta(milliseconds=1))
    if rest:
        raise ValueError(text)
    return milliseconds


def uniform(generator: Uniform, place: ColumnContext) -> pl.Expr:
    """UsageError: the bounds are not valid."""
    low, high = str(generator.low), str(generator.high)
    next_step = 'Write two integers, decimals ("0.00"), dates ("2024-01-01") or moments ("2024-01-01T00:00:00"), the lower one first'
    try:
        if isinstance(generator.low, int) and isinstance(generator.high, int):
            return _drawn(generator.low, generator.high, place)
        if "T" in low or " " in low:
            first, last = timestamp_ms(low), timestamp_ms(high)
            if first % 1000 or last % 1000:
                raise ValueError(low)
            return second(_drawn(first // 1000, last // 1000, place))
        if "-" in low[1:]:
            first, last = ((date.fromisoformat(text) - EPOCH.date()).days for text in (low, high))
            return day(_drawn(first, last, place))
        scale = max(_scale(low), _scale(high))
        return decimal(_drawn(int(Decimal(low).scaleb(scale)), int(Decimal(high).scaleb(scale)), place), scale)
    except (ValueError, InvalidOperation, OverflowError) as error:
        raise place.error(f"uniform from {low} to {high} is not valid", next_step) from error


def _scale(text: str) -> int:
    exponent = Decimal(text).as_tuple().exponent
    if not isinstance(exponent, int):  # NaN, Infinity
        raise ValueError(text)
    return max(0, -exponent)


def _drawn(low: int, high: int, place: ColumnContext) -> pl.Expr:
    if not LOWEST <= low <= high <= HIGHEST:
        raise ValueError(low, high)
    return between(place.random_bits(), low, high)


# A draw is cut into two halves of 32 bits; twelve of them (Irwin-Hall) have a variance of 2**64, so that their sum less its mean is
# normally distributed with deviation 2**32, up to six deviations away. Mean and deviation have 16 more binary digits.
NORMAL_DRAWS = 6

NORMAL_BITS = 32

NORMAL_EXTRA_BITS = 16


def normal(generator: Normal, place: ColumnContext) -> pl.Expr:
    """Int64 or Decimal(38, scale). UsageError: the deviation is negative, low above high, or a number too large."""
    units = 10**generator.scale
    mean, deviation = (Fraction(repr(number)) * units for number in (generator.mean, generator.deviation))
    low = LOWEST if generator.low is None else -(-Fraction(repr(generator.low)) * units // 1)
    high = HIGHEST if generator.high is None else Fraction(repr(generator.high)) * units // 1
    if deviation < 0 or low > high or abs(mean) + 6 * deviation >= HIGHEST:
        raise place.error(
            f"normal around {generator.mean} with deviation {generator.deviation} is not valid",
            "The deviation is 0 or more, low is not above high, and mean and deviation times 10**scale fit 64 bits",
        )
    half = pl.lit(2**NORMAL_BITS, dtype=pl.UInt64)
    halves = [
        part.cast(pl.Int64) for k in range(NORMAL_DRAWS) for part in (place.random_bits(str(k)) // half, place.random_bits(str(k)) % half)
    ]
    # Twelve whole numbers below 2**32 sum up to 6 × (2**32 - 1) on average
    sum_less_mean = pl.sum_horizontal(halves) - 6 * (2**NORMAL_BITS - 1)
    fixed_mean, fixed_deviation = (round(number * 2**NORMAL_EXTRA_BITS) for number in (mean, deviation))
    one = 2 ** (NORMAL_BITS + NORMAL_EXTRA_BITS)
    value = sum_less_mean.cast(pl.Int128) * _wide(fixed_deviation) + _wide(fixed_mean * 2**NORMAL_BITS + one // 2)
    rounded = (value // _wide(one)).cast(pl.Int64).clip(int(max(low, LOWEST)), int(min(high, HIGHEST)))
    return decimal(rounded, generator.scale) if generator.scale else rounded


def _wide(number: int) -> pl.Expr:
    return pl.lit(number, dtype=pl.Int128)


def zipf(generator: Zipf, place: ColumnContext) -> pl.Expr:
    return zipf_rank(generator.count, generator.exponent, place, INDEX) + 1


def zipf_rank(count: int, exponent: float, place: ColumnContext, index: pl.Expr, group: str | None = None) -> pl.Expr:
    """Int64, 0 … count-1: rank k is drawn with the weight (k + 1)**-exponent. UsageError: there is no rank, or the exponent is negative."""
    if count < 1 or not 0 <= exponent <= 100:
        raise place.error(f"zipf of {count} with exponent {exponent} is not valid", "The count is 1 or more, the exponent 0 to 100")
    firsts, ends = _zipf_table(count, repr(exponent))
    draw = place.random_bits("zipf", index, group) // pl.lit(2, dtype=pl.UInt64)
    entry = pl.lit(ends).search_sorted(draw.cast(pl.Int64), side="right")
    first, width = pl.lit(firsts).gather(entry), pl.lit(firsts.diff(null_behavior="drop")).gather(entry)
    return first + below(place.random_bits("rank", index, group), width)


@lru_cache
def _zipf_table(count: int, exponent: str) -> tuple[pl.Series, pl.Series]:
    """The first rank of each entry (and `count`); for each entry but the last one the share of the draws up to its end, × 2**63."""
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
    return pl.Series(firsts, dtype=pl.Int64), pl.Series([min(end, HIGHEST) for end in ends], dtype=pl.Int64)


def sequence(generator: Sequence, place: ColumnContext) -> pl.Expr:
    """UsageError: every or count is below 1, or the numbers leave 64 bits."""
    if generator.every < 1 or (generator.count is not None and generator.count < 1):
        raise place.error(f"every {generator.every}, count {generator.count}", "Both are 1 or more")
    last = max(0, place.rows - 1) // generator.every
    if generator.count is not None:
        last = min(last, generator.count - 1)
    if not all(LOWEST <= number <= HIGHEST for number in (generator.start, generator.start + generator.step * last)):
        raise place.error("the sequence leaves the range of 64-bit integers", "Choose another start or step")
    number = INDEX // generator.every
    if generator.count is not None:
        number = number % generator.count
    return generator.start + generator.step * number


def spread(generator: Spread, place: ColumnContext) -> pl.Expr:
    """UsageError: start, span or unit is not valid."""
    try:
        start_ms = timestamp_ms(generator.start)
    except (ValueError, OverflowError) as error:
        raise place.error(f"start {generator.start!r} is no moment", "Write it as 2024-01-01T00:00:00Z") from error
    units = {"ms": 1, "s": 1000, "d": 86_400_000}
    if generator.unit not in units or generator.span_seconds < 0:
        raise place.error(
            f"unit {generator.unit!r}, span {generator.span_seconds} s", f"The unit is one of {', '.join(units)}, the span 0 or more"
        )
    # floor(i × span / rows) ms; in two parts, because i × span overflows 64 bits beyond 292 million rows a year
    whole_ms, rest_ms = divmod(generator.span_seconds * 1000, max(place.rows, 1))
    index = INDEX if place.rows < MAX_ROWS_IN_64_BITS else INDEX.cast(pl.Int128)
    offset_ms = INDEX * whole_ms + (index * rest_ms // max(place.rows, 1)).cast(pl.Int64)
    number = (offset_ms + start_ms) // units[generator.unit]
    if generator.unit == "ms":
        return pl.from_epoch(number, time_unit="ms").cast(pl.Datetime("ms"))
    return second(number) if generator.unit == "s" else day(number)
