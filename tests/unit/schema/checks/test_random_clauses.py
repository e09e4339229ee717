"""The parser on random CHECK clauses: rows of its cases satisfy them."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.check_rows import Row, rows

from parloader.schema.checks.domains import combine
from parloader.schema.checks.parser import parse_check

Truth = bool | None


@dataclass(frozen=True)
class Clause:
    """A condition, and its truth for a row; None is unknown."""

    sql: str
    truth: Callable[[Row], Truth]


def negation(truth: Truth) -> Truth:
    return None if truth is None else not truth


def conjunction(left: Truth, right: Truth) -> Truth:
    return False if left is False or right is False else None if left is None or right is None else True


def exclusive(left: Truth, right: Truth) -> Truth:
    return None if left is None or right is None else left is not right


def known(sql: str, column: str, test: Callable[..., bool]) -> Clause:
    return Clause(sql, lambda row: None if row[column] is None else test(row[column]))


OPERATORS: dict[str, Callable[..., bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}

small = st.integers(-2, 3)

numbers = st.sampled_from(["a", "c"])

operators = st.sampled_from(sorted(OPERATORS))


def compared(column: str, operator: str, value: int) -> Clause:
    return known(f"(`{column}` {operator} {value})", column, lambda actual: OPERATORS[operator](actual, value))


def turned(column: str, operator: str, value: int) -> Clause:
    return known(f"({value} {operator} `{column}`)", column, lambda actual: OPERATORS[operator](value, actual))


def two_columns(operator: str) -> Clause:
    def truth(row: Row) -> Truth:
        return None if row["a"] is None or row["c"] is None else OPERATORS[operator](row["a"], row["c"])

    return Clause(f"(`a` {operator} `c`)", truth)


def null(column: str, words: str) -> Clause:
    return Clause(f"(`{column}` is {words})", lambda row: (row[column] is None) is (words == "null"))


def between(column: str, words: str, low: int, high: int) -> Clause:
    return known(f"(`{column}` {words} {low} and {high})", column, lambda actual: (low <= actual <= high) is (words == "between"))


def within(column: str, words: str, values: list[int]) -> Clause:
    return known(f"(`{column}` {words} ({', '.join(map(str, values))}))", column, lambda actual: (actual in values) is (words == "in"))


def length(operator: str, value: int) -> Clause:
    return known(f"(char_length(`b`) {operator} {value})", "b", lambda actual: OPERATORS[operator](len(actual), value))


def pattern(expression: str) -> Clause:
    return known(f"(`b` regexp '{expression}')", "b", lambda actual: re.search(expression, actual, re.IGNORECASE) is not None)


leaves = st.one_of(
    st.builds(compared, numbers, operators, small),
    st.builds(turned, numbers, operators, small),
    st.builds(two_columns, operators),
    st.builds(null, st.sampled_from("abc"), st.sampled_from(["null", "not null"])),
    st.builds(between, numbers, st.sampled_from(["between", "not between"]), small, small),
    st.builds(within, numbers, st.sampled_from(["in", "not in"]), st.lists(small, min_size=1, max_size=3)),
    st.builds(length, operators, small),
    st.builds(pattern, st.sampled_from(["^[a-c]+$", "[x-z]", "^a.?$", "^[^b]{2}", "c$", "^a(b|c)d*"])),
)


def joined(word: str, left: Clause, right: Clause) -> Clause:
    truths: dict[str, Callable[[Truth, Truth], Truth]] = {
        "and": conjunction,
        "or": lambda one, other: negation(conjunction(negation(one), negation(other))),
        "xor": exclusive,
        "<>": exclusive,
        "=": lambda one, other: negation(exclusive(one, other)),
    }
    return Clause(f"({left.sql} {word} {right.sql})", lambda row: truths[word](left.truth(row), right.truth(row)))


def truth_of(words: str, inner: Clause) -> Clause:
    truths: dict[str, Callable[[Truth], Truth]] = {
        "is true": lambda truth: truth is True,
        "is not true": lambda truth: truth is not True,
        "is false": lambda truth: truth is False,
        "is not false": lambda truth: truth is not False,
    }
    return Clause(f"({inner.sql} {words})", lambda row: truths[words](inner.truth(row)))


def sum_is(left: Clause, right: Clause, operator: str, value: int) -> Clause:
    def truth(row: Row) -> Truth:
        one, other = left.truth(row), right.truth(row)
        return None if one is None or other is None else OPERATORS[operator](one + other, value)

    return Clause(f"(({left.sql} + {right.sql}) {operator} {value})", truth)


def chosen(condition: Clause, then: Clause, otherwise: Clause) -> Clause:
    sql = f"(case when {condition.sql} then {then.sql} else {otherwise.sql} end)"
    return Clause(sql, lambda row: (then if condition.truth(row) else otherwise).truth(row))


def extended(inner: st.SearchStrategy[Clause]) -> st.SearchStrategy[Clause]:
    return st.one_of(
        st.builds(joined, st.sampled_from(["and", "or", "and", "or", "xor", "<>", "="]), inner, inner),
        st.builds(lambda clause: Clause(f"(not {clause.sql})", lambda row: negation(clause.truth(row))), inner),
        st.builds(truth_of, st.sampled_from(["is true", "is not true", "is false", "is not false"]), inner),
        st.builds(sum_is, inner, inner, operators, st.integers(0, 2)),
        st.builds(chosen, inner, inner, inner),
    )


clauses = st.recursive(leaves, extended, max_leaves=6)

KINDS = {"a": "integer", "b": "text", "c": "integer"}

ALL_ROWS: list[Row] = [
    {"a": a, "b": b, "c": c}
    for a in (None, *range(-3, 5))
    for c in (None, *range(-3, 5))
    for b in (None, "", "a", "x", "ab", "abd", "zzz", "accd", "bbbb")
]


@settings(max_examples=250, deadline=None)
@given(clauses)
def test_rows_of_each_case_satisfy_the_clause(clause: Clause) -> None:
    parsed = parse_check(clause.sql)
    assume(parsed is not None)
    assert parsed is not None
    for case in parsed.cases:
        for row in rows(case, KINDS):
            assert clause.truth(row) is not False, (case, row)


@settings(max_examples=200, deadline=None)
@given(st.lists(clauses.filter(lambda clause: "regexp" not in clause.sql and "+" not in clause.sql), min_size=1, max_size=3))
def test_if_no_case_is_left_no_row_satisfies_the_clauses(given_clauses: list[Clause]) -> None:
    """Without patterns and sums, whose cases cover only a part of what they allow."""
    parsed = [parse_check(clause.sql) for clause in given_clauses]
    assume(None not in parsed)
    if not combine([one for one in parsed if one]):
        for row in ALL_ROWS:
            assert any(clause.truth(row) is False for clause in given_clauses), row
