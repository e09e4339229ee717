"""Sample texts that match a pattern, generated from its parts; the same input always gives the same texts."""

import hashlib
import math
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from parloader.plans.unique import BASE36
from parloader.schema.checks.predicates import Matches

# The first alphabet with an allowed character is used. Each has one case only, so that no collation treats two texts as equal
ALPHABETS = (
    BASE36,
    string.digits + string.ascii_uppercase,
    "".join(c for c in string.printable if c.isprintable() and c not in " \\'\"%_`"),
)

MAX_EXTRA = 8  # characters that a part of variable length has beyond its minimum


@dataclass(frozen=True, kw_only=True)
class Part:
    """Characters of a pattern that are repeated."""

    alphabet: str  # the characters to use
    min_count: int
    max_count: int


def parts_of(matches: Matches, max_length: int) -> tuple[Part, ...]:
    """The parts of the pattern, each with one of the alphabets and at most `max_length` characters."""
    return tuple(
        Part(alphabet=_plain(characters), min_count=low, max_count=max_length if high is None else min(high, max_length))
        for characters, low, high in matches.parts
    )


def _plain(characters: str) -> str:
    allowed = frozenset(characters)
    usable = ("".join(c for c in alphabet if c in allowed) for alphabet in ALPHABETS)
    return next((alphabet for alphabet in usable if alphabet), characters)


def samples(matches: Matches, min_length: int, max_length: int, count: int, salt: str) -> Iterator[str]:
    """At most `count` distinct texts of `min_length` to `max_length` characters, chosen pseudo-randomly by the `salt`."""
    parts = parts_of(matches, max_length)
    seen: set[str] = set()
    for n in range(2 * count):
        random_bytes = hashlib.shake_256(f"{salt}/{n}".encode()).digest(len(parts) + max_length)
        counts = _lengthened(
            parts, [min(p.max_count - p.min_count, random_bytes[k] % (MAX_EXTRA + 1)) for k, p in enumerate(parts)], min_length, max_length
        )
        if counts is None:
            return
        letters = (part.alphabet for part, number in zip(parts, counts, strict=True) for _ in range(number))
        text = "".join(alphabet[byte % len(alphabet)] for alphabet, byte in zip(letters, random_bytes[len(parts) :], strict=False))
        if text not in seen and len(seen) < count:
            seen.add(text)
            yield text


def _lengthened(parts: Sequence[Part], extra: list[int], min_length: int, max_length: int) -> list[int] | None:
    """The number of characters of each part: its minimum and `extra`, adjusted so that the text has `min_length` to `max_length`. None: impossible."""
    counts = [part.min_count + more for part, more in zip(parts, extra, strict=True)]
    for k in reversed(range(len(parts))):
        counts[k] -= max(0, min(sum(counts) - max_length, counts[k] - parts[k].min_count))
        counts[k] += max(0, min(min_length - sum(counts), parts[k].max_count - counts[k]))
    return counts if min_length <= sum(counts) <= max_length else None


def distinct(matches: Matches, min_length: int, max_length: int, count: int, prefix: int | None) -> tuple[str, ...]:
    """At most `count` texts, sorted, that differ within the first `prefix` characters (None: all), also ignoring case."""
    parts = parts_of(matches, max_length)
    counts = _lengthened(parts, [0] * len(parts), min_length, max_length)
    if counts is None:
        return ()
    while _capacity(parts, counts, prefix) < count and sum(counts) < max_length:
        growing = next((k for k in reversed(range(len(parts))) if counts[k] < parts[k].max_count and len(parts[k].alphabet) > 1), None)
        if growing is None:
            break
        counts[growing] += 1
    alphabets = [part.alphabet for part, number in zip(parts, counts, strict=True) for _ in range(number)]
    used = len(alphabets) if prefix is None else prefix
    return tuple(sorted(_numbered(alphabets, used, n) for n in range(min(count, _capacity(parts, counts, prefix)))))


def _capacity(parts: Sequence[Part], counts: Sequence[int], prefix: int | None) -> int:
    sizes = [len(part.alphabet) for part, number in zip(parts, counts, strict=True) for _ in range(number)]
    return math.prod(sizes[:prefix])


def _numbered(alphabets: Sequence[str], used: int, n: int) -> str:
    """Text number n: its first `used` characters are the digits of n, each in its own alphabet."""
    letters = [alphabet[0] for alphabet in alphabets]
    for k in reversed(range(min(used, len(alphabets)))):
        n, digit = divmod(n, len(alphabets[k]))
        letters[k] = alphabets[k][digit]
    return "".join(letters)


@dataclass(frozen=True, kw_only=True)
class CounterTemplate:
    """A text with a counter in it: `prefix`, `digits` base-36 digits, `suffix`."""

    prefix: str
    suffix: str
    digits: int  # every combination of that length matches the pattern


def counter_template(matches: Matches, min_length: int, max_length: int, digits: int) -> CounterTemplate | None:
    """A template with `digits` digits, or fewer if they do not fit. None: no part of the pattern allows every letter and digit."""
    parts = parts_of(matches, max_length)
    for k, part in reversed(list(enumerate(parts))):
        counts = _lengthened(
            parts,
            [min(p.max_count - p.min_count, max(0, digits - p.min_count) if n == k else 0) for n, p in enumerate(parts)],
            min_length,
            max_length,
        )
        if part.alphabet != BASE36 or counts is None or not counts[k]:
            continue
        number = min(digits, counts[k])
        before = "".join(p.alphabet[0] * c for p, c in zip(parts[:k], counts[:k], strict=True))
        after = "".join(p.alphabet[0] * c for p, c in zip(parts[k + 1 :], counts[k + 1 :], strict=True))
        return CounterTemplate(prefix=before + "0" * (counts[k] - number), suffix=after, digits=number)
    return None
