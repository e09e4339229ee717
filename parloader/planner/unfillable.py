"""The tables of a database that get no rows: those that cannot be filled, those that need them, and those that the user leaves out."""

from collections.abc import Mapping, Sequence
from shlex import quote

from parloader.errors import TablesNotFilled
from parloader.planner.foreign_keys import ForeignKeyGraph, RequiredCycle
from parloader.planner.request import NotFillable, PlanningRequest, UnfilledTable, listed
from parloader.quantities import counted

# Names in a message; the rest are counted
NAMED_TABLES = 5


def not_filled(tables: Sequence[UnfilledTable]) -> TablesNotFilled | None:
    """What a command ends with, which has filled the others; None: there is no such table."""
    if not tables:
        return None
    names, more = listed(table.name for table in tables[:NAMED_TABLES]), len(tables) - NAMED_TABLES
    names += f" and {more:,} more" if more > 0 else ""
    options = "--rows TABLE=0" if more > 0 else " ".join(_option(table.name) for table in tables)
    return TablesNotFilled(
        f"{counted(len(tables), 'table')} cannot be filled: {names}",
        f"To leave {'it' if len(tables) == 1 else 'them'} out: {options}",
    )


def _option(table: str) -> str:
    """The option that leaves a table out."""
    return f"--rows {quote(f'{table}=0')}"


def unwanted_tables(request: PlanningRequest) -> dict[str, NotFillable]:
    """The tables that the user leaves out, and those of which the server has rejected rows."""
    left_out = {
        name: NotFillable(name, f"{_option(name)} leaves the table out", "Remove this option, or insert rows into the table yourself")
        for name in sorted(request.left_out)
    }
    return {**left_out, **request.rejected}


def tables_left_out(
    request: PlanningRequest, error: NotFillable | RequiredCycle, known: Mapping[str, NotFillable]
) -> dict[str, NotFillable]:
    """The tables, wanted if possible, that the error is about. Empty: it is about others."""
    if isinstance(error, RequiredCycle):
        tables = set(error.tables)
        reasons = {name: NotFillable(name, error.reason, error.next_step) for name in sorted(tables)}
        return reasons if tables <= request.wanted.keys() else {}
    return {error.table: error} if error.table in request.wanted and error.table not in known else {}


def tables_needing(request: PlanningRequest, graph: ForeignKeyGraph, error: NotFillable | RequiredCycle) -> dict[str, NotFillable]:
    """The wanted tables that cannot have rows without the table of the error. Raises the error if the user insists on one of them."""
    if isinstance(error, RequiredCycle):
        raise error
    tables = error.needed_by or tuple(name for name in graph.parents if graph.reaches(name, error.table))
    needing = [name for name in tables if name in request.wanted]
    if not needing or any(request.planned(name) for name in tables):
        raise error
    why = f"{_option(error.table)} leaves out" if error.table in request.left_out else f"cannot be filled: {error.reason}"
    reason = f"it needs rows of {error.table}, which {why}"
    return {name: NotFillable(name, reason, error.next_step) for name in needing}


def unfilled_tables(request: PlanningRequest, unfillable: Mapping[str, NotFillable]) -> tuple[UnfilledTable, ...]:
    """Those that the user would have had filled, by name."""
    wanted = sorted(name for name in unfillable if name in request.wanted)
    return tuple(UnfilledTable(name=name, reason=unfillable[name].reason, next_step=unfillable[name].next_step) for name in wanted)
