"""Limits numbers of a distribution to the range of their column: a few large ones would exceed it in the middle of a load."""

import math
from dataclasses import replace
from typing import Any

from parloader.plans.generators import Exponential, Gamma, Generator, Geometric, Lognormal, Pareto, Poisson
from parloader.schema.model import ColumnSchema, ColumnType

# The greatest values of the tables: 2**-64 of the numbers are greater
MAX_EXPONENTIAL, MAX_NORMAL = 45.0, 9.3

MAX_POWER = 300.0  # e to this power is more than any column holds; e to the power of 710 is more than a float holds


def within_column(generator: Generator, column: ColumnSchema) -> Generator:
    """The generator with the greatest number that the column can hold as `high`, if it has no other and could exceed it."""
    greatest = _greatest_of(column)
    match generator:
        case Lognormal() | Exponential() | Gamma() | Pareto() | Poisson() | Geometric() if generator.high is None and greatest is not None:
            if (generator.low or 0) <= greatest < _could_reach(generator):
                high: Any = math.floor(greatest) if isinstance(generator, Poisson | Geometric) else float(greatest)
                return replace(generator, high=high)
    return generator


def _greatest_of(column: ColumnSchema) -> float | None:
    match column.kind:
        case ColumnType.INTEGER:
            return column.max_value
        case ColumnType.DECIMAL if column.precision <= 15:  # exact as a float
            return float(10**column.precision - 1) / 10.0**column.scale
        case ColumnType.DECIMAL:
            return float(10 ** (column.precision - column.scale) - 1)
    return None


def _could_reach(generator: Lognormal | Exponential | Gamma | Pareto | Poisson | Geometric) -> float:
    match generator:
        case Lognormal():
            return generator.median * math.exp(min(MAX_POWER, MAX_NORMAL * generator.sigma))
        case Pareto():
            return generator.least * math.exp(min(MAX_POWER, MAX_EXPONENTIAL / generator.exponent))
        case Gamma():
            return generator.mean * MAX_EXPONENTIAL * max(1, 1 / generator.shape)
    return MAX_EXPONENTIAL * (generator.mean + 1)
