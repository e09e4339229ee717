"""Tables that get as many rows as the counts of their parents add up to. Their number is known when the plan is complete."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from parloader.generation.failures import FAILURES
from parloader.generation.frames import counted_rows
from parloader.planner.request import CompletedPlan, Note, PlanningRequest
from parloader.plans.documents.mistakes import InvalidPlan
from parloader.plans.model import Plan, Table
from parloader.quantities import counted

# The first attempt knows no numbers; each other one corrects what completing the plan has changed
MAX_ATTEMPTS = 5


def with_counted_rows(request: PlanningRequest, complete: Callable[[PlanningRequest], CompletedPlan]) -> CompletedPlan:
    """Completes the request, with the rows of `counted` tables."""
    if not any(table.counted for table in request.plan.tables):
        return complete(request)
    _require_known_parents(request)
    rows = _estimated(request.plan)
    for _ in range(MAX_ATTEMPTS):
        completed = complete(replace(request, plan=_with_rows(request.plan, rows)))
        exact = counted_rows(completed.plan)
        if exact == rows:
            notes = [_note(table) for table in completed.plan.tables if table.counted]
            return replace(completed, notes=(*completed.notes, *notes))
        rows = exact
    table = next(table for table in request.plan.tables if table.counted)
    raise _not_known(table.name, "its number of rows changes the counts that it is the sum of")


def _require_known_parents(request: PlanningRequest) -> None:
    """InvalidPlan: a count is of the rows of a table whose number follows from its children."""
    planned = {table.name for table in request.plan.tables}
    for table in request.plan.tables:
        if table.counted and table.child_of and (parent := table.child_of[1].parent) not in planned and not request.has_rows(parent):
            raise _not_known(table.name, f"its rows are the children of {parent}, whose number of rows the plan does not give")


def _estimated(plan: Plan) -> dict[str, int]:
    """The rows according to what the plan gives; 1 for tables whose counts read what is still to be added."""
    try:
        return counted_rows(plan)
    except FAILURES:
        return {table.name: 1 for table in plan.tables if table.counted}


def _with_rows(plan: Plan, rows: Mapping[str, int]) -> Plan:
    return replace(plan, tables=tuple(replace(table, rows=rows.get(table.name, table.rows)) for table in plan.tables))


def _note(table: Table) -> Note:
    assert table.child_of is not None
    column, child_of = table.child_of
    return Note(
        table=table.name,
        column=None,
        text=f"{counted(table.rows, 'row')}: as many as the counts of {column} add up to, over {child_of.parent}",
    )


def _not_known(table: str, why: str) -> InvalidPlan:
    return InvalidPlan(why, f"Give {table} `rows`", path=("table", table), places=(f"table {table}",))
