"""Misfits say what is wrong with which column, and give advice for that cause."""

from dataclasses import replace
from decimal import Decimal

import pytest
from support.small_schemas import flag, foreign, integer, schema, table, text, tiny

from parloader.errors import SchemaMismatch
from parloader.generation.samples import samples
from parloader.planner.given.compatibility import require_fit, require_tables, stand_ins
from parloader.plans.generators import Choice, Const, Generator, Pick
from parloader.plans.model import Plan, Table
from parloader.schema.model import Schema, TableSchema

TENANT = table("tenants")

ORDERS = table(
    "orders",
    integer("tenant_id", nullable=True),
    flag("status", "new", "paid", nullable=True),
    text("note", 3, nullable=True),
    tiny("number", nullable=True),
    to=(foreign("tenant_id", "tenants"),),
)


def refusal(orders: TableSchema, **columns: Generator) -> SchemaMismatch:
    """The refusal of a plan whose table orders has these columns."""
    live = schema(TENANT, orders, table("users"))
    parents = (Table(name="tenants", rows=1, columns={}), Table(name="users", rows=1, columns={}))
    plan = Plan(name="shop", parameters={}, tables=(*parents, Table(name="orders", rows=10, columns=columns, partitioned=True)))
    with pytest.raises(SchemaMismatch) as caught:
        require_fit(plan, live, samples(plan, stand_ins(plan, live)))
    return caught.value


@pytest.mark.parametrize(
    ("column", "given", "problem", "next_step"),
    [
        (
            "statsu",
            Const(value="new"),
            "orders has no column statsu",
            "Did you mean status? Correct the name in the plan, or add the column to the table",
        ),
        (
            "tenant_id",
            Pick(parent="users", column="id"),
            "orders.tenant_id references tenants, but it picks users.id, which does not come from tenants",
            "Pick from tenants in the plan, or a column that references it",
        ),
        (
            "status",
            Choice(values=("new", "gone")),
            "orders.status is enum, but the plan gives it the value 'gone'",
            "Give status other values in the plan, or change its type",
        ),
        (
            "note",
            Const(value="hello"),
            "orders.note is varchar(3), but the plan gives it texts of 5 characters",
            "Give note other values in the plan, or change its type",
        ),
        (
            "note",
            Const(value=b"hello"),
            "orders.note is varchar(3), but the plan gives it bytes",
            "Give note other values in the plan, or change its type",
        ),
        (
            "number",
            Const(value=1_000),
            "orders.number is tinyint unsigned, but the plan gives it numbers up to 1,000",
            "Give number other values in the plan, or change its type",
        ),
        (
            "number",
            Const(value=5.5),
            "orders.number is tinyint unsigned, but the plan gives it numbers such as 5.5, which are not integers",
            "Give number other values in the plan, or change its type",
        ),
        (
            "number",
            Choice(values=(Decimal("5.00"), Decimal("0.25"))),
            "orders.number is tinyint unsigned, but the plan gives it numbers such as 0.25, which are not integers",
            "Give number other values in the plan, or change its type",
        ),
    ],
)
def test_a_misfit_names_the_column_and_its_advice_fits_the_cause(column: str, given: Generator, problem: str, next_step: str) -> None:
    error = refusal(ORDERS, **{column: given})
    assert (error.message, error.next_step) == (f"the schema does not fit the plan shop: {problem}", next_step)


def test_a_required_column_without_values() -> None:
    orders = replace(ORDERS, columns=(*ORDERS.columns, integer("total")))
    error = refusal(orders)
    assert "orders.total is int NOT NULL without a default, and the plan has no values for it" in error.message
    assert error.next_step == "Give it a generator in the plan, or a default in the table"


def test_several_misfits_are_all_named() -> None:
    error = refusal(ORDERS, note=Const(value="hello"), number=Const(value=1_000))
    assert error.message.count("; ") == 1
    assert error.next_step == (
        "Give note other values in the plan, or change its type. Give number other values in the plan, or change its type"
    )


@pytest.mark.parametrize(
    ("live", "problem"),
    [
        ({}, "there is no table orders"),
        (schema(replace(ORDERS, engine="MyISAM")), "orders has ENGINE=MyISAM, but batches need the transactions of InnoDB"),
        (schema(replace(ORDERS, unique_keys=())), "orders has no primary key, but the plan needs a primary key of one integer column"),
    ],
)
def test_a_table_that_cannot_be_loaded(live: Schema, problem: str) -> None:
    plan = Plan(name="shop", parameters={}, tables=(Table(name="orders", rows=10, columns={}, partitioned=True),))
    with pytest.raises(SchemaMismatch, match=problem) as caught:
        require_tables(plan, live, next_step="Migrate the database")
    assert caught.value.next_step == "Migrate the database"
