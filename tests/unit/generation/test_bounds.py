"""Random values between bounds that differ from row to row."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from support.generated_rows import rows_of

from parloader.plans.documents.generator_syntax import decode_generator
from parloader.plans.documents.mistakes import InvalidPlan
from parloader.plans.model import Plan, Table


def generated(rows: int = 300, **columns: dict[str, Any]) -> pl.DataFrame:
    table = Table(name="t", rows=rows, columns={name: decode_generator(generator) for name, generator in columns.items()}, key=None)
    return rows_of(Plan(name="p", parameters={}, tables=(table,)))["t"]


def test_integers_lie_between_their_bounds() -> None:
    rows = generated(a={"uniform": [0, 5]}, b={"between": ["a - 2", "a"]})
    assert set(rows["a"] - rows["b"]) == {0, 1, 2}


def test_decimals_have_the_digits_of_the_finer_bound() -> None:
    rows = generated(price={"uniform": ["0.10", "9.99"]}, paid={"between": ["0.000", "price"]})
    assert rows.schema["paid"] == pl.Decimal(38, 3)
    assert rows.select(((pl.col("paid") >= 0) & (pl.col("paid") <= pl.col("price"))).all()).item()
    assert rows["paid"].n_unique() > 250


def test_bounds_are_rounded_inwards() -> None:
    rows = generated(
        price={"uniform": ["-9.99", "9.99"]}, low={"between": ["price", 20], "scale": 0}, high={"between": [-20, "price"], "scale": 0}
    )
    assert rows.schema["low"] == rows.schema["high"] == pl.Int64
    assert all(low >= price >= high for price, low, high in rows.iter_rows())
    close = generated(price={"uniform": ["-9.99", "9.99"]}, one={"between": ["price", "price + 0.99"], "scale": 0})
    assert all(price <= one <= price + Decimal("0.99") for price, one in close.iter_rows())


def test_dates_and_timestamps() -> None:
    rows = generated(
        sent={"uniform": ["2024-01-01", "2024-01-31"]},
        due={"between": ["sent + INTERVAL '1 day'", "2024-02-01"]},
        paid={"between": ["2024-01-01T00:00:30", "due"]},
    )
    for sent, due, paid in rows.iter_rows():
        assert sent < due <= date(2024, 2, 1)
        assert datetime(2024, 1, 1, 0, 0, 30) <= paid <= datetime.combine(due, datetime.min.time())
        assert (paid - datetime(2024, 1, 1, 0, 0, 30)) % timedelta(seconds=1) == timedelta(0)


def test_values_of_another_generator_are_used_if_they_fit() -> None:
    rows = generated(stock={"uniform": [0, 9]}, wanted={"between": [0, "stock"], "of": {"const": 5}})
    assert all(wanted == 5 if stock >= 5 else wanted <= stock for stock, wanted in rows.iter_rows())


def test_a_bound_that_is_null_gives_null() -> None:
    rows = generated(a={"uniform": [1, 9], "null_share": 0.5}, b={"between": [0, "a"]}, c={"between": [0, "NULL"]})
    assert (rows["a"].is_null() == rows["b"].is_null()).all()
    assert rows["c"].null_count() == 300


def test_the_values_are_a_function_of_the_row() -> None:
    columns: dict[str, dict[str, Any]] = {"a": {"uniform": [10, 99]}, "b": {"between": [0, "a"]}}
    assert generated(10, **columns)["b"].to_list() == generated(300, **columns)["b"].to_list()[:10]


@pytest.mark.parametrize(
    ("generator", "message"),
    [
        ({"between": [5, "i"]}, "in row 0: its lower bound 5 is above its upper bound 0"),
        ({"between": ["SQRT(i)", 99]}, "a bound of the type Float64"),
    ],
)
def test_bounds_that_give_no_value(generator: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidPlan, match=message):
        generated(a=generator)


def test_only_rows_that_use_the_value_need_bounds_in_order() -> None:
    rows = generated(a={"when": "i < 5", "then": {"between": ["i", 4]}, "else": {"between": [5, "i"]}})
    assert all(i <= a <= 4 if i < 5 else 5 <= a <= i for i, a in enumerate(rows["a"]))
    with pytest.raises(InvalidPlan, match="in row 5: its lower bound 5 is above its upper bound 4"):
        generated(a={"when": "i < 6", "then": {"between": ["i", 4]}, "else": {"const": 0}})
