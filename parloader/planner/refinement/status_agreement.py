"""A status, and the columns that tell of its events: paid_at is set exactly if the status says so, and after created_at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from parloader.inference import event_times
from parloader.inference.events import EventColumn, Role, created, event_column
from parloader.inference.lifecycles import EXITS
from parloader.planner.refinement.refinement import Refinement
from parloader.planner.refinement.row_states import RowStates, by_state, have_all, in_each_case
from parloader.planner.refinement.statuses import Status, statuses
from parloader.plans.generators import Choice, Const, Expr, Generator, Scalar, When
from parloader.schema.model import ColumnSchema

LATEST = 2**31 - 1 - 400 * 86_400
"""Created times up to here leave a year for the events (TIMESTAMP ends in 2038)."""


def agree_with_status(refinement: Refinement) -> None:
    """The step: of each generated table, a status decides about its events."""
    for name, draft in refinement.drafts.items():
        if name not in refinement.layouts:
            continue
        events = tuple(found for column in draft.schema.columns if (found := _event(refinement, name, column)))
        of_table = statuses(refinement, name, events)
        if of_table:
            StatusAgreement(refinement=refinement, table=name, main=of_table[0], others=of_table[1:], events=events).apply()


def _event(refinement: Refinement, table: str, column: ColumnSchema) -> EventColumn | None:
    """The event that a column tells of, if a step may change the column."""
    found = event_column(column)
    if found is None or not refinement.is_own(table, column.name):
        return None
    draft = refinement.drafts[table]
    if found.role is Role.DETAIL:
        group = draft.group_of(column.name)
        alone = column.nullable and draft.self_reference_of(column.name) is None and (group is None or len(group.columns) == 1)
        return found if alone and column.name not in draft.derived else None
    bound = draft.group_of(column.name) or draft.self_reference_of(column.name)
    return None if bound or refinement.is_limited(table, column.name) else found


@dataclass(kw_only=True)
class StatusAgreement:
    """A table with a status."""

    refinement: Refinement
    table: str
    main: Status  # decides about the others
    others: tuple[Status, ...]
    events: tuple[EventColumn, ...]
    following: dict[str, Mapping[Scalar, Scalar]] = field(default_factory=dict)  # other status → its value for each of the main one

    def apply(self) -> None:
        """Gives the status, its events and the columns in the same CHECKs their generators; nothing, if the CHECKs do not allow it."""
        draft = self.refinement.drafts[self.table]
        states = RowStates(column=self.main.column, states=tuple(self.main.values.values()), cases=draft.cases)
        for other in self.others:
            self.following[other.column] = self._following(other)
        for event in self.events:
            present = self._present(event)
            if present is not None:
                states.present[event.column] = present
        parts = self._parts_by_case(states)
        if parts is None or not states.settle(self._allowed()):
            return
        self._keep_order(states)
        self._set_statuses(states)
        self._set_events(states)
        for column, by_case in parts.items():
            if column not in self.following and column != self.main.column and column not in self._times(states):
                inner = {state: by_case[states.case_of[state]] for state in states.states}
                self._set_conditional(states, column, inner)

    # What each state is like

    def _following(self, other: Status) -> Mapping[Scalar, Scalar]:
        """The other status's value for each of the main one: the same word, or the last one that has been reached."""
        found: dict[Scalar, Scalar] = {}
        path = other.lifecycle.path
        for member, value in self.main.values.items():
            word = self.main.lifecycle.words[member]
            same = [m for m in other.lifecycle.members if other.has(word) and m in self._members(other, word)]
            if not same and member in self.main.lifecycle.exits:
                same = [m for m in other.lifecycle.exits if m in self._members(other, "failed") | self._members(other, "void")]
            reached = [m for m, position in zip(path, other.lifecycle.positions, strict=True) if position <= self._position(member)]
            found[value] = other.values[(same or reached[-1:] or path[:1])[0]]
        return found

    def _members(self, status: Status, word: str) -> frozenset[str]:
        return frozenset(m for m in status.lifecycle.members if status.lifecycle.means(m, word))

    def _position(self, member: str) -> int:
        """How far rows with this member of the main status have come."""
        if member in self.main.lifecycle.path:
            return self.main.lifecycle.positions[self.main.lifecycle.path.index(member)]
        return self.main.lifecycle.left_at(member)

    def _present(self, event: EventColumn) -> frozenset[Scalar] | None:
        """The states in which the event has happened; None: the status says nothing about it."""
        column = self.refinement.drafts[self.table].schema.column(event.column)
        if not column.nullable and event.role is Role.TIME:
            return frozenset(self.main.values.values())
        deciding = next((status for status in (self.main, *self.others) if status.has(event.event)), None)
        deciding = deciding or next((status for status in (self.main, *self.others) if status.reached(event.event)), None)
        if deciding is None:
            return None
        reached = deciding.reached(event.event)
        if deciding is self.main:
            return reached
        return frozenset(state for state, value in self.following[deciding.column].items() if value in reached)

    def _allowed(self) -> list[frozenset[Scalar]]:
        """For each case of the CHECKs the values of the main status that it allows."""
        return [
            frozenset(
                value
                for value in self.main.allowed[number]
                if all(self.following[other.column].get(value) in other.allowed[number] for other in self.others)
            )
            for number in range(len(self.main.allowed))
        ]

    def _parts_by_case(self, states: RowStates) -> dict[str, tuple[Generator, ...]] | None:
        """The generators for each case, of the columns that differ between cases or that events decide about. None: they cannot be told apart."""
        draft, layout = self.refinement.drafts[self.table], self.refinement.layouts[self.table]
        found: dict[str, tuple[Generator, ...]] = {}
        for column, generator in self.refinement.tables[self.table].columns.items():
            parts = (generator,) * len(draft.cases) if column in draft.given else in_each_case(generator, len(draft.cases))
            differs = parts is None or len(set(parts)) > 1
            if differs and (draft.kinds > 1 or column in layout.unique_by_case or column in layout.column_digits or parts is None):
                return None
            if parts and (differs or column in states.present):
                found[column] = parts
        return found

    def _times(self, states: RowStates) -> dict[str, EventColumn]:
        return {event.column: event for event in self.events if event.role is Role.TIME and event.column in states.present}

    def _keep_order(self, states: RowStates) -> None:
        """Leaves to the solver the times that a CHECK compares with columns that are not in the order of events."""
        base = self._base()
        while True:
            order = [] if base is None else [base, *(event.column for event in self._in_order(states))]
            wrong = {
                name
                for case in self.refinement.drafts[self.table].cases
                for c in case.compared
                for name in (c.left, c.right)
                if name in self._times(states)
                and not (c.operator in ("<", "<=") and c.left in order and c.right in order and order.index(c.left) < order.index(c.right))
            }
            for name in wrong:
                del states.present[name]
            if not wrong:
                return

    # The generators

    def _set_statuses(self, states: RowStates) -> None:
        members = tuple(self.main.values)
        weights = self.main.lifecycle.weights(members)
        self.refinement.set(self.table, self.main.column, Choice(values=tuple(self.main.values.values()), weights=weights))
        for column, values in self.following.items():
            self.refinement.set(self.table, column, by_state(states.column, {s: Const(value=v) for s, v in values.items()}, states.states))

    def _set_events(self, states: RowStates) -> None:
        before: list[str] = []  # times that come earlier, the last one last
        base = self._base()
        if base is not None:
            before.append(base)
        for event in self._in_order(states):
            self._set_time(states, event, before)
            before.append(event.column)

    def _in_order(self, states: RowStates) -> list[EventColumn]:
        def position(event: EventColumn) -> int:
            deciding = next((s for s in (self.main, *self.others) if s.has(event.event)), self.main)
            return deciding.lifecycle.order(event.event)

        return sorted(self._times(states).values(), key=position)

    def _set_time(self, states: RowStates, event: EventColumn, before: list[str]) -> None:
        schema = self.refinement.drafts[self.table].schema
        column, present = schema.column(event.column), states.present[event.column]
        earlier = [
            schema.column(name) for name in reversed(before) if have_all(present, states.present.get(name, frozenset(states.states)))
        ]
        generator = self.refinement.tables[self.table].columns[event.column]
        if earlier and event_times.clock(earlier[0]) == event_times.clock(column):
            generator = event_times.after(column, event.event, earlier[0].name, strict=self._is_strict(event.column))
            if states.present.get(earlier[0].name) == present:  # NULL if the earlier one is
                return self.refinement.set(self.table, event.column, generator)
        elif earlier:
            generator = Expr(sql=event_times.converted(earlier[0], column))
        elif isinstance(generator, When):
            generator = generator.then
        self.refinement.set(self.table, event.column, states.only_present(event.column, generator))
        return None

    def _is_strict(self, column: str) -> bool:
        return any(c.right == column and c.operator == "<" for case in self.refinement.drafts[self.table].cases for c in case.compared)

    def _set_conditional(self, states: RowStates, column: str, inner: Mapping[Scalar, Generator]) -> None:
        """A column of which the solver's generators remain: those of the case of each state, or NULL."""
        event = next((event for event in self.events if event.column == column), None)
        present = states.present.get(column, frozenset(states.states))
        schema = self.refinement.drafts[self.table].schema.column(column)
        if event is not None and event.role is Role.FLAG:
            values: dict[Scalar, Generator] = {state: Const(value=int(state in present)) for state in states.states}
        elif schema.nullable:
            null = Const(value=None)
            some = next((part for part in inner.values() if part != null), null)
            values = {
                state: (some if inner[state] == null else inner[state]) if state in present and column in states.present
                else null if column in states.present else inner[state]
                for state in states.states
            }
        else:
            values = dict(inner)
        self.refinement.set(self.table, column, by_state(states.column, values, states.states))

    def _base(self) -> str | None:
        """The time at which a row begins."""
        return created(self._changeable_times())

    def _changeable_times(self) -> Iterator[ColumnSchema]:
        columns = self.refinement.tables[self.table].columns
        return (c for c in self.refinement.drafts[self.table].schema.columns if c.name in columns and not c.nullable | (c.name in EXITS))
