"""How often values occur, by the names of their columns."""

from dataclasses import replace

import pytest
from support.small_schemas import flag, integer, text, tiny

from parloader.inference.numbers.shares import keeps_default, member_weights, null_share, share_of_true


@pytest.mark.parametrize(
    ("name", "default", "least", "most"),
    [
        ("is_active", None, 85, 99),
        ("enabled", "1", 85, 99),
        ("is_verified", None, 75, 95),
        ("is_deleted", None, 1, 10),
        ("is_admin", "0", 1, 10),
        ("locked", None, 1, 10),
        ("is_test", None, 1, 10),
        ("is_something", None, 20, 40),
        ("is_something", "1", 80, 95),
        ("email_verified", "0", 25, 45),  # the name says yes, the default no
    ],
)
def test_flags_are_as_their_name_says(name: str, default: str | None, least: int, most: int) -> None:
    assert least <= share_of_true(tiny(name, default=default)) <= most


def test_the_comment_of_a_flag_decides_if_the_name_says_nothing() -> None:
    assert share_of_true(tiny("x", comment="active?")) > 80


def test_the_default_is_the_most_frequent_member() -> None:
    weights = member_weights(flag("kind", "a", "b", "c", default="b"), ("a", "b", "c"))
    assert weights[1] == max(weights)
    assert weights[0] > weights[2]


def test_usual_words_are_more_frequent_than_rare_ones() -> None:
    urgent, low, normal = member_weights(flag("priority"), ("urgent", "low", "normal"))
    assert urgent < low < normal


def test_genders_are_equally_frequent() -> None:
    male, female = member_weights(flag("gender"), ("m", "f"))
    assert male == female


@pytest.mark.parametrize("name", ["deleted_at", "order_cancel_reason", "last_error", "middle_name", "notes", "phone_2", "fax"])
def test_these_are_mostly_null(name: str) -> None:
    assert null_share(text(name, nullable=True)) > 0.5


@pytest.mark.parametrize("name", ["phone", "title", "a", "b", "weight", "company"])
def test_others_are_sometimes_null(name: str) -> None:
    assert 0.01 < null_share(text(name, nullable=True)) < 0.34


@pytest.mark.parametrize(
    ("name", "default", "keeps"),
    [
        ("retries", "0", True),
        ("currency", "EUR", True),
        ("price", "0", False),
        ("stock", "0", False),
        ("note", "", False),
        ("a", None, False),
    ],
)
def test_most_rows_keep_a_default_that_means_something(name: str, default: str | None, keeps: bool) -> None:
    column = text(name) if default in ("EUR", "") else integer(name)
    assert keeps_default(replace(column, default=default)) is keeps
