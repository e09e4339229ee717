"""Regular expressions as sequences of characters with counts: what PCRE (MariaDB) and ICU (MySQL) read alike."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits, hexdigits, punctuation

from parloader.schema.checks.predicates import UnsupportedCheck

ANY = ascii_lowercase + ascii_uppercase + digits
"""What is written for a character that may be any."""

VISIBLE = ANY + punctuation + " "

MAX_ALTERNATIVES = 16

FLAGS = frozenset("cimnu")

CLASSES = {"d": digits, "w": ANY + "_", "s": " \t\n\r"}

POSIX = {
    "alpha": ascii_letters,
    "digit": digits,
    "alnum": ascii_letters + digits,
    "upper": ascii_uppercase,
    "lower": ascii_lowercase,
    "xdigit": hexdigits,
    "space": " \t\n\r",
    "blank": " \t",
    "punct": punctuation,
    "word": ANY + "_",
}

CONTROLS = {"t": "\t", "n": "\n", "r": "\r"}

COUNTS = {"*": (0, None), "+": (1, None), "?": (0, 1)}

COUNT = re.compile(r"\{(\d+)(,(\d*))?\}")

RANGE_LIMIT = 512


@dataclass(frozen=True, kw_only=True)
class Letters:
    """One of `listed`, or, if `others`, any character but these."""

    listed: frozenset[str]
    others: bool = False

    def allowed(self) -> str:
        """Characters that match, in a fixed order, plain ones before others."""
        if self.others:
            return _but(self.listed)
        return _visible(self.listed) or "".join(sorted(self.listed))

    def avoiding(self) -> str:
        """Characters that do not match."""
        return _visible(self.listed) if self.others else _but(self.listed)


@dataclass(frozen=True, kw_only=True)
class Item:
    letters: Letters
    least: int = 1
    most: int | None = 1


@dataclass(frozen=True, kw_only=True)
class Alternative:
    items: tuple[Item, ...] = ()
    starts: bool = False
    ends: bool = False


def _visible(characters: frozenset[str]) -> str:
    return "".join(sorted(filter(str.isprintable, characters)))


def _but(characters: frozenset[str]) -> str:
    """Letters and digits without these, or, where that are none, other visible characters. What a collation may hold for equal is left out
    too: the small and the capital letter, the letter without its accent."""
    refused = {variant for character in characters for variant in _alike(character)}
    for offered in (ANY, VISIBLE):
        left = "".join(character for character in offered if character not in refused)
        if left:
            return left
    raise UnsupportedCheck("no character is left")


def _alike(character: str) -> Iterator[str]:
    for plain in (character, *unicodedata.normalize("NFKD", character), *character.casefold()):
        yield from (plain, plain.lower(), plain.upper())


class Regexp:
    """A reader of patterns: characters, classes, groups, alternatives, counts, ^ and $. NotUnderstood at everything else."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.position = 0
        self.exact = False

    def sequences(self, *, exact: bool = False) -> tuple[Alternative, ...]:
        """The alternatives. `exact`: refuses what is read as less than it means (the count of a group)."""
        self.exact = exact
        found = self._alternatives()
        if self.position < len(self.pattern):
            raise UnsupportedCheck("a parenthesis too many")
        return tuple(found)

    def _peek(self) -> str:
        return self.pattern[self.position : self.position + 1]

    def _next(self) -> str:
        character = self._peek()
        if not character:
            raise UnsupportedCheck("the pattern ends too early")
        self.position += 1
        return character

    def _accept(self, text: str) -> bool:
        there = self.pattern.startswith(text, self.position)
        self.position += len(text) if there else 0
        return there

    def _alternatives(self) -> list[Alternative]:
        found = self._sequence()
        while self._accept("|"):
            found += self._sequence()
        return found

    def _sequence(self) -> list[Alternative]:
        pieces: list[list[tuple[Item, ...]]] = []
        starts, ends = self._accept("^"), False
        while self._peek() not in ("", "|", ")"):
            if self._accept("$"):
                ends = True
                break
            pieces.append(self._piece())
            if prod(map(len, pieces)) > MAX_ALTERNATIVES:
                raise UnsupportedCheck("too many alternatives")
        if self._peek() not in ("", "|", ")"):
            raise UnsupportedCheck("something after the end")
        return [Alternative(items=tuple(item for part in parts for item in part), starts=starts, ends=ends) for parts in product(*pieces)]

    def _piece(self) -> list[tuple[Item, ...]]:
        if self._accept("("):
            return self._group()
        letters = self._letters()
        least, most = self._count()
        return [(Item(letters=letters, least=least, most=most),)]

    def _group(self) -> list[tuple[Item, ...]]:
        if self._accept("?") and not self._accept(":"):
            raise UnsupportedCheck("a group of a special kind")
        inside = self._alternatives()
        if self._next() != ")" or any(sequence.starts or sequence.ends for sequence in inside):
            raise UnsupportedCheck("a group with an end of the text in it")
        least, most = self._count()
        if self.exact and (least, most) != (1, 1):
            raise UnsupportedCheck("a group with a count")
        copies = least if most == 0 else max(least, 1)
        if sum(len(sequence.items) for sequence in inside) * copies > RANGE_LIMIT:
            raise UnsupportedCheck("a long group")
        return [sequence.items * copies for sequence in inside]

    def _count(self) -> tuple[int, int | None]:
        least: int
        most: int | None
        if self._peek() in COUNTS:
            least, most = COUNTS[self._next()]
        elif found := COUNT.match(self.pattern, self.position):
            self.position = found.end()
            least = int(found[1])
            most = (int(found[3]) if found[3] else None) if found[2] else least
        else:
            return 1, 1
        self._accept("?")  # lazy: the same texts match
        if self._peek() and self._peek() in "*+?{":
            raise UnsupportedCheck("a count after a count")
        return least, most

    def _letters(self) -> Letters:
        character = self._next()
        if character == ".":
            return Letters(listed=frozenset("\n"), others=True)
        if character == "[":
            return self._class()
        if character == "\\":
            return self._escape()
        if character in "^*+?{})":
            raise UnsupportedCheck("a special character")
        return Letters(listed=frozenset(character))

    def _escape(self) -> Letters:
        character = self._next()
        if character.lower() in CLASSES:
            return Letters(listed=frozenset(CLASSES[character.lower()]), others=character.isupper())
        if character in CONTROLS:
            return Letters(listed=frozenset(CONTROLS[character]))
        if character.isalnum():
            raise UnsupportedCheck("an escape")
        return Letters(listed=frozenset(character))

    def _class(self) -> Letters:
        others = self._accept("^")
        listed: set[str] = set()
        first = True
        while first or self._peek() != "]":
            first = False
            listed |= self._member()
        self._next()
        return Letters(listed=frozenset(listed), others=others)

    def _member(self) -> frozenset[str]:
        """One character, a range, or a class in the class."""
        if self._accept("[:"):
            name, _, _ = self.pattern[self.position :].partition(":]")
            if name not in POSIX:
                raise UnsupportedCheck("a class of characters")
            self.position += len(name) + len(":]")
            return frozenset(POSIX[name])
        first = self._single()
        if len(first) > 1 or self._peek() != "-" or self.pattern[self.position + 1 : self.position + 2] in ("]", ""):
            return first
        self._next()
        low, high = ord(min(first)), ord(min(self._single()))
        if not low <= high < low + RANGE_LIMIT:
            raise UnsupportedCheck("a long range of characters")
        return frozenset(map(chr, range(low, high + 1)))

    def _single(self) -> frozenset[str]:
        character = self._next()
        if character == "[" or (character == "&" and self._peek() == "&"):
            raise UnsupportedCheck("a set operation of ICU")
        if character != "\\":
            return frozenset(character)
        letters = self._escape()
        if letters.others:
            raise UnsupportedCheck("a class within a class")
        return letters.listed
