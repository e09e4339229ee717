"""The cases of a table: each is one way in which a row meets all of its CHECKs and has a place in its partitions."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from parloader.planner.request import Note, NotFillable, listed
from parloader.plans.generators import Const, Generator, Pick, When
from parloader.schema.checks.domains import Domain, combine, comparisons, domains
from parloader.schema.checks.predicates import Compared, NotNull, ParsedCheck, Predicate
from parloader.schema.model import Check, ColumnSchema, TableSchema
from parloader.schema.partitioning import partition_checks

ANY = Domain()

# `a` IS NOT NULL, or two such terms and an operator between them, as both servers write them
TERM = r"\(*`([^`]+)` is (?:not )?null\)*"

ON_NULL = re.compile(rf"{TERM}(?: (?:<>|=|and|or|xor) {TERM})?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class CheckCase:
    """What it says of each column (of most: nothing), and of columns with one another."""

    domains: Mapping[str, Domain] = field(default_factory=dict)
    compared: tuple[Compared, ...] = ()

    def domain(self, column: str) -> Domain:
        return self.domains.get(column, ANY)

    def requires(self, column: str) -> bool:
        """Whether the column must not be NULL."""
        return self.domain(column).null is False


@dataclass(frozen=True, kw_only=True)
class CheckCases:
    """One or more; the rows of a table take turns. `notes`: the CHECKs that are not understood."""

    cases: tuple[CheckCase, ...] = (CheckCase(),)
    notes: tuple[Note, ...] = ()
    because: str = ""  # the CHECKs' names

    def required_columns(self, table: TableSchema, *, in_all: bool) -> frozenset[str]:
        """The nullable columns that must have a value: in each case, or (not `in_all`) in the case that needs the fewest."""
        demands = [frozenset(c.name for c in table.columns if c.nullable and case.requires(c.name)) for case in self.cases]
        return frozenset.intersection(*demands) if in_all else min(demands, key=len)

    def without(self, table: str, null: frozenset[str]) -> "CheckCases":
        """The cases in which the columns `null` can be NULL. CannotBeMade where there is none."""
        left = tuple(case for case in self.cases if not any(case.requires(column) for column in null))
        if not left:
            reason = f"its CHECK {self.because} demands a value where none can be had: {listed(tuple(sorted(null)))}"
            raise NotFillable(table, reason, "Give these columns in a plan file")
        return replace(self, cases=left)


def cases_of_table(table: TableSchema, given: Mapping[str, Generator]) -> CheckCases:
    """CannotBeMade where no row can be valid. CHECKs on nothing but `given` columns are left to who gave them."""
    notes = []
    met: list[tuple[Check, ParsedCheck]] = []
    for check in (*table.checks, *partition_checks(table)):
        if _on_null_of_given(check, table, given):
            continue
        from parloader.schema.checks.parser import parse_check  # sqlglot takes 0.2 s to import, and most tables have no CHECK to parse

        found = parse_check(check.clause)
        if found is None or not _known(found, table):
            notes.append(
                Note(table=table.name, column=None, text=f"CHECK {check.name} is not understood, it is tried on a sample: {check.clause}")
            )
        elif not _columns(found) <= given.keys():
            met.append((check, _spelled(found, table)))
    if not met:
        return CheckCases(notes=tuple(notes))
    because = listed(tuple(check.name for check, _ in met))
    spoken_of = frozenset().union(*(_columns(understood) for _, understood in met))
    not_null = [NotNull(column=c.name) for c in table.columns if c.name in spoken_of and not c.nullable]
    possible = tuple(
        CheckCase(domains=by_column, compared=comparisons(atoms))
        for atoms in combine([ParsedCheck(cases=(tuple(not_null),)), *(understood for _, understood in met)])
        if _can_be(table, given, by_column := domains(atoms))
    )
    if not possible:
        clauses = " AND ".join(check.clause for check, _ in met)
        raise NotFillable(
            table.name, f"no row can meet its CHECK {because}: {clauses}", "Correct the CHECK, or give its columns in a plan file"
        )
    return CheckCases(cases=possible, notes=tuple(notes), because=because)


def _on_null_of_given(check: Check, table: TableSchema, given: Mapping[str, Generator]) -> bool:
    """Whether the CHECK only says which of the `given` columns are NULL, so that it need not be parsed: sqlglot takes 0.1 s to import.

    Example: the CHECK of script_execution, "exactly one of two columns has a value".
    """
    found = ON_NULL.fullmatch(check.clause.strip())
    columns = {column.name for column in table.columns if not column.generated and column.name in given}
    return found is not None and {name for name in found.groups() if name} <= columns


def allows_any_positive_integer(domain: Domain) -> bool:
    """Whether any integer above 0 is allowed."""
    low = domain.low is None or (isinstance(domain.low, int) and domain.low <= (0 if domain.low_open else 1))
    above = any(not isinstance(value, int) or value > 0 for value in domain.excluded)
    return low and not above and domain.high is None and domain.values is None and not domain.unsure and domain.null is not True


def _can_be(table: TableSchema, given: Mapping[str, Generator], said: Mapping[str, Domain]) -> bool:
    """Whether NULL is asked for where it can be, and a value where there can be one."""
    for column in table.columns:
        null = said.get(column.name, ANY).null
        if column.name in given:
            alternates = isinstance(given[column.name], When) or given[column.name].null_share or _indexed(given[column.name])
            if null is not None and not alternates and null != (given[column.name] == Const(value=None)):
                return False
        elif null is True and (not column.nullable or column.generated):
            return False
    return True


def _indexed(generator: Generator) -> bool:
    return isinstance(generator, Pick) and generator.index is not None


def _atoms(understood: ParsedCheck) -> list[Predicate]:
    return [atom for case in understood.cases for atom in case]


def _columns(understood: ParsedCheck) -> frozenset[str]:
    return frozenset(name for atom in _atoms(understood) for name in _names(atom))


def _names(atom: Predicate) -> tuple[str, ...]:
    return (atom.left, atom.right) if isinstance(atom, Compared) else (atom.column,)


def _known(understood: ParsedCheck, table: TableSchema) -> bool:
    """Whether it speaks of nothing but columns that can be written."""
    writable = {column.name.lower() for column in table.columns if not column.generated}
    return all(name.lower() in writable for name in _columns(understood))


def _spelled(understood: ParsedCheck, table: TableSchema) -> ParsedCheck:
    """With the columns' names as the table has them: a clause may have another case."""
    return ParsedCheck(cases=tuple(tuple(_renamed(atom, table) for atom in case) for case in understood.cases))


def _renamed(atom: Predicate, table: TableSchema) -> Predicate:
    if isinstance(atom, Compared):
        return replace(atom, left=_named(atom.left, table).name, right=_named(atom.right, table).name)
    return replace(atom, column=_named(atom.column, table).name)


def _named(name: str, table: TableSchema) -> ColumnSchema:
    return next(column for column in table.columns if column.name.lower() == name.lower())


@dataclass(frozen=True, kw_only=True)
class ColumnOrder:
    """`column` comes after `earlier`: is equal, or never less, or always more (`strict`)."""

    earlier: str
    column: str
    equal: bool = False
    strict: bool = False
    unordered: bool = False  # only another value is asked for


def column_orders(compared: Iterable[Compared]) -> tuple[ColumnOrder, ...]:
    """So that all comparisons hold. Columns that are compared, directly or through others, become one chain; where two of them must differ
    all of it ascends strictly. None of a group whose comparisons contradict each other."""
    return _column_orders(tuple(compared))


@cache
def _column_orders(compared: tuple[Compared, ...]) -> tuple[ColumnOrder, ...]:
    found: list[ColumnOrder] = []
    for group in _groups(compared):
        same = _same(group)
        ordered = [(same[c.left], same[c.right], c.operator) for c in group if c.operator != "="]
        if any(left == right and operator != "<=" for left, right, operator in ordered):
            continue
        waiting: dict[str, set[str]] = {representative: set() for representative in same.values()}
        for left, right, operator in ordered:
            if operator in ("<", "<=") and left != right:
                waiting[right].add(left)
        try:
            order = tuple(TopologicalSorter({column: sorted(before) for column, before in waiting.items()}).static_order())
        except CycleError:
            continue
        strict = any(operator in ("<", "<>") for _, _, operator in ordered)
        unordered = all(operator == "<>" for _, _, operator in ordered)
        found += [ColumnOrder(earlier=a, column=b, strict=strict, unordered=unordered) for a, b in pairwise(order)]
        found += [
            ColumnOrder(earlier=representative, column=column, equal=True)
            for column, representative in same.items()
            if column != representative
        ]
    return tuple(found)


def _groups(compared: tuple[Compared, ...]) -> list[list[Compared]]:
    groups: list[list[Compared]] = []
    for comparison in compared:
        names = {comparison.left, comparison.right}
        touching = [group for group in groups if any(names & {c.left, c.right} for c in group)]
        groups = [group for group in groups if group not in touching]
        groups.append([*(c for group in touching for c in group), comparison])
    return groups


def _same(group: list[Compared]) -> Mapping[str, str]:
    """Column → the first of those that it must be equal to, itself maybe."""
    same = {name: name for c in group for name in (c.left, c.right)}
    for comparison in group:
        if comparison.operator == "=":
            kept, dropped = same[comparison.left], same[comparison.right]
            same = {name: kept if of == dropped else of for name, of in same.items()}
    return same


def compared_columns(case: CheckCase) -> frozenset[str]:
    """All columns that are compared."""
    return frozenset(name for c in case.compared for name in (c.left, c.right))


def derived_columns(cases: Iterable[CheckCase]) -> frozenset[str]:
    """The columns that follow from another one in a case."""
    return frozenset(link.column for case in cases for link in column_orders(case.compared))
