"""Sizes: how many rows tables have compared with each other."""

from dataclasses import replace

import pytest
from support.small_schemas import foreign, integer, primary, schema, table, text

from parloader.planner.table_sizes import MAX_DOCUMENTS, MAX_PARENTS, MAX_TIMES_REQUESTED, TableSizes
from parloader.schema.model import ForeignKey, Schema


def entity(name: str, *to: ForeignKey) -> object:
    columns = [integer(column) for key in to for column in key.columns]
    return table(name, *columns, text("email"), text("created_at"), to=to)


def shop() -> Schema:
    lines = table(
        "order_items",
        integer("order_id"),
        integer("line_no"),
        integer("product_id"),
        keys=(primary("order_id", "line_no"),),
        to=(foreign("order_id", "orders"), foreign("product_id", "products")),
    )
    return schema(
        table("countries", text("code", 2), text("name"), keys=(primary("code"),)),
        entity("tenants"),  # type: ignore[arg-type]
        entity("users", foreign("tenant_id", "tenants")),  # type: ignore[arg-type]
        entity("products", foreign("tenant_id", "tenants")),  # type: ignore[arg-type]
        entity("orders", foreign("user_id", "users")),  # type: ignore[arg-type]
        lines,
        entity("audit_log", foreign("user_id", "users")),  # type: ignore[arg-type]
    )


def sizes(requested: dict[str, int], largest: int = 100_000) -> dict[str, int]:
    live = shop()
    return TableSizes(schema=live).of_database(live, requested, largest)


def test_children_follow_from_a_requested_parent() -> None:
    found = sizes({"users": 5_000})
    assert (found["users"], found["orders"], found["order_items"]) == (5_000, 20_000, 60_000)
    assert 3 * 5_000 <= found["audit_log"] <= 20 * 5_000
    assert 5 <= found["countries"] <= 50
    assert 3 <= found["tenants"] <= 20
    assert 100 <= found["products"] <= 5_000


def test_parents_follow_from_a_requested_child() -> None:
    found = sizes({"order_items": 60_000})
    assert (found["users"], found["orders"]) == (5_000, 20_000)


def test_two_requests_are_both_met() -> None:
    found = sizes({"orders": 1_000, "users": 900})
    assert (found["orders"], found["users"], found["order_items"]) == (1_000, 900, 3_000)


@pytest.mark.parametrize("largest", [1, 7, 1_000, 10**9])
def test_without_a_request_the_largest_table_has_the_number(largest: int) -> None:
    found = sizes({}, largest)
    fixed = {"countries", "tenants"}
    assert max(rows for name, rows in found.items() if name not in fixed) == largest
    assert min(found.values()) >= 1


def test_a_large_parent_has_no_billions_of_children() -> None:
    chain = schema(
        entity("t0"),  # type: ignore[arg-type]
        *(entity(f"t{n}", foreign("above_id", f"t{n - 1}")) for n in range(1, 30)),  # type: ignore[arg-type]
    )
    found = TableSizes(schema=chain).of_database(chain, {"t0": 1_000_000}, 1)
    assert max(found.values()) <= MAX_TIMES_REQUESTED * 1_000_000


@pytest.mark.parametrize(
    ("rows", "orders", "users"), [(60_000, 20_000, 5_000), (1_000_000, 333_334, 83_334), (10**9, MAX_DOCUMENTS, MAX_PARENTS)]
)
def test_parents_of_a_single_table(rows: int, orders: int, users: int) -> None:
    of = TableSizes(schema=shop())
    assert of.parents_for("orders", "order_items", rows) == orders
    assert of.parents_for("users", "orders", orders) == min(users, MAX_PARENTS)
    assert of.parents_for("tenants", "users", users) <= 20


def test_a_child_has_no_more_parents_than_rows() -> None:
    assert TableSizes(schema=shop()).parents_for("countries", "orders", 3) == 3


def test_tables_in_a_cycle_have_sizes() -> None:
    a = entity("a", replace(foreign("b_id", "b")))
    live = schema(a, entity("b", foreign("a_id", "a")))  # type: ignore[arg-type]
    assert set(TableSizes(schema=live).of_database(live, {}, 1_000)) == {"a", "b"}


def test_invoices_of_documents_and_of_customers() -> None:
    """One for each order; but if nothing lies between, a customer gets several."""
    of_orders = entity("invoices", foreign("order_id", "orders"))
    of_users = entity("bills_and_invoices", foreign("user_id", "users"))
    live = {**shop(), "invoices": of_orders, "bills_and_invoices": of_users}
    found = TableSizes(schema=live).of_database(live, {"users": 1_000}, 1)  # type: ignore[arg-type]
    assert (found["orders"], found["invoices"], found["bills_and_invoices"]) == (4_000, 5_000, 4_000)


def test_the_statuses_of_something_are_no_lookup() -> None:
    live = {**shop(), "user_statuses": entity("user_statuses", foreign("user_id", "users"))}
    found = TableSizes(schema=live).of_database(live, {"users": 1_000}, 1)  # type: ignore[arg-type]
    assert found["user_statuses"] == 1_500


def test_a_table_whose_rows_divide_others_is_a_tenant() -> None:
    parts = [
        table(name, integer("firm_id"), integer("id"), text("email"), keys=(primary("firm_id", "id"),), to=(foreign("firm_id", "firm"),))
        for name in ("person", "desk")
    ]
    seats = table(
        "seat",
        *(integer(name) for name in ("firm_id", "person_id", "desk_id")),
        to=(foreign("firm_id person_id", "person", "firm_id id"), foreign("firm_id desk_id", "desk", "firm_id id")),
    )
    live = schema(entity("firm"), *parts, seats)  # type: ignore[arg-type]
    assert 5 <= TableSizes(schema=live).of_database(live, {"seat": 10_000}, 0)["firm"] <= 15
