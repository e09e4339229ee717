"""Distinct values within the type and the domain."""

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.column_values import (
    LETTERS,
    ROWS,
    assert_allowed,
    assert_unique,
    fits_type,
    last_value,
    number,
    numbers,
    ranges,
    rows,
    text,
    texts,
    within,
)

from parloader.inference.unique_by_case import unique_by_case
from parloader.inference.unique_columns import MAX_VALUES, unique_generator
from parloader.plans.generators import UniqueKind
from parloader.plans.unique import capacity
from parloader.schema.checks.domains import Domain
from parloader.schema.checks.predicates import Matches
from parloader.schema.model import ColumnSchema


@settings(max_examples=60, deadline=None)
@given(numbers(), st.one_of(st.just(Domain()), ranges()))
def test_unique_numbers_are_unique_and_within_the_type_and_the_domain(column: ColumnSchema, domain: Domain) -> None:
    for value in assert_unique(column, domain):
        assert fits_type(column, number(value)), value
        assert within(domain, value, number), value


@settings(max_examples=60, deadline=None)
@given(texts(), st.none() | st.integers(1, 12))
def test_unique_texts_differ_within_the_prefix_ignoring_case(given: tuple[ColumnSchema, Domain], prefix: int | None) -> None:
    found = unique_generator(*given, prefix)
    assume(found is not None)
    assert found is not None
    values = rows(found, min(ROWS, capacity(found)))
    assert len({value.lower()[:prefix] for value in values}) == len(values)
    for value in values + last_value(found):
        assert_allowed(*given, value)


@pytest.mark.parametrize(
    ("parts", "first", "count"),
    [
        ((("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 3, 3), ("-", 1, 1), ("0123456789", 4, 4)), "AAA-0000", 10_000),
        ((("0123456789", 5, None),), "00000", 10_000),
        (((LETTERS, 0, 1),), "a", 6),
        ((("sk-", 3, 3), ("0123456789abcdefghijklmnopqrstuvwxyz", 1, None)), "kkk00000000", 36**8),
    ],
)
def test_unique_texts_are_built_from_a_pattern(parts: Any, first: str, count: int) -> None:
    found = unique_generator(text("c0de", 20), Domain(matches=Matches(column="c0de", parts=parts, whole=True), min_length=1))
    assert found
    assert rows(found, 1) == [first]
    assert capacity(found) == count


def test_if_a_collation_equates_letters_the_texts_are_numbers() -> None:
    found = unique_generator(text("code", 20, collation="utf8mb4_lithuanian_ci"))
    assert found
    assert capacity(found) == 10_000
    assert all(value.isdigit() for value in rows(found, 10_000))


def test_two_long_lists_have_no_text_in_common() -> None:
    """As for `^([A-Z]{2}|[0-9]{3})-[0-9]{4}$`. Comparing each text of one with the entire other list would take minutes."""
    domains = [
        Domain(matches=Matches(column="b", parts=((letters, length, length), ("-", 1, 1), ("0123456789", 4, 4)), whole=True))
        for letters, length in (("ABC", 2), ("0123456789", 3))
    ]
    found = unique_by_case(text("b", 20), tuple(domains), None)
    assert found is not None
    assert all(unique.form is UniqueKind.VALUES for unique in found)
    first, second = (set(unique.values) for unique in found)
    assert len(first) == len(second) == MAX_VALUES // 2
    assert first.isdisjoint(second)
