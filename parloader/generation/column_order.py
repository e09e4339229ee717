"""The order in which the columns of a table can be computed, and what is wrong with columns that cannot."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from parloader.errors import UsageError
from parloader.generation.expressions import needs
from parloader.plans.documents.codecs import suggestion
from parloader.plans.documents.mistakes import Mistake, Mistakes, column_mistake
from parloader.plans.generators import ChildOf
from parloader.plans.model import Table


def dependency_steps(table: Table, mistakes: Mistakes) -> Iterator[list[str]]:
    """The columns in an order in which they can be computed. Those that cannot are noted, and left out with all that depend on them.

    A mistake: the SQL or template is not valid, or a column depends on itself, on one without a generator, or on one that is set later.
    """
    needed: dict[str, frozenset[str]] = {}
    for name, generator in table.columns.items():
        try:
            if isinstance(generator, ChildOf):
                needs(generator.count)  # of the parent's row
            needed[name] = needs(generator) - {table.key}
        except UsageError as error:
            mistakes.note([column_mistake(table.name, name, error.message, error.next_step)])
    for name in tuple(needed):
        if found := _dependency_mistake(table, name, needed[name]):
            mistakes.note([found])
            del needed[name]
    while lacking := [name for name, others in needed.items() if not others <= needed.keys()]:
        for name in lacking:
            del needed[name]
    waiting = TopologicalSorter(needed)
    try:
        waiting.prepare()
    except CycleError as error:
        nodes = list(reversed(error.args[1]))[:-1]  # the last one is the first again
        first = nodes.index(min(nodes, key=list(table.columns).index))
        cycle = [*nodes[first:], *nodes[: first + 1]]
        mistakes.note(
            [
                column_mistake(
                    table.name, cycle[0], f"columns depend on each other: {' → '.join(cycle)}", "Give one of them a value of its own"
                )
            ]
        )
        return
    while waiting.is_active():
        ready = waiting.get_ready()
        yield [name for name in table.columns if name in ready]
        waiting.done(*ready)


def _dependency_mistake(table: Table, name: str, needed: frozenset[str]) -> Mistake | None:
    missing = sorted(needed - table.columns.keys())
    if missing:
        what = f"it depends on {missing[0]}, for which the plan has no generator"
        usable = [other for other in table.columns if other != name]
        next_step = f"{suggestion(missing[0], usable)}Give {missing[0]} a generator{', or use ' if usable else ''}{', '.join(usable)}"
        return column_mistake(table.name, name, what, next_step)
    late = sorted(needed & table.later)
    if late and name not in table.later:
        next_step = f"Use other columns, or add {name} to `later` of {table.name}"
        return column_mistake(table.name, name, f"it depends on {', '.join(late)}, which is set later", next_step)
    return None


def only(table: Table, columns: Iterable[str]) -> Table:
    """The table with only these columns and those that they depend on. These are given out, also helpers."""
    given = frozenset(columns)
    wanted, kept = list(given), set[str]()
    while wanted:
        name = wanted.pop()
        if name in table.columns and name not in kept:
            kept.add(name)
            wanted += needs(table.columns[name])
    return replace(
        table,
        columns={name: generator for name, generator in table.columns.items() if name in kept},
        helpers=table.helpers - given,
    )
