"""The generators of columns that relations tie to each other, once their system is solved."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from parloader.inference.arithmetic.formula_text import Unwritable, bound_text, computed_text, number_text
from parloader.inference.arithmetic.operands import Box, Operand, interval
from parloader.inference.arithmetic.systems import Bounded, Ranges, System
from parloader.inference.default_generators import DAY_SECONDS, generator, plausible_numbers
from parloader.inference.value_ranges import plan_literal, server_literal
from parloader.plans.generators import Between, Expr, Generator, Uniform
from parloader.schema.checks.domains import Domain
from parloader.schema.checks.formulas import Linear
from parloader.schema.model import ColumnType


def generators(system: System, domains: Mapping[str, Domain]) -> dict[str, Generator]:
    """The generators of the columns that the system decides about. Unwritable: Polars does not compute one of them exactly."""
    ranges = system.ranges
    found: dict[str, Generator] = {}
    for name, bounded in system.bounded.items():
        operand = system.operands[name]
        if bounded.lows or bounded.highs:
            found[name] = _between(operand, bounded, system.operands, ranges)
        else:
            found[name] = _in_box(operand, bounded.box, domains.get(name, Domain()))
    for name, computed in system.computed.items():
        text = computed_text(system.operands[name], computed.value, system.operands, ranges, computed.digits)
        found[name] = Expr(sql=text)
    return found


def usually(system: System, generators: Mapping[str, Generator]) -> dict[str, Generator]:
    """The generators of numbers between bounds, which now are in the range that their names suggest, if the bounds allow it."""
    found: dict[str, Generator] = {}
    for name in system.bounded:
        generator, operand = generators.get(name), system.operands[name]
        if isinstance(generator, Between) and not operand.is_time and not operand.coarsened:
            low, high = (_literal(operand, end) for end in (operand.usual_low, operand.usual_high))
            found[name] = replace(generator, of=Uniform(low=low, high=high))
    return found


def boxed(operand: Operand, box: Box, domain: Domain) -> Domain:
    """The domain with the ends of the box as its bounds."""
    low, high = (server_literal(operand.column, end, _own_unit(operand)) for end in box)
    ends = [end if isinstance(end, int) else str(end) for end in (low, high)]
    return replace(domain, low=ends[0], high=ends[1], low_open=False, high_open=False)


def _own_unit(operand: Operand) -> Fraction:
    """The unit in which value_ranges.py counts: days for dates."""
    return operand.unit / DAY_SECONDS if operand.column.kind is ColumnType.DATE else operand.unit


def _in_box(operand: Operand, box: Box, domain: Domain) -> Generator:
    column = replace(operand.column, fraction_digits=0)  # whole seconds: others are computed from them
    plausible = plausible_numbers(column, domain)
    usual = plausible is not None and plausible.unit == _own_unit(operand) and box == (plausible.low, plausible.high)
    if usual or operand.is_time or operand.column.kind is ColumnType.REAL:
        found = generator(column, domain if usual else boxed(operand, box, domain))
        if found is not None and not operand.coarsened:
            return found
    if operand.column.kind is ColumnType.REAL:
        raise Unwritable
    low, high = (_literal(operand, end) for end in box)
    return Uniform(low=low, high=high)


def _literal(operand: Operand, units: int) -> int | str:
    value = plan_literal(operand.column, units, _own_unit(operand))
    if operand.column.kind is ColumnType.DECIMAL and operand.unit == 1:
        return units
    return value if isinstance(value, str) else int(value)


def _between(operand: Operand, bounded: Bounded, operands: Mapping[str, Operand], ranges: Ranges) -> Generator:
    if operand.column.kind is ColumnType.REAL:
        raise Unwritable
    scale = None if operand.is_time else len(str(operand.unit.denominator)) - 1
    low, high = bounded.box
    least = _limit(operand, bounded.lows, low, operands, ranges, up=True)
    most = _limit(operand, bounded.highs, high, operands, ranges, up=False)
    return Between(low=least, high=most, scale=scale)


def _limit(
    operand: Operand,
    bounds: Sequence[Linear],
    end: int,
    operands: Mapping[str, Operand],
    ranges: Ranges,
    *,
    up: bool,
) -> int | str:
    """The lower (`up`) or the upper end of the values, as a text for Between."""
    value = end * operand.unit
    reaches = [interval(bound, dict(ranges)) for bound in bounds]
    texts = list(dict.fromkeys(bound_text(operand, bound, operands, ranges, up=up) for bound in bounds))
    needed = not bounds or (max(low for low, _ in reaches) < value if up else min(high for _, high in reaches) > value)
    if not texts:
        return _literal(operand, end)
    if needed:
        texts.append(_constant(operand, end))
    return texts[0] if len(texts) == 1 else f"{'GREATEST' if up else 'LEAST'}({', '.join(texts)})"


def _constant(operand: Operand, units: int) -> str:
    if not operand.is_time:
        return number_text(units * operand.unit)
    text = str(plan_literal(operand.column, units, _own_unit(operand)))
    return f"CAST('{text.replace('T', ' ')}' AS {'DATE' if operand.column.kind is ColumnType.DATE else 'TIMESTAMP'})"
