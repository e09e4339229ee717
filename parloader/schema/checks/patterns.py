"""REGEXP and LIKE patterns: texts that surely match, or surely do not, in every collation, for PCRE (MariaDB) and ICU (MySQL).

The result may describe fewer texts than match, never others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from parloader.schema.checks.predicates import Matches, TextPattern, UnsupportedCheck
from parloader.schema.checks.regexp import ANY, PUNCTUATION, Alternative, Item, Letters, Regexp


def regexp_matches(column: str, pattern: str) -> tuple[Matches, ...]:
    """Alternatives: a text that matches one of them matches the pattern."""
    source = TextPattern(pattern=pattern, regexp=True)
    return tuple(replace(_matches(column, sequence), source=source) for sequence in Regexp(pattern).sequences())


def regexp_avoids(column: str, pattern: str) -> Matches:
    """Texts that do not match: they lack the characters that one part of the pattern needs."""
    (sequence,) = _only(Regexp(pattern).sequences(exact=True))
    return replace(_avoiding(column, sequence.items), source=TextPattern(pattern=pattern, regexp=True, negated=True))


def like_matches(column: str, pattern: str, escape: str = "\\") -> Matches:
    """Texts that match a LIKE pattern."""
    source = TextPattern(pattern=_with_backslashes(pattern, escape), regexp=False)
    return Matches(column=column, parts=tuple(_part(item) for item in like_items(pattern, escape)), whole=True, source=source)


def like_avoids(column: str, pattern: str, escape: str = "\\") -> Matches:
    """Texts that do not match a LIKE pattern."""
    source = TextPattern(pattern=_with_backslashes(pattern, escape), regexp=False, negated=True)
    return replace(_avoiding(column, tuple(like_items(pattern, escape))), source=source)


def _with_backslashes(pattern: str, escape: str) -> str:
    """The LIKE pattern with a backslash as its escape character."""
    characters, written = iter(pattern), ""
    for character in characters:
        if escape and character == escape:
            character = next(characters, character)
            written += f"\\{character}" if character in "%_\\" else character
        else:
            written += "\\\\" if character == "\\" else character
    return written


def repeats_group(pattern: str) -> bool:
    """Whether `regexp_matches` leaves out texts, because a group of the pattern can match several times."""
    regexp = Regexp(pattern)
    regexp.sequences()
    return regexp.repeats_group


def constants(alternatives: tuple[Matches, ...]) -> tuple[str, ...] | None:
    """The matching texts, if each alternative matches one text only: anchored, and a single character in each part."""
    if not all(one.whole and all(len(letters) == low == high == 1 for letters, low, high in one.parts) for one in alternatives):
        return None
    return tuple("".join(letters for letters, _, _ in one.parts) for one in alternatives)


def intersection(first: Matches, second: Matches) -> Matches | None:
    """Texts that match both. None: unknown, unless one of the two only limits the characters of the entire text."""
    for pattern, letters in ((first, second), (second, first)):
        if letters.whole and pattern.whole and len(letters.parts) == 1 and letters.parts[0][1:] == (0, None):
            allowed, punctuation = letters.parts[0][0], letters.punctuation
            common = [_common(part[0], allowed) or (_common(part[0], punctuation) if part[1] else "") for part in pattern.parts]
            parts = tuple((kept, low, high) for kept, (_, low, high) in zip(common, pattern.parts, strict=True) if kept or low)
            both = replace(pattern, parts=parts, punctuation=_common(pattern.punctuation, punctuation))
            return both if all(kept for kept, _, _ in parts) else None
    return None


def _common(letters: str, others: str) -> str:
    return "".join(letter for letter in letters if letter in others)


def like_constant(pattern: str, escape: str = "\\") -> str | None:
    """The text that a LIKE pattern without wildcards matches; None: it has wildcards."""
    items = tuple(like_items(pattern, escape))
    return None if any(item.letters.others for item in items) else "".join(character for item in items for character in item.letters.listed)


def _only(sequences: Sequence[Alternative]) -> Sequence[Alternative]:
    if len(sequences) != 1:
        raise UnsupportedCheck("alternatives that must not match")
    return sequences


def _part(item: Item) -> tuple[str, int, int | None]:
    return item.letters.allowed(), item.min_count, item.max_count


def _matches(column: str, sequence: Alternative) -> Matches:
    parts = tuple(_part(item) for item in sequence.items)
    if sequence.starts == sequence.ends:
        return Matches(column=column, parts=parts, whole=sequence.starts)
    open_end = (ANY, 0, None)
    return Matches(column=column, parts=(*parts, open_end) if sequence.starts else (open_end, *parts), whole=True)


def _avoiding(column: str, items: Sequence[Item]) -> Matches:
    """Texts without the characters of a part that has to occur. Of several such parts, the one that leaves the most characters is used."""
    choices = []
    for item in items:
        if item.min_count:
            try:
                choices.append((item.letters.avoiding(), "" if item.letters.others else _except_listed(item.letters)))
            except UnsupportedCheck:
                continue
    if not any(letters for letters, _ in choices):
        raise UnsupportedCheck("a pattern that matches everything")
    letters, punctuation = max(choices, key=lambda choice: len(choice[0]))
    return Matches(column=column, parts=((letters, 0, None),), whole=True, punctuation=punctuation)


def _except_listed(letters: Letters) -> str:
    return "".join(character for character in PUNCTUATION if character not in letters.listed)


def like_items(pattern: str, escape: str) -> Iterator[Item]:
    characters = iter(pattern)
    for character in characters:
        if escape and character == escape:
            yield Item(letters=Letters(listed=frozenset(next(characters, character))))
        elif character in "%_":
            anything = Letters(listed=frozenset(), others=True)
            yield Item(letters=anything, min_count=0, max_count=None) if character == "%" else Item(letters=anything)
        else:
            yield Item(letters=Letters(listed=frozenset(character)))
