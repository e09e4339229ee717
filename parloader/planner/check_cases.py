"""Check cases: the alternative ways in which a row can satisfy all CHECKs of its table and fall into one of its partitions."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from parloader.planner.generated_columns import limits_of_types, written
from parloader.planner.relations import RelationSolver, Solved, is_supported
from parloader.planner.request import Note, NotFillable, listed
from parloader.plans.generators import Const, Generator, Pick, When
from parloader.schema.checks.domains import Domain, alternatives, combine, comparisons, domains, relations
from parloader.schema.checks.predicates import Compared, NotNull, ParsedCheck, Predicate, Relation, names
from parloader.schema.model import Check, TableSchema
from parloader.schema.partitioning import partition_checks

ANY = Domain()

MAX_ALTERNATIVES = 256  # ways to satisfy the CHECKs of a table among which a status chooses

# `a` IS NOT NULL, or two such terms with an operator between them, as both servers print them
TERM = r"\(*`([^`]+)` is (?:not )?null\)*"

ON_NULL = re.compile(rf"{TERM}(?: (?:<>|=|and|or|xor) {TERM})?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class CheckCase:
    domains: Mapping[str, Domain] = field(default_factory=dict)  # by column; a column without an entry is unrestricted
    compared: tuple[Compared, ...] = ()  # comparisons between columns
    related: tuple[Relation, ...] = ()  # other relations of several columns
    solved: Solved | None = None  # their solution; None: there are none, or they are tested on a sample

    def domain(self, column: str) -> Domain:
        return self.domains.get(column, ANY)

    def requires(self, column: str) -> bool:
        """Whether the column must not be NULL."""
        return self.domain(column).null is False


@dataclass(frozen=True, kw_only=True)
class CheckCases:
    """The cases of one table, at least one. The generated rows alternate between them."""

    cases: tuple[CheckCase, ...] = (CheckCase(),)
    alternatives: tuple[CheckCase, ...] = (CheckCase(),)  # all ways, or the first MAX_ALTERNATIVES; `cases` are some of them
    notes: tuple[Note, ...] = ()  # the CHECKs that could not be parsed
    check_names: str = ""  # comma-separated, for messages
    unanalysed: frozenset[str] = frozenset()  # the columns that these CHECKs may read
    kinds: int = 1  # how many kinds of rows the table has (row_kinds.py): case number i is of kind i mod `kinds`

    def required_columns(self, table: TableSchema, *, in_all: bool) -> frozenset[str]:
        """The nullable columns that need a value: in every case (`in_all`), or in the case with the fewest such columns."""
        demands = [frozenset(c.name for c in table.columns if c.nullable and case.requires(c.name)) for case in self.cases]
        return frozenset.intersection(*demands) if in_all else min(demands, key=len)

    def without(self, table: str, null: frozenset[str]) -> "CheckCases":
        """Keeps the cases that allow NULL in all columns of `null`. NotFillable: there is none."""
        allowing = [
            [case for case in self.cases[kind :: self.kinds] if not any(case.requires(column) for column in null)]
            for kind in range(self.kinds)
        ]
        if not all(allowing):
            reason = f"its CHECK {self.check_names} requires a value in columns that can only be NULL: {listed(sorted(null))}"
            raise NotFillable(table, reason, "Give these columns in a plan file")
        others = tuple(case for case in self.alternatives if not any(case.requires(column) for column in null))
        return replace(self, cases=interleaved(allowing), alternatives=others)


def interleaved(by_kind: Sequence[Sequence[CheckCase]]) -> tuple[CheckCase, ...]:
    """The cases of several kinds of rows, so that number i is of kind i mod n."""
    longest = max(map(len, by_kind))
    return tuple(cases[n % len(cases)] for n in range(longest) for cases in by_kind)


def cases_of_table(table: TableSchema, given: Mapping[str, Generator], wanted: tuple[Predicate, ...] = ()) -> CheckCases:
    """Parses the CHECKs and the partitioning of a table into cases, whose rows also satisfy the predicates `wanted` by other tables.

    CHECKs that use only `given` columns are ignored: whoever gave the columns must satisfy them.
    NotFillable: the CHECKs contradict each other.
    """
    notes = []
    unanalysed: set[str] = set()
    parsed_checks: list[tuple[Check, ParsedCheck]] = []
    stored = tuple(limits_of_types(table, given))
    for check in (*(written(check, table) for check in table.checks), *partition_checks(table), *stored):
        if _tests_only_null_of_given(check, table, given):
            continue
        from parloader.schema.checks.parser import parse_check  # importing sqlglot takes 0.2 s, and most tables have no CHECK

        parsed = parse_check(check.clause, table.column_names)
        if check in stored and (parsed is None or not _limits(parsed, table, given)):
            continue
        if parsed is None or not _uses_writable_columns(parsed, table):
            unanalysed |= table.columns_in(check.clause)
            notes.append(
                Note(
                    table=table.name,
                    column=None,
                    text=f"parloader cannot analyse CHECK {check.name}; it is tested on a sample: {check.clause}",
                )
            )
        elif not parsed.cases or not _columns(parsed) <= given.keys():
            parsed_checks.append((check, parsed))
    if not parsed_checks and not wanted:
        return CheckCases(notes=tuple(notes), unanalysed=frozenset(unanalysed))
    check_names = listed(check.name for check, _ in parsed_checks)
    checked_columns = frozenset().union(*(_columns(parsed) for _, parsed in parsed_checks))
    not_null = [NotNull(column=c.name) for c in table.columns if c.name in checked_columns and not c.nullable]
    checks = [ParsedCheck(cases=((*not_null, *wanted),)), *(parsed for _, parsed in parsed_checks)]
    combined, all_combined = combine(checks), alternatives(checks, MAX_ALTERNATIVES)
    systems = RelationSolver(table, given, [(relations(one), comparisons(one)) for one in (*combined, *all_combined)])

    def possible_cases(combined: Iterable[tuple[Predicate, ...]]) -> tuple[CheckCase, ...]:
        return tuple(
            _case(systems, predicates, by_column) for predicates in combined if _is_possible(table, given, by_column := domains(predicates))
        )

    possible = possible_cases(combined)
    if not possible:
        clauses = " AND ".join(check.clause for check, _ in parsed_checks)
        if wanted:
            columns = listed(dict.fromkeys(name for predicate in wanted for name in names(predicate)))
            under = f", and its CHECK {check_names} allows no such row: {clauses}" if parsed_checks else ", and no row can have them"
            raise NotFillable(
                table.name,
                f"foreign keys that reference it accept only some values of {columns}{under}",
                "Correct the CHECKs, or give the columns of these foreign keys in a plan file",
            )
        raise NotFillable(
            table.name, f"no row can satisfy its CHECK {check_names}: {clauses}", "Correct the CHECK, or give its columns in a plan file"
        )
    others = possible_cases(all_combined)
    notes += [Note(table=table.name, column=None, text=text) for text in systems.notes]
    return CheckCases(cases=possible, alternatives=others, notes=tuple(notes), check_names=check_names, unanalysed=frozenset(unanalysed))


def _limits(parsed: ParsedCheck, table: TableSchema, given: Mapping[str, Generator]) -> bool:
    """Whether the CHECK excludes values that the columns would get otherwise."""
    related = [(relations(case), ()) for case in parsed.cases]
    return any(RelationSolver(table, given, related).solved({}, found, ()) for found, _ in related)


def _case(systems: RelationSolver, predicates: Sequence[Predicate], by_column: Mapping[str, Domain]) -> CheckCase:
    compared = comparisons(predicates)
    related = relations(predicates)
    system = systems.solved(by_column, related, compared)
    return CheckCase(domains=system.narrowed(by_column) if system else by_column, compared=compared, related=related, solved=system)


def _tests_only_null_of_given(check: Check, table: TableSchema, given: Mapping[str, Generator]) -> bool:
    """Whether the CHECK only tests which `given` columns are NULL. Such a CHECK is not parsed: importing sqlglot takes 0.1 s.

    Example: the CHECK of script_execution, "exactly one of two columns has a value".
    """
    match = ON_NULL.fullmatch(check.clause.strip())
    columns = {column.name for column in table.columns if not column.generated and column.name in given}
    return match is not None and {name for name in match.groups() if name} <= columns


def allows_any_positive_integer(domain: Domain) -> bool:
    """Whether the domain contains every integer above 0."""
    low = domain.low is None or (isinstance(domain.low, int) and domain.low <= (0 if domain.low_open else 1))
    above = any(not isinstance(value, int) or value > 0 for value in domain.excluded)
    return low and not above and domain.high is None and domain.values is None and not domain.unsure and domain.null is not True


def _is_possible(table: TableSchema, given: Mapping[str, Generator], column_domains: Mapping[str, Domain]) -> bool:
    """Whether the columns can satisfy what the case says of NULL: nullable columns that must be NULL, and given values."""
    for column in table.columns:
        null = column_domains.get(column.name, ANY).null
        if column.name in given:
            alternates = isinstance(given[column.name], When) or given[column.name].null_share or _indexed(given[column.name])
            if null is not None and not alternates and null != (given[column.name] == Const(value=None)):
                return False
        elif null is True and (not column.nullable or column.generated):
            return False
    return True


def _indexed(generator: Generator) -> bool:
    return isinstance(generator, Pick) and generator.index is not None


def _predicates(parsed: ParsedCheck) -> list[Predicate]:
    return [predicate for case in parsed.cases for predicate in case]


def _columns(parsed: ParsedCheck) -> frozenset[str]:
    return frozenset(name for predicate in _predicates(parsed) for name in names(predicate))


def _uses_writable_columns(parsed: ParsedCheck, table: TableSchema) -> bool:
    """Whether the CHECK uses only columns of the table that can be written, and compares what can be compared."""
    related = [predicate for predicate in _predicates(parsed) if isinstance(predicate, Relation)]
    if not all(is_supported(one, table) for one in related if one.columns <= set(table.column_names)):
        return False
    return _columns(parsed) <= {column.name for column in table.columns if not column.generated}


@dataclass(frozen=True, kw_only=True)
class ColumnOrder:
    """One link of a chain: `column` is greater than or equal to `earlier`, unless a flag below says otherwise."""

    earlier: str
    column: str
    equal: bool = False  # `column` has the same value
    strict: bool = False  # `column` is always greater
    unordered: bool = False  # `column` only has to differ


def column_orders(compared: Iterable[Compared]) -> tuple[ColumnOrder, ...]:
    """Turns comparisons into chains of columns that satisfy all of them.

    Columns that are compared, directly or through others, form one chain. If two of them must differ, the chain is strictly ascending.
    Comparisons that contradict each other give no chain.
    """
    return _column_orders(tuple(compared))


@cache
def _column_orders(compared: tuple[Compared, ...]) -> tuple[ColumnOrder, ...]:
    orders: list[ColumnOrder] = []
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
        orders += [ColumnOrder(earlier=a, column=b, strict=strict, unordered=unordered) for a, b in pairwise(order)]
        orders += [
            ColumnOrder(earlier=representative, column=column, equal=True)
            for column, representative in same.items()
            if column != representative
        ]
    return tuple(orders)


def _groups(compared: tuple[Compared, ...]) -> list[list[Compared]]:
    """Groups comparisons that share columns, directly or through others."""
    groups: list[list[Compared]] = []
    for comparison in compared:
        names = {comparison.left, comparison.right}
        touching = [group for group in groups if any(names & {c.left, c.right} for c in group)]
        groups = [group for group in groups if group not in touching]
        groups.append([*(c for group in touching for c in group), comparison])
    return groups


def _same(group: list[Compared]) -> Mapping[str, str]:
    """Column → the first of the columns that it must equal, possibly itself."""
    same = {name: name for c in group for name in (c.left, c.right)}
    for comparison in group:
        if comparison.operator == "=":
            kept, dropped = same[comparison.left], same[comparison.right]
            same = {name: kept if first == dropped else first for name, first in same.items()}
    return same


def compared_columns(case: CheckCase) -> frozenset[str]:
    """All columns that the case compares with each other."""
    return frozenset(name for c in case.compared for name in (c.left, c.right)) | related_columns(case)


def related_columns(case: CheckCase) -> frozenset[str]:
    """The columns of the case's relations."""
    return case.solved.columns if case.solved else frozenset()


def derived_columns(cases: Iterable[CheckCase]) -> frozenset[str]:
    """The columns that are computed from another column in at least one case."""
    cases = tuple(cases)
    ordered = frozenset(link.column for case in cases for link in column_orders(case.compared))
    return ordered.union(*(case.solved.generators for case in cases if case.solved))
