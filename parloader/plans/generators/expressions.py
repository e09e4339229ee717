"""Values that depend on a condition, or that an SQL expression computes."""

from dataclasses import dataclass

from parloader.plans.generators.base import Generator
from parloader.plans.generators.constants import Const

NOTHING = Const(value=None)


@dataclass(frozen=True, kw_only=True)
class When(Generator):
    """`then` if the condition is true, else `otherwise`."""

    condition: str  # SQL over `i` and the row's other columns
    then: Generator
    otherwise: Generator = NOTHING


@dataclass(frozen=True, kw_only=True)
class Expr(Generator):
    """A Polars SQL expression over `i` and the row's other columns."""

    sql: str
