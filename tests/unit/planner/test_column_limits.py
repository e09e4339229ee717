"""A distribution gives only numbers that its column can hold."""

import pytest

from parloader.planner.given.column_limits import within_column
from parloader.plans.generators import Exponential, Gamma, Generator, Geometric, Lognormal, Normal, Pareto, Poisson, Uniform
from parloader.schema.model import ColumnSchema, ColumnType

TINY = ColumnSchema(name="c", kind=ColumnType.INTEGER, type_text="tinyint unsigned", max_value=255)

PRICE = ColumnSchema(name="c", kind=ColumnType.DECIMAL, type_text="decimal(6,2)", precision=6, scale=2)

WIDE = ColumnSchema(name="c", kind=ColumnType.DECIMAL, type_text="decimal(30,2)", precision=30, scale=2)

NAME = ColumnSchema(name="c", kind=ColumnType.TEXT, type_text="varchar(20)", length=20)


@pytest.mark.parametrize(
    ("generator", "column", "high"),
    [
        (Pareto(least=10, exponent=1.16, scale=2), PRICE, 9999.99),
        (Pareto(least=10, exponent=1.16, scale=2), WIDE, None),
        (Pareto(least=10, exponent=0.2, scale=2), WIDE, 1e28),
        (Pareto(least=10, exponent=1.16, scale=2, high=50), PRICE, 50),
        (Lognormal(median=50, sigma=0.2, scale=2), PRICE, None),
        (Lognormal(median=50, sigma=40, scale=2), PRICE, 9999.99),
        (Exponential(mean=20), TINY, 255),
        (Exponential(mean=3), TINY, None),
        (Exponential(mean=300, low=300), TINY, None),  # the server refuses it at once
        (Gamma(mean=10, shape=0.5), TINY, 255),
        (Gamma(mean=3, shape=9), TINY, None),
        (Poisson(mean=100), TINY, 255),
        (Geometric(mean=1000), PRICE, 9999),
        (Exponential(mean=10**6), NAME, None),
    ],
    ids=repr,
)
def test_high(generator: Generator, column: ColumnSchema, high: float | None) -> None:
    limited = within_column(generator, column)
    assert vars(limited) == {**vars(generator), "high": high}


@pytest.mark.parametrize("generator", [Normal(mean=500, deviation=100), Uniform(low=0, high=1000)])
def test_others_stay_as_they_are(generator: Generator) -> None:
    assert within_column(generator, TINY) is generator
