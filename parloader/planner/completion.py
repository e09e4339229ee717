"""From a live schema to a plan: every table and column that a plan lacks, so that each row that it makes is valid."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from parloader.errors import Refused, UsageError
from parloader.planner.request import Fill, Note, NotFillable, PlanningRequest, UniqueKeyExhausted
from parloader.planner.solver import Inference
from parloader.planner.unique_keys import largest_fitting
from parloader.plans.model import Plan
from parloader.plans.row_ranges import ExistingRows
from parloader.schema.model import Schema


@dataclass(frozen=True, kw_only=True)
class Inferred:
    """`used`: the tables of the plan of which every row that is picked is there, so that none is made."""

    plan: Plan
    notes: tuple[Note, ...]
    reused: frozenset[str] = frozenset()


def complete(plan: Plan, shapes: Schema, there: Mapping[str, ExistingRows], parents: Mapping[str, int], fill: Fill) -> Inferred:
    """The plan with every table and column that it lacks; what it gives stays. The same question has the same answer.

    `shapes`: the plan's tables and all that they point to, in their database. `there`: what is in them, where anything is. `parents`: how many
    rows of a table are picked from, where not the rule decides.
    Refused says which table cannot be filled, why, and what to do; where too many rows are asked for, how many fit.
    """
    for name in parents:
        if name not in shapes:
            raise UsageError(f"--parents {name}: none of the tables needs a table {name}", f"The tables: {', '.join(sorted(shapes))}")
    question = PlanningRequest(plan=plan, schema=shapes, existing=there, parents=parents, fill=fill)
    try:
        inference = Inference(question)
        completed, notes = inference.solve()
    except UniqueKeyExhausted as error:
        raise _too_many(question, error) from error
    except NotFillable as error:
        who = (
            f"table {error.table} cannot be filled"
            if question.planned(error.table)
            else f"it needs rows of {error.table}, and none can be made"
        )
        raise Refused(f"{who}: {error.reason}", error.next_step) from error
    return Inferred(plan=completed, notes=notes, reused=frozenset(inference.graph.reused))


def _too_many(question: PlanningRequest, error: UniqueKeyExhausted) -> Refused:
    """Says the largest number of rows that fits."""
    if error.table in question.parents:
        rows = question.parents[error.table]
        most = largest_fitting(lambda n: _fits(replace(question, parents={**question.parents, error.table: n})), rows)
        return Refused(f"{rows:,} rows of {error.table} are too many: {error.reason}", f"At most --parents {error.table}={most} fit")
    planned = question.planned(error.table) or question.plan.target
    most = largest_fitting(lambda n: _fits(_with_rows(question, planned.name, n)), planned.rows)
    return Refused(
        f"{planned.rows:,} rows of {planned.name} are too many: {error.reason}",
        f"At most --rows {most} fit" if most else "Not one row fits",
    )


def _with_rows(question: PlanningRequest, name: str, rows: int) -> PlanningRequest:
    tables = tuple(replace(table, rows=rows) if table.name == name else table for table in question.plan.tables)
    return replace(question, plan=replace(question.plan, tables=tables))


def _fits(question: PlanningRequest) -> bool:
    try:
        Inference(question).solve()
    except NotFillable:
        return False
    return True
