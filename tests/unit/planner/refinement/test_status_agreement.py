"""A status decides which times, flags and details of its row are set, whatever the CHECKs say about them."""

from dataclasses import replace

import pytest
from support.believable_columns import CREATED, boolean, moment, none_of, orders, rows, share
from support.small_schemas import flag, integer, table, text, tiny

# Not MariaDB's spelling, but both servers print these terms
CHECKS = (
    (),
    ("`status` <> 'shipped' or `shipped_at` is not null",),
    ("(`status` = 'cancelled') = (`cancelled_at` is not null)",),
    ("`paid_at` is null or `paid_at` >= `created_at`", "`shipped_at` >= `paid_at`"),
    ("`updated_at` >= `created_at`", "`cancelled_at` > `created_at`"),
    ("`status` <> 'cancelled' or `cancel_reason` is not null", "`status` = 'cancelled' or `cancelled_by` is null"),
)

LIFECYCLE = (
    "(paid_at IS NOT NULL) <> (status IN ('paid', 'shipped', 'delivered', 'refunded'))",
    "(shipped_at IS NOT NULL) <> (status IN ('shipped', 'delivered'))",
    "(delivered_on IS NOT NULL) <> (status = 'delivered')",
    "(cancelled_at IS NOT NULL) <> (status = 'cancelled')",
    "(cancel_reason IS NOT NULL) <> (status = 'cancelled')",
    "(cancelled_by IS NOT NULL) <> (status = 'cancelled')",
    "(tracking_number IS NOT NULL) <> (status IN ('shipped', 'delivered'))",
    "(is_paid = 1) <> (paid_at IS NOT NULL)",
    "(payment_status = 'paid') <> (status IN ('paid', 'shipped', 'delivered'))",
    "(payment_status = 'refunded') <> (status = 'refunded')",
)

IN_ORDER = (
    "paid_at < created_at",
    "shipped_at < paid_at",
    "delivered_on < CAST(shipped_at AS DATE)",
    "cancelled_at < created_at",
    "updated_at < GREATEST(created_at, paid_at, shipped_at, cancelled_at)",
    "CAST(updated_at AS DATE) < delivered_on",
)


@pytest.mark.parametrize("checks", CHECKS, ids=[" and ".join(checks) or "none" for checks in CHECKS])
def test_times_and_details_agree_with_the_status(checks: tuple[str, ...]) -> None:
    frame = rows(orders(*checks))
    assert [condition for condition in (*LIFECYCLE, *IN_ORDER) if not none_of(frame, condition)] == []
    assert 0.5 < share(frame, "status = 'delivered'") < 0.95


def test_a_check_comes_before_what_the_words_say() -> None:
    frame = rows(orders("`status` <> 'new' or `paid_at` is not null"))
    assert none_of(frame, "status = 'new' AND paid_at IS NULL")
    assert none_of(frame, "status = 'cancelled' AND paid_at IS NOT NULL")


def test_a_check_leaves_statuses_out() -> None:
    frame = rows(orders("`status` in ('new','paid','delivered')"))
    assert set(frame["status"]) == {"new", "paid", "delivered"}
    assert none_of(frame, "(paid_at IS NULL) <> (status = 'new')")
    assert none_of(frame, "(shipped_at IS NULL) <> (status <> 'delivered')")


def test_codes_that_a_comment_explains() -> None:
    state = tiny("state", comment="0 = queued, 1 = running, 2 = succeeded, 3 = failed")
    times = (
        integer("created"),
        integer("started", nullable=True),
        integer("finished_at", nullable=True),
        text("last_error", nullable=True),
    )
    frame = rows(table("jobs", state, *times))
    assert set(frame["state"]) == {0, 1, 2, 3}
    for condition in (
        "(started IS NOT NULL) <> (state > 0)",
        "(finished_at IS NOT NULL) <> (state >= 2)",
        "(last_error IS NOT NULL) <> (state = 3)",
        "started < created OR finished_at < started",
    ):
        assert none_of(frame, condition), condition


def test_the_words_of_a_status_are_events() -> None:
    state = tiny("status", comment="0=draft,1=calculated,2=signed,3=paid")
    frame = rows(table("runs", state, CREATED, *map(moment, ("calculated_at", "signed_at", "paid_at"))))
    for condition in (
        "(calculated_at IS NOT NULL) <> (status > 0)",
        "(signed_at IS NOT NULL) <> (status > 1)",
        "(paid_at IS NOT NULL) <> (status = 3)",
        "signed_at < calculated_at OR paid_at < signed_at",
    ):
        assert none_of(frame, condition), condition


def test_what_a_status_is_about_may_precede_its_events() -> None:
    frame = rows(table("customers", flag("kyc_status", "pending", "verified", "rejected"), CREATED, moment("kyc_verified_at")))
    assert none_of(frame, "(kyc_verified_at IS NOT NULL) <> (kyc_status = 'verified')")


def test_a_status_of_any_text_gets_the_words_of_its_times() -> None:
    frame = rows(table("orders", text("status", 20, default="NEW"), CREATED, moment("paid_at"), moment("cancelled_at")))
    assert set(frame["status"]) == {"NEW", "PAID", "SHIPPED", "DELIVERED", "CANCELLED"}
    assert none_of(frame, "(paid_at IS NULL) <> (status IN ('NEW', 'CANCELLED'))")
    assert none_of(frame, "(cancelled_at IS NOT NULL) <> (status = 'CANCELLED')")


def test_without_times_its_table_says_what_it_may_be() -> None:
    assert set(rows(table("tickets", text("status", 20)))["status"]) == {"open", "in_progress", "resolved", "closed"}


def test_other_columns_of_the_same_checks_agree_too() -> None:
    checks = (
        "(`status` = 'closed' and `rating` is not null) or (`status` <> 'closed' and `rating` is null)",
        "`rating` between 1 and 5",
        "`kind` <> 'x' or `note` is not null",
    )
    columns = (flag("status", "open", "closed"), integer("rating", nullable=True), flag("kind", "x", "y"), text("note", nullable=True))
    frame = rows(table("t", *columns, checks=checks))
    assert 0.8 < share(frame, "status = 'closed'") < 1


def test_a_flag_of_the_present_state_is_true_only_in_it() -> None:
    frame = rows(table("users", flag("status", "pending", "active", "suspended"), boolean("is_active")))
    assert none_of(frame, "(is_active = 1) <> (status = 'active')")


def test_times_that_must_be_set_are_in_order() -> None:
    frame = rows(
        table(
            "t", flag("status", "new", "paid", "shipped"), CREATED, *(replace(moment(n), nullable=False) for n in ("paid_at", "shipped_at"))
        )
    )
    assert none_of(frame, "paid_at < created_at OR shipped_at < paid_at")
