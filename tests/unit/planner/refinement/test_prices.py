"""Prices end as prices do, and costs lie below them."""

import pytest
from support.believable_columns import amount, none_of, rows, share
from support.small_schemas import integer, table

PRODUCT = (amount("price"), amount("cost_price"), amount("sale_price", nullable=True), amount("msrp"))

CHECKS = (
    (),
    ("`cost_price` <= `price`",),
    ("`price` > 0", "`sale_price` is null or `sale_price` < `price`"),
    ("`price` <= `msrp`", "`cost_price` < `price`"),
)


@pytest.mark.parametrize("checks", CHECKS, ids=[" and ".join(checks) or "none" for checks in CHECKS])
def test_costs_and_sale_prices_are_below_the_price(checks: tuple[str, ...]) -> None:
    frame = rows(table("products", *PRODUCT, checks=checks))
    assert none_of(frame, "cost_price >= price OR sale_price >= price OR msrp <= price OR price <= 0")
    endings = "(CAST(price * 100 AS BIGINT) % 100) IN (99, 95, 90, 50, 49, 0)"
    assert share(frame, endings) == 1
    assert 10 < frame["price"].median() < 60  # type: ignore[operator]
    assert 0.1 < share(frame, "sale_price IS NOT NULL") < 0.9


def test_cents() -> None:
    frame = rows(table("products", integer("price_cents"), integer("cost_cents")))
    assert share(frame, "price_cents % 100 IN (99, 95, 90, 50, 49, 0)") == 1
    assert none_of(frame, "cost_cents >= price_cents")


def test_a_check_limits_the_price() -> None:
    frame = rows(table("products", amount("price"), checks=("`price` between 3 and 5",)))
    assert none_of(frame, "price < 3 OR price > 5")


def test_small_columns() -> None:
    assert none_of(rows(table("products", amount("price", 4, 2), amount("cost", 4, 2))), "price > 99.99 OR cost > price")
