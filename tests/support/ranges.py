"""Hypothesis strategies: index ranges."""

from collections.abc import Iterable

from hypothesis import strategies as st

from parloader.plans.row_ranges import IndexRange


def indices(ranges: Iterable[IndexRange]) -> list[int]:
    """All indices of the ranges."""
    return [index for r in ranges for index in range(r.start, r.stop)]


def cut(edges: list[int]) -> list[IndexRange]:
    """Ranges from pairs of edges: each edge is how far it is from the one before."""
    at, ranges = 0, []
    for gap, rows in zip(edges[::2], edges[1::2], strict=False):
        ranges.append(IndexRange(at + gap, at + gap + rows))
        at += gap + rows
    return ranges


any_range = st.tuples(st.integers(0, 60), st.integers(0, 20)).map(lambda r: IndexRange(r[0], r[0] + r[1]))

any_ranges = st.lists(any_range, max_size=8)

disjoint_ranges = st.lists(st.integers(0, 20), max_size=16).map(cut)
"""In order, some of them empty, some of them adjacent."""
