"""Numbers of a distribution: their definition, by the tests of chi-square and Kolmogorov-Smirnov; and docs/generators.md, in plain Python."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Context, Decimal
from fractions import Fraction
from functools import cache
from itertools import accumulate, pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.columns import context, series, values

from parloader.generation.expressions import expression
from parloader.generation.hashing import draw_number, stream
from parloader.plans.documents.mistakes import InvalidPlan
from parloader.plans.generators import (
    Exponential,
    Gamma,
    Generator,
    Geometric,
    Histogram,
    Lognormal,
    Normal,
    Pareto,
    Poisson,
    Uniform,
    Zipf,
)

ROWS = [100_000, pytest.param(1_000_000, marks=pytest.mark.slow)]

# A correct distribution exceeds the limits below in one of a million tests
ONE_IN_A_MILLION = 1e-6


def sum_of_twelve(z: float) -> float:
    """The probability that the sum of twelve numbers of 0 to 1, less 6, is less than z (Irwin-Hall)."""
    x = min(max(z, -6.0), 6.0) + 6
    below = min(x, 12 - x)  # symmetric; the terms of the other half are great and cancel each other
    half = math.fsum((-1) ** k * math.comb(12, k) * (below - k) ** 12 for k in range(math.floor(below) + 1)) / math.factorial(12)
    return half if x == below else 1 - half


def normal(z: float) -> float:
    return (1 + math.erf(z / math.sqrt(2))) / 2


def gamma(x: float, shape: float) -> float:
    """The lower incomplete gamma function, regularized: by its series."""
    term = total = 1 / shape if x > 0 else 0.0
    n = shape
    while term > total * 1e-15:
        n += 1
        term *= x / n
        total += term
    return total * math.exp(shape * math.log(x) - x - math.lgamma(shape)) if total else 0.0


CONTINUOUS: list[tuple[Generator, Callable[[float], float]]] = [
    (Lognormal(median=50, sigma=0.7, scale=6), lambda x: normal(math.log(x / 50) / 0.7)),
    (Lognormal(median=0.5, sigma=2.5, scale=9), lambda x: normal(math.log(x / 0.5) / 2.5) if x > 0 else 0.0),
    (Exponential(mean=7.5, scale=7), lambda x: 1 - math.exp(-x / 7.5)),
    (Gamma(mean=20, shape=2.5, scale=6), lambda x: gamma(x / 8, 2.5)),
    (Gamma(mean=20, shape=0.25, scale=12), lambda x: gamma(x / 80, 0.25)),
    (Gamma(mean=1000, shape=400, scale=6), lambda x: gamma(x / 2.5, 400)),
    (Pareto(least=3, exponent=1.16, scale=5), lambda x: 1 - (3 / x) ** 1.16),
    (Normal(mean=10, deviation=2, scale=7), lambda x: sum_of_twelve((x - 10) / 2)),
    (Uniform(low="0.0000000", high="4.9999999"), lambda x: x / 5),
    (
        Histogram(edges=(0, 10, 40, 45), weights=(3, 1, 2), scale=7),
        lambda x: (3 * min(x, 10) / 10 + max(0, min(x, 40) - 10) / 30 + 2 * max(0, x - 40) / 5) / 6,
    ),
]

DISCRETE: list[tuple[Generator, Callable[[int], float]]] = [
    (Poisson(mean=3.2), lambda k: math.exp(k * math.log(3.2) - 3.2 - math.lgamma(k + 1))),
    (Poisson(mean=0.05), lambda k: math.exp(k * math.log(0.05) - 0.05 - math.lgamma(k + 1))),
    (Poisson(mean=400), lambda k: math.exp(k * math.log(400) - 400 - math.lgamma(k + 1))),
    (Geometric(mean=2), lambda k: (2 / 3) ** k / 3),
    (Geometric(mean=0.25), lambda k: 0.2**k * 0.8),
    (Zipf(count=50, exponent=1.1), lambda k: k**-1.1 / sum(n**-1.1 for n in range(1, 51)) if 0 < k <= 50 else 0.0),
    (Histogram(edges=(1, 2, 5, 8), weights=(4, 3, 1)), lambda k: [0, 4, 1, 1, 1, 0.25, 0.25, 0.25, 0.25][k] / 8 if k < 9 else 0.0),
]


def chi_square(counts: list[int], expected: list[float]) -> float:
    """How improbable such counts are: the probability of greater deviations (Wilson and Hilferty's approximation)."""
    total = sum((count - mean) ** 2 / mean for count, mean in zip(counts, expected, strict=True))
    freedom = len(counts) - 1
    z = ((total / freedom) ** (1 / 3) - 1 + 2 / (9 * freedom)) / math.sqrt(2 / (9 * freedom))
    return 1 - normal(z)


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize(("generator", "cumulative"), CONTINUOUS, ids=[repr(each) for each, _ in CONTINUOUS])
def test_continuous(generator: Generator, cumulative: Callable[[float], float], rows: int) -> None:
    found = series(generator, rows).cast(pl.Float64).sort()
    # every 50th value: the greatest deviation is at most 50 / rows greater
    places = range(0, rows, max(1, rows // 20_000))
    deviation = max(abs(cumulative(found[place]) - (place + 0.5) / rows) for place in places) * math.sqrt(rows)
    assert 2 * math.exp(-2 * deviation**2) > ONE_IN_A_MILLION  # Kolmogorov-Smirnov
    edges = [_quantile(cumulative, k / 100, found[0], found[-1]) for k in range(1, 100)]
    ends = [0, *(int(found.search_sorted(edge)) for edge in edges), rows]
    assert chi_square([end - begin for begin, end in pairwise(ends)], [rows / 100] * 100) > ONE_IN_A_MILLION


def _quantile(cumulative: Callable[[float], float], share: float, low: float, high: float) -> float:
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if cumulative(middle) < share else (low, middle)
    return low


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize(("generator", "probability"), DISCRETE, ids=[repr(each) for each, _ in DISCRETE])
def test_discrete(generator: Generator, probability: Callable[[int], float], rows: int) -> None:
    found = series(generator, rows)
    counts = dict(found.value_counts().iter_rows())
    numbers = [k for k in range(1000) if probability(k) * rows >= 10]
    expected = [probability(k) * rows for k in numbers]
    others = rows - sum(expected)
    observed = [counts.get(k, 0) for k in numbers]
    assert chi_square([*observed, rows - sum(observed)], [*expected, others + 1e-9]) > ONE_IN_A_MILLION if others > 1 else True
    cumulative = zip(accumulate(observed), accumulate(expected), strict=True) if numbers[0] == min(counts) else ()
    deviation = max((abs(found - true) / math.sqrt(rows) for found, true in cumulative), default=0)
    assert 2 * math.exp(-2 * deviation**2) > ONE_IN_A_MILLION


DIGITS = Context(prec=100)


@cache
def exponential_table(k: int) -> int:
    return round(2**63 * (1 - DIGITS.exp(DIGITS.divide(Decimal(-k), Decimal(128)))))


@cache
def normal_table(k: int) -> int:
    """By the alternating series of the error function; the package has another one."""
    x = DIGITS.divide(Decimal(k), Decimal(128))
    total, term, n = Decimal(0), x, 0
    while abs(term) > Decimal("1e-40"):
        total = DIGITS.add(total, DIGITS.divide(term, Decimal(2 * n + 1)))
        n += 1
        term = DIGITS.divide(DIGITS.multiply(DIGITS.multiply(term, -x), x), Decimal(2 * n))
    pi = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798")
    return round(2**63 * (Decimal("0.5") + DIGITS.divide(total, DIGITS.sqrt(2 * pi))))


def interpolated(
    draw: int, table: Callable[[int], int], value: Callable[[int], Decimal], high: int | None, first: int, *, up: bool = True
) -> int:
    """docs/generators.md, "Distributions"."""
    u = draw >> 1
    lowest, highest = first, 6000  # of the knots
    while highest - lowest > 1:
        middle = (lowest + highest) // 2
        lowest, highest = (middle, highest) if table(middle) <= u else (lowest, middle)
    k = lowest
    last = bisect_left(range(6000), 2**63, key=table)
    greatest = int(value(last)) + 1 if high is None else min(high + 1, int(value(last)) + 1)
    b = max(0, min(16, 62 - greatest.bit_length()))
    knots = [round(min(min(value(n), Decimal(2**62)) * 2**b, Decimal(2**62))) for n in (k, k + 1)]
    between = (u - table(k)) * (knots[1] - knots[0]) // (table(k + 1) - table(k))
    return int((knots[0] + between + (2**b // 2 if up else 0)) // 2**b)


def draws(count: int) -> list[int]:
    return [draw_number(i, stream(42, "t", "c")) for i in range(count)]


def power(base: str, exponent: Decimal) -> Decimal:
    return DIGITS.multiply(Decimal(base), DIGITS.exp(exponent))


def over(k: int | Decimal, divisor: int | Decimal) -> Decimal:
    return DIGITS.divide(Decimal(k), Decimal(divisor))


class TestSpecification:
    def test_exponential(self) -> None:
        def value(k: int) -> Decimal:
            return Decimal("750") * over(k, 128)

        found = [int(number * 100) for number in values(Exponential(mean=7.5, scale=2), 30)]
        assert found == [interpolated(draw, exponential_table, value, None, 0) for draw in draws(30)]

    @pytest.mark.parametrize("shape", ["2.5", "0.3", "40"])
    def test_gamma(self, shape: str) -> None:
        def knot(k: int) -> Decimal:
            power, whole = max(2, math.ceil(2 / Fraction(shape))), math.ceil(Fraction(shape))
            return over((60 + whole + 12 * (math.isqrt(whole) + 1)) * k**power, Decimal(2048**power))

        @cache
        def mass(k: int) -> Decimal:
            """By the recurrence of the series, in decimals; the package has integers."""
            x, term, n = knot(k), Decimal(1), Decimal(shape)
            total = term
            while term > Decimal("1e-60"):
                n += 1
                term = DIGITS.divide(DIGITS.multiply(term, x), n)
                total = DIGITS.add(total, term)
            logarithm = DIGITS.subtract(DIGITS.multiply(Decimal(shape), DIGITS.ln(x)), x)
            return DIGITS.multiply(total, DIGITS.exp(logarithm)) if x else Decimal(0)

        def table(k: int) -> int:
            return round(DIGITS.multiply(Decimal(2**63), over(mass(min(k, 2048)), mass(2048)))) if k else 0

        def value(k: int) -> Decimal:
            return over(DIGITS.multiply(Decimal(5000), knot(k)), Decimal(shape))

        found = [int(number * 100) for number in values(Gamma(mean=50, shape=float(shape), scale=2), 30)]
        assert found == [interpolated(draw, table, value, None, 0) for draw in draws(30)]

    def test_pareto(self) -> None:
        def value(k: int) -> Decimal:
            return power("3", over(k, 128 * Decimal("0.3")))

        expected = [interpolated(draw, exponential_table, value, 10**15, 0) for draw in draws(30)]
        assert values(Pareto(least=3, exponent=0.3, high=10**15), 30) == [min(number, 10**15) for number in expected]

    def test_geometric(self) -> None:
        def value(k: int) -> Decimal:
            return over(over(k, 128), DIGITS.ln(over(Decimal("3.5"), Decimal("2.5"))))

        assert values(Geometric(mean=2.5), 30) == [interpolated(draw, exponential_table, value, None, 0, up=False) for draw in draws(30)]

    def test_lognormal(self) -> None:
        def value(k: int) -> Decimal:
            return power("4990", Decimal("0.6") * over(k, 128))

        found = [int(number * 100) for number in values(Lognormal(median=49.9, sigma=0.6, scale=2, low=20), 30)]
        assert found == [max(2000, interpolated(draw, normal_table, value, None, -1300)) for draw in draws(30)]

    @pytest.mark.parametrize("mean", ["0", "0.3", "4.25", "300"])
    def test_poisson(self, mean: str) -> None:
        exact, weights = Fraction(mean), [Fraction(1)]
        while len(weights) < 40 + 1.5 * exact:
            weights.append(Fraction(round(weights[-1] * exact / len(weights) * 2**1500), 2**1500))
        total = sum(weights)
        table = [math.floor(2**63 * part / total + Fraction(1, 2)) for part in accumulate(weights)]
        assert values(Poisson(mean=float(mean)), 30) == [bisect_right(table, draw >> 1) for draw in draws(30)]

    def test_histogram(self) -> None:
        def expected(i: int) -> int:
            bin_, place = (draw_number(i, stream(42, "t", "c", purpose)) for purpose in ("", "place"))
            k = bisect_right([3, 3, 8], bin_ % 8)
            edges = [-500, 0, 5, 10_000]
            width = edges[k + 1] - edges[k] + (k == 2)
            return edges[k] + place % width

        generator = Histogram(edges=(-5, "0.00", "0.05", 100), weights=(3, 0, 5))
        assert [int(number * 100) for number in values(generator, 50)] == [expected(i) for i in range(50)]


def test_quantiles() -> None:
    """Edges without weights have equal shares."""
    found = series(Histogram(edges=(0, 10, 100, 10_000)), 30_000)
    assert [found.is_between(*ends).mean() for ends in ((0, 9), (10, 99), (100, 10_000))] == pytest.approx([1 / 3] * 3, abs=0.01)


def test_histograms_of_dates_and_timestamps() -> None:
    days = values(Histogram(edges=("2024-02-28", "2024-03-01", "2024-03-02"), weights=(0, 1)))
    assert set(days) == {date(2024, 3, 1), date(2024, 3, 2)}
    times = values(Histogram(edges=("2024-01-01T00:00:00", "2024-01-01T00:00:01")))
    assert set(times) == {datetime(2024, 1, 1), datetime(2024, 1, 1, 0, 0, 1)}


numbers = st.integers(1, 10**9).map(lambda n: n / 1000)


@settings(max_examples=30)
@given(
    kind=st.sampled_from([
        lambda mean, _: Exponential(mean=mean, scale=2, low=1, high=10**6),
        lambda least, exponent: Pareto(least=least, exponent=max(0.01, exponent), scale=2, low=1, high=10**6),
        lambda mean, shape: Gamma(mean=mean, shape=min(max(shape, 0.05), 3), scale=2, low=1, high=10**6),
        lambda median, sigma: Lognormal(median=median, sigma=min(sigma, 50), scale=2, low=1, high=10**6),
        lambda mean, _: Geometric(mean=mean, low=1, high=10**6),
        lambda mean, _: Poisson(mean=min(mean, 10_000), low=1, high=10**6),
    ]),
    first=numbers,
    second=numbers,
    start=st.integers(0, 10**12),
)  # fmt: skip
def test_any_part_of_the_rows_is_the_same_and_within_the_limits(
    kind: Callable[[float, float], Generator], first: float, second: float, start: int
) -> None:
    generator = kind(first, second)
    frame = pl.DataFrame({"i": pl.int_range(start, start + 40, dtype=pl.Int64, eager=True)})
    compiled = expression(generator, context(rows=10**13))
    together = frame.select(compiled.alias("c"))["c"]
    apart = pl.concat([frame[k : k + 7].select(compiled.alias("c"))["c"] for k in range(0, 40, 7)])
    assert together.to_list() == apart.to_list()
    assert 1 <= together.cast(pl.Float64).min() <= together.cast(pl.Float64).max() <= 10**6  # type: ignore[operator]


@pytest.mark.parametrize(
    "generator",
    [
        Lognormal(median=1000, sigma=50),
        Pareto(least=1, exponent=0.01),
        Exponential(mean=1e20),
        Geometric(mean=1e20),
    ],
    ids=repr,
)
def test_numbers_that_are_too_large(generator: Generator) -> None:
    assert series(generator, 1000).max() == 2**62
    assert series(replace(generator, high=10**12), 10_000).max() == 10**12  # type: ignore[call-arg]


def test_an_edge_that_is_too_large() -> None:
    with pytest.raises(InvalidPlan, match=r"table t, column c: an edge of `histogram` exceeds 64 bits\. Choose"):
        series(Histogram(edges=(0, 2**64)), 10)
