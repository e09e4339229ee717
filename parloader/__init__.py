"""parloader fills tables of a MySQL or MariaDB database with millions of deterministic rows while every constraint stays on.

Exports everything that a plan in Python uses (docs/plan-files.md).
"""

import time

from parloader.plans.generators import *  # noqa: F403
from parloader.plans.generators import UniqueKind as Form  # the name that older plans in Python use
from parloader.plans.generators import __all__ as _generators
from parloader.plans.model import Count, ExactlyOne, Plan, SameThrough, Table

__all__ = ["Count", "ExactlyOne", "Form", "Plan", "SameThrough", "Table", *_generators]
__version__ = "0.2.0"

IMPORTED_AT_SECONDS = time.monotonic()
