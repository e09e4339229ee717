"""Values that are another one for each row: the map from n to the value, how many there are, and the way back from one that is found."""

import ipaddress
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal

import polars as pl

from parloader.plans.constants import series
from parloader.plans.generators import Form, Unique
from parloader.plans.model import INDEX
from parloader.plans.numbers import day, decimal, second
from parloader.plans.numerals import BASE36, FIRST_GROUP, GROUPS, HEX, IPV6_PREFIX, clock, inet4, ipv6_group, numeral
from parloader.plans.place import Place

# The first groups of the UUIDs, of version 4 and variant 1 by their form; n in the twelve digits after
UUID_PREFIX = "00000000-0000-4000-8000-"
UUID_DIGITS = 12
IPV6_UNIQUE_PREFIX = IPV6_PREFIX + "1000:1000:1000:"
IPV6_GROUPS = 3
MOST = 2**63 - 1
EPOCH = datetime(1970, 1, 1)


def unique(generator: Unique, place: Place) -> pl.Expr:
    """UsageError: the form has fewer values than rows are asked for."""
    room = capacity(generator)
    if place.offset + place.rows > room:
        taken = f" ({place.offset:,} are taken)" if place.offset else ""
        raise place.invalid(
            f"{place.rows:,} rows, but the {generator.form} form has {room:,} values{taken}",
            f"Load {max(0, room - place.offset):,} rows at most, or choose a form with more values",
        )
    return _expression(generator, INDEX + place.offset, place)


def _expression(generator: Unique, n: pl.Expr, place: Place) -> pl.Expr:
    number = n + generator.low
    match generator.form:
        case Form.INTEGER:
            return number
        case Form.DECIMAL:
            return decimal(number, generator.scale)
        case Form.TEXT:
            return pl.concat_str(pl.lit(generator.prefix), numeral(n, BASE36, generator.length), pl.lit(generator.suffix))
        case Form.BYTES:
            digits = 2 * generator.length - len(generator.prefix)
            return pl.concat_str(pl.lit(generator.prefix.lower()), numeral(n, HEX, digits)).str.decode("hex")
        case Form.UUID:
            return pl.concat_str(pl.lit(_uuid_prefix(generator)), numeral(n, HEX, UUID_DIGITS))
        case Form.INET4:
            return inet4(n)
        case Form.INET6:
            groups = [ipv6_group(n // GROUPS**k % GROUPS) for k in reversed(range(IPV6_GROUPS))]
            return pl.concat_str(pl.lit(IPV6_UNIQUE_PREFIX), pl.concat_str(groups, separator=":"))
        case Form.DATE:
            return day(number)
        case Form.DATETIME:
            return second(number)
        case Form.TIME:
            return clock(number)
        case Form.VALUES:
            return pl.lit(series(generator.values, place)).gather(n)


def _uuid_prefix(unique: Unique) -> str:
    return unique.prefix.lower() or UUID_PREFIX


def capacity(unique: Unique) -> int:
    """How many values the form has, up to 2**63 - 1."""
    sizes: dict[Form, Callable[[], int]] = {
        Form.TEXT: lambda: len(BASE36) ** unique.length,
        Form.BYTES: lambda: 16 ** (2 * unique.length - len(unique.prefix)) if 2 * unique.length >= len(unique.prefix) else 0,
        Form.UUID: lambda: 16**UUID_DIGITS,
        Form.INET4: lambda: 2**32 - (10 << 24),
        Form.INET6: lambda: GROUPS**IPV6_GROUPS,
        Form.VALUES: lambda: len(unique.values),
    }
    size = sizes.get(unique.form, lambda: unique.high - unique.low + 1)()
    return max(0, min(size, MOST))


def pattern(unique: Unique) -> str | None:
    """An SQL LIKE pattern (ESCAPE '|') of the values of a TEXT or UUID; None where any value can be compared with the form's."""
    if unique.form == Form.TEXT:
        return _literal(unique.prefix) + "_" * unique.length + _literal(unique.suffix)
    if unique.form == Form.UUID:
        return _literal(_uuid_prefix(unique)) + "_" * UUID_DIGITS
    return None


def _literal(text: str) -> str:
    return re.sub(r"([|%_])", r"|\1", text)


def ordinal(unique: Unique, value: object) -> int | None:
    """The highest n whose value is not above `value`, the greatest one found in the column (of TEXT and UUID: among those of the
    `pattern`); None where all of the form's values are above it. So n from ordinal + 1 on are free. Of VALUES: its place among them, None
    where it is not one.

    It may be `capacity` or more: the form is used up. In a TEXT a character that is no digit counts as the last one, because how a
    collation sorts it is not known here.
    """
    if unique.form == Form.VALUES:
        return unique.values.index(value) if value in unique.values else None
    n = _n(unique, value)
    return n if n is None or n >= 0 else None


def _n(unique: Unique, value: object) -> int | None:
    match unique.form, value:
        case Form.INTEGER, int() | Decimal() | float():
            return _floor(value) - unique.low
        case Form.DECIMAL, int() | Decimal() | float():
            return _floor(Decimal(str(value)).scaleb(unique.scale)) - unique.low
        case Form.TEXT, str():
            return _digits(value, len(unique.prefix), unique.length, len(unique.suffix), BASE36)
        case Form.UUID, str():
            return _digits(value, len(UUID_PREFIX), UUID_DIGITS, 0, HEX)
        case Form.BYTES, bytes():
            return _bytes(unique, value)
        case Form.INET4, str():
            return int(ipaddress.IPv4Address(value)) - (10 << 24)
        case Form.INET6, str():
            return _inet6(value)
        case Form.DATETIME, datetime():
            return (value - EPOCH) // timedelta(seconds=1) - unique.low
        case Form.DATE, date():
            return (value - EPOCH.date()).days - unique.low
        case Form.TIME, timedelta():
            seconds: int = value // timedelta(seconds=1)
            return seconds - unique.low
    raise TypeError(f"{unique.form} of {type(value).__name__}")


def _floor(value: int | float | Decimal) -> int:
    return int(Decimal(str(value)).to_integral_value(rounding=ROUND_FLOOR))


def _digits(value: str, before: int, length: int, after: int, alphabet: str) -> int | None:
    if len(value) != before + length + after:
        return None
    n = 0
    for digit in value[before : before + length].lower():
        n = n * len(alphabet) + (alphabet.index(digit) if digit in alphabet else len(alphabet) - 1)
    return n


def _bytes(unique: Unique, value: bytes) -> int:
    """The form's values that are not above it in the order of bytes, less one."""
    prefix = bytes.fromhex(unique.prefix)
    digits = unique.length - len(prefix)
    head = value[: len(prefix)].ljust(len(prefix), b"\0")
    if head != prefix:
        return -1 if head < prefix else capacity(unique)
    number = int.from_bytes(value[len(prefix) : unique.length].ljust(digits, b"\0"), "big")
    return number if len(value) >= unique.length else number - 1


def _inet6(value: str) -> int:
    groups = [int(text, 16) for text in ipaddress.IPv6Address(value).exploded.split(":")]
    fixed = len(groups) - IPV6_GROUPS
    first = [int(text, 16) for text in ipaddress.IPv6Address(IPV6_UNIQUE_PREFIX + "1000:1000:1000").exploded.split(":")][:fixed]
    if groups[:fixed] != first:
        return -1 if groups[:fixed] < first else GROUPS**IPV6_GROUPS
    n = 0
    for k, number in enumerate(groups[fixed:]):
        if number < FIRST_GROUP:  # below every value with the groups before it
            return n * int(GROUPS ** (IPV6_GROUPS - k)) - 1
        n = n * GROUPS + number - FIRST_GROUP
    return n
