"""Texts that match a pattern, built from its parts: always the same ones."""

import hashlib
import math
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from parloader.plans.unique import BASE36
from parloader.schema.checks.predicates import Matches

BASE_36 = BASE36

# Tried in turn. One case only, so that no collation takes two texts for one
ALPHABETS = (
    BASE_36,
    string.digits + string.ascii_uppercase,
    "".join(c for c in string.printable if c.isprintable() and c not in " \\'\"%_`"),
)

MAX_EXTRA = 8  # how much longer than it must be a part of any length is


@dataclass(frozen=True, kw_only=True)
class Part:
    alphabet: str
    least: int
    most: int


def parts_of(matches: Matches, most: int) -> tuple[Part, ...]:
    """With the characters that are used of each part, and at most `most` of them."""
    return tuple(
        Part(alphabet=_plain(characters), least=least, most=most if high is None else min(high, most))
        for characters, least, high in matches.parts
    )


def _plain(characters: str) -> str:
    allowed = frozenset(characters)
    found = ("".join(c for c in alphabet if c in allowed) for alphabet in ALPHABETS)
    return next((alphabet for alphabet in found if alphabet), characters)


def samples(matches: Matches, least: int, most: int, count: int, salt: str) -> Iterator[str]:
    """Texts of `least` to `most` characters, drawn from the `salt`; at most `count`, each once."""
    parts = parts_of(matches, most)
    seen: set[str] = set()
    for n in range(2 * count):
        drawn = hashlib.shake_256(f"{salt}/{n}".encode()).digest(len(parts) + most)
        counts = _lengthened(parts, [min(p.most - p.least, drawn[k] % (MAX_EXTRA + 1)) for k, p in enumerate(parts)], least, most)
        if counts is None:
            return
        letters = (part.alphabet for part, number in zip(parts, counts, strict=True) for _ in range(number))
        text = "".join(alphabet[byte % len(alphabet)] for alphabet, byte in zip(letters, drawn[len(parts) :], strict=False))
        if text not in seen and len(seen) < count:
            seen.add(text)
            yield text


def _lengthened(parts: Sequence[Part], extra: list[int], least: int, most: int) -> list[int] | None:
    """How many characters each part has: its least and the `extra`, more or fewer of these so that all together are `least` to `most`."""
    counts = [part.least + more for part, more in zip(parts, extra, strict=True)]
    for k in reversed(range(len(parts))):
        counts[k] -= max(0, min(sum(counts) - most, counts[k] - parts[k].least))
        counts[k] += max(0, min(least - sum(counts), parts[k].most - counts[k]))
    return counts if least <= sum(counts) <= most else None


def distinct(matches: Matches, least: int, most: int, count: int, prefix: int | None) -> tuple[str, ...]:
    """At most `count` texts, sorted, that differ within the first `prefix` characters, whatever the case."""
    parts = parts_of(matches, most)
    counts = _lengthened(parts, [0] * len(parts), least, most)
    if counts is None:
        return ()
    while _capacity(parts, counts, prefix) < count and sum(counts) < most:
        growing = next((k for k in reversed(range(len(parts))) if counts[k] < parts[k].most and len(parts[k].alphabet) > 1), None)
        if growing is None:
            break
        counts[growing] += 1
    places = [part.alphabet for part, number in zip(parts, counts, strict=True) for _ in range(number)]
    used = len(places) if prefix is None else prefix
    return tuple(sorted(_numbered(places, used, n) for n in range(min(count, _capacity(parts, counts, prefix)))))


def _capacity(parts: Sequence[Part], counts: Sequence[int], prefix: int | None) -> int:
    places = [len(part.alphabet) for part, number in zip(parts, counts, strict=True) for _ in range(number)]
    return math.prod(places[:prefix])


def _numbered(places: Sequence[str], used: int, n: int) -> str:
    letters = [alphabet[0] for alphabet in places]
    for k in reversed(range(min(used, len(places)))):
        n, digit = divmod(n, len(places[k]))
        letters[k] = places[k][digit]
    return "".join(letters)


@dataclass(frozen=True, kw_only=True)
class CounterTemplate:
    """Any `digits` characters of base 36 between `prefix` and `suffix` match."""

    prefix: str
    suffix: str
    digits: int


def counter_template(matches: Matches, least: int, most: int, digits: int) -> CounterTemplate | None:
    """With `digits` digits, or fewer where there is no room. None: no part takes every letter and digit."""
    parts = parts_of(matches, most)
    for k, part in reversed(list(enumerate(parts))):
        counts = _lengthened(
            parts, [min(p.most - p.least, max(0, digits - p.least) if n == k else 0) for n, p in enumerate(parts)], least, most
        )
        if part.alphabet != BASE_36 or counts is None or not counts[k]:
            continue
        number = min(digits, counts[k])
        before = "".join(p.alphabet[0] * c for p, c in zip(parts[:k], counts[:k], strict=True))
        after = "".join(p.alphabet[0] * c for p, c in zip(parts[k + 1 :], counts[k + 1 :], strict=True))
        return CounterTemplate(prefix=before + "0" * (counts[k] - number), suffix=after, digits=number)
    return None
