"""Codecs: read an entry of a plan document, with an error that says what was expected, and write it as a plain value."""

import datetime
import difflib
import math
import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from parloader.plans.bounds import DECIMAL
from parloader.plans.documents.mistakes import InvalidPlan, Mistake
from parloader.plans.generators import Scalar
from parloader.timestamps import parse_iso

MAX_64_BITS = 2**63 - 1

# DECIMAL, the widest number of both servers, has 65 digits (their manuals, "DECIMAL")
MAX_DIGITS = 65

MAX_SHOWN_CHARACTERS = 40


class DecodeError(ValueError):
    """A value is not what it has to be."""

    def __init__(self, expected: str, item: int | None = None) -> None:
        super().__init__(expected)
        self.expected = expected
        self.item = item
        """Which item of a list is not valid, from 1; None: the value itself."""


def abbreviated(value: object) -> str:
    """The value as messages show it: short, on one line."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        items = ("[…]" if isinstance(item, list | tuple) else abbreviated(item) for item in value[:MAX_SHOWN_CHARACTERS])
        text = f"[{', '.join(items)}]"
        return text if len(text) <= MAX_SHOWN_CHARACTERS else f"{text[:MAX_SHOWN_CHARACTERS]}…"
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    try:
        text = {True: "true", False: "false"}[value] if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else repr(value)
    except ValueError:  # Python converts no number of more than 4300 digits to text
        return "a number of thousands of digits"
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= MAX_SHOWN_CHARACTERS else f"{text[:MAX_SHOWN_CHARACTERS]}…"


def entries(value: object, valid: Iterable[str], *, of: str) -> Mapping[str, Any]:
    """The entries of a TOML table, which messages call `of`. InvalidPlan: it is no table, or has a key that is not one of the `valid`."""
    if not isinstance(value, Mapping):
        raise InvalidPlan(f"{abbreviated(value)} is not {of}", "Write a table: its name in brackets, then one line per entry")
    known = tuple(valid)
    unknown = [
        Mistake(what=f"{of} has no entry {abbreviated(key)}", next_step=f"{suggestion(key, known)}Valid: {', '.join(known)}", path=(key,))
        for key in value
        if key not in known
    ]
    if unknown:
        raise InvalidPlan.of(unknown)
    return value


def suggestion(word: object, words: Iterable[str], *, for_shell: bool = False) -> str:
    """The question "Did you mean …? " with the most similar word, or an empty text. `for_shell`: quoted as a shell takes it."""
    close = difflib.get_close_matches(str(word)[:100], list(words), n=1)
    return f"Did you mean {shlex.quote(close[0]) if for_shell else close[0]}? " if close else ""


@dataclass(frozen=True, kw_only=True)
class Codec:
    """How an entry is read and written."""

    read: Callable[[object], Any]
    """Raises DecodeError, or InvalidPlan if something nested in the value is not valid."""

    write: Callable[[Any], Any] = lambda value: value
    """Returns a value that it cannot write unchanged: `read` then reports it."""


def decode_entry(table: Mapping[str, Any], key: str, codec: Codec) -> Any:
    """The decoded entry `key`. InvalidPlan: it is missing or not valid."""
    if key not in table:
        raise InvalidPlan(f"`{key}` is missing", f"Add `{key}`")
    value = table[key]
    try:
        return codec.read(value)
    except DecodeError as error:
        if error.item is None:
            raise InvalidPlan(f"`{key}` is {abbreviated(value)}", f"Give {error.expected}", path=(key,)) from error
        item = abbreviated(value[error.item - 1])
        raise InvalidPlan(f"`{key}` needs {error.expected}; got {item}", f"Correct item {error.item}", path=(key,)) from error


def integer(least: int = -MAX_64_BITS - 1, most: int = MAX_64_BITS) -> Codec:
    expected = "an integer" if least in (-MAX_64_BITS - 1, 1 - 10**MAX_DIGITS) else f"an integer, {least} or more"
    expected += "" if most in (MAX_64_BITS, 10**MAX_DIGITS - 1) else f", at most {most}"

    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise DecodeError(expected)
        return value

    return Codec(read=read)


def _plain(limit: float) -> str:
    """A limit without an exponent: 0.000001, 1,000,000."""
    return f"{limit:,.6f}".rstrip("0").rstrip(".")


def number(least: float = -math.inf, most: float = math.inf) -> Codec:
    """Floats, also as text ("0.50"). Those without a fraction are written as integers, so that equal numbers are written alike."""
    expected = "a number" + (f", {_plain(least)} or more" if least > -math.inf else "")
    expected += f", at most {_plain(most)}" if most < math.inf else ""

    def read(value: object) -> float:
        decimal = isinstance(value, str) and DECIMAL.fullmatch(value)
        if not (isinstance(value, int | float | str) and (decimal or not isinstance(value, bool | str))):
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

    return Codec(read=read, write=write)


def _text(value: object) -> str:
    if not isinstance(value, str) or not is_utf_8(value):
        raise DecodeError("a text")
    return value


def _name(value: object) -> str:
    if not isinstance(value, str) or not value or not is_utf_8(value):
        raise DecodeError("a non-empty text")
    return value


def is_utf_8(text: str) -> bool:
    """Whether the text can be encoded as UTF-8: it has no unpaired surrogates."""
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

    def read(value: object) -> Any:
        if not isinstance(value, str) or value not in words:
            raise DecodeError(f"one of {', '.join(words)}. {suggestion(value, words)}".rstrip().rstrip("."))
        return values(value) if isinstance(values, type) else value

    return Codec(read=read, write=lambda value: str(value) if isinstance(value, StrEnum) else value)


def list_of(item: Codec, *, least: int = 0) -> Codec:
    """Tuples with at least `least` items."""

    def read(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple) or len(value) < least:
            raise DecodeError(f"a list of {least} or more" if least > 1 else "a non-empty list" if least else "a list")
        return _items(item, value)

    return Codec(read=read, write=lambda value: [item.write(each) for each in value] if isinstance(value, list | tuple) else value)


def _items(codec: Codec, values: Sequence[object]) -> tuple[Any, ...]:
    result = []
    for position, value in enumerate(values, 1):
        try:
            result.append(codec.read(value))
        except DecodeError as error:
            raise DecodeError(f"a list, each item {error.expected}", position) from error
    return tuple(result)


def pair_of(first: Codec, second: Codec | None = None, *, expected: str) -> Codec:
    """Lists of two items, equal ones without `second`; `expected` describes them in messages: "[mean, deviation] as numbers"."""
    second = second or first

    def read(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise DecodeError(expected)
        items = []
        for position, (codec, item) in enumerate(zip((first, second), value, strict=True), 1):
            try:
                items.append(codec.read(item))
            except DecodeError as error:
                raise DecodeError(expected, position) from error
        return tuple(items)

    return Codec(read=read, write=lambda value: [codec.write(item) for codec, item in zip((first, second), value, strict=True)])


ANY_INTEGER = integer(1 - 10**MAX_DIGITS, 10**MAX_DIGITS - 1)


def _scalar(value: object) -> Scalar:
    if isinstance(value, Mapping):
        return _tagged(value)
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return timestamp_text(value)
    if isinstance(value, bool) or (isinstance(value, str) and is_utf_8(value)):
        return value
    if isinstance(value, int) and abs(value) < 10**MAX_DIGITS:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise DecodeError(f'a text, a number of at most {MAX_DIGITS} digits, true, false, a date, {{ hex = "00ff" }} or {{ null = true }}')


def _tagged(value: Mapping[Any, Any]) -> Scalar:
    """NULL, or a value whose type its text does not show."""
    if dict(value) == {"null": True}:
        return None
    tag, text = next(iter(value.items()), (None, None))
    if len(value) == 1 and isinstance(text, str):
        if tag == "hex" and re.fullmatch("(?:[0-9a-fA-F]{2})*", text):
            return bytes.fromhex(text)
        if tag == "decimal" and DECIMAL.fullmatch(text):
            return Decimal(text)
        with suppress(ValueError):
            if tag == "date":
                return datetime.date.fromisoformat(text)
            if tag == "timestamp":
                return parse_iso(text).replace(tzinfo=None)
    raise DecodeError(
        '{ null = true }, { hex = "00ff" } (bytes, two digits each), { decimal = "9.50" }, { date = "2024-01-01" } or '
        '{ timestamp = "2024-01-01T00:00:00" }'
    )


def timestamp_text(value: datetime.date | datetime.time) -> str:
    """A TOML date, time or timestamp as ISO text. Timestamps with a zone are converted to UTC."""
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        try:
            value = value.astimezone(datetime.UTC).replace(tzinfo=None)
        except OverflowError as error:
            raise DecodeError("a timestamp in the years 1 to 9999, also in UTC") from error
    return value.isoformat()


def _write_scalar(value: Any) -> Any:
    match value:
        case None:
            return {"null": True}
        case bytes():
            return {"hex": value.hex()}
        case Decimal():
            return {"decimal": f"{value:f}"}
        case datetime.datetime():
            return {"timestamp": timestamp_text(value)}
        case datetime.date():
            return {"date": value.isoformat()}
        case datetime.time():
            return value.isoformat()
    return value


def write_timestamp(value: Any) -> Any:
    return timestamp_text(value) if isinstance(value, datetime.date | datetime.time) else value


SCALAR = Codec(read=_scalar, write=_write_scalar)
