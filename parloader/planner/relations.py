"""Relations between columns of a row, from its CHECKs: which columns one case of them computes from others, or bounds by them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import MappingProxyType

from parloader.inference.arithmetic.formula_text import Unwritable
from parloader.inference.arithmetic.operands import Operand, operand
from parloader.inference.arithmetic.precedence import precedence
from parloader.inference.arithmetic.row_systems import boxed, generators
from parloader.inference.arithmetic.systems import System, solve
from parloader.planner.request import listed
from parloader.plans.generators import Generator
from parloader.schema.checks.domains import Domain
from parloader.schema.checks.formulas import Linear, column
from parloader.schema.checks.predicates import Compared, Relation
from parloader.schema.checks.predicates import names as names_of
from parloader.schema.model import ColumnType, TableSchema

ANY = Domain()

Ends = tuple[Fraction, Fraction]
"""The smallest and the largest value of a column."""

SPANS = {ColumnType.DATE: 30 * 86_400, ColumnType.DATETIME: 7 * 86_400, ColumnType.TIMESTAMP: 7 * 86_400}
"""The time that usually lies between two dates or timestamps of one row, in seconds."""


@dataclass(frozen=True, kw_only=True)
class Solved:
    """The relations of one case of a table's CHECKs, solved."""

    systems: tuple[System, ...]  # of relations that share no columns
    generators: Mapping[str, Generator] = field(hash=False)  # of the columns that it decides about

    @property
    def columns(self) -> frozenset[str]:
        return frozenset[str]().union(*(system.columns for system in self.systems))

    @property
    def derived(self) -> frozenset[str]:
        """The columns that are computed from others, or bounded by them."""
        return frozenset[str]().union(*(system.derived for system in self.systems))

    def range_of(self, name: str) -> Ends | None:
        """The smallest and the largest value of a column. None: no relation has it."""
        return next((system.ranges[name] for system in self.systems if name in system.ranges), None)

    def leading(self, name: str, domain: Domain) -> Domain | None:
        """The domain of a column whose values follow from no other; within it, all leave values for the others. None: it is no such column."""
        for system in self.systems:
            bounded = system.bounded.get(name)
            if bounded is not None and name not in system.derived and not system.operands[name].coarsened:
                others = [one.column for other, one in system.operands.items() if other != name]
                limited = boxed(system.operands[name], bounded.box, domain)
                return limited if all(other.nullable for other in others) else replace(limited, null=False)
        return None

    def narrowed(self, domains: Mapping[str, Domain]) -> dict[str, Domain]:
        """The domains, in which the columns that others decide about are within the ranges that the system needs."""
        found = dict(domains)
        for system in self.systems:
            for name, box in system.narrowed.items():
                found[name] = boxed(system.operands[name], box, domains.get(name, ANY))
        return found


class Unsolved(Exception):
    """The relations of a case cannot be satisfied by construction."""


def is_supported(relation: Relation, table: TableSchema) -> bool:
    """Whether the columns of the relation have numbers, dates and timestamps as it expects them."""
    kinds = {name: table.column(name).kind for name in relation.columns}
    numbers = (ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.REAL)
    times = all(kinds[name] in SPANS for name in relation.times)
    return times and all(kinds[name] in numbers for name in relation.columns - relation.times)


class RelationSolver:
    """Solves the relations of a table's cases. Cases that agree in the columns of their relations are solved once."""

    def __init__(
        self,
        table: TableSchema,
        given: Mapping[str, Generator],
        cases: Sequence[tuple[Sequence[Relation], Sequence[Compared]]],
        fixed: Mapping[str, Ends] = MappingProxyType({}),
    ) -> None:
        """`given`: the generators that the plan gives. `cases`: what all cases relate. `fixed`: columns that have other values within these ends."""
        self.notes: list[str] = []  # relations that cannot be satisfied by construction
        self._table = table
        self._given = given
        self._known: dict[object, Solved | None] = {}
        self._fixed = fixed
        related = dict.fromkeys(_computable(one, table) for found, _ in cases for one in found)
        compared = dict.fromkeys(one for _, found in cases for one in found) if related else {}
        self._names = _names(related, compared)
        orders = [_relation(one) for one in compared if {one.left, one.right} <= self._names]
        self._order = precedence([name for name in table.column_names if name in self._names], [*related, *orders])

    def solved(self, domains: Mapping[str, Domain], relations: Sequence[Relation], compared: Sequence[Compared]) -> Solved | None:
        """None: there is nothing to do. Comparisons that share columns with the relations are satisfied too."""
        own = [_computable(one, self._table) for one in relations if not one.if_unsigned or _is_unsigned(one, self._table)]
        related: list[Relation | Compared] = [*own, *(one for one in compared if {one.left, one.right} <= self._names)]
        found = [solved for part in _components(related) if (solved := self._part(domains, part))]
        if not found:
            return None
        return Solved(
            systems=tuple(system for solved in found for system in solved.systems),
            generators={name: generator for solved in found for name, generator in solved.generators.items()},
        )

    def _part(self, domains: Mapping[str, Domain], related: tuple[Relation | Compared, ...]) -> Solved | None:
        names = frozenset(name for one in related for name in names_of(one))
        columns = tuple(name for name in self._order if name in names)
        key = (related, tuple(domains.get(name, ANY) for name in columns))
        if key not in self._known:
            try:
                self._known[key] = self._solution(domains, related, columns)
            except Unsolved:
                self._known[key] = None
                text = f"parloader cannot work out the CHECKs on {listed(columns)}; they are tested on a sample"
                self.notes += [text] if text not in self.notes else []
        return self._known[key]

    def _solution(self, domains: Mapping[str, Domain], related: Sequence[Relation | Compared], columns: Sequence[str]) -> Solved | None:
        """None: all values that the columns get anyway satisfy the relations. Unsolved: they cannot be satisfied by construction."""
        operands = _operands(self._table, domains, columns, self._given, self._fixed)
        times = frozenset(name for name, one in operands.items() if one.is_time)
        wanted = [
            one if isinstance(one, Relation) else _relation(one, times)
            for one in related
            if isinstance(one, Relation) or not all(operands[name].early for name in (one.left, one.right))
        ]
        if not all(is_supported(one, self._table) for one in wanted):
            raise Unsolved
        system = solve(wanted, operands, _close(wanted, operands))
        if system is None:
            raise Unsolved
        if not any(one.operator == "=" for one in wanted) and not system.constrains:
            return None
        try:
            return Solved(systems=(system,), generators=generators(system, domains))
        except Unwritable as error:
            raise Unsolved from error


def _components(related: Iterable[Relation | Compared]) -> list[tuple[Relation | Compared, ...]]:
    """Groups of relations and comparisons that share columns, directly or through others."""
    groups: list[tuple[frozenset[str], tuple[Relation | Compared, ...]]] = []
    for one in related:
        touching = [group for group in groups if group[0] & set(names_of(one))]
        names = frozenset(names_of(one)).union(*(group[0] for group in touching))
        members = (*(other for group in touching for other in group[1]), one)
        groups = [*(group for group in groups if group not in touching), (names, members)]
    return [members for _, members in groups]


def _computable(relation: Relation, table: TableSchema) -> Relation:
    """The relation, in which the end of a time span follows from its length: minutes = ends_at - starts_at holds for whole minutes only."""
    if (
        relation.operator != "="
        or relation.lone is None
        or relation.lone in relation.times
        or not relation.columns <= set(table.column_names)
    ):
        return relation
    if all(table.column(name).kind is ColumnType.DATE for name in relation.times):
        return relation
    sign = relation.left.coefficient(relation.lone)
    later = [name for name in sorted(relation.times) if relation.left.coefficient(name) * sign < 0]
    return replace(relation, lone=later[0] if later else relation.lone)


def _names(relations: Iterable[Relation], compared: Iterable[Compared]) -> frozenset[str]:
    """The columns of the relations, and all that are compared with them, also through others."""
    names = frozenset[str]().union(*(one.columns for one in relations))
    while more := {name for one in compared if {one.left, one.right} & names for name in (one.left, one.right)} - names:
        names |= more
    return names


def _operands(
    table: TableSchema, domains: Mapping[str, Domain], names: Iterable[str], given: Mapping[str, Generator], fixed: Mapping[str, Ends]
) -> dict[str, Operand]:
    """Unsolved: a column is no number, date or timestamp, or is not written."""
    bound = {name for key in table.foreign_keys for name in key.columns} | {name for key in table.unique_keys for name in key.columns}
    found = {}
    for name in names:
        live = table.column(name)
        early = name in bound or name in given or live.auto_increment or name in fixed
        one = operand(live, domains.get(name, ANY), early=early, fixed=name in given or name in fixed)
        if one is not None and name in fixed:
            one = one.within(fixed[name])
        if one is None or live.generated:
            raise Unsolved
        found[name] = one
    return found


def _is_unsigned(relation: Relation, table: TableSchema) -> bool:
    columns = [table.column(name) for name in relation.columns]
    return all(one.kind is ColumnType.INTEGER for one in columns) and any(one.unsigned for one in columns)


def _relation(compared: Compared, times: frozenset[str] = frozenset()) -> Relation:
    operator = "<" if compared.operator == "<>" else compared.operator
    difference = column(compared.left).plus(column(compared.right), -1)
    return Relation(left=difference, operator=operator, bound=Fraction(0), lone=compared.left, times=difference.columns & times)


def _close(relations: Iterable[Relation], operands: Mapping[str, Operand]) -> list[Relation]:
    """For each two timestamps in order: not far from each other."""
    found = []
    for one in relations:
        if one.operator != "=" and len(one.left.terms) == 2 and one.times == one.columns:
            (first, a), (second, b) = one.left.terms
            if a == -b and isinstance(first, str) and isinstance(second, str):
                earlier, later = (first, second) if a > 0 else (second, first)
                span = max(SPANS[operands[later].column.kind], 0) + abs(one.bound / a)
                left: Linear = column(later).plus(column(earlier), -1)
                found.append(Relation(left=left, operator="<=", bound=span, times=one.times))
    return found
