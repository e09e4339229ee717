"""The steps of the refinement, in order."""

from collections.abc import Callable

from parloader.planner.refinement.refinement import Refinement
from parloader.planner.refinement.status_agreement import agree_with_status
from parloader.planner.refinement.times import order_times

STEPS: tuple[Callable[[Refinement], None], ...] = (agree_with_status, order_times)


def refine(refinement: Refinement) -> None:
    """Changes the tables of the refinement. Deterministic: the same tables give the same result."""
    for step in STEPS:
        step(refinement)
