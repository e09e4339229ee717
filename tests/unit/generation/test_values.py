"""The type and first values of each generator, literally: no version may change them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from support.columns import context, frame, pick, series, values

from parloader.generation.expressions import expression
from parloader.plans.generators import (
    After,
    Choice,
    Const,
    Cycle,
    Distribution,
    Exponential,
    Expr,
    Gamma,
    Generator,
    Geometric,
    Histogram,
    Lognormal,
    Normal,
    Pareto,
    Poisson,
    Provider,
    Random,
    Sequence,
    Spread,
    Template,
    Timeline,
    Uniform,
    Unique,
    UniqueKind,
    When,
    Zipf,
)
from parloader.plans.generators.times import HOURS, MONTHS, WEEKDAYS

YEAR = 366 * 86_400

# Generator, type, first values: recorded once, so that any change of generated rows is noticed
GOLDEN: list[tuple[Generator, Any, list[Any]]] = [
    (Const(value=5), pl.Int64, [5, 5, 5, 5]),
    (Const(value=None), pl.Null, [None, None, None, None]),
    (Const(value=b"ab"), pl.Binary, [b"ab", b"ab", b"ab", b"ab"]),
    (Const(value=1.5), pl.Float64, [1.5, 1.5, 1.5, 1.5]),
    (Const(value=True), pl.Boolean, [True, True, True, True]),
    (Const(value=2**64 - 1), pl.UInt64, [18446744073709551615, 18446744073709551615, 18446744073709551615, 18446744073709551615]),
    (Cycle(values=("a", None, "b"), every=2), pl.String, ["a", "a", None, None]),
    (Choice(values=("a", "b", None)), pl.String, ["b", None, "a", "b"]),
    (Choice(values=(1, 2.5), weights=(1, 9)), pl.Float64, [2.5, 1.0, 2.5, 2.5]),
    (Uniform(low=-5, high=5), pl.Int64, [-2, 1, 4, 3]),
    (Uniform(low="0.00", high="99.5"), pl.Decimal(38, 2), [Decimal("78.79"), Decimal("72.29"), Decimal("70.02"), Decimal("58.93")]),
    (Uniform(low="2024-01-01", high="2024-12-31"), pl.Date, [date(2024, 12, 3), date(2024, 7, 19), date(2024, 4, 30), date(2024, 4, 10)]),
    (
        Uniform(low="2024-01-01T00:00:00", high="2024-12-31T23:59:59Z"),
        pl.Datetime("us"),
        [datetime(2024, 3, 3, 0, 54, 1), datetime(2024, 9, 24, 7, 43, 50)],
    ),
    (Normal(mean=100, deviation=15), pl.Int64, [122, 109, 95, 87]),
    (
        Normal(mean=100.5, deviation=15, scale=2, low=90.0, high=110.0),
        pl.Decimal(38, 2),
        [Decimal("110.00"), Decimal("109.57"), Decimal("95.13"), Decimal("90.00")],
    ),
    (Zipf(count=1000, exponent=1.1), pl.Int64, [14, 1, 5, 137]),
    (Zipf(count=10**9), pl.Int64, [39880, 15, 1713, 14912452]),
    (Sequence(start=5, step=-2, every=2, count=2), pl.Int64, [5, 5, 3, 3]),
    (
        Spread(start="2024-01-01T00:00:00Z", span_seconds=86_400),
        pl.Datetime("us"),
        [datetime(2024, 1, 1, 0, 0), datetime(2024, 1, 1, 0, 1, 26)],
    ),
    (
        Spread(start="2024-01-01T01:00:00+01:00", span_seconds=1, unit="ms"),
        pl.Datetime("ms"),
        [datetime(2024, 1, 1, 0, 0), datetime(2024, 1, 1, 0, 0, 0, 1000)],
    ),
    (
        Spread(start="2024-01-01", span_seconds=86_400_000, unit="d"),
        pl.Date,
        [date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4)],
    ),
    (pick(), pl.Int64, [2, 3, 4, 5]),
    (pick(distribution=Distribution.UNIFORM), pl.Int64, [2, 4, 0, 3]),
    (pick(distribution=Distribution.ZIPF), pl.Int64, [1, 0, 0, 3]),
    (pick(distribution=Distribution.EARLIER), pl.Int64, [None, 0, 1, 0]),
    (Unique(form=UniqueKind.INTEGER, low=-1, high=10**6), pl.Int64, [-1, 0, 1, 2]),
    (
        Unique(form=UniqueKind.DECIMAL, low=-1, high=10**6, scale=2),
        pl.Decimal(38, 2),
        [Decimal("-0.01"), Decimal("0.00"), Decimal("0.01"), Decimal("0.02")],
    ),
    (Unique(form=UniqueKind.TEXT, length=5, prefix="a-", suffix="z"), pl.String, ["a-00000z", "a-00001z", "a-00002z", "a-00003z"]),
    (Unique(form=UniqueKind.BYTES, length=3, prefix="FF"), pl.Binary, [b"\xff\x00\x00", b"\xff\x00\x01", b"\xff\x00\x02", b"\xff\x00\x03"]),
    (Unique(form=UniqueKind.UUID), pl.String, ["00000000-0000-4000-8000-000000000000", "00000000-0000-4000-8000-000000000001"]),
    (Unique(form=UniqueKind.INET4), pl.String, ["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3"]),
    (Unique(form=UniqueKind.INET6), pl.String, ["2001:db8:1000:1000:1000:1000:1000:1000", "2001:db8:1000:1000:1000:1000:1000:1001"]),
    (Unique(form=UniqueKind.DATE, low=-1, high=10**6), pl.Date, [date(1969, 12, 31), date(1970, 1, 1), date(1970, 1, 2), date(1970, 1, 3)]),
    (
        Unique(form=UniqueKind.DATETIME, low=-1, high=10**6),
        pl.Datetime("us"),
        [datetime(1969, 12, 31, 23, 59, 59), datetime(1970, 1, 1, 0, 0)],
    ),
    (Unique(form=UniqueKind.TIME, low=-1, high=10**6), pl.String, ["-00:00:01", "00:00:00", "00:00:01", "00:00:02"]),
    (Unique(form=UniqueKind.VALUES, values=tuple(range(1000, 0, -1))), pl.Int64, [1000, 999, 998, 997]),
    (Provider(name="email", null_share=0.5), pl.String, ["justin.woods@example.net", "laura.heath@example.org", None, None]),
    (Provider(name="city", length=8), pl.String, ["Huntland", "Johnbury", "Hoodport", "Leeburgh"]),
    (
        Provider(name="point", srid=4326),
        pl.Binary,
        [
            b"\xe6\x10\x00\x00\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\xa86\xc0\x00\x00\x00\x00\x00\xf87\xc0",
            b"\xe6\x10\x00\x00\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x92E\xc0\x00\x00\x00\x00\x00\nA@",
        ],
    ),
    (Provider(name="vector", length=2), pl.Binary, [b"\x00\x00\xf8>\x00\x00\x08\xbf", b"\x00\x00H>\x00\x00\x00>"]),
    (Random(form="letters", length=7), pl.String, ["afdvsmp", "ecqsouk", "zayycyc", "pgvbqfg"]),
    (Random(form="letters", length=7, least=0), pl.String, ["afdvsm", "ec", "z", "p"]),
    (Random(form="digits", length=7), pl.String, ["3677793", "5436727", "5036542", "2341372"]),
    (Random(form="hex", length=7), pl.String, ["584d45f", "968c385", "e2ccdf5", "1085450"]),
    (Random(form="bytes", length=3), pl.Binary, [b"XME", b"\x96\x8c8", b"\xe2\xcc\xdf", b"\x10\x85E"]),
    (Random(form="uuid"), pl.String, ["584d45fc-b573-4ac1-a5f8-5a45c100c619", "968c3858-bb02-4001-9f59-3c5058aea0c7"]),
    (Random(form="inet4"), pl.String, ["10.24.88.169", "10.119.208.54", "10.83.240.50", "10.134.230.152"]),
    (Random(form="inet6"), pl.String, ["2001:db8:884d:65fc:a573:4ac1:55f8:9a45", "2001:db8:168c:2858:4b02:b001:3f59:bc50"]),
    (Random(form="time"), pl.String, ["00:54:01", "07:43:50", "18:00:18", "09:02:16"]),
    (Random(form="bits", length=8), pl.Int64, [195, 128, 149, 11]),
    (Random(form="bits", length=64), pl.UInt64, [14079418694926620841, 9252832211528831030, 10770242649032224818, 825316352289334936]),
    (Template(text="{i:03}-{text}{{}}"), pl.String, ["000-even{}", None, "002-even{}", None]),
    (Template(text=""), pl.String, ["", "", "", ""]),
    (When(condition="number < 2", then=Const(value=1), otherwise=Expr(sql="i * 2")), pl.Int64, [1, 1, 4, 6]),
    (When(condition="text = 'even'", then=Uniform(low=1, high=9)), pl.Int64, [5, None, 2, None]),
    (Expr(sql="i * 2 + number"), pl.Int64, [0, 3, 6, 9]),
    (After(column="number", most=3), pl.Int64, [1, 3, 4, 3]),
    (After(column="price", least=-1, most=100), pl.Decimal(38, 2), [Decimal("1.80"), Decimal("1.93"), Decimal("2.03"), Decimal("2.01")]),
    (After(column="day", least=1, most=2), pl.Date, [date(2024, 3, 1), date(2024, 2, 29), date(2024, 2, 29), date(2024, 2, 29)]),
    (
        After(column="moment", least=1, most=3600, null_share=0.2),
        pl.Datetime("us"),
        [datetime(2024, 2, 29, 0, 54, 1), datetime(2024, 2, 29, 0, 43, 50)],
    ),
    (
        Lognormal(median=49.9, sigma=0.8, scale=2),
        pl.Decimal(38, 2),
        [Decimal("88.54"), Decimal("50.06"), Decimal("59.11"), Decimal("12.83")],
    ),
    (Lognormal(median=1000, sigma=3, high=9000), pl.Int64, [8588, 1012, 1888, 6]),
    (Exponential(mean=90), pl.Int64, [130, 63, 79, 4]),
    (Gamma(mean=90, shape=2.5, scale=1), pl.Decimal(38, 1), [Decimal("122.2"), Decimal("78.5"), Decimal("90.0"), Decimal("19.6")]),
    (Gamma(mean=90, shape=0.5), pl.Int64, [126, 41, 60, 0]),
    (Pareto(least=10, exponent=1.16, scale=2), pl.Decimal(38, 2), [Decimal("34.62"), Decimal("18.22"), Decimal("21.29"), Decimal("10.40")]),
    (Poisson(mean=3.2), pl.Int64, [4, 3, 3, 1]),
    (Poisson(mean=5000), pl.Int64, [5051, 5000, 5015, 4880]),
    (Geometric(mean=1.5), pl.Int64, [2, 1, 1, 0]),
    (
        Histogram(edges=(0, 10, "99.5"), weights=(3, 1), scale=2),
        pl.Decimal(38, 2),
        [Decimal("6.50"), Decimal("2.24"), Decimal("5.02"), Decimal("3.26")],
    ),
    (
        Histogram(edges=("2024-01-01", "2024-02-01", "2025-01-01")),
        pl.Date,
        [date(2024, 9, 14), date(2024, 1, 23), date(2024, 1, 1), date(2024, 1, 25)],
    ),
    (Normal(mean="1985-06-01", deviation="4000d"), pl.Date, [date(2001, 3, 28), date(1992, 1, 15), date(1981, 6, 30), date(1975, 10, 8)]),
    (
        Timeline(start="2024-01-01", span_seconds=YEAR),
        pl.Datetime("us"),
        [datetime(2024, 1, 1, 6, 42, 15), datetime(2024, 1, 1, 13, 11, 24)],
    ),
    (
        Timeline(
            start="2024-01-01T05:30:00+05:30",
            span_seconds=YEAR,
            growth=2.5,
            hours=HOURS["online"],
            weekdays=WEEKDAYS["office"],
            months=MONTHS["retail"],
            offset_seconds=7200,
            ordered=False,
            unit="ms",
        ),
        pl.Datetime("ms"),
        [datetime(2024, 11, 25, 6, 52, 0, 155000), datetime(2024, 9, 18, 17, 17, 24, 54000)],
    ),
    (
        Timeline(start="2024-01-01", span_seconds=YEAR, hours=HOURS["office"], not_before=("moment",)),
        pl.Datetime("us"),
        [datetime(2024, 3, 6, 14, 13, 1), datetime(2024, 8, 14, 13, 19, 39)],
    ),
    (
        Timeline(
            start="2024-01-01", span_seconds=YEAR, weekdays=WEEKDAYS["weekend"], unit="d", not_before=("day",), within_seconds=86_400 * 9
        ),
        pl.Date,
        [date(2024, 2, 28), date(2024, 3, 3)],
    ),
    (
        After(column="moment", least="1h30m", within_seconds=86_400),
        pl.Datetime("us"),
        [
            datetime(2024, 2, 29, 13, 44, 52),
            datetime(2024, 2, 29, 9, 28, 45),
            datetime(2024, 2, 29, 13, 2, 49),
            datetime(2024, 2, 29, 2, 13, 42),
        ],
    ),
    (After(column="day", most="30d"), pl.Date, [date(2024, 3, 4), date(2024, 3, 5), date(2024, 3, 26), date(2024, 3, 2)]),
]


@pytest.mark.parametrize(
    ("generator", "dtype", "first"), GOLDEN, ids=lambda value: type(value).__name__ if isinstance(value, Generator) else ""
)
def test_first_values(generator: Generator, dtype: Any, first: list[Any]) -> None:
    column = series(generator)
    assert column.dtype == dtype
    assert column.to_list()[: len(first)] == first


@pytest.mark.parametrize("generator", [generator for generator, _, _ in GOLDEN], ids=lambda generator: type(generator).__name__)
def test_a_row_does_not_depend_on_its_batch(generator: Generator) -> None:
    whole = values(generator)
    assert [series(generator, start=start).to_list() for start in (0, 1, 500, 999)] == [whole, whole[1:], whole[500:], whole[999:]]
    lazy = frame(1000).lazy().with_columns(expression(generator, context()).alias("value")).collect()
    assert lazy["value"].to_list() == whole
