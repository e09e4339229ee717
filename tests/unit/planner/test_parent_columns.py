"""Columns of parent rows by name become helper columns."""

from typing import Any

import pytest

from parloader.errors import UsageError
from parloader.planner.given.parent_columns import with_parent_columns
from parloader.plans.generators import After, Const, Distribution, Expr, Generator, Pick, Timeline, When
from parloader.plans.model import Plan, Table
from parloader.schema.model import ColumnSchema, ColumnType, ForeignKey, Schema, TableSchema

COLUMNS = tuple(ColumnSchema(name=name, kind=ColumnType.INTEGER, type_text="int") for name in ("id", "order_id", "refund_of_id", "user_id"))

ORDER = Pick(parent="orders", column="id")


def completed(references: dict[str, str] | None = None, **columns: Generator) -> dict[str, Any]:
    """The columns of the table payments, whose foreign keys are these (default: order_id to orders)."""
    keys = tuple(
        ForeignKey(name=column, columns=(column,), parent=parent, referenced=("id",))
        for column, parent in (references or {"order_id": "orders"}).items()
    )
    live: Schema = {"payments": TableSchema(name="payments", columns=COLUMNS, foreign_keys=keys)}
    tables = (Table(name="orders", rows=1, columns={}), Table(name="payments", rows=1, columns=columns))
    found = with_parent_columns(Plan(name="p", parameters={}, tables=tables), live).table("payments")
    assert found.helpers == found.columns.keys() - columns.keys()
    return dict(found.columns)


def helper(column: str, group: str = "order_id", **fields: Any) -> Pick:
    return Pick(parent="orders", column=column, group=group, **fields)


def test_of_the_row_that_the_plan_picks() -> None:
    popular: dict[str, Any] = {"distribution": Distribution.POPULAR, "growing": True}
    paid_at = After(column="orders.created_at", most=9)
    given = completed(order_id=Pick(parent="orders", column="id", **popular), paid_at=paid_at)
    assert given["paid_at"] == After(column="_orders_created_at", most=9)
    assert given["_orders_created_at"] == helper("created_at", **popular)
    grouped = completed(order_id=Pick(parent="orders", column="id", group="order"), paid_at=paid_at)
    assert grouped["_orders_created_at"] == helper("created_at", "order")


def test_of_the_row_that_a_foreign_key_references() -> None:
    given = completed(paid_at=Timeline(start="2024-01-01", span_seconds=9, not_before=("ORDERS.created_at", "made")))
    assert given["paid_at"].not_before == ("_orders_created_at", "made")
    assert given["_orders_created_at"] == helper("created_at")


def test_in_expressions() -> None:
    sql = "orders.total * 2 + `orders`.\"fee\" + other.x + LENGTH('orders.total')"
    given = completed(order_id=ORDER, amount=When(condition="orders.total > 5", then=Expr(sql=sql)))
    assert given["amount"].condition == '"_orders_total" > 5'
    assert given["amount"].then == Expr(sql='"_orders_total" * 2 + "_orders_fee" + other.x + LENGTH(\'orders.total\')')
    assert {*given} == {"order_id", "amount", "_orders_total", "_orders_fee"}


def test_beside_a_column_of_the_same_name() -> None:
    given = completed(_orders_total=Const(value=1), amount=Expr(sql="orders.total"), order_id=ORDER)
    assert given["amount"] == Expr(sql='"__orders_total"')


def test_a_plan_without_them_stays_as_it_is() -> None:
    given = {"order_id": ORDER, "paid_at": After(column="made"), "amount": Expr(sql="a.b"), "other": "no generator"}
    assert completed(**given) == given  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"paid_at": After(column="ordres.at")},
            "column paid_at: it names ordres.at, but payments picks no row of ordres. Give payments a column",
        ),
        (
            {"order_id": ORDER, "paid_at": After(column="orders.at")},
            r"it names orders.at, but payments picks several rows of orders, by order_id, refund_of_id. Choose one with a helper column, and name "
            r'this: _at = \{ pick = "orders.at", group = "order_id" \}',
        ),
    ],
)
def test_which_row_is_not_clear(columns: dict[str, Generator], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        completed({"refund_of_id": "orders"}, **columns)


def test_a_column_that_the_parent_lacks_is_a_mistake_of_the_column_that_names_it() -> None:
    live: Schema = {"orders": TableSchema(name="orders", columns=COLUMNS), "payments": TableSchema(name="payments", columns=COLUMNS)}
    payments = {"order_id": ORDER, "paid_at": After(column="orders._at"), "amount": Expr(sql="orders.user_di")}
    tables = (Table(name="orders", rows=1, columns={"_at": Const(value=1)}), Table(name="payments", rows=1, columns=payments))
    with pytest.raises(UsageError, match=r"column amount: it names orders[.]user_di") as error:
        with_parent_columns(Plan(name="p", parameters={}, tables=tables), live)
    assert "paid_at" not in error.value.message
    assert error.value.next_step.startswith("Did you mean user_id?")


def test_of_a_table_in_another_database() -> None:
    client = Pick(parent="`crm`.`client`", column="id")
    given = completed(
        client_id=client, paid_at=After(column="crm.client.at"), amount=Expr(sql="CRM.client.fee + `crm`.client.`tax` + crm.other.x")
    )
    assert given["paid_at"] == After(column="_client_at")
    assert given["amount"] == Expr(sql='"_client_fee" + "_client_tax" + crm.other.x')
    assert given["_client_at"] == Pick(parent="`crm`.`client`", column="at", group="client_id")


def test_of_a_table_and_a_column_with_dots() -> None:
    given = completed(client_id=Pick(parent="old.client", column="id"), paid_at=After(column="old.client.a.b"))
    assert given["paid_at"] == After(column="_old.client_a.b")
    assert given["_old.client_a.b"] == Pick(parent="old.client", column="a.b", group="client_id")
