"""What a single entry of a plan document may be: read with an error that says what was expected, and written as plain values."""

import datetime
import difflib
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias

from parloader.errors import UsageError
from parloader.plans.generators import Scalar
from parloader.timestamps import SPAN_SECONDS, parse_iso, parse_span

EntryPath: TypeAlias = tuple[str | int, ...]
"""The keys that lead to an entry of a document: ("table", "orders", "column", "status")."""

MAX_64_BITS = 2**63 - 1

# DECIMAL, the widest number of both servers, has 65 digits (their manuals, "DECIMAL")
MAX_DIGITS = 65

MAX_SHOWN_CHARACTERS = 40


class DecodeError(ValueError):
    """A value is not what it has to be, which is the text."""


class InvalidPlan(UsageError):
    """An entry of a plan is not valid: `path` leads to it, `places` say the same in words."""

    def __init__(self, what: str, next_step: str, *, path: EntryPath = (), places: tuple[str, ...] = ()) -> None:
        super().__init__(f"{', '.join(places)}: {what}" if places else what, next_step)
        self.what = what
        self.path = path
        self.places = places


@contextmanager
def located(path: EntryPath, place: str) -> Iterator[None]:
    """What is not valid inside is said to be there."""
    try:
        yield
    except InvalidPlan as error:
        raise InvalidPlan(error.what, error.next_step, path=(*path, *error.path), places=(place, *error.places)) from error


def abbreviated(value: object) -> str:
    """The value in a message: short, on one line."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    try:
        text = {True: "true", False: "false"}[value] if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else repr(value)
    except ValueError:  # Python writes no number of more than 4300 digits
        return "a number of thousands of digits"
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= MAX_SHOWN_CHARACTERS else f"{text[:MAX_SHOWN_CHARACTERS]}…"


def entries(value: object, valid: Iterable[str], *, of: str) -> Mapping[str, Any]:
    """The entries of a table (in the sense of TOML). Invalid: it is none, or has a key that is not one of the `valid`."""
    if not isinstance(value, Mapping):
        raise InvalidPlan(f"{of} is {abbreviated(value)}", "Give a table, with a line for each entry")
    known = tuple(valid)
    for key in value:
        if key not in known:
            raise InvalidPlan(f"{of} has no entry {abbreviated(key)}", f"{suggestion(key, known)}Valid: {', '.join(known)}", path=(key,))
    return value


def suggestion(word: object, words: Iterable[str]) -> str:
    """A question that names the word that was probably meant, or nothing."""
    close = difflib.get_close_matches(str(word)[:100], list(words), n=1)
    return f"Did you mean {close[0]}? " if close else ""


@dataclass(frozen=True, kw_only=True)
class Codec:
    """`read` raises Unfit, or Invalid where it is inside; `write` hands on what it does not know, for `read` to find fault with."""

    read: Callable[[object], Any]
    write: Callable[[Any], Any] = lambda value: value


def decode_entry(found: Mapping[str, Any], key: str, codec: Codec) -> Any:
    """The entry `key`. Invalid where it is missing or not what it has to be."""
    if key not in found:
        raise InvalidPlan(f"`{key}` is missing", f"Add `{key}`")
    try:
        return codec.read(found[key])
    except DecodeError as error:
        raise InvalidPlan(f"`{key}` is {abbreviated(found[key])}", f"Give {error}", path=(key,)) from error


def integer(least: int = -MAX_64_BITS - 1, most: int = MAX_64_BITS) -> Codec:
    expected = "a whole number" if least == -MAX_64_BITS - 1 else f"a whole number, {least} or more"
    expected += "" if most in (MAX_64_BITS, 10**MAX_DIGITS - 1) else f", at most {most}"

    def read_it(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise DecodeError(expected)
        return value

    return Codec(read=read_it)


def number(least: float = -math.inf, most: float = math.inf) -> Codec:
    """Floats; those without a fraction are written as whole numbers, so that there is one way to write each."""
    expected = "a number" + (f", {least:g} or more" if least > -math.inf else "") + (f", at most {most:g}" if most < math.inf else "")

    def read_it(value: object) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise DecodeError(expected)
        try:
            result = float(value)
        except OverflowError as error:
            raise DecodeError(expected) from error
        if not (math.isfinite(result) and least <= result <= most):
            raise DecodeError(expected)
        return result + 0.0  # no negative zero

    def write(value: Any) -> Any:
        return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < MAX_64_BITS else value

    return Codec(read=read_it, write=write)


def _text(value: object) -> str:
    if not isinstance(value, str) or not is_utf_8(value):
        raise DecodeError("a text")
    return value


def _name(value: object) -> str:
    if not isinstance(value, str) or not value or not is_utf_8(value):
        raise DecodeError("a text that is not empty")
    return value


def is_utf_8(text: str) -> bool:
    """Whether a file and a server can hold the text: half a surrogate pair they cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise DecodeError("true or false")
    return value


TEXT = Codec(read=_text)

NAME = Codec(read=_name)

BOOLEAN = Codec(read=_boolean)


def one_of(values: type[StrEnum] | tuple[str, ...]) -> Codec:
    words = tuple(map(str, values))

    def read_it(value: object) -> Any:
        if not isinstance(value, str) or value not in words:
            raise DecodeError(f"one of {', '.join(words)}. {suggestion(value, words)}".rstrip().rstrip("."))
        return values(value) if isinstance(values, type) else value

    return Codec(read=read_it, write=lambda value: str(value) if isinstance(value, StrEnum) else value)


def list_of(item: Codec, *, least: int = 0) -> Codec:
    """Tuples of at least so many."""

    def read_it(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple) or len(value) < least:
            raise DecodeError("a list that is not empty" if least else "a list")
        return tuple(_item(item, number, each) for number, each in enumerate(value, 1))

    return Codec(read=read_it, write=lambda value: [item.write(each) for each in value] if isinstance(value, list | tuple) else value)


def _item(codec: Codec, position: int, value: object) -> Any:
    try:
        return codec.read(value)
    except DecodeError as error:
        raise DecodeError(f"a list; number {position} of it, {abbreviated(value)}, has to be {error}") from error


def pair_of(item: Codec, *, of: str) -> Codec:
    """Two of a kind; `of` says what they are: "the lowest and the highest value"."""

    def read_it(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise DecodeError(f"a list of two: {of}")
        return tuple(_item(item, number, each) for number, each in enumerate(value, 1))

    return Codec(read=read_it, write=lambda value: [item.write(each) for each in value])


WRITTEN_SPANS = ("d", "h", "m", "s")

DECIMAL = re.compile(r"-?[0-9]{1,65}(\.[0-9]{1,38})?")

ANY_INTEGER = integer(1 - 10**MAX_DIGITS, 10**MAX_DIGITS - 1)


def _scalar(value: object) -> Scalar:
    if isinstance(value, Mapping):
        return _hexadecimal_or_null(value)
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return timestamp_text(value)
    if isinstance(value, bool) or (isinstance(value, str) and is_utf_8(value)):
        return value
    if isinstance(value, int) and abs(value) < 10**MAX_DIGITS:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise DecodeError(f'a text, a number of at most {MAX_DIGITS} digits, true, false, a date, {{ hex = "00ff" }} or {{ null = true }}')


def _hexadecimal_or_null(value: Mapping[Any, Any]) -> Scalar:
    if dict(value) == {"null": True}:
        return None
    text = value.get("hex")
    if len(value) != 1 or not isinstance(text, str) or not re.fullmatch("(?:[0-9a-fA-F]{2})*", text):
        raise DecodeError('{ hex = "00ff" } (bytes, two digits each) or { null = true }')
    return bytes.fromhex(text)


def timestamp_text(value: datetime.date | datetime.time) -> str:
    """The text of a TOML date, time or moment; moments are taken to UTC."""
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        try:
            value = value.astimezone(datetime.UTC).replace(tzinfo=None)
        except OverflowError as error:
            raise DecodeError("a moment of the years 1 to 9999, in UTC too") from error
    return value.isoformat()


def _write_scalar(value: Any) -> Any:
    if value is None:
        return {"null": True}
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    return timestamp_text(value) if isinstance(value, datetime.date | datetime.time) else value


SCALAR = Codec(read=_scalar, write=_write_scalar)


def _timestamp(value: object) -> str:
    text = timestamp_text(value) if isinstance(value, datetime.date) else value
    try:
        parse_iso(text if isinstance(text, str) else "")
    except ValueError as error:
        raise DecodeError('a date or a moment of UTC, such as "2024-01-01T00:00:00Z"') from error
    return str(text)


def _span(value: object) -> int:
    try:
        return parse_span(value if isinstance(value, str) else "")
    except ValueError as error:
        raise DecodeError('a time span: a number and s, m, h, d or w, such as "365d"') from error


def _write_span(value: Any) -> Any:
    if not isinstance(value, int):
        return value
    unit = next(unit for unit in WRITTEN_SPANS if value % SPAN_SECONDS[unit] == 0 and (value or unit == "s"))
    return f"{value // SPAN_SECONDS[unit]}{unit}"


TIMESTAMP = Codec(read=_timestamp, write=_write_scalar)

SPAN = Codec(read=_span, write=_write_span)


def _bound_read(value: object) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool):
        return int(ANY_INTEGER.read(value))
    text = _write_scalar(value)
    if not isinstance(text, str) or bound_of(text) is None:
        raise DecodeError('a whole number, a decimal as a text ("0.00"), a date ("2024-01-01") or a moment ("2024-01-01T00:00:00")')
    return text


def bound_of(text: str) -> Any:
    """What the text stands for, to be compared; None where it is nothing of the kind."""
    if DECIMAL.fullmatch(text):
        return Decimal(text)
    for kind in (datetime.date.fromisoformat, parse_iso):
        with suppress(ValueError):
            bound = kind(text)
            return None if isinstance(bound, datetime.datetime) and bound.microsecond else bound
    return None


BOUND = Codec(read=_bound_read, write=_write_scalar)
