"""A status, and the columns that tell of its events: paid_at is set exactly if the status says so, and after created_at."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from parloader.inference.column_names import split_identifier, words
from parloader.inference.statuses import event_times
from parloader.inference.statuses.events import EventColumn, Role, created, event_column
from parloader.inference.statuses.lifecycles import canonical
from parloader.planner.check_cases import related_columns
from parloader.planner.refinement.appointments import PLANNED, is_followed_by, planned_start, set_planned_end
from parloader.planner.refinement.refinement import Refinement
from parloader.planner.refinement.row_states import RowStates, by_state, have_all, in_each_case
from parloader.planner.refinement.statuses import Status, statuses
from parloader.plans.generators import After, Choice, Const, Generator, Scalar, Uniform
from parloader.schema.model import ColumnSchema

HAPPENS = 40  # events from this position on (lifecycles.py) happen at the planned time

BEFORE_PLANNED = words("cancelled rejected expired")
"""Events that end a row before the planned time."""

ANY_FLAG = (Uniform(low=0, high=1), Choice(values=(0, 1)))


def agree_with_status(refinement: Refinement) -> None:
    """The step: of each generated table, a status decides about its events."""
    for name, draft in refinement.drafts.items():
        if name not in refinement.layouts:
            continue
        base = created(column for column in draft.schema.columns if column.name in refinement.tables[name].columns)
        others = [column for column in draft.schema.columns if column != base]
        events = tuple(found for column in others if (found := event_of(refinement, name, column)))
        times = [event.event for event in events if event.role is Role.TIME]
        of_table = statuses(refinement, name, times)
        if of_table:
            known = {canonical(word) for status in of_table for word in status.lifecycle.words.values()}
            around = {word for status in of_table for word in split_identifier(status.column)[:-1]}
            events = tuple(found for column in others if (found := event_of(refinement, name, column, known, around)))
            main, *followers = of_table
            StatusAgreement(
                refinement=refinement, table=name, main=main, others=tuple(followers), events=events, base=base.name if base else None
            ).apply()


def event_of(
    refinement: Refinement, table: str, column: ColumnSchema, known: Collection[str] = (), around: Collection[str] = ()
) -> EventColumn | None:
    """The event that a column tells of, if a step may change the column. `known`, `around`: words as in `event_column`."""
    found = event_column(column, table, known=known, around=around)
    if found is None or not refinement.is_own(table, column.name):
        return None
    draft = refinement.drafts[table]
    if found.role is Role.DETAIL:
        group = draft.group_of(column.name)
        alone = column.nullable and draft.self_reference_of(column.name) is None and (group is None or len(group.columns) == 1)
        return found if alone and not refinement.is_compared(table, column.name) else None
    if found.role is Role.FLAG:
        parts = in_each_case(refinement.tables[table].columns[column.name], len(draft.cases))
        any_value = all(part in ANY_FLAG for part in parts or (None,))
        return found if any_value and not refinement.is_compared(table, column.name) else None
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
    base: str | None  # the time at which a row begins
    following: dict[str, Mapping[Scalar, Scalar]] = field(default_factory=dict)  # other status → its value for each of the main one

    def apply(self) -> None:
        """Gives the status, its events and the columns in the same CHECKs their generators; nothing, if the CHECKs do not allow it."""
        draft = self.refinement.drafts[self.table]
        states = RowStates(column=self.main.column, states=tuple(self.main.values.values()), cases=draft.alternatives)
        for other in self.others:
            self.following[other.column] = self._following(other)
        for event in self.events:
            present = self._present(event)
            if present is not None:
                states.present[event.column] = present
        decides = self._decides_case(states)
        if decides and (self._is_cyclic() or not states.settle(self._allowed())):
            return
        self._keep_order(states)
        self._set_statuses(states)
        self._set_times(states)
        times = self._times(states)
        self.refinement.settle(self.table, self.main.column, *self.following, *states.present)
        for column in self.refinement.drafts[self.table].schema.columns:
            if column.name in states.present and column.name not in times:
                self._set_detail(states, column)
            elif column.name in times or self.refinement.is_settled(self.table, column.name):
                continue
            elif decides and self._depends_on_case(column):
                self.refinement.set(self.table, column.name, by_state(states.column, self._in_states(states, column), states.states))
                self.refinement.settle(self.table, column.name)

    # What each state is like

    def _following(self, other: Status) -> Mapping[Scalar, Scalar]:
        """The other status's value for each of the main one: the same word, or the last one that has been reached."""
        found: dict[Scalar, Scalar] = {}
        path = other.lifecycle.path
        for member, value in self.main.values.items():
            word = self.main.lifecycle.words[member]
            same = [m for m in other.lifecycle.members if other.lifecycle.means(m, word)]
            if not same and member in self.main.lifecycle.exits:
                same = [m for m in other.lifecycle.exits if any(other.lifecycle.means(m, end) for end in ("void", "failed"))]
            reached = [
                m for m, position in zip(path, other.lifecycle.positions, strict=True) if position <= self.main.lifecycle.position(member)
            ]
            found[value] = other.values[(same or reached[-1:] or path[:1])[0]]
        return found

    def _present(self, event: EventColumn) -> frozenset[Scalar] | None:
        """The states in which the event has happened; None: the status says nothing about it."""
        column = self.refinement.drafts[self.table].schema.column(event.column)
        if not column.nullable and event.role is Role.TIME:
            return frozenset(self.main.values.values())
        deciding = next((status for status in (self.main, *self.others) if status.has(event.event)), None)
        deciding = deciding or next((status for status in (self.main, *self.others) if status.reached(event.event)), None)
        if deciding is None or (event.event == PLANNED and not deciding.has(PLANNED)):
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

    def _decides_case(self, states: RowStates) -> bool:
        """Whether the CHECKs tie the status, or a column that follows it, to something."""
        draft = self.refinement.drafts[self.table]
        columns = {self.main.column, *self.following, *states.present}
        different = any(len({case.domain(column) for case in draft.alternatives}) > 1 for column in columns)
        return different or any(self.refinement.is_compared(self.table, column) for column in columns)

    def _is_cyclic(self) -> bool:
        """Whether what the cases say about keys and parents needs the cases in turn."""
        draft, layout = self.refinement.drafts[self.table], self.refinement.layouts[self.table]
        if len(draft.cases) == 1 == len(draft.alternatives):
            return False
        kept = [
            g for name, g in self.refinement.tables[self.table].columns.items() if draft.group_of(name) or draft.self_reference_of(name)
        ]
        numbered = any(in_each_case(generator, len(draft.cases)) != (generator,) * len(draft.cases) for generator in kept)
        return draft.kinds > 1 or bool(layout.unique_by_case) or numbered

    def _depends_on_case(self, column: ColumnSchema) -> bool:
        """Whether the cases of the CHECKs differ in the column, so that the solver's generator may alternate between them."""
        draft = self.refinement.drafts[self.table]
        if column.name not in self.refinement.tables[self.table].columns or column.name in {self.main.column, *self.following}:
            return False
        parts = in_each_case(self.refinement.tables[self.table].columns[column.name], len(draft.cases))
        compared = any(case.compared for case in draft.alternatives) and self.refinement.is_compared(self.table, column.name)
        different = len({case.domain(column.name) for case in draft.alternatives}) > 1
        return column.name not in draft.given and (parts is None or len(set(parts)) > 1 or different or compared)

    def _in_states(self, states: RowStates, column: ColumnSchema) -> dict[Scalar, Generator]:
        """The solver's generator for the case of each state."""
        builder = self.refinement.builders[self.table]
        return {state: builder.in_case(column, states.case_of[state]) or Const(value=None) for state in states.states}

    def _times(self, states: RowStates) -> dict[str, EventColumn]:
        return {event.column: event for event in self.events if event.role is Role.TIME and event.column in states.present}

    def _keep_order(self, states: RowStates) -> None:
        """Leaves to the solver the times that a CHECK compares with columns that are not in the order of events."""
        base = self.base
        while True:
            order = [] if base is None else [base, *(event.column for event in self._in_order(states))]
            wrong = {
                name
                for case in self.refinement.drafts[self.table].cases
                for c in case.compared
                for name in (c.left, c.right)
                if name in self._times(states)
                and not (c.operator in ("<", "<=") and self._is_before(c.left, c.right, order))
                and not (c.left == name and self._is_planned(name) and is_followed_by(self.refinement, self.table, c.left, c.right))
            }
            wrong |= {name for case in self.refinement.drafts[self.table].cases for name in related_columns(case) if name in states.present}
            for name in wrong:
                del states.present[name]
            if not wrong:
                return

    def _is_planned(self, column: str) -> bool:
        return any(event.column == column and event.event == PLANNED for event in self.events)

    def _is_before(self, first: str, second: str, order: list[str]) -> bool:
        schema = self.refinement.drafts[self.table].schema
        if first not in order or second not in order or order.index(first) > order.index(second):
            return False
        return event_times.clock(schema.column(first)) == event_times.clock(schema.column(second))

    # The generators

    def _set_statuses(self, states: RowStates) -> None:
        members = tuple(self.main.values)
        weights = self.main.lifecycle.weights(members)
        self.refinement.set(self.table, self.main.column, Choice(values=tuple(self.main.values.values()), weights=weights))
        for column, values in self.following.items():
            self.refinement.set(self.table, column, by_state(states.column, {s: Const(value=v) for s, v in values.items()}, states.states))

    def _set_times(self, states: RowStates) -> None:
        before: list[str] = []  # times that come earlier, the last one last
        base = self.base
        if base is not None:
            before.append(base)
        for event in self._in_order(states):
            self._set_time(states, event, before)
            before.append(event.column)

    def _in_order(self, states: RowStates) -> list[EventColumn]:
        def position(event: EventColumn) -> int:
            deciding = next((s for s in (self.main, *self.others) if s.has(event.event)), self.main)
            if event.event == PLANNED:  # before what happens at that time, after what is said about it
                return 100 * sum(position < HAPPENS for position in deciding.lifecycle.positions) - 1
            return deciding.lifecycle.order(event.event)

        return sorted(self._times(states).values(), key=position)

    def _set_time(self, states: RowStates, event: EventColumn, before: list[str]) -> None:
        schema = self.refinement.drafts[self.table].schema
        column, present = schema.column(event.column), states.present[event.column]
        if event.event in BEFORE_PLANNED:
            before = [name for name in before if not self._is_planned(name)]
        earlier = [
            schema.column(name) for name in reversed(before) if have_all(present, states.present.get(name, frozenset(states.states)))
        ]
        generator = self.refinement.tables[self.table].columns[event.column]
        planned = planned_start(self.refinement, self.table, column, earlier[0]) if earlier and event.event == PLANNED else None
        if planned is not None:
            self.refinement.set(self.table, event.column, states.only_present(event.column, planned))
            set_planned_end(self.refinement, self.table, column)
            return
        delay, strict = event_times.delay_of(event.event), self._is_strict(event.column)
        followed = self.refinement.follow(self.table, column.name, earlier[0].name, delay, strict=strict) if earlier else None
        if followed and isinstance(followed, After) and states.present.get(followed.column) == present:  # NULL if the earlier one is
            self.refinement.set(self.table, event.column, followed)
            return
        generator = followed or self._some_value(states, column) or generator
        self.refinement.set(self.table, event.column, states.only_present(event.column, generator))

    def _some_value(self, states: RowStates, column: ColumnSchema) -> Generator | None:
        """The solver's generator for a row in which the column has a value, if that depends on the case."""
        if not states.case_of or not self._depends_on_case(column):
            return None
        parts = (part for state, part in self._in_states(states, column).items() if state in states.present[column.name])
        return next((part for part in parts if part != Const(value=None)), None)

    def _is_strict(self, column: str) -> bool:
        return any(c.right == column and c.operator == "<" for case in self.refinement.drafts[self.table].cases for c in case.compared)

    def _set_detail(self, states: RowStates, column: ColumnSchema) -> None:
        """A flag, or a column that says more about an event."""
        event = next(event for event in self.events if event.column == column.name)
        if event.role is Role.FLAG:
            present = states.present[column.name]
            values: dict[Scalar, Generator] = {state: Const(value=int(state in present)) for state in states.states}
            self.refinement.set(self.table, column.name, by_state(states.column, values, states.states))
            return
        generator = self.refinement.tables[self.table].columns[column.name]
        if self._depends_on_case(column) and states.case_of:
            in_states = self._in_states(states, column)
            values = {state: in_states[state] if state in states.present[column.name] else Const(value=None) for state in states.states}
            self.refinement.set(self.table, column.name, by_state(states.column, values, states.states))
        else:
            self.refinement.set(self.table, column.name, states.only_present(column.name, replace(generator, null_share=0.0)))
