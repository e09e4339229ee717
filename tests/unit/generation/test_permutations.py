"""Permutations that are computed number by number."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from parloader.generation.relations.permutations import ROUNDS, permuted

WORDS = st.integers(0, 2**64 - 1)


def reference(x: int, n: int, keys: list[int]) -> int:
    """As docs/generators.md specifies it."""
    k = (n - 1).bit_length()
    while True:
        for key in keys:
            x = (x + key) % 2**64 * ((key >> 32) * 2 + 1) % 2**64 % 2**k
            x ^= x >> (k + 1) // 2
        if x < n:
            return x


@given(n=st.integers(1, 300), keys=st.lists(WORDS, min_size=ROUNDS, max_size=ROUNDS))
def test_each_number_occurs_once(n: int, keys: list[int]) -> None:
    found = pl.select(permuted(pl.int_range(n), n, keys)).to_series()
    assert found.to_list() == [reference(x, n, keys) for x in range(n)]
    assert sorted(found) == list(range(n))


@given(n=st.integers(1, 2**62), keys=st.lists(WORDS, min_size=ROUNDS, max_size=ROUNDS), data=st.data())
def test_of_very_many_numbers(n: int, keys: list[int], data: st.DataObject) -> None:
    numbers = data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=5))
    found = pl.select(permuted(pl.lit(pl.Series(numbers)), n, keys)).to_series().to_list()
    assert found == [reference(x, n, keys) for x in numbers]


@given(rows=st.lists(st.tuples(st.integers(1, 50), st.lists(WORDS, min_size=ROUNDS, max_size=ROUNDS)), min_size=1, max_size=20))
def test_another_number_and_other_keys_in_each_row(rows: list[tuple[int, list[int]]]) -> None:
    frame = pl.DataFrame(
        {"n": [n for n, _ in rows], **{str(k): pl.Series([keys[k] for _, keys in rows], dtype=pl.UInt64) for k in range(ROUNDS)}}
    )
    found = frame.select(permuted(pl.col("n") - 1, pl.col("n"), [pl.col(str(k)) for k in range(ROUNDS)])).to_series()
    assert found.to_list() == [reference(n - 1, n, keys) for n, keys in rows]


def test_neighbours_do_not_stay_neighbours() -> None:
    for n in (1000, 1023, 1025, 20_000):
        places = pl.select(permuted(pl.int_range(n), n, [n * 0x9E3779B97F4A7C15 % 2**64] * ROUNDS)).to_series()
        assert (places.diff().abs() < n / 20).sum() < 0.15 * n


def test_null_stays_null() -> None:
    assert pl.select(permuted(pl.lit(pl.Series([1, None, 0])), 3, [5] * ROUNDS)).to_series().is_null().to_list() == [False, True, False]
