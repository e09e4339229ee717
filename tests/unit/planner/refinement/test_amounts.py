"""Amounts of one row and of its children agree, as their names say."""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

import polars as pl
from support.believable_columns import rows
from support.completed_plans import generator, valid
from support.small_schemas import believe, foreign, infer, integer, primary, schema, table

from parloader.plans.generators import Aggregate, Expr, Lognormal, Uniform
from parloader.schema.model import ColumnSchema, ColumnType

COUNT = {"min_value": 0, "max_value": 2**32 - 1, "unsigned": True, "type_text": "int unsigned"}


def money(name: str, precision: int = 10, scale: int = 2, *, nullable: bool = False) -> ColumnSchema:
    text = f"decimal({precision},{scale})"
    return ColumnSchema(name=name, kind=ColumnType.DECIMAL, type_text=text, precision=precision, scale=scale, nullable=nullable)


ORDERS = table(
    "orders",
    integer("item_count", **COUNT),
    money("subtotal", 12),
    money("shipping", 8),
    money("discount", 8),
    money("total", 12),
    checks=("`total` = `subtotal` + `shipping` - `discount`", "`discount` >= 0 and `shipping` >= 0 and `subtotal` >= 0"),
)

ITEMS = table(
    "order_items",
    integer("order_id"),
    integer("line_no"),
    integer("quantity", **COUNT),
    money("unit_price"),
    money("line_total", 12),
    keys=(primary("order_id", "line_no"),),
    to=(foreign("order_id", "orders"),),
    checks=("`quantity` > 0",),
)


def test_an_order_adds_up_its_items() -> None:
    live = schema(ORDERS, ITEMS)
    completed = believe(live, "order_items", rows=2_000)
    rows = valid(live, completed)
    items, orders = rows["order_items"], rows["orders"]
    assert items.select((pl.col("line_total") == pl.col("quantity") * pl.col("unit_price")).all()).item()
    of_order = items.group_by("order_id").agg(pl.col("line_total").sum(), pl.len())
    joined = orders.join(of_order, left_on="id", right_on="order_id", how="left").with_columns(pl.col("line_total", "len").fill_null(0))
    assert joined.select((pl.col("subtotal") == pl.col("line_total")).all()).item()
    assert joined.select((pl.col("item_count") == pl.col("len")).all()).item()
    assert joined.select((pl.col("total") == pl.col("subtotal") + pl.col("shipping") - pl.col("discount")).all()).item()
    assert joined.select((pl.col("discount") * 2 <= pl.col("subtotal")).all()).item()


def test_an_order_without_items_has_amounts_of_its_own() -> None:
    live = schema(ORDERS)
    rows = valid(live, believe(live, "orders"))["orders"]
    assert rows.select((pl.col("total") == pl.col("subtotal") + pl.col("shipping") - pl.col("discount")).all()).item()
    assert rows["subtotal"].n_unique() > 500
    assert 300 < (rows["discount"] == 0).sum() < 950


def test_tax_is_a_share_of_the_net_amount() -> None:
    invoice = table(
        "invoice",
        money("net_amount"),
        money("vat_rate", 5),
        money("vat_amount"),
        money("gross_amount"),
        money("amount_paid"),
        money("balance_due"),
    )
    live = schema(invoice)
    for row in valid(live, believe(live, "invoice"))["invoice"].iter_rows(named=True):
        vat = (row["net_amount"] * row["vat_rate"] / 100).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
        assert row["vat_amount"] == vat
        assert row["gross_amount"] == row["net_amount"] + vat
        assert 0 <= row["amount_paid"] <= row["gross_amount"]
        assert row["balance_due"] == row["gross_amount"] - row["amount_paid"]


def test_stock_that_is_reserved_is_not_available() -> None:
    names = ("quantity_on_hand", "quantity_reserved", "quantity_available")
    live = schema(table("inventory", *(integer(name, **COUNT) for name in names)))
    on_hand, reserved, available = (valid(live, believe(live, "inventory"))["inventory"][name] for name in names)
    assert (available == on_hand - reserved).all()
    assert (available >= 0).all()


def test_what_contradicts_a_check_a_key_or_a_type_is_left_out() -> None:
    small = replace(money("total", 4), name="total")
    live = schema(table("t", money("subtotal"), money("shipping"), small, checks=("`subtotal` >= 500", "`shipping` >= 0", "`total` < 100")))
    rows = valid(live, believe(live, "t"))["t"]
    assert (rows["total"] < 100).all()
    narrow = replace(ORDERS, columns=tuple(money("subtotal", 4) if c.name == "subtotal" else c for c in ORDERS.columns))
    completed = believe(schema(narrow, ITEMS), "order_items", rows=2_000)
    assert not isinstance(generator(completed, "orders", "subtotal"), Aggregate)
    valid(schema(narrow, ITEMS), completed)


def test_an_item_has_the_price_of_its_product() -> None:
    product = table("product", money("price"), money("cost"), checks=("`price` >= 0", "`cost` <= `price`"))
    line = table(
        "order_line",
        integer("product_id"),
        integer("quantity", **COUNT),
        money("unit_price"),
        money("amount", 10),
        to=(foreign("product_id", "product"),),
        checks=("`amount` = `quantity` * `unit_price`",),
    )
    live = schema(product, line)
    rows = valid(live, believe(live, "order_line"))
    joined = rows["order_line"].join(rows["product"], left_on="product_id", right_on="id")
    assert joined.height == 1_000
    assert joined.select((pl.col("unit_price") == pl.col("price")).all()).item()
    assert joined.select((pl.col("amount") == pl.col("quantity") * pl.col("price")).all()).item()
    assert joined.select((pl.col("cost") <= pl.col("price")).all()).item()
    existing = believe(live, "order_line", existing={"product": 50})  # nobody knows their prices
    assert isinstance(generator(existing, "order_line", "unit_price"), Lognormal | Uniform)


def test_payments_of_an_order_add_up_to_its_total() -> None:
    payments = table("orders_payment", integer("order_id"), money("amount", 12), to=(foreign("order_id", "orders"),))
    plain = table("orders", money("subtotal", 12), money("shipping", 8), money("total", 12), checks=("`total` >= 0 and `subtotal` >= 0",))
    live = schema(plain, payments)
    rows = valid(live, believe(live, "orders_payment"))
    paid = rows["orders_payment"].group_by("order_id").agg(pl.col("amount").sum()).join(rows["orders"], left_on="order_id", right_on="id")
    assert paid.height > 100
    assert paid.select((pl.col("amount") == pl.col("total")).all()).item()


def test_what_is_used_is_less_than_the_limit() -> None:
    live = schema(table("account", money("credit_limit"), money("credit_used"), checks=("`credit_used` <= `credit_limit`",)))
    rows = valid(live, believe(live, "account"))["account"]
    assert rows.select((pl.col("credit_used") <= pl.col("credit_limit")).all()).item()


def test_version_1_does_not_read_names() -> None:
    live = schema(table("t", money("subtotal"), money("shipping"), money("total")))
    assert isinstance(generator(believe(live, "t"), "t", "total"), Expr)
    assert not isinstance(generator(infer(live, "t"), "t", "total"), Expr)


def test_a_number_that_is_not_zero_is_positive_in_an_equation() -> None:
    checks = ("`amount` <> 0", "`balance_after` = `balance_before` + `amount`")
    frame = rows(table("t", *map(money, ("amount", "balance_before", "balance_after")), checks=checks))
    assert 0 < frame["amount"].min() < frame["amount"].max() < 100_000  # type: ignore[operator]


def test_what_is_left_of_a_loan_is_a_part_of_it() -> None:
    checks = ("`principal` > 0", "`outstanding` >= 0", "`outstanding` <= `principal`")
    frame = rows(table("loans", *map(money, ("principal", "outstanding")), checks=checks))
    assert frame.filter(frame["outstanding"] * 2 < frame["principal"]).height > 300
