"""Which columns of existing rows are needed, and which of them have their type."""

from parloader.generation.column_graph import computed_with, read_columns
from parloader.plans.generators import After, ChildOf, Expr, Pick, ShareOf
from parloader.plans.model import Plan, Table


def test_columns_with_which_others_compute_have_their_type() -> None:
    users = Table(name="users", rows=1, columns={"_whole": Expr(sql="score * 2"), "name": Expr(sql="'x'")}, helpers=frozenset({"_whole"}))
    orders = Table(
        name="orders",
        rows=1,
        columns={
            "user_id": Pick(parent="users", column="id", where="status = 'a'"),
            "tenant_id": Pick(parent="users", column="tenant_id"),
            "address_id": Pick(parent="addresses", column="id", among="user_id"),
            "_since": Pick(parent="users", column="created_at", group="user_id"),
            "at": After(column="_since"),
        },
        helpers=frozenset({"_since"}),
    )
    parts = Table(
        name="parts",
        rows=1,
        columns={
            "user_id": ChildOf(parent="users", column="id", count=Expr(sql="_whole")),
            "amount": ShareOf(parent="users", column="total"),
            "name": Pick(parent="users", column="name"),
        },
    )
    plan = Plan(name="p", parameters={}, tables=(users, orders, parts))
    assert {*read_columns(plan, "users")} == {"id", "status", "tenant_id", "created_at", "score", "total", "name"}
    assert computed_with(plan, "users") == {"status", "created_at", "score", "total"}
    assert read_columns(plan, "addresses") == ("id", "user_id")
    assert not computed_with(plan, "addresses")
