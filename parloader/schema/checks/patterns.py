"""REGEXP and LIKE patterns: which plain texts surely match, and which surely do not.

Surely: in any collation, by PCRE (MariaDB) and by ICU (MySQL). Fewer texts than match may be found, never others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from parloader.schema.checks.predicates import Matches, UnsupportedCheck
from parloader.schema.checks.regexp import ANY, Alternative, Item, Letters, Regexp


def regexp_matches(column: str, pattern: str) -> tuple[Matches, ...]:
    """Any of these will do."""
    return tuple(_matches(column, sequence) for sequence in Regexp(pattern).sequences())


def regexp_avoids(column: str, pattern: str) -> Matches:
    """Texts in which the pattern is not found: without the characters that one of its parts needs."""
    (sequence,) = _only(Regexp(pattern).sequences(exact=True))
    return _avoiding(column, sequence.items)


def like_matches(column: str, pattern: str, escape: str = "\\") -> Matches:
    return Matches(column=column, parts=tuple(_part(item) for item in _like(pattern, escape)), whole=True)


def like_avoids(column: str, pattern: str, escape: str = "\\") -> Matches:
    return _avoiding(column, tuple(_like(pattern, escape)))


def constants(found: tuple[Matches, ...]) -> tuple[str, ...] | None:
    """The texts that match, where they are few: every part is one character, both ends are anchored."""
    if not all(one.whole and all(len(letters) == least == most == 1 for letters, least, most in one.parts) for one in found):
        return None
    return tuple("".join(letters for letters, _, _ in one.parts) for one in found)


def intersection(first: Matches, second: Matches) -> Matches | None:
    """Texts that match both, where one of them only says which characters a whole text may have; None where that is not so."""
    for pattern, letters in ((first, second), (second, first)):
        if letters.whole and pattern.whole and len(letters.parts) == 1 and letters.parts[0][1:] == (0, None):
            common = ["".join(letter for letter in part[0] if letter in letters.parts[0][0]) for part in pattern.parts]
            parts = tuple((kept, least, most) for kept, (_, least, most) in zip(common, pattern.parts, strict=True) if kept or least)
            return replace(pattern, parts=parts) if all(kept for kept, _, _ in parts) else None
    return None


def like_constant(pattern: str, escape: str = "\\") -> str | None:
    """The text, where the pattern has no wildcard."""
    items = tuple(_like(pattern, escape))
    return None if any(item.letters.others for item in items) else "".join(character for item in items for character in item.letters.listed)


def _only(sequences: Sequence[Alternative]) -> Sequence[Alternative]:
    if len(sequences) != 1:
        raise UnsupportedCheck("alternatives that must not match")
    return sequences


def _part(item: Item) -> tuple[str, int, int | None]:
    return item.letters.allowed(), item.least, item.most


def _matches(column: str, sequence: Alternative) -> Matches:
    parts = tuple(_part(item) for item in sequence.items)
    if sequence.starts == sequence.ends:
        return Matches(column=column, parts=parts, whole=sequence.starts)
    open_end = (ANY, 0, None)
    return Matches(column=column, parts=(*parts, open_end) if sequence.starts else (open_end, *parts), whole=True)


def _avoiding(column: str, items: Sequence[Item]) -> Matches:
    """A text without any character of a part that occurs at least once does not match: the part that leaves most characters."""
    choices = []
    for item in items:
        if item.least:
            try:
                choices.append(item.letters.avoiding())
            except UnsupportedCheck:
                continue
    if not any(choices):
        raise UnsupportedCheck("a pattern that matches everything")
    return Matches(column=column, parts=((max(choices, key=len), 0, None),), whole=True)


def _like(pattern: str, escape: str) -> Iterator[Item]:
    characters = iter(pattern)
    for character in characters:
        if escape and character == escape:
            yield Item(letters=Letters(listed=frozenset(next(characters, character))))
        elif character in "%_":
            anything = Letters(listed=frozenset(), others=True)
            yield Item(letters=anything, least=0, most=None) if character == "%" else Item(letters=anything)
        else:
            yield Item(letters=Letters(listed=frozenset(character)))
