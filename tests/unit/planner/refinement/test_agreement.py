"""Foreign keys of one row lead to the same row of their common ancestors."""

import pytest
from support.completed_plans import pick, valid
from support.small_schemas import believe, foreign, integer, schema, table

from parloader.plans.generators import Distribution
from parloader.schema.model import Schema, TableSchema

TENANTS = table("tenants")

USERS = table("users", integer("tenant_id"), to=(foreign("tenant_id", "tenants"),))

ADDRESSES = table("addresses", integer("user_id"), to=(foreign("user_id", "users"),))

PRODUCTS = table("products", integer("tenant_id"), to=(foreign("tenant_id", "tenants"),))


def with_keys(name: str, *parents: str, nullable: tuple[str, ...] = ()) -> TableSchema:
    """A table with a foreign key to each of these parents: user_id to users."""
    columns = {f"{parent.removesuffix('es') if parent == 'addresses' else parent.removesuffix('s')}_id": parent for parent in parents}
    return table(
        name,
        *(integer(column, nullable=column in nullable) for column in columns),
        to=tuple(foreign(column, parent) for column, parent in columns.items()),
    )


def shop(*tables: TableSchema) -> Schema:
    return schema(TENANTS, USERS, ADDRESSES, PRODUCTS, *tables)


def test_a_row_belongs_to_the_tenant_of_its_user() -> None:
    plan = believe(shop(with_keys("orders", "tenants", "users")), "orders")
    tenant, user = pick(plan, "orders", "tenant_id"), pick(plan, "orders", "user_id")
    assert (tenant.parent, tenant.column) == ("users", "tenant_id")
    assert tenant.group == user.group is not None
    assert tenant.distribution is user.distribution


def test_through_several_parents() -> None:
    orders = with_keys("orders", "tenants", "users", "addresses")
    plan = believe(shop(orders), "orders")
    assert pick(plan, "orders", "user_id").parent == "addresses"
    tenant = pick(plan, "orders", "tenant_id")
    assert (tenant.parent, tenant.column) == ("addresses", "_users_tenant_id")
    assert pick(plan, "addresses", "_users_tenant_id").group == pick(plan, "addresses", "user_id").group is not None


def test_a_parent_that_may_be_missing_is_one_of_the_same_user() -> None:
    plan = believe(shop(with_keys("orders", "tenants", "users", "addresses", nullable=("address_id",))), "orders")
    assert pick(plan, "orders", "tenant_id").parent == "users"
    assert pick(plan, "orders", "user_id").parent == "users"
    assert pick(plan, "orders", "address_id").among == "user_id"


def test_two_parents_of_one_tenant() -> None:
    sales = with_keys("sales", "users", "products")
    plan = believe(shop(sales), "sales", parents={"users": 50, "products": 20, "tenants": 4})
    first, second = pick(plan, "sales", "user_id"), pick(plan, "sales", "product_id")
    assert second.among == "_users_tenant_id"
    assert pick(plan, "sales", "_users_tenant_id").group == first.group
    assert pick(plan, "products", "tenant_id").distribution is Distribution.COVERING  # so that each tenant with users has products
    assert pick(plan, "users", "tenant_id").distribution is Distribution.COVERING
    rows = valid(shop(sales), plan)
    assert set(rows["users"]["tenant_id"]) <= set(rows["products"]["tenant_id"])


def test_a_tenant_without_rows_is_not_risked() -> None:
    plan = believe(shop(with_keys("sales", "users", "products")), "sales", parents={"users": 50, "products": 20, "tenants": 23})
    assert pick(plan, "sales", "product_id").among is None


def test_existing_parents_agree_through_their_own_columns() -> None:
    live = shop(with_keys("orders", "tenants", "users"))
    plan = believe(live, "orders", existing={"users": 100, "tenants": 5})
    assert pick(plan, "orders", "tenant_id").parent == "users"


def test_existing_parents_have_no_helper_columns() -> None:
    live = shop(with_keys("orders", "tenants", "addresses"))
    plan = believe(live, "orders", existing={"addresses": 100, "users": 100, "tenants": 5})
    assert pick(plan, "orders", "tenant_id").parent == "tenants"
    assert all(not column.startswith("_") for each in plan.plan.tables for column in each.columns)


@pytest.mark.parametrize("name", ["votes", "comments", "reactions"])
def test_people_use_the_things_of_others(name: str) -> None:
    posts = table("posts", integer("user_id"), to=(foreign("user_id", "users"),))
    plan = believe(shop(posts, with_keys(name, "users", "posts")), name)
    assert pick(plan, name, "user_id").parent == "users"
    assert pick(plan, name, "post_id").among is None


def test_different_roles_are_different_rows() -> None:
    messages = table(
        "transfers", integer("buyer_id"), integer("seller_id"), to=(foreign("buyer_id", "users"), foreign("seller_id", "users"))
    )
    plan = believe(shop(messages), "transfers")
    assert {pick(plan, "transfers", column).column for column in ("buyer_id", "seller_id")} == {"id"}


def test_a_narrower_column_does_not_take_the_parents_value() -> None:
    orders = table(
        "orders",
        integer("tenant_id", max_value=100),
        integer("user_id"),
        to=(foreign("tenant_id", "tenants"), foreign("user_id", "users")),
    )
    assert pick(believe(shop(orders), "orders"), "orders", "tenant_id").parent == "tenants"


def test_a_check_on_the_column_keeps_the_solvers_choice() -> None:
    orders = table(
        "orders",
        integer("tenant_id"),
        integer("user_id"),
        to=(foreign("tenant_id", "tenants"), foreign("user_id", "users")),
        checks=("`tenant_id` <> 3",),
    )
    assert pick(believe(shop(orders), "orders"), "orders", "tenant_id").parent == "tenants"


def test_the_second_address_is_one_of_the_same_user() -> None:
    orders = table(
        "orders",
        integer("user_id"),
        integer("billing_address_id"),
        integer("shipping_address_id"),
        to=(foreign("user_id", "users"), foreign("billing_address_id", "addresses"), foreign("shipping_address_id", "addresses")),
    )
    plan = believe(shop(orders), "orders")
    assert pick(plan, "orders", "user_id").parent == "addresses"
    assert pick(plan, "orders", "shipping_address_id").among == "user_id"


def test_members_of_a_community_write_in_it() -> None:
    communities = table("communities")
    members = table("members", integer("community_id"), to=(foreign("community_id", "communities"),))
    boards = table("boards", integer("community_id"), to=(foreign("community_id", "communities"),))
    threads = table(
        "threads",
        integer("community_id"),
        integer("board_id"),
        integer("author_id"),
        to=(foreign("community_id", "communities"), foreign("board_id", "boards"), foreign("author_id", "members")),
    )
    live = schema(communities, members, boards, threads)
    plan = believe(live, "threads", parents={"communities": 3, "boards": 20, "members": 100})
    assert (pick(plan, "threads", "community_id").parent, pick(plan, "threads", "author_id").among) == ("boards", "community_id")
    plan = believe(live, "threads", parents={"communities": 50, "boards": 70, "members": 40})  # not each community has members
    assert (pick(plan, "threads", "community_id").parent, pick(plan, "threads", "board_id").among) == ("members", "community_id")
