import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.ranges import any_range, any_ranges, disjoint_ranges, indices

from parloader.plans.row_ranges import IndexRange, batches, gaps, merge, split


@given(disjoint_ranges, st.integers(1, 300))
def test_shares_concatenate_to_the_ranges(ranges: list[IndexRange], parts: int) -> None:
    shares = split(ranges, parts)
    assert indices(piece for share in shares for piece in share) == indices(ranges)


@given(disjoint_ranges, st.integers(1, 300))
def test_shares_are_even_and_as_many_as_have_rows(ranges: list[IndexRange], parts: int) -> None:
    shares = split(ranges, parts)
    sizes = [sum(piece.rows for piece in share) for share in shares]
    assert len(shares) == min(parts, len(indices(ranges)))
    assert max(sizes, default=0) - min(sizes, default=0) <= 1
    assert all(piece.rows for share in shares for piece in share)


@given(disjoint_ranges, st.integers(1, 300), st.integers(1, 50))
def test_there_are_no_more_shares_than_batches(ranges: list[IndexRange], parts: int, batch_rows: int) -> None:
    shares = split(ranges, parts, batch_rows)
    assert len(shares) == min(parts, math.ceil(len(indices(ranges)) / batch_rows))
    assert indices(piece for share in shares for piece in share) == indices(ranges)


@given(st.integers(1, 10**12), st.integers(1, 64))
def test_shares_of_one_range_are_one_partition_each(rows: int, parts: int) -> None:
    shares = split([IndexRange(0, rows)], parts)
    assert [len(share) for share in shares] == [1] * min(parts, rows)
    ends = [0, *(piece.stop for (piece,) in shares)]
    assert ends[:-1] == [piece.start for (piece,) in shares]
    assert ends[-1] == rows


def test_a_share_may_have_several_gaps() -> None:
    ranges = [IndexRange(0, 2), IndexRange(5, 6), IndexRange(8, 13)]
    assert split(ranges, 2) == ((IndexRange(0, 2), IndexRange(5, 6), IndexRange(8, 9)), (IndexRange(9, 13),))


@given(any_range, st.integers(1, 30))
def test_batches_concatenate_to_the_partition(partition: IndexRange, batch_rows: int) -> None:
    pieces = list(batches(partition, lambda: batch_rows))
    assert indices(pieces) == indices([partition])
    assert all(piece.rows == batch_rows for piece in pieces[:-1])
    assert all(0 < piece.rows <= batch_rows for piece in pieces)


@given(any_ranges)
def test_merged_ranges_are_the_same_indices_in_order_and_as_few_as_can_be(ranges: list[IndexRange]) -> None:
    merged = merge(ranges)
    assert indices(merged) == sorted(set(indices(ranges)))
    assert all(r.rows for r in merged)
    assert all(one.stop < other.start for one, other in pairwise(merged))


@given(any_ranges, st.sampled_from([0, 0, 1, 5]))
def test_gaps_and_done_ranges_cover_the_range(done: list[IndexRange], rows_after: int) -> None:
    rows = max((r.stop for r in done), default=0) + rows_after
    missing = gaps(IndexRange(0, rows), done)
    assert indices(merge([*missing, *done])) == list(range(rows))
    assert not set(indices(missing)) & set(indices(done))
    assert merge(missing) == missing


def test_gaps_end_with_the_rows() -> None:
    assert gaps(IndexRange(0, 5), [IndexRange(0, 2), IndexRange(7, 9)]) == (IndexRange(2, 5),)


@pytest.mark.parametrize(("start", "stop"), [(-1, 3), (5, 4)])
def test_invalid_ranges_are_rejected(start: int, stop: int) -> None:
    with pytest.raises(ValueError, match=f"{start} … {stop}"):
        IndexRange(start, stop)


@pytest.mark.parametrize(
    ("partition", "text"),
    [(IndexRange(0, 1_000_000), "rows 0 to 999,999"), (IndexRange(7, 8), "rows 7 to 7"), (IndexRange(7, 7), "no rows")],
)
def test_text(partition: IndexRange, text: str) -> None:
    assert str(partition) == text
