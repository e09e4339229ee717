from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parloader.rows.server_text import as_server_text, rows_as_text
from parloader.schema.model import ColumnSchema, ColumnType

TIMESTAMP = datetime(2024, 5, 6, 7, 8, 9, 120_450)


def shown(values: list[Any], dtype: Any, kind: ColumnType, **more: Any) -> list[str]:
    column = ColumnSchema(name="c", kind=kind, type_text="", **more)
    return rows_as_text(pl.DataFrame({"c": pl.Series(values, dtype=dtype)}), [column]).to_list()


@pytest.mark.parametrize(
    ("kind", "more", "dtype", "values", "expected"),
    [
        (ColumnType.INTEGER, {}, pl.UInt64, [0, 2**64 - 1], ["0", "18446744073709551615"]),
        (ColumnType.INTEGER, {}, pl.Boolean, [True, False], ["1", "0"]),
        (ColumnType.DECIMAL, {"scale": 2}, pl.Int64, [-12, 0], ["-12.00", "0.00"]),
        (ColumnType.DECIMAL, {"scale": 0}, pl.Decimal(38, 2), [Decimal("-12.00")], ["-12"]),
        (ColumnType.DECIMAL, {"scale": 4}, pl.Decimal(38, 2), [Decimal("-0.25")], ["-0.2500"]),
        (ColumnType.DECIMAL, {"scale": 1}, pl.Decimal(38, 2), [Decimal("-0.50")], ["-0.5"]),
        (ColumnType.DECIMAL, {"scale": 2}, pl.Float64, [0.25], ["0.25"]),
        (ColumnType.REAL, {}, pl.Decimal(38, 2), [Decimal("12.25"), Decimal("3.00")], ["12.25", "3"]),
        (ColumnType.REAL, {}, pl.Int64, [10**15, 10**14, -(10**15 - 1)], ["1e15", "100000000000000", "-999999999999999"]),
        (ColumnType.REAL, {}, pl.Float64, [-0.0, 1e20, 1.25e-16, 1e-15], ["0", "1e20", "1.25e-16", "0.000000000000001"]),
        (ColumnType.REAL, {"single": True}, pl.Float64, [0.1, 1e20], ["0.10000000149011612", "1.0000000200408773e20"]),
        (ColumnType.DATE, {}, pl.Date, [date(999, 1, 1)], ["'0999-01-01'"]),
        (ColumnType.DATE, {}, pl.Datetime("ms"), [datetime(2024, 5, 6)], ["'2024-05-06'"]),
        (ColumnType.DATE, {}, pl.String, ["2024-05-06"], ["'2024-05-06'"]),
        (ColumnType.DATETIME, {"fraction_digits": 1}, pl.Date, [date(2024, 5, 6)], ["'2024-05-06 00:00:00.0'"]),
        (ColumnType.TIMESTAMP, {"fraction_digits": 0}, pl.Datetime("us"), [TIMESTAMP], ["'2024-05-06 07:08:09'"]),
        (ColumnType.DATETIME, {"fraction_digits": 3}, pl.Datetime("ms"), [TIMESTAMP], ["'2024-05-06 07:08:09.120'"]),
        (ColumnType.DATETIME, {"fraction_digits": 6}, pl.Datetime("us"), [TIMESTAMP], ["'2024-05-06 07:08:09.120450'"]),
        (ColumnType.TIME, {"fraction_digits": 3}, pl.String, ["-10:00:00", "1:02:03.5"], ["'-10:00:00.000'", "'1:02:03.500'"]),
        (ColumnType.TIME, {}, pl.String, ["838:59:59"], ["'838:59:59'"]),
        (ColumnType.TEXT, {"length": 9, "fixed": True}, pl.String, [" a'\\ "], ["' a''\\\\'"]),
        (ColumnType.TEXT, {"length": 9}, pl.String, ["a "], ["'a '"]),
        (ColumnType.TEXT, {}, pl.Int64, [1], ["'1'"]),
        (ColumnType.BYTES, {"length": 3, "fixed": True}, pl.Binary, [b"", b"a"], ["x'000000'", "x'610000'"]),
        (ColumnType.BYTES, {"length": 3}, pl.Binary, [b"a"], ["x'61'"]),
        (ColumnType.BYTES, {}, pl.String, ["é"], ["x'c3a9'"]),
        (ColumnType.GEOMETRY, {}, pl.Binary, [b"\0\1"], ["x'0001'"]),
        (ColumnType.UUID, {}, pl.String, ["0A"], ["'0a'"]),
    ],
)
def test_values_of_each_kind(kind: ColumnType, more: dict[str, Any], dtype: Any, values: list[Any], expected: list[str]) -> None:
    assert shown(values, dtype, kind, **more) == expected
    assert shown([*values, None], dtype, kind, **more) == [*expected, "NULL"]


@pytest.mark.parametrize("kind", list(ColumnType))
@pytest.mark.parametrize("rows", [0, 2])
def test_a_column_of_nulls(kind: ColumnType, rows: int) -> None:
    assert shown([None] * rows, pl.String, kind) == ["NULL"] * rows


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_a_real_number_keeps_every_bit(values: list[float]) -> None:
    assert [float(text) for text in shown(values, pl.Float64, ColumnType.REAL)] == values


@given(st.lists(st.integers(-(10**10), 10**10), min_size=1), st.integers(0, 6))
def test_a_decimal_has_the_digits_of_its_column(values: list[int], scale: int) -> None:
    decimals = [Decimal(value) / 4 for value in values]
    texts = shown(decimals, pl.Decimal(38, 2), ColumnType.DECIMAL, scale=max(2, scale))
    assert [Decimal(text) for text in texts] == decimals
    assert {len(text.partition(".")[2]) for text in texts} == {max(2, scale)}


def test_the_columns_come_in_the_order_of_the_view() -> None:
    frame = pl.DataFrame({"a": ["x"], "b": [1], "c": [2]})
    columns = [ColumnSchema(name="b", kind=ColumnType.INTEGER, type_text=""), ColumnSchema(name="a", kind=ColumnType.TEXT, type_text="")]
    assert frame.select(as_server_text(frame, columns)).to_dicts() == [{"b": "1", "a": "'x'"}]
    assert rows_as_text(frame, columns).to_list() == ["1,'x'"]
