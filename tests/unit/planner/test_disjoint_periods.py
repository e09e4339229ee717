"""Application periods WITHOUT OVERLAPS: each row has one of its own, unless another column of the key differs in each row."""

from dataclasses import replace

import polars as pl
import pytest
from support.completed_plans import generator, valid
from support.small_schemas import foreign, infer, integer, primary, schema, table, tiny

from parloader.errors import Refused
from parloader.planner.request import CompletedPlan
from parloader.plans.generators import After, Unique
from parloader.schema.model import ColumnSchema, ColumnType, Schema, UniqueKey

DAY = ColumnSchema(name="since", kind=ColumnType.DATE, type_text="date")


def without_overlaps(*columns: str, name: str = "uq") -> UniqueKey:
    return UniqueKey(name=name, columns=(*columns, "until", "since"), period=("since", "until"))


def bookings(key: UniqueKey, *columns: ColumnSchema, kind: ColumnType = ColumnType.DATE, checks: tuple[str, ...] = ()) -> Schema:
    since = replace(DAY, kind=kind, type_text=kind.value)
    to = tuple(foreign(column.name, "room") for column in columns if column.name == "room_id")
    booking = table("booking", *columns, since, replace(since, name="until"), keys=(key,), to=to, checks=("`since` < `until`", *checks))
    return schema(booking, table("room"))


def overlapping(live: Schema, completed: CompletedPlan) -> int:
    """How many rows begin before the one before ends, after a check that the schema allows them all."""
    frame = valid(live, completed)["booking"].sort("since")
    assert (frame["since"] < frame["until"]).all()
    return int((frame["since"].slice(1) < frame["until"].head(frame.height - 1)).sum())


@pytest.mark.parametrize("kind", [ColumnType.DATE, ColumnType.DATETIME, ColumnType.TIMESTAMP])
def test_periods_follow_each_other_if_the_other_columns_have_few_values(kind: ColumnType) -> None:
    for live in (
        bookings(without_overlaps("room_id"), integer("room_id"), kind=kind),
        bookings(without_overlaps("floor"), tiny("floor"), kind=kind, checks=("floor < 3",)),
        bookings(without_overlaps("floor", name="PRIMARY"), tiny("floor"), kind=kind),
    ):
        completed = infer(live, "booking", 2_000)
        assert overlapping(live, completed) == 0
        assert isinstance(generator(completed, "booking", "until"), Unique)
        assert generator(completed, "booking", "since") == After(column="until", least=-1, most=-1)
        assert completed.plan.target.rows == 2_000


def test_they_may_overlap_if_another_column_differs_in_each_row() -> None:
    live = bookings(without_overlaps("number"), integer("number"))
    completed = infer(live, "booking")
    assert isinstance(generator(completed, "booking", "number"), Unique)
    assert overlapping(live, completed)


def test_periods_lie_where_checks_allow_them() -> None:
    live = bookings(without_overlaps("floor"), tiny("floor"), checks=("since >= '2024-03-01'", "until <= '2024-12-31'"))
    assert overlapping(live, infer(live, "booking", 300)) == 0
    days = valid(live, infer(live, "booking", 305))["booking"]
    assert (str(days["since"].min()), str(days["until"].max())) == ("2024-03-01", "2024-12-31")
    with pytest.raises(Refused, match="its unique key uq"):
        infer(live, "booking", 306)


def test_a_start_that_is_unique_as_well_follows_from_its_end() -> None:
    key = without_overlaps("floor")
    live = bookings(key, tiny("floor"))
    booking = live["booking"]
    live = {**live, "booking": replace(booking, unique_keys=(primary("id"), UniqueKey(name="begin", columns=("since",)), key))}
    assert overlapping(live, infer(live, "booking")) == 0
    assert isinstance(valid(live, infer(live, "booking"))["booking"], pl.DataFrame)
