"""Which tables a plan needs, and which of their foreign keys are filled: the way up from a plan's tables to all that they point to."""

import copy
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from graphlib import CycleError, TopologicalSorter
from typing import TypeAlias

from parloader.errors import Refused
from parloader.planner.check_cases import CheckCases
from parloader.planner.request import Fill, Note, NotFillable, PlanningRequest, listed, require_fillable
from parloader.schema.model import ForeignKey, TableSchema

Edge: TypeAlias = tuple[str, str]
"""(the table, the name of its foreign key)"""

CYCLE = "the tables point to each other in a cycle"


@dataclass
class ForeignKeyGraph:
    """`parents`: of each table that is made, the tables that must be there before. `used`: those of which only rows that are there are
    used. `filled`: the foreign keys of the made tables that get values, those to the table itself too. `chosen`: those of them that could be
    NULL instead. `later`: the columns of each table that are set in a second pass, so that what they point to need not be there before."""

    parents: dict[str, set[str]] = field(default_factory=dict)
    reused: set[str] = field(default_factory=set)
    filled: dict[str, list[ForeignKey]] = field(default_factory=dict)
    optional: list[tuple[str, ForeignKey]] = field(default_factory=list)
    deferred: dict[str, frozenset[str]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    @property
    def generated(self) -> tuple[str, ...]:
        """Children before their parents."""
        return tuple(name for name in reversed(tuple(TopologicalSorter(self.parents).static_order())) if name in self.parents)

    def reaches(self, table: str, other: str) -> bool:
        """Whether rows of `other` must be there before those of `table`, or they are the same."""
        return self.path(table, other) is not None

    def path(self, table: str, other: str) -> tuple[str, ...] | None:
        """The shortest way up from one table to another, both included."""
        ways: dict[str, tuple[str, ...]] = {table: (table,)}
        waiting = deque([table])
        while waiting and other not in ways:
            at = waiting.popleft()
            for parent in sorted(self.parents.get(at, ())):
                if parent not in ways:
                    ways[parent] = (*ways[at], parent)
                    waiting.append(parent)
        return ways.get(other)

    def cycle(self) -> str | None:
        """ "a → b → a", where tables must all be there before each other."""
        try:
            TopologicalSorter({name: sorted(parents) for name, parents in self.parents.items()}).prepare()
        except CycleError as error:
            return " → ".join(reversed(error.args[1]))
        return None


class Role(Enum):
    """What becomes of a foreign key of a table that is made."""

    REQUIRED = auto()
    WANTED = auto()  # filled where the parent can be had
    OPPORTUNISTIC = auto()  # filled where the parent is there anyway
    SKIPPED = auto()  # NULL, or its default


@dataclass(frozen=True, kw_only=True)
class ForeignKeySelector:
    """`uses_only` says of a table whether none of its rows is to be made. `banned`: foreign keys that cannot be filled, and why."""

    request: PlanningRequest
    cases: Callable[[str], CheckCases]
    reuses_only: Callable[[str], bool]
    banned: Mapping[Edge, str]

    def select(self) -> ForeignKeyGraph:
        """Refused: the tables need each other in a cycle. CannotBeMade names another table that is needed and cannot be had."""
        wiring = ForeignKeyGraph()
        for table in self.request.plan.tables:
            self._add(wiring, table.name)
        if cycle := wiring.cycle():
            raise Refused(
                f"{CYCLE} of columns that are NOT NULL, and have no rows to begin with: {cycle}",
                "Insert one row of each of these tables by hand, or make one of the foreign keys nullable",
            )
        for table in self.request.plan.tables:
            for key in self._keys(table.name, Role.WANTED) if table.name in wiring.parents else ():
                wiring = self._tried(wiring, table.name, key)
        for name in tuple(wiring.parents):
            for key in self._keys(name, Role.OPPORTUNISTIC):
                self._welcome(wiring, name, key)
        return wiring

    def _add(self, wiring: ForeignKeyGraph, name: str) -> None:
        """The table, and all that its rows cannot be without."""
        if name in wiring.parents or name in wiring.reused:
            return
        if self.reuses_only(name):
            wiring.reused.add(name)
            return
        shape = self.request.table_schema(name)
        require_fillable(shape)
        wiring.parents[name] = set()
        wiring.filled[name] = []
        if planned := self.request.planned(name):
            wiring.parents[name].update(planned.parents)
            for parent in planned.referenced_tables:
                self._add(wiring, parent)
        for key in self._keys(name, Role.REQUIRED):
            if reason := self._obstacle(name, key) or self._first_row(name, key):
                raise NotFillable(name, f"{listed(key.columns)} cannot be NULL, and {reason}", "Give the column in a plan file")
            self._fill(wiring, name, key)

    def _fill(self, wiring: ForeignKeyGraph, name: str, key: ForeignKey) -> None:
        wiring.filled[name].append(key)
        if key.parent != name:
            wiring.parents[name].add(key.parent)
            self._add(wiring, key.parent)

    def _tried(self, wiring: ForeignKeyGraph, name: str, key: ForeignKey) -> ForeignKeyGraph:
        """With the foreign key filled, or with a note why it is not."""
        trial = copy.deepcopy(wiring)
        reason = self.banned.get((name, key.name)) or self._obstacle(name, key)
        if not reason:
            try:
                self._fill(trial, name, key)
                if cycle := trial.cycle():
                    trial = copy.deepcopy(wiring)
                    if self._filled_later(trial, name, key, cycle):
                        return trial
                    reason = f"{CYCLE}: {cycle}"
            except NotFillable as error:
                reason = f"{error.table}: {error.reason}"
        if reason:
            wiring.notes.append(self._left_null(name, key, reason))
            return wiring
        trial.optional.append((name, key))
        return trial

    def _welcome(self, wiring: ForeignKeyGraph, name: str, key: ForeignKey) -> None:
        parent = key.parent
        reason = self.banned.get((name, key.name)) or self._obstacle(name, key)
        if reason:
            wiring.notes.append(self._left_null(name, key, reason))
        elif self._is_there_anyway(wiring, name, parent):
            self._fill(wiring, name, key)
            wiring.optional.append((name, key))
        elif way := wiring.path(parent, name):
            cycle = " → ".join((name, *way))
            if not self._filled_later(wiring, name, key, cycle):
                wiring.notes.append(self._left_null(name, key, f"{CYCLE}: {cycle}"))
        else:
            wiring.notes.append(self._left_null(name, key, f"{parent} is empty, and nothing else needs it"))

    def _filled_later(self, wiring: ForeignKeyGraph, name: str, key: ForeignKey, cycle: str) -> bool:
        """Fills the foreign key, which closes the cycle, in a second pass; False, and something may have changed, where that cannot be."""
        if not self._can_wait(name, key):
            return False
        self._add(wiring, key.parent)
        if wiring.cycle():
            return False
        wiring.filled[name].append(key)
        wiring.optional.append((name, key))
        wiring.deferred[name] = wiring.deferred.get(name, frozenset()) | set(key.columns)
        text = f"set in a second pass: {CYCLE}: {cycle}"
        wiring.notes += [Note(table=name, column=column, text=text) for column in key.columns]
        return True

    def _can_wait(self, name: str, key: ForeignKey) -> bool:
        """Whether rows are valid without the foreign key, and stay so when it is set."""
        shape, columns = self.request.table_schema(name), set(key.columns)
        said = [case.domain(column).null for case in self.cases(name).cases for column in columns]
        unique = {column for unique in shape.unique_keys for column in unique.columns}
        shared = {column for other in shape.foreign_keys if other != key for column in other.columns}
        nullable = all(shape.column(column).nullable for column in columns)
        return (
            nullable
            and not any(null is not None for null in said)
            and not columns & (unique | shared | referenced_columns(self.request, name))
        )

    def _is_there_anyway(self, wiring: ForeignKeyGraph, name: str, parent: str) -> bool:
        if parent in wiring.parents:
            return parent == name or not wiring.reaches(parent, name)
        return parent in wiring.reused or (self.request.existing_rows(parent) > 0 and self.reuses_only(parent))

    def _keys(self, name: str, role: Role) -> list[ForeignKey]:
        shape = self.request.table_schema(name)
        return [key for key in shape.foreign_keys if self._role(shape, key) is role]

    def _role(self, shape: TableSchema, key: ForeignKey) -> Role:
        columns = [shape.column(name) for name in key.columns]
        if any(c.generated or c.name in self.request.given(shape.name) for c in columns):
            return Role.SKIPPED
        all_of_plan = self.request.planned(shape.name) is not None
        filled = all_of_plan and self.request.fill is Fill.ALL
        cases = self.cases(shape.name)
        if any(all(case.domain(c.name).null is True for case in cases.cases) for c in columns):
            return Role.SKIPPED
        demanded = cases.required_columns(shape, in_all=filled) | referenced_columns(self.request, shape.name)
        if all(not c.nullable or c.name in demanded for c in columns):
            return Role.REQUIRED
        if not all_of_plan:
            return Role.OPPORTUNISTIC
        return Role.WANTED if filled or any(c.default is not None or c.name in demanded for c in columns) else Role.SKIPPED

    def _first_row(self, name: str, key: ForeignKey) -> str | None:
        """Why a table cannot point at itself in every row: InnoDB does not delete a row that points at itself (tried on both servers)."""
        if key.parent != name:
            return None
        return "points at its own table, so that the first row would have to point at itself, and no server deletes such a row again"

    def _obstacle(self, name: str, key: ForeignKey) -> str | None:
        """Why the foreign key cannot be filled."""
        if key.database is not None:
            return f"its parent {key.parent} is in another database, {key.database}"
        if key.parent == name and len(key.columns) > 1:
            return "points at its own table with several columns"
        if key.parent not in self.request.schema:
            return f"its parent {key.parent} is not there"
        return None

    def _left_null(self, table: str, key: ForeignKey, reason: str) -> Note:
        nullable = [column for column in key.columns if self.request.table_schema(table).column(column).nullable]
        return Note(table=table, column=nullable[-1], text=f"left NULL: {reason}")


def referenced_columns(question: PlanningRequest, table: str) -> frozenset[str]:
    """The columns that other tables point to: they cannot be NULL in rows that are picked."""
    return frozenset(
        column
        for other in question.schema.values()
        if other.name != table
        for key in other.foreign_keys
        if key.parent == table and key.database is None
        for column in key.referenced
    )
