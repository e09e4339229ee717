"""Arithmetic in CHECK clauses."""

from fractions import Fraction

import pytest

from parloader.schema.checks.formulas import Linear, column
from parloader.schema.checks.parser import parse_check
from parloader.schema.checks.predicates import Between, Compared, NotNull, Null, OneOf, Predicate, Relation

DAY = 86_400


def total(**coefficients: int | Fraction) -> Linear:
    linear = Linear()
    for name, coefficient in coefficients.items():
        linear = linear.plus(column(name), Fraction(coefficient))
    return linear


def relation(
    operator: str, bound: int | str, *, lone: str | None = None, tolerance: str = "0", times: str = "", **terms: int | Fraction
) -> Relation:
    return Relation(
        left=total(**terms),
        operator=operator,
        bound=Fraction(bound),
        lone=lone,
        tolerance=Fraction(tolerance),
        times=frozenset(times.split()),
    )


@pytest.mark.parametrize(
    ("clause", "case"),
    [
        ("`t` = `a` + `b`", [relation("=", 0, lone="t", t=1, a=-1, b=-1)]),
        ("(`t` = (`a` + `b`))", [relation("=", 0, lone="t", t=1, a=-1, b=-1)]),
        ("`a` + `b` <= 100", [relation("<=", 100, a=1, b=1)]),
        ("100 > `a` + `b`", [relation("<", 100, a=1, b=1)]),
        ("`a` + `b` + 5 >= `c` * 2", [relation("<=", 5, c=2, a=-1, b=-1)]),
        ("`a` * 2 <= 10", [Between(column="a", high=5)]),
        ("-`a` < 3", [Between(column="a", low=-3, low_open=True)]),
        ("`a` + 1 = 3", [OneOf(column="a", values=(2,))]),
        ("`a` * 3 <= 10", [Between(column="a", high=3)]),
        ("abs(`a`) <= 10", [Between(column="a", high=10), Between(column="a", low=-10)]),
        ("abs(`t` - (`a` + `b`)) < 0.01", [relation("=", 0, tolerance="0.01", t=1, a=-1, b=-1)]),
        ("`a` <= least(`b`,`c`)", [Compared(left="a", operator="<=", right="b"), Compared(left="a", operator="<=", right="c")]),
        ("`a` between `b` and `b` + 5", [Compared(left="b", operator="<=", right="a"), relation("<=", 5, lone="a", a=1, b=-1)]),
        ("`e` = `s` + interval 7 day", [relation("=", 7 * DAY, lone="e", times="e s", e=1, s=-1)]),
        ("(`e` = (`s` + interval `n` minute))", [relation("=", 0, lone="e", times="e s", e=1, s=-1, n=-60)]),
        ("`e` - interval 1 hour >= `s`", [relation("<=", -3600, lone="s", times="e s", s=1, e=-1)]),
        ("`n` = to_days(`e`) - to_days(`s`)", [relation("=", 0, lone="n", times="e s", n=1, e=Fraction(-1, DAY), s=Fraction(1, DAY))]),
        ("to_days(`e`) - to_days(`s`) > 2", [relation("<=", -3, times="e s", e=Fraction(-1, DAY), s=Fraction(1, DAY))]),
        ("timestampdiff(HOUR,`s`,`e`) <= 3", [relation("<=", 3, times="e s", e=Fraction(1, 3600), s=Fraction(-1, 3600))]),
    ],
)
def test_one_case(clause: str, case: list[Predicate]) -> None:
    parsed = parse_check(clause)
    assert parsed is not None
    assert [one for found in parsed.cases for one in found if not (isinstance(one, Relation) and one.if_unsigned)] == case


def test_null_of_coalesce_and_branches_of_case_are_cases() -> None:
    parsed = parse_check("`t` = `a` + coalesce(`b`,0)")
    assert parsed is not None
    given, missing = parsed.cases
    assert {NotNull(column="b"), relation("=", 0, lone="t", t=1, a=-1, b=-1)} <= set(given)
    assert {Null(column="b"), Compared(left="t", operator="=", right="a")} <= set(missing)
    parsed = parse_check("`t` = case `k` when 'in' then `a` + `b` else `a` - `b` end")
    assert parsed is not None
    assert relation("=", 0, lone="t", t=1, a=-1, b=-1) in parsed.cases[0]


def test_differences_of_unsigned_integers_must_not_be_negative() -> None:
    parsed = parse_check("`t` = `a` - `b` + `c`")
    assert parsed is not None
    assert Relation(left=total(a=-1, b=1), operator="<=", bound=Fraction(0), if_unsigned=True) in parsed.cases[0]


@pytest.mark.parametrize(
    "clause", ["`t` = `a` / `b`", "`t` = `a` + interval 1 day - `b`", "`t` = `a` + `b` % 2", "`a` - `a` < 1", "`t` = sqrt(`a`)"]
)
def test_what_is_not_understood(clause: str) -> None:
    assert parse_check(clause) is None
