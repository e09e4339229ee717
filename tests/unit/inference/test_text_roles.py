"""What names of columns and tables say about texts."""

import pytest

from parloader.inference.texts import role_words, text_roles
from parloader.inference.texts.text_roles import Attribute
from parloader.plans import codes
from parloader.plans.generators import OF_LOCALES
from parloader.plans.locales import LOCALES, locale_data


@pytest.mark.parametrize(
    ("table", "column", "provider", "of"),
    [
        ("users", "first_name", "first_name", ""),
        ("users", "lastName", "last_name", ""),
        ("users", "user_email", "email", ""),
        ("customers", "home_phone", "phone", ""),
        ("suppliers", "contact_email", "email", ""),
        ("orders", "billing_city", "city", "billing"),
        ("orders", "shippingPostalCode", "postcode", "shipping"),
        ("patients", "emergency_phone", "phone", "emergency"),
        ("addresses", "line1", "street", ""),
    ],
)
def test_attributes(table: str, column: str, provider: str, of: str) -> None:
    assert text_roles.attribute(table, column) == Attribute(provider, of)


@pytest.mark.parametrize(
    ("table", "column", "provider"),
    [
        ("products", "name", "product"),
        ("shop.product_categories", "name", "category"),
        ("companies", "name", "company"),
        ("users", "name", "name"),
        ("blog_posts", "title", "title"),
        ("jobs", "title", "job"),
        ("roles", "name", "role"),
        ("clinics", "name", "clinic"),
        ("products", "description", "description"),
        ("boards", "description", "summary"),
        ("reviews", "body", "review"),
        ("reviews", "title", "review_title"),
        ("shipment_events", "message", "tracking_message"),
        ("orders", "cancel_reason", "cancel_reason"),
        ("addresses", "label", "address_label"),
        ("machines", "frobnication", None),
        ("machines", "name", None),
    ],
)
def test_providers(table: str, column: str, provider: str | None) -> None:
    assert text_roles.provider(table, column) == provider


@pytest.mark.parametrize(
    ("table", "column", "before"),
    [
        ("orders", "order_number", "ORD"),
        ("invoices", "number", "INV"),
        ("shipments", "reference", "SHP"),
        ("widgets", "code", "WID"),
        ("orders", "country_code", None),
        ("orders", "status", None),
        ("users", "reset_code", None),
    ],
)
def test_running_numbers(table: str, column: str, before: str | None) -> None:
    assert text_roles.running_number(table, column) == before


def test_codes_and_documents() -> None:
    assert text_roles.code("product_ean") == "ean13"
    assert text_roles.code("containerNumber") == "container"
    assert text_roles.code("colour") is None
    assert text_roles.document("user_settings") == "json_settings"
    assert text_roles.document("blob") == "json_metadata"


def test_tables_of_countries_have_names_and_codes_in_one_order() -> None:
    names, iso = text_roles.reference("countries", "name", 80), text_roles.reference("countries", "code", 2)
    assert dict(zip(names, iso, strict=True))["Germany"] == "DE"
    money, symbols = text_roles.reference("currencies", "name", 80), text_roles.reference("currencies", "iso_code", 3)
    assert dict(zip(money, symbols, strict=True))["Euro"] == "EUR"
    assert not text_roles.reference("countries", "code", 1)
    assert not text_roles.reference("users", "name", 80)


def test_every_rule_names_something_that_exists() -> None:
    words = (*role_words.ATTRIBUTES, *role_words.NAMES_OF_TABLES.values(), *role_words.ALONE.values(), *role_words.BODIES.values())
    assert {*words, *role_words.DOCUMENTS.values()} <= {*OF_LOCALES}
    for pattern in role_words.CODES.values():
        assert codes.capacity(pattern) > 1
    assert all(isinstance(locale_data(LOCALES[0])[name], list) for name in role_words.DOCUMENTS.values())
