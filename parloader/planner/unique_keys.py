"""How each unique key of a table tells its rows apart, by construction: a column that is another one in each row, or several columns that
count like the digits of a number."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

from parloader.planner.overlapping_keys import ForeignKeyGroup
from parloader.planner.request import MOST_ROWS, UniqueKeyExhausted, listed
from parloader.planner.table_draft import TableDraft
from parloader.planner.values import default_generators, unique_columns
from parloader.plans.generators import Unique
from parloader.plans.unique import capacity
from parloader.schema.model import ColumnType, TableSchema, UniqueKey

# What looks most natural as the column that tells rows apart: a name or a code rather than a moment
PREFERRED = (ColumnType.TEXT, ColumnType.UUID, ColumnType.BYTES, ColumnType.INTEGER)


@dataclass(frozen=True, kw_only=True)
class MixedRadixDigit:
    """Row i has number (i // every) mod size, or mod more than that."""

    every: int
    size: int

    @property
    def period(self) -> int:
        return self.every * self.size


@dataclass(frozen=True, kw_only=True)
class ParentCapacity:
    """How many rows of a table there are to pick from without making one, and how many there can be."""

    existing: int
    maximum: int


@dataclass
class UniquenessLayout:
    """`unique`: columns of which each row has another value. `digits` of columns, `counting` of units (by name): keys of several.
    `null_from`: the row from which on a column is NULL. `fresh`: the parents of which no row that is there may be used. `asked_by`: of a
    unit the unique key. `doubtful`: the keys that may hold, or not, without anything done for them."""

    unique: dict[str, Unique] = field(default_factory=dict)
    column_digits: dict[str, MixedRadixDigit] = field(default_factory=dict)
    group_digits: dict[str, MixedRadixDigit] = field(default_factory=dict)
    null_from: dict[str, int] = field(default_factory=dict)
    only_new: set[str] = field(default_factory=set)
    required_by: dict[str, str] = field(default_factory=dict)
    doubtful: list[UniqueKey] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class DigitSource:
    """What can be a digit: a unit (`unit`), or a column of few values."""

    name: str
    group: ForeignKeyGroup | None
    existing: int
    maximum: int


class _NeedsDistinctGroup(Exception):
    """A unit that must have another number in each row, so that it tells them apart in all of its keys."""

    def __init__(self, unit: str, key: str) -> None:
        super().__init__(unit, key)
        self.unit = unit
        self.key = key


@dataclass(frozen=True, kw_only=True)
class UniqueKeySolver:
    """`rows` rows of a draft, of which `reused` are there; `others` are there in all. `room` says of a parent how many rows it can have; all
    new ones with True."""

    draft: TableDraft
    rows: int
    reused: int
    existing_rows: int
    capacity: Callable[[str, bool], ParentCapacity]
    shapes: Mapping[str, TableSchema]

    def solve(self) -> UniquenessLayout:
        """KeyIsFull: a unique key cannot tell so many rows apart."""
        whole: dict[str, str] = {}
        while True:
            try:
                return self._layout(whole)
            except _NeedsDistinctGroup as found:
                whole[found.unit] = found.key

    def _layout(self, whole: Mapping[str, str]) -> UniquenessLayout:
        """`whole`: units that have another number in each row, and the key for which."""
        layout = UniquenessLayout(group_digits={unit: MixedRadixDigit(every=1, size=self.rows) for unit in whole}, required_by=dict(whole))
        for unit in self.draft.groups:
            if unit.name in self.draft.lockstep_groups and unit.name not in whole:
                size = min(self.capacity(parent, False).existing for parent in unit.parents) - unit.max_offset
                layout.group_digits[unit.name] = MixedRadixDigit(every=1, size=max(1, size))
        waiting = [key for key in self.draft.keys if not self._is_met(key, layout)]
        while carrier := self._best_carrier(waiting, layout):
            layout.unique[carrier[0]] = carrier[1]
            waiting = [key for key in waiting if not self._is_met(key, layout)]
        for key in sorted(waiting, key=lambda k: len(k.columns)):
            if not self._is_met(key, layout):
                self._count(key, layout)
        return layout

    def _is_met(self, key: UniqueKey, layout: UniquenessLayout) -> bool:
        """Whether the key has a column that tells all rows apart, or one that is never filled."""
        draft = self.draft
        return any(
            column == draft.key
            or column in layout.unique
            or draft.is_null(column)
            or layout.null_from.get(column) == 0
            or draft.is_distinct(column)
            for column in key.columns
        )

    def _best_carrier(self, keys: Sequence[UniqueKey], layout: UniquenessLayout) -> tuple[str, Unique] | None:
        """The column with room for all rows that serves the most keys."""
        found: list[tuple[tuple[int, bool, bool, int], str, Unique]] = []
        for column in dict.fromkeys(column for key in keys for column in key.columns):
            domain = self.draft.common_domain(column)
            if domain is None or not self.draft.is_open(column):
                continue
            shape = self.draft.schema.column(column)
            unique = unique_columns.unique_generator(shape, domain, self.draft.prefix(column))
            if unique is None or capacity(unique) - self.existing_rows + self.reused < self.rows:
                continue
            serves = sum(column in key.columns for key in keys)
            rank = (serves, shape.auto_increment, shape.kind in PREFERRED, min(capacity(unique), 2**32))
            found.append((rank, column, unique))
        if not found:
            return None
        _, column, unique = max(found, key=lambda f: f[0])
        return column, unique

    def _count(self, key: UniqueKey, layout: UniquenessLayout) -> None:
        sources = self._sources(key, layout)
        fixed = {**layout.column_digits, **layout.group_digits}
        rows = min([self.rows, *(layout.null_from[column] for column in key.columns if column in layout.null_from)])
        if self.existing_rows and not (sources := self._with_new_parents(sources, layout)):
            why = f"its unique key {key.name} ({listed(key.columns)}) has no column that can be new in each row, beside the rows that are there"
            self._leave_null(key, layout, 0, why)
            return
        if assign_digits(rows, sources, fixed) is None:
            wide = [s.name for s in sources if s.group and s.name in fixed and fixed[s.name].size < rows <= s.maximum]
            if wide:
                raise _NeedsDistinctGroup(wide[-1], key.name)
            rows = largest_fitting(lambda n: assign_digits(n, sources, fixed) is not None, rows)
            self._leave_null(key, layout, rows, self._limits(key, sources))
        for name, digit in (assign_digits(rows, sources, fixed) or {}).items():
            is_unit = any(source.group and source.name == name for source in sources)
            (layout.group_digits if is_unit else layout.column_digits)[name] = digit
            layout.required_by.setdefault(name, key.name)

    def _leave_null(self, key: UniqueKey, layout: UniquenessLayout, rows: int, why: str) -> None:
        """From row `rows` on a column of the key is NULL, with which a unique key tells all rows apart. KeyIsFull where none can be."""
        column = next((column for column in key.columns if self.draft.may_be_null(column)), None)
        if column is not None:
            layout.null_from[column] = min(layout.null_from.get(column, rows), rows if rows > 1 else 0)
        elif self.draft.is_doubtful(key):
            layout.doubtful.append(key)
        else:
            raise UniqueKeyExhausted(self.draft.name, why)

    def _limits(self, key: UniqueKey, sources: Sequence[DigitSource]) -> str:
        name = self.draft.name
        holds = [f"{name}.{s.name} holds only {s.maximum:,} values" for s in sources if not s.group and s.maximum < self.rows]
        holds += [f"{listed(s.group.parents)} can have only {s.maximum:,} rows" for s in sources if s.group and s.maximum < self.rows]
        full = f"its unique key {key.name} ({listed(key.columns)})"
        return f"{full}: {listed(tuple(holds))}" if holds else f"{full} has no column that can be another one in each row"

    def _sources(self, key: UniqueKey, layout: UniquenessLayout) -> list[DigitSource]:
        """Columns of few values first: so the rows with one parent follow one another."""
        found = []
        for name in key.columns:
            domain = self.draft.common_domain(name)
            if domain is not None and self.draft.is_open(name) and self.draft.prefix(name) is None:
                size = default_generators.enumerable_values(self.draft.schema.column(name), domain)
                if size:
                    found.append(DigitSource(name=name, group=None, existing=size, maximum=size))
        for unit in self.draft.groups:
            if self._is_whole(unit, key):
                rooms = [self.capacity(parent, bool(unit.lockstep_tables)) for parent in unit.parents]
                there, most = (min(r.existing for r in rooms) - unit.max_offset, min(r.maximum for r in rooms) - unit.max_offset)
                found.append(DigitSource(name=unit.name, group=unit, existing=max(1, there), maximum=max(0, most)))
        return found

    def _is_whole(self, unit: ForeignKeyGroup, key: UniqueKey) -> bool:
        """Whether another row of the parent shows in the key's columns."""
        for foreign in unit.keys:
            shown = {
                foreign.referenced[foreign.columns.index(c)] for c in foreign.columns if c in key.columns and self._whole_column(key, c)
            }
            parent = self.shapes.get(foreign.parent)
            if parent and any(set(k.columns) <= shown and not k.expressions and not any(k.prefixes) for k in parent.unique_keys):
                return True
        return False

    def _whole_column(self, key: UniqueKey, column: str) -> bool:
        return not key.prefixes or key.prefixes[key.columns.index(column)] is None

    def _with_new_parents(self, sources: Sequence[DigitSource], layout: UniquenessLayout) -> list[DigitSource]:
        """So that no row that is there has the same parents: one of them has only new rows. Empty where that cannot be."""
        units = [source for source in sources if source.group and source.group.name not in self.draft.lockstep_groups]
        if any(s.group and self._is_new(s.group, layout) for s in units):
            return list(sources)
        best: tuple[int, DigitSource] | None = None
        for source in units:
            assert source.group is not None
            most = min(self.capacity(parent, True).maximum for parent in source.group.parents) - source.group.max_offset
            if most > 0 and (best is None or most > best[0]):
                best = (most, source)
        if best is None:
            return []
        most, chosen = best
        assert chosen.group is not None
        layout.only_new.update(chosen.group.parents)
        renewed = DigitSource(name=chosen.name, group=chosen.group, existing=1, maximum=most)
        return [renewed if source is chosen else source for source in sources]

    def _is_new(self, unit: ForeignKeyGroup, layout: UniquenessLayout) -> bool:
        return bool(unit.lockstep_tables) or any(parent in layout.only_new or parent in self.draft.empty_parents for parent in unit.parents)


def assign_digits(rows: int, sources: Sequence[DigitSource], fixed: Mapping[str, MixedRadixDigit]) -> dict[str, MixedRadixDigit] | None:
    """A digit for each source that is not `fixed`, so that all together tell `rows` rows apart; None where they cannot.

    Digits of every e1 = 1 < e2 < …, each a multiple of the one before and at most its reach, tell apart as many rows as the last one's
    reach: rows that agree in the last digit lie within e of it, there the digit before tells them apart, and so on.
    """
    free = [source for source in sources if source.name not in fixed]
    settled = sorted((fixed[s.name] for s in sources if s.name in fixed), key=lambda d: (d.every, -d.size))
    found: dict[str, MixedRadixDigit] = {}
    reach = last = 1
    for digit in settled:
        if reach >= rows or digit.period <= reach:
            continue
        if digit.every > reach and reach == 1:
            first = next((s for s in free if s.maximum >= digit.every), None)
            if first is None:
                break
            free.remove(first)
            found[first.name] = MixedRadixDigit(every=1, size=digit.every)
            reach = digit.every
        if digit.every <= reach and digit.every % last == 0:
            reach, last = digit.period, digit.every
    sizes = balanced_sizes(-(-rows // reach), free)
    if sizes is None:
        return None
    for source, size in zip(free, sizes, strict=True):
        found[source.name] = MixedRadixDigit(every=reach, size=size)
        reach *= size
    return found


def balanced_sizes(rows: int, sources: Sequence[DigitSource]) -> list[int] | None:
    """Sizes, as alike as can be, whose product is `rows` at least: of what is there where that is enough. None: too much is asked."""
    if prod(source.existing for source in sources) >= rows:
        return _even_sizes(rows, [(1, source.existing) for source in sources])
    if prod(source.maximum for source in sources) >= rows:
        return _even_sizes(rows, [(min(source.existing, source.maximum), source.maximum) for source in sources])
    return None


def _even_sizes(rows: int, ends: Sequence[tuple[int, int]]) -> list[int]:
    def sizes(size: int) -> list[int]:
        return [min(max(size, low), high) for low, high in ends]

    low, high = 1, max((high for _, high in ends), default=1)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if prod(sizes(middle)) >= rows else (middle + 1, high)
    return sizes(low)


def largest_fitting(fits: Callable[[int], bool], most: int = MOST_ROWS) -> int:
    """The greatest number up to `most` for which it holds, as it does for all below; 0 where for none."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low
