"""Permutations of the numbers 0 … n-1 that are computed number by number, without a list: the hot parents of a skewed pick, the different ones
of a family.

docs/generators.md specifies them. Rounds of xor-shift and multiplication permute the numbers below a power of two; a result of n or more is
permuted again ("cycle walking": Black, Rogaway: "Ciphers with arbitrary finite domains", 2002, method 2).
"""

from collections.abc import Iterable, Sequence

import polars as pl

ROUNDS = 4

WORD = pl.UInt64


def permuted(numbers: pl.Expr, n: int | pl.Expr, keys: Sequence[int | pl.Expr]) -> pl.Expr:
    """Int64: the place of each number (0 … n-1) in the permutation that the keys (ROUNDS numbers of 64 bits) select; NULL for NULL."""
    inputs = [numbers, *(pl.lit(each, dtype=WORD) if isinstance(each, int) else each for each in (n, *keys))]
    # Series, because an expression that uses its own parts several times is computed as often
    return pl.map_batches(inputs, _permuted, return_dtype=pl.Int64)


def _permuted(inputs: Sequence[pl.Series]) -> pl.Series:
    values, size, *keys = (each.cast(WORD) for each in inputs)
    power, half = _powers(size)
    rounds = [(key, key // 2**32 * 2 + 1) for key in keys]
    values = _mixed(values, power, half, rounds)
    while (outside := (values >= size).fill_null(False)).any():
        positions = outside.arg_true()

        def at(series: pl.Series, positions: pl.Series = positions) -> pl.Series:
            return series if len(series) == 1 else series.gather(positions)

        again = _mixed(values.gather(positions), at(power), at(half), [(at(addend), at(factor)) for addend, factor in rounds])
        values = values.scatter(positions, again)
    return values.cast(pl.Int64)


def _mixed(values: pl.Series, power: pl.Series, half: pl.Series, rounds: Iterable[tuple[pl.Series, pl.Series]]) -> pl.Series:
    for addend, factor in rounds:
        values = (values + addend) * factor % power
        values = values ^ values // half
    return values


def _powers(size: pl.Series) -> tuple[pl.Series, pl.Series]:
    """2**k, the smallest power of two that is not less than the size (1 … 2**63), and 2**((k + 1) // 2)."""
    powers = pl.Series([2**k for k in range(64)], dtype=WORD)
    k = powers.search_sorted(size, side="left")
    halves = pl.Series([2 ** ((k + 1) // 2) for k in range(64)], dtype=WORD)
    return powers.gather(k), halves.gather(k)
