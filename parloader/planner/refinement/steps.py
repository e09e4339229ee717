"""The steps of the refinement, in order."""

from collections.abc import Callable

from parloader.planner.refinement.refinement import Refinement

STEPS: tuple[Callable[[Refinement], None], ...] = ()


def refine(refinement: Refinement) -> None:
    """Changes the tables of the refinement. Deterministic: the same tables give the same result."""
    for step in STEPS:
        step(refinement)
