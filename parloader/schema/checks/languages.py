"""Languages: the texts that satisfy several patterns, bounds and exclusions at once, counted and enumerated by their number.

Each condition is a small automaton, and the language their product, with the states that can be reached. Of letters that collations treat as
equal (a, A, á), a state uses one: so no two texts of a language are equal in any collation. A language may lack texts, but has no others.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from string import ascii_lowercase, ascii_uppercase, digits
from typing import TypeAlias

from parloader.schema.checks.automata import ALPHANUMERIC, Bound, Condition, Pattern, pattern_of
from parloader.schema.checks.domains import Domain
from parloader.schema.checks.predicates import UnsupportedCheck
from parloader.schema.checks.regexp import Alternative, Item, Letters, equal_letters

MAX_STATES = 2_000
"""A product with more states is too complex: the patterns of a CHECK rarely have a hundred."""

MAX_LENGTHS = 64
"""Lengths above the shortest that are considered."""

MAX_AFFIX, MAX_PREFIXES = 40, 100
"""Characters before or after a counter, and prefixes that are tried."""

DIGITS = digits + ascii_lowercase

State: TypeAlias = tuple[object, ...]


class Language:
    """The texts of `min_length` to `max_length` characters that satisfy all conditions. UnsupportedCheck: too many states."""

    def __init__(self, conditions: Sequence[Condition], characters: Sequence[str]) -> None:
        """`characters`: groups of those that some collation treats as equal, the preferred ones first."""
        self._conditions = conditions
        self._groups = characters
        self._start: State = tuple(condition.start for condition in conditions)
        self._moves: dict[State, tuple[tuple[str, State], ...]] = {}
        self._missing: dict[State, int] = {}  # how many characters complete a text; dead states have no entry
        self._explore()
        self._ways: list[dict[State, int]] = [{state: int(self._accepts(state)) for state in self._moves}]

    def accepts(self, text: str) -> bool:
        """Whether the conditions surely allow the text."""
        return self._accepts(self._after(text))

    def texts(self, min_length: int, max_length: int, count: int) -> Iterator[str]:
        """At most `count` texts: all of one length if there are enough, else of several lengths, short ones first."""
        lengths = range(min_length, max_length + 1)
        found: list[int] = []
        for length in lengths:
            number = self._number(length)
            if number >= count:
                found = [length]
                break
            found += [length] if number else []
            if length - (found[0] if found else min_length) >= MAX_LENGTHS:
                break
        left = count
        for length in found:
            for n in range(min(left, self._number(length))):
                yield self._text(length, n)
            left -= self._number(length)

    def counter(self, min_length: int, max_length: int, most_digits: int, least_digits: int) -> tuple[str, int, str] | None:
        """A prefix, a number of digits and a suffix, so that every text with base-36 digits in between is in the language."""
        for number in range(most_digits, least_digits - 1, -1):
            for prefix, state in islice(self._shortest(self._start, max_length - number), MAX_PREFIXES):
                states = [state]
                for _ in range(number):
                    states = list(dict.fromkeys(self._stepped(one, digit) for one in states for digit in DIGITS))
                    if any(one not in self._missing for one in states):
                        break
                else:
                    used = len(prefix) + number
                    suffix = self._common_suffix(states, min_length - used, min(max_length - used, max(min_length - used, 0) + MAX_AFFIX))
                    if suffix is not None:
                        return prefix, number, suffix
        return None

    def _accepts(self, state: State) -> bool:
        return all(condition.accepts(own) for condition, own in zip(self._conditions, state, strict=True))

    def _stepped(self, state: State, character: str) -> State:
        return tuple(condition.step(own, character) for condition, own in zip(self._conditions, state, strict=True))

    def _after(self, text: str) -> State:
        state = self._start
        for character in text:
            state = self._stepped(state, character)
        return state

    def _explore(self) -> None:
        """Finds the states, and for each group of equal characters the one after which the fewest characters complete a text."""
        moves: dict[State, list[list[tuple[str, State]]]] = {}
        waiting = deque([self._start])
        before: dict[State, set[State]] = {}
        while waiting:
            state = waiting.popleft()
            if state in moves:
                continue
            if len(moves) >= MAX_STATES:
                raise UnsupportedCheck("patterns that are too complex together")
            moves[state] = [[(character, self._stepped(state, character)) for character in group] for group in self._groups]
            for _, after in (move for group in moves[state] for move in group):
                before.setdefault(after, set()).add(state)
                waiting.append(after)
        missing = self._missing
        missing |= {state: 0 for state in moves if self._accepts(state)}
        waiting = deque(missing)
        while waiting:
            state = waiting.popleft()
            for earlier in before.get(state, ()):
                if earlier not in missing:
                    missing[earlier] = missing[state] + 1
                    waiting.append(earlier)
        for state, groups in moves.items():
            alive = ([move for move in group if move[1] in missing] for group in groups)
            self._moves[state] = tuple(min(group, key=lambda move: missing[move[1]]) for group in alive if group)

    def _number(self, length: int) -> int:
        """How many texts have this length."""
        while len(self._ways) <= length:
            last = self._ways[-1]
            self._ways.append({state: sum(last[after] for _, after in moves) for state, moves in self._moves.items()})
        return self._ways[length][self._start]

    def _text(self, length: int, n: int) -> str:
        """Text number n of this length, in the order of the characters."""
        state, text = self._start, ""
        for left in range(length - 1, -1, -1):
            for character, after in self._moves[state]:
                ways = self._ways[left][after]
                if n < ways:
                    state, text = after, text + character
                    break
                n -= ways
        return text

    def _shortest(self, start: State, max_length: int) -> Iterator[tuple[str, State]]:
        """Each state that can be reached, with its first shortest text."""
        seen, waiting = {start}, deque([("", start)])
        while waiting:
            text, state = waiting.popleft()
            yield text, state
            if len(text) < min(max_length, MAX_AFFIX):
                for character, after in self._moves.get(state, ()):
                    if after not in seen:
                        seen.add(after)
                        waiting.append((text + character, after))

    def _common_suffix(self, states: list[State], min_length: int, max_length: int) -> str | None:
        """A text of these lengths after which all states accept, if completing one state after the other gives it."""
        text = ""
        while not (len(text) >= min_length and all(map(self._accepts, states))):
            state = next((one for one in states if not self._accepts(one)), states[0])
            if len(text) >= max_length or not self._moves[state]:
                return None
            character, _ = min(self._moves[state], key=lambda move: self._missing[move[1]])
            states = list(dict.fromkeys(self._stepped(one, character) for one in states))
            if any(one not in self._missing for one in states):
                return None
            text += character
        return text


@lru_cache(maxsize=64)
def language(domain: Domain) -> Language | None:
    """The texts that the patterns, the bounds and the exclusions of the domain allow. None: this is more than parloader can work out."""
    try:
        patterns = [pattern_of(matches) for matches in domain.all_patterns]
        conditions: list[Condition] = [*patterns]
        excluded = [str(value) for value in domain.excluded if value != ""]
        if excluded:
            words = [
                Alternative(items=tuple(Item(letters=Letters(listed=frozenset(c))) for c in word), starts=True, ends=True)
                for word in excluded
            ]
            conditions.append(Pattern(words, negated=True))
        for bound, is_open, above in ((domain.low, domain.low_open, True), (domain.high, domain.high_open, False)):
            if bound is not None and not (above and bound == ""):
                conditions.append(Bound(str(bound), above=above, is_open=is_open))
        return Language(conditions, _characters({c for pattern in patterns for c in pattern.named}))
    except UnsupportedCheck:
        return None


def _characters(named: Iterable[str]) -> tuple[str, ...]:
    """Digits, letters, and other characters that patterns name, in groups of those that a collation may treat as equal."""
    others = sorted(c for c in named if c.isprintable() and not c.isspace() and c not in ALPHANUMERIC)
    groups = list(digits) + [lower + upper for lower, upper in zip(ascii_lowercase, ascii_uppercase, strict=True)]
    for other in others:
        plain = min((c for c in equal_letters(other) if c in ascii_lowercase), default="")
        if plain:
            groups[10 + ascii_lowercase.index(plain)] += other
        else:
            groups.append(other)
    return tuple(groups)
