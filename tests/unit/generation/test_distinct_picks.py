"""Picks that differ among siblings."""

from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.generation.test_permutations import reference as permuted

from parloader.errors import UsageError
from parloader.generation.frames import generate
from parloader.generation.hashing import draw_number, stream
from parloader.plans.generators import ChildOf, Choice, Const, Distribution, Expr, Generator, Pick
from parloader.plans.model import Plan, Table, all_new
from parloader.plans.row_ranges import IndexRange

COUNT = Choice(values=(0, 1, 2, 5, 12))


def plan(count: Generator = COUNT, *, carts: int = 60, rows: int = 200, products: int = 12, **fields: Any) -> Plan:
    """Carts with products; a product is in a cart once."""
    product = Pick(parent="product", column="id", distinct_in="cart_id", **fields)
    tables = (
        Table(name="cart", rows=carts, columns={}),
        Table(name="product", rows=products, columns={}),
        Table(
            name="item",
            rows=rows,
            columns={"cart_id": ChildOf(parent="cart", column="id", count=count), "product_id": product},
            partitioned=True,
        ),
    )
    return Plan(name="carts", parameters={}, tables=tables, seed=5)


def items(of: Plan, part: IndexRange | None = None) -> pl.DataFrame:
    table = of.table("item")
    return generate(of, table, part or IndexRange(0, table.rows), {each.name: all_new(each) for each in of.tables})


KINDS: list[dict[str, Any]] = [
    {},
    {"distribution": Distribution.UNIFORM, "growing": True},
    {"distribution": Distribution.POPULAR},
    {"distribution": Distribution.POPULAR, "growing": True, "group": "product"},
    {"distribution": Distribution.ZIPF, "exponent": 3.0},
]


@pytest.mark.parametrize("fields", KINDS)
@settings(max_examples=5)
@given(cuts=st.sets(st.integers(1, 199), max_size=4), products=st.integers(20, 60))
def test_siblings_differ_however_the_rows_are_split(fields: dict[str, Any], cuts: set[int], products: int) -> None:
    of = plan(products=products, **fields)
    whole = items(of)
    assert whole.select("cart_id", "product_id").is_duplicated().sum() == 0
    assert whole["product_id"].is_between(1, products).all()
    ends = [0, *sorted(cuts), 200]
    assert pl.concat([items(of, IndexRange(a, b)) for a, b in pairwise(ends)]).equals(whole)


@pytest.mark.parametrize("fields", KINDS)
def test_a_family_may_have_all_parent_rows(fields: dict[str, Any]) -> None:
    picked = items(plan(Const(value=12), carts=5, rows=60, **fields))
    assert all(sorted(family["product_id"]) == list(range(1, 13)) for family in picked.partition_by("cart_id"))


def test_families_have_other_permutations() -> None:
    picked = items(plan(Const(value=4), carts=50, rows=200))
    keys = [stream(5, "item", "product_id", f"distinct/{k}") for k in range(4)]
    assert picked["product_id"].to_list() == [permuted(i % 4, 12, [draw_number(i // 4, key) for key in keys]) + 1 for i in range(200)]


def test_skew_remains() -> None:
    picked = items(plan(Const(value=10), carts=300, rows=3000, products=1000, distribution=Distribution.POPULAR))
    counts = picked["product_id"].value_counts(sort=True)["count"]
    assert 0.05 < counts.head(10).sum() / 3000 < 0.3
    assert counts[0] > 15


def test_only_parents_that_existed_at_the_time_of_the_family() -> None:
    for fields in (KINDS[1], KINDS[3]):
        picked = items(plan(Const(value=2), carts=100, rows=200, products=100, **fields))
        assert all(product <= max(2, 100 * (i + 1) // 200) for i, product in enumerate(picked["product_id"]))


def test_too_many_siblings_are_a_mistake_before_the_first_row() -> None:
    of = plan(Expr(sql="CASE WHEN i = 59 THEN 13 ELSE 1 END"), rows=72)
    message = r"product_id: a row has 13 children, but product has only 12 rows to pick from\. Give product more such rows, or let `count`"
    with pytest.raises(UsageError, match=message):
        items(of, IndexRange(0, 5))


def test_another_column() -> None:
    of = plan()
    columns = {**of.table("item").columns, "x": Pick(parent="product", column="id", distinct_in="product_id")}
    with pytest.raises(UsageError, match=r"`distinct_in` names product_id, which has no `child_of`. Name cart_id"):
        items(Plan(name="p", parameters={}, tables=(*of.tables[:2], Table(name="item", rows=9, columns=columns))))
