"""How many rows of a parent table a plan has."""

import pytest
from support.completed_plans import CUSTOMER, notes, valid
from support.small_schemas import flag, foreign, infer, integer, primary, schema, table, text, tiny

from parloader.errors import Refused
from parloader.plans.model import Table


def parents_of(rows: int, **more: dict[str, int]) -> Table:
    live = schema(table("child", integer("parent_id"), to=(foreign("parent_id", "parent"),)), table("parent"))
    return infer(live, "child", rows, **more).plan.table("parent")


@pytest.mark.parametrize(("rows", "parents"), [(1, 1), (100, 1), (101, 2), (5_000, 50), (100_000, 1_000), (10_000_000, 1_000)])
def test_one_parent_for_each_hundred_rows_up_to_a_thousand(rows: int, parents: int) -> None:
    assert parents_of(rows).rows == parents


def test_existing_parent_rows_are_used_and_none_generated() -> None:
    assert parents_of(1_000, existing={"parent": 3}) == Table(name="parent", rows=3, columns={}, key="id")


@pytest.mark.parametrize("existing", [0, 3, 70])
def test_the_user_chooses_the_number_of_parents(existing: int) -> None:
    assert parents_of(1_000, existing={"parent": existing}, parents={"parent": 25}).rows == 25


def test_a_parent_with_a_small_key_is_as_large_as_its_key_allows() -> None:
    live = schema(table("child", integer("parent_id"), to=(foreign("parent_id", "parent"),)), table("parent", tiny("id")))
    assert infer(live, "child", 100_000).plan.table("parent").rows == 255


def test_a_unique_foreign_key_gives_each_row_its_own_parent() -> None:
    profile = table(
        "profile", integer("customer_id"), text("bio"), keys=(primary("customer_id"),), to=(foreign("customer_id", "customer"),)
    )
    live = schema(profile, CUSTOMER)
    completed = infer(live, "profile", 20_000)
    customer = completed.plan.table("customer")
    assert (customer.rows, customer.partitioned, customer.reuse) == (20_000, True, True)
    assert completed.plan.target.name == "profile"
    assert "PRIMARY of profile" in notes(completed, "customer")
    valid(live, infer(live, "profile", 2_000))
    assert infer(live, "profile", 500, existing={"customer": 900}).plan.table("customer").columns == {}
    assert not infer(live, "profile", 500, existing={"customer": 900, "profile": 1}).plan.table("customer").reuse


def test_pairs_of_parents_are_enumerated() -> None:
    link = table("link", integer("a_id"), integer("b_id"), keys=(primary("a_id", "b_id"),), to=(foreign("a_id", "a"), foreign("b_id", "b")))
    live = schema(link, table("a"), table("b"))
    completed = infer(live, "link", 1_000)
    assert (completed.plan.table("a").rows, completed.plan.table("b").rows) == (32, 32)
    valid(live, completed)
    few = infer({**live, "b": table("b", tiny("id"))}, "link", 100_000)
    assert (few.plan.table("a").rows, few.plan.table("b").rows) == (1_000, 255)
    some = infer(live, "link", 1_000, existing={"a": 10})
    assert (some.plan.table("a").rows, some.plan.table("b").rows) == (32, 32)
    many = infer(live, "link", 1_000, existing={"a": 10, "link": 5})
    assert many.plan.table("a").rows * many.plan.table("b").rows >= 1_000
    assert many.plan.table("b").rows > 0
    both = infer(live, "link", 1_000, existing={"a": 10, "b": 10, "link": 5}).plan
    assert not (both.table("a").reuse and both.table("b").reuse)


def test_an_enum_and_a_parent_share_the_digits_of_a_key() -> None:
    setting = table(
        "setting", integer("user_id"), flag("name", "a", "b", "c"), keys=(primary("user_id", "name"),), to=(foreign("user_id", "user"),)
    )
    live = schema(setting, table("user"))
    completed = infer(live, "setting", 1_000)
    assert completed.plan.table("user").rows == 334
    valid(live, completed)


def test_the_capacity_of_the_parents_limits_the_rows() -> None:
    link = table("link", tiny("a_id"), tiny("b_id"), keys=(primary("a_id", "b_id"),), to=(foreign("a_id", "a"), foreign("b_id", "b")))
    live = schema(link, table("a", tiny("id")), table("b", tiny("id")))
    valid(live, infer(live, "link", 255 * 255))
    with pytest.raises(Refused, match=r"unique key PRIMARY \(a_id, b_id\): a can have only 255 rows.*At most --rows 65025 fit") as caught:
        infer(live, "link", 255 * 255 + 1)
    assert caught.value.next_step == "At most --rows 65025 fit"
    with pytest.raises(Refused, match="At most --rows 2550 fit"):
        infer(live, "link", 3_000, parents={"a": 10})
    with pytest.raises(Refused, match="At most --rows a=255 fit"):
        infer(live, "link", 3_000, parents={"a": 1_000})
