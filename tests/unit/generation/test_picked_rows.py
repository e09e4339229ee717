"""Picks that depend on other rows: `where` and `among`."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parloader.errors import UsageError
from parloader.generation.frames import generate
from parloader.generation.hashing import draw_number, stream
from parloader.generation.relations import picked_rows, related_rows
from parloader.generation.samples import samples
from parloader.plans.generators import ChildOf, Choice, Const, Distribution, Generator, Pick
from parloader.plans.model import Plan, Table, all_new
from parloader.plans.row_ranges import IndexRange, RowAllocation

ROWS = 200


def table(name: str, rows: int, **columns: Generator) -> Table:
    return Table(name=name, rows=rows, columns=columns)


def rows_of(plan: Plan, name: str, part: IndexRange | None = None, of: Mapping[str, RowAllocation] | None = None) -> pl.DataFrame:
    found = plan.table(name)
    return generate(plan, found, part or IndexRange(0, found.rows), {each.name: all_new(each) for each in plan.tables} | dict(of or {}))


def in_parts(plan: Plan, name: str, cuts: set[int]) -> pl.DataFrame:
    ends = [0, *sorted(cuts), plan.table(name).rows]
    return pl.concat([rows_of(plan, name, IndexRange(a, b)) for a, b in pairwise(ends)])


CUTS = st.sets(st.integers(1, ROWS - 1), max_size=4)


class TestWhere:
    def plan(self, where: str = "status = 'paid' AND amount > 3", orders: int = 300, **fields: Any) -> Plan:
        order = table("orders", orders, status=Choice(values=("new", "paid")), amount=Choice(values=(1, 3, 5, 7)))
        pick = Pick(parent="orders", column="id", where=where, **fields)
        return Plan(name="p", parameters={}, tables=(order, table("payment", ROWS, order_id=pick)))

    def fitting(self, plan: Plan) -> set[int]:
        return {*rows_of(plan, "orders").filter((pl.col("status") == "paid") & (pl.col("amount") > 3))["id"]}

    @pytest.mark.parametrize("listed", [1000, 20])
    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"distribution": Distribution.POPULAR},
            {"distribution": Distribution.UNIFORM, "growing": True},
            {"distribution": Distribution.POPULAR, "growing": True, "group": "order"},
        ],
    )
    @settings(max_examples=3)
    @given(cuts=CUTS)
    def test_each_picked_row_meets_the_condition(self, listed: int, fields: dict[str, Any], cuts: set[int]) -> None:
        plan = self.plan(**fields)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(picked_rows, "MAX_CONDITION_ROWS", listed)
            patch.setattr(related_rows, "ROWS_AT_ONCE", 70)
            whole = rows_of(plan, "payment")
            assert in_parts(plan, "payment", cuts).equals(whole)
        picked = whole["order_id"]
        fitting = self.fitting(plan)
        assert {*picked} <= fitting
        assert len({*picked}) > (20 if not fields else 5)
        if fields.get("growing"):
            first = min(fitting)
            limits = [max(first, 300 * (i + 1) // ROWS) for i in range(ROWS)]
            early = [order for order, limit in zip(picked, limits, strict=True) if order > limit]
            assert not early if listed == 1000 else all(order <= 20 for order in early)

    def test_of_few_rows_each_is_picked_equally_often(self) -> None:
        plan = self.plan()
        counts = rows_of(plan, "payment")["order_id"].value_counts()["count"]
        assert len(counts) == len(self.fitting(plan))
        assert {*counts} <= {n // len(counts) for n in (ROWS, ROWS + len(counts))}

    def test_no_row_meets_it(self) -> None:
        with pytest.raises(UsageError, match=r"order_id: no row of orders meets `where`: status = 'lost'\. Correct the condition"):
            rows_of(self.plan("status = 'lost'"), "payment")

    def test_rare_rows_of_a_large_parent(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(picked_rows, "MAX_CONDITION_ROWS", 200)
        assert {*rows_of(self.plan("i = 199"), "payment")["order_id"]} == {200}
        with pytest.raises(UsageError, match=r"no row of orders of the first 200 meets `where`"):
            rows_of(self.plan("i = 200"), "payment")


ADDRESS = Pick(parent="address", column="id", among="user_id")


class TestAmong:
    def plan(self, owner: Generator, *, addresses: int = 150, **columns: Generator) -> Plan:
        return Plan(
            name="p",
            parameters={},
            tables=(
                table("user", 60, tenant=Choice(values=(1, 2))),
                table("address", addresses, user_id=owner, kind=Choice(values=("home", "work"))),
                table("orders", ROWS, **columns or {"user_id": Pick(parent="user", column="id", null_share=0.2), "address_id": ADDRESS}),
            ),
        )

    @pytest.mark.parametrize(
        "user_id",
        [
            ChildOf(parent="user", column="id", count=Choice(values=(0, 1, 4))),
            Pick(parent="user", column="id", distribution=Distribution.POPULAR),
            Pick(parent="user", column="id", null_share=0.5),
        ],
    )
    @settings(max_examples=5)
    @given(cuts=CUTS)
    def test_it_is_one_of_those_of_the_same_row(self, user_id: Generator, cuts: set[int]) -> None:
        plan = self.plan(user_id)
        orders = rows_of(plan, "orders")
        assert in_parts(plan, "orders", cuts).equals(orders)
        addresses = rows_of(plan, "address").select(pl.col("id").alias("address_id"), pl.col("user_id").alias("of"))
        owners = {*addresses["of"]}
        for row in orders.join(addresses, on="address_id", how="left").iter_rows(named=True):
            assert row["of"] == (row["user_id"] if row["user_id"] in owners else None)
        assert orders["address_id"].n_unique() > 20
        assert 0 < orders["address_id"].null_count() < ROWS

    def test_by_the_draw(self) -> None:
        plan = self.plan(
            ChildOf(parent="user", column="id", count=Const(value=5)),
            addresses=300,
            user_id=Pick(parent="user", column="id"),
            address_id=ADDRESS,
        )
        key = stream(0, "orders", "address_id", "among")
        orders = rows_of(plan, "orders")
        assert orders["address_id"].to_list() == [(user - 1) * 5 + draw_number(i, key) % 5 + 1 for i, user in enumerate(orders["user_id"])]

    def test_that_meet_a_condition(self) -> None:
        plan = self.plan(
            Pick(parent="user", column="id"), user_id=Pick(parent="user", column="id"), address_id=replace(ADDRESS, where="kind = 'home'")
        )
        homes = rows_of(plan, "address").filter(pl.col("kind") == "home")
        picked = rows_of(plan, "orders")
        assert {*picked["address_id"].drop_nulls()} <= {*homes["id"]}
        assert {*picked.filter(pl.col("address_id").is_null())["user_id"]}.isdisjoint(homes["user_id"])

    def test_some_are_popular(self) -> None:
        user = Pick(parent="user", column="id")
        plan = self.plan(
            user, user_id=Const(value=7), owner_id=Pick(parent="user", column="id", index="6"), addresses=6_000, address_id=ADDRESS
        )
        popular = replace(ADDRESS, among="owner_id", distribution=Distribution.POPULAR)
        tables = [
            replace(each, rows=5_000, columns={**each.columns, "address_id": popular}) if each.name == "orders" else each
            for each in plan.tables
        ]
        counts = rows_of(replace(plan, tables=tuple(tables)), "orders")["address_id"].value_counts()["count"]
        assert counts.max() > 10 * 5_000 / 100  # type: ignore[operator]
        assert 50 < counts.len() < 100

    def test_a_copy_of_the_key_is_the_same_owner(self) -> None:
        cart = table("cart", 80, owner_id=Pick(parent="user", column="id"))
        user = Pick(parent="cart", column="owner_id", group="cart")
        plan = self.plan(Pick(parent="user", column="id"), user_id=user, address_id=ADDRESS)
        plan = replace(plan, tables=(cart, *plan.tables))
        own = rows_of(plan, "orders").join(rows_of(plan, "address"), left_on="address_id", right_on="id")
        assert own.height == ROWS
        assert own["user_id"].equals(own["user_id_right"])

    def test_reused_rows(self) -> None:
        plan = self.plan(Pick(parent="user", column="id"), addresses=4)
        plan = replace(plan, tables=tuple(replace(each, columns={}) if each.name == "address" else each for each in plan.tables))
        existing = replace(all_new(plan.table("address"), 70), new=(), reused={"user_id": (7, 8, 7, 60)})
        orders = rows_of(plan, "orders", of={"address": existing})
        pairs = {*orders.select("user_id", "address_id").drop_nulls().iter_rows()}
        assert pairs <= {(7, 70), (8, 71), (7, 72), (60, 73)}
        assert {user for user, _ in pairs} == {7, 8, 60}

    def test_a_key_of_several_columns(self) -> None:
        def of_user(prefix: str, **fields: Any) -> dict[str, Generator]:
            return {f"{prefix}{c}": Pick(parent="user", column=c, group="user", **fields) for c in ("number", "tenant")}

        numbered = Table(name="user", rows=20, key=None, columns={"number": Choice(values=(1, 2, 3)), "tenant": Choice(values=(1, 2))})
        address = table("address", 50, **of_user(""))
        orders = table("orders", ROWS, **of_user("my_"), address_id=replace(ADDRESS, among="my_number"))
        plan = Plan(name="p", parameters={}, tables=(numbered, address, orders))
        own = rows_of(plan, "orders").join(rows_of(plan, "address"), left_on="address_id", right_on="id")
        assert own.filter((pl.col("my_number") != pl.col("number")) | (pl.col("my_tenant") != pl.col("tenant"))).is_empty()
        assert own.height > 100

    def test_errors(self) -> None:
        user = Pick(parent="user", column="id")
        cases: list[tuple[Plan, str]] = [
            (self.plan(user, address_id=ADDRESS, user_id=Const(value=1)), "`among` names user_id, which picks no row"),
            (self.plan(Const(value=1), address_id=ADDRESS, user_id=user), "address has no column that picks user.id"),
        ]
        lacking = self.plan(user, address_id=replace(ADDRESS, among="customer_id"), customer_id=Pick(parent="user", column="tenant"))
        cases.append((lacking, "`among` names customer_id, but address has no column that picks user.tenant"))
        two = self.plan(user, address_id=replace(ADDRESS, among="customer_id"), customer_id=user)
        tables = {each.name: each for each in two.tables}
        address = replace(tables["address"], columns={**tables["address"].columns, "owner_id": user})
        cases.append(
            (replace(two, tables=(tables["user"], address, tables["orders"])), "several columns of address pick user.id: user_id, owner_id")
        )
        for plan, message in cases:
            with pytest.raises(UsageError, match=message):
                rows_of(plan, "orders")


def test_samples_have_no_condition_on_rows_that_exist_already() -> None:
    columns = {"user_id": Pick(parent="user", column="id", where="status = 'gone'"), "address_id": ADDRESS}
    plan = Plan(name="p", parameters={}, tables=(table("user", 3), table("address", 3), table("orders", 9, **columns)))
    found = samples(plan, {"user": {"status": "1"}, "address": {"user_id": 1}})["orders"]
    assert {*found["user_id"]} == {*found["address_id"]} == {1, 2, 3}


def test_picks_of_a_group_share_their_options() -> None:
    user = table("user", 60, tenant=Choice(values=(1, 2)))
    columns = {
        "user_id": Pick(parent="user", column="id", group="user", distribution=Distribution.POPULAR, where="tenant = 1"),
        "tenant": Pick(parent="user", column="tenant", group="user"),
    }
    plan = Plan(name="p", parameters={}, tables=(user, table("orders", ROWS, **columns)))
    assert {*rows_of(plan, "orders")["tenant"]} == {1}
    orders = table("orders", ROWS, **{**columns, "tenant": replace(columns["tenant"], distribution=Distribution.ZIPF)})
    with pytest.raises(
        UsageError, match="table orders, column tenant: the picks of group user select the same row of user, but have different options"
    ):
        Plan(name="p", parameters={}, tables=(user, orders))
