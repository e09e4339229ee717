"""Profiles of columns and foreign keys, against the definitions in Python."""

from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parloader.generation.profile import (
    BINS,
    MOST_FREQUENT,
    Reference,
    profile_children,
    profile_column,
    sampled,
    shown_value,
)
from parloader.plans.row_ranges import IndexRange

VALUES: dict[Any, Any] = {
    pl.Int64: st.integers(-(2**40), 2**40),
    pl.String: st.text(max_size=5),
    pl.Datetime("us"): st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1)),
    pl.Decimal(12, 2): st.decimals(-1000, 1000, places=2),
    pl.Binary: st.binary(max_size=3),
    pl.Boolean: st.booleans(),
}


@given(st.data())
def test_a_column(data: st.DataObject) -> None:
    dtype = data.draw(st.sampled_from(list(VALUES)))
    values = data.draw(
        st.lists(st.none() | VALUES[dtype], max_size=60)
        | st.lists(st.none() | st.sampled_from(data.draw(st.lists(VALUES[dtype], min_size=1, max_size=4))))
    )
    found = profile_column(pl.Series("c", values, dtype=dtype))
    present: list[Any] = sorted(value for value in values if value is not None)
    counts = Counter(present)
    assert (found.rows, found.nulls, found.distinct) == (len(values), values.count(None), len(counts))
    ends = (present[0], present[(len(present) - 1) // 2], present[-1]) if present else (None, None, None)
    assert (found.smallest, found.median, found.largest) == ends
    frequent = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_FREQUENT] if len(counts) < len(present) else []
    assert list(found.most_frequent) == frequent
    assert sum(each.rows for each in found.histogram) in (0, len(present))
    assert len(found.histogram) <= BINS
    for each in found.as_json()["most_frequent"]:  # type: ignore[attr-defined]
        assert 0 < each["share"] <= 1


@given(st.lists(st.none() | st.integers(0, 9), max_size=200), st.integers(10, 300))
def test_children(picked: list[int | None], parents: int) -> None:
    keys = pl.DataFrame({"parent_id": pl.Series(picked, dtype=pl.Int64), "other": pl.Series([1] * len(picked), dtype=pl.Int64)})
    found = profile_children(keys, Reference(columns=("parent_id", "other"), parent="parent"), parents, len(picked))
    counts = sorted([*Counter(value for value in picked if value is not None).values()], reverse=True)
    all_counts = sorted(counts + [0] * (parents - len(counts)))
    children = sum(counts)
    assert (found.parents, found.children, found.largest) == (parents, children, all_counts[-1])
    assert found.median == all_counts[(parents - 1) // 2]
    assert found.none_share == pytest.approx(all_counts.count(0) / parents)
    assert found.mean == pytest.approx(children / parents)
    assert found.top_share == pytest.approx(sum(counts[: max(1, round(parents / 100))]) / children if children else 0)
    assert sum(each.rows for each in found.histogram) == parents


def test_from_a_sample_of_the_children_it_does_not_say_how_many_parents_have_none() -> None:
    keys = pl.DataFrame({"parent_id": [1, 1, 2]})
    found = profile_children(keys, Reference(columns=("parent_id",), parent="parent"), 10, 300)
    assert (found.none_share, found.median, found.largest, found.histogram) == (None, None, None, ())
    assert (found.children, found.mean) == (300, 30.0)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 10**6)), min_size=1, max_size=4), st.integers(100, 50_000))
def test_a_sample_is_evenly_spread_over_the_rows(parts: list[tuple[int, int]], max_rows: int) -> None:
    ranges, start = [], 0
    for gap, rows in parts:
        ranges.append(IndexRange(start + gap, start + gap + rows))
        start += gap + rows
    found = sampled(ranges, max_rows)
    total = sum(part.rows for part in ranges)
    if total <= max_rows:
        assert found == tuple(ranges)
    else:
        assert 0 < sum(part.rows for part in found) <= max_rows
        assert found[0].start == ranges[0].start
        assert all(any(whole.start <= part.start and part.stop <= whole.stop for whole in ranges) for part in found)
        assert list(found) == sorted(found)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "NULL"),
        (b"\x01\xff", "0x01ff"),
        (Decimal("1.50"), "1.50"),
        (1.0, "1"),
        (datetime(2024, 2, 29, 1, 2, 3), "2024-02-29 01:02:03"),
    ],
)
def test_values_as_text(value: object, text: str) -> None:
    assert shown_value(value) == text
