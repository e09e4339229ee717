"""Solves the equations and inequalities of a row by construction: some columns are computed, the others lie between bounds.

    CHECK (total = subtotal + shipping - discount), CHECK (discount <= subtotal)

total is computed; subtotal and shipping are any that leave total within its type; discount lies between 0 and subtotal. Every row satisfies
the relations, whatever the random numbers are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import floor, lcm
from typing import TypeAlias

from parloader.inference.arithmetic.elimination import Eliminated, Inequality, Infeasible, eliminate
from parloader.inference.arithmetic.equations import Computed, Equations
from parloader.inference.arithmetic.operands import Box, Operand, atom_interval, interval, unit_of
from parloader.schema.checks.formulas import Atom, Linear, column, columns
from parloader.schema.checks.predicates import Relation

MAX_ATTEMPTS = 400
"""Ranges are halved until all products fit into their columns."""


Ranges: TypeAlias = Mapping[str, tuple[Fraction, Fraction]]
"""The smallest and the largest value of each column."""


@dataclass(frozen=True, kw_only=True)
class Bounded:
    """A column between bounds that follow from columns before it, and within its box."""

    column: str
    box: Box
    lows: tuple[Linear, ...] = ()
    highs: tuple[Linear, ...] = ()


@dataclass(frozen=True, kw_only=True)
class System:
    """The solution of a table's relations, in one case of its CHECKs."""

    operands: Mapping[str, Operand]
    computed: Mapping[str, Computed] = field(default_factory=dict)
    bounded: Mapping[str, Bounded] = field(default_factory=dict)
    narrowed: Mapping[str, Box] = field(default_factory=dict)  # the early columns whose range is smaller than their type allows
    ranges: Ranges = field(default_factory=dict)

    @property
    def columns(self) -> frozenset[str]:
        return frozenset(self.operands)

    @property
    def derived(self) -> frozenset[str]:
        """The columns that are computed, or bounded by others of the row."""
        return frozenset(self.computed) | {name for name, bounded in self.bounded.items() if bounded.lows or bounded.highs}

    @property
    def constrains(self) -> bool:
        """Whether a column gets other values than without the relations."""
        usual = {name: (one.usual_low, one.usual_high) for name, one in self.operands.items()}
        return bool(self.derived or self.narrowed) or any(one.box != usual[name] for name, one in self.bounded.items())


class _Narrow(Exception):
    """A range has to be smaller for the rest to have values."""

    def __init__(self, boxes: Mapping[str, Box]) -> None:
        super().__init__(boxes)
        self.boxes = boxes


def solve(relations: Sequence[Relation], operands: Mapping[str, Operand], softly: Sequence[Relation] = ()) -> System | None:
    """None: there is no solution, or it is not found. `operands`: in the order of precedence. `softly`: relations that hold as well if they can."""
    for wanted in ((*relations, *softly), relations) if softly else (relations,):
        for usual in (True, False):
            try:
                return _Solver(wanted, dict(operands), usual=usual).solve()
            except Infeasible:
                continue
    return None


class _Solver:
    def __init__(self, relations: Sequence[Relation], operands: dict[str, Operand], *, usual: bool) -> None:
        """`usual`: the columns that are not early keep to the range that their names suggest."""
        self._inequalities = [one for one in relations if one.operator != "="]
        self._equations = Equations(relations, operands)
        self._operands, self._computed = operands, self._equations.computed
        self._usual = usual

    def solve(self) -> System:
        """Infeasible: there is no solution, or it is not found."""
        boxes = {name: self._box(one) for name, one in self._operands.items()}
        for _ in range(MAX_ATTEMPTS):
            try:
                return self._solution(self._inequalities, boxes)
            except _Narrow as needed:
                boxes |= needed.boxes
        raise Infeasible

    def _box(self, operand: Operand) -> Box:
        usual = self._usual and not operand.early
        return (operand.usual_low, operand.usual_high) if usual else (operand.low, operand.high)

    # Inequalities

    def _solution(self, relations: Iterable[Relation], boxes: Mapping[str, Box]) -> System:
        ranges = self._ranges(boxes)
        inequalities = [self._inequality(relation) for relation in relations]
        for computed in self._computed.values():
            inequalities += self._within_type(computed)
        atoms = dict.fromkeys(atom for one in inequalities for atom, _ in one.terms if not isinstance(atom, str))
        all_boxes: dict[Atom, Box] = dict(boxes.items())
        for atom in atoms:
            low, high = (end / unit_of(atom, self._equations.units) for end in atom_interval(atom, ranges))
            all_boxes[atom] = floor(low), -floor(-high)
        inputs = {name for atom in atoms for name in columns(atom)}
        early = {
            name for name, one in self._operands.items() if one.early
        } | inputs  # of the inputs of a product, only the ranges are known
        late: list[Atom] = [name for name in self._operands if name not in early and name not in self._computed]
        steps, rest = eliminate(inequalities, late, all_boxes)
        for one in rest:
            raise self._narrowed(one, all_boxes, boxes)
        bounded = {str(step.name): self._bounded(step, boxes, ranges) for step in steps}
        for name, operand in self._operands.items():
            if name not in bounded and name not in self._computed and not operand.early:
                bounded[name] = Bounded(column=name, box=boxes[name])
        narrowed = {name: boxes[name] for name, one in self._operands.items() if one.early and boxes[name] != (one.low, one.high)}
        return System(operands=self._operands, computed=self._computed, bounded=bounded, narrowed=narrowed, ranges=ranges)

    def _ranges(self, boxes: Mapping[str, Box]) -> dict[str, tuple[Fraction, Fraction]]:
        """The range of each column's values."""
        ranges = {
            name: (low * self._operands[name].unit, high * self._operands[name].unit)
            for name, (low, high) in boxes.items()
            if name not in self._computed
        }
        for name in self._equations.in_order():
            low, high = interval(self._computed[name].value, ranges)
            own = self._operands[name]
            ranges[name] = max(low, own.low * own.unit), min(high, own.high * own.unit)
            if ranges[name][0] > ranges[name][1]:
                ranges[name] = low, high
        return ranges

    def _inequality(self, relation: Relation) -> Inequality[Atom]:
        return self._at_most_0(relation.left.plus(Linear(constant=-relation.bound)), strict=relation.operator == "<")

    def _within_type(self, computed: Computed) -> list[Inequality[Atom]]:
        own = self._operands[computed.column]
        margin = own.unit if computed.digits is not None else 0
        high, low = Linear(constant=margin - own.high * own.unit), Linear(constant=margin + own.low * own.unit)
        return [self._at_most_0(high.plus(computed.value)), self._at_most_0(low.plus(computed.value, -1))]

    def _at_most_0(self, linear: Linear, *, strict: bool = False) -> Inequality[Atom]:
        """The inequality in units of the columns, in which computed columns are replaced by what they are."""
        for name in reversed(self._equations.in_order()):
            if coefficient := linear.coefficient(name):
                computed = self._computed[name]
                linear = linear.without(name).plus(computed.value, coefficient)
                if computed.digits is not None:
                    linear = linear.plus(Linear(constant=abs(coefficient) * self._operands[name].unit))
        scaled = {atom: c * unit_of(atom, self._equations.units) for atom, c in linear.terms}
        multiple = lcm(*(c.denominator for c in scaled.values())) if scaled else linear.constant.denominator
        constant = linear.constant * multiple
        at_least = floor(constant) + 1 if strict else -floor(-constant)
        return Inequality.of({atom: int(c * multiple) for atom, c in scaled.items()}, at_least)

    def _narrowed(self, one: Inequality[Atom], all_boxes: Mapping[Atom, Box], boxes: Mapping[str, Box]) -> _Narrow:
        """The ranges in which the inequality holds by itself. Infeasible: none can be smaller."""
        direct = [(atom, c) for atom, c in one.terms if isinstance(atom, str) and self._can_shrink(atom, boxes)]
        _, most = one.extremes(all_boxes)
        widths = {atom: abs(c) * (boxes[atom][1] - boxes[atom][0]) for atom, c in direct if isinstance(atom, str)}
        total = sum(widths.values())
        if total >= most:
            shrunk = {}
            for atom, c in direct:
                low, high = boxes[str(atom)]
                by = -(-most * widths[str(atom)] // (total * abs(c)))
                shrunk[str(atom)] = (low, max(low, high - by)) if c > 0 else (min(high, low + by), high)
            return _Narrow(shrunk)
        inner = {name for atom, _ in one.terms for name in self._sources(atom) if self._can_shrink(name, boxes)}
        if not inner:
            raise Infeasible
        widest = max(inner, key=lambda name: (max(map(abs, boxes[name])) * self._operands[name].unit, name))
        low, high = boxes[widest]
        middle = (low + high) // 2 if low >= 0 or high <= 0 else 0
        if low >= 0:
            return _Narrow({widest: (low, middle)})
        return _Narrow({widest: (-(-low // 2), high // 2) if high > 0 else (middle, high)})

    def _sources(self, atom: Atom) -> frozenset[str]:
        """The columns that are not computed themselves, of which the atom is made."""
        found: frozenset[str] = frozenset()
        for name in columns(atom):
            found |= self._sources_of_sum(self._computed[name].value) if name in self._computed else {name}
        return found

    def _sources_of_sum(self, linear: Linear) -> frozenset[str]:
        return frozenset[str]().union(*(self._sources(atom) for atom, _ in linear.terms))

    def _can_shrink(self, name: str, boxes: Mapping[str, Box]) -> bool:
        return name not in self._computed and not self._operands[name].fixed and boxes[name][0] < boxes[name][1]

    def _bounded(self, step: Eliminated[Atom], boxes: Mapping[str, Box], ranges: Ranges) -> Bounded:
        name = str(step.name)
        low, high = boxes[name]
        bounded = Bounded(column=name, box=(low, high))
        for one in step.bounds:
            own = one.coefficient(name)
            others = [(atom, c) for atom, c in one.terms if atom != name]
            if not others:
                limit = Fraction(-one.constant, own)
                low, high = (low, min(high, floor(limit))) if own > 0 else (max(low, -floor(-limit)), high)
                bounded = replace(bounded, box=(low, high))
                continue
            unit = self._operands[name].unit / own
            terms = tuple((atom, -c * unit / unit_of(atom, self._equations.units)) for atom, c in others)
            linear = self._shortened(Linear(terms=terms, constant=-one.constant * unit), step.name)
            bounded = replace(bounded, highs=(*bounded.highs, linear)) if own > 0 else replace(bounded, lows=(*bounded.lows, linear))
        lows, highs = _tightest(bounded.lows, ranges, above=True), _tightest(bounded.highs, ranges, above=False)
        return replace(bounded, lows=lows, highs=highs)

    def _expanded(self, value: Linear) -> Linear:
        """The sum with what exact columns are computed from in their place."""
        for name in reversed(self._equations.in_order()):
            if (factor := value.coefficient(name)) and self._computed[name].digits is None:
                value = value.without(name).plus(self._computed[name].value, factor)
        return value

    def _shortened(self, bound: Linear, name: Atom) -> Linear:
        """The bound with computed columns in place of what they are computed from."""
        for computed in self._computed.values():
            if computed.digits is None and name not in self._equations.all_columns(computed.value):
                value = self._expanded(computed.value)
                first, coefficient = value.terms[0]
                factor = bound.coefficient(first) / coefficient
                shorter = bound.plus(value, -factor).plus(column(computed.column), factor)
                if factor and len(shorter.terms) < len(bound.terms):
                    bound = shorter
        return bound


def _tightest(bounds: tuple[Linear, ...], ranges: Ranges, *, above: bool) -> tuple[Linear, ...]:
    """The bounds without those that another one surpasses in every row."""
    kept: list[Linear] = []
    for bound in dict.fromkeys(bounds):
        if not any(_surpasses(other, bound, ranges, above=above) for other in kept):
            kept = [other for other in kept if not _surpasses(bound, other, ranges, above=above)] + [bound]
    return tuple(kept)


def _surpasses(one: Linear, other: Linear, ranges: Ranges, *, above: bool) -> bool:
    low, high = interval(one.plus(other, -1), dict(ranges))
    return low >= 0 if above else high <= 0
