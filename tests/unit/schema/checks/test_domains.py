"""Domains of columns, combined from several CHECKs."""

from dataclasses import replace

import pytest

from parloader.schema.checks.domains import Domain, combine, comparisons, domains
from parloader.schema.checks.parser import parse_check
from parloader.schema.checks.predicates import Compared, Matches, ParsedCheck


def cases(*clauses_: str) -> list[ParsedCheck]:
    parsed = [parse_check(clause) for clause in clauses_]
    assert None not in parsed
    return [one for one in parsed if one]


def domain(column: str, *clauses_: str) -> Domain:
    (case,) = combine(cases(*clauses_))
    return domains(case)[column]


@pytest.mark.parametrize(
    ("column", "clauses_", "expected"),
    [
        ("a", ["a > 0", "a >= 5", "a < 10", "a <= 20"], Domain(low=5, high=10, high_open=True)),
        ("a", ["a >= 1", "a > 1"], Domain(low=1, low_open=True)),
        ("a", ["a in (1,2,3)", "a <> 2", "a >= 2"], Domain(values=(3,), excluded=(2,), low=2)),
        ("a", ["a in (1,2)", "a in (2,3)"], Domain(values=(2,))),
        ("d", ["d > '2024-02-01'", "d > '2024-1-31'"], Domain(low="2024-02-01", low_open=True)),
        ("b", ["b <> ''", "char_length(b) <= 5"], Domain(excluded=("",), min_length=1, max_length=5)),
        ("b", ["length(b) = 5", "b is not null"], Domain(min_length=5, max_bytes=5, null=False)),
        ("a", ["a > 5", "a < 3"], Domain(low=5, low_open=True, high=3, high_open=True, null=True)),
        ("b", ["b in ('x','long')", "char_length(b) > 2"], Domain(values=("long",), min_length=3)),
        ("b", ["b in ('X','y')", "b <> 'x'"], Domain(values=("y",), excluded=("x",))),
        ("a", ["a > 'x'", "a > 3"], Domain(low="x", low_open=True, unsure=True)),
        ("a", ["json_valid(a)"], Domain(json=True)),
        (
            "b",
            ["b regexp '^[a-e][x-z]?'", "not(b regexp '[^b-dz]')"],
            Domain(matches=Matches(column="b", parts=(("bcd", 1, 1), ("z", 0, 1), ("bcdz", 0, None)), whole=True)),
        ),
        (
            "b",
            ["b regexp '^a+$'", "b regexp '^a{2}$'"],
            Domain(matches=Matches(column="b", parts=(("a", 1, None),), whole=True), several=True),
        ),
    ],
)
def test_several_checks_narrow_a_column(column: str, clauses_: list[str], expected: Domain) -> None:
    assert replace(domain(column, *clauses_), patterns=()) == expected


@pytest.mark.parametrize(
    "clauses_",
    [
        ["a is null", "a is not null"],
        ["a > 5", "a < 3", "a is not null"],
        ["a in (1,2)", "a in (3)", "a is not null"],
        ["char_length(b) > 5", "length(b) < 3", "b is not null"],
        ["d > '2024-01-02'", "d < '2024-01-01'", "d is not null"],
        ["a is null or a > 5", "a is not null and a < 5"],
        ["1 = 2"],
    ],
)
def test_contradicting_checks_have_no_case(clauses_: list[str]) -> None:
    assert combine(cases(*clauses_)) == ()


def test_each_case_of_each_check_occurs_in_the_combinations() -> None:
    both = cases("a is null xor b is null", "c = 1 or c = 2 or c = 3", "d is null or e is null")
    combined = combine(both)
    assert len(combined) == 3
    for check in both:
        assert all(any(set(case) <= set(one) for one in combined) for case in check.cases)
    assert combine(both) == combined
    assert len(combine(both, max_cases=2)) == 2


def test_comparisons_with_a_null_column_are_left_out() -> None:
    (case, other) = combine(cases("start <= stop", "stop is null or start > 5"))
    assert comparisons(case) == ()
    assert comparisons(other) == (Compared(left="start", operator="<=", right="stop"),)
