"""Numbers and draws written as text, and text that is drawn: pieces of several characters are looked up in a table and put together."""

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

RANDOM_FORMS = ("letters", "digits", "hex", "bytes", "uuid", "inet4", "inet6", "time", "bits")

DAY_SECONDS = 86_400

IPV4_PREFIX = "10."  # RFC 1918: private


@lru_cache
def _pieces(alphabet: str) -> tuple[int, pl.Series]:
    """All texts of so many characters, in order: 4 of an alphabet of up to 16, else 3 (65,536 texts at most)."""
    size = 4 if len(alphabet) <= 16 else 3
    return size, pl.Series(["".join(piece) for piece in product(alphabet, repeat=size)])


def encode_base(number: pl.Expr, alphabet: str, length: int) -> pl.Expr:
    """String: `number` (Int64, 0 or more, less than len(alphabet)**length) in `length` digits, zeros before."""
    size, pieces = _pieces(alphabet)
    texts = [
        pl.lit(pieces).gather(number // base % len(pieces)) if (base := len(pieces) ** k) < 2**63 else pl.lit(pieces[0])
        for k in reversed(range(-(-length // size)))
    ]
    if not texts:
        return pl.lit("")
    return pl.concat_str(texts).str.slice(-length % size)


def format_time(seconds: pl.Expr) -> pl.Expr:
    """String: Int64 seconds as the servers write a TIME: HH:MM:SS, more digits from 100 hours on, a minus before."""
    amount = seconds.abs()
    hours = (amount // 3600).cast(pl.String).str.zfill(2)
    minutes, rest = (encode_base(number, DIGITS, 2) for number in (amount // 60 % 60, amount % 60))
    return pl.concat_str(pl.when(seconds < 0).then(pl.lit("-")).otherwise(pl.lit("")), hours, pl.lit(":"), minutes, pl.lit(":"), rest)


def inet4(number: pl.Expr) -> pl.Expr:
    """String: 10.0.0.0 and `number` (Int64)."""
    address = number + (10 << 24)
    return pl.concat_str([(address // 256**k % 256).cast(pl.String) for k in (3, 2, 1, 0)], separator=".")


def ipv6_group(number: pl.Expr) -> pl.Expr:
    """String: a group of four hexadecimal digits of an IPv6 address, 0 <= `number` < GROUPS."""
    return encode_base(number + FIRST_GROUP, HEX, 4)


def random(generator: Random, place: ColumnContext) -> pl.Expr:
    """UsageError: no such form, or no such length."""
    form, length, least = generator.form, generator.length, generator.least
    if form not in RANDOM_FORMS:
        raise place.error(f"no random form {form!r}", f"The forms: {', '.join(RANDOM_FORMS)}")
    if least is not None and (form not in ALPHABETS or not 0 <= least <= length):
        raise place.error(f"random {form} of {least} to {length}", "letters, digits, hex and bytes can have a least, from 0 to length")
    if form == "bits":
        if not 1 <= length <= 64:
            raise place.error(f"random bits of length {length}", "Choose 1 to 64 bits")
        number = place.random_bits() // pl.lit(2 ** (64 - length), dtype=pl.UInt64)
        return number if length == 64 else number.cast(pl.Int64)
    if form in ALPHABETS:
        if length < 0:
            raise place.error(f"random {form} of length {length}", "Choose a length of 0 or more")
        return _characters(generator, place)
    return {"uuid": _uuid, "inet4": _inet4, "inet6": _inet6, "time": _time}[form](place)


def _characters(generator: Random, place: ColumnContext) -> pl.Expr:
    each = 2 if generator.form == "bytes" else 1
    size, pieces = _pieces(ALPHABETS[generator.form])
    texts = [pl.lit(pieces).gather(below(place.random_bits(str(k)), len(pieces))) for k in range(-(-generator.length * each // size))]
    text = pl.concat_str(texts) if texts else pl.lit("")
    if generator.least is None or generator.least == generator.length:
        text = text.str.slice(0, generator.length * each)
    else:
        text = text.str.slice(0, between(place.random_bits("length"), generator.least, generator.length) * each)
    return text.str.decode("hex") if generator.form == "bytes" else text


def _uuid(place: ColumnContext) -> pl.Expr:
    """Version 4, variant 1 (RFC 9562): the third group begins with 4, the fourth with 8, 9, a or b."""
    first, width = {3: 0x4000, 4: 0x8000}, {3: 0x1000, 4: 0x4000}
    texts = [encode_base(below(place.random_bits(str(k)), width.get(k, 0x10000)) + first.get(k, 0), HEX, 4) for k in range(8)]
    dash = pl.lit("-")
    return pl.concat_str(*texts[:2], dash, texts[2], dash, texts[3], dash, texts[4], dash, *texts[5:])


def _inet4(place: ColumnContext) -> pl.Expr:
    return inet4(below(place.random_bits(), 2**24))


def _inet6(place: ColumnContext) -> pl.Expr:
    groups = [ipv6_group(below(place.random_bits(str(k)), GROUPS)) for k in range(6)]
    return pl.concat_str(pl.lit(IPV6_PREFIX), pl.concat_str(groups, separator=":"))


def _time(place: ColumnContext) -> pl.Expr:
    return format_time(below(place.random_bits(), DAY_SECONDS))
