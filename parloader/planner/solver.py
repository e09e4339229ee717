"""From a question to a plan: what one table asks of others is found out until nothing new is asked for."""

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import NoReturn

from parloader.planner.check_cases import CheckCases, cases_of_table
from parloader.planner.column_generators import ColumnGeneratorBuilder
from parloader.planner.foreign_keys import Edge, ForeignKeyGraph, ForeignKeySelector, referenced_columns
from parloader.planner.overlapping_keys import ForeignKeyGroup, OverlapUnsatisfiable, foreign_key_groups, lockstep_foreign_keys
from parloader.planner.request import MOST_ROWS, Fill, Note, NotFillable, PlanningRequest, UniqueKeyExhausted, listed
from parloader.planner.row_counts import MAX_ROWS_BY_PARENT_PROCESS, RowRequirements
from parloader.planner.table_draft import TableDraft, assignable_key, columns_left_null, complete_partial_keys, integer_key, row_key_columns
from parloader.planner.unique_keys import ParentCapacity, UniqueKeySolver, UniquenessLayout, largest_fitting
from parloader.plans.generators import Generator
from parloader.plans.model import Plan, Table
from parloader.schema.model import ForeignKey

# Each round asks for more rows of a table, or makes one more; a schema of a few hundred tables takes less than ten
MOST_ROUNDS = 1_000

GIVE_THEM = "Give the columns that it is made of in a plan file, for example unique ones; a sample is tried before the load"


class _Again(Exception):
    """A foreign key that was to be filled cannot be."""


class Inference:
    """One question, answered. What is said of tables alone is kept, because it is asked for often."""

    def __init__(self, question: PlanningRequest) -> None:
        self.request = question
        self.banned: dict[Edge, str] = {}
        self.requirements = RowRequirements()
        self.graph = ForeignKeyGraph()
        self.drafts: dict[str, TableDraft] = {}
        self._cases: dict[str, CheckCases] = {}
        self._given: dict[str, dict[str, Generator]] = {}
        self._most: dict[str, int] = {}
        self._asking: set[str] = set()

    def solve(self) -> tuple[Plan, tuple[Note, ...]]:
        """Refused, or CannotBeMade with the table that is to blame."""
        while True:
            try:
                layouts = self._settle()
                return self._plan(layouts)
            except NotFillable as error:
                self._do_without(error)
            except _Again:
                self.requirements = RowRequirements()

    def _settle(self) -> dict[str, UniquenessLayout]:
        """What the keys of each made table ask for, when all tables have the rows that are asked for."""
        for _ in range(MOST_ROUNDS):
            before = copy.deepcopy(self.requirements)
            self.graph = self._wirer().select()
            self.drafts, self._most = {}, {}
            for name in self.graph.generated:
                self.drafts[name] = self._draft(name, self.graph.filled[name])
            layouts = {}
            for name in self.graph.generated:
                layouts[name] = self._layout(self.drafts[name], self._rows(name))
                self._ask(name, layouts[name])
            self.requirements.equalize(
                self.request, {name: self._most_made(name) for group in self.requirements.equal_size_groups for name in group}
            )
            if self.requirements == before:
                return layouts
        raise AssertionError("what is asked for grows for ever")

    def _wirer(self) -> ForeignKeySelector:
        question = self.request
        return ForeignKeySelector(
            request=question,
            cases=self._cases_of,
            reuses_only=lambda name: self.requirements.reuses_only(question, name),
            banned=self.banned,
        )

    def _do_without(self, error: NotFillable) -> None:
        """Leaves the foreign keys NULL that need what cannot be had; where there are none the error stands."""
        needing = [
            (table, key)
            for table, key in self.graph.optional
            if key.parent != table and self.graph.reaches(key.parent, error.table) and (table, key.name) not in self.banned
        ]
        if self.request.planned(error.table) or not needing:
            raise error
        for table, key in needing:
            self.banned[table, key.name] = f"{error.table}: {error.reason}"
        self.requirements = RowRequirements()

    # -- one table

    def _cases_of(self, name: str) -> CheckCases:
        if name not in self._cases:
            shape = self.request.table_schema(name)
            self._cases[name] = cases_of_table(shape, self._given_of(name))
        return self._cases[name]

    def _given_of(self, name: str) -> dict[str, Generator]:
        if name not in self._given:
            self._given[name] = complete_partial_keys(self.request, self.request.table_schema(name))
        return self._given[name]

    def _draft(self, name: str, filled: list[ForeignKey]) -> TableDraft:
        shape = self.request.table_schema(name)
        given = self._given_of(name)
        never_null = referenced_columns(self.request, name)
        null = columns_left_null(shape, tuple(filled), given, never_null)
        possible = self._cases_of(name).without(name, null).cases
        key = assignable_key(shape, self._cases_of(name).cases, given)
        found = self._units(name, filled)
        return TableDraft(
            schema=shape,
            given=given,
            key=key,
            identity=row_key_columns(shape, key),
            groups=found,
            self_references=tuple(foreign for foreign in filled if foreign.parent == name),
            lockstep_groups=frozenset(
                u.name for u in found if any((name, foreign.name) in self.requirements.lockstep_keys for foreign in u.keys)
            ),
            null_columns=null,
            never_null=never_null,
            cases=possible,
            fill_all=self.request.planned(name) is None or self.request.fill is Fill.ALL,
            empty_parents=frozenset(parent for unit in found for parent in unit.parents if not self.request.existing_rows(parent)),
        )

    def _units(self, name: str, filled: list[ForeignKey]) -> tuple[ForeignKeyGroup, ...]:
        compared = tuple(dict.fromkeys(c for case in self._cases_of(name).cases for c in case.compared))
        others = [key for key in filled if key.parent != name]
        for own in (key for key in filled if key.parent == name):
            if clashing := [key for key in filled if key != own and set(key.columns) & set(own.columns)]:
                self._give_up_one(name, (*clashing, own))
        try:
            return foreign_key_groups(others, self._keys_of, compared)
        except OverlapUnsatisfiable as clash:
            self._give_up_one(name, clash.keys)

    def _give_up_one(self, name: str, keys: tuple[ForeignKey, ...]) -> NoReturn:
        """Leaves the last of the foreign keys NULL that can be. CannotBeMade: none can."""
        reason = f"the foreign keys {listed(tuple(key.name for key in keys))} share columns, and no row is sure to meet all of them"
        chosen = [key for key in keys if (name, key) in self.graph.optional]
        if not chosen:
            raise NotFillable(name, reason, "Give their columns in a plan file")
        self.banned[name, chosen[-1].name] = reason
        raise _Again

    def _keys_of(self, name: str) -> list[ForeignKey]:
        """The foreign keys of a table that are filled, or would be if rows of it were made."""
        return self.graph.filled[name] if name in self.graph.filled else self.request.required_foreign_keys(name)

    def _layout(self, draft: TableDraft, rows: int) -> UniquenessLayout:
        name = draft.name
        there = self.request.existing_rows(name)
        reused = there if self.request.may_reuse(name) and not self.requirements.table(name).only_new else 0
        if draft.key is not None:
            holds = draft.schema.column(draft.key).max_value
            if rows > holds - there + reused:
                taken = f", of which {there:,} are taken" if there else ""
                raise UniqueKeyExhausted(name, f"{name}.{draft.key} holds only {holds:,} values{taken}")
        return UniqueKeySolver(
            draft=draft, rows=rows, reused=reused, existing_rows=there, capacity=self._room, shapes=self.request.schema
        ).solve()

    # -- what it asks of others

    def _ask(self, name: str, layout: UniquenessLayout) -> None:
        rows = self._rows(name)
        for parent in layout.only_new:
            self.requirements.table(parent).only_new = True
        for unit in self.drafts[name].groups:
            if unit.lockstep_tables:
                self.requirements.align(unit.lockstep_tables)
                self.requirements.lockstep_keys.update(lockstep_foreign_keys(unit, self._keys_of))
            counts = unit.name in layout.required_by
            least = (layout.group_digits[unit.name].size if counts else 1) + unit.max_offset
            because = f"the unique key {layout.required_by[unit.name]} of {name} needs them" if counts else ""
            for parent in unit.parents:
                self.requirements.table(parent).require_rows(least, because)
                self.requirements.table(parent).add_child(name, rows)
        planned = self.request.planned(name)
        for parent in planned.referenced_tables if planned else ():
            self.requirements.table(parent).add_child(name, rows)

    # -- how many rows

    def _rows(self, name: str) -> int:
        most = MOST_ROWS if self.request.fixed_rows(name) is not None else self._most_made(name)
        return self.requirements.rows(self.request, name, most)

    def _room(self, name: str, fresh: bool) -> ParentCapacity:
        """Of a table that must have as many rows as others: as many as each of them can have."""
        rooms = [
            self.requirements.capacity(self.request, other, self._most_made(other), fresh=fresh or len(self.requirements.group(name)) > 1)
            for other in sorted(self.requirements.group(name))
        ]
        return ParentCapacity(existing=min(room.existing for room in rooms), maximum=min(room.maximum for room in rooms))

    def _most_made(self, name: str) -> int:
        """How many rows of the table can be made; 0 where none can."""
        if name in self._asking:
            return MOST_ROWS  # in a cycle the tables limit each other not at all
        if name not in self._most:
            self._asking.add(name)
            try:
                draft = self.drafts.get(name) or self._draft(name, self._keys_of(name))
                self._most[name] = largest_fitting(lambda rows: self._fits(draft, rows))
            except NotFillable:
                self._most[name] = 0
            finally:
                self._asking.remove(name)
        return self._most[name]

    def _fits(self, draft: TableDraft, rows: int) -> bool:
        try:
            self._layout(draft, rows)
        except UniqueKeyExhausted:
            return False
        return True

    # -- the plan

    def _plan(self, layouts: Mapping[str, UniquenessLayout]) -> tuple[Plan, tuple[Note, ...]]:
        names = (*self.graph.generated, *sorted(self.graph.reused))
        rows = {name: self._rows(name) for name in names}
        notes = list(self.graph.notes)
        tables: dict[str, Table] = {}
        for name in names:
            if name in layouts:
                filling = ColumnGeneratorBuilder(draft=self.drafts[name], layout=layouts[name], rows=rows)
                tables[name] = self._made(filling)
                notes += [*self._cases_of(name).notes, *filling.notes, *self._doubts(name, layouts[name])]
            else:
                tables[name] = self._used(name, rows[name])
            if self.request.planned(name) is None:
                notes.append(self.requirements.note(self.request, name, rows[name], made=name in layouts))
        plan = self.request.plan
        needed = _needed(tables, [table.name for table in plan.tables])
        completed = replace(plan, tables=tuple(tables[name] for name in reversed(names) if name in needed))
        if completed.target.name != plan.target.name:  # what is pointed at in a second pass may come after it
            completed = replace(completed, main=plan.target.name)
        place = {table.name: n for n, table in enumerate(completed.tables)}
        kept = dict.fromkeys(note for note in notes if note.table in place)
        return completed, tuple(sorted(kept, key=lambda note: place[note.table]))

    def _made(self, filling: ColumnGeneratorBuilder) -> Table:
        draft = filling.draft
        rows = filling.rows[draft.name]
        planned = self.request.planned(draft.name)
        later = self.graph.deferred.get(draft.name, frozenset())
        if planned:
            columns = {**planned.columns, **filling.columns()}
            return replace(planned, rows=rows, columns=columns, key=draft.key, identity=draft.identity, later=planned.later | later)
        fresh = self.requirements.table(draft.name).only_new
        made = rows - (0 if fresh else self.request.existing_rows(draft.name))
        return Table(
            name=draft.name,
            rows=rows,
            columns=filling.columns(),
            key=draft.key,
            identity=draft.identity,
            partitioned=made > MAX_ROWS_BY_PARENT_PROCESS,
            reuse=not fresh,
            later=later,
        )

    def _used(self, name: str, rows: int) -> Table:
        shape = self.request.table_schema(name)
        planned = self.request.planned(name)
        key = assignable_key(shape, (), planned.columns) if planned else integer_key(shape)
        table = planned or Table(name=name, rows=rows, columns={})
        # none of its rows is made, so none has to be found again: columns that have no generator are no identity
        identity = row_key_columns(shape, key)
        return replace(table, rows=rows, key=key, identity=identity if table.columns.keys() >= set(identity) else ())

    def _doubts(self, name: str, layout: UniquenessLayout) -> list[Note]:
        """CannotBeMade where nothing says that a unique key of expressions or generated columns holds beyond a sample: the plan gives no column."""
        doubtful = [*layout.doubtful, *(k for k in self.request.table_schema(name).unique_keys if k.expressions and not k.columns)]
        if doubtful and not self._given_of(name):
            keys = listed(tuple(key.name for key in doubtful))
            raise NotFillable(
                name, f"nobody can say of its unique key {keys}, which is not of plain columns, whether it would hold", GIVE_THEM
            )
        doubts = [
            Note(table=name, column=None, text=f"the unique key {key.name} has parts that are not made here, it is tried on a sample")
            for key in doubtful
        ]
        triggers = [trigger.name for trigger in self.request.table_schema(name).triggers if trigger.event == "INSERT"]
        fire = Note(table=name, column=None, text=f"each row fires {listed(triggers)}")
        return [*doubts, fire] if triggers else doubts


def _needed(tables: Mapping[str, Table], wanted: list[str]) -> frozenset[str]:
    """The wanted ones, and all that they pick from."""
    needed: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name not in needed:
            needed.add(name)
            wanted.extend(tables[name].referenced_tables)
    return frozenset(needed)
