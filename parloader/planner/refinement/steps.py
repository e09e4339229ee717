"""The steps of the refinement, in order."""

from collections.abc import Callable

from parloader.planner.refinement.agreement import make_parents_agree
from parloader.planner.refinement.amounts import relate_amounts
from parloader.planner.refinement.appointments import order_times_of_day
from parloader.planner.refinement.clocks import count_seconds
from parloader.planner.refinement.column_rules import apply_column_rules
from parloader.planner.refinement.descriptions import describe_rows
from parloader.planner.refinement.families import group_children
from parloader.planner.refinement.frequencies import keep_defaults, spread_nulls, weigh_values
from parloader.planner.refinement.lockstep import loosen_lockstep
from parloader.planner.refinement.numbers import shape_numbers
from parloader.planner.refinement.parent_times import carry_parent_times
from parloader.planner.refinement.popularity import choose_popular_parents, leave_some_parents_null
from parloader.planner.refinement.prices import end_prices
from parloader.planner.refinement.refinement import Refinement
from parloader.planner.refinement.status_agreement import agree_with_status
from parloader.planner.refinement.times import order_times
from parloader.planner.refinement.trees import grow_trees

STEPS: tuple[Callable[[Refinement], None], ...] = (
    loosen_lockstep,
    group_children,
    relate_amounts,
    grow_trees,
    make_parents_agree,
    describe_rows,
    choose_popular_parents,
    leave_some_parents_null,
    count_seconds,
    carry_parent_times,
    agree_with_status,
    order_times,
    order_times_of_day,
    end_prices,
    shape_numbers,
    weigh_values,
    keep_defaults,
    spread_nulls,  # after all that compute columns from others
    apply_column_rules,
)


def refine(refinement: Refinement) -> None:
    """Changes the tables of the refinement. Deterministic: the same tables give the same result."""
    for step in STEPS:
        step(refinement)
