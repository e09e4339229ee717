"""Tables of distributions in exact arithmetic: cumulative probabilities, scaled to a total of 2**63.

Each is correctly rounded, so it does not matter how it is computed; docs/generators.md specifies them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate
from math import ceil, isqrt

TOTAL = 2**63

# Between two knots the density is constant. With 128 per deviation, no cumulative probability is off by more than 8 millionths
KNOTS = 128

DECIMALS = Context(prec=60)

# Probabilities below 2**-64 are 0 in a table: the normal distribution has them beyond 9.3 deviations
NORMAL_KNOTS = 10 * KNOTS

SQUARE_ROOT_OF_2_PI = Decimal("2.50662827463100050241576528481104525300698674060993831662992357634")

FIXED_BITS = 192


@dataclass(frozen=True, kw_only=True)
class Quantiles:
    """A distribution in steps: between knots[k] and knots[k + 1] lie cumulative[k + 1] - cumulative[k] of TOTAL."""

    first: int  # the number of the first knot: what it stands for depends on the distribution
    cumulative: tuple[int, ...]


@lru_cache
def exponential() -> Quantiles:
    """Knot k is k / KNOTS, with a mean of 1."""
    ratio = DECIMALS.exp(DECIMALS.divide(Decimal(-1), Decimal(KNOTS)))

    def survival() -> Iterator[Decimal]:
        rest = Decimal(1)
        while True:
            yield rest
            rest = DECIMALS.multiply(rest, ratio)

    cumulative = []
    for rest in survival():
        cumulative.append(_scaled(DECIMALS.subtract(Decimal(1), rest)))
        if cumulative[-1] == TOTAL:
            return Quantiles(first=0, cumulative=tuple(cumulative))
    raise AssertionError


@lru_cache
def normal() -> Quantiles:
    """Knot k is k / KNOTS deviations from the mean."""
    upper = [_scaled(_half_of_normal(k)) for k in range(NORMAL_KNOTS)]
    last = upper.index(TOTAL // 2)
    halves = [TOTAL // 2 - part for part in reversed(upper[1 : last + 1])], [TOTAL // 2 + part for part in upper[: last + 1]]
    return Quantiles(first=-last, cumulative=tuple(halves[0] + halves[1]))


def _half_of_normal(k: int) -> Decimal:
    """The probability from the mean to z = k / KNOTS: density × (z + z³/3 + z⁵/(3·5) + …)."""
    one, term, n, total = 2**FIXED_BITS, 2**FIXED_BITS * k // KNOTS, 1, 0
    while term:
        total += term
        n += 2
        term = term * k * k // (KNOTS * KNOTS * n)
    square = DECIMALS.divide(Decimal(k * k), Decimal(2 * KNOTS * KNOTS))
    density = DECIMALS.divide(DECIMALS.exp(-square), SQUARE_ROOT_OF_2_PI)
    return DECIMALS.multiply(density, DECIMALS.divide(Decimal(total), Decimal(one)))


def _scaled(probability: Decimal) -> int:
    return int(DECIMALS.to_integral_value(DECIMALS.multiply(probability, Decimal(TOTAL))))


GAMMA_KNOTS = 2048

GAMMA_BITS = 128  # the sum of a few hundred terms is right to 100 bits


@lru_cache
def gamma(shape: Fraction) -> tuple[Quantiles, tuple[Decimal, ...]]:
    """The distribution of shape and mean `shape`, and the value at each knot, from its first one on."""
    whole = ceil(shape)
    greatest = 60 + whole + 12 * (isqrt(whole) + 1)  # less than 2**-100 of the numbers are greater
    power = max(2, ceil(2 / shape))  # so that knots are close to each other where the numbers are, also near 0
    values = [_over(Decimal(greatest * k**power), Decimal(GAMMA_KNOTS**power)) for k in range(GAMMA_KNOTS + 1)]
    masses = [Decimal(0), *(_gamma_mass(value, shape) for value in values[1:])]
    cumulative = [_scaled(_over(mass, masses[-1])) for mass in masses]
    start, stop = max(k for k, part in enumerate(cumulative) if part == 0), cumulative.index(TOTAL)
    return Quantiles(first=start, cumulative=tuple(cumulative[start : stop + 1])), tuple(values[start : stop + 1])


def _gamma_mass(value: Decimal, shape: Fraction) -> Decimal:
    """In proportion to the probability of less than the value: value**shape × e**-value × (1 + value/(shape+1) + value²/((shape+1)(shape+2)) + …)."""
    factor, step = int(DECIMALS.multiply(value, Decimal(2**GAMMA_BITS))) * shape.denominator, shape.denominator << GAMMA_BITS
    term, divisor, total = 2**GAMMA_BITS, shape.numerator << GAMMA_BITS, 0
    while term:
        total += term
        divisor += step
        term = term * factor // divisor
    exponent = DECIMALS.multiply(_over(Decimal(shape.numerator), Decimal(shape.denominator)), DECIMALS.ln(value))
    return DECIMALS.multiply(DECIMALS.exp(DECIMALS.subtract(exponent, value)), Decimal(total))


def _over(number: Decimal, divisor: Decimal) -> Decimal:
    return DECIMALS.divide(number, divisor)


@lru_cache
def poisson(mean: Fraction) -> Quantiles:
    """Knot k is the number k: cumulative[j] is the probability of a number below first + j."""
    mode = int(mean)
    below = list(_poisson_weights(mean, mode, -1))
    weights = [*reversed(below), 2**FIXED_BITS, *_poisson_weights(mean, mode, 1)]
    total = sum(weights)
    cumulative = [(part * TOTAL + total // 2) // total for part in accumulate(weights, initial=0)]
    start = max(j for j, part in enumerate(cumulative) if part == 0)
    stop = cumulative.index(TOTAL)
    return Quantiles(first=mode - len(below) + start, cumulative=tuple(cumulative[start : stop + 1]))


def _poisson_weights(mean: Fraction, mode: int, step: int) -> Iterator[int]:
    """Probabilities relative to that of the mode, next to it on one side and away from it, as long as they matter."""
    weight, number = 2**FIXED_BITS, mode
    while True:
        if step > 0:
            number += 1
            weight = weight * mean.numerator // (mean.denominator * number)
        elif number:
            weight = weight * number * mean.denominator // mean.numerator
            number -= 1
        else:
            return
        if weight < 2 ** (FIXED_BITS // 2):
            return
        yield weight
