"""parloader fills tables of a MySQL or MariaDB database with millions of deterministic rows while every constraint stays on.

Everything that a plan in Python uses can be imported from here (docs/plan-files.md).
"""

import time

from parloader.plans.generators import *  # noqa: F403
from parloader.plans.generators import UniqueKind as Form  # its name in Python plans written before 0.2.0 was released
from parloader.plans.generators import __all__ as _generators
from parloader.plans.model import Count, ExactlyOne, Plan, SameThrough, Table

__all__ = ["Count", "ExactlyOne", "Form", "Plan", "SameThrough", "Table", *_generators]
__version__ = "0.2.0"

IMPORTED_AT_SECONDS = time.monotonic()
