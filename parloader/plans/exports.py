"""What `from parloader import …` offers to plans in Python."""

from parloader.plans import generators
from parloader.plans.generators import *  # noqa: F403
from parloader.plans.generators import UniqueKind as Form  # the name that older plans in Python use
from parloader.plans.model import Count, ExactlyOne, Plan, SameThrough, Table

__all__ = ["Count", "ExactlyOne", "Form", "Plan", "SameThrough", "Table"]
__all__ += generators.__all__
