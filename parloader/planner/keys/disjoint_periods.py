"""Makes application periods disjoint: each row has a period of its own, of one day or second, whatever the other columns of its key are."""

from dataclasses import replace
from fractions import Fraction

from parloader.inference.unique_columns import unique_generator
from parloader.inference.value_ranges import allowed_range
from parloader.planner.check_cases import ANY
from parloader.planner.keys.uniqueness_layout import UniquenessLayout
from parloader.planner.request import PlanningRequest
from parloader.planner.table_draft import TableDraft
from parloader.plans.generators import Unique, UniqueKind
from parloader.plans.unique import capacity
from parloader.schema.model import UniqueKey


def make_disjoint(key: UniqueKey, draft: TableDraft, layout: UniquenessLayout, request: PlanningRequest, more_rows: int) -> bool:
    """Numbers the ends of the key's periods, so that each starts where the one before ends. False: it has no period, or there are too few values.

    `more_rows`: how many new rows the table gets.
    """
    if key.period is None or any(_is_bound(column, draft, layout) for column in key.period):
        return False
    start, end = key.period
    ends = _ends(start, end, draft)
    if ends is None or request.has_more_rows(draft.name, capacity(ends) - more_rows):
        return False
    for column in key.period:
        layout.unique.pop(column, None)
        layout.unique_by_case.pop(column, None)
    layout.unique[end] = ends
    layout.period_ends[start] = end
    return True


def _is_bound(column: str, draft: TableDraft, layout: UniquenessLayout) -> bool:
    """Whether something else decides the column's values."""
    foreign = draft.group_of(column) is not None or draft.self_reference_of(column) is not None
    return foreign or column in draft.given or column in draft.null_columns or column in layout.column_digits


def _ends(start: str, end: str, draft: TableDraft) -> Unique | None:
    """The possible ends of periods, each one unit after an allowed start. None: the CHECKs allow no range of them."""
    domains = [replace(domain, null=None) for column in (start, end) if (domain := draft.common_domain(column) or ANY)]
    if any(domain.values is not None or domain.unsure or domain.impossible for domain in domains):
        return None
    starts = allowed_range(draft.schema.column(start), domains[0], unit=Fraction(1))
    ends = unique_generator(draft.schema.column(end), domains[1])
    if starts is None or ends is None or starts.excluded or ends.form not in (UniqueKind.DATE, UniqueKind.DATETIME):
        return None
    return replace(ends, low=max(ends.low, starts.low + 1), high=min(ends.high, starts.high + 1))
