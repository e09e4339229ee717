"""Columns that tell of an event, by their names."""

import pytest
from support.column_values import dated_column as date_time
from support.small_schemas import integer, text, tiny

from parloader.inference.statuses.events import Role, created, event_column

DETAIL, FLAG, TIME = Role.DETAIL, Role.FLAG, Role.TIME


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("paid_at", "paid"),
        ("payment_date", "paid"),
        ("date_shipped", "shipped"),
        ("deliveredAt", "delivered"),
        ("cancelled_on", "cancelled"),
        ("order_shipped_at", "shipped"),
        ("closed", "closed"),
        ("deleted_at", "deleted"),
        ("expected_delivery_date", None),
        ("email_verified_at", None),
        ("updated_at", None),
        ("birth_date", None),
        ("expires_at", None),
    ],
)
def test_times(name: str, event: str | None) -> None:
    found = event_column(date_time(name), "orders")
    assert (found.event, found.role) == (event, TIME) if found else event is None


@pytest.mark.parametrize(
    ("name", "event"), [("is_paid", "paid"), ("paid", "paid"), ("is_active", "activated"), ("is_admin", None), ("email_verified", None)]
)
def test_flags(name: str, event: str | None) -> None:
    found = event_column(tiny(name, type_text="tinyint(1)"), "orders")
    assert (found.event, found.role) == (event, FLAG) if found else event is None


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("cancel_reason", "cancelled"),
        ("cancellation_reason", "cancelled"),
        ("rejection_note", "rejected"),
        ("last_error", "failed"),
        ("tracking_number", "shipped"),
        ("answer", "answered"),
        ("shipping_address", None),
        ("payment_method", None),
        ("order_status", None),
        ("description", None),
    ],
)
def test_details(name: str, event: str | None) -> None:
    found = event_column(text(name, nullable=True), "orders")
    assert (found.event, found.role) == (event, DETAIL) if found else event is None


def test_who_did_it() -> None:
    found = event_column(integer("cancelled_by", nullable=True), "orders")
    assert found is not None
    assert (found.event, found.role) == ("cancelled", DETAIL)
    assert event_column(integer("created_by", nullable=True), "orders") is None


def test_the_time_at_which_a_row_begins() -> None:
    assert created([date_time("paid_at"), date_time("ordered_at"), date_time("created_at")]) == date_time("created_at")
    assert created([date_time("paid_at"), date_time("ordered_at")]) == date_time("ordered_at")
    assert created([date_time("paid_at"), text("created_at")]) == date_time("paid_at")
    assert created([date_time("birthday")]) is None
    assert created([date_time("last_seen_at"), date_time("retired_at"), date_time("installed_at")]) == date_time("installed_at")
