"""Timestamps of a timeline: they follow docs/generators.md, and its laws."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from itertools import accumulate
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.columns import context, series

from parloader.generation.expressions import expression, needs
from parloader.generation.hashing import draw_number, stream
from parloader.plans.documents.generator_syntax import decode_generator
from parloader.plans.documents.mistakes import InvalidPlan
from parloader.plans.generators import Timeline
from parloader.plans.generators.times import HOURS, WEEKDAYS
from parloader.plans.intensity import intensity

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

DAY, HOUR = 86_400_000, 3_600_000


class Reference:
    """docs/generators.md, "Timelines", in plain Python."""

    def __init__(self, timeline: Timeline, rows: int) -> None:
        self.timeline, self.rows = timeline, rows
        self.offset = timeline.offset_seconds * 1000
        start = (datetime.fromisoformat(timeline.start).replace(tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1) + self.offset
        end = start + timeline.span_seconds * 1000
        self.first = start // DAY
        n = -(-end // DAY) - self.first
        digits = Context(prec=50)
        q = int(digits.multiply(digits.power(Decimal(repr(timeline.growth)), digits.divide(1, max(1, n - 1))), 2**96))
        f, weights = 2**96, []
        for number in range(n):
            day = date(1970, 1, 1) + timedelta(days=self.first + number)
            weekday = timeline.weekdays[day.weekday()] if timeline.weekdays else 1
            weights.append(f * weekday * (timeline.months[day.month - 1] if timeline.months else 1))
            f = f * q >> 96
        self.shares = [w and max(1, w * 2**34 // sum(weights)) for w in weights] + [0]
        self.days = [2**28 * sum(self.shares[:d]) for d in range(n + 1)]
        hours = timeline.hours or (1,) * 24
        self.hours = [2**28 * part // sum(hours) for part in accumulate(hours, initial=0)]
        self.start, self.end = self.position(start), self.position(end, up=False)

    def position(self, ms: int, *, up: bool = True) -> int:
        d, rest = divmod(ms - self.first * DAY, DAY)
        if not 0 <= d < len(self.days):
            return 0 if d < 0 else self.days[-1]
        h, z = divmod(rest, HOUR)
        product = z * (self.hours[h + 1] - self.hours[h])
        return self.days[d] + self.shares[d] * (self.hours[h] + (-(-product // HOUR) if up else product // HOUR))

    def time(self, p: int) -> int:
        """In milliseconds of UTC, or of the local time for dates."""
        d = max(d for d, begin in enumerate(self.days) if begin <= p)
        if self.timeline.unit == "d":
            return (self.first + d) * DAY
        r = (p - self.days[d]) // self.shares[d]
        h = max(h for h, begin in enumerate(self.hours) if begin <= r)
        z = (r - self.hours[h]) * HOUR // (self.hours[h + 1] - self.hours[h])
        return (self.first + d) * DAY + h * HOUR + z - self.offset

    def value(self, i: int, after: datetime | date | None = None) -> int:
        """In units after 1970-01-01."""
        unit = {"ms": 1, "s": 1000, "d": DAY}[self.timeline.unit]
        draw, again = (draw_number(i, stream(42, "t", "c", purpose)) for purpose in ("", "not_before"))
        total = self.end - self.start
        ordered = self.timeline.ordered
        p = self.start + (i * total // self.rows + draw * (total // self.rows) // 2**64 if ordered else draw * total // 2**64)
        if after is not None:
            x = self.units(after, unit)
            least = self.position(x * unit + (0 if unit == DAY else self.offset))
            if least >= self.end:
                return min(x + again % HOUR // unit, max(x, (253_402_300_800 - 1) * 1000 // unit))
            if self.timeline.within_seconds is not None:
                most = self.position(
                    (x * unit + (0 if unit == DAY else self.offset)) + self.timeline.within_seconds * 1000 + DAY * (unit == DAY)
                )
                least = max(least, self.start)
                p = least + again * max(0, min(most, self.end) - least) // 2**64
            elif p < least:
                p = least + again * (self.end - least) // 2**64
        return self.time(p) // unit

    @staticmethod
    def units(after: datetime | date, unit: int) -> int:
        if not isinstance(after, datetime):
            after = datetime(after.year, after.month, after.day)
        us = (after.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
        return us // (unit * 1000) if unit == DAY else -(-us // (unit * 1000))


weights = st.integers(0, 20)

timelines = st.builds(
    Timeline,
    start=st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).map(
        lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000).isoformat()
    ),
    span_seconds=st.integers(1, 30 * 86_400) | st.integers(1, 10**8),
    growth=st.sampled_from([1.0, 2.5, 0.1, 1e6, 1e-6]),
    hours=st.just(()) | st.tuples(*[weights] * 24),
    weekdays=st.just(()) | st.tuples(*[weights] * 7),
    months=st.just(()) | st.tuples(*[weights] * 12),
    ordered=st.booleans(),
    offset_seconds=st.sampled_from([0, 7200, -34_200, 49_500]),
    unit=st.sampled_from(["s", "ms", "d"]),
).filter(lambda t: all(sum(w) or not w for w in (t.hours, t.weekdays, t.months)) and intensity(t).stop > intensity(t).start)

afters = st.none() | st.datetimes(datetime(1890, 1, 1), datetime(2210, 1, 1)) | st.just(datetime(9999, 12, 31, 23, 59, 59))


def numbers(timeline: Timeline, rows: int, indices: list[int], **columns: pl.Series) -> list[int]:
    frame = pl.DataFrame({"i": pl.Series(indices, dtype=pl.Int64), **columns})
    found = frame.lazy().select(expression(timeline, context(rows=rows)).alias("c")).collect()["c"]
    return (found if timeline.unit == "d" else found.dt.epoch("s" if timeline.unit == "s" else "ms")).to_physical().to_list()


@settings(max_examples=60)
@given(timeline=timelines, rows=st.integers(1, 10**12), data=st.data())
def test_values_follow_the_specification(timeline: Timeline, rows: int, data: st.DataObject) -> None:
    indices = sorted(data.draw(st.lists(st.integers(0, rows - 1), min_size=1, max_size=8)))
    reference = Reference(timeline, rows)
    found = numbers(timeline, rows, indices)
    assert found == [reference.value(i) for i in indices]
    if timeline.ordered:
        assert found == sorted(found)


@settings(max_examples=60)
@given(timeline=timelines, after=st.lists(afters, min_size=1, max_size=6), unit=st.sampled_from(["us", "ms", "d"]))
def test_no_timestamp_is_before_those_of_the_row(timeline: Timeline, after: list[datetime | None], unit: Any) -> None:
    column = pl.Series(after, dtype=pl.Datetime("us")).cast(pl.Date if unit == "d" else pl.Datetime(unit))
    bound = Timeline(**{**vars(timeline), "not_before": ("other", "nothing")})
    rows, reference = len(after), Reference(timeline, len(after))
    found = numbers(bound, rows, list(range(rows)), other=column, nothing=pl.Series([None] * rows))
    assert found == [reference.value(i, other) for i, other in enumerate(column)]
    size = {"ms": 1, "s": 1000, "d": DAY}[timeline.unit]
    assert all(other is None or value >= Reference.units(other, size) for value, other in zip(found, column, strict=True))


@settings(max_examples=60)
@given(
    timeline=timelines,
    after=st.lists(afters, min_size=1, max_size=6),
    within=st.integers(0, 10**6) | st.integers(0, 10**9),
    unit=st.sampled_from(["us", "d"]),
)
def test_timestamps_within_a_time(timeline: Timeline, after: list[datetime | None], within: int, unit: Any) -> None:
    column = pl.Series(after, dtype=pl.Datetime("us")).cast(pl.Date if unit == "d" else pl.Datetime(unit))
    bound = Timeline(**{**vars(timeline), "not_before": ("other",), "within_seconds": within})
    rows, reference = len(after), Reference(bound, len(after))
    found = numbers(bound, rows, list(range(rows)), other=column)
    assert found == [reference.value(i, other) for i, other in enumerate(column)]
    size = {"ms": 1, "s": 1000, "d": DAY}[timeline.unit]
    assert all(other is None or value >= Reference.units(other, size) for value, other in zip(found, column, strict=True))


def test_office_hours_within_three_days() -> None:
    placed = pl.datetime_range(datetime(2024, 1, 1), datetime(2024, 11, 1), "97m", eager=True)
    bound = Timeline(
        start="2024-01-01",
        span_seconds=366 * 86_400,
        hours=HOURS["office"],
        weekdays=WEEKDAYS["workdays"],
        not_before=("at",),
        within_seconds=3 * 86_400,
    )
    frame = pl.DataFrame({"i": pl.int_range(len(placed), eager=True), "at": placed})
    found = frame.select("at", sent=expression(bound, context(rows=len(placed))))
    assert (found["sent"] - found["at"]).min() >= timedelta()  # type: ignore[operator]
    assert (found["sent"] - found["at"]).max() <= timedelta(days=3)  # type: ignore[operator]
    assert set(found["sent"].dt.weekday()) == {1, 2, 3, 4, 5}
    assert set(found["sent"].dt.hour()) <= set(range(6, 21))


def test_hours_weekdays_months_and_growth() -> None:
    """100,000 timestamps of four years, in the time zone of Berlin in winter."""
    hours, weekdays, months = (0,) * 8 + (1, 2, 3, 2, 1) + (0,) * 11, (2, 2, 2, 2, 2, 0, 0), (1,) * 11 + (3,)
    timeline = Timeline(
        start="2021-01-01", span_seconds=1461 * 86_400, growth=4.0, hours=hours, weekdays=weekdays, months=months, offset_seconds=3600
    )
    found = series(timeline, 100_000)
    assert found.is_sorted()
    local = found.dt.offset_by("1h")
    by_hour = Counter(local.dt.hour().to_list())
    assert {hour: by_hour[hour] / 100_000 for hour in range(24) if by_hour[hour]} == pytest.approx(
        {8: 1 / 9, 9: 2 / 9, 10: 3 / 9, 11: 2 / 9, 12: 1 / 9}, abs=0.005
    )
    by_weekday = Counter(local.dt.weekday().to_list())
    assert {day: by_weekday[day] / 100_000 for day in by_weekday} == pytest.approx(dict.fromkeys(range(1, 6), 0.2), abs=0.01)
    by_year = Counter(local.dt.year().to_list())
    assert by_year[2024] / by_year[2021] == pytest.approx(4 ** (3 / 4), rel=0.05)
    weight_of = {
        day: 4 ** (number / 1460) * weekdays[day.weekday()] * months[day.month - 1]
        for number in range(1461)
        if (day := date(2021, 1, 1) + timedelta(days=number))
    }
    by_month = Counter(local.dt.month().to_list())
    expected: dict[int, float] = defaultdict(float)
    for day, weight in weight_of.items():
        expected[day.month] += weight
    assert {month: by_month[month] / 100_000 for month in by_month} == pytest.approx(
        {month: weight / sum(weight_of.values()) for month, weight in expected.items()}, abs=0.005
    )


def test_dates_have_the_local_weekdays() -> None:
    timeline = Timeline(start="2024-01-01", span_seconds=366 * 86_400, weekdays=(1, 1, 1, 1, 1, 0, 0), offset_seconds=-18_000, unit="d")
    found = series(timeline, 5_000)
    assert found.dtype == pl.Date
    assert set(found.dt.weekday()) == {1, 2, 3, 4, 5}


def test_it_needs_the_columns_that_it_is_not_before() -> None:
    assert needs(Timeline(start="2024-01-01", span_seconds=1, not_before=("a", "b"))) == {"a", "b"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "`span` is missing"),
        ({"span": "0s"}, "no time of the span has a weight"),
        ({"span": "1d", "hours": [0] * 24}, "every weight of `hours` is 0"),
        ({"span": "1d", "weekdays": [0, 1, 1, 1, 1, 1, 1]}, "no time of the span has a weight"),
        ({"span": "1d", "weekdays": [1, 2]}, "Give 7 weights, or one of workdays, office, weekend"),
        ({"span": "1d", "weekdays": "offce"}, "or one of workdays, office, weekend. Did you mean office?"),
        ({"span": "1d", "hours": "lunch"}, "Give 24 weights, or one of office, online, evening"),
        ({"span": "36526d"}, "the time span exceeds 36,525 days"),
        ({"span": "9999999d"}, "ends after the year 9999"),
        ({"span": "1d", "growth": 0}, "`growth` is 0. Give a number"),
        ({"span": "1d", "offset": "Berlin"}, '`offset` is "Berlin". Give a time zone as hours and minutes east of UTC'),
        ({"span": "1d", "not_before": []}, "`not_before` is []. Give a column or a list of columns"),
        ({"span": "1d", "within": "3d"}, "it has `within` without `not_before`"),
        ({"span": "1d", "ordered": 1}, "`ordered` is 1. Give true or false"),
    ],
)
def test_mistakes(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidPlan) as caught:
        decode_generator({"timeline": "2024-01-01", **options})
    assert message in str(caught.value)
