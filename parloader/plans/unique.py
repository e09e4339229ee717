"""Unique values: counts those of a generator, and decodes n from a value found in the column. generation/values/unique.py encodes n."""

import calendar
import ipaddress
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_FLOOR, Decimal

from parloader.plans import codes, compositions
from parloader.plans.generators import SCATTERED, Unique, UniqueKind
from parloader.timestamps import EPOCH, time_text

HEX = "0123456789abcdef"

BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"

# Groups of an IPv6 address from this on have four digits, so that no server abbreviates them
FIRST_GROUP = 0x1000

GROUPS = 0x10000 - FIRST_GROUP

IPV6_PREFIX = "2001:db8:"  # RFC 3849: for documentation

# The first groups of a UUID of version 4 and variant 1; the twelve digits of n follow
UUID_PREFIX = "00000000-0000-4000-8000-"

UUID_DIGITS = 12

IPV6_UNIQUE_PREFIX = IPV6_PREFIX + "1000:1000:1000:"

IPV6_GROUPS = 3

MAX_CAPACITY = 2**63 - 1


def uuid_prefix(unique: Unique) -> str:
    """What precedes the twelve digits of n in a UUID."""
    return unique.prefix.lower() or UUID_PREFIX


def capacity(unique: Unique) -> int:
    """The number of values, at most 2**63 - 1."""
    sizes: dict[UniqueKind, Callable[[], int]] = {
        UniqueKind.TEXT: lambda: unique.base**unique.length,
        UniqueKind.BYTES: lambda: 16 ** (2 * unique.length - len(unique.prefix)) if 2 * unique.length >= len(unique.prefix) else 0,
        UniqueKind.UUID: lambda: 16**UUID_DIGITS,
        UniqueKind.INET4: lambda: 2**32 - (10 << 24),
        UniqueKind.INET6: lambda: GROUPS**IPV6_GROUPS,
        UniqueKind.VALUES: lambda: len(unique.values),
    }
    if unique.form is UniqueKind.CODE:
        return min(codes.capacity(unique.pattern), MAX_CAPACITY)
    if unique.form in SCATTERED:
        family = compositions.FAMILY_OF[unique.of or str(unique.form)]
        return compositions.capacity(str(unique.form), family, unique.locale, unique.length)
    size = sizes.get(unique.form, lambda: (unique.high - unique.low) // unique.step + 1)()
    return max(0, min(size, MAX_CAPACITY))


def text_of(unique: Unique, n: int) -> str:
    """The value of n, of a TEXT."""
    digits = ""
    for _ in range(unique.length):
        n, digit = divmod(n, unique.base)
        digits = BASE36[digit] + digits
    return unique.prefix + digits + unique.suffix


def value_of(unique: Unique, n: int) -> int | Decimal | str | bytes:
    """The value of n, of a form whose values have an order on the server; dates, times and addresses as text."""
    number = unique.low + n * unique.step
    match unique.form:
        case UniqueKind.INTEGER:
            return number
        case UniqueKind.DECIMAL:
            return Decimal(number).scaleb(-unique.scale)
        case UniqueKind.DATE:
            return (EPOCH.date() + timedelta(days=number)).isoformat()
        case UniqueKind.DATETIME:
            return (EPOCH + timedelta(seconds=number)).replace(tzinfo=None).isoformat(sep=" ")
        case UniqueKind.TIME:
            return time_text(timedelta(seconds=number))
        case UniqueKind.BYTES:
            prefix = bytes.fromhex(unique.prefix)
            return prefix + n.to_bytes(unique.length - len(prefix), "big")
        case UniqueKind.INET4:
            return str(ipaddress.IPv4Address(n + (10 << 24)))
        case UniqueKind.INET6:
            return IPV6_UNIQUE_PREFIX + ":".join(f"{n // GROUPS**k % GROUPS + FIRST_GROUP:x}" for k in reversed(range(IPV6_GROUPS)))
    raise TypeError(unique.form)


def like_pattern(unique: Unique) -> str | None:
    """An SQL LIKE pattern (ESCAPE '|') that the values of a TEXT or UUID match; None for other forms, whose values need no filter."""
    if unique.form == UniqueKind.TEXT:
        return _literal(unique.prefix) + "_" * unique.length + _literal(unique.suffix)
    if unique.form == UniqueKind.UUID:
        return _literal(uuid_prefix(unique)) + "_" * UUID_DIGITS
    if unique.form == UniqueKind.EMAIL:
        return "%@example.___"
    return "%" if unique.form in SCATTERED else None


def _literal(text: str) -> str:
    return re.sub(r"([|%_])", r"|\1", text)


def position_of(unique: Unique, value: object) -> int | None:
    """The highest n whose value is at most `value`; None if all values are greater. Of VALUES: the index in the list, None if it is not in it.

    If `value` is the greatest one in the column (of TEXT and UUID: among those that match `like_pattern`), all higher n are free. The result
    may be `capacity` or more: then none is free. In a TEXT, a character that is no digit counts as the last digit, because the collation that
    sorts it is not known here.
    """
    if unique.form == UniqueKind.VALUES:
        return unique.values.index(value) if value in unique.values else None
    n = _position(unique, value)
    return n if n is None or n >= 0 else None


def _position(unique: Unique, value: object) -> int | None:
    match unique.form, value:
        case UniqueKind.INTEGER, int() | Decimal() | float():
            return (_floor(value) - unique.low) // unique.step
        case UniqueKind.INTEGER, bytes():  # of a BIT column
            return (int.from_bytes(value, "big") - unique.low) // unique.step
        case UniqueKind.DECIMAL, int() | Decimal() | float():
            return _floor(Decimal(str(value)).scaleb(unique.scale)) - unique.low
        case UniqueKind.TEXT, str():
            return _digits(value, len(unique.prefix), unique.length, len(unique.suffix), BASE36[: unique.base])
        case UniqueKind.UUID, str():
            return _digits(value, len(uuid_prefix(unique)), UUID_DIGITS, 0, HEX)
        case UniqueKind.BYTES, bytes():
            return _bytes(unique, value)
        case UniqueKind.INET4, str():
            return int(ipaddress.IPv4Address(value)) - (10 << 24)
        case UniqueKind.INET6, str():
            return _inet6(value)
        case UniqueKind.DATE | UniqueKind.DATETIME, str():  # of the year 0, or with a month or day 0: the driver has no date for it
            return _last_position_before(unique, value)
        case UniqueKind.DATETIME, datetime():
            return ((value.replace(tzinfo=UTC) - EPOCH) // timedelta(seconds=1) - unique.low) // unique.step
        case UniqueKind.DATE, date():
            return ((value - EPOCH.date()).days - unique.low) // unique.step
        case UniqueKind.TIME, timedelta():
            seconds: int = value // timedelta(seconds=1)
            return seconds - unique.low
    raise TypeError(f"{unique.form} of {type(value).__name__}")


def _last_position_before(unique: Unique, text: str) -> int | None:
    """Of the last day that is not later than a date such as 0000-00-00, 2024-00-00 or 2024-02-31; None: there is none."""
    year, month, day = map(int, text[:10].split("-"))
    try:
        first = date(year, max(1, month), 1)
        last = first + timedelta(days=min(day, calendar.monthrange(year, month)[1]) - 1 if month else -1)
    except (ValueError, OverflowError):
        return None
    return _position(unique, datetime.combine(last, time.max) if unique.form == UniqueKind.DATETIME else last)


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
    """The number of the generator's values that are at most `value` in byte order, less one."""
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
        if number < FIRST_GROUP:  # less than every value with the same preceding groups
            return n * int(GROUPS ** (IPV6_GROUPS - k)) - 1
        n = n * GROUPS + number - FIRST_GROUP
    return n
