"""What a single entry of a plan document may be: read with an error that says what was expected, and written as plain values."""

import datetime
import difflib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from parloader.errors import UsageError

Path: TypeAlias = tuple[str | int, ...]
"""The keys that lead to an entry of a document: ("table", "orders", "column", "status")."""

MOST_64_BITS = 2**63 - 1
# DECIMAL, the widest number of both servers, has 65 digits (their manuals, "DECIMAL")
MOST_DIGITS = 65
SHOWN_CHARACTERS = 40


class Unfit(ValueError):
    """A value is not what it has to be, which is the text."""


class Invalid(UsageError):
    """An entry of a plan is not valid: `path` leads to it, `places` say the same in words."""

    def __init__(self, what: str, next_step: str, *, path: Path = (), places: tuple[str, ...] = ()) -> None:
        super().__init__(f"{', '.join(places)}: {what}" if places else what, next_step)
        self.what = what
        self.path = path
        self.places = places


@contextmanager
def within(path: Path, place: str) -> Iterator[None]:
    """What is not valid inside is said to be there."""
    try:
        yield
    except Invalid as error:
        raise Invalid(error.what, error.next_step, path=(*path, *error.path), places=(place, *error.places)) from error


def shown(value: object) -> str:
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
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def entries(value: object, valid: Iterable[str], *, of: str) -> Mapping[str, Any]:
    """The entries of a table (in the sense of TOML). Invalid: it is none, or has a key that is not one of the `valid`."""
    if not isinstance(value, Mapping):
        raise Invalid(f"{of} is {shown(value)}", "Give a table, with a line for each entry")
    known = tuple(valid)
    for key in value:
        if key not in known:
            raise Invalid(f"{of} has no entry {shown(key)}", f"{nearest(key, known)}Valid: {', '.join(known)}", path=(key,))
    return value


def nearest(word: object, words: Iterable[str]) -> str:
    """A question that names the word that was probably meant, or nothing."""
    close = difflib.get_close_matches(str(word)[:100], list(words), n=1)
    return f"Did you mean {close[0]}? " if close else ""


@dataclass(frozen=True, kw_only=True)
class Codec:
    """`read` raises Unfit, or Invalid where it is inside; `write` hands on what it does not know, for `read` to find fault with."""

    read: Callable[[object], Any]
    write: Callable[[Any], Any] = lambda value: value


def read(found: Mapping[str, Any], key: str, codec: Codec) -> Any:
    """The entry `key`. Invalid where it is missing or not what it has to be."""
    if key not in found:
        raise Invalid(f"`{key}` is missing", f"Add `{key}`")
    try:
        return codec.read(found[key])
    except Unfit as error:
        raise Invalid(f"`{key}` is {shown(found[key])}", f"Give {error}", path=(key,)) from error


def whole(least: int = -MOST_64_BITS - 1, most: int = MOST_64_BITS) -> Codec:
    expected = "a whole number" if least == -MOST_64_BITS - 1 else f"a whole number, {least} or more"
    expected += "" if most in (MOST_64_BITS, 10**MOST_DIGITS - 1) else f", at most {most}"

    def read_it(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise Unfit(expected)
        return value

    return Codec(read=read_it)


def number(least: float = -math.inf, most: float = math.inf) -> Codec:
    """Floats; those without a fraction are written as whole numbers, so that there is one way to write each."""
    expected = "a number" + (f", {least:g} or more" if least > -math.inf else "") + (f", at most {most:g}" if most < math.inf else "")

    def read_it(value: object) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise Unfit(expected)
        try:
            result = float(value)
        except OverflowError as error:
            raise Unfit(expected) from error
        if not (math.isfinite(result) and least <= result <= most):
            raise Unfit(expected)
        return result + 0.0  # no negative zero

    def write(value: Any) -> Any:
        return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < MOST_64_BITS else value

    return Codec(read=read_it, write=write)


def _text(value: object) -> str:
    if not isinstance(value, str) or not is_utf_8(value):
        raise Unfit("a text")
    return value


def _name(value: object) -> str:
    if not isinstance(value, str) or not value or not is_utf_8(value):
        raise Unfit("a text that is not empty")
    return value


def is_utf_8(text: str) -> bool:
    """Whether a file and a server can hold the text: half a surrogate pair they cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise Unfit("true or false")
    return value


TEXT = Codec(read=_text)
NAME = Codec(read=_name)
SWITCH = Codec(read=_switch)


def one_of(values: type[StrEnum] | tuple[str, ...]) -> Codec:
    words = tuple(map(str, values))

    def read_it(value: object) -> Any:
        if not isinstance(value, str) or value not in words:
            raise Unfit(f"one of {', '.join(words)}. {nearest(value, words)}".rstrip().rstrip("."))
        return values(value) if isinstance(values, type) else value

    return Codec(read=read_it, write=lambda value: str(value) if isinstance(value, StrEnum) else value)


def listed(item: Codec, *, least: int = 0) -> Codec:
    """Tuples of at least so many."""

    def read_it(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple) or len(value) < least:
            raise Unfit("a list that is not empty" if least else "a list")
        return tuple(_item(item, number, each) for number, each in enumerate(value, 1))

    return Codec(read=read_it, write=lambda value: [item.write(each) for each in value] if isinstance(value, list | tuple) else value)


def _item(codec: Codec, position: int, value: object) -> Any:
    try:
        return codec.read(value)
    except Unfit as error:
        raise Unfit(f"a list; number {position} of it, {shown(value)}, has to be {error}") from error


def pair(item: Codec, *, of: str) -> Codec:
    """Two of a kind; `of` says what they are: "the lowest and the highest value"."""

    def read_it(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise Unfit(f"a list of two: {of}")
        return tuple(_item(item, number, each) for number, each in enumerate(value, 1))

    return Codec(read=read_it, write=lambda value: [item.write(each) for each in value])
