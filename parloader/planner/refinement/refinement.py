"""What the steps of the refinement share: the tables as they are so far, and which of their columns a step may change."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from parloader.generation.expressions import needs
from parloader.inference.statuses.event_times import after, clock, converted
from parloader.planner.check_cases import ANY, CheckCase, compared_columns
from parloader.planner.column_generators import ColumnGeneratorBuilder
from parloader.planner.keys.uniqueness_layout import UniquenessLayout
from parloader.planner.refinement.reference import Path, Reference
from parloader.planner.request import Note, PlanningRequest
from parloader.planner.table_draft import TableDraft
from parloader.plans.generators import After, Aggregate, Expr, Generator
from parloader.plans.model import Table
from parloader.schema.checks.domains import Domain
from parloader.schema.model import ForeignKey


@dataclass(kw_only=True)
class Refinement:
    """The tables of a completed plan, while the steps change them."""

    request: PlanningRequest
    tables: dict[str, Table]  # children before parents; those that only reuse existing rows as well
    drafts: dict[str, TableDraft]  # of the tables whose rows are generated
    layouts: Mapping[str, UniquenessLayout]  # of the same tables
    builders: Mapping[str, ColumnGeneratorBuilder]  # of the same tables
    notes: list[Note] = field(default_factory=list)
    settled: set[tuple[str, str]] = field(default_factory=set)  # (table, column)
    loosened: dict[tuple[str, str], tuple[ForeignKey, ...]] = field(default_factory=dict)
    """(table, group of foreign keys) → foreign keys that pick their own rows, of the same owner"""

    known: dict[str, tuple[object, tuple[Reference, ...]]] = field(
        default_factory=dict
    )  # results of references.py, and what they were made of

    ancestors: dict[str, frozenset[str]] = field(
        default_factory=dict
    )  # table → those that its foreign keys lead to, as far as they are known

    released: set[tuple[str, str]] = field(default_factory=set)  # (table, foreign key) that a unique key does not need any more
    covering: dict[str, set[str]] = field(default_factory=dict)  # table → foreign keys that pick every parent row at least once
    followed: dict[str, list[tuple[Reference, Path]]] = field(
        default_factory=dict
    )  # table → foreign keys that take the row to which others lead, with that way

    def is_free(self, table: str, column: str) -> bool:
        """Whether a step may give the column other values, NULL included if the column accepts it, as long as they are in its `domain`.

        No unique key, foreign key, comparison with another column, or the user decides about such a column.
        """
        draft, layout = self.drafts.get(table), self.layouts.get(table)
        if draft is None or layout is None or column not in self.tables[table].columns:
            return False
        if self.is_compared(table, column):
            return False
        return draft.is_open(column) and self._is_own(draft, layout, column) and self.domain(table, column) is not None

    def is_own(self, table: str, column: str) -> bool:
        """Whether the column's values are its own: no unique key, reference to it, unanalysed CHECK, given generator or row key decides about them.

        A foreign key or CHECKs may.
        """
        draft, layout = self.drafts.get(table), self.layouts.get(table)
        if draft is None or layout is None or column not in self.tables[table].columns or column in draft.given:
            return False
        return column not in draft.null_columns and self._is_own(draft, layout, column)

    def _is_own(self, draft: TableDraft, layout: UniquenessLayout, column: str) -> bool:
        bound = layout.is_distinct(column) or column in layout.column_digits or column in layout.null_from or column in layout.period_ends
        identifies = column in self.tables[draft.name].identity or column in draft.never_null or column == draft.key
        return not (bound or identifies or column in draft.unanalysed or column in draft.schema.computed_from)

    def domain(self, table: str, column: str) -> Domain | None:
        """What the CHECKs allow in the column, the same in all rows; None: it differs between rows."""
        domains = {case.domain(column) for case in self.drafts[table].cases} or {ANY}
        return domains.pop() if len(domains) == 1 else None

    def leading_domain(self, table: str, column: str) -> Domain | None:
        """The values of a column that others of its row are computed from or bounded by, but that follows from no other itself.

        Any of them leaves values for the others. None: it is no such column, or not in all rows.
        """
        draft = self.drafts[table]
        domains = {case.solved.leading(column, case.domain(column)) if case.solved else None for case in draft.cases}
        return domains.pop() if len(domains) == 1 else None

    def relate(self, table: str, cases: tuple[CheckCase, ...], alternatives: tuple[CheckCase, ...], also: Collection[str] = ()) -> None:
        """The cases of the table's CHECKs have other relations now, and their columns, and those in `also`, the generators that satisfy them."""
        changed = {name for case in cases if case.solved for name in case.solved.generators} | {*also}
        self.drafts[table] = replace(self.drafts[table], cases=cases, alternatives=alternatives)
        self.builders[table].use(self.drafts[table])
        for column in self.drafts[table].schema.columns:
            if column.name in changed and (generator := self.builders[table].generator(column)):
                self.set(table, column.name, generator)
        derived = {name for case in cases if case.solved for name in case.solved.derived}
        self.settle(table, *derived)

    def is_compared(self, table: str, column: str) -> bool:
        """Whether CHECKs compare the column with another one."""
        return any(column in compared_columns(case) for case in self.drafts[table].cases)

    def is_limited(self, table: str, column: str) -> bool:
        """Whether CHECKs limit the values of the column other than NULL."""
        return any(replace(case.domain(column), null=None) != ANY for case in self.drafts[table].cases)

    def read_columns(self, table: str) -> frozenset[str]:
        """The columns of the row from which other columns are computed, also those of its parent row."""
        family = self.tables[table].child_of  # only its parent can have sums of it
        owner = self.tables.get(family[1].parent) if family else None
        others = owner.columns.values() if owner else ()
        added = {each.column for generator in others for each in generator.walk() if isinstance(each, Aggregate) and each.child == table}
        return frozenset(added).union(*map(needs, self.tables[table].columns.values()))

    def can_have_value(self, table: str, column: str) -> bool:
        """Whether the column may have a value in every row, as far as CHECKs say something about NULL.

        The CHECKs may leave the choice: in `sale_price IS NULL OR sale_price <= price` the solver may have chosen NULL.
        """
        draft = self.drafts[table]
        return all(
            case.domain(column).null is not True
            or any(
                other.domain(column).null is not True and _without(other, column) == _without(case, column) for other in draft.alternatives
            )
            for case in draft.cases
        )

    def is_added_to(self, table: str, column: str) -> bool:
        """Whether another column is computed by adding to this one."""
        nested = (part for generator in self.tables[table].columns.values() for part in generator.walk())
        return any(isinstance(part, After) and part.column == column for part in nested)

    def drop_unread_helpers(self, table: str, helpers: Iterable[str]) -> None:
        """Removes those of these columns that are helpers which no other column of the row reads."""
        planned = self.tables[table]
        unread = (planned.helpers & {*helpers}) - self.read_columns(table)
        if unread:
            columns = {name: generator for name, generator in planned.columns.items() if name not in unread}
            self.tables[table] = replace(planned, columns=columns, helpers=planned.helpers - unread)
            self.drop_unread_helpers(table, frozenset[str]().union(*(needs(planned.columns[name]) for name in unread)))

    def is_settled(self, table: str, column: str) -> bool:
        """Whether an earlier step has decided when the column has a value, and which: other steps leave it alone."""
        return (table, column) in self.settled

    def settle(self, table: str, *columns: str) -> None:
        """Other steps leave these columns alone."""
        self.settled |= {(table, column) for column in columns}

    def set(self, table: str, column: str, generator: Generator) -> None:
        """Gives the column this generator."""
        self.tables[table] = replace(self.tables[table], columns={**self.tables[table].columns, column: generator})

    def add_helper(self, table: str, name: str, generator: Generator) -> str:
        """Adds a column that is computed and not written; returns its name, which begins with "_" and may differ from `name`."""
        taken = {column.name.lower() for column in self.drafts[table].schema.columns} | {c.lower() for c in self.tables[table].columns}
        helper = f"_{name.lstrip('_')}"
        while helper.lower() in taken:
            helper += "_"
        self.set(table, helper, generator)
        self.tables[table] = replace(self.tables[table], helpers=self.tables[table].helpers | {helper})
        return helper

    def follow(
        self, table: str, column: str, earlier: str, delay: tuple[int, int], *, strict: bool = False, share: float = 0
    ) -> Generator | None:
        """The generator of a time that lies a delay (seconds) after another one of the row. `share`: of the rows that are NULL.

        None: the two cannot be compared.
        """
        later, before = self.drafts[table].schema.column(column), self.drafts[table].schema.column(earlier)
        if clock(later) == clock(before):
            return after(later, delay, earlier, strict=strict, null_share=share)
        sql = converted(before, later)
        return None if sql is None else after(later, delay, self.add_helper(table, f"{column}_after", Expr(sql=sql)), null_share=share)


def _without(case: CheckCase, column: str) -> object:
    """What the case says about other columns."""
    domains = {name: domain for name, domain in case.domains.items() if name != column and domain != ANY}
    return domains, {c for c in case.compared if column not in (c.left, c.right)}
