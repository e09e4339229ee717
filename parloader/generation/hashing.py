"""All randomness of a plan: one hash, splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014, section 4).

Once in plain Python, once as a Polars expression; docs/generators.md specifies it with test vectors, so that anyone can tell what a row holds.
Polars' UInt64 wraps in + and * as the hash needs; it has no shifts, so those are floor divisions by powers of two.
"""

from fractions import Fraction

import polars as pl

MASK = 2**64 - 1

GOLDEN_GAMMA = 0x9E3779B97F4A7C15  # 2**64 divided by the golden ratio, odd: the step between the states of a splitmix64 generator

MULTIPLIERS = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


def splitmix64(state: int) -> int:
    """The output of a splitmix64 generator in this state (modulo 2**64), 0 … 2**64-1."""
    z = (state + GOLDEN_GAMMA) & MASK
    z = (z ^ z >> 30) * MULTIPLIERS[0] & MASK
    z = (z ^ z >> 27) * MULTIPLIERS[1] & MASK
    return z ^ z >> 31


def stream(seed: int, table: str, column: str, purpose: str = "") -> int:
    """The 64-bit constant of a column: its own sequence of draws. `purpose` tells the draws apart that one column needs.

    Hashed in turn, each into what came before: the seed, and of each text the number of its UTF-8 bytes and the bytes. With the lengths no
    two (table, column, purpose) are the same sequence.
    """
    state = splitmix64(seed)
    for text in (table, column, purpose):
        data = text.encode()
        for number in (len(data), *data):
            state = splitmix64(state ^ number)
    return state


def drawn_number(index: int, stream: int) -> int:
    """What `drawn` gives for one index."""
    return splitmix64(stream + index * GOLDEN_GAMMA)


def drawn(index: pl.Expr, stream: int) -> pl.Expr:
    """UInt64: output number `index` (Int64, from 0) of the splitmix64 generator that starts with the state `stream`."""
    z = index.cast(pl.UInt64) * _word(GOLDEN_GAMMA) + _word((stream + GOLDEN_GAMMA) & MASK)
    z = (z ^ z // _word(2**30)) * _word(MULTIPLIERS[0])
    z = (z ^ z // _word(2**27)) * _word(MULTIPLIERS[1])
    return z ^ z // _word(2**31)


def below(drawn: pl.Expr, n: int | pl.Expr) -> pl.Expr:
    """Int64, 0 … n-1: the remainder of a division by n, 1 … 2**63.

    The lower numbers are the likelier ones by less than n / 2**64 of their share: for a million 5e-14, too little for any test to see.
    """
    divisor = _word(n) if isinstance(n, int) else n.cast(pl.UInt64)
    return (drawn % divisor).cast(pl.Int64)


def between(drawn: pl.Expr, low: int, high: int) -> pl.Expr:
    """Int64, `low` … `high`, any two of its numbers: `low` and the remainder of a division by how many they are."""
    width = high - low + 1
    offset = drawn if width > MASK else drawn % _word(width)
    # the sum wraps where `low` is negative; as a signed number it is right
    return (offset + _word(low & MASK)).reinterpret(signed=True)


def happens(drawn: pl.Expr, share: float) -> pl.Expr:
    """Boolean: true in this share (0 to 1) of the draws. Whether the draw is below share × 2**64, the share read as the decimal it is written as."""
    threshold = int(Fraction(repr(share)) * 2**64)
    return pl.lit(True) if threshold > MASK else drawn < _word(threshold)


def _word(number: int) -> pl.Expr:
    return pl.lit(number, dtype=pl.UInt64)
