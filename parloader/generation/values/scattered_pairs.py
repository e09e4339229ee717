"""Permutations of the pairs (a, b) of a rectangle: a keyed bijection that each row computes from its number alone.

A Feistel network over two unequal halves (Black, Rogaway: "Ciphers with arbitrary finite domains", 2002, section 5): each round adds to one
half a hash of the other, modulo its size. Undone by subtracting in the opposite order.
"""

from collections.abc import Callable
from typing import TypeAlias

import polars as pl

from parloader.generation.hashing import below

ROUNDS = 4
"""With fewer, rows that follow each other have visibly similar values."""

Bits: TypeAlias = Callable[[int, pl.Expr], pl.Expr]
"""UInt64: 64 random bits of a round for each number (Int64)."""

Size: TypeAlias = int | pl.Expr

ROUND_BITS = 2**32  # a turn of the entire rectangle has other sums than the next one


def scattered(frame: pl.DataFrame, rows: Size, columns: Size, bits: Bits) -> pl.DataFrame:
    """With the columns a, b and turn (Int64) of each `number`: 0 ≤ a < `rows`, 0 ≤ b < `columns`. Each turn has every pair once.

    A frame and not an expression, because each round uses the one before several times: as one expression it would grow exponentially.
    """
    frame = frame.with_columns(a=pl.col("number") % rows, rest=pl.col("number") // rows)
    frame = frame.with_columns(b=pl.col("rest") % columns, turn=pl.col("rest") // columns).drop("rest")
    for k in range(ROUNDS):
        half, other, size = ("b", "a", columns) if k % 2 else ("a", "b", rows)
        frame = frame.with_columns(((pl.col(half) + _hashed(k, other, size, bits)) % size).alias(half))
    return frame


def number_of(frame: pl.DataFrame, rows: Size, columns: Size, bits: Bits) -> pl.Series:
    """Int64: the numbers that `scattered` turned into a, b and turn."""
    for k in reversed(range(ROUNDS)):
        half, other, size = ("b", "a", columns) if k % 2 else ("a", "b", rows)
        frame = frame.with_columns(((pl.col(half) - _hashed(k, other, size, bits) + size) % size).alias(half))
    return frame.select(number=(pl.col("turn") * columns + pl.col("b")) * rows + pl.col("a"))["number"]


def _hashed(k: int, other: str, size: Size, bits: Bits) -> pl.Expr:
    return below(bits(k, pl.col(other) + pl.col("turn") * ROUND_BITS), size)
