"""A plan of an entire database: each table that can be filled, with as many rows as suit those that the user asks for."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from parloader.errors import Refused
from parloader.planner.request import NotFillable, PlanningRequest


@dataclass(frozen=True, kw_only=True)
class WholeDatabase:
    """What the user says of an entire database, besides the rows of single tables."""

    rows: int  # of its largest table, if no table has a requested number
    left_out: Collection[str] = ()  # tables that get no rows
    rejected: Mapping[str, Refused] = field(default_factory=dict)  # tables that turned out to be unfillable when rows were tested
    append: bool = False  # existing rows are not counted: the tables get new ones, except those of a few fixed values


def of_database(request: PlanningRequest, database: WholeDatabase) -> PlanningRequest:
    """The request for the tables of a plan: those with a requested number of rows stay in the plan, and the others are wanted if possible."""
    left_out = frozenset(database.left_out)
    tables = [table.name for table in request.plan.tables if table.name not in left_out]
    sizes = request.sizes.of_database(tables, request.parents, database.rows)
    requested = tuple(table for table in request.plan.tables if table.name in request.parents)
    return replace(
        request,
        plan=replace(request.plan, tables=requested),
        parents={name: rows for name, rows in request.parents.items() if all(name != table.name for table in requested)},
        wanted={name: sizes[name] for name in tables if name not in request.parents},
        left_out=left_out,
        rejected={name: NotFillable(name, _reason(error), error.next_step) for name, error in database.rejected.items()},
        append=database.append,
    )


def _reason(error: Refused) -> str:
    """The message without what it says about the attempt: another one follows."""
    return error.message.removesuffix("; nothing was written").removesuffix("; nothing was committed")
