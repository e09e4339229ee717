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


@dataclass(frozen=True, kw_only=True)
class Between(Generator):
    """A random value between two bounds, both included: constants as in Uniform, or SQL over `i` and the row's other columns.

    NULL if a bound is NULL. Numbers have as many decimals as the bound with more of them, timestamps whole seconds from the lower bound on.
    """

    low: int | str
    high: int | str
    scale: int | None = None  # digits after the point, to which the bounds are rounded inwards; None: as many as they have
    of: Generator | None = None  # its values, if they are between the bounds
