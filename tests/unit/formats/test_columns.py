"""Values in files are those that the server shows: the same text as rows/server_text.py, which verify compares with the server's."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from parloader.formats.columns import FileColumn, file_columns
from parloader.formats.text import tsv_lines
from parloader.plans.generators import Const, Random, Unique, UniqueKind
from parloader.rows.server_text import rows_as_text
from parloader.schema.model import ColumnSchema, ColumnType, TableSchema


def column_of(values: pl.Series, schema: ColumnSchema | None, generator: Any = None) -> FileColumn:
    table = None if schema is None else TableSchema(name="t", columns=(schema,))
    (column,) = file_columns(values.to_frame(), {"c": generator or Const(value=None)}, table, ["c"])
    return column


def text_of(values: pl.Series, column: FileColumn) -> list[str]:
    frame = values.to_frame().with_columns(column.typed(values).alias("c"))
    assert frame.schema["c"] == column.dtype
    return tsv_lines(frame, [column]).decode().split("\n")[:-1]


@pytest.mark.parametrize(
    ("kind", "more", "dtype", "values", "expected"),
    [
        (ColumnType.INTEGER, {"type_text": "tinyint", "min_value": -128}, pl.Int64, [-128, 127], pl.Int8),
        (ColumnType.INTEGER, {"type_text": "bigint unsigned"}, pl.UInt64, [2**64 - 1], pl.UInt64),
        (ColumnType.INTEGER, {"type_text": "tinyint(1)", "min_value": -128}, pl.Boolean, [True, False], pl.Int8),
        (ColumnType.BIT, {"type_text": "bit(3)"}, pl.Int64, [5], pl.UInt64),
        (ColumnType.YEAR, {"type_text": "year"}, pl.Int64, [0, 1999], pl.Int16),
        (ColumnType.DECIMAL, {"precision": 8, "scale": 3}, pl.Decimal(38, 2), [Decimal("1.50")], pl.Decimal(8, 3)),
        (ColumnType.DECIMAL, {"precision": 5, "scale": 0}, pl.Int64, [12], pl.Decimal(5, 0)),
        (ColumnType.DECIMAL, {"precision": 65, "scale": 30}, pl.Decimal(38, 2), [Decimal("-1.50")], pl.String),
        (ColumnType.DECIMAL, {"precision": 6, "scale": 2}, pl.String, ["7.5", "8"], pl.Decimal(6, 2)),
        (ColumnType.REAL, {}, pl.Decimal(38, 2), [Decimal("12.25"), Decimal("3.00")], pl.Float64),
        (ColumnType.DATE, {}, pl.Datetime("ms"), [datetime(2024, 5, 6)], pl.Date),
        (ColumnType.DATE, {}, pl.String, ["2024-05-06", "0000-00-00"], pl.String),
        (ColumnType.DATETIME, {"fraction_digits": 1}, pl.Date, [date(2024, 5, 6)], pl.Datetime("us")),
        (ColumnType.TIMESTAMP, {"fraction_digits": 0}, pl.Datetime("us"), [datetime(2024, 5, 6, 7, 8, 9, 120_450)], pl.Datetime("us")),
        (ColumnType.DATETIME, {"fraction_digits": 3}, pl.String, ["2024-05-06 07:08:09.12", "0000-00-00 00:00:00"], pl.String),
        (ColumnType.TIME, {"fraction_digits": 2}, pl.String, ["-838:59:59.5", "30:00:00"], pl.String),
        (ColumnType.TEXT, {"fixed": True, "length": 9}, pl.String, ["padded  ", "x"], pl.String),
        (ColumnType.TEXT, {}, pl.Int64, [42], pl.String),
        (ColumnType.UUID, {}, pl.String, ["ABCDEF00-0000-4000-8000-000000000000"], pl.String),
        (ColumnType.ENUM, {}, pl.String, ["it's"], pl.String),
        (ColumnType.BYTES, {"fixed": True, "length": 4}, pl.Binary, [b"ab", b"abcd"], pl.Binary),
        (ColumnType.BYTES, {}, pl.String, ["text"], pl.Binary),
        (ColumnType.GEOMETRY, {}, pl.Binary, [b"\x00\x01"], pl.Binary),
    ],
)
def test_with_a_schema(kind: ColumnType, more: dict[str, Any], dtype: Any, values: list[Any], expected: Any) -> None:
    schema = ColumnSchema(**{"name": "c", "kind": kind, "type_text": "", **more})
    given = pl.Series("c", [*values, None], dtype=dtype)
    column = column_of(given, schema)
    assert column.dtype == expected
    shown = rows_as_text(given.to_frame(), [schema]).to_list()
    as_server = ["\\N" if text == "NULL" else text.removeprefix("x").strip("'").replace("''", "'") for text in shown]
    assert text_of(given, column) == as_server


@pytest.mark.parametrize(
    ("dtype", "values", "expected", "texts"),
    [
        (pl.Int64, [1], pl.Int64, ["1"]),
        (pl.Boolean, [True], pl.Int8, ["1"]),
        (pl.Decimal(38, 2), [Decimal("1.50")], pl.Decimal(38, 2), ["1.50"]),
        (pl.Datetime("ms"), [datetime(2024, 1, 1)], pl.Datetime("us"), ["2024-01-01 00:00:00"]),
        (pl.Datetime("ms"), [datetime(2024, 1, 1, 0, 0, 0, 5000)], pl.Datetime("us"), ["2024-01-01 00:00:00.005000"]),
        (pl.Null, [], pl.String, []),
    ],
)
def test_without_a_schema(dtype: Any, values: list[Any], expected: Any, texts: list[str]) -> None:
    given = pl.Series("c", [*values, None], dtype=dtype)
    column = column_of(given, None)
    assert column.dtype == expected
    assert text_of(given, column) == [*texts, "\\N"]


def test_times_of_a_day_have_a_type_of_their_own_and_longer_ones_are_text() -> None:
    schema = ColumnSchema(name="c", kind=ColumnType.TIME, type_text="time")
    given = pl.Series("c", ["08:00:00"])
    for generator, dtype in (
        (Random(form="time"), pl.Time()),
        (Unique(form=UniqueKind.TIME, low=0, high=86_399), pl.Time()),
        (Unique(form=UniqueKind.TIME, low=0, high=86_400), pl.String()),
        (Unique(form=UniqueKind.TIME, low=-1, high=10), pl.String()),
        (Const(value="08:00:00"), pl.String()),
    ):
        assert column_of(given, schema, generator).dtype == dtype
    assert column_of(given, None, Random(form="time")).dtype == pl.Time()
