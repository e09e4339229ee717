"""Unique keys hold by construction."""

import re
from dataclasses import replace

import pytest
from support.completed_plans import CUSTOMER, notes, valid, with_columns
from support.small_schemas import flag, foreign, infer, integer, primary, schema, table, text, tiny, unique

from parloader.errors import Refused
from parloader.planner.completion import complete
from parloader.planner.request import Fill
from parloader.plans.generators import Const, Unique, UniqueKind
from parloader.plans.model import Plan, Table
from parloader.plans.row_ranges import ExistingRows
from parloader.schema.model import UniqueKey


def test_a_small_key_is_refused_with_the_largest_number_that_fits() -> None:
    live = schema(table("t", tiny("id")))
    assert infer(live, "t", 255).plan.target.rows == 255
    with pytest.raises(Refused, match=r"1,000 rows of t are too many: t\.id holds only 255 values\. At most --rows 255 fit"):
        infer(live, "t")
    with pytest.raises(Refused, match="Try --rows 215;"):
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
    expression = table("t", flag("place"), keys=(replace(unique("place"), columns=(), expressions=("1",)),))
    generated = table("t", flag("place"), text("lowered", generated=True), keys=(unique("place", "lowered"),))
    given = Table(name="t", rows=10, columns={"place": Const(value=1)}, partitioned=True, reuse=False)
    for table_schema in (expression, generated):
        with pytest.raises(Refused, match="cannot be planned for"):
            infer(schema(table_schema), "t")
        assert "tested on a sample" in notes(with_columns(schema(table_schema), Fill.ALL, given), "t")


@pytest.mark.parametrize(
    "checks",
    [
        ("`slug` not like '% %'", "`slug` = lcase(`slug`)"),
        ("`slug` like 'a-%'", "`slug` = lcase(`slug`)", "`slug` not like '% %'"),
        ("`slug` like '%@%.%'", "`slug` not like '% %'"),
        ("`slug` = ucase(`slug`)", "`slug` like '%-%'"),
        ("`slug` regexp '^[a-z]+(-[a-z]+)*$'", "`slug` = lcase(`slug`)"),
    ],
)
def test_several_checks_on_a_unique_text(checks: tuple[str, ...]) -> None:
    live = schema(table("t", text("slug", 60), keys=(unique("slug"),), checks=checks))
    assert valid(live, infer(live, "t"))["t"]["slug"].n_unique() == 1_000


def test_a_number_that_cannot_be_worked_out_is_no_limit() -> None:
    live = schema(
        table(
            "t",
            text("slug", 60),
            keys=(unique("slug"),),
            checks=tuple(f"`slug` like '%{letter}%'" for letter in "abcdefghijkl"),  # the product of these automata has 2**12 states
        ),
        table("child", text("slug", 60), keys=(unique("slug"),), to=(foreign("slug", "t", "slug"),)),
    )
    message = (
        "its unique key uq_slug needs different values, and parloader cannot work out enough of them for slug varchar(60) under its CHECKs"
    )
    with pytest.raises(Refused, match=f"^{re.escape(f'parloader cannot generate 1,000 rows of t: {message}')} .*generator in a plan file"):
        infer(live, "t")
    assert infer(live, "t", 1).plan.target.rows == 1
    with pytest.raises(Refused, match=r"cannot generate 1,000 rows of child: .*\(slug\): t gets at most 1 row from parloader\. Give"):
        infer(live, "child")
    with pytest.raises(Refused, match=r"cannot generate 7 rows of t: "):
        infer(live, "child", 5, parents={"t": 7})


def test_existing_rows_have_used_keys() -> None:
    live = schema(table("t", tiny("id")))
    plan = Plan(name="t", parameters={}, tables=(Table(name="t", rows=56, columns={}, partitioned=True, reuse=False),))
    reason = r"t\.id holds only 255 values, of which 200 are used already\. Try --rows 55; fewer fit if the free values are not consecutive"
    with pytest.raises(Refused, match=rf"^56 rows of t are too many: {reason}$"):
        complete(plan, live, {"t": ExistingRows(rows=200)}, {}, Fill.ALL)


def test_parloader_does_not_call_its_own_limit_the_column_s() -> None:
    letter = schema(table("t", text("c", 1), keys=(unique("c"),)))
    with pytest.raises(Refused, match=r"t\.c gets at most 36 values from parloader\. At most --rows 36 fit"):
        infer(letter, "t")
    number = schema(table("t", tiny("c"), keys=(unique("c"),)))
    with pytest.raises(Refused, match=r"t\.c holds only 255 values, and the table has 40 rows already\. Try --rows 215;"):
        infer(number, "t", existing={"t": 40})


def of_expression(expression: str) -> UniqueKey:
    return replace(unique("place"), columns=(), expressions=(expression,))


def test_a_key_of_an_expression_that_may_be_null_is() -> None:
    """If no column can make it differ: at most one row is marked, so none is."""
    live = schema(table("t", flag("place", "on", "off"), keys=(of_expression("case when `place` = 'on' then 1 end"),)))
    assert set(valid(live, infer(live, "t"))["t"]["place"]) == {"off"}


def test_a_key_of_an_expression_and_a_foreign_key() -> None:
    """The name differs, rather than that there are as many parents as rows."""
    live = schema(
        table(
            "t",
            integer("team_id"),
            text("name"),
            keys=(replace(unique("team_id"), expressions=("lower(`name`)",)),),
            to=(foreign("team_id", "team"),),
        ),
        table("team"),
    )
    rows = valid(live, infer(live, "t"))
    assert rows["t"]["name"].n_unique() == 1_000
    assert rows["team"].height == 10


def test_a_key_of_two_foreign_keys_in_an_expression() -> None:
    live = schema(
        table(
            "t",
            integer("a_id"),
            integer("b_id"),
            keys=(of_expression("concat(`a_id`,'-',`b_id`)"),),
            to=(foreign("a_id", "a"), foreign("b_id", "b")),
        ),
        table("a"),
        table("b"),
    )
    rows = valid(live, infer(live, "t"))["t"]
    assert rows.select("a_id", "b_id").n_unique() == 1_000


def test_two_keys_that_use_one_column_in_different_ways() -> None:
    keys = (unique("name"), of_expression("left(`name`,4)"), replace(of_expression("right(`name`,6)"), name="uq_end"))
    live = schema(table("t", text("name"), keys=keys))
    names = valid(live, infer(live, "t"))["t"]["name"]
    assert names.str.head(4).n_unique() == names.str.tail(6).n_unique() == 1_000


def test_given_values_are_followed_too() -> None:
    """A plan's own `unique` keeps the key, so there is nothing to guess."""
    live = schema(table("t", text("name"), keys=(of_expression("lower(`name`)"),)))
    for given, trials in ((Unique(form=UniqueKind.TEXT, length=6), ""), (Const(value="a"), "tested on a sample")):
        target = Table(name="t", rows=10, columns={"name": given}, partitioned=True, reuse=False)
        assert trials in notes(with_columns(live, Fill.ALL, target), "t")
        assert bool(notes(with_columns(live, Fill.ALL, target), "t")) is bool(trials)
