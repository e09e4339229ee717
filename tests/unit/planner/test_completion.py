"""Which tables and columns a completed plan has, and how its rows are identified."""

from dataclasses import replace

import pytest
from support.completed_plans import CUSTOMER, TENANT, USER, generator, notes, pick, valid, with_columns
from support.small_schemas import foreign, infer, integer, primary, schema, table, text, tiny, unique

from parloader.errors import Refused, UsageError
from parloader.planner.completion import complete
from parloader.planner.request import Fill
from parloader.plans.generators import Const, Distribution, Pick, When
from parloader.plans.model import Plan, Table
from parloader.schema.model import ColumnType, TableSchema, TableType


def test_required_parents_are_added_recursively() -> None:
    live = schema(
        table("street", integer("city_id"), to=(foreign("city_id", "city"),)),
        table("city", integer("country_id"), to=(foreign("country_id", "country"),)),
        table("country", text("code", 2), keys=(unique("code"),)),
        table("unrelated", integer("city_id"), to=(foreign("city_id", "city"),)),
    )
    completed = infer(live, "street", 5_000)
    assert [(t.name, t.rows) for t in completed.plan.tables] == [("country", 1), ("city", 50), ("street", 5_000)]
    assert "50 rows: one per 100 rows of street" in notes(completed, "city")
    valid(live, completed)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"table_type": TableType.VIEW}, "it is a view"),
        ({"table_type": TableType.SEQUENCE}, "it is a sequence"),
        ({"table_type": TableType.SYSTEM_VERSIONED}, "its history would keep the rows after clean"),
        ({"engine": "MyISAM"}, "MyISAM has no transactions"),
        ({"engine": "MRG_MYISAM"}, "MRG_MYISAM stores the rows elsewhere"),
        ({"engine": "BLACKHOLE"}, "BLACKHOLE discards all rows"),
        ({"engine": "ROCKSDB"}, "parloader supports InnoDB tables only, and its engine is ROCKSDB"),
        ({"engine": ""}, "reports no storage engine"),
    ],
)
def test_a_table_that_cannot_be_loaded_or_cleaned_is_refused(change: dict[str, object], reason: str) -> None:
    live = schema(replace(table("t", text("name")), **change))  # type: ignore[arg-type]
    with pytest.raises(Refused, match=reason) as caught:
        infer(live, "t")
    assert caught.value.next_step


def test_a_required_parent_that_cannot_be_generated_is_named() -> None:
    live = schema(table("child", integer("parent_id"), to=(foreign("parent_id", "parent"),)), replace(table("parent"), engine="MyISAM"))
    with pytest.raises(Refused, match="rows of parent are needed, but cannot be generated: its engine MyISAM"):
        infer(live, "child")


def test_existing_rows_suffice_if_a_parent_cannot_be_generated() -> None:
    live = schema(table("child", integer("parent_id"), to=(foreign("parent_id", "parent"),)), replace(table("parent"), engine="MyISAM"))
    completed = infer(live, "child", existing={"parent": 7})
    assert completed.plan.table("parent") == Table(name="parent", rows=7, columns={}, key="id")


def test_a_nullable_foreign_key_is_null_if_its_parent_cannot_be_generated() -> None:
    live = schema(
        table("child", integer("parent_id", nullable=True), to=(foreign("parent_id", "parent"),)), replace(table("parent"), engine="MyISAM")
    )
    completed = infer(live, "child")
    assert generator(completed, "child", "parent_id") == Const(value=None)
    assert "left NULL: rows of parent cannot be generated: its engine MyISAM" in notes(completed, "child", "parent_id")
    assert [t.name for t in completed.plan.tables] == ["child"]


def test_a_parent_with_a_required_column_of_an_unknown_type_cannot_be_generated() -> None:
    odd = replace(integer("odd"), kind=ColumnType.OTHER, type_text="oddity")
    live = schema(table("child", integer("parent_id", nullable=True), to=(foreign("parent_id", "parent"),)), table("parent", odd))
    assert "oddity" in notes(infer(live, "child"), "child", "parent_id")
    with pytest.raises(Refused, match="its column odd cannot be NULL, and parloader has no generator for the type oddity"):
        infer(live, "parent")


@pytest.mark.parametrize("nullable", [True, False])
def test_a_parent_in_another_database(nullable: bool) -> None:
    """It is not taken for the table of that name in the own database, and gets rows only if the user allows it."""
    there = "`else.where`.`parent`"
    child = table("child", integer("parent_id", nullable=nullable), to=(foreign("parent_id", there),))
    live = schema(child, table(there, text("name", 10)), table("parent"))
    if nullable:
        assert "only with --allow-database else.where" in notes(infer(live, "child", existing={"parent": 9}), "child")
    else:
        with pytest.raises(Refused, match=r"only with --allow-database else\.where"):
            infer(live, "child", existing={"parent": 9})
        with pytest.raises(Refused, match=r"only with --allow-database else\.where"):
            infer(live, "child", existing={there: 3}, parents={there: 4}, allowed={"where", "`else.where`"})
    allowed = infer(live, "child", allowed={"else.where"})
    assert ([t.name for t in allowed.plan.tables], pick(allowed, "child", "parent_id").parent) == ([there, "child"], there)
    reused = infer(live, "child", existing={there: 3, "parent": 9})
    assert reused.reused == {there}
    assert pick(reused, "child", "parent_id").parent == there


def test_a_parent_in_another_database_that_the_account_cannot_read() -> None:
    child = table("child", integer("parent_id", nullable=True), to=(foreign("parent_id", "`elsewhere`.`parent`"),))
    assert "does not exist, or the account may not read it" in notes(infer(schema(child, table("parent")), "child"), "child")


def test_nullable_foreign_keys_of_added_parents_use_only_loaded_or_existing_tables() -> None:
    live = schema(
        table("orders", integer("customer_id"), integer("shop_id"), to=(foreign("customer_id", "customer"), foreign("shop_id", "shop"))),
        table(
            "customer",
            integer("shop_id", nullable=True),
            integer("group_id", nullable=True),
            integer("level_id", nullable=True),
            to=(foreign("shop_id", "shop"), foreign("group_id", "group"), foreign("level_id", "level")),
        ),
        table("shop"),
        table("group"),
        table("level"),
    )
    completed = infer(live, "orders", existing={"level": 3})
    assert pick(completed, "customer", "shop_id").parent == "shop"
    assert pick(completed, "customer", "level_id").parent == "level"
    assert generator(completed, "customer", "group_id") == Const(value=None)
    assert {t.name for t in completed.plan.tables} == {"orders", "customer", "shop", "level"}


def test_a_plain_integer_primary_key_is_assigned() -> None:
    live = schema(table("t", text("name")))
    assert infer(live, "t").plan.target.key == "id"


@pytest.mark.parametrize(
    ("table_schema", "identity"),
    [
        (table("t", text("code"), keys=(primary("code"),)), ("code",)),
        (table("t", integer("a"), text("b"), keys=(primary("a", "b"),)), ("a", "b")),
        (table("t", integer("id"), checks=("`id` < 5000",)), ("id",)),
        (replace(table("t", integer("a", nullable=True), integer("b")), unique_keys=(unique("a"), unique("b"))), ("b",)),
    ],
)
def test_rows_without_an_assignable_key_are_identified_by_a_unique_key(table_schema: TableSchema, identity: tuple[str, ...]) -> None:
    live = schema(table_schema)
    completed = infer(live, "t")
    assert (completed.plan.target.key, completed.plan.target.identity) == (None, identity)
    valid(live, completed)


def test_a_check_that_every_key_satisfies_is_ignored() -> None:
    live = schema(table("t", integer("id"), checks=("`id` > 0",)))
    assert infer(live, "t").plan.target.key == "id"


def test_only_columns_that_an_insert_needs_are_added() -> None:
    live = schema(
        table(
            "t",
            text("name"),
            text("remark", nullable=True),
            text("status", default="new"),
            integer("level_id", default="1"),
            integer("shop_id", nullable=True),
            integer("zone_id", nullable=True, default="427"),
            to=(foreign("level_id", "level"), foreign("shop_id", "shop"), foreign("zone_id", "zone")),
        ),
        table("level", text("remark", nullable=True)),
        table("shop"),
        table("zone"),
    )
    given = Table(name="t", rows=10, columns={"remark": Const(value="mine")}, partitioned=True, reuse=False)
    completed = with_columns(live, Fill.DEMANDED, given)
    assert list(completed.plan.target.columns) == ["remark", "name", "level_id", "zone_id"]
    assert completed.plan.target.columns["remark"] == Const(value="mine")
    assert list(completed.plan.table("level").columns) == ["remark"]
    assert {t.name for t in completed.plan.tables} == {"t", "level", "zone"}
    valid(live, completed)


def test_given_columns_are_kept_even_against_a_check() -> None:
    live = schema(table("t", integer("n"), checks=("`n` > 5",)))
    completed = with_columns(live, Fill.ALL, Table(name="t", rows=10, columns={"n": Const(value=1)}, partitioned=True))
    assert generator(completed, "t", "n") == Const(value=1)


def test_given_picks_add_their_parents() -> None:
    live = schema(table("t", integer("customer_id"), to=(foreign("customer_id", "customer"),)), CUSTOMER)
    condition = When(condition="i % 2 = 0", then=Pick(parent="customer", column="id"), otherwise=Const(value=1))
    completed = with_columns(live, Fill.ALL, Table(name="t", rows=1_000, columns={"customer_id": condition}, partitioned=True))
    assert completed.plan.table("customer").rows == 10


def test_a_partly_given_foreign_key_is_completed() -> None:
    live = schema(
        table("task", integer("tenant_id"), integer("user_id"), to=(foreign("tenant_id user_id", "user", "tenant_id id"),)), USER, TENANT
    )
    given = Pick(parent="user", column="id", distribution=Distribution.ZIPF, group="who")
    completed = with_columns(live, Fill.ALL, Table(name="task", rows=100, columns={"user_id": given}, partitioned=True))
    assert generator(completed, "task", "tenant_id") == replace(given, column="tenant_id")
    valid(live, completed)
    with pytest.raises(Refused, match="tenant_id is missing"):
        with_columns(live, Fill.ALL, Table(name="task", rows=100, columns={"user_id": replace(given, group=None)}, partitioned=True))


def test_a_planned_parent_with_enough_rows_adds_no_tables() -> None:
    live = schema(
        table("t", integer("role_id"), to=(foreign("role_id", "role"),)),
        table("role", integer("level_id"), to=(foreign("level_id", "level"),)),
        table("level"),
    )
    big, role = Table(name="t", rows=100, columns={}, partitioned=True, reuse=False), Table(name="role", rows=3, columns={})
    assert {t.name for t in with_columns(live, Fill.DEMANDED, big, role, existing={"role": 5}).plan.tables} == {"t", "role"}
    assert {t.name for t in with_columns(live, Fill.DEMANDED, big, role).plan.tables} == {"t", "role", "level"}


def test_the_same_request_gives_the_same_plan() -> None:
    live = schema(
        table("t", integer("customer_id"), text("code"), keys=(unique("code"),), to=(foreign("customer_id", "customer"),)), CUSTOMER
    )
    assert infer(live, "t") == infer(dict(reversed(list(live.items()))), "t")


def test_a_system_versioned_table_is_filled_if_its_history_may_keep_the_rows() -> None:
    versioned = replace(table("parent"), table_type=TableType.SYSTEM_VERSIONED)
    live = schema(versioned, table("child", integer("parent_id"), to=(foreign("parent_id", "parent"),)))
    with pytest.raises(Refused, match="rows of parent are needed") as refused:
        infer(live, "child")
    assert "--allow-history" in refused.value.next_step
    assert infer(live, "child", existing={"parent": 3}).reused == {"parent"}
    wanted = Plan(name="child", parameters={}, tables=(Table(name="child", rows=300, columns={}, key=None, partitioned=True, reuse=False),))
    completed = complete(wanted, live, {}, {}, Fill.ALL, allow_history=True)
    assert "its history keeps the rows" in notes(completed, "parent")
    valid(live, completed)


def test_a_table_name_that_is_to_be_typed_is_quoted_for_a_shell() -> None:
    """In a shell, backticks would run `crm` as a command."""
    parent = "`crm`.`client`"
    live = schema(
        replace(table("client", tiny("id", auto_increment=True)), name=parent),
        table("bill", integer("client_id"), to=(foreign("client_id", parent),)),
    )
    with pytest.raises(UsageError) as unknown:
        infer(live, "bill", parents={"client": 7})
    assert "Did you mean '`crm`.`client`'?" in str(unknown.value.next_step)
    with pytest.raises(Refused) as too_many:
        infer(live, "bill", parents={parent: 900}, allowed=("crm",))
    assert too_many.value.next_step == "At most --rows '`crm`.`client`=255' fit"
