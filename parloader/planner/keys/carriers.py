"""Tables without a key: chooses the columns, called carriers, by whose values the generated rows are told apart from each other and from existing ones.

CREATE TABLE access_log (at DATETIME NOT NULL, message VARCHAR(80))  →  message: access-log-00000000, access-log-00000001, …
"""

from collections.abc import Mapping, Sequence

from parloader.inference.unique_columns import PLENTY
from parloader.planner.keys.digits import DigitSource, assign_digits
from parloader.planner.keys.unique_keys import UniqueKeySolver
from parloader.planner.keys.uniqueness_layout import UniquenessLayout
from parloader.planner.request import Note, UniqueKeyExhausted, listed
from parloader.plans.generators import Const, Unique
from parloader.plans.unique import capacity
from parloader.schema.model import ColumnType, UniqueKey

# The types of a message, a name, a code or a time, of which an application writes another one in each row
NATURAL = (ColumnType.TEXT, ColumnType.UUID, ColumnType.BYTES, ColumnType.DATETIME, ColumnType.TIMESTAMP)


class CarrierSolver(UniqueKeySolver):
    """Finds the layout of a table without a key. Its unique keys, if it has any, accept NULL."""

    def _layout(self, distinct_groups: Mapping[str, str]) -> UniquenessLayout:
        layout = super()._layout(distinct_groups)
        layout.identity = self._carriers(layout)
        return layout

    def _carriers(self, layout: UniquenessLayout) -> tuple[str, ...]:
        """UniqueKeyExhausted: the table has no column whose values can differ in that many rows."""
        planned = self.request.planned(self.draft.name)
        if planned and planned.identity and self.draft.given.keys() >= set(planned.identity):
            return planned.identity
        if given := [column for column in self.draft.given if self.draft.is_distinct(column)]:
            return (given[0],)
        distinct = {**{column: (unique,) for column, unique in layout.unique.items()}, **layout.unique_by_case}
        if found := {c: g for c, g in distinct.items() if self._has_value(c, layout)} or self._possible(layout):
            column = max(found, key=lambda name: self._rank(name, found[name]))
            layout.make_distinct(column, found[column])
            return (column,)
        return self._key_without_null(layout) or self._combined(layout)

    def _has_value(self, column: str, layout: UniquenessLayout) -> bool:
        """Whether the column is filled, or can be, in every row."""
        draft = self.draft
        null = column in draft.null_columns or column in layout.null_from or draft.given.get(column) == Const(value=None)
        return not (null or draft.schema.column(column).generated or any(case.domain(column).null is True for case in draft.cases))

    def _possible(self, layout: UniquenessLayout) -> dict[str, tuple[Unique, ...]]:
        """The columns that can get a different value in each row, and their generators."""
        found = {}
        for column in self.draft.schema.column_names:
            taken = column in layout.column_digits or not self.draft.is_open(column)
            uniques = self.draft.unique(column) if not taken and self._has_value(column, layout) else None
            if uniques and not self.request.has_more_rows(self.draft.name, min(map(capacity, uniques)) + self.reused - self.rows):
                found[column] = uniques
        return found

    def _rank(self, name: str, uniques: Sequence[Unique]) -> tuple[bool, bool, bool, bool, int]:
        """Counters first, then columns in which a different value in each row looks most natural. An index makes verify and clean faster."""
        column, values = self.draft.schema.column(name), min(map(capacity, uniques))
        return column.auto_increment, values >= PLENTY, column.kind in NATURAL, self.draft.schema.is_indexed([name]), column.length

    def _key_without_null(self, layout: UniquenessLayout) -> tuple[str, ...]:
        """The columns of a unique key that differs in each row, because none of them is NULL in any; empty if there is none."""
        for key in self.draft.keys:
            counts = {
                *layout.column_digits,
                *(column for column in key.columns if (group := self.draft.group_of(column)) and group.name in layout.group_digits),
            }
            if counts >= set(key.columns) and not key.expressions and all(self._has_value(column, layout) for column in key.columns):
                return key.columns
        return ()

    def _combined(self, layout: UniquenessLayout) -> tuple[str, ...]:
        """Columns of few values and foreign keys that together differ in each row: as few as suffice."""
        columns = [column for column in self.draft.schema.column_names if self._has_value(column, layout)]
        every = UniqueKey(name="", columns=tuple(columns))
        sources = sorted(self._sources(every, layout), key=lambda source: (source.group is None, -source.existing))
        fixed = {**layout.column_digits, **layout.group_digits}
        for number in range(1, len(sources) + 1):
            if assign_digits(self.rows, sources[:number], fixed) is not None:
                return self._assigned(sources[:number], columns, layout)
        return self._assigned(sources, columns, layout)

    def _assigned(self, sources: Sequence[DigitSource], columns: Sequence[str], layout: UniquenessLayout) -> tuple[str, ...]:
        carriers = [
            column
            for column in columns
            if any(source.name == column if source.group is None else column in source.group.columns for source in sources)
        ]
        self._assign_digits(UniqueKey(name="", columns=tuple(carriers)), layout)
        return tuple(carriers)

    def _leave_null(self, key: UniqueKey, layout: UniquenessLayout, rows: int, reason: str) -> None:
        if key.name:
            return super()._leave_null(key, layout, rows, reason)
        limits = [self._holds(source.name, source.maximum) for source in self._sources(key, layout) if source.group is None]
        raise UniqueKeyExhausted(
            self.draft.name,
            "it has no PRIMARY KEY or UNIQUE key, and no column that can have a different value in each row, by which clean could find the rows again"
            + (f": {listed(limits)}" if limits else ""),
        )


def carrier_notes(table: str, layout: UniquenessLayout) -> list[Note]:
    """Says which columns tell the rows of a table without a key apart."""
    others = f", together with {listed(layout.identity[1:])}" if len(layout.identity) > 1 else ""
    text = f"has a different value in each row{others}: the table has no key, so verify and clean find the rows by all generated values"
    return [Note(table=table, column=column, text=text) for column in layout.identity[:1]]
