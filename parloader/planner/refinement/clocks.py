"""Integers that count seconds or milliseconds since 1970 are in the time span of the other times."""

from parloader.inference.default_generators import TIMES_SPAN_SECONDS, TIMES_START
from parloader.inference.statuses.event_times import clock, counts_seconds
from parloader.inference.value_ranges import seconds_of
from parloader.planner.refinement.refinement import Refinement
from parloader.plans.generators import Uniform


def count_seconds(refinement: Refinement) -> None:
    """The step: each column whose name or comment says so. Later steps give them an order."""
    for name, draft in refinement.drafts.items():
        for column in draft.schema.columns:
            if counts_seconds(column) and refinement.is_free(name, column.name) and not refinement.is_limited(name, column.name):
                start, per_second = seconds_of(TIMES_START), clock(column).per_second
                refinement.set(name, column.name, Uniform(low=start * per_second, high=(start + TIMES_SPAN_SECONDS - 1) * per_second))
