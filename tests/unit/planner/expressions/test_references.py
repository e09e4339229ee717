"""Foreign keys from generated columns become foreign keys from the columns that these are made of."""

from dataclasses import replace

import pytest
from support.completed_plans import with_columns
from support.small_schemas import flag, foreign, infer, integer, schema, table

from parloader.planner.expressions.references import with_written_columns
from parloader.planner.request import Fill
from parloader.plans.generators import Pick
from parloader.plans.model import Table


@pytest.mark.parametrize(
    ("expression", "picks"),
    [
        ("`a`", True),
        ("(`a`)", True),
        ("coalesce(`a`,0)", True),
        ("nullif(`a`,0)", True),
        ("cast(`a` as signed)", True),
        ("if(`kind` = 'on',`a`,NULL)", True),
        ("case `kind` when 'on' then `a` end", True),
        ("case when `kind` = 'on' then `a` else `b` end", False),
        ("`a` + 1", False),
        ("concat(`a`)", False),
        ("soundex(`a`)", False),
    ],
)
def test_the_column_that_picks_the_parent(expression: str, picks: bool) -> None:
    child = table(
        "child",
        integer("a"),
        integer("b"),
        flag("kind"),
        integer("parent_id", generated=True, nullable=True, expression=expression),
        to=(foreign("parent_id", "parent"),),
    )
    assert with_written_columns(child).foreign_keys[0].columns == (("a",) if picks else ("parent_id",))
    completed = infer(schema(child, table("parent")), "child")
    assert isinstance(completed.plan.table("child").columns["a"], Pick) is picks


def test_of_two_keys_from_one_column_the_first_is_filled() -> None:
    child = table(
        "child",
        integer("target"),
        flag("kind", "user", "post"),
        integer("user_id", generated=True, nullable=True, expression="if(`kind` = 'user',`target`,NULL)"),
        integer("post_id", generated=True, nullable=True, expression="if(`kind` = 'post',`target`,NULL)"),
        to=(foreign("user_id", "user"), foreign("post_id", "post")),
    )
    completed = infer(schema(child, table("user"), table("post")), "child")
    columns = completed.plan.table("child").columns
    assert columns["target"] == Pick(parent="user", column="id")
    assert columns["kind"].listed_values == ("user",)
    assert {one.name for one in completed.plan.tables} == {"child", "user"}


def test_a_column_that_has_another_value_instead_of_null_is_filled() -> None:
    """Even where only what an INSERT needs is filled."""
    child = table(
        "child",
        integer("a", nullable=True),
        integer("parent_id", generated=True, nullable=True, expression="coalesce(`a`,0)"),
        to=(foreign("parent_id", "parent"),),
    )
    given = Table(name="child", rows=10, columns={}, partitioned=True, reuse=False)
    completed = with_columns(schema(child, table("parent")), Fill.DEMANDED, given)
    assert isinstance(completed.plan.table("child").columns["a"], Pick)


def test_if_the_parent_cannot_be_filled_the_key_is_null() -> None:
    child = table(
        "child",
        integer("target"),
        flag("kind", "user", "other"),
        integer("user_id", generated=True, nullable=True, expression="if(`kind` = 'user',`target`,NULL)"),
        to=(foreign("user_id", "user"),),
    )
    live = schema(child, replace(table("user"), engine="MyISAM"))
    assert infer(live, "child").plan.table("child").columns["kind"].listed_values == ("other",)
