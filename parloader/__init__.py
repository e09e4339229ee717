"""parloader fills a table of a MySQL or MariaDB database with millions of deterministic rows, every constraint left on.

What a plan in Python is made of can be imported from here (docs/plan-files.md).
"""

import time
from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
IMPORTED_AT_SECONDS = time.monotonic()

if TYPE_CHECKING:
    from parloader.plans.generators import (
        After,
        Choice,
        Const,
        Cycle,
        Distribution,
        Expr,
        Form,
        Normal,
        Pick,
        Provider,
        Random,
        Sequence,
        Spread,
        Template,
        Uniform,
        Unique,
        When,
        Zipf,
    )
    from parloader.plans.model import Count, ExactlyOne, Plan, SameThrough, Table

PLAN_NAMES = ("Count", "ExactlyOne", "Plan", "SameThrough", "Table")

__all__ = [
    "After",
    "Choice",
    "Const",
    "Count",
    "Cycle",
    "Distribution",
    "ExactlyOne",
    "Expr",
    "Form",
    "Normal",
    "Pick",
    "Plan",
    "Provider",
    "Random",
    "SameThrough",
    "Sequence",
    "Spread",
    "Table",
    "Template",
    "Uniform",
    "Unique",
    "When",
    "Zipf",
]


def __getattr__(name: str) -> Any:
    """Imported when first asked for: the model brings Polars, which takes long, and worker processes import this package too."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("parloader.plans.model" if name in PLAN_NAMES else "parloader.plans.generators"), name)
