"""Dependency order of a plan's tables."""

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from parloader.errors import UsageError

if TYPE_CHECKING:
    from parloader.plans.model import Table


def ordered(tables: "Iterable[Table]") -> "tuple[Table, ...]":
    """The tables, parents before children; otherwise in the order given. UsageError names a cycle. Parents may be missing."""
    by_name = {table.name: table for table in tables}
    waiting = TopologicalSorter({name: [p for p in table.parents if p in by_name] for name, table in by_name.items()})
    try:
        waiting.prepare()
    except CycleError as error:
        cycle = " → ".join(reversed(error.args[1]))
        raise UsageError(f"the tables refer to each other in a cycle: {cycle}", "Take one of these references out of the plan") from error
    ready: set[str] = set()
    order: list[Table] = []
    while waiting.is_active():
        ready |= set(waiting.get_ready())
        first = next(name for name in by_name if name in ready)
        ready.remove(first)
        order.append(by_name[first])
        waiting.done(first)
    return tuple(order)


def require_parents(tables: "Iterable[Table]") -> None:
    """UsageError names a parent that is not there, as when a plan picks a table to which no foreign key leads."""
    by_name = {table.name: table for table in tables}
    for table in by_name.values():
        for parent in table.pointed_at:
            if parent not in by_name:
                raise UsageError(f"table {table.name} refers to {parent}, which is not in the plan", f"Add {parent} to the plan")
