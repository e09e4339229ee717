"""Equations of a row: which column each of them computes from the others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter

from parloader.inference.arithmetic.elimination import Infeasible
from parloader.inference.arithmetic.operands import Operand, granularity
from parloader.schema.checks.formulas import Atom, Linear, Product, Rounded
from parloader.schema.checks.predicates import Relation


@dataclass(frozen=True, kw_only=True)
class Computed:
    """A column that follows from others."""

    column: str
    value: Linear
    digits: int | None = None  # to which it is rounded; None: it is exact


class Equations:
    """The columns that equations compute, and the units of the others that make the results exact."""

    def __init__(self, relations: Sequence[Relation], operands: dict[str, Operand]) -> None:
        """Chooses the column that each equation computes. Infeasible: one can compute none."""
        self.operands = operands
        self.computed: dict[str, Computed] = {}
        for relation in (one for one in relations if one.operator == "="):
            if not any(self._compute(relation, name) for name in self._candidates(relation)):
                raise Infeasible

    def _candidates(self, relation: Relation) -> Iterator[str]:
        """The columns that the equation can compute, the last one first."""
        plain = [atom for atom, _ in relation.left.terms if isinstance(atom, str)]
        free = [name for name in plain if not self.operands[name].early and name not in self.computed]
        return iter(sorted(free, key=list(self.operands).index, reverse=True))

    def _compute(self, relation: Relation, name: str) -> bool:
        """Makes the relation compute the column, if its values are then of the column's type."""
        own = relation.left.coefficient(name)
        rest = relation.left.without(name).times(-1 / own).plus(Linear(constant=relation.bound / own))
        if name in self.all_columns(rest):
            return False
        target = self.operands[name]
        tolerance = relation.tolerance / abs(own)
        while not self._is_multiple(rest, target.unit):
            if tolerance and not target.is_time and target.unit / 2 < tolerance:
                digits = len(str(target.unit.denominator)) - 1
                self.computed[name] = Computed(column=name, value=rest, digits=digits)
                return True
            if not self._coarsen(rest):
                return False
        self.computed[name] = Computed(column=name, value=rest)
        return True

    def all_columns(self, linear: Linear) -> frozenset[str]:
        """The columns that the sum depends on, also through computed ones."""
        found = linear.columns
        for name in linear.columns & self.computed.keys():
            found |= self.all_columns(self.computed[name].value)
        return found

    @property
    def units(self) -> dict[str, Fraction]:
        return {name: one.unit for name, one in self.operands.items()}

    def _is_multiple(self, linear: Linear, unit: Fraction) -> bool:
        return all((part / unit).denominator == 1 for part in (granularity(linear, self.units), linear.constant) if linear.terms)

    def _coarsen(self, linear: Linear) -> bool:
        """Gives the operand with the most digits one digit less. False: none has digits to spare."""
        inner = {name for atom, _ in linear.terms for name in self._leaves(atom)}
        coarser = [(one.unit, name) for name in inner if (one := self.operands[name]).coarser() and name not in self.computed]
        if not coarser:
            return False
        _, name = min(coarser)
        replaced = self.operands[name].coarser()
        if replaced is None:
            return False
        self.operands[name] = replaced
        return True

    def _leaves(self, atom: Atom) -> frozenset[str]:
        """The columns whose digits matter: not those that are rounded."""
        match atom:
            case Rounded():
                return frozenset()
            case Product():
                return frozenset(name for part in (atom.left, atom.right) for inner, _ in part.terms for name in self._leaves(inner))
        return frozenset((atom,))

    def in_order(self) -> list[str]:
        waiting = {name: self.computed[name].value.columns & self.computed.keys() for name in self.computed}
        try:
            return list(TopologicalSorter(waiting).static_order())
        except CycleError as error:
            raise Infeasible from error
