"""The source of all randomness: the hash splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014, section 4).

Implemented twice: in plain Python and as a Polars expression. docs/generators.md specifies it with test vectors, so that anyone can compute
the contents of a row. Polars' UInt64 wraps in + and *, as the hash requires. Polars has no shifts: they are floor divisions by powers of two.
"""

from fractions import Fraction

import polars as pl

MASK = 2**64 - 1

GOLDEN_GAMMA = 0x9E3779B97F4A7C15  # 2**64 divided by the golden ratio, odd: the step between the states of the generator

MULTIPLIERS = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


def splitmix64(state: int) -> int:
    """The output of a splitmix64 generator in this state (modulo 2**64), 0 … 2**64-1."""
    z = (state + GOLDEN_GAMMA) & MASK
    z = (z ^ z >> 30) * MULTIPLIERS[0] & MASK
    z = (z ^ z >> 27) * MULTIPLIERS[1] & MASK
    return z ^ z >> 31


def stream(seed: int, table: str, column: str, purpose: str = "") -> int:
    """The 64-bit start state of a column's own random sequence. `purpose` separates several sequences of one column.

    It hashes the seed, then for each text the number of its UTF-8 bytes and the bytes. Because of the lengths, no two
    (table, column, purpose) give the same input.
    """
    state = splitmix64(seed)
    for text in (table, column, purpose):
        data = text.encode()
        for number in (len(data), *data):
            state = splitmix64(state ^ number)
    return state


def draw_number(index: int, stream: int) -> int:
    """`draw` for one index, in plain Python."""
    return splitmix64(stream + index * GOLDEN_GAMMA)


def draw(index: pl.Expr, stream: int) -> pl.Expr:
    """UInt64: output number `index` (Int64, from 0) of a splitmix64 generator with the start state `stream`."""
    z = index.cast(pl.UInt64) * _word(GOLDEN_GAMMA) + _word((stream + GOLDEN_GAMMA) & MASK)
    z = (z ^ z // _word(2**30)) * _word(MULTIPLIERS[0])
    z = (z ^ z // _word(2**27)) * _word(MULTIPLIERS[1])
    return z ^ z // _word(2**31)


def below(bits: pl.Expr, n: int | pl.Expr) -> pl.Expr:
    """Int64, 0 … n-1: the remainder of 64 random bits divided by n (1 … 2**63).

    Lower numbers are more frequent by less than n / 2**64 of their share: 5e-14 for a million, too little for any test to detect.
    """
    divisor = _word(n) if isinstance(n, int) else n.cast(pl.UInt64)
    return (bits % divisor).cast(pl.Int64)


def between(bits: pl.Expr, low: int, high: int) -> pl.Expr:
    """Int64, `low` … `high` (any signed 64-bit integers): `low` plus the remainder of 64 random bits divided by the width of the range."""
    width = high - low + 1
    offset = bits if width > MASK else bits % _word(width)
    # the sum wraps if `low` is negative; read as a signed number it is right
    return (offset + _word(low & MASK)).reinterpret(signed=True)


def fraction(bits: pl.Expr, n: int | pl.Expr) -> pl.Expr:
    """Int64, 0 … n-1: floor(bits × n / 2**64), for 64 random bits and any n (1 … 2**63): evenly distributed also if n is large. 0 if n is 0."""
    factor = pl.lit(n, dtype=pl.Int128) if isinstance(n, int) else n.cast(pl.Int128)
    return (bits.cast(pl.Int128) * factor // pl.lit(2**64, dtype=pl.Int128)).cast(pl.Int64)


def happens(bits: pl.Expr, share: float) -> pl.Expr:
    """Boolean: true in this share (0 to 1) of the rows, namely if the 64 random bits are below share × 2**64, the share taken as a decimal."""
    threshold = int(Fraction(repr(share)) * 2**64)
    return pl.lit(True) if threshold > MASK else bits < _word(threshold)


def _word(number: int) -> pl.Expr:
    return pl.lit(number, dtype=pl.UInt64)
