"""Selects the tables that a plan needs and the foreign keys that are filled, following references from the plan's tables upwards."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from graphlib import CycleError, TopologicalSorter
from typing import TypeAlias

from parloader.planner.check_cases import CheckCases
from parloader.planner.request import Fill, Note, NotFillable, PlanningRequest, listed, require_fillable
from parloader.schema.model import ForeignKey, TableSchema, TableType
from parloader.schema.table_names import database_of

ForeignKeyEdge: TypeAlias = tuple[str, str]
"""(table, name of its foreign key)"""

CYCLE = "the tables reference each other in a cycle"


@dataclass
class ForeignKeyGraph:
    """The tables of a plan and the foreign keys between them that are filled."""

    parents: dict[str, set[str]] = field(default_factory=dict)  # generated table → the tables that must be loaded before it
    reused: set[str] = field(default_factory=set)  # tables whose existing rows suffice, so that none is generated
    filled: dict[str, list[ForeignKey]] = field(default_factory=dict)  # generated table → its foreign keys that get values
    optional: list[tuple[str, ForeignKey]] = field(default_factory=list)  # those of `filled` that could be NULL instead
    deferred: dict[str, frozenset[str]] = field(default_factory=dict)  # table → columns that are set in the second pass
    notes: list[Note] = field(default_factory=list)

    @property
    def generated(self) -> tuple[str, ...]:
        """The tables whose rows are generated, children before their parents; always in the same order."""
        sorted_parents = {name: sorted(parents) for name, parents in self.parents.items()}
        return tuple(name for name in reversed(tuple(TopologicalSorter(sorted_parents).static_order())) if name in self.parents)

    def reaches(self, table: str, other: str) -> bool:
        """Whether `table` needs rows of `other` first, directly or through other tables, or is the same table."""
        return self.path(table, other) is not None

    def path(self, table: str, other: str) -> tuple[str, ...] | None:
        """The shortest path from a table up to another one, both included."""
        paths: dict[str, tuple[str, ...]] = {table: (table,)}
        waiting = deque([table])
        while waiting and other not in paths:
            current = waiting.popleft()
            for parent in sorted(self.parents.get(current, ())):
                if parent not in paths:
                    paths[parent] = (*paths[current], parent)
                    waiting.append(parent)
        return paths.get(other)

    def cycle(self) -> tuple[str, ...]:
        """A cycle a, b, a, if there is one."""
        try:
            TopologicalSorter({name: sorted(parents) for name, parents in self.parents.items()}).prepare()
        except CycleError as error:
            return tuple(reversed(error.args[1]))
        return ()

    def copy(self) -> "ForeignKeyGraph":
        """A graph of its own with the same tables and foreign keys."""
        return ForeignKeyGraph(
            parents={name: {*parents} for name, parents in self.parents.items()},
            reused={*self.reused},
            filled={name: [*keys] for name, keys in self.filled.items()},
            optional=[*self.optional],
            deferred={**self.deferred},
            notes=[*self.notes],
        )


class RequiredCycle(Exception):
    """Tables need rows of each other, and none of them has one."""

    def __init__(self, tables: tuple[str, ...]) -> None:
        super().__init__(tables)
        self.tables = tables
        self.reason = f"{CYCLE} of NOT NULL columns, and one of them needs a first row: {shown_cycle(tables)}"
        self.next_step = "Insert one row into each of these tables by hand, or make one of the foreign keys nullable"


def shown_cycle(tables: tuple[str, ...]) -> str:
    """The cycle, as it stands in messages."""
    return " → ".join(tables)


class Role(Enum):
    """How a foreign key of a generated table is treated."""

    REQUIRED = auto()  # filled, or the table cannot be
    WANTED = auto()  # filled if a parent row exists or can be generated
    OPPORTUNISTIC = auto()  # filled if the parent is loaded or has rows anyway
    SKIPPED = auto()  # NULL, or the column's default


@dataclass(frozen=True, kw_only=True)
class ForeignKeySelector:
    """Builds the graph of one planning request."""

    request: PlanningRequest
    cases: Callable[[str], CheckCases]
    reuses_only: Callable[[str], bool]  # whether no row of a table has to be generated
    rejected: Mapping[ForeignKeyEdge, str]  # foreign keys that cannot be filled, and why
    unfillable: Mapping[str, NotFillable] = field(default_factory=dict)  # tables that get no rows, and why

    def select(self) -> ForeignKeyGraph:
        """RequiredCycle: the tables require each other in a cycle. NotFillable names a required table that cannot be filled."""
        graph = ForeignKeyGraph()
        requested = [*(table.name for table in self.request.plan.tables), *(n for n in self.request.wanted if n not in self.unfillable)]
        for name in requested:
            self._add(graph, name)
        if cycle := graph.cycle():
            raise RequiredCycle(cycle)
        for name in requested:
            for key in self._keys(name, Role.WANTED) if name in graph.parents else ():
                graph = self._fill_if_possible(graph, name, key)
        for name in tuple(graph.parents):
            for key in self._keys(name, Role.OPPORTUNISTIC):
                self._fill_if_available(graph, name, key)
        return graph

    def _add(self, graph: ForeignKeyGraph, name: str) -> None:
        """Adds a table and all tables that its rows require."""
        if name in graph.parents or name in graph.reused:
            return
        if self.reuses_only(name):
            graph.reused.add(name)
            return
        if name in self.unfillable:
            error = self.unfillable[name]
            raise NotFillable(name, error.reason, error.next_step)
        table_schema = self.request.table_schema(name)
        require_fillable(table_schema, allow_history=self.request.allow_history)
        self.request.require_allowed(name)
        if table_schema.table_type is TableType.SYSTEM_VERSIONED:
            graph.notes.append(Note(table=name, column=None, text="system-versioned, so its history keeps the rows after clean"))
        graph.parents[name] = set()
        graph.filled[name] = []
        if planned := self.request.planned(name):
            graph.parents[name].update(planned.parents)
            for parent in planned.referenced_tables:
                self._add(graph, parent)
        for key in self._keys(name, Role.REQUIRED):
            if reason := self._obstacle(name, key, required=True):
                raise NotFillable(name, f"{listed(key.columns)} cannot be NULL, and {reason}", "Give the column a generator in a plan file")
            try:
                self._fill(graph, name, key)
            except NotFillable as error:
                error.needed_by = (name, *error.needed_by)
                raise

    def _fill(self, graph: ForeignKeyGraph, name: str, key: ForeignKey) -> None:
        graph.filled[name].append(key)
        if key.parent != name:
            graph.parents[name].add(key.parent)
            self._add(graph, key.parent)

    def _fill_if_possible(self, graph: ForeignKeyGraph, name: str, key: ForeignKey) -> ForeignKeyGraph:
        """The graph with the foreign key filled, or with a note saying why it is not."""
        reason = self.rejected.get((name, key.name)) or self._obstacle(name, key)
        known = key.parent in graph.reused or (key.parent in graph.parents and (key.parent == name or not graph.reaches(key.parent, name)))
        if known and not reason:
            self._fill(graph, name, key)  # no other table is added, and no cycle arises
            graph.optional.append((name, key))
            return graph
        trial = graph if reason else graph.copy()
        if not reason:
            try:
                self._fill(trial, name, key)
                if cycle := trial.cycle():
                    trial = graph.copy()
                    if self._fill_in_second_pass(trial, name, key, shown_cycle(cycle)):
                        return trial
                    reason = f"{CYCLE}: {shown_cycle(cycle)}"
            except NotFillable as error:
                reason = f"rows of {error.table} cannot be generated: {error.reason}"
        if reason:
            graph.notes.append(self._left_null(name, key, reason))
            return graph
        trial.optional.append((name, key))
        return trial

    def _fill_if_available(self, graph: ForeignKeyGraph, name: str, key: ForeignKey) -> None:
        parent = key.parent
        reason = self.rejected.get((name, key.name)) or self._obstacle(name, key)
        if reason:
            graph.notes.append(self._left_null(name, key, reason))
        elif self._parent_is_available(graph, name, parent):
            self._fill(graph, name, key)
            graph.optional.append((name, key))
        elif path := graph.path(parent, name):
            cycle = shown_cycle((name, *path))
            if not self._fill_in_second_pass(graph, name, key, cycle):
                graph.notes.append(self._left_null(name, key, f"{CYCLE}: {cycle}"))
        else:
            graph.notes.append(self._left_null(name, key, f"{parent} is empty, and no other table needs it"))

    def _fill_in_second_pass(self, graph: ForeignKeyGraph, name: str, key: ForeignKey, cycle: str) -> bool:
        """Fills a foreign key that closes a cycle in the second pass. False: not possible; the graph may have changed."""
        if not self._can_be_deferred(name, key):
            return False
        self._add(graph, key.parent)
        if graph.cycle():
            return False
        graph.filled[name].append(key)
        graph.optional.append((name, key))
        graph.deferred[name] = graph.deferred.get(name, frozenset()) | set(key.columns)
        text = f"set in a second pass: {CYCLE}: {cycle}"
        graph.notes += [Note(table=name, column=column, text=text) for column in key.columns]
        return True

    def _can_be_deferred(self, name: str, key: ForeignKey) -> bool:
        """Whether rows are valid while the foreign key is NULL, stay valid when it is set, and have a key by which they are found then."""
        table_schema, columns = self.request.table_schema(name), set(key.columns)
        null_rules = [case.domain(column).null for case in self.cases(name).cases for column in columns]
        unique = {column for unique in table_schema.unique_keys for column in unique.columns}
        shared = {column for other in table_schema.foreign_keys if other != key for column in other.columns}
        nullable = all(table_schema.column(column).nullable for column in columns)
        return (
            nullable
            and table_schema.row_key is not None
            and not any(null is not None for null in null_rules)
            and not columns & (unique | shared | self.request.referenced_columns(name))
        )

    def _parent_is_available(self, graph: ForeignKeyGraph, name: str, parent: str) -> bool:
        if parent in graph.parents:
            return parent == name or not graph.reaches(parent, name)
        return parent in graph.reused or (self.request.has_rows(parent) and self.reuses_only(parent))

    def _keys(self, name: str, role: Role) -> list[ForeignKey]:
        table_schema = self.request.table_schema(name)
        return [key for key in table_schema.foreign_keys if self._role(table_schema, key) is role]

    def _role(self, table_schema: TableSchema, key: ForeignKey) -> Role:
        columns = [table_schema.column(name) for name in key.columns]
        if any(c.generated or c.name in self.request.given(table_schema.name) for c in columns):
            return Role.SKIPPED
        is_planned = self.request.is_requested(table_schema.name)
        filled = is_planned and self.request.fill is Fill.ALL
        cases = self.cases(table_schema.name)
        if any(all(case.domain(c.name).null is True for case in cases.cases) for c in columns):
            return Role.SKIPPED
        required = cases.required_columns(table_schema, in_all=filled) | self.request.referenced_columns(table_schema.name)
        if all(not c.nullable or c.name in required for c in columns):
            return Role.REQUIRED
        if not is_planned:
            return Role.OPPORTUNISTIC
        return Role.WANTED if filled or any(c.default is not None or c.name in required for c in columns) else Role.SKIPPED

    def _obstacle(self, name: str, key: ForeignKey, *, required: bool = False) -> str | None:
        """Why the foreign key cannot be filled. Those that may be NULL are filled less often: what they got before stays."""
        if key.within(name) and key.shared == {*key.columns}:
            return "each row would have to reference itself"
        if key.within(name) and len(key.columns) > 1 and not required:
            return "a foreign key of several columns to its own table is not supported"
        if key.parent not in self.request.schema:
            return f"its parent {key.parent} does not exist" + (", or the account may not read it" if database_of(key.parent) else "")
        return None

    def _left_null(self, table: str, key: ForeignKey, reason: str) -> Note:
        nullable = [column for column in key.columns if self.request.table_schema(table).column(column).nullable]
        return Note(table=table, column=nullable[-1], text=f"left NULL: {reason}")
