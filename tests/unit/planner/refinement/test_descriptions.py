"""Texts of inferred plans are about what their names say, and valid."""

import json
from dataclasses import replace

import pytest
from support.completed_plans import generator, valid
from support.small_schemas import believe, foreign, integer, schema, table, text, unique

from parloader.plans.generators import Code, Provider, Slug, Unique, UniqueKind, When
from parloader.schema.model import ColumnSchema, ColumnType, TableSchema, UniqueKey


def users(*columns: ColumnSchema, keys: tuple[UniqueKey, ...] = (), checks: tuple[str, ...] = ()) -> TableSchema:
    return table("users", *columns, keys=keys, checks=checks)


def test_the_columns_of_a_person_have_one_group() -> None:
    live = schema(users(text("first_name", 40), text("last_name", 40), text("email", 100), text("phone", 20), keys=(unique("email"),)))
    plan = believe(live, "users")
    email = generator(plan, "users", "email")
    assert email == Unique(form=UniqueKind.EMAIL, locale="en_US", group="person")
    for name in ("first_name", "last_name", "phone"):
        assert generator(plan, "users", name) == Provider(name=name, locale="en_US", group="person")
    rows = valid(live, plan)["users"]
    assert all(row["email"].startswith(row["first_name"].lower()) for row in rows.to_dicts() if row["first_name"].isalpha())


@pytest.mark.parametrize("clause", ["`email` like '%_@_%.__%'", "`email` regexp '^[^@]+@[^@]+[.][a-z]{2,}$'", "char_length(`email`) > 9"])
def test_a_check_that_addresses_satisfy_does_not_undo_them(clause: str) -> None:
    live = schema(users(text("first_name", 40), text("email", 100), keys=(unique("email"),), checks=(clause,)))
    plan = believe(live, "users")
    assert isinstance(generator(plan, "users", "email"), Unique)
    assert generator(plan, "users", "email").form is UniqueKind.EMAIL  # type: ignore[attr-defined]
    valid(live, plan)


@pytest.mark.parametrize(
    ("column", "clause"),
    [
        (text("email", 100), "`email` like '%@shop.test'"),
        (text("email", 14), None),
        (text("email", 100), "`email` like '%@%' and char_length(`email`) < 20"),
    ],
)
def test_addresses_that_a_column_does_not_accept_stay_as_they_were(column: ColumnSchema, clause: str | None) -> None:
    checks = () if clause is None else (clause,)
    live = schema(users(column, keys=(unique("email"),), checks=checks))
    plan = believe(live, "users")
    assert generator(plan, "users", "email").form is not UniqueKind.EMAIL  # type: ignore[attr-defined]
    valid(live, plan)


def test_each_prefix_is_another_person_and_place() -> None:
    names = ("billing_name", "billing_city", "billing_country", "shipping_name", "shipping_city", "shipping_country")
    live = schema(table("orders", *(text(name, 60) for name in names)))
    plan = believe(live, "orders")
    for name in names:
        found = generator(plan, "orders", name)
        assert isinstance(found, Provider)
        assert (found.group, found.locale) == (name.split("_")[0], "world")
    valid(live, plan)


def test_a_default_decides_about_the_country() -> None:
    country = replace(text("country", 2), default="DE")
    clinics = table("clinics", text("city", 60), country)
    patients = table("patients", text("first_name", 40), text("last_name", 40), integer("clinic_id"), to=(foreign("clinic_id", "clinics"),))
    plan = believe(schema(clinics, patients), "patients")
    assert generator(plan, "clinics", "city") == Provider(name="city", locale="de_DE", group="place")
    assert generator(plan, "patients", "first_name") == Provider(name="first_name", locale="de_DE", group="person")


def test_a_character_set_without_letters_of_a_country_has_people_of_another() -> None:
    names = ("first_name", "last_name", "city", "country_code")
    live = schema(users(*(replace(text(name, 60), charset="latin1", collation="latin1_swedish_ci") for name in names)))
    plan = believe(live, "users")
    assert [generator(plan, "users", name) for name in names] == [Provider(name=name, locale="en_US", group="person") for name in names]
    valid(live, plan)


def test_slugs_are_those_of_the_row() -> None:
    live = schema(
        table("products", text("name", 120), text("slug", 140), keys=(unique("slug"),)), table("pages", text("title", 99), text("slug", 99))
    )
    plan = believe(live, "products")
    assert generator(plan, "products", "slug") == Unique(form=UniqueKind.SLUG, of="product", locale="en_US", group="product")
    assert generator(believe(live, "pages"), "pages", "slug") == Slug(column="title", length=99)
    for row in valid(live, plan)["products"].to_dicts():
        assert row["slug"].startswith(row["name"].lower().replace(" ", "-").replace("'", ""))


def test_lookups_have_values_of_a_list() -> None:
    live = schema(table("roles", text("name", 40), text("slug", 40), keys=(unique("name"), unique("slug"))))
    plan = believe(live, "roles", rows=12)
    rows = valid(live, plan)["roles"]
    assert rows["name"].is_in(["admin", "editor", "viewer", "manager", "member"]).any()
    assert rows["slug"].to_list() == [name.lower() for name in rows["name"]]


def test_codes_have_check_digits_and_numbers_run() -> None:
    columns = (text("order_number", 20), text("ean", 13), text("tracking_number", 30), text("code", 12))
    live = schema(table("orders", *columns, keys=(unique("order_number"), unique("ean"))))
    plan = believe(live, "orders")
    assert generator(plan, "orders", "order_number") == Unique(form=UniqueKind.TEXT, prefix="ORD-", length=5, base=10)
    assert generator(plan, "orders", "ean") == Unique(form=UniqueKind.CODE, pattern="ean13")
    assert generator(plan, "orders", "tracking_number") == Code(pattern="tracking")
    valid(live, plan)


def test_reviews_agree_with_their_rating() -> None:
    live = schema(table("reviews", integer("rating"), text("body", 400), checks=("`rating` between 1 and 5",)))
    plan = believe(live, "reviews", rows=400)
    assert isinstance(generator(plan, "reviews", "body"), When)
    rows = valid(live, plan)["reviews"].to_dicts()
    assert {row["body"] for row in rows if row["rating"] == 5}.isdisjoint({row["body"] for row in rows if row["rating"] == 1})


def test_json_has_the_keys_of_its_name() -> None:
    column = ColumnSchema(name="settings", kind=ColumnType.JSON, type_text="json", charset="utf8mb4", collation="utf8mb4_bin")
    live = schema(users(column))
    rows = valid(live, believe(live, "users"))["users"]
    assert all("theme" in json.loads(document) for document in rows["settings"])
