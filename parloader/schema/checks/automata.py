"""Automata: conditions on a text, read character by character. languages.py runs several together."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from string import ascii_letters, digits
from typing import Protocol

from parloader.schema.checks.patterns import like_items
from parloader.schema.checks.predicates import Matches, UnsupportedCheck
from parloader.schema.checks.regexp import Alternative, Item, Letters, Regexp, equal_letters

MAX_STEPS = 400
"""Characters of a pattern, each repetition counted."""

MAX_NAMED = 8
"""Characters other than letters and digits that are used of a character class."""

ALPHANUMERIC = frozenset(ascii_letters + digits)

ANYTHING = Item(letters=Letters(listed=frozenset(), others=True), min_count=0, max_count=None)


class Condition(Protocol):
    """An automaton that reads a text character by character."""

    start: object

    def step(self, state: object, character: str) -> object: ...

    def accepts(self, state: object) -> bool: ...


@dataclass(frozen=True)
class Step:
    """A place in a pattern."""

    letters: Letters
    optional: bool = False
    repeated: bool = False


class Pattern:
    """Texts that match one of the alternatives in every collation; `negated`: that match none in any collation."""

    def __init__(self, alternatives: Iterable[Alternative], *, negated: bool) -> None:
        self._negated = negated
        self._alternatives = [_steps(alternative) for alternative in alternatives]
        self._optional = [_places(step.optional for step in steps) for steps in self._alternatives]
        self._matching: dict[tuple[int, str], tuple[int, int]] = {}
        self._steps: dict[tuple[object, str], object] = {}
        self.start: object = tuple(self._closed(n, 1) for n in range(len(self._alternatives)))

    @property
    def named(self) -> Iterator[str]:
        """Characters that texts may need: the first ones of each class."""
        for letters in {step.letters for steps in self._alternatives for step in steps if not self._negated and not step.letters.others}:
            yield from sorted(letters.listed - ALPHANUMERIC)[:MAX_NAMED]

    def step(self, state: object, character: str) -> object:
        if (state, character) not in self._steps:
            assert isinstance(state, tuple)
            self._steps[state, character] = tuple(self._moved(n, places, character) for n, places in enumerate(state))
        return self._steps[state, character]

    def accepts(self, state: object) -> bool:
        assert isinstance(state, tuple)
        matches = any(places >> len(steps) & 1 for steps, places in zip(self._alternatives, state, strict=True))
        return matches is not self._negated

    def _moved(self, n: int, places: int, character: str) -> int:
        """The places, as bits, after another character."""
        if (n, character) not in self._matching:
            steps = self._alternatives[n]
            matching = [self._matches(step.letters, character) for step in steps]
            repeated = _places(found and step.repeated for found, step in zip(matching, steps, strict=True))
            self._matching[n, character] = repeated, _places(matching) & ~repeated
        repeated, once = self._matching[n, character]
        return self._closed(n, places & repeated | (places & once) << 1)

    def _closed(self, n: int, places: int) -> int:
        """With the places that are reached by leaving out optional characters."""
        while (more := places | (places & self._optional[n]) << 1) != places:
            places = more
        return places

    def _matches(self, letters: Letters, character: str) -> bool:
        """In every collation; `negated`: in any. A character that equals a listed one in some collation may count as that one."""
        if letters.others is self._negated:
            return (character in letters.listed) is not letters.others
        return (not _variants(letters.listed).isdisjoint(equal_letters(character))) is not letters.others


def _places(places: Iterable[bool]) -> int:
    return sum(1 << place for place, here in enumerate(places) if here)


@cache
def _variants(characters: frozenset[str]) -> frozenset[str]:
    return frozenset(variant for character in characters for variant in equal_letters(character))


def _steps(alternative: Alternative) -> tuple[Step, ...]:
    items = alternative.items if alternative.starts else (ANYTHING, *alternative.items)
    steps: list[Step] = []
    for item in items if alternative.ends else (*items, ANYTHING):
        steps += [Step(item.letters)] * item.min_count
        if item.max_count is None:
            steps.append(Step(item.letters, optional=True, repeated=True))
        else:
            steps += [Step(item.letters, optional=True)] * (item.max_count - item.min_count)
        if len(steps) > MAX_STEPS:
            raise UnsupportedCheck("a long pattern")
    return tuple(steps)


class Bound:
    """Texts of letters and digits that are at least (`above`) or at most the bound in every collation."""

    def __init__(self, bound: str, *, above: bool, is_open: bool) -> None:
        if not (bound.isascii() and bound.isalnum()):
            raise UnsupportedCheck("a bound with other characters")
        self._bound, self._above, self._open = bound, above, is_open
        self.start: object = 0  # how many characters are those of the bound; "in", if the order is decided; None, if it is wrong or unknown

    def step(self, state: object, character: str) -> object:
        if state is None or not (character.isascii() and character.isalnum()):
            return None
        if not isinstance(state, int):
            return state
        if state == len(self._bound):
            return "in" if self._above else None
        own = self._bound[state]
        if character == own:
            return state + 1
        order = character > own
        return (
            "in"
            if order is self._above and (character.casefold() > own.casefold()) is order and character.casefold() != own.casefold()
            else None
        )

    def accepts(self, state: object) -> bool:
        if isinstance(state, int):
            return not self._open if state == len(self._bound) else not self._above
        return state is not None


def pattern_of(matches: Matches) -> Pattern:
    """UnsupportedCheck: the pattern has parts that are not supported, or too many."""
    source = matches.source
    if source is None:
        items = tuple(
            Item(letters=Letters(listed=frozenset(letters + matches.punctuation)), min_count=low, max_count=high)
            for letters, low, high in matches.parts
        )
        return Pattern([Alternative(items=items, starts=matches.whole, ends=matches.whole)], negated=False)
    if source.regexp:
        return Pattern(Regexp(source.pattern).sequences(exact=source.negated), negated=source.negated)
    return Pattern([Alternative(items=tuple(like_items(source.pattern, "\\")), starts=True, ends=True)], negated=source.negated)


def allows(patterns: Iterable[Matches], text: str) -> bool:
    """Whether the text surely matches all patterns."""
    try:
        return all(pattern.accepts(_after(pattern, text)) for pattern in map(pattern_of, patterns))
    except UnsupportedCheck:
        return False


def _after(condition: Condition, text: str) -> object:
    state = condition.start
    for character in text:
        state = condition.step(state, character)
    return state
