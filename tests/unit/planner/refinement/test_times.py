"""Times of a row follow each other, and rows begin at the hours and on the days of their trade."""

from datetime import datetime

import pytest
from support.believable_columns import CREATED, UPDATED, boolean, moment, none_of, planned, rows, share
from support.completed_plans import valid
from support.generated_rows import rows_of
from support.small_schemas import believe, flag, foreign, integer, schema, table, text

from parloader.schema.model import ColumnSchema, ColumnType

DATE, DATETIME, TIMESTAMP = ColumnType.DATE, ColumnType.DATETIME, ColumnType.TIMESTAMP


def test_rows_begin_in_their_order_by_day_more_than_at_night() -> None:
    created = rows(table("orders", CREATED))["created_at"]
    assert created.is_sorted()
    assert (created.dt.hour() < 6).mean() < 0.12  # type: ignore[operator]
    assert created.dt.date().n_unique() > 200
    assert (created > datetime(2024, 7, 1)).mean() > 0.55  # type: ignore[operator]


def test_offices_are_closed_at_weekends() -> None:
    created = rows(table("invoices", CREATED))["created_at"]
    assert (created.dt.weekday() > 5).mean() < 0.1  # type: ignore[operator]


@pytest.mark.parametrize("kind", [DATETIME, TIMESTAMP])
@pytest.mark.parametrize("digits", [0, 3, 6])
def test_rows_are_changed_after_they_were_created(kind: ColumnType, digits: int) -> None:
    columns = [moment(name, kind, nullable=False, fraction_digits=digits) for name in ("created_at", "updated_at")]
    frame = rows(table("t", *columns))
    assert none_of(frame, "updated_at < created_at")
    assert 0.1 < share(frame, "updated_at = created_at") < 0.9


def test_rows_that_never_changed_have_no_time_of_it() -> None:
    frame = rows(table("customers", CREATED, moment("updated_at"), flag("kyc_status", "pending", "verified"), moment("kyc_verified_at")))
    assert none_of(frame, "(updated_at IS NULL) <> (kyc_verified_at IS NULL) OR updated_at < kyc_verified_at")
    assert 0 < share(frame, "updated_at IS NULL") < 0.5


def test_events_without_a_status_are_sometimes_null_and_in_order() -> None:
    events = [moment(name) for name in ("deleted_at", "approved_at", "answered_at")]
    frame = rows(
        table(
            "reviews",
            CREATED,
            UPDATED,
            *events,
            boolean("is_deleted"),
            integer("answered_by", nullable=True),
            text("answer", nullable=True),
        )
    )
    assert none_of(
        frame, "approved_at < created_at OR answered_at < approved_at OR deleted_at < GREATEST(created_at, approved_at, answered_at)"
    )
    assert none_of(frame, "updated_at < GREATEST(created_at, approved_at, answered_at, deleted_at)")
    assert none_of(frame, "answered_at IS NOT NULL AND approved_at IS NULL")
    assert none_of(frame, "(answered_by IS NULL) <> (answered_at IS NULL) OR (answer IS NULL) <> (answered_at IS NULL)")
    assert none_of(frame, "(is_deleted = 1) <> (deleted_at IS NOT NULL)")
    assert share(frame, "deleted_at IS NULL") > 0.85
    assert 0.05 < share(frame, "approved_at IS NULL") < 0.4


@pytest.mark.parametrize(("first", "second"), [(DATETIME, DATE), (DATE, DATETIME), (DATE, DATE), (TIMESTAMP, DATETIME)])
def test_dates_and_timestamps_follow_each_other(first: ColumnType, second: ColumnType) -> None:
    frame = rows(table("orders", moment("created_at", first, nullable=False), moment("paid_at", second), moment("due_date", DATE)))
    assert none_of(frame, "CAST(paid_at AS DATE) < CAST(created_at AS DATE) OR due_date < CAST(created_at AS DATE)")


def test_seconds_since_1970() -> None:
    frame = rows(table("t", *(integer(name) for name in ("created_at", "expires_at"))))
    assert frame["created_at"].is_sorted()
    assert none_of(frame, "created_at < 1700000000 OR created_at > 1740000000 OR expires_at < created_at")


def test_integers_that_count_from_1970_by_their_names_or_comments() -> None:
    names = integer("started_epoch", nullable=True), integer("added_at", comment="Unix epoch, ms", max_value=2**63 - 1)
    frame = rows(table("t", *names))
    assert none_of(frame, "started_epoch < 1700000000 OR added_at < 1700000000000")


def test_details_of_an_event_whose_time_a_check_limits() -> None:
    check = "`acknowledged_at` is null or `acknowledged_at` >= `raised_at`"
    frame = rows(
        table(
            "alerts",
            moment("raised_at", nullable=False),
            moment("acknowledged_at"),
            text("acknowledged_by", nullable=True),
            checks=(check,),
        )
    )
    assert none_of(frame, "(acknowledged_at IS NULL) <> (acknowledged_by IS NULL)")
    assert frame["raised_at"].is_sorted()


def test_an_event_that_a_check_ties_to_a_flag_comes_after_the_row() -> None:
    check = "`is_archived` = 0 and `archived_at` is null or `is_archived` = 1 and `archived_at` is not null"
    frame = rows(table("projects", CREATED, boolean("is_archived"), moment("archived_at"), checks=(check,)))
    assert none_of(frame, "archived_at < created_at")


def test_logins_come_after_the_registration() -> None:
    frame = rows(table("users", CREATED, moment("last_login_at"), moment("birth_date", DATE)))
    assert none_of(frame, "last_login_at < created_at")
    assert frame["birth_date"].drop_nulls().dt.year().max() <= 2005  # type: ignore[operator]


def test_times_of_day_are_in_order() -> None:
    frame = rows(table("opening", *(moment(name, ColumnType.TIME) for name in ("opens_at", "closes_at", "start_time", "end_time"))))
    assert none_of(frame, "closes_at <= opens_at OR end_time <= start_time")


@pytest.mark.parametrize("status", [(), (flag("status", "scheduled", "confirmed", "completed", "cancelled", "no_show"),)])
def test_appointments_begin_days_after_they_were_made(status: tuple[ColumnSchema, ...]) -> None:
    times = (moment("starts_at", nullable=False), moment("ends_at", nullable=False), moment("completed_at"), moment("cancelled_at"))
    frame = rows(table("appointments", *status, CREATED, *times, checks=("`ends_at` > `starts_at`",) if status else ()))
    assert none_of(frame, "starts_at <= created_at OR completed_at < starts_at OR cancelled_at < created_at")
    assert (frame["starts_at"].dt.minute() % 15 == 0).all()
    assert 8 <= frame["starts_at"].dt.hour().min() <= frame["starts_at"].dt.hour().max() <= 17  # type: ignore[operator]
    assert (frame["ends_at"] - frame["starts_at"]).dt.total_minutes().is_between(15, 120).all()


@pytest.mark.parametrize("check", ["`updated_at` >= `created_at`", "`ends_at` > `starts_at`"])
def test_checks_hold(check: str) -> None:
    frame = rows(table("t", CREATED, UPDATED, moment("starts_at", nullable=False), moment("ends_at", nullable=False), checks=(check,)))
    assert none_of(frame, "updated_at < created_at OR ends_at < starts_at")


def test_a_check_limits_the_times() -> None:
    plan = planned(table("t", CREATED, UPDATED, checks=("`created_at` < '2024-03-01'",))).plan
    assert rows_of(plan)["t"]["created_at"].max() < datetime(2024, 3, 1)  # type: ignore[operator]


@pytest.mark.parametrize(("theirs", "mine"), [(DATE, DATETIME), (DATETIME, DATE), (TIMESTAMP, DATE)])
def test_rows_begin_after_parents_whose_dates_or_timestamps_differ_in_type(theirs: ColumnType, mine: ColumnType) -> None:
    accounts = table("accounts", moment("opened_on", theirs, nullable=False))
    cards = table("cards", integer("account_id"), moment("issued_at", mine, nullable=False), to=(foreign("account_id", "accounts"),))
    live = schema(accounts, cards)
    found = valid(live, believe(live, "cards", 2_000, parents={"accounts": 100}))
    pairs = found["cards"].join(found["accounts"], left_on="account_id", right_on="id")
    assert pairs.height == 2_000
    assert none_of(pairs, "CAST(issued_at AS TIMESTAMP) < CAST(opened_on AS TIMESTAMP)")
