"""Builds the generators of a table's columns, once its row count and the layout of its unique keys are known."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from parloader.inference import default_generators, ordered_pairs, unique_columns
from parloader.planner.check_cases import ANY, CheckCase, ColumnOrder, column_orders, related_columns
from parloader.planner.keys.uniqueness_layout import MixedRadixDigit, UniquenessLayout
from parloader.planner.overlapping_keys import ForeignKeyGroup
from parloader.planner.request import Note, NotFillable
from parloader.planner.table_draft import TableDraft
from parloader.plans.generators import After, Const, Distribution, Expr, Generator, Pick, When
from parloader.schema.model import ColumnSchema, ColumnType, ForeignKey

NULL = Const(value=None)


class KindOf(Protocol):
    """Tells which kind of a parent's rows a foreign key group picks in a case, and how many kinds there are; (0, 1): any row."""

    def __call__(self, group: ForeignKeyGroup, parent: str, case: CheckCase) -> tuple[int, int]: ...


@dataclass(kw_only=True)
class ColumnGeneratorBuilder:
    """Builds the column generators of one table."""

    draft: TableDraft
    layout: UniquenessLayout
    rows: Mapping[str, int]  # table → how many of its rows are picked from
    kind_of: KindOf
    notes: list[Note] = field(default_factory=list)  # grows while columns are built
    _links_of: dict[int, list[ColumnOrder]] = field(default_factory=dict)  # by the identity of the case, which the draft keeps

    def columns(self) -> dict[str, Generator]:
        """The plan's own columns first, then the others in table order. NotFillable names a column that cannot be filled."""
        result = dict(self.draft.given)
        for column in self.draft.schema.columns:
            if column.name not in result and self._is_filled(column) and (generator := self.generator(column)):
                result[column.name] = generator
        return result

    def _is_filled(self, column: ColumnSchema) -> bool:
        counted = column.name in self.layout.column_digits or column.name in self.layout.period_ends
        for_a_key = self.layout.is_distinct(column.name) or counted
        in_place_of_default = column.name in self.draft.null_columns and column.default is not None
        return self.draft.is_filled(column.name) or for_a_key or in_place_of_default

    def generator(self, column: ColumnSchema) -> Generator | None:
        """None: the column keeps its default."""
        by_case = [self.in_case(column, case) for case in self.draft.cases]
        generators = [generator for generator in by_case if generator is not None]
        if len(generators) < len(by_case):
            return None
        generator = _alternating(generators)
        rows = self.layout.null_from.get(column.name)
        if rows is None:
            return generator
        if not rows:
            self._note(column, "left NULL: its unique key has no unused values")
            return NULL
        self._note(column, f"NULL from row {rows:,} on: its unique key has no more values")
        return When(condition=f"i < {rows}", then=generator)

    def use(self, draft: TableDraft) -> None:
        """Builds the columns of this draft from now on."""
        self.draft = draft
        self._links_of = {}

    def in_case(self, column: ColumnSchema, case: CheckCase) -> Generator | None:
        """The column's generator in rows of one case of the CHECKs. None: the column keeps its default."""
        name, draft = column.name, self.draft
        domain = case.domain(name)
        if name in draft.null_columns or (domain.null is True and column.nullable):
            return NULL
        if fk_group := draft.group_of(name):
            return self._pick(fk_group, name, case)
        if own := draft.self_reference_of(name):
            return self._shared(column) if name in own.shared else self._own(own, own.referenced[own.columns.index(name)])
        if unique := self.layout.unique.get(name):
            return unique
        if uniques := self.layout.unique_by_case.get(name):
            return uniques[draft.cases.index(case)]
        if end := self.layout.period_ends.get(name):
            return After(column=end, least=-1, most=-1)
        if digit := self.layout.column_digits.get(name):
            return default_generators.enumerated(column, draft.common_domain(name) or ANY, digit.every, digit.size)
        if case.solved and (related := case.solved.generators.get(name)):
            return related
        return self._compared(column, case) or self._plain(column, case)

    def _pick(self, fk_group: ForeignKeyGroup, column: str, case: CheckCase) -> Pick:
        key, offset, picked = fk_group.deciding_key(column)
        kind, kinds = self.kind_of(fk_group, key.parent, case)
        digit = self.layout.group_digits.get(fk_group.name, MixedRadixDigit(every=1, size=1))
        group = fk_group.name if len(fk_group.columns) > 1 else None
        if fk_group.columns & self.draft.shared_columns:
            return Pick(parent=key.parent, column=picked, index=str(offset * kinds + kind), group=group)
        if fk_group.max_offset:
            number = f"(i // {digit.every})" if digit.every > 1 else "i"
            index = f"{number} % {self.rows[key.parent] // kinds - fk_group.max_offset} + {offset}"
            index = f"({index}) * {kinds} + {kind}" if kinds > 1 else index
            return Pick(parent=key.parent, column=picked, index=index, group=group)
        counts = fk_group.lockstep_tables or fk_group.name in self.layout.group_digits
        if kinds > 1:
            every = digit.every if counts else len(self.draft.cases)  # row i is of case i mod n, and its parents are picked evenly
            number = f"(i // {every})" if every > 1 else "i"
            index = f"{number} % {self.rows[key.parent] // kinds} * {kinds} + {kind}"
            return Pick(parent=key.parent, column=picked, index=index, group=group)
        return Pick(
            parent=key.parent,
            column=picked,
            distribution=Distribution.CYCLE if counts else Distribution.EVEN,
            every=digit.every,
            group=group,
        )

    def _own(self, key: ForeignKey, picked: str) -> Generator:
        """Picks from the table itself. If columns are shared with the row that it picks, no existing row is picked: it may have other values there."""
        rooted = Distribution.ROOTED if key in self.draft.rooted and not key.shared else Distribution.EARLIER
        pick = Pick(parent=self.draft.name, column=picked, distribution=rooted, group=key.name if len(key.columns) > 1 else None)
        if key not in self.draft.rooted or not key.shared:
            return pick
        return When(condition="i = 0", then=replace(pick, distribution=Distribution.EVEN, index="0", group=None), otherwise=pick)

    def _shared(self, column: ColumnSchema) -> Generator:
        """The same value in all rows."""
        domain = self.draft.common_domain(column.name) or ANY
        if not default_generators.enumerable_values(column, domain):
            raise NotFillable(
                self.draft.name,
                f"its column {column.name} must have one value in all rows that reference each other, and parloader has none for {column.type_text}",
                "Give the column a generator in a plan file",
            )
        return default_generators.enumerated(column, domain, every=1, size=1)

    def _compared(self, column: ColumnSchema, case: CheckCase) -> Generator | None:
        """A generator that follows from another column, because a CHECK compares them or their names suggest an order."""
        for link in self._links(case, column.name):
            earlier, later = self.draft.schema.column(link.earlier), self.draft.schema.column(link.column)
            if link.equal and column is later:
                return Expr(sql=_quoted(link.earlier))
            if link.equal:
                continue
            pair = ordered_pairs.later(earlier, later, case.domain(later.name), case.domain(earlier.name), strict=link.strict)
            if pair:
                return pair.later if column is later else pair.earlier
            if not link.unordered and (half := self._half(column, link, case)):
                return half
            if link.unordered and column is later and (other := unique_columns.unique_generator(later, case.domain(later.name))):
                return other
            if column is later and any(later.name in (c.left, c.right) for c in case.compared):
                self._note(later, f"its CHECK compares it with {earlier.name}, which is tested on a sample")
        return None

    def _half(self, column: ColumnSchema, link: ColumnOrder, case: CheckCase) -> Generator | None:
        """Times of day, which cannot be offset from each other: the earlier one is before noon, the later one after it."""
        both = [self.draft.schema.column(name) for name in (link.earlier, link.column)]
        compared = [link for link in self._all_links(case) if {link.earlier, link.column} & {c.name for c in both}]
        if len(compared) > 1 or any(c.kind is not ColumnType.TIME or replace(case.domain(c.name), null=None) != ANY for c in both):
            return None
        domain = case.domain(column.name)
        half = replace(domain, high="11:59:59") if column is both[0] else replace(domain, low="12:00:00")
        return default_generators.generator(column, half)

    def _links(self, case: CheckCase, column: str) -> list[ColumnOrder]:
        """The column's links to other filled columns; first those in which it is the later one."""
        if id(case) not in self._links_of:
            self._links_of[id(case)] = self._all_links(case)
        usable = self._links_of[id(case)]
        return [link for link in usable if link.column == column] + [link for link in usable if link.earlier == column]

    def _all_links(self, case: CheckCase) -> list[ColumnOrder]:
        compared = column_orders(case.compared)
        taken = {name for link in compared for name in (link.earlier, link.column)}
        plain = [c for c in self.draft.schema.columns if c.name not in taken and self._is_plain(c)]
        by_name = [ColumnOrder(earlier=earlier, column=later) for earlier, later in ordered_pairs.pairs(plain)]
        compared = tuple(link for link in compared if not {link.earlier, link.column} <= related_columns(case))
        return [link for link in (*compared, *by_name) if self._has_value(link.earlier, case) and self._is_free(link.column)]

    def _is_plain(self, column: ColumnSchema) -> bool:
        given = column.name in self.draft.given
        return given or (self._is_filled(column) and self.draft.is_open(column.name))

    def _is_free(self, column: str) -> bool:
        bound = (
            self.draft.group_of(column)
            or self.draft.self_reference_of(column)
            or self.layout.is_distinct(column)
            or column in self.layout.column_digits
        )
        return not bound and column != self.draft.key and column not in self.draft.null_columns and column not in self.draft.given

    def _has_value(self, column: str, case: CheckCase) -> bool:
        """Whether another column of the row can be computed from this one."""
        null = column in self.draft.null_columns or column in self.layout.null_from or case.domain(column).null is True
        bound = self.draft.group_of(column) or self.draft.self_reference_of(column) or column == self.draft.key
        filled = column in self.draft.given or self._is_filled(self.draft.schema.column(column))
        return filled and not (null or bound)

    def _plain(self, column: ColumnSchema, case: CheckCase) -> Generator | None:
        domain = case.domain(column.name)
        limited = replace(domain, null=None) != ANY
        if column.kind is not ColumnType.OTHER and (generator := default_generators.generator(column, domain)):
            return generator
        if limited and not column.nullable and column.default is None and (generator := default_generators.generator(column, ANY)):
            self._note(column, "its CHECK is only partly understood; it is tested on a sample")
            return generator
        why = f"{column.type_text} that its CHECK allows" if limited else f"the type {column.type_text}"
        if column.nullable and not case.requires(column.name) and column.name not in self.draft.never_null:
            self._note(column, f"left NULL: parloader has no generator for {why}")
            return NULL
        if column.default is not None:
            self._note(column, f"keeps its default: parloader has no generator for {why}")
            return None
        raise NotFillable(
            self.draft.name,
            f"its column {column.name} cannot be NULL, and parloader has no generator for {why}",
            "Give the column a generator in a plan file",
        )

    def _note(self, column: ColumnSchema, text: str) -> None:
        note = Note(table=self.draft.name, column=column.name, text=text)
        if note not in self.notes:
            self.notes.append(note)


def _alternating(generators: list[Generator]) -> Generator:
    """Row i uses generator number i mod n."""
    if all(generator == generators[0] for generator in generators):
        return generators[0]
    result = generators[-1]
    for n in reversed(range(len(generators) - 1)):
        result = When(condition=f"i % {len(generators)} = {n}", then=generators[n], otherwise=result)
    return result


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
