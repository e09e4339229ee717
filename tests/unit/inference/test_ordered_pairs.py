"""Pairs of ordered columns."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import polars as pl
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.column_values import ROWS, as_timestamp, dated, dated_column, fits_type, integer, number, numbers, text, within

from parloader.generation.context import ColumnContext
from parloader.generation.expressions import expression
from parloader.inference.ordered_pairs import later, pairs
from parloader.schema.checks.domains import Domain
from parloader.schema.model import ColumnSchema, ColumnType


def test_pairs_by_name_and_kind() -> None:
    columns = [
        dated_column("created_at"),
        dated_column("updated_at", ColumnType.TIMESTAMP),
        dated_column("start_date", ColumnType.DATE),
        dated_column("end_date", ColumnType.DATE),
        dated_column("valid_from"),
        dated_column("valid_until"),
        integer("min_price"),
        integer("max_price"),
        text("first_name"),
        text("last_name"),
        integer("from_id"),
        integer("to_id"),
        dated_column("end_time", ColumnType.TIME),
        dated_column("start_time", ColumnType.DATE),
    ]
    assert pairs(columns) == (
        ("created_at", "updated_at"),
        ("start_date", "end_date"),
        ("valid_from", "valid_until"),
        ("min_price", "max_price"),
    )


def together(first: ColumnSchema, second: ColumnSchema, domain: Domain, first_domain: Domain, least: int) -> Sequence[tuple[Any, Any]]:
    pair = later(first, second, domain, first_domain, strict=least > 0)
    assume(pair is not None)
    assert pair is not None
    context = ColumnContext(seed=1, table="t", column="a", rows=ROWS, pick=lambda pick, context: pl.lit(None))
    frame = pl.DataFrame({"i": range(ROWS)}).with_columns(expression(pair.earlier, context).alias(first.name))
    later_values = frame.select(expression(pair.later, context).alias("b"))["b"].to_list()
    return list(zip(frame[first.name].to_list(), later_values, strict=True))


counts = numbers().filter(
    lambda column: (
        column.kind in (ColumnType.INTEGER, ColumnType.YEAR) or (column.kind is ColumnType.DECIMAL and column.precision - column.scale > 3)
    )
)

bounds = st.builds(
    Domain,
    low=st.none() | st.integers(-10, 50),
    high=st.none() | st.integers(60, 3000),
    low_open=st.booleans(),
    high_open=st.booleans(),
    excluded=st.lists(st.integers(-2, 260), max_size=3).map(tuple),
)


@settings(max_examples=40, deadline=None)
@given(counts, bounds, bounds, st.integers(0, 1))
def test_the_later_number_is_not_less_and_within_its_domain(column: ColumnSchema, domain: Domain, first: Domain, least: int) -> None:
    for a, b in together(column, column, domain, first, least):
        assert b >= a if not least else b > a
        assert fits_type(column, number(b))
        assert within(domain, b, number)
        assert within(first, a, number)


@settings(max_examples=40, deadline=None)
@given(dated(), dated(), st.integers(0, 1))
def test_the_later_timestamp_is_not_before_and_within_its_domain(
    first: tuple[ColumnSchema, Domain], second: tuple[ColumnSchema, Domain], least: int
) -> None:
    for a, b in together(first[0], second[0], second[1], first[1], least):
        assert timedelta(seconds=least) <= b - a
        assert within(second[1], b, as_timestamp)
        assert within(first[1], a, as_timestamp)
