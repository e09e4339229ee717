"""The built-in plan against a second implementation of its specification, with loops, datetime and fractions."""

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parloader.builtin.plan import parameters, script_execution
from parloader.errors import UsageError
from parloader.generation.frames import generate
from parloader.generation.samples import samples
from parloader.plans.model import Plan, all_new
from parloader.plans.row_ranges import IndexRange, RowAllocation, RowKeys, batches

DATETIME_RANGE = datetime(1000, 1, 1), datetime(9999, 12, 31, 23, 59, 59)

COLUMNS = ("id", "script_reference_id", "script_version_id", "schedule_id", "planned", "triggering_event_id", "created_at")

KEY_START = {"script_reference": 11, "script_version": 101, "task_schedule": 1001, "event_trigger": 5001, "script_execution": 1}


class Case(NamedTuple):
    rows: int
    start: datetime
    span_seconds: int
    share: Decimal

    @property
    def plan(self) -> Plan:
        given = {"start": self.start.isoformat(), "span": f"{self.span_seconds}s", "scheduled_share": str(self.share)}
        return script_execution(self.rows, given)

    def row(self, i: int) -> tuple[Any, ...]:
        """Row `i` by the specification."""
        share = Fraction(self.share)
        scheduled_before = math.ceil(i * share)
        scheduled = math.ceil((i + 1) * share) > scheduled_before
        timestamp = self.start + timedelta(milliseconds=math.floor(Fraction(i * self.span_seconds * 1000, self.rows)))
        timestamp = timestamp.replace(microsecond=0)
        if scheduled:
            reference = i % 10
            return i + 1, 11 + reference, 101 + reference, 1001 + scheduled_before % 100, timestamp, None, timestamp + timedelta(seconds=1)
        triggered_before = i - scheduled_before
        trigger = triggered_before % 100
        reference = (2 * trigger + 1) % 10
        return i + 1, 11 + reference, 101 + reference, None, None, 5001 + trigger, timestamp


def rows_of(plan: Plan, starts: dict[str, int] = KEY_START) -> dict[str, RowAllocation]:
    return {table.name: all_new(table, starts.get(table.name, 1)) for table in plan.tables}


def executions(plan: Plan, rows: IndexRange) -> pl.DataFrame:
    return generate(plan, plan.target, rows, rows_of(plan))


@st.composite
def cases(draw: st.DrawFn, rows: st.SearchStrategy[int]) -> Case:
    start = draw(st.datetimes(datetime(1000, 1, 1), datetime(9990, 1, 1))).replace(microsecond=0)
    available_seconds = int((datetime(9999, 12, 1) - start).total_seconds())
    span_seconds = draw(st.integers(0, 400 * 86_400) | st.integers(0, available_seconds))
    share = draw(st.sampled_from(["0", "1", "0.5", "0.333333"]).map(Decimal) | st.decimals(0, 1, places=6))
    return Case(draw(rows), start, span_seconds, share)


@given(cases(st.integers(1, 300)))
def test_all_rows_match_the_specification(case: Case) -> None:
    frame = executions(case.plan, IndexRange(0, case.rows))
    assert frame.columns == list(COLUMNS)
    assert frame.rows() == [case.row(i) for i in range(case.rows)]


@given(cases(st.integers(1, 3_000_000_000)), st.data())
def test_a_row_matches_the_specification_at_any_index(case: Case, data: st.DataObject) -> None:
    i = data.draw(st.integers(0, case.rows - 1))
    assert executions(case.plan, IndexRange(i, i + 1)).rows() == [case.row(i)]


@pytest.mark.parametrize("rows", [1_000_000, 3_000_000_000, 10_000_000_000])
@pytest.mark.parametrize("span_seconds", [1, 365 * 86_400, 2_999_999_999, 250_000_000_000])
@pytest.mark.parametrize("share", ["0.5", "0.999999"])
def test_no_overflow_at_the_end_of_a_long_table(rows: int, span_seconds: int, share: str) -> None:
    case = Case(rows, datetime(1000, 1, 1), span_seconds, Decimal(share))
    assert executions(case.plan, IndexRange(rows - 5, rows)).rows() == [case.row(i) for i in range(rows - 5, rows)]


def test_the_first_rows_by_default() -> None:
    """Worked out by hand: 31,536 ms a row at a million rows."""
    frame = executions(script_execution(), IndexRange(0, 4))
    assert frame.rows() == [
        (1, 11, 101, 1001, datetime(2024, 1, 1, 0, 0, 0), None, datetime(2024, 1, 1, 0, 0, 1)),
        (2, 12, 102, None, None, 5001, datetime(2024, 1, 1, 0, 0, 31)),
        (3, 13, 103, 1002, datetime(2024, 1, 1, 0, 1, 3), None, datetime(2024, 1, 1, 0, 1, 4)),
        (4, 14, 104, None, None, 5002, datetime(2024, 1, 1, 0, 1, 34)),
    ]


def test_half_and_half_at_the_default() -> None:
    frame = executions(script_execution(), IndexRange(0, 1_000_000))
    assert frame["schedule_id"].count() == frame["planned"].count() == frame["triggering_event_id"].count() == 500_000
    by = {name: frame.group_by(name).len().drop_nulls()["len"].unique().to_list() for name in ("schedule_id", "triggering_event_id")}
    assert by == {"schedule_id": [5000], "triggering_event_id": [5000]}
    assert frame["script_reference_id"].n_unique() == 10


@given(cases(st.integers(1, 300)))
def test_the_share_of_scheduled_rows_is_the_requested_one(case: Case) -> None:
    scheduled = executions(case.plan, IndexRange(0, case.rows))["schedule_id"].count()
    assert scheduled == math.ceil(case.rows * Fraction(case.share))


@given(cases(st.integers(1, 300)))
def test_the_rules_of_the_plan_hold(case: Case) -> None:
    plan = case.plan
    version = generate(plan, plan.table("script_version"), IndexRange(0, 10), rows_of(plan))
    trigger = generate(plan, plan.table("event_trigger"), IndexRange(0, 100), rows_of(plan))
    reference_of_version = dict(version.select("id", "script_reference_id").rows())
    reference_of_trigger = dict(trigger.select("id", "script_reference_id").rows())
    for row in executions(plan, IndexRange(0, case.rows)).iter_rows(named=True):
        assert (row["schedule_id"] is None) != (row["triggering_event_id"] is None)
        assert reference_of_version[row["script_version_id"]] == row["script_reference_id"]
        if row["triggering_event_id"]:
            assert reference_of_trigger[row["triggering_event_id"]] == row["script_reference_id"]


@given(cases(st.integers(1, 200)), st.integers(1, 200), st.lists(st.integers(1, 10**9), min_size=10, max_size=10))
def test_rows_do_not_depend_on_batch_boundaries(case: Case, batch_rows: int, reference_keys: list[int]) -> None:
    plan = case.plan
    rows = rows_of(plan) | {"script_reference": RowAllocation(rows=10, new=(), keys=RowKeys.of(reference_keys))}
    whole = IndexRange(0, case.rows)
    pieces = [generate(plan, plan.target, batch, rows) for batch in batches(whole, lambda: batch_rows)]
    assert pl.concat(pieces).equals(generate(plan, plan.target, whole, rows))


def test_parents_come_before_children() -> None:
    names = [table.name for table in script_execution().tables]
    assert names == [
        "robot_account",
        "outgoing_event",
        "script_reference",
        "script_version",
        "task_schedule",
        "event_trigger",
        "script_execution",
    ]


START = datetime(2024, 1, 1)


@pytest.mark.parametrize(
    ("table", "rows", "first", "last"),
    [
        ("robot_account", 1, {}, {}),
        ("outgoing_event", 100, {}, {}),
        (
            "script_reference",
            10,
            {"name": "seed-script-1", "created_at": START},
            {"name": "seed-script-10"},
        ),
        (
            "script_version",
            10,
            {"script_reference_id": 11, "version": 1, "json": '{"steps":[]}', "created_at": START},
            {"script_reference_id": 20},
        ),
        (
            "task_schedule",
            100,
            {"schedule_id": 1, "robot_id": 1, "cron": "0 9 * * *", "next_fire_time": START, "status": "ACTIVE", "created_at": START},
            {"schedule_id": 100, "robot_id": 1, "next_fire_time": START + timedelta(hours=99)},
        ),
        (
            "event_trigger",
            100,
            {"outgoing_event_id": 1, "script_reference_id": 12, "created_at": START},
            {"outgoing_event_id": 100, "script_reference_id": 20},
        ),
    ],
)
def test_the_parent_seeds(table: str, rows: int, first: dict[str, Any], last: dict[str, Any]) -> None:
    plan = script_execution()
    frame = generate(plan, plan.table(table), IndexRange(0, plan.table(table).rows), rows_of(plan))
    assert frame.height == rows
    assert first.items() <= frame.row(0, named=True).items()
    assert last.items() <= frame.row(-1, named=True).items()


@pytest.mark.parametrize(
    ("start", "span"),
    [("1000-01-01", "0s"), ("1000-01-01", "469000w"), ("9999-12-27", "3600s"), ("9999-12-27T19:59:59", "0s")],
)
def test_every_timestamp_fits_a_datetime_column(start: str, span: str) -> None:
    for frame in samples(script_execution(10, {"start": start, "span": span})).values():
        for timestamps in frame.select(pl.col(pl.Datetime)).iter_columns():
            assert timestamps.is_between(*DATETIME_RANGE).all(), timestamps.name


def test_no_rows() -> None:
    plan = script_execution(0)
    assert executions(plan, IndexRange(0, 0)).height == 0


def test_defaults_in_canonical_text() -> None:
    assert parameters({}) == {"start": "2024-01-01T00:00:00Z", "span": "31536000s", "scheduled_share": "0.5"}


@pytest.mark.parametrize(
    ("name", "spellings"),
    [
        ("start", ["2020-02-29", "2020-02-29T00:00:00", "2020-02-29 00:00:00Z", "2020-02-29T02:00:00+02:00"]),
        ("start", ["1000-01-01", "1000-01-01T00:00:00"]),
        ("span", ["2w", "14d", "336h", "20160m", "1209600s"]),
        ("span", ["0s", "0w"]),
        ("scheduled_share", ["0.5", ".5", "0.500000", "5e-1"]),
        ("scheduled_share", ["0", "0.0", "0e3", "-0"]),
        ("scheduled_share", ["1", "1.0", "1.000000"]),
    ],
)
def test_spellings_of_a_value_have_one_canonical_text(name: str, spellings: list[str]) -> None:
    """Otherwise a second run would look like another plan in the ledger."""
    (text,) = {parameters({name: spelling})[name] for spelling in spellings}
    assert parameters({name: text})[name] == text


@given(st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31)))
def test_a_start_is_not_changed_by_its_canonical_text(start: datetime) -> None:
    start = start.replace(microsecond=0, tzinfo=UTC)
    assert datetime.fromisoformat(parameters({"start": start.isoformat()})["start"]) == start


@pytest.mark.parametrize("name", ["stat", "Start", "", "seed"])
def test_the_error_for_an_unknown_parameter_lists_the_valid_ones(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        parameters({"start": "2020-01-01", name: "1"})
    assert repr(name) in str(caught.value)
    assert all(valid in caught.value.next_step for valid in ("start", "span", "scheduled_share", "2024-01-01T00:00:00Z", "365d", "0.5"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("start", bad) for bad in ("", "yesterday", "0999-12-31", "10000-01-01", "2024-02-30", "2024-01-01T00:00:00.5")],
        *[("start", bad) for bad in ("1000-01-01T00:00:00+01:00", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00")],
        *[("span", bad) for bad in ("", "365", "d", "-1d", "1.5d", "1y", "1d 2h", "1234567890123s", "1d\n")],
        *[("scheduled_share", bad) for bad in ("", "half", "50%", "-0.1", "1.1", "nan", "inf", "0.1234567", "1/2")],
    ],
)
def test_the_error_for_an_invalid_value_describes_valid_ones(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"--set {name}=") as caught:
        parameters({name: value})
    assert f"{name} is the " in caught.value.next_step
    assert "default" in caught.value.next_step


@pytest.mark.parametrize(("start", "span"), [("9999-01-01", "365d"), ("1000-01-01", "999999999999w"), ("9999-12-31T23:59:59", "0s")])
def test_a_range_that_leaves_datetime_is_refused(start: str, span: str) -> None:
    with pytest.raises(UsageError, match="end after 9999-12-31"):
        script_execution(10, {"start": start, "span": span})
