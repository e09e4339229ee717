"""Numbers encoded as text, and random text. Pieces of several characters are looked up in a table and concatenated."""

from functools import lru_cache
from itertools import product

import polars as pl

from parloader.generation.context import ColumnContext
from parloader.generation.hashing import below, between
from parloader.plans.generators import Random
from parloader.plans.unique import FIRST_GROUP, GROUPS, HEX, IPV6_PREFIX

LETTERS = "abcdefghijklmnopqrstuvwxyz"

DIGITS = "0123456789"

ALPHABETS = {"letters": LETTERS, "digits": DIGITS, "hex": HEX, "bytes": HEX}

DAY_SECONDS = 86_400


@lru_cache
def _pieces(alphabet: str) -> tuple[int, pl.Series]:
    """The length of a piece, and all pieces in order. 4 characters for an alphabet of up to 16, else 3: at most 65,536 pieces."""
    size = 4 if len(alphabet) <= 16 else 3
    return size, pl.Series(["".join(piece) for piece in product(alphabet, repeat=size)])


def encode_base(number: pl.Expr, alphabet: str, length: int) -> pl.Expr:
    """String: `number` (Int64, 0 … len(alphabet)**length - 1) in `length` digits, zero-padded."""
    size, pieces = _pieces(alphabet)
    texts = [
        pl.lit(pieces).gather(number // base % len(pieces)) if (base := len(pieces) ** k) < 2**63 else pl.lit(pieces[0])
        for k in reversed(range(-(-length // size)))
    ]
    if not texts:
        return pl.lit("")
    return pl.concat_str(texts).str.slice(-length % size)


def format_time(seconds: pl.Expr) -> pl.Expr:
    """String: Int64 seconds as the servers write a TIME: HH:MM:SS with an optional minus, and more digits from 100 hours on."""
    amount = seconds.abs()
    hours = (amount // 3600).cast(pl.String).str.zfill(2)
    minutes, rest = (encode_base(number, DIGITS, 2) for number in (amount // 60 % 60, amount % 60))
    return pl.concat_str(pl.when(seconds < 0).then(pl.lit("-")).otherwise(pl.lit("")), hours, pl.lit(":"), minutes, pl.lit(":"), rest)


def inet4(number: pl.Expr) -> pl.Expr:
    """String: 10.0.0.0 plus `number` (Int64)."""
    address = number + (10 << 24)
    return pl.concat_str([(address // 256**k % 256).cast(pl.String) for k in (3, 2, 1, 0)], separator=".")


def ipv6_group(number: pl.Expr) -> pl.Expr:
    """String: a group of an IPv6 address, four hexadecimal digits; `number` is 0 … GROUPS - 1."""
    return encode_base(number + FIRST_GROUP, HEX, 4)


def random(generator: Random, context: ColumnContext) -> pl.Expr:
    """String, of bytes Binary; of bits Int64, or UInt64 if there are 64."""
    form, length = generator.form, generator.length
    if form == "bits":
        number = context.random_bits() // pl.lit(2 ** (64 - length), dtype=pl.UInt64)
        return number if length == 64 else number.cast(pl.Int64)
    if form in ALPHABETS:
        return _characters(generator, context)
    return {"uuid": _uuid, "inet4": _inet4, "inet6": _inet6, "time": _time}[form](context)


def _characters(generator: Random, context: ColumnContext) -> pl.Expr:
    digits_per_item = 2 if generator.form == "bytes" else 1
    size, pieces = _pieces(ALPHABETS[generator.form])
    texts = [
        pl.lit(pieces).gather(below(context.random_bits(str(k)), len(pieces)))
        for k in range(-(-generator.length * digits_per_item // size))
    ]
    text = pl.concat_str(texts) if texts else pl.lit("")
    if generator.least is None or generator.least == generator.length:
        text = text.str.slice(0, generator.length * digits_per_item)
    else:
        text = text.str.slice(0, between(context.random_bits("length"), generator.least, generator.length) * digits_per_item)
    return text.str.decode("hex") if generator.form == "bytes" else text


def _uuid(context: ColumnContext) -> pl.Expr:
    """UUIDs of version 4, variant 1 (RFC 9562): the third group begins with 4, the fourth with 8, 9, a or b."""
    first, width = {3: 0x4000, 4: 0x8000}, {3: 0x1000, 4: 0x4000}
    texts = [encode_base(below(context.random_bits(str(k)), width.get(k, 0x10000)) + first.get(k, 0), HEX, 4) for k in range(8)]
    dash = pl.lit("-")
    return pl.concat_str(*texts[:2], dash, texts[2], dash, texts[3], dash, texts[4], dash, *texts[5:])


def _inet4(context: ColumnContext) -> pl.Expr:
    return inet4(below(context.random_bits(), 2**24))


def _inet6(context: ColumnContext) -> pl.Expr:
    groups = [ipv6_group(below(context.random_bits(str(k)), GROUPS)) for k in range(6)]
    return pl.concat_str(pl.lit(IPV6_PREFIX), pl.concat_str(groups, separator=":"))


def _time(context: ColumnContext) -> pl.Expr:
    return format_time(below(context.random_bits(), DAY_SECONDS))
