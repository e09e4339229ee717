"""Which parent rows picks select: against the formulas in docs/generators.md, and by their shares."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.columns import pick
from unit.generation.test_permutations import reference as permuted

from parloader.generation.context import ColumnContext
from parloader.generation.hashing import draw_number, stream
from parloader.generation.relations.picks import Candidates, pick_index
from parloader.plans.generators import Distribution
from parloader.plans.row_ranges import IndexRange

TIERS = [(0, 12, 0, 100), (12, 40, 100, 900), (40, 80, 1000, 4000), (80, 100, 5000, 4500)]


def picked(rows: int, parents: int, part: IndexRange | None = None, **fields: Any) -> pl.Series:
    """The indices of the parents that the rows (of `rows`, those in `part`) pick."""
    context = ColumnContext(seed=42, table="t", column="c", rows=rows, pick=lambda _, __: pl.lit(None))
    part = part or IndexRange(0, rows)
    frame = pl.select(pl.int_range(part.start, part.stop, dtype=pl.Int64).alias("i"))
    return frame.lazy().select(pick_index(pick(**fields), context, Candidates(rows=parents))).collect().to_series()


def draw(i: int, purpose: str) -> int:
    return draw_number(i, stream(42, "t", "c", purpose))


def popular_place(i: int, n: int) -> int:
    d = draw(i, "pick")
    start, width = next((start, width) for low, high, start, width in TIERS if low <= d % 100 < high)
    rank = (n * start + d // 100 % (n * width)) // 10_000
    return permuted(rank, n, [draw(0, f"scramble/{k}") for k in range(4)])


@given(n=st.integers(1, 5000) | st.integers(1, 2**40), start=st.integers(0, 1000), every=st.integers(1, 3))
def test_popular_follows_its_specification(n: int, start: int, every: int) -> None:
    found = picked(2000, n, IndexRange(start, start + 5), distribution=Distribution.POPULAR, every=every)
    assert found.to_list() == [popular_place(i // every, n) for i in range(start, start + 5)]


@given(n=st.integers(1, 5000), rows=st.integers(1, 10_000), every=st.integers(1, 3), data=st.data())
def test_popular_and_growing_follows_its_specification(n: int, rows: int, every: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, rows - 1))
    part = IndexRange(start, min(rows, start + 5))

    def expected(i: int) -> int:
        k = i // every
        existing = max(1, n * (k * every + 1) // rows)
        u = draw(k, "young") >> 32
        young = existing - 1 - existing * (u * u >> 32) // 2**32
        size = max(min(20, n), -(-n // 50))
        places = [c * size + (popular_place(k, size) + c * (size // 2 + 1)) % size for c in (young // size, young // size - 1)]
        return places[0] if places[0] < existing else places[1] if young >= size else young

    found = picked(rows, n, part, distribution=Distribution.POPULAR, growing=True, every=every)
    assert found.to_list() == [expected(i) for i in range(part.start, part.stop)]


GROWING = [
    {"distribution": Distribution.POPULAR},
    {"distribution": Distribution.UNIFORM},
    {"distribution": Distribution.ZIPF},
    {"distribution": Distribution.ZIPF, "scrambled": True},
]


@pytest.mark.parametrize("fields", GROWING)
@pytest.mark.parametrize(("parents", "rows"), [(1, 10), (7, 5), (10, 10), (333, 1000), (5000, 2001)])
def test_growing_picks_only_parents_that_exist(fields: dict[str, Any], parents: int, rows: int) -> None:
    found = picked(rows, parents, growing=True, **fields)
    existing = [max(1, parents * (i + 1) // rows) for i in range(rows)]
    assert all(0 <= parent < limit for parent, limit in zip(found, existing, strict=True))


@pytest.mark.parametrize("fields", [*GROWING, {"distribution": Distribution.POPULAR, "growing": True}])
def test_any_part_is_as_in_the_whole(fields: dict[str, Any]) -> None:
    whole = picked(100, 33, **fields)
    assert pl.concat([picked(100, 33, part, **fields) for part in (IndexRange(0, 1), IndexRange(1, 64), IndexRange(64, 100))]).equals(whole)


@pytest.mark.parametrize("growing", [False, True])
@pytest.mark.parametrize(("parents", "mean"), [(100, 1000), (1000, 1.5), (1000, 20), (30_000, 1.5)])
def test_the_shape_of_popular(parents: int, mean: float, growing: bool) -> None:
    rows = int(parents * mean)
    found = picked(rows, parents, distribution=Distribution.POPULAR, growing=growing)
    counts = found.value_counts(sort=True)["count"]
    assert 0 < 1 - len(counts) / parents < 0.5
    assert counts[0] < 100 * mean
    assert 0.05 < counts.head(parents // 100).sum() / rows < 0.5
    if not growing:  # the popular ones lie anywhere
        tenths = (found * 10 // parents).value_counts()["count"] / rows
        assert len(tenths) == 10
        assert tenths.is_between(0.02, 0.3).all()


def test_few_parents_all_have_children() -> None:
    for parents in range(1, 11):
        assert picked(2000, parents, distribution=Distribution.POPULAR).n_unique() == parents


def test_scrambled_zipf_has_the_same_frequencies_elsewhere() -> None:
    plain, scrambled = (picked(100_000, 1000, distribution=Distribution.ZIPF, scrambled=flag) for flag in (False, True))
    assert [*scrambled.value_counts(sort=True)["count"]] == [*plain.value_counts(sort=True)["count"]]
    frequent = scrambled.value_counts(sort=True)[scrambled.name][:100]
    assert frequent.n_unique() == 100
    tenths = (frequent // 100).value_counts()["count"]
    assert len(tenths) == 10
    assert sum((count - 10) ** 2 / 10 for count in tenths) < 27.9  # chi-square with 9 degrees of freedom, 0.999


@pytest.mark.parametrize(("rows", "parents"), [(7, 7), (100, 100), (3_000, 167), (3_000, 5)])
def test_covering_picks_all_parents_but_a_tenth(rows: int, parents: int) -> None:
    found = picked(rows, parents, distribution=Distribution.COVERING)
    assert found.n_unique() == parents - parents // 10
    assert set(found) == set(picked(10_000, parents, distribution=Distribution.COVERING, group="another"))
    assert not picked(rows, parents, distribution=Distribution.COVERING, group="another").equals(found) or rows == parents
    if parents == 167:
        keys = [draw_number(0, stream(42, "parent", "", f"covering/{k}")) for k in range(4)]
        assert list(found[:151]) == [permuted(k, parents, keys) for k in range(151)]
        assert found.value_counts()["count"].max() > 3 * rows / parents  # type: ignore[operator]
