"""Which columns of a plan depend on which, across tables, and the cycles among them."""

import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from typing import TypeAlias

from parloader.errors import UsageError
from parloader.generation.expressions import columns, needs
from parloader.generation.relations.owners import Owner, owner_of
from parloader.plans.documents.mistakes import Mistake, column_mistake
from parloader.plans.generators import Aggregate, ChildOf, Generator, NumberIn, Pick, ShareOf
from parloader.plans.model import Plan, Table

Column: TypeAlias = tuple[str, str]
"""Table and column."""

# What was worked out last, and of which plan: each table of a plan of hundreds asks for it. One value, so that threads cannot mix two
_of_last_plan: list[tuple["weakref.ref[Plan] | None", Mapping[str, tuple[tuple[str, bool], ...]]]] = [(None, {})]

NEXT_STEP = "Give one of them a value of its own"


def cycles(plan: Plan, columns: Iterable[Column]) -> tuple[list[Mistake], frozenset[Column]]:
    """A mistake for each cycle across tables that the columns lead to; and the columns that cannot be computed because of them.

    Cycles within a table are found by generation/column_order.py.
    """
    graph = _reachable(plan, columns)
    position = {(table.name, name): n for n, (table, name) in enumerate((table, name) for table in plan.tables for name in table.columns)}
    mistakes, bad = [], set[Column]()
    while cycle := _cycle(graph, bad):
        first = cycle.index(min(cycle, key=position.__getitem__))
        cycle = [*cycle[first:], *cycle[:first]]
        bad |= {*cycle}
        if not _is_within_row(plan, cycle):
            way = " → ".join(f"{table}.{column}" for table, column in (*cycle, cycle[0]))
            mistakes.append(column_mistake(*cycle[0], f"columns depend on each other: {way}", NEXT_STEP))
    while more := {column for column, others in graph.items() if column not in bad and others & bad}:
        bad |= more
    return mistakes, frozenset(bad)


def _is_within_row(plan: Plan, cycle: list[Column]) -> bool:
    """Whether each column reads the next one in its own row."""
    following = [*cycle[1:], cycle[0]]
    return all(
        table == other_table and other in _needs(plan.table(table).columns[column])
        for (table, column), (other_table, other) in zip(cycle, following, strict=True)
    )


def _cycle(graph: dict[Column, frozenset[Column]], without: set[Column]) -> list[Column]:
    """The columns of a cycle, each one depending on the next; empty: there is none."""
    try:
        TopologicalSorter({column: others - without for column, others in graph.items() if column not in without}).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))[:-1]  # the last one is the first again
    return []


def _reachable(plan: Plan, columns: Iterable[Column]) -> dict[Column, frozenset[Column]]:
    tables = {table.name: table for table in plan.tables}
    graph: dict[Column, frozenset[Column]] = {}
    waiting = list(columns)
    while waiting:
        table, column = waiting.pop()
        if (table, column) not in graph:
            generator = tables[table].columns.get(column) if table in tables else None
            graph[table, column] = frozenset() if generator is None else frozenset(dependencies(plan, tables[table], generator))
            waiting += graph[table, column]
    return graph


def dependencies(plan: Plan, table: Table, generator: Generator) -> Iterator[Column]:
    """The columns that a column of the table with this generator reads, of its own row and of others."""
    family = table.child_of
    yield from ((table.name, name) for name in _needs(generator))
    for each in generator.walk():
        match each:
            case ChildOf():
                yield each.parent, each.column
                yield from ((each.parent, name) for name in _needs(each.count))
            case Pick():
                yield each.parent, each.column
                yield from ((each.parent, name) for name in reads_of_parent(plan, table, each))
                if family and (each.distinct_in is not None or family[1].has_row_of(each, family[0])):
                    yield table.name, family[0]
            case NumberIn() if family:
                yield table.name, family[0]
            case ShareOf() if family:
                yield table.name, family[0]
                yield each.parent, each.column
            case Aggregate():
                yield each.child, each.column
                yield from ((other.name, other.child_of[0]) for other in plan.tables if other.name == each.child and other.child_of)


def reads_of_parent(plan: Plan, table: Table, pick: Pick) -> Iterator[str]:
    """The columns of the parent on which it depends which row is picked."""
    if pick.where is not None:
        with suppress(UsageError):  # generation/expressions.py reports it
            yield from sorted(columns(pick.where))
    if pick.among is not None and isinstance(owner := owner_of(plan, table, pick), Owner):
        yield from owner.columns


def _needs(generator: Generator) -> frozenset[str]:
    try:
        return needs(generator)
    except UsageError:  # generation/column_order.py reports it
        return frozenset()


def read_columns(plan: Plan, name: str) -> tuple[str, ...]:
    """The columns of a table whose values in existing rows are needed: picked ones, and those that the counts of its children read.

    In place of a helper, which is not in the database, the columns that it is computed from.
    """
    return tuple(_reads(plan, name))


def computed_with(plan: Plan, name: str) -> frozenset[str]:
    """Those of them with which other values are computed: they have their type. The others are copied, as text if they are decimals or dates."""
    return frozenset(column for column, is_copied in _reads(plan, name).items() if not is_copied)


def _reads(plan: Plan, name: str) -> dict[str, bool]:
    """Column → whether its values are only copied."""
    table = next((table for table in plan.tables if table.name == name), None)
    reads, waiting = dict[str, bool](), list(_columns_read(plan).get(name, ()))
    while waiting:
        column, is_copied = waiting.pop(0)
        if table is not None and column in table.helpers:
            waiting += [(other, False) for other in sorted(_needs(table.columns[column]) - {table.key, *reads})]
        else:
            reads[column] = is_copied and reads.get(column, True)
    return reads


def _columns_read(plan: Plan) -> Mapping[str, tuple[tuple[str, bool], ...]]:
    """Table → (column, whether its values are only copied), for each column that other tables, or its own columns, read of its rows."""
    known, read = _of_last_plan[0]
    if known is None or known() is not plan:
        found: dict[str, dict[tuple[str, bool], None]] = {}
        for table, column, is_copied in _read_by_others(plan):
            found.setdefault(table, {})[column, is_copied] = None
        read = {name: tuple(columns) for name, columns in found.items()}
        _of_last_plan[0] = weakref.ref(plan), read
    return read


def _read_by_others(plan: Plan) -> Iterator[tuple[str, str, bool]]:
    """(table, column, whether its values are only copied)"""
    for table in plan.tables:
        for own, generator in table.columns.items():
            for each in generator.walk():
                if isinstance(each, Pick | ShareOf):
                    yield each.parent, each.column, isinstance(each, Pick) and own not in table.helpers
                if isinstance(each, Pick):
                    yield from ((each.parent, column, each.where is None) for column in reads_of_parent(plan, table, each))
                if isinstance(each, ChildOf):
                    yield from ((each.parent, column, False) for column in sorted(_needs(each.count)))
