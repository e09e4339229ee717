"""The hash, by the literal numbers of its specification (docs/generators.md) and against plain Python."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parloader.generation.context import INDEX
from parloader.generation.hashing import GOLDEN_GAMMA, MASK, below, between, draw, draw_number, happens, splitmix64, stream

words = st.integers(0, MASK)

indices = st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=20)


def values(expression: pl.Expr, indices: list[int]) -> list[object]:
    return pl.DataFrame({"i": pl.Series(indices, dtype=pl.Int64)}).select(expression.alias("value"))["value"].to_list()


def test_splitmix64_is_the_published_one() -> None:
    # The outputs for the seed 1234567 of the reference implementation (https://prng.di.unimi.it/splitmix64.c), as Rosetta Code lists them
    outputs = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821]
    assert [splitmix64(1234567 + k * GOLDEN_GAMMA) for k in range(5)] == outputs
    assert values(draw(INDEX, 1234567), [0, 1, 2, 3, 4]) == outputs


@pytest.mark.parametrize(
    ("seed", "table", "column", "purpose", "constant"),
    [
        (0, "", "", "", 2391539541053276776),
        (42, "customer", "email", "", 4188555172058458339),
        (42, "customer", "email", "null", 12551483767639042353),
        (-1, "größe", "naïve", "", 8034843064965958040),
    ],
)
def test_the_constant_of_a_column(seed: int, table: str, column: str, purpose: str, constant: int) -> None:
    assert stream(seed, table, column, purpose) == constant


def test_draws_of_a_column() -> None:
    draws = [13493709182505934123, 9684039551213077616, 10993271465199208938, 1558421476484611577]
    assert values(draw(INDEX, 4188555172058458339), [0, 1, 2, 1_000_000]) == draws


@given(stream=words, indices=indices)
def test_polars_draws_as_python_does(stream: int, indices: list[int]) -> None:
    assert values(draw(INDEX, stream), indices) == [draw_number(index, stream) for index in indices]


@given(stream=words, indices=indices, n=st.integers(1, 2**63))
def test_below(stream: int, indices: list[int], n: int) -> None:
    assert values(below(draw(INDEX, stream), n), indices) == [draw_number(index, stream) % n for index in indices]


@given(stream=words, indices=indices, bounds=st.tuples(*2 * [st.integers(-(2**63), 2**63 - 1)]).map(sorted))
def test_between(stream: int, indices: list[int], bounds: list[int]) -> None:
    low, high = bounds
    drawn_values = values(between(draw(INDEX, stream), low, high), indices)
    assert drawn_values == [low + draw_number(index, stream) % (high - low + 1) for index in indices]


@given(texts=st.lists(st.tuples(*3 * [st.text(max_size=3)]), min_size=2, max_size=2, unique=True))
def test_no_two_columns_have_the_same_draws(texts: list[tuple[str, str, str]]) -> None:
    first, second = texts
    assert stream(1, *first) != stream(1, *second)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_happens_in_its_share_of_the_draws(share: float) -> None:
    frame = pl.select(pl.int_range(100_000, dtype=pl.Int64).alias("i"))
    happened = frame.with_columns(happens(draw(INDEX, 1), share).alias("happened"))["happened"].mean()
    assert happened == share if share in (0, 1) else happened == pytest.approx(share, abs=0.01)
