"""Comparisons of arithmetic: `total = subtotal + shipping - discount`, `used + reserved <= capacity`, `ends_on = starts_on + INTERVAL 7 DAY`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import product as combinations
from math import ceil, floor
from typing import TypeAlias

from sqlglot import exp

from parloader.schema.checks.comparisons import INTEGER_TYPES, MIRRORED, constant
from parloader.schema.checks.formulas import Linear, Product, Rounded, column, product
from parloader.schema.checks.predicates import (
    ALWAYS,
    NEVER,
    Between,
    Compared,
    Disjunction,
    NotNull,
    Null,
    OneOf,
    Predicate,
    Relation,
    UnsupportedCheck,
    all_of,
    any_of,
)

SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86_400, "WEEK": 604_800}

LARGEST_TOLERANCE = 1
"""ABS(total - net - tax) < 0.01 is an equality that allows rounding; a larger difference is meant to occur."""

MAX_ALTERNATIVES = 16

Branches: TypeAlias = Callable[[exp.Expr], list[tuple[Disjunction, exp.Expr]]]
"""The condition and the result of each branch of CASE or IF."""


@dataclass(frozen=True, kw_only=True)
class Value:
    """What an expression is, in some rows."""

    sum: Linear
    when: Disjunction = ALWAYS  # the cases of these rows
    times: frozenset[str] = frozenset()  # columns that are dates or timestamps
    is_time: bool = False  # a date or timestamp itself, not a number
    whole: bool = False  # a number of whole days, hours …: a fraction is cut off
    differences: tuple[Linear, ...] = ()  # must not be negative, if an integer in it is unsigned

    def with_sum(self, linear: Linear) -> "Value":
        return replace(self, sum=linear)


def related(left: exp.Expr, operator: str, right: exp.Expr, branches: Branches) -> Disjunction:
    """Cases in which left `operator` right is true, or unknown because a column is NULL. UnsupportedCheck: they are not arithmetic."""
    if (tolerated := _tolerated(left, operator, right, branches)) is not None:
        return tolerated
    if (split := _split(left, operator, right, branches)) is not None:
        return split
    found = []
    for first, second in combinations(_values(left, branches), _values(right, branches)):
        found.append(all_of(_merged(first, second).when, _compared(first, operator, second)))
    return any_of(*found)


def _compared(first: Value, operator: str, second: Value) -> Disjunction:
    if operator == "<>":
        return any_of(_compared(first, "<", second), _compared(first, ">", second))
    if operator in (">", ">="):
        return _compared(second, MIRRORED[operator], first)
    first, second = _timed(first, second), _timed(second, first)
    both = _merged(first, second)
    alone = [side.sum.single for side in (second, first) if isinstance(side.sum.single, str)]
    relation = _relation(both, operator, lone=alone[0] if alone else None)
    guards: list[Predicate] = [
        Relation(left=difference.without_constant().times(-1), operator="<=", bound=difference.constant, if_unsigned=True)
        for difference in both.differences
        if _is_integer(difference) and difference != both.sum.times(-1)
    ]
    return all_of(relation, (tuple(guards),))


def _is_integer(difference: Linear) -> bool:
    """Whether the server may compute it as an integer, of columns of which one may be unsigned."""
    return all(isinstance(atom, str) and c.denominator == 1 for atom, c in difference.terms)


def _timed(value: Value, other: Value) -> Value:
    """The value, known to be a timestamp if it is a column that is compared with one."""
    single = value.sum.single
    if isinstance(single, str) and not value.times and sum(other.sum.coefficient(name) for name in other.times) == 1:
        return replace(value, times=frozenset((single,)))
    return value


def _merged(first: Value, second: Value) -> Value:
    """The difference of two values."""
    return Value(
        sum=first.sum.plus(second.sum, -1),
        when=all_of(first.when, second.when),
        times=first.times | second.times,
        whole=first.whole or second.whole,
        differences=(*first.differences, *second.differences),
    )


def _relation(value: Value, operator: str, *, lone: str | None = None, tolerance: Fraction = Fraction(0)) -> Disjunction:
    """`value` `operator` 0."""
    left, bound = value.sum.without_constant(), -value.sum.constant
    if sum(left.coefficient(name) for name in value.times):
        raise UnsupportedCheck("a timestamp compared with a number")
    if value.whole and operator == "<":
        operator, bound = "<=", Fraction(ceil(bound) - 1)  # 1 hour and 59 minutes are 1 hour
    if not left.terms:  # a comparison of a column with itself, which is unknown if it is NULL
        raise UnsupportedCheck("a comparison without columns")
    atom, coefficient = left.terms[0]
    if len(left.terms) == 1 and isinstance(atom, str):
        return _one_column(atom, operator if coefficient > 0 else MIRRORED[operator], bound / coefficient)
    if len(left.terms) == 2 and not bound and not value.times and not tolerance:
        (first, a), (second, b) = left.terms
        if a == -b and isinstance(first, str) and isinstance(second, str):  # both servers have moved nothing: ABS(a - b) = 0
            lower, upper = (first, second) if a > 0 else (second, first)
            return ((Compared(left=lower, operator=operator, right=upper),),)
    relation = Relation(left=left, operator=operator, bound=bound, lone=lone, tolerance=tolerance, times=value.times)
    return ((relation,),)


def _one_column(name: str, operator: str, bound: Fraction) -> Disjunction:
    exact: int | Decimal = int(bound) if bound.denominator == 1 else Decimal(bound.numerator) / Decimal(bound.denominator)
    terminates = bound == Fraction(exact)
    if operator == "=":
        return ((OneOf(column=name, values=(exact,)),),) if terminates else NEVER
    if operator in ("<", "<="):
        limit = exact if terminates else floor(bound)
        return ((Between(column=name, high=limit, high_open=operator == "<" and terminates),),)
    limit = exact if terminates else ceil(bound)
    return ((Between(column=name, low=limit, low_open=operator == ">" and terminates),),)


def _tolerated(left: exp.Expr, operator: str, right: exp.Expr, branches: Branches) -> Disjunction | None:
    """ABS(a - b) < 0.01; None: it is nothing like this."""
    for subject, sign, limit in ((left, operator, constant(right)), (right, MIRRORED[operator], constant(left))):
        inner = subject.unnest()
        if isinstance(inner, exp.Abs) and isinstance(limit, int | Decimal) and sign in ("<", "<="):
            bound = Fraction(limit)
            found = []
            for value in _values(inner.this, branches):
                if 0 < bound <= LARGEST_TOLERANCE:
                    within = _relation(value, "=", tolerance=bound)
                else:
                    above, below = (value.with_sum(value.sum.times(sign_of).plus(Linear(constant=-bound))) for sign_of in (1, -1))
                    within = all_of(_relation(above, sign), _relation(below, sign))
                found.append(all_of(value.when, within))
            return any_of(*found)
    return None


def _split(left: exp.Expr, operator: str, right: exp.Expr, branches: Branches) -> Disjunction | None:
    """a <= LEAST(b, c) is a <= b and a <= c; None: it is nothing like this."""
    for subject, sign, other in ((left, operator, right), (right, MIRRORED[operator], left)):
        inner = subject.unnest()
        small = isinstance(inner, exp.Least)
        if isinstance(inner, exp.Least | exp.Greatest) and sign in ((">", ">=") if small else ("<", "<=")):
            return all_of(*(_or_related(one, sign, other, branches) for one in (inner.this, *inner.expressions)))
        if isinstance(inner, exp.Least | exp.Greatest) and sign in ("<", "<=", ">", ">="):
            return any_of(*(_or_related(one, sign, other, branches) for one in (inner.this, *inner.expressions)))
    return None


def _or_related(left: exp.Expr, operator: str, right: exp.Expr, branches: Branches) -> Disjunction:
    from parloader.schema.checks.comparisons import compared

    try:
        return compared(left, operator, right)
    except UnsupportedCheck:
        return related(left, operator, right, branches)


def _values(node: exp.Expr, branches: Branches) -> list[Value]:
    """What the expression is, in each case. UnsupportedCheck: it is not arithmetic."""
    found = _unlimited(node.unnest(), branches)
    if len(found) > MAX_ALTERNATIVES:
        raise UnsupportedCheck("too many alternatives")
    return found


def _unlimited(inner: exp.Expr, branches: Branches) -> list[Value]:
    number = constant(inner)
    if isinstance(number, int | Decimal):
        return [Value(sum=Linear(constant=Fraction(number)))]
    match inner:
        case exp.Column():
            return [Value(sum=column(inner.name))]
        case exp.Neg():
            return [value.with_sum(value.sum.times(-1)) for value in _values(inner.this, branches)]
        case exp.Add(expression=exp.Interval() as interval) | exp.Sub(expression=exp.Interval() as interval):
            return _shifted(inner.this, interval, 1 if isinstance(inner, exp.Add) else -1, branches)
        case exp.Add(this=exp.DateDiff() as days, expression=one) if constant(one) == 1:  # TO_DAYS(column), as sqlglot reads it
            return [_day_number(days)]
        case exp.Add() | exp.Sub() | exp.Mul() | exp.Div():
            return [
                _combined(inner, first, second)
                for first, second in combinations(_values(inner.left, branches), _values(inner.right, branches))
            ]
        case exp.TimestampDiff():
            return [_elapsed(inner)]
        case exp.Round() | exp.Floor() | exp.Cast():
            return [_rounded(inner, value) for value in _values(inner.this, branches)]
        case exp.Coalesce(this=exp.Column() as first, expressions=[other]):
            null: Disjunction = ((Null(column=first.name),),)
            given = Value(sum=column(first.name), when=((NotNull(column=first.name),),))
            return [given, *(_under(null, value) for value in _values(other, branches))]
        case exp.Case() | exp.If():
            return [_under(condition, value) for condition, result in branches(inner) for value in _values(result, branches)]
        case exp.Abs():
            return [
                _under(_relation(value.with_sum(value.sum.times(-sign)), "<="), value.with_sum(value.sum.times(sign)))
                for value in _values(inner.this, branches)
                for sign in (1, -1)
            ]
    raise UnsupportedCheck(type(inner).__name__)


def _under(condition: Disjunction, value: Value) -> Value:
    return replace(value, when=all_of(condition, value.when))


def _combined(node: exp.Binary, first: Value, second: Value) -> Value:
    differences = (*first.differences, *second.differences)
    times = first.times | second.times
    if first.is_time or second.is_time:
        raise UnsupportedCheck("a timestamp as a number")
    match node:
        case exp.Add():
            linear = first.sum.plus(second.sum)
        case exp.Sub():
            linear = first.sum.plus(second.sum, -1)
            differences = (*differences, linear) if second.sum.terms and not times else differences
        case exp.Mul():
            linear = product(first.sum, second.sum)
        case _:
            if second.sum.terms or not second.sum.constant:
                raise UnsupportedCheck("a division by a column")
            linear = first.sum.times(1 / second.sum.constant)
    if times and isinstance(node, exp.Mul | exp.Div) and any(isinstance(atom, Product) for atom, _ in linear.terms):
        raise UnsupportedCheck("a product of timestamps")
    return Value(
        sum=linear,
        when=all_of(first.when, second.when),
        times=times,
        whole=(first.whole or second.whole) and not isinstance(node, exp.Div),
        differences=differences,
    )


def _shifted(base: exp.Expr, interval: exp.Interval, sign: int, branches: Branches) -> list[Value]:
    """A date or timestamp plus or minus an interval."""
    seconds = SECONDS.get(str(interval.args["unit"]).upper())
    if seconds is None:
        raise UnsupportedCheck("an interval")
    amount = interval.this
    if isinstance(amount, exp.Literal) and amount.is_string:
        amount = exp.Literal(this=amount.this, is_string=False)
    found = []
    for time, length in combinations(_values(base, branches), _values(amount, branches)):
        names = time.times | {atom for atom, c in time.sum.terms if isinstance(atom, str) and c == 1 and not time.times}
        linear = time.sum.plus(length.sum, sign * seconds)
        found.append(Value(sum=linear, when=all_of(time.when, length.when), times=frozenset(names), is_time=True))
    return found


def _day_number(days: exp.DateDiff) -> Value:
    inner = days.this.this if isinstance(days.this, exp.TsOrDsToDate) else days.this
    if not isinstance(inner, exp.Column):
        raise UnsupportedCheck("TO_DAYS of an expression")
    return Value(sum=column(inner.name).times(Fraction(1, SECONDS["DAY"])), times=frozenset((inner.name,)), whole=True)


def _elapsed(node: exp.TimestampDiff) -> Value:
    seconds = SECONDS.get(str(node.args["unit"]).upper())
    later, earlier = node.this.unnest(), node.expression.unnest()
    if seconds is None or not isinstance(later, exp.Column) or not isinstance(earlier, exp.Column):
        raise UnsupportedCheck("TIMESTAMPDIFF of expressions")
    difference = column(later.name).plus(column(earlier.name), -1).times(Fraction(1, seconds))
    return Value(sum=difference, times=frozenset((later.name, earlier.name)), whole=True)


def _rounded(node: exp.Expr, value: Value) -> Value:
    if value.times or value.whole:
        raise UnsupportedCheck("a rounded timestamp")
    plain = isinstance(value.sum.single, str)
    digits = 0
    if isinstance(node, exp.Cast):
        kind = node.to.this
        if kind is exp.DataType.Type.DECIMAL and len(node.to.expressions) == 2:
            digits = int(node.to.expressions[1].this.this)
        elif kind not in INTEGER_TYPES:
            raise UnsupportedCheck("a cast")
        if plain:  # to the type that the column has, or a wider one
            return value.with_sum(value.sum)
    elif isinstance(node, exp.Round) and node.args.get("decimals") is not None:
        given = constant(node.args["decimals"])
        if not isinstance(given, int) or given < 0:
            raise UnsupportedCheck("ROUND")
        digits = given
    rounded = Rounded(of=value.sum, digits=digits, down=isinstance(node, exp.Floor))
    return value.with_sum(Linear(terms=((rounded, Fraction(1)),)))
