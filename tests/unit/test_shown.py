from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parloader.loading.shown import literals, row_texts
from parloader.plans.shape import Column, Kind

MOMENT = datetime(2024, 5, 6, 7, 8, 9, 120_450)


def shown(values: list[Any], dtype: Any, kind: Kind, **more: Any) -> list[str]:
    column = Column(name="c", kind=kind, type_text="", **more)
    return row_texts(pl.DataFrame({"c": pl.Series(values, dtype=dtype)}), [column]).to_list()


@pytest.mark.parametrize(
    ("kind", "more", "dtype", "values", "expected"),
    [
        (Kind.INTEGER, {}, pl.UInt64, [0, 2**64 - 1], ["0", "18446744073709551615"]),
        (Kind.INTEGER, {}, pl.Boolean, [True, False], ["1", "0"]),
        (Kind.DECIMAL, {"scale": 2}, pl.Int64, [-12, 0], ["-12.00", "0.00"]),
        (Kind.DECIMAL, {"scale": 0}, pl.Decimal(38, 2), [Decimal("-12.00")], ["-12"]),
        (Kind.DECIMAL, {"scale": 4}, pl.Decimal(38, 2), [Decimal("-0.25")], ["-0.2500"]),
        (Kind.DECIMAL, {"scale": 1}, pl.Decimal(38, 2), [Decimal("-0.50")], ["-0.5"]),
        (Kind.DECIMAL, {"scale": 2}, pl.Float64, [0.25], ["0.25"]),
        (Kind.REAL, {}, pl.Decimal(38, 2), [Decimal("12.25"), Decimal("3.00")], ["12.25", "3"]),
        (Kind.REAL, {}, pl.Int64, [10**15, 10**14, -(10**15 - 1)], ["1e15", "100000000000000", "-999999999999999"]),
        (Kind.REAL, {}, pl.Float64, [-0.0, 1e20, 1.25e-16, 1e-15], ["0", "1e20", "1.25e-16", "0.000000000000001"]),
        (Kind.REAL, {"single": True}, pl.Float64, [0.1, 1e20], ["0.10000000149011612", "1.0000000200408773e20"]),
        (Kind.DATE, {}, pl.Date, [date(999, 1, 1)], ["'0999-01-01'"]),
        (Kind.DATE, {}, pl.Datetime("ms"), [datetime(2024, 5, 6)], ["'2024-05-06'"]),
        (Kind.DATE, {}, pl.String, ["2024-05-06"], ["'2024-05-06'"]),
        (Kind.DATETIME, {"fraction_digits": 1}, pl.Date, [date(2024, 5, 6)], ["'2024-05-06 00:00:00.0'"]),
        (Kind.TIMESTAMP, {"fraction_digits": 0}, pl.Datetime("us"), [MOMENT], ["'2024-05-06 07:08:09'"]),
        (Kind.DATETIME, {"fraction_digits": 3}, pl.Datetime("ms"), [MOMENT], ["'2024-05-06 07:08:09.120'"]),
        (Kind.DATETIME, {"fraction_digits": 6}, pl.Datetime("us"), [MOMENT], ["'2024-05-06 07:08:09.120450'"]),
        (Kind.TIME, {"fraction_digits": 3}, pl.String, ["-10:00:00", "1:02:03.5"], ["'-10:00:00.000'", "'1:02:03.500'"]),
        (Kind.TIME, {}, pl.String, ["838:59:59"], ["'838:59:59'"]),
        (Kind.TEXT, {"length": 9, "fixed": True}, pl.String, [" a'\\ "], ["' a''\\\\'"]),
        (Kind.TEXT, {"length": 9}, pl.String, ["a "], ["'a '"]),
        (Kind.TEXT, {}, pl.Int64, [1], ["'1'"]),
        (Kind.BYTES, {"length": 3, "fixed": True}, pl.Binary, [b"", b"a"], ["x'000000'", "x'610000'"]),
        (Kind.BYTES, {"length": 3}, pl.Binary, [b"a"], ["x'61'"]),
        (Kind.BYTES, {}, pl.String, ["é"], ["x'c3a9'"]),
        (Kind.GEOMETRY, {}, pl.Binary, [b"\0\1"], ["x'0001'"]),
        (Kind.UUID, {}, pl.String, ["0A"], ["'0a'"]),
    ],
)
def test_values_of_each_kind(kind: Kind, more: dict[str, Any], dtype: Any, values: list[Any], expected: list[str]) -> None:
    assert shown(values, dtype, kind, **more) == expected
    assert shown([*values, None], dtype, kind, **more) == [*expected, "NULL"]


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("rows", [0, 2])
def test_a_column_of_nulls(kind: Kind, rows: int) -> None:
    assert shown([None] * rows, pl.String, kind) == ["NULL"] * rows


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_a_real_number_keeps_every_bit(values: list[float]) -> None:
    assert [float(text) for text in shown(values, pl.Float64, Kind.REAL)] == values


@given(st.lists(st.integers(-(10**10), 10**10), min_size=1), st.integers(0, 6))
def test_a_decimal_has_the_digits_of_its_column(values: list[int], scale: int) -> None:
    decimals = [Decimal(value) / 4 for value in values]
    texts = shown(decimals, pl.Decimal(38, 2), Kind.DECIMAL, scale=max(2, scale))
    assert [Decimal(text) for text in texts] == decimals
    assert {len(text.partition(".")[2]) for text in texts} == {max(2, scale)}


def test_the_columns_come_in_the_order_of_the_view() -> None:
    frame = pl.DataFrame({"a": ["x"], "b": [1], "c": [2]})
    columns = [Column(name="b", kind=Kind.INTEGER, type_text=""), Column(name="a", kind=Kind.TEXT, type_text="")]
    assert frame.select(literals(frame, columns)).to_dicts() == [{"b": "1", "a": "'x'"}]
    assert row_texts(frame, columns).to_list() == ["1,'x'"]
