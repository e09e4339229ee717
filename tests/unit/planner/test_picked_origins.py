"""Where picked values come from in the end."""

from dataclasses import replace

from parloader.planner.given.picked_origins import misdirected
from parloader.plans.generators import Const, Generator, Pick, When
from parloader.plans.model import Plan, Table
from parloader.schema.model import ColumnSchema, ColumnType, ForeignKey, Schema, TableSchema

INTEGER = ColumnSchema(name="id", kind=ColumnType.INTEGER, type_text="int")


def table(name: str, *columns: str, **references: str) -> TableSchema:
    keys = tuple(ForeignKey(name=column, columns=(column,), parent=parent, referenced=("id",)) for column, parent in references.items())
    return TableSchema(name=name, columns=tuple(replace(INTEGER, name=each) for each in ("id", *columns)), foreign_keys=keys)


LIVE: Schema = {
    "tenants": table("tenants"),
    "users": table("users", "tenant_id", tenant_id="tenants"),
    "carts": table("carts", "tenant_id"),
    "orders": table("orders", "tenant_id", tenant_id="tenants"),
}


def found(tenant_id: Generator, *parents: Table) -> list[tuple[str, str]]:
    orders = Table(name="orders", rows=9, columns={"tenant_id": tenant_id})
    plan = Plan(name="shop", parameters={}, tables=(*parents, orders))
    return [(name, pick.parent) for name, pick, _ in misdirected(plan, LIVE, orders)]


TENANT = Pick(parent="tenants", column="id")


def test_directly() -> None:
    assert not found(TENANT)
    assert found(Pick(parent="users", column="id")) == [("tenant_id", "users")]


def test_through_a_foreign_key_of_the_schema() -> None:
    assert not found(Pick(parent="users", column="tenant_id"))
    assert not found(Pick(parent="users", column="tenant_id"), Table(name="users", rows=1, columns={}))


def test_through_a_pick_of_the_plan() -> None:
    cart = Table(name="carts", rows=1, columns={"tenant_id": Pick(parent="users", column="tenant_id")})
    assert not found(Pick(parent="carts", column="tenant_id"), cart)
    assert found(Pick(parent="carts", column="tenant_id")) == [("tenant_id", "carts")]
    assert found(Pick(parent="carts", column="tenant_id"), replace(cart, columns={"tenant_id": Const(value=1)})) == [("tenant_id", "carts")]


def test_each_branch_counts() -> None:
    wrong = When(condition="i = 0", then=TENANT, otherwise=Pick(parent="users", column="id"))
    assert found(wrong) == [("tenant_id", "users")]
