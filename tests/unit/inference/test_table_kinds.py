"""What kind of table a name, columns and keys suggest."""

import pytest
from support.small_schemas import foreign, integer, primary, table, text, tiny, unique

from parloader.inference.table_kinds import TableKind, singular, table_kind, words
from parloader.schema.model import TableSchema

TO_USERS = (foreign("user_id", "users"),)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("order_items", ("order", "item")),
        ("OrderItems", ("order", "item")),
        ("`crm`.`Client`", ("client",)),
        ("categories", ("category",)),
        ("addresses", ("address",)),
        ("statuses", ("status",)),
        ("2024", ()),
    ],
)
def test_the_words_of_a_name(name: str, parts: tuple[str, ...]) -> None:
    assert words(name) == parts


@pytest.mark.parametrize("word", ["status", "address", "class", "basis", "bus"])
def test_a_singular_stays(word: str) -> None:
    assert singular(word) == word


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        (table("order_statuses", text("label")), TableKind.LOOKUP),
        (table("anything", text("code", 3), text("name"), keys=(primary("code"),)), TableKind.LOOKUP),
        (table("anything", tiny("id"), text("text")), TableKind.LOOKUP),
        (table("anything", text("name")), TableKind.LOOKUP),
        (table("anything", text("name"), text("created_at"), text("email")), TableKind.ENTITY),
        (table("customers", text("email"), text("name")), TableKind.ENTITY),
        (table("organizations", text("email"), text("name"), text("city")), TableKind.TENANT),
        (table("doctors", text("email"), text("name"), text("city")), TableKind.FEW),
        (table("audit_logs", text("action"), integer("user_id"), to=TO_USERS), TableKind.LOG),
        (table("order_items", integer("user_id"), to=TO_USERS), TableKind.LINE),
        (table("x", integer("user_id"), integer("n"), keys=(primary("user_id", "n"),), to=TO_USERS), TableKind.LINE),
        (table("invoices", integer("user_id"), to=TO_USERS), TableKind.ONE),
        (table("moderation_cases", integer("user_id"), to=TO_USERS), TableKind.TWO),
        (table("profile", integer("user_id"), keys=(unique("user_id"),), to=TO_USERS), TableKind.DETAIL),
        (
            table("x", integer("a_id"), integer("b_id"), keys=(primary("a_id", "b_id"),), to=(foreign("a_id", "a"), foreign("b_id", "b"))),
            TableKind.JUNCTION,
        ),
    ],
)
def test_the_kind_of_a_table(schema: TableSchema, kind: TableKind) -> None:
    assert table_kind(schema) is kind
