"""Generators: what a column of row `i` contains, as values that can be written to a plan file and to the ledger.

A value depends only on the plan's seed, the table, the column, `i`, the row's other columns and the parents' keys. All randomness is one
hash (generation/hashing.py), so rows are the same on every machine and in every version.

To add a generator: its class in a module of this package, its name in `__all__` here; its syntax, including the validation of its fields, in
plans/documents/generator_words.py or quantity_words.py; its Polars expression in generation/expressions.py (or in a module that this one calls). No other file
lists the generators: code that looks into nested ones uses `Generator.walk` and `Generator.map`.
"""

from parloader.plans.generators.base import MAX_INTEGER, MIN_INTEGER, Generator, Scalar
from parloader.plans.generators.constants import Choice, Const, Cycle
from parloader.plans.generators.expressions import Between, Expr, When
from parloader.plans.generators.families import Aggregate, AggregateFunction, ChildOf, NumberIn, ShareOf
from parloader.plans.generators.numbers import (
    Exponential,
    Gamma,
    Geometric,
    Histogram,
    Lognormal,
    Normal,
    Pareto,
    Poisson,
    Sequence,
    Uniform,
    Zipf,
)
from parloader.plans.generators.picks import Distribution, Pick
from parloader.plans.generators.texts import (
    COUNTED,
    OF_LOCALES,
    PROVIDERS,
    RANDOM_FORMS,
    Code,
    Provider,
    Random,
    Slug,
    Template,
)
from parloader.plans.generators.times import After, Spread, Timeline
from parloader.plans.generators.unique import SCATTERED, Unique, UniqueKind

__all__ = [
    "COUNTED",
    "MAX_INTEGER",
    "MIN_INTEGER",
    "OF_LOCALES",
    "PROVIDERS",
    "RANDOM_FORMS",
    "SCATTERED",
    "After",
    "Aggregate",
    "AggregateFunction",
    "Between",
    "ChildOf",
    "Choice",
    "Code",
    "Const",
    "Cycle",
    "Distribution",
    "Exponential",
    "Expr",
    "Gamma",
    "Generator",
    "Geometric",
    "Histogram",
    "Lognormal",
    "Normal",
    "NumberIn",
    "Pareto",
    "Pick",
    "Poisson",
    "Provider",
    "Random",
    "Scalar",
    "Sequence",
    "ShareOf",
    "Slug",
    "Spread",
    "Template",
    "Timeline",
    "Uniform",
    "Unique",
    "UniqueKind",
    "When",
    "Zipf",
]
