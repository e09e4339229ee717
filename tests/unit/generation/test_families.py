"""The laws of families: each child has one parent, sums and shares add up, and rows depend on nothing but their index."""

from dataclasses import replace
from decimal import Decimal
from itertools import accumulate, pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parloader.generation.column_graph import read_columns
from parloader.generation.frames import RowGenerator, counted_rows, generate, with_child_starts
from parloader.generation.relations import families, family_columns
from parloader.generation.relations.families import Family, block_rows
from parloader.plans.documents.mistakes import InvalidPlan
from parloader.plans.generators import (
    Aggregate,
    AggregateFunction,
    ChildOf,
    Choice,
    Const,
    Cycle,
    Expr,
    Generator,
    NumberIn,
    Pick,
    Sequence,
    ShareOf,
    Uniform,
)
from parloader.plans.model import Plan, Table, all_new
from parloader.plans.row_ranges import IndexRange, RowAllocation, RowKeys

counts_of_parents = st.lists(st.integers(-1, 4) | st.sampled_from([0, 0, 50]), min_size=1, max_size=40)


def family(counts: list[int | None], rows: int | None = None) -> Family:
    """Of parents that have so many children."""
    total = sum(max(0, n or 0) for n in counts)
    return Family(
        seed=0,
        table="child",
        column="parent_id",
        child_of=ChildOf(parent="parent", column="id", count=Cycle(values=tuple(counts))),
        rows=total if rows is None else rows,
        parent_rows=len(counts),
        starts=None,
        readable=frozenset(),
        values=lambda name, columns, indices: pl.DataFrame(),
    )


def series(numbers: list[int]) -> pl.Series:
    return pl.Series(numbers, dtype=pl.Int64)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that few rows have several blocks and portions."""
    monkeypatch.setattr(families, "LEAST_BLOCK_ROWS", 4)
    monkeypatch.setattr(families, "MAX_COUNTS", 8)
    monkeypatch.setattr(family_columns, "MAX_CHILDREN", 16)


@settings(max_examples=50)
@given(counts_of_parents.filter(lambda counts: any(n > 0 for n in counts)), st.none() | st.integers(1, 200), st.data())
def test_a_child_has_the_parent_whose_range_it_is_in(counts: list[int], rows: int | None, data: st.DataObject) -> None:
    laid_out = family(list(counts), rows)
    raw = [0, *accumulate(max(0, n) for n in counts)]
    ends = [end * laid_out.rows // raw[-1] for end in raw]
    expected = [(parent, k, stop - start) for parent, (start, stop) in enumerate(pairwise(ends)) for k in range(stop - start)]
    assert len(expected) == laid_out.rows
    assert laid_out.parents(series(list(range(laid_out.rows)))).rows() == expected
    some = data.draw(st.lists(st.integers(0, laid_out.rows - 1), max_size=10))
    assert laid_out.parents(series(some)).rows() == [expected[i] for i in some]
    chosen = data.draw(st.lists(st.integers(0, len(counts) - 1), max_size=10))
    assert laid_out.children(series(chosen)).rows() == [(ends[p], ends[p + 1]) for p in chosen]


def test_null_counts_as_no_child_and_one_parent_may_have_all() -> None:
    laid_out = family([None, 0, 1000, None])
    assert laid_out.parents(series([0, 999])).rows() == [(2, 0, 1000), (2, 999, 1000)]
    assert laid_out.children(series([0, 1, 2, 3])).rows() == [(0, 0), (0, 0), (0, 1000), (1000, 1000)]


def test_the_starts_of_a_hundred_million_parents_are_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(families, "LEAST_BLOCK_ROWS", 256)
    assert -(-(10**8) // block_rows(10**8)) * 8 <= 262_144


def test_no_children_at_all() -> None:
    with pytest.raises(InvalidPlan, match="no row of parent has children: each `count` is 0"):
        family([0, 0], rows=3).parents(series([0]))
    assert family([0, 0], rows=0).children(series([0, 1])).rows() == [(0, 0), (0, 0)]


@pytest.mark.parametrize(
    ("count", "says"),
    [
        (Choice(values=("x",)), "`count` gives values of the type String"),
        (Uniform(low="0.5", high="1.5"), "`count` gives values of the type Decimal"),
        (Const(value=2**40), "`count` gives 1,099,511,627,776"),
        (Expr(sql="size"), "`count` reads size, but parent has no generator for it"),
        (Expr(sql="i / 'x'"), "it cannot be computed"),
    ],
)
def test_a_count_that_is_no_number(count: Generator, says: str) -> None:
    laid_out = family([1], rows=1)
    laid_out.child_of = replace(laid_out.child_of, count=count)
    with pytest.raises(InvalidPlan, match=f"table child, column parent_id: {says}"):
        laid_out.parents(series([0]))


def shop(*, customers: int = 20, orders: int = 60, items: int = 150, payments: int = 90, seed: int = 0) -> Plan:
    amount = Uniform(low="-5.00", high="99.99")
    by_column = {function.value: Aggregate(function=function, child="item", column="amount") for function in AggregateFunction}
    return Plan(
        name="shop",
        parameters={},
        seed=seed,
        tables=(
            Table(
                name="customer",
                rows=customers,
                columns={
                    "size": Choice(values=(0, 1, 2, 9)),
                    "total": Aggregate(function=AggregateFunction.SUM, child="orders", column="total"),
                },
            ),
            Table(
                name="orders",
                rows=orders,
                partitioned=True,
                columns={
                    "customer_id": ChildOf(parent="customer", column="id", count=Expr(sql="size")),
                    "at": Sequence(start=1000, step=10),
                    **by_column,
                    "shipping": Choice(values=(Decimal("0.00"), Decimal("4.90"))),
                    "total": Expr(sql="sum_of + shipping"),
                },
            ),
            Table(
                name="item",
                rows=items,
                columns={
                    "order_id": ChildOf(parent="orders", column="id", count=Choice(values=(0, 1, 3, 40), weights=(3, 3, 3, 1)), group="o"),
                    "line": NumberIn(column="order_id"),
                    "amount": replace(amount, null_share=0.1),
                    "at": Pick(parent="orders", column="at", group="o"),
                },
            ),
            Table(
                name="payment",
                rows=payments,
                columns={
                    "order_id": ChildOf(parent="orders", column="id", count=Choice(values=(1, 2, 7)), group="o"),
                    "due": Pick(parent="orders", column="total", group="o"),
                    "amount": ShareOf(parent="orders", column="total"),
                },
            ),
        ),
    )


def rows_of(plan: Plan, name: str, of: dict[str, RowAllocation] | None = None) -> pl.DataFrame:
    return generate(plan, plan.table(name), IndexRange(0, plan.table(name).rows), of or new_rows(plan))


def new_rows(plan: Plan) -> dict[str, RowAllocation]:
    return {table.name: all_new(table) for table in plan.tables}


@settings(max_examples=8)
@given(st.integers(0, 10**6), st.integers(1, 100), st.integers(1, 200), st.lists(st.integers(0, 300), max_size=3))
def test_any_split_gives_the_same_rows(seed: int, orders: int, items: int, cuts: list[int]) -> None:
    plan = shop(orders=orders, items=items, payments=items, seed=seed)
    try:
        of = with_child_starts(plan, new_rows(plan))
        complete = {table.name: rows_of(plan, table.name) for table in plan.tables}
    except InvalidPlan as error:  # each of the few customers or orders has no children
        assert "has children: each `count` is 0" in str(error)  # noqa: PT017
        return
    for table in plan.tables:
        generator = RowGenerator(plan, table, of)
        ends = sorted({0, table.rows, *(cut for cut in cuts if cut < table.rows)})
        parts = [generator.frame(IndexRange(start, stop)) for start, stop in pairwise(ends)]
        assert pl.concat(parts).equals(complete[table.name])


@settings(max_examples=8)
@given(st.integers(0, 10**6), st.integers(100, 300))
def test_sums_and_shares_add_up(seed: int, items: int) -> None:
    plan = shop(items=items, payments=items, seed=seed)
    customers, orders, item, payment = (rows_of(plan, name) for name in ("customer", "orders", "item", "payment"))
    found = item.group_by("order_id", maintain_order=True).agg(
        sum_of=pl.col("amount").sum(),
        count_of=pl.col("amount").count(),
        min_of=pl.col("amount").min(),
        max_of=pl.col("amount").max(),
        first_of=pl.col("amount").first(),
        last_of=pl.col("amount").last(),
    )
    both = orders.join(found, left_on="id", right_on="order_id", how="left", maintain_order="left")
    for function in AggregateFunction:
        expected = both[f"{function}_right"]
        assert both[function].to_list() == (expected.fill_null(0) if function in ("sum_of", "count_of") else expected).to_list()
    totals = orders.group_by("customer_id").agg(pl.col("total").sum())
    joined = customers.join(totals, left_on="id", right_on="customer_id", how="left")
    assert joined["total"].to_list() == joined["total_right"].fill_null(0).to_list()
    assert item["order_id"].is_sorted()
    assert item["line"].to_list() == (item.select(pl.int_range(1, pl.len() + 1).over("order_id")).to_series().to_list())
    times = dict(orders.select("id", "at").rows())
    assert item["at"].to_list() == [times[order] for order in item["order_id"]]
    paid = payment.group_by("order_id", maintain_order=True).agg(pl.col("amount").sum(), pl.col("due").first())
    assert paid["amount"].to_list() == paid["due"].to_list()
    assert (payment["amount"] * payment["due"] >= 0).all()


@settings(max_examples=50)
@given(st.integers(-(2**62), 2**62) | st.integers(-50, 50), st.integers(1, 60), st.integers(0, 9))
def test_shares_of_any_amount_are_never_of_the_other_sign(amount: int, children: int, seed: int) -> None:
    parent = Table(name="parent", rows=1, columns={"amount": Const(value=amount)})
    child = Table(
        name="child",
        rows=children,
        columns={
            "parent_id": ChildOf(parent="parent", column="id", count=Const(value=1)),
            "share": ShareOf(parent="parent", column="amount"),
        },
    )
    shares = rows_of(Plan(name="p", parameters={}, seed=seed, tables=(parent, child)), "child")["share"].to_list()
    assert sum(shares) == amount
    assert all(share * amount >= 0 for share in shares)
    if abs(amount) >= children:
        assert all(shares)


def test_shares_are_random() -> None:
    parent = Table(name="parent", rows=1, columns={"amount": Const(value=10**9)})
    count = ChildOf(parent="parent", column="id", count=Const(value=1))
    child = Table(name="child", rows=1000, columns={"parent_id": count, "share": ShareOf(parent="parent", column="amount")})
    shares = rows_of(Plan(name="p", parameters={}, tables=(parent, child)), "child")["share"]
    assert 0 < int(str(shares.min())) < 200_000
    assert 1_800_000 < int(str(shares.max())) < 2_000_000


def test_rows_are_the_sum_of_the_counts() -> None:
    plan = shop()
    plan = replace(plan, tables=tuple(replace(table, counted=table.child_of is not None) for table in plan.tables))
    counted = counted_rows(plan)
    sizes = rows_of(plan, "customer")["size"].to_list()
    assert counted["orders"] == sum(sizes)
    complete = replace(plan, tables=tuple(replace(table, rows=counted.get(table.name, table.rows)) for table in plan.tables))
    by_customer = dict(rows_of(complete, "orders").group_by("customer_id").len().rows())
    assert [by_customer.get(n, 0) for n in range(1, 21)] == sizes


def test_the_parents_of_a_sample_are_told() -> None:
    plan = shop(customers=100, orders=30)
    orders = RowGenerator(plan, plan.table("orders"), new_rows(plan))
    sample = series([0, 17, 29])
    ((parent, indices),) = orders.picked(sample)
    assert (parent, sorted(indices + 1)) == ("customer", sorted(set(orders.at(sample)["customer_id"])))


def test_helpers_are_computed_and_not_given_out() -> None:
    plan = shop()
    plan = replace(plan, tables=tuple(replace(t, helpers=frozenset({"size"} if t.name == "customer" else ())) for t in plan.tables))
    assert rows_of(plan, "customer").columns == ["id", "total"]
    assert rows_of(plan, "orders").equals(rows_of(shop(), "orders"))
    assert plan.table("customer").checked == ("id", "total")


def test_the_counts_of_existing_parents_come_from_the_database() -> None:
    plan = shop(customers=5, orders=30)
    sizes = rows_of(plan, "customer")["size"].to_list()
    reused = RowAllocation(rows=5, new=(IndexRange(2, 5),), keys=RowKeys.of([11, 12, 1, 2, 3]), reused={"size": (7, 0)})
    orders = rows_of(plan, "orders", {**new_rows(plan), "customer": reused})
    raw = [0, *accumulate([7, 0, *sizes[2:]])]
    ends = [end * 30 // raw[-1] for end in raw]
    assert orders["customer_id"].to_list() == [
        key for key, (start, stop) in zip([11, 12, 1, 2, 3], pairwise(ends), strict=True) for _ in range(stop - start)
    ]


def test_helpers_of_existing_parents_are_computed_from_what_the_database_has() -> None:
    plan = shop(customers=5, orders=30)
    customer, orders, *others = plan.tables
    customer = replace(customer, columns={**customer.columns, "_double": Expr(sql="size * 2")}, helpers=frozenset({"_double"}))
    count = ChildOf(parent="customer", column="id", count=Expr(sql="_double"), group="c")
    columns = {**orders.columns, "customer_id": count, "shipping": Pick(parent="customer", column="_double", group="c")}
    plan = replace(plan, tables=(customer, replace(orders, columns=columns), *others))
    assert read_columns(plan, "customer") == ("id", "size")
    reused = RowAllocation(rows=5, new=(IndexRange(2, 5),), keys=RowKeys.of([11, 12, 1, 2, 3]), reused={"size": (7, 0)})
    made = rows_of(plan, "orders", {**new_rows(plan), "customer": reused})
    assert made.filter(pl.col("customer_id") == 11)["shipping"].unique().to_list() == [14]
    assert made.filter(pl.col("customer_id") == 12).is_empty()


def test_a_sum_that_exceeds_64_bits_is_a_mistake() -> None:
    parent = Table(name="parent", rows=1, columns={"total": Aggregate(function=AggregateFunction.SUM, child="child", column="n")})
    count = ChildOf(parent="parent", column="id", count=Const(value=1))
    child = Table(name="child", rows=3, columns={"parent_id": count, "n": Const(value=2**62)})
    with pytest.raises(InvalidPlan, match="a sum of child"):
        rows_of(Plan(name="p", parameters={}, tables=(parent, child)), "parent")


@pytest.mark.parametrize(
    ("changed", "way"),
    [
        (
            {"customer": {"size": Aggregate(function=AggregateFunction.COUNT, child="orders", column="id")}},
            "customer.size → orders.customer_id",
        ),
        ({"item": {"amount": Pick(parent="orders", column="sum_of", group="o")}}, "orders.sum_of → item.amount"),
        ({"item": {"amount": ShareOf(parent="orders", column="total")}}, "orders.sum_of → item.amount → orders.total"),
    ],
)
def test_a_cycle_is_named(changed: dict[str, dict[str, Generator]], way: str) -> None:
    plan = shop()
    plan = replace(plan, tables=tuple(replace(t, columns={**t.columns, **changed.get(t.name, {})}) for t in plan.tables))
    table, column = way.split(" ", maxsplit=1)[0].split(".")
    message = f"table {table}, column {column}: columns depend on each other: {way} → {table}.{column}"
    with pytest.raises(InvalidPlan, match=message):
        rows_of(plan, table)
