"""Solves a planning request: repeats until no table requires more rows of another one."""

import copy
from collections.abc import Mapping
from functools import partial
from typing import NoReturn

from parloader.planner.check_cases import CheckCases
from parloader.planner.column_generators import ColumnGeneratorBuilder
from parloader.planner.foreign_keys import ForeignKeyEdge, ForeignKeyGraph, ForeignKeySelector, RequiredCycle
from parloader.planner.keys.carriers import CarrierSolver, carrier_notes
from parloader.planner.keys.expression_keys import trial_notes
from parloader.planner.keys.null_keys import NullKeys
from parloader.planner.keys.unique_keys import CanBeNull, ParentCapacity, UniqueKeySolver
from parloader.planner.keys.uniqueness_layout import UniquenessLayout
from parloader.planner.overlapping_keys import ForeignKeyGroup, OverlapUnsatisfiable, foreign_key_groups, lockstep_foreign_keys
from parloader.planner.refinement.refinement import Refinement
from parloader.planner.refinement.steps import refine
from parloader.planner.request import MAX_ROWS, Fill, Note, NotFillable, PlanningRequest, UniqueKeyExhausted, largest_fitting, listed
from parloader.planner.sizes.demands import Demands
from parloader.planner.sizes.planned_tables import generated_table, reused_table, with_target
from parloader.planner.sizes.row_counts import RowRequirements
from parloader.planner.table_draft import TableDraft, assignable_key, columns_left_null, complete_partial_keys, full_key, row_key_columns
from parloader.planner.unfillable import tables_left_out, tables_needing, unwanted_tables
from parloader.plans.generators import Generator
from parloader.plans.model import BELIEVABLE, Plan, Table, with_referenced
from parloader.schema.model import ForeignKey, UniqueKey

# Each round adds a table or requires more rows of one; a schema of a few hundred tables takes fewer than ten rounds
MAX_ROUNDS = 1_000

# More than a foreign key skips of the first rows of its parent
MAX_OFFSET = 1_000


class _Restart(Exception):
    """A foreign key that was to be filled cannot be, so the solver starts again without it."""


class PlanSolver:
    """Solves one planning request. Results that depend on one table alone are cached, because they are needed in each round."""

    def __init__(self, request: PlanningRequest) -> None:
        self.request = request
        self.rejected: dict[ForeignKeyEdge, str] = {}  # foreign keys that turned out to be unfillable, and why
        self.unfillable = unwanted_tables(request)  # the tables that get no rows, and why
        self.requirements = RowRequirements()
        self.graph = ForeignKeyGraph()
        self.drafts: dict[str, TableDraft] = {}
        self.guessed: set[str] = set()  # tables with a unique key that may or may not hold
        self._given: dict[str, dict[str, Generator]] = {}  # table → the generators that the plan gives it
        self._null_keys = NullKeys(request=request, given=self._given_of)
        self._demands = Demands(request, self._given_of, self._null_keys.cases)
        self._max_rows_by_table: dict[str, int] = {}
        self._max_rows_known: dict[str, int] = {}  # of those, which are exact
        self._max_rows_is_limit: dict[str, bool] = {}  # False: parloader cannot work out more rows, but there may be some
        self._in_progress: set[str] = set()  # the tables whose maximum is being computed

    def solve(self) -> tuple[Plan, tuple[Note, ...]]:
        """The completed plan and its notes. Refused, or NotFillable with the table that cannot be filled."""
        while True:
            try:
                return self._plan(self._reach_fixed_point())
            except (NotFillable, RequiredCycle) as error:
                self._leave_out(error)
            except CanBeNull as error:
                self._leave_key_null(error.table, error.key)
            except _Restart:
                self.requirements = RowRequirements()

    def _reach_fixed_point(self) -> dict[str, UniquenessLayout]:
        """The layout of each generated table, once every table has the rows that the others require."""
        for _ in range(MAX_ROUNDS):
            before = copy.deepcopy(self.requirements)
            self.graph = self._foreign_key_selector().select()
            self.drafts, self._max_rows_by_table, self._max_rows_known = {}, {}, {}
            for name in self.graph.generated:
                self.drafts[name] = self._draft(name, self.graph.filled[name])
            layouts = {}
            for name in self.graph.generated:
                layouts[name] = self._layout(self.drafts[name], self._rows(name))
                self._add_requirements(name, layouts[name])
            self.requirements.equalize(
                self.request, {name: self._max_rows(name) for group in self.requirements.equal_size_groups for name in group}
            )
            if self.requirements == before:
                return layouts
        raise AssertionError(f"no fixed point after {MAX_ROUNDS} rounds")

    def _foreign_key_selector(self) -> ForeignKeySelector:
        request = self.request
        return ForeignKeySelector(
            request=request,
            cases=self._cases_of,
            reuses_only=lambda name: self.requirements.reuses_only(request, name),
            rejected=self.rejected,
            unfillable=self.unfillable,
        )

    def _leave_out(self, error: NotFillable | RequiredCycle) -> None:
        """Leaves out tables that cannot be filled, if the user does not insist on them; else foreign keys that may be NULL and need them."""
        if not (left_out := tables_left_out(self.request, error, self.unfillable)):
            try:
                self._drop_optional_keys(error)
            except NotFillable:
                left_out = tables_needing(self.request, self.graph, error)
        self.unfillable |= left_out
        self.requirements = RowRequirements()

    def _drop_optional_keys(self, error: NotFillable | RequiredCycle) -> None:
        """Leaves NULL the foreign keys that need rows of a table that cannot be filled. Raises the error again if there are none."""
        if isinstance(error, RequiredCycle):
            raise error
        needing = [
            (table, key)
            for table, key in self.graph.optional
            if key.parent != table and self.graph.reaches(key.parent, error.table) and (table, key.name) not in self.rejected
        ]
        if self.request.planned(error.table) or not needing:
            raise error
        for table, key in needing:
            self.rejected[table, key.name] = f"rows of {error.table} cannot be generated: {error.reason}"
        self.requirements = RowRequirements()

    # One table

    def _cases_of(self, name: str) -> CheckCases:
        return self._demands.cases(self.requirements.kinds, name)

    def _leave_key_null(self, name: str, key: UniqueKey) -> None:
        """From now on, every row of the table has a NULL in this key of expressions."""
        self._null_keys.add(name, key)
        self._demands.forget(name)
        self.requirements = RowRequirements()

    def _given_of(self, name: str) -> dict[str, Generator]:
        if name not in self._given:
            self._given[name] = complete_partial_keys(self.request, self.request.table_schema(name))
        return self._given[name]

    def _draft(self, name: str, filled: list[ForeignKey]) -> TableDraft:
        table_schema = self.request.table_schema(name)
        given = self._given_of(name)
        own = tuple(foreign for foreign in filled if foreign.within(name))
        rooted = tuple(foreign for foreign in own if (name, foreign) not in self.graph.optional)
        never_null = self.request.referenced_columns(name).union(*(foreign.referenced for foreign in rooted))
        null = columns_left_null(table_schema, tuple(filled), given, never_null)
        possible = self._cases_of(name).without(name, null)
        key = assignable_key(table_schema, self._cases_of(name).cases, given)
        groups = self._foreign_key_groups(name, filled)
        return TableDraft(
            schema=table_schema,
            given=given,
            key=key,
            identity=row_key_columns(table_schema, key),
            groups=groups,
            self_references=own,
            rooted=rooted,
            lockstep_groups=frozenset(
                group.name for group in groups if any((name, foreign.name) in self.requirements.lockstep_keys for foreign in group.keys)
            ),
            null_columns=null,
            never_null=never_null,
            null_keys=self._null_keys.names(name),
            cases=possible.cases,
            alternatives=possible.alternatives,
            kinds=possible.kinds,
            unanalysed=possible.unanalysed,
            fill_all=self.request.planned(name) is None or self.request.fill is Fill.ALL,
            new_parents=frozenset(
                parent for group in groups for parent in group.parents if not self.request.has_rows(parent) or self.request.appends(parent)
            ),
            distinct_columns=frozenset(self.requirements.table(name).distinct_columns),
        )

    def _foreign_key_groups(self, name: str, filled: list[ForeignKey]) -> tuple[ForeignKeyGroup, ...]:
        compared = tuple(dict.fromkeys(c for case in self._cases_of(name).cases for c in case.compared))
        own, others = [key for key in filled if key.within(name)], [key for key in filled if not key.within(name)]
        shared = frozenset[str]().union(*(key.shared for key in own))
        for self_reference in own:
            if overlapping := [
                key for key in filled if key != self_reference and (set(key.columns) & set(self_reference.columns)) - self_reference.shared
            ]:
                self._leave_one_null(name, (*overlapping, self_reference))
        try:
            groups = foreign_key_groups(others, self._keys_of, compared)
        except OverlapUnsatisfiable as error:
            self._leave_one_null(name, error.keys)
        for group in groups:
            if group.lockstep_tables and group.columns & shared:
                self._leave_one_null(name, (*group.keys, *(key for key in own if key.shared & group.columns)))
        return groups

    def _leave_one_null(self, name: str, keys: tuple[ForeignKey, ...]) -> NoReturn:
        """Leaves NULL the last of the foreign keys that may be. NotFillable: none may be."""
        reason = f"the foreign keys {listed(key.name for key in keys)} share columns, and no row is certain to satisfy all of them"
        chosen = [key for key in keys if (name, key) in self.graph.optional]
        if not chosen:
            raise NotFillable(name, reason, "Give their columns a generator in a plan file")
        self.rejected[name, chosen[-1].name] = reason
        raise _Restart

    def _keys_of(self, name: str) -> list[ForeignKey]:
        """The foreign keys of a table that are filled, or would be if rows of it were generated."""
        return self.graph.filled[name] if name in self.graph.filled else self.request.required_foreign_keys(name)

    def _layout(self, draft: TableDraft, rows: int) -> UniquenessLayout:
        name = draft.name
        reuses = self.request.may_reuse(name) and not self.requirements.table(name).only_new
        reused = self.requirements.reused(self.request, name, rows) if reuses else 0
        if draft.key is not None:
            key = draft.schema.column(draft.key)
            if self.request.has_more_rows(name, key.max_key - rows + reused):
                raise UniqueKeyExhausted(name, full_key(self.request, name, key))
        solver = UniqueKeySolver if draft.schema.row_key else CarrierSolver
        return solver(
            draft=draft,
            rows=rows,
            reused=reused,
            request=self.request,
            capacity=partial(self._capacity, child=name, child_rows=rows),
            may_leave_null=lambda key: self._null_keys.condition(name, key) is not None,
            distinct_values=lambda parent, column: self._draft(parent, self._keys_of(parent)).distinct_values(column),
        ).solve()

    def _add_requirements(self, name: str, layout: UniquenessLayout) -> None:
        rows = self._rows(name)
        self.requirements.add_layout(layout)
        if self.drafts[name].shared_columns and not self.request.planned(name):  # existing rows may have other values in them
            self.requirements.table(name).only_new = True
        self._demands.add(self.requirements.kinds, self.drafts[name])
        for group in self.drafts[name].groups:
            if group.lockstep_tables:
                self.requirements.align(group.lockstep_tables)
                self.requirements.lockstep_keys.update(lockstep_foreign_keys(group, self._keys_of))
            counts = group.name in layout.required_by
            min_rows = (layout.group_digits[group.name].size if counts else 1) + group.max_offset
            required_by = f"the unique key {layout.required_by[group.name]} of {name} needs that many" if counts else ""
            for parent in group.parents:
                self.requirements.table(parent).require_rows(min_rows, required_by)
                self.requirements.add_child(self.request, parent, name, rows)
        planned = self.request.planned(name)
        for parent in planned.referenced_tables if planned else ():
            self.requirements.add_child(self.request, parent, name, rows)

    # Row counts

    def _rows(self, name: str) -> int:
        enough = self.request.wanted[name] * self.requirements.kinds.count(name) if name in self.request.wanted else MAX_ROWS
        max_rows = MAX_ROWS if self.request.fixed_rows(name) is not None else self._max_rows(name, enough)
        return self.requirements.rows(self.request, name, max_rows)

    def _capacity(self, name: str, *, only_new: bool, child: str, child_rows: int) -> ParentCapacity:
        """Capacity of a table for a child of it. Tables that must have equally many rows share the smallest capacity among them."""
        only_new = only_new or len(self.requirements.group(name)) > 1
        capacities = [
            self.requirements.capacity(
                self.request,
                other,
                self._max_rows(other, self._enough_for(child_rows, other)),
                only_new=only_new,
                preferred=self.requirements.preferred(self.request, other, child, child_rows),
            )
            for other in sorted(self.requirements.group(name))
        ]
        return ParentCapacity(
            existing=min(capacity.existing for capacity in capacities),
            maximum=min(capacity.maximum for capacity in capacities),
            is_limit=all(self._max_rows_is_limit.get(other, True) for other in self.requirements.group(name)),
        )

    def _enough_for(self, child_rows: int, name: str) -> int:
        """How many rows of the table a child can use. Of an entire database, which has many tables, it is not worked out whether more fit."""
        return child_rows * self.requirements.kinds.count(name) + MAX_OFFSET if self.request.wanted else MAX_ROWS

    def _max_rows(self, name: str, enough: int = MAX_ROWS) -> int:
        """How many rows of the table can be generated, as far as `enough`; 0 if none can."""
        if name in self._in_progress:
            return MAX_ROWS  # tables in a cycle do not limit each other
        if self._max_rows_by_table.get(name, -1) < min(enough, self._max_rows_known.get(name, MAX_ROWS)):
            self._in_progress.add(name)
            try:
                draft = self.drafts.get(name) or self._draft(name, self._keys_of(name))
                found = enough if enough < MAX_ROWS and self._fits(draft, enough) else largest_fitting(partial(self._fits, draft), enough)
                self._max_rows_by_table[name] = found
                if found < enough or enough == MAX_ROWS:
                    self._max_rows_known[name] = found
                    self._max_rows_is_limit[name] = self._is_limit(draft, found)
            except NotFillable:
                self._max_rows_by_table[name] = self._max_rows_known[name] = 0
            finally:
                self._in_progress.remove(name)
        return self._max_rows_by_table[name]

    def _fits(self, draft: TableDraft, rows: int) -> bool:
        try:
            self._layout(draft, rows)
        except UniqueKeyExhausted:
            return False
        except CanBeNull:
            return True
        return True

    def _is_limit(self, draft: TableDraft, max_rows: int) -> bool:
        """Whether the table cannot have more than `max_rows` rows in any plan."""
        if max_rows == MAX_ROWS:
            return True
        try:
            self._layout(draft, max_rows + 1)
        except UniqueKeyExhausted as error:
            return error.is_limit
        return True

    # The plan

    def _plan(self, layouts: Mapping[str, UniquenessLayout]) -> tuple[Plan, tuple[Note, ...]]:
        names = (*self.graph.generated, *sorted(self.graph.reused))
        rows = {name: self._rows(name) for name in names}
        notes = list(self.graph.notes)
        tables, builders = dict[str, Table](), dict[str, ColumnGeneratorBuilder]()
        for name in names:
            if name in layouts:
                builder = builders[name] = ColumnGeneratorBuilder(
                    draft=self.drafts[name],
                    layout=layouts[name],
                    rows=rows,
                    kind_of=partial(self._demands.kind_of, self.requirements.kinds, self.drafts[name]),
                )
                tables[name] = generated_table(builder, self.request, self.requirements, self.graph.deferred.get(name, frozenset()))
                self.guessed |= {name} if layouts[name].doubtful else set()
                notes += [*self._cases_of(name).notes, *builder.notes, *trial_notes(self.drafts[name], layouts[name])]
                notes += carrier_notes(name, layouts[name])
            else:
                tables[name] = reused_table(name, rows[name], self.request, self.requirements)
            if self.request.planned(name) is None:
                notes.append(self.requirements.note(self.request, name, rows[name], generated=name in layouts))
        if self.request.plan.inference >= BELIEVABLE:
            refinement = Refinement(request=self.request, tables=tables, drafts=dict(self.drafts), layouts=layouts, builders=builders)
            refine(refinement)
            notes += refinement.notes
        plan = self.request.plan
        requested = [*(table.name for table in plan.tables), *(name for name in self.request.wanted if name in tables)]
        needed = with_referenced(tables, requested)
        completed = with_target(
            self.request, tuple(tables[name] for name in reversed(names) if name in needed), frozenset(layouts), self.unfillable
        )
        position = {table.name: n for n, table in enumerate(completed.tables)}
        kept = dict.fromkeys(note for note in notes if note.table in position)
        return completed, tuple(sorted(kept, key=lambda note: position[note.table]))
