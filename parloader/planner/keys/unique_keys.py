"""Solves unique keys by construction: each key gets a column that differs in every row, or several columns that count like digits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Protocol

from parloader.inference import default_generators, unique_columns
from parloader.planner.keys.digits import DigitSource, assign_digits
from parloader.planner.keys.disjoint_periods import make_disjoint
from parloader.planner.keys.expression_keys import ExpressionKeySolver
from parloader.planner.keys.uniqueness_layout import MixedRadixDigit, UniquenessLayout
from parloader.planner.overlapping_keys import ForeignKeyGroup
from parloader.planner.request import PlanningRequest, UniqueKeyExhausted, largest_fitting, listed
from parloader.planner.table_draft import TableDraft
from parloader.plans.generators import Unique
from parloader.plans.unique import capacity
from parloader.quantities import counted, plural
from parloader.schema.model import ColumnType, UniqueKey

# The types that look most natural in a unique column: a name or a code rather than a timestamp
PREFERRED = (ColumnType.TEXT, ColumnType.UUID, ColumnType.BYTES, ColumnType.INTEGER)

# The types of which parloader uses only a part of the values
PARTIALLY_USED = (ColumnType.TEXT, ColumnType.BYTES, ColumnType.REAL)


@dataclass(frozen=True, kw_only=True)
class ParentCapacity:
    """How many rows of a table can be picked from."""

    existing: int  # rows that need not be generated
    maximum: int
    is_limit: bool = True  # False: parloader cannot work out more rows, but there may be some


class CapacityOf(Protocol):
    """Tells how many rows of a table, or of its new rows only, can be picked from."""

    def __call__(self, name: str, *, only_new: bool) -> ParentCapacity: ...


class _NeedsDistinctGroup(Exception):
    """A foreign key group must pick a different parent row in each row, to satisfy all of its unique keys."""

    def __init__(self, group: str, key: str) -> None:
        super().__init__(group, key)
        self.group = group
        self.key = key


class CanBeNull(Exception):
    """A unique key can hold only if a part of it is NULL in every row, as its expression allows."""

    def __init__(self, table: str, key: UniqueKey) -> None:
        super().__init__(table, key)
        self.table = table
        self.key = key


@dataclass(frozen=True, kw_only=True)
class UniqueKeySolver:
    """Finds a UniquenessLayout for a number of rows of a draft."""

    draft: TableDraft
    rows: int
    reused: int  # how many of `rows` exist already
    request: PlanningRequest
    capacity: CapacityOf
    distinct_values: Callable[[str, str], int] = lambda _, __: 0  # in how many rows of a table a column can differ
    may_leave_null: Callable[[UniqueKey], bool] = lambda _: False  # whether rows are possible in which an expression of the key is NULL

    @cached_property
    def _expressions(self) -> ExpressionKeySolver:
        return ExpressionKeySolver(draft=self.draft, rows=self.rows, reused=self.reused, request=self.request)

    def solve(self) -> UniquenessLayout:
        """UniqueKeyExhausted: a unique key has fewer combinations than rows. CanBeNull: one of expressions has, but they can be NULL."""
        distinct_groups: dict[str, str] = {}
        while True:
            try:
                return self._layout(distinct_groups)
            except _NeedsDistinctGroup as error:
                distinct_groups[error.group] = error.key

    def _layout(self, distinct_groups: Mapping[str, str]) -> UniquenessLayout:
        """`distinct_groups`: foreign key groups that pick a different parent row in each row → the unique key that needs it."""
        layout = UniquenessLayout(
            group_digits={group: MixedRadixDigit(every=1, size=self.rows) for group in distinct_groups}, required_by=dict(distinct_groups)
        )
        for group in self.draft.groups:
            if group.name in self.draft.lockstep_groups and group.name not in distinct_groups:
                size = min(self.capacity(parent, only_new=False).existing for parent in group.parents) - group.max_offset
                layout.group_digits[group.name] = MixedRadixDigit(every=1, size=max(1, size))
        for column in sorted(self.draft.distinct_columns):
            self._make_distinct(column, layout)
        waiting = [key for key in self.draft.keys if not self._is_met(key, layout)]
        while distinct_column := self._best_distinct_column(waiting, layout):
            layout.make_distinct(*distinct_column)
            waiting = [key for key in waiting if not self._is_met(key, layout)]
        for key in sorted(waiting, key=lambda k: len(k.columns)):
            if not (
                self._is_met(key, layout)
                or (self.draft.has_expressions(key) and self._expressions.make_unique(key, waiting, layout))
                or make_disjoint(key, self.draft, layout, self.request, self.rows - self.reused)
            ):
                self._assign_digits(key, layout)
        return layout

    def _make_distinct(self, column: str, layout: UniquenessLayout) -> None:
        """Gives a column in which other tables need all rows to differ its values."""
        values = self.draft.distinct_values(column)
        if self.request.has_more_rows(self.draft.name, values + self.reused - self.rows):
            raise UniqueKeyExhausted(self.draft.name, f"tables that reference it need rows that differ in {self._holds(column, values)}")
        layout.make_distinct(column, self.draft.unique(column) or ())

    def _is_met(self, key: UniqueKey, layout: UniquenessLayout) -> bool:
        """Whether a column of the key differs in all rows, or is always NULL, or its periods do not overlap."""
        draft = self.draft
        return (
            any(
                column == draft.key
                or layout.is_distinct(column)
                or draft.is_null(column)
                or layout.null_from.get(column) == 0
                or draft.is_distinct(column)
                for column in key.compared
            )
            or not layout.period_ends.keys().isdisjoint(key.columns)
            or (draft.has_expressions(key) and self._expressions.is_met(key, layout))
        )

    def _best_distinct_column(self, keys: Sequence[UniqueKey], layout: UniquenessLayout) -> tuple[str, tuple[Unique, ...]] | None:
        """The column that serves the most keys, of those with enough values for all rows."""
        candidates: list[tuple[tuple[int, bool, bool, int], str, tuple[Unique, ...]]] = []
        for column in dict.fromkeys(column for key in keys for column in key.compared):
            uniques = self.draft.unique(column) if self.draft.is_open(column) else None
            if uniques is None:
                continue
            column_schema, values = self.draft.schema.column(column), min(map(capacity, uniques))
            if self.request.has_more_rows(self.draft.name, values + self.reused - self.rows):
                continue
            serves = sum(column in key.compared for key in keys)
            rank = (serves, column_schema.auto_increment, column_schema.kind in PREFERRED, min(values, 2**32))
            candidates.append((rank, column, uniques))
        if not candidates:
            return None
        _, column, uniques = max(candidates, key=lambda candidate: candidate[0])
        return column, uniques

    def _assign_digits(self, key: UniqueKey, layout: UniquenessLayout) -> None:
        sources = self._sources(self._expressions.resolved(key) if self.draft.has_expressions(key) else key, layout)
        fixed = {**layout.column_digits, **layout.group_digits}
        rows = min([self.rows, *(layout.null_from[column] for column in key.columns if column in layout.null_from)])
        if self._null_column(key) is None and (assign_digits(rows, sources, fixed) is None or self._would_grow(rows, sources)):
            more = [*sources, *self._sources_of_distinct_columns(key, sources)]
            if assign_digits(rows, sources, fixed) is None or not self._would_grow(rows, more):
                sources = more
        if self.request.has_rows(self.draft.name) and not (sources := self._with_new_parents(sources, layout)):
            self._leave_null(key, layout, 0, self._limits_beside_existing(key))
            return
        if assign_digits(rows, sources, fixed) is None:
            too_small = [s.name for s in sources if s.group and s.name in fixed and fixed[s.name].size < rows <= s.maximum]
            if too_small:
                raise _NeedsDistinctGroup(too_small[-1], key.name)
            may_be_null = self._null_column(key) is not None
            if not may_be_null:
                self._leave_null(key, layout, 0, self._limits(key, sources))
            rows = largest_fitting(lambda n: assign_digits(n, sources, fixed) is not None, rows)
            if may_be_null:
                self._leave_null(key, layout, rows, "")
        for name, digit in (assign_digits(rows, sources, fixed) or {}).items():
            is_group = any(source.group and source.name == name for source in sources)
            (layout.group_digits if is_group else layout.column_digits)[name] = digit
            layout.required_by.setdefault(name, key.name)
            for source in sources:
                if source.name == name and source.distinct is not None and digit.size > 1:
                    layout.distinct_in_parent.add(source.distinct)
                    layout.only_new.add(source.distinct[0])

    def _would_grow(self, rows: int, sources: Sequence[DigitSource]) -> bool:
        """Whether parents get more rows for the key than are usual; plans of version 1 accept that."""
        return self.request.is_believable and prod(source.existing for source in sources) < rows

    def _leave_null(self, key: UniqueKey, layout: UniquenessLayout, rows: int, reason: str) -> None:
        """Makes a column of the key NULL from row `rows` on, so that the key allows any number of rows.

        UniqueKeyExhausted: no column of it accepts NULL.
        """
        column = self._null_column(key)
        if column is not None:
            layout.null_from[column] = min(layout.null_from.get(column, rows), rows if rows > 1 else 0)
        elif self.draft.has_expressions(key) and self.may_leave_null(key):
            raise CanBeNull(self.draft.name, key)
        elif self.draft.has_expressions(key) and (limit := self._expressions.limit(key)):
            raise UniqueKeyExhausted(self.draft.name, limit)
        elif self.draft.is_doubtful(key):
            self._expressions.guess(key, layout)
            layout.doubtful.append(key)
        elif unknown := [column for column in key.columns if self._is_unknown(column)]:
            raise UniqueKeyExhausted(self.draft.name, self._unknown_values(key, unknown), is_limit=False)
        else:
            groups = [group for column in key.columns if (group := self.draft.group_of(column))]
            in_step = any(group.lockstep_tables for group in groups)  # other rows of the parents might agree as well
            known = all(self.capacity(parent, only_new=False).is_limit for group in groups for parent in group.parents)
            raise UniqueKeyExhausted(self.draft.name, reason, is_limit=known and not in_step)

    def _null_column(self, key: UniqueKey) -> str | None:
        """The column of the key that is left NULL in the rows that it does not allow otherwise; None: none of them may be."""
        return next((column for column in key.columns if self.draft.may_be_null(column)), None)

    def _is_unknown(self, column: str) -> bool:
        """Whether the column might differ in more rows than parloader can work out: its CHECKs, its type or another column decide."""
        draft = self.draft
        if draft.group_of(column) is not None or column in draft.given or column == draft.key:
            return False
        return not draft.is_open(column) or draft.unique(column) is None

    def _unknown_values(self, key: UniqueKey, columns: Sequence[str]) -> str:
        types = listed(f"{column} {self.draft.schema.column(column).type_text}" for column in columns)
        checks = [check.name for check in self.draft.schema.checks if any(f"`{column}`" in check.clause for column in columns)]
        because = f" under its {plural('CHECK', len(checks))} {listed(checks)}" if checks else ""
        return f"its unique key {key.name} needs different values, and parloader cannot work out enough of them for {types}{because}"

    def _limits_beside_existing(self, key: UniqueKey) -> str:
        """Why new rows cannot differ from the existing ones."""
        draft, full = self.draft, f"its unique key {key.name} ({listed((*key.columns, *key.expressions))})"
        if len(key.columns) == 1 and (domain := draft.common_domain(key.columns[0])) is not None:
            column = key.columns[0]
            unique = unique_columns.unique_generator(draft.schema.column(column), domain, draft.prefix(column))
            if unique is not None:
                existing = counted(self.request.existing_rows(draft.name), "row")
                return f"{full}: {self._holds(column, capacity(unique))}, and the table has {existing} already"
        return f"{full} has no column whose values can differ from those of the existing rows"

    def _holds(self, column: str, values: int) -> str:
        """How many values the column has, or how many of them parloader generates: it writes texts in a part of all characters."""
        domain = self.draft.common_domain(column)
        if domain is not None and domain.values is not None:  # CHECKs of this table, or of children that need such rows
            return f"the CHECKs allow only {counted(values, 'value')} of {self.draft.name}.{column}"
        is_partial = self.draft.schema.column(column).kind in PARTIALLY_USED
        return f"{self.draft.name}.{column} {'gets at most' if is_partial else 'holds only'} {counted(values, 'value')}{' from parloader' if is_partial else ''}"

    def _limits(self, key: UniqueKey, sources: Sequence[DigitSource]) -> str:
        holds = [self._holds(s.name, s.maximum) for s in sources if not s.group and s.maximum < self.rows]
        for group, maximum in ((s.group, s.maximum) for s in sources if s.group and s.maximum < self.rows):
            is_limit = all(self.capacity(parent, only_new=False).is_limit for parent in group.parents)
            can = "can have only" if is_limit else "gets at most"
            holds.append(f"{listed(group.parents)} {can} {counted(maximum, 'row')}{'' if is_limit else ' from parloader'}")
        full = f"its unique key {key.name} ({listed((*key.columns, *key.expressions))})"
        return f"{full}: {listed(holds)}" if holds else f"{full} has no column that can differ in each row"

    def _sources(self, key: UniqueKey, layout: UniquenessLayout) -> list[DigitSource]:
        """The digits that the key can have. Columns of few values come first, so that rows with the same parent are adjacent."""
        found = []
        for name in key.compared:
            domain = self.draft.common_domain(name)
            if domain is not None and self.draft.is_open(name) and self.draft.prefix(name) is None:
                size = default_generators.enumerable_values(self.draft.schema.column(name), domain)
                if size:
                    found.append(DigitSource(name=name, group=None, existing=size, maximum=size))
        for group in self.draft.groups:
            if not group.columns & self.draft.shared_columns and self._identifies_parent_row(group, key):
                capacities = [self.capacity(parent, only_new=bool(group.lockstep_tables)) for parent in group.parents]
                existing, max_rows = (
                    min(r.existing for r in capacities) - group.max_offset,
                    min(r.maximum for r in capacities) - group.max_offset,
                )
                found.append(DigitSource(name=group.name, group=group, existing=max(1, existing), maximum=max(0, max_rows)))
        return found

    def _sources_of_distinct_columns(self, key: UniqueKey, known: Sequence[DigitSource]) -> list[DigitSource]:
        """Foreign key groups of which the key has a column that identifies a parent row only if the parent's rows all differ in it.

        Such as stay_id of (tenant_id, stay_id) → stay (tenant_id, id).
        """
        found, names = [], {source.name for source in known}
        for group in self.draft.groups:
            if group.name in names or group.columns & self.draft.shared_columns or self.draft.has_expressions(key):
                continue
            candidates = [
                (self.distinct_values(foreign.parent, referenced), foreign.parent, referenced)
                for foreign in group.keys
                for column, referenced in zip(foreign.columns, foreign.referenced, strict=True)
                if column in key.compared and self._has_no_prefix(key, column)
            ]
            values, parent, column = max(candidates, default=(0, "", ""))
            capacities = [self.capacity(parent, only_new=True) for parent in group.parents] if values else []
            maximum = min([values, *(each.maximum for each in capacities)]) - group.max_offset
            if maximum > 0:
                existing = max(1, min(maximum, *(each.existing - group.max_offset for each in capacities)))
                found.append(DigitSource(name=group.name, group=group, existing=existing, maximum=maximum, distinct=(parent, column)))
        return found

    def _identifies_parent_row(self, group: ForeignKeyGroup, key: UniqueKey) -> bool:
        """Whether the columns of the key, with those that are the same in all rows, contain a unique key of the parent, so that another parent row changes them."""
        for foreign in group.keys:
            shown = {
                referenced
                for column, referenced in zip(foreign.columns, foreign.referenced, strict=True)
                if (column in key.columns and self._has_no_prefix(key, column)) or self.draft.has_one_value(column)
            }
            parent = self.request.schema.get(foreign.parent)
            if parent and any(set(k.columns) <= shown and not k.expressions and not any(k.prefixes) for k in parent.unique_keys):
                return True
        return False

    def _has_no_prefix(self, key: UniqueKey, column: str) -> bool:
        return not key.prefixes or key.prefixes[key.columns.index(column)] is None

    def _with_new_parents(self, sources: Sequence[DigitSource], layout: UniquenessLayout) -> list[DigitSource]:
        """Lets one parent have only new rows, so that no existing row has the same parents. Empty: no parent can."""
        groups = [source for source in sources if source.group and source.group.name not in self.draft.lockstep_groups]
        if any(s.group and self._is_new(s.group, layout) for s in groups):
            return list(sources)
        best: tuple[int, DigitSource] | None = None
        for source in groups:
            assert source.group is not None
            max_rows = min(self.capacity(parent, only_new=True).maximum for parent in source.group.parents) - source.group.max_offset
            if max_rows > 0 and (best is None or max_rows > best[0]):
                best = (max_rows, source)
        if best is None:
            return []
        max_rows, chosen = best
        assert chosen.group is not None
        layout.only_new.update(chosen.group.parents)
        renewed = DigitSource(name=chosen.name, group=chosen.group, existing=1, maximum=max_rows)
        return [renewed if source is chosen else source for source in sources]

    def _is_new(self, group: ForeignKeyGroup, layout: UniquenessLayout) -> bool:
        return bool(group.lockstep_tables) or any(parent in layout.only_new or parent in self.draft.new_parents for parent in group.parents)
