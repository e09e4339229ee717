"""Parses regular expressions, as far as PCRE (MariaDB) and ICU (MySQL) agree, into sequences of repeated character classes."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from math import prod
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits, hexdigits, punctuation

from parloader.schema.checks.predicates import UnsupportedCheck

ANY = ascii_lowercase + ascii_uppercase + digits
"""The characters used if any character matches."""

PUNCTUATION = "-_.@/:+#"
"""Characters that patterns often require, and that no collation treats as equal to a letter, a digit or each other."""

VISIBLE = ANY + punctuation + " "

MAX_ALTERNATIVES = 16  # of a pattern; one with more is not supported

FLAGS = frozenset("cimnu")  # supported match types of REGEXP_LIKE

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

MAX_EXPANSION = 512  # characters of a range, items of a repeated group


@dataclass(frozen=True, kw_only=True)
class Letters:
    """A character class."""

    listed: frozenset[str]
    others: bool = False  # negated: any character that is not listed

    def allowed(self) -> str:
        """Characters that match, in a fixed order, visible ones if there are any."""
        if self.others:
            return _except(self.listed)
        return _visible(self.listed) or "".join(sorted(self.listed))

    def avoiding(self) -> str:
        """Characters that do not match."""
        return _visible(self.listed) if self.others else _except(self.listed)


@dataclass(frozen=True, kw_only=True)
class Item:
    """A repeated character class."""

    letters: Letters
    min_count: int = 1
    max_count: int | None = 1  # None: unlimited


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """One of the sequences that a pattern matches."""

    items: tuple[Item, ...] = ()
    starts: bool = False  # anchored at the start of the text
    ends: bool = False  # anchored at the end of the text


def _visible(characters: frozenset[str]) -> str:
    return "".join(sorted(filter(str.isprintable, characters)))


def _except(characters: frozenset[str]) -> str:
    """Letters and digits other than these, or other visible characters if none is left.

    Also excluded is what a collation may treat as equal: the other case, the letter without its accent.
    """
    excluded = {variant for character in characters for variant in equal_letters(character)}
    for candidates in (ANY, VISIBLE):
        allowed = "".join(character for character in candidates if character not in excluded)
        if allowed:
            return allowed
    raise UnsupportedCheck("no character is left")


def equal_letters(character: str) -> Iterator[str]:
    for plain in (character, *unicodedata.normalize("NFKD", character), *character.casefold()):
        yield from (plain, plain.lower(), plain.upper())


def _either(alternatives: Iterable[Alternative]) -> Letters | None:
    """The character class that matches what the alternatives match. None: one of them is not a single character."""
    letters: frozenset[str] = frozenset()
    for alternative in alternatives:
        if len(alternative.items) != 1 or alternative.items[0] != Item(letters=Letters(listed=alternative.items[0].letters.listed)):
            return None
        letters |= alternative.items[0].letters.listed
    return Letters(listed=letters)


class Regexp:
    """A recursive-descent parser of characters, classes, groups, alternatives, counts, ^ and $. UnsupportedCheck: anything else."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.position = 0
        self.exact = False
        self.repeats_group = False
        """A group can match more than once, each time another text; only texts that repeat one of them are described."""

    def sequences(self, *, exact: bool = False) -> tuple[Alternative, ...]:
        """The alternatives of the pattern.

        `exact`: UnsupportedCheck, if they cover only a part of what matches (a group with a count is read with one count only).
        """
        self.exact = exact
        alternatives = self._alternatives()
        if self.position < len(self.pattern):
            raise UnsupportedCheck("an unmatched parenthesis")
        return tuple(alternatives)

    def _peek(self) -> str:
        return self.pattern[self.position : self.position + 1]

    def _next(self) -> str:
        character = self._peek()
        if not character:
            raise UnsupportedCheck("the pattern ends too early")
        self.position += 1
        return character

    def _accept(self, text: str) -> bool:
        accepted = self.pattern.startswith(text, self.position)
        self.position += len(text) if accepted else 0
        return accepted

    def _alternatives(self) -> list[Alternative]:
        alternatives = self._sequence()
        while self._accept("|"):
            alternatives += self._sequence()
        return alternatives

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
            raise UnsupportedCheck("a pattern that continues after $")
        return [Alternative(items=tuple(item for part in parts for item in part), starts=starts, ends=ends) for parts in product(*pieces)]

    def _piece(self) -> list[tuple[Item, ...]]:
        if self._accept("("):
            return self._group()
        letters = self._letters()
        min_count, max_count = self._count()
        return [(Item(letters=letters, min_count=min_count, max_count=max_count),)]

    def _group(self) -> list[tuple[Item, ...]]:
        if self._accept("?") and not self._accept(":"):
            raise UnsupportedCheck("a lookaround or named group")
        alternatives = self._alternatives()
        if self._next() != ")" or any(sequence.starts or sequence.ends for sequence in alternatives):
            raise UnsupportedCheck("a group with an anchor")
        min_count, max_count = self._count()
        is_repeated = max_count is None or (max_count > 1 and (min_count != max_count or len(alternatives) > 1))
        if is_repeated and (letters := _either(alternatives)) is not None:
            return [(Item(letters=letters, min_count=min_count, max_count=max_count),)]
        if self.exact and (min_count, max_count) != (1, 1):
            raise UnsupportedCheck("a group with a count")
        self.repeats_group |= is_repeated
        copies = min_count if max_count == 0 else max(min_count, 1)
        if sum(len(sequence.items) for sequence in alternatives) * copies > MAX_EXPANSION:
            raise UnsupportedCheck("a long group")
        return [sequence.items * copies for sequence in alternatives]

    def _count(self) -> tuple[int, int | None]:
        min_count: int
        max_count: int | None
        if self._peek() in COUNTS:
            min_count, max_count = COUNTS[self._next()]
        elif found := COUNT.match(self.pattern, self.position):
            self.position = found.end()
            min_count = int(found[1])
            max_count = (int(found[3]) if found[3] else None) if found[2] else min_count
        else:
            return 1, 1
        self._accept("?")  # lazy: it matches the same texts
        if self._peek() and self._peek() in "*+?{":
            raise UnsupportedCheck("a possessive or repeated count")
        return min_count, max_count

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
        """A character, a range, or a named class within a class."""
        if self._accept("[:"):
            name, _, _ = self.pattern[self.position :].partition(":]")
            if name not in POSIX:
                raise UnsupportedCheck("an unknown character class")
            self.position += len(name) + len(":]")
            return frozenset(POSIX[name])
        first = self._single()
        if len(first) > 1 or self._peek() != "-" or self.pattern[self.position + 1 : self.position + 2] in ("]", ""):
            return first
        self._next()
        low, high = ord(min(first)), ord(min(self._single()))
        if not low <= high < low + MAX_EXPANSION:
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
