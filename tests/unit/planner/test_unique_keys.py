"""Unique keys hold by construction."""

from dataclasses import replace

import pytest
from support.completed_plans import CUSTOMER, notes, valid, with_columns
from support.small_schemas import flag, foreign, infer, integer, primary, schema, table, text, tiny, unique

from parloader.errors import Refused
from parloader.planner.request import Fill
from parloader.plans.generators import Const, Unique
from parloader.plans.model import Table


def test_a_small_key_is_refused_with_the_largest_number_that_fits() -> None:
    live = schema(table("t", tiny("id")))
    assert infer(live, "t", 255).plan.target.rows == 255
    with pytest.raises(Refused, match=r"1,000 rows of t are too many: t\.id holds only 255 values\. At most --rows 255 fit"):
        infer(live, "t")
    with pytest.raises(Refused, match="At most --rows 215 fit"):
        infer(live, "t", existing={"t": 40})


def test_one_distinct_column_satisfies_several_keys() -> None:
    live = schema(
        table(
            "t",
            integer("user_id"),
            text("code"),
            text("name"),
            keys=(unique("user_id", "code"), unique("code", "name"), unique("id", "name")),
            to=(foreign("user_id", "customer"),),
        ),
        CUSTOMER,
    )
    completed = infer(live, "t")
    assert [name for name, g in completed.plan.target.columns.items() if isinstance(g, Unique)] == ["code"]
    valid(live, completed)


def test_values_differ_within_the_prefix_of_the_key() -> None:
    live = schema(table("t", text("url", 200), keys=(unique("url", prefixes=(10,)),)))
    urls = valid(live, infer(live, "t"))["t"]["url"]
    assert urls.str.slice(0, 10).n_unique() == 1_000


def test_a_nullable_column_is_null_once_its_values_are_used_up() -> None:
    live = schema(table("t", flag("place", "first", "second", nullable=True), keys=(unique("place"),)))
    completed = infer(live, "t")
    assert valid(live, completed)["t"]["place"].null_count() == 998
    assert "NULL from row 2 on" in notes(completed, "t", "place")
    with pytest.raises(Refused, match=r"t\.place holds only 2 values.*At most --rows 2 fit"):
        infer(schema(table("t", flag("place", "first", "second"), keys=(unique("place"),))), "t")


def test_a_column_that_becomes_null_satisfies_all_of_its_keys() -> None:
    live = schema(
        table(
            "t", tiny("id"), flag("place", nullable=True), integer("n"), keys=(primary("id", "n"), unique("id", "place"), unique("place"))
        )
    )
    assert valid(live, infer(live, "t"))["t"]["place"].null_count() == 998


def test_a_key_of_few_combinations_is_refused_if_rows_exist() -> None:
    live = schema(table("t", flag("a"), flag("b"), keys=(primary("a", "b"),)))
    valid(live, infer(live, "t", 4))
    with pytest.raises(Refused, match="differ from those of the existing rows"):
        infer(live, "t", 2, existing={"t": 1})


def test_keys_that_share_foreign_keys_are_solved_together() -> None:
    three = table(
        "three",
        integer("a_id"),
        integer("b_id"),
        integer("c_id"),
        keys=(primary("a_id", "b_id"), unique("b_id", "c_id"), unique("a_id", "c_id")),
        to=(foreign("a_id", "a"), foreign("b_id", "b"), foreign("c_id", "c")),
    )
    live = schema(three, table("a"), table("b"), table("c"))
    valid(live, infer(live, "three", 1_000))


def test_a_key_of_expressions_is_refused_unless_the_plan_gives_columns() -> None:
    expression = table("t", flag("place"), keys=(replace(unique("place"), columns=(), expressions=True),))
    generated = table("t", flag("place"), text("lowered", generated=True), keys=(unique("place", "lowered"),))
    given = Table(name="t", rows=10, columns={"place": Const(value=1)}, partitioned=True, reuse=False)
    for table_schema in (expression, generated):
        with pytest.raises(Refused, match="cannot be planned for"):
            infer(schema(table_schema), "t")
        assert "tested on a sample" in notes(with_columns(schema(table_schema), Fill.ALL, given), "t")
