"""Demands: which rows of its parents a table can reference, given its CHECKs and the types of its columns; and the cases of a table under them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from itertools import combinations

from parloader.planner.check_cases import ANY, CheckCase, CheckCases, allows_any_positive_integer, interleaved
from parloader.planner.overlapping_keys import ForeignKeyGroup
from parloader.planner.request import NotFillable, PlanningRequest, listed
from parloader.planner.sizes.row_kinds import Demand, RowKinds
from parloader.planner.table_draft import TableDraft
from parloader.plans.generators import Generator
from parloader.schema.checks.domains import Domain, domains, predicates_of
from parloader.schema.checks.predicates import Between, Length, NotNull, OneOf, Predicate, together
from parloader.schema.model import ColumnSchema, ColumnType, ForeignKey, TableSchema

MAX_SET_MEMBERS = 6  # of a SET whose members differ from its parent's: the values are listed


def demand(child: TableSchema, key: ForeignKey, case: CheckCase, parent: TableSchema) -> Demand:
    """What the rows that the foreign key references must satisfy, so that their values are allowed in the child's columns."""
    found: list[Predicate] = []
    if any(case.domain(name).null is True for name in key.columns):
        return ()
    for name, referenced in zip(key.columns, key.referenced, strict=True):
        column, domain = parent.column(referenced), replace(case.domain(name), null=None)
        limits = list(_limits_of_type(child.column(name), column))
        if domain != ANY and not (column.kind is ColumnType.INTEGER and allows_any_positive_integer(domain)):
            limits += predicates_of(referenced, domain)
        if limits:
            found += [NotNull(column=referenced), *limits]
    return together(tuple(found))


def _limits_of_type(child: ColumnSchema, parent: ColumnSchema) -> tuple[Predicate, ...]:
    """The values of the parent's column that the child's type holds, if these are not all (both servers accept such foreign keys)."""
    name = parent.name
    if child.kind is not parent.kind:
        return ()
    match child.kind:
        case ColumnType.TEXT | ColumnType.BYTES:
            least = child.length if child.kind is ColumnType.BYTES and child.fixed and not parent.fixed else 0
            return (Length(column=name, low=least, high=child.length),) if least or child.length < parent.length else ()
        case ColumnType.INTEGER | ColumnType.BIT:
            low = child.min_value if child.min_value > parent.min_value else None
            high = child.max_value if child.max_value < parent.max_value else None
            return () if low is None and high is None else (Between(column=name, low=low, high=high),)
        case ColumnType.DECIMAL if child.precision - child.scale < parent.precision - parent.scale:
            highest = Decimal(10) ** (child.precision - child.scale) - Decimal(1).scaleb(-child.scale)
            return (Between(column=name, low=-highest, high=highest),)
        case ColumnType.ENUM | ColumnType.SET if child.values != parent.values:
            # InnoDB compares the numbers of the members, not their texts
            same = [mine for mine, other in zip(child.values, parent.values, strict=False) if mine == other]
            if child.kind is ColumnType.ENUM:
                return (OneOf(column=name, values=tuple(same)),)
            sizes = range(1, len(same) + 1) if len(same) <= MAX_SET_MEMBERS else (1,)
            return (OneOf(column=name, values=tuple(",".join(some) for size in sizes for some in combinations(same, size))),)
    return ()


class Demands:
    """Works out the demands of tables on their parents. Results that depend on one table alone are cached."""

    def __init__(
        self,
        request: PlanningRequest,
        given_of: Callable[[str], Mapping[str, Generator]],
        cases_of: Callable[[str, Demand], CheckCases],
    ) -> None:
        """`given_of`: table → the generators that the plan gives it. `cases_of`: the cases of its rows that satisfy a demand."""
        self._request = request
        self._given_of = given_of
        self._cases_of = cases_of
        self._cases: dict[tuple[str, Demand], CheckCases] = {}

    def cases(self, kinds: RowKinds, table: str) -> CheckCases:
        """The cases of the table, for rows of all its kinds. NotFillable: no row satisfies a CHECK, or a demand."""
        demands = kinds.demands(table) or ((),)
        by_kind = [self._cases_of_kind(table, each) for each in demands]
        return by_kind[0] if len(by_kind) == 1 else replace(by_kind[0], cases=interleaved([c.cases for c in by_kind]), kinds=len(by_kind))

    def _cases_of_kind(self, table: str, kind: Demand) -> CheckCases:
        if (table, kind) not in self._cases:
            self._cases[table, kind] = self._cases_of(table, kind)
        return self._cases[table, kind]

    def forget(self, table: str) -> None:
        """The cases of the table have changed."""
        self._cases = {key: cases for key, cases in self._cases.items() if key[0] != table}

    def add(self, kinds: RowKinds, draft: TableDraft) -> None:
        """Adds the demands of a table to the kinds of its parents. NotFillable: the parents cannot have several kinds of rows."""
        for group in draft.groups:
            for parent in group.parents:
                for case in draft.cases:
                    kinds.add(parent, self._demand(draft, group.keys, parent, case), partial(self._is_possible, parent))
                if kinds.count(parent) > 1 and group.lockstep_tables:
                    reason = (
                        f"its foreign keys {listed(key.name for key in group.keys)} share columns, and {parent} needs rows of several kinds"
                    )
                    raise NotFillable(draft.name, reason, "Give their columns a generator in a plan file")
        for key in draft.self_references:
            for case in draft.cases:
                kinds.add(draft.name, self._demand(draft, (key,), draft.name, case), partial(self._is_possible, draft.name))

    def kind_of(self, kinds: RowKinds, draft: TableDraft, group: ForeignKeyGroup, parent: str, case: CheckCase) -> tuple[int, int]:
        """Which kind of the parent's rows the case picks, and of how many kinds. (0, 1): any row."""
        number = kinds.number(parent, self._demand(draft, group.keys, parent, case))
        return (0, 1) if number is None else (number, kinds.count(parent))

    def _demand(self, draft: TableDraft, keys: tuple[ForeignKey, ...], parent: str, case: CheckCase) -> Demand:
        """What rows of a parent must satisfy for this case of its child; empty if all of them do."""
        parent_schema = self._request.table_schema(parent)
        wanted = together(*(demand(draft.schema, key, case, parent_schema) for key in keys if key.parent == parent))
        columns = domains(wanted)
        if columns.keys() & self._given_of(parent).keys() or self._is_met(parent, columns):
            return ()
        return wanted

    def _is_met(self, parent: str, columns: Mapping[str, Domain]) -> bool:
        """Whether the CHECKs of the table itself demand as much of these columns."""

        def narrowed(case: CheckCase, column: str, domain: Domain) -> Domain:
            return domains((*predicates_of(column, case.domain(column)), *predicates_of(column, domain))).get(column, ANY)

        return all(
            replace(narrowed(case, column, domain), null=None, patterns=()) == replace(case.domain(column), null=None, patterns=())
            for case in self._cases_of_kind(parent, ()).cases
            for column, domain in columns.items()
        )

    def _is_possible(self, table: str, kind: Demand) -> bool:
        """Whether a row of the table can satisfy all predicates of the demand."""
        if any(domain.impossible or domain.unsure for domain in domains(kind).values()):
            return False
        try:
            self._cases_of_kind(table, kind)
        except NotFillable:
            return False
        return True
