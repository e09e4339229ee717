"""Systems of equations and inequalities: whatever the random numbers are, every relation holds."""

import random
from fractions import Fraction
from math import ceil, floor

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from parloader.inference.arithmetic.operands import Operand
from parloader.inference.arithmetic.systems import System, solve
from parloader.schema.checks.formulas import Linear, Product, column
from parloader.schema.checks.predicates import Relation
from parloader.schema.model import ColumnSchema, ColumnType

NAMES = ("a", "b", "c", "d", "e")


def operand(name: str, low: int, high: int, *, unit: Fraction = Fraction(1), early: bool = False) -> Operand:
    kind = ColumnType.INTEGER if unit == 1 else ColumnType.DECIMAL
    schema = ColumnSchema(
        name=name, kind=kind, type_text="", min_value=low, max_value=high, precision=18, scale=len(str(unit.denominator)) - 1
    )
    return Operand(column=schema, unit=unit, low=low, high=high, usual_low=low, usual_high=high, early=early)


def relation(operator: str, bound: int, **terms: int) -> Relation:
    linear = Linear()
    for name, coefficient in terms.items():
        linear = linear.plus(column(name), coefficient)
    return Relation(left=linear, operator=operator, bound=Fraction(bound))


def value(linear: Linear, row: dict[str, Fraction]) -> Fraction:
    total = linear.constant
    for atom, coefficient in linear.terms:
        assert isinstance(atom, str | Product)
        total += coefficient * (row[atom] if isinstance(atom, str) else value(atom.left, row) * value(atom.right, row))
    return total


def row_of(system: System, choose: random.Random) -> dict[str, Fraction]:
    """A row, as the generators make it: early columns first, then those between bounds, and the computed ones when they can be."""
    row = {}
    for name, one in system.operands.items():
        if one.early:
            low, high = system.narrowed.get(name, (one.low, one.high))
            row[name] = choose.randint(low, high) * one.unit

    def compute() -> None:
        for name in system.computed:
            computed = system.computed[name]
            if name not in row and computed.value.columns <= row.keys():
                row[name] = value(computed.value, row)

    waiting = dict(system.bounded)
    while waiting or system.computed.keys() - row.keys():
        compute()
        ready = [b for b in waiting.values() if frozenset[str]().union(*(one.columns for one in (*b.lows, *b.highs))) <= row.keys()]
        if not ready and not waiting:
            continue
        bounded = ready[0]
        del waiting[bounded.column]
        unit = system.operands[bounded.column].unit
        low = max([bounded.box[0], *(ceil(value(one, row) / unit) for one in bounded.lows)])
        high = min([bounded.box[1], *(floor(value(one, row) / unit) for one in bounded.highs)])
        assert low <= high, f"{bounded.column} has no value in {row}"
        row[bounded.column] = choose.choice((low, high, choose.randint(low, high))) * unit
    return row


def holds(relation: Relation, row: dict[str, Fraction]) -> bool:
    found = value(relation.left, row)
    return {"=": found == relation.bound, "<=": found <= relation.bound, "<": found < relation.bound}[relation.operator]


@st.composite
def systems(draw: st.DrawFn) -> tuple[list[Relation], dict[str, Operand]]:
    names = NAMES[: draw(st.integers(2, 5))]
    operands = {}
    for name in names:
        low = draw(st.integers(-50, 50))
        operands[name] = operand(
            name,
            low,
            low + draw(st.integers(0, 200)),
            unit=Fraction(1, draw(st.sampled_from([1, 1, 10, 100]))),
            early=draw(st.integers(0, 5)) == 0,
        )
    relations = []
    for _ in range(draw(st.integers(1, 4))):
        terms = draw(st.dictionaries(st.sampled_from(names), st.sampled_from([1, 1, -1, -1, 2, -3]), min_size=2, max_size=4))
        relations.append(relation(draw(st.sampled_from(["=", "<=", "<=", "<"])), draw(st.integers(-60, 60)), **terms))
    return relations, operands


@settings(max_examples=60)
@given(systems(), st.integers(0, 2**32))
def test_every_row_of_a_solved_system_satisfies_it(drawn: tuple[list[Relation], dict[str, Operand]], seed: int) -> None:
    relations, operands = drawn
    system = solve(relations, operands)
    assume(system is not None)
    assert system is not None
    choose = random.Random(seed)
    for _ in range(5):
        row = row_of(system, choose)
        assert all(holds(one, row) for one in relations), row
        for name, one in operands.items():
            assert one.low * one.unit <= row[name] <= one.high * one.unit, (name, row)
            assert (row[name] / one.unit).denominator == 1, (name, row)


@given(st.lists(st.integers(-20, 20), min_size=3, max_size=3), st.integers(0, 2**32))
def test_sums_of_free_integers_are_always_solved(values: list[int], seed: int) -> None:
    """A system that a row satisfies, of unit coefficients: Fourier-Motzkin elimination is exact then."""
    a, b, c = values
    operands = {name: operand(name, -20, 60) for name in ("a", "b", "c", "t")}
    relations = [relation("=", 0, t=1, a=-1, b=-1, c=1), relation("<=", c - a, c=1, a=-1), relation("<=", a + b, a=1, b=1)]
    assume(-20 <= a + b - c <= 60)
    system = solve(relations, operands)
    assert system is not None
    row = row_of(system, random.Random(seed))
    assert all(holds(one, row) for one in relations)


def test_products_are_kept_within_their_column() -> None:
    product = Linear(terms=((Product(left=column("price"), right=column("quantity")), Fraction(-1)),))
    operands = {
        "quantity": operand("quantity", 1, 1_000),
        "price": operand("price", 1, 10**8, unit=Fraction(1, 100), early=True),
        "line": operand("line", 0, 10**6 - 1, unit=Fraction(1, 100)),
    }
    system = solve([Relation(left=column("line").plus(product), operator="=", bound=Fraction(0), lone="line")], operands)
    assert system is not None
    assert set(system.computed) == {"line"}
    assert "price" in system.narrowed
    for seed in range(50):
        assert row_of(system, random.Random(seed))["line"] < 10_000


def test_contradictions_have_no_solution() -> None:
    operands = {name: operand(name, 0, 10) for name in ("a", "b")}
    assert solve([relation("<=", -1, a=1, b=1)], operands) is None
    assert solve([relation("<", 0, a=1, b=-1), relation("<", 0, b=1, a=-1)], operands) is None
    assert solve([relation("=", 50, a=1, b=1)], operands) is None


def test_an_exact_sum_has_no_more_digits_than_its_column() -> None:
    cents = {name: operand(name, 0, 10_000, unit=Fraction(1, 100)) for name in ("a", "b")}
    system = solve([relation("=", 0, t=1, a=-1, b=-1)], {**cents, "t": operand("t", 0, 500, early=False)})
    assert system is not None
    assert row_of(system, random.Random(1)).keys() == {"a", "b", "t"}
