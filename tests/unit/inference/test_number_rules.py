"""Numbers as the names of their columns say."""

from decimal import Decimal
from fractions import Fraction

import pytest
from support.columns import series

from parloader.inference.numbers.number_rules import RULES, shape_of
from parloader.inference.numbers.number_shapes import Bounds, Prices
from parloader.plans.generators import Generator, Scalar


def bounds(low: float | Fraction, high: float | Fraction, scale: int) -> Bounds:
    def exact(value: Fraction) -> Scalar:
        return Decimal(value.numerator) / value.denominator if scale else int(value)

    return Bounds(low=Fraction(low), high=Fraction(high), scale=scale, rows=500, exact=exact)


INTEGER, AMOUNT, TINY, RATE, COORDINATE = (
    bounds(0, 2**31 - 1, 0),
    bounds(0, 10**8, 2),
    bounds(0, 255, 0),
    bounds(0, Fraction(9999, 1000), 3),
    bounds(-1000, 1000, 6),
)


def generator(column: str, within: Bounds, table: str = "t") -> Generator:
    shape, factor = shape_of(column, table)
    assert shape is not None
    made = shape.generator(within, factor)
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("column", "within", "low", "high", "median"),
    [
        ("quantity", INTEGER, 1, 12, (1, 2)),
        ("rating", TINY, 1, 5, (4, 5)),
        ("avg_rating", AMOUNT, 1, 5, (3.8, 4.6)),
        ("stock", INTEGER, 0, 10_000, (20, 50)),
        ("views", INTEGER, 0, 200_000, (120, 260)),
        ("subtotal", AMOUNT, 1, 5_000, (50, 100)),
        ("amount_cents", INTEGER, 100, 500_000, (4_000, 8_000)),
        ("tax_rate", RATE, 0, 0.25, (0.07, 0.21)),
        ("tax_rate", AMOUNT, 0, 25, (7, 21)),
        ("vat", bounds(0, 99, 2), 0, 25, (7, 21)),
        ("vat", AMOUNT, 0, 500, (5, 15)),
        ("percent", TINY, 0, 100, (25, 80)),
        ("weight_kg", AMOUNT, 0.05, 200, (1, 3)),
        ("weight_g", INTEGER, 50, 200_000, (1_000, 3_000)),
        ("width_mm", INTEGER, 10, 5_000, (200, 400)),
        ("latitude", COORDINATE, 37, 59, (40, 56)),
        ("age", TINY, 18, 90, (35, 48)),
        ("duration_ms", INTEGER, 1_000, 2 * 10**7, (150_000, 400_000)),
        ("retry_count", TINY, 1, 5, (1, 1)),
        ("version", TINY, 1, 7, (1, 2)),
        ("shipping", AMOUNT, 0, 15, (3, 6)),
        ("annual_salary", AMOUNT, 12_000, 250_000, (40_000, 52_000)),
        ("term_months", INTEGER, 12, 120, (24, 60)),
        ("interest_rate", bounds(0, Fraction(99_999, 1000), 3), 0.5, 8.9, (2, 4.5)),
        ("interest_rate", RATE, 0.005, 0.089, (0.02, 0.045)),
        ("discount", AMOUNT, 0, 20, (0, 1)),
    ],
)
def test_numbers(column: str, within: Bounds, low: float, high: float, median: tuple[float, float]) -> None:
    values = series(generator(column, within), rows=1_000).cast(float)
    assert values.min() >= low  # type: ignore[operator]
    assert values.max() <= high  # type: ignore[operator]
    assert median[0] <= values.median() <= median[1]  # type: ignore[operator]


@pytest.mark.parametrize("names", [names for names, _ in RULES])
@pytest.mark.parametrize("within", [INTEGER, TINY, AMOUNT, RATE, COORDINATE, bounds(3, 7, 0), bounds(-5, -1, 2)])
def test_all_numbers_are_within_the_bounds(names: str, within: Bounds) -> None:
    shape, factor = shape_of(names.split()[0], "t")
    made = shape.generator(within, factor) if shape else None
    if made is not None:
        values = series(made, rows=300)
        assert within.low <= Fraction(str(values.min()))
        assert Fraction(str(values.max())) <= within.high


def test_the_table_decides_too() -> None:
    height = series(generator("height", AMOUNT, "patients"), rows=500).cast(float).median()
    assert 160 < height < 180  # type: ignore[operator]
    shape, factor = shape_of("price", "vehicles")
    assert isinstance(shape, Prices)
    assert factor > 100


def test_people_earn_as_much_in_any_table() -> None:
    assert shape_of("annual_salary", "contracts")[1] == 1
