"""Assigns the digits of a mixed radix number to columns and foreign key groups, so that all together differ in each row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from parloader.planner.keys.uniqueness_layout import MixedRadixDigit
from parloader.planner.overlapping_keys import ForeignKeyGroup


@dataclass(frozen=True, kw_only=True)
class DigitSource:
    """A column of few values, or a foreign key group, that can serve as a digit."""

    name: str
    group: ForeignKeyGroup | None  # None: a column
    existing: int
    maximum: int
    distinct: tuple[str, str] | None = None  # (parent, column): other rows of the parent must have other values in it


def assign_digits(rows: int, sources: Sequence[DigitSource], fixed: Mapping[str, MixedRadixDigit]) -> dict[str, MixedRadixDigit] | None:
    """Assigns a digit to each source that is not `fixed`, so that all together are unique for `rows` rows. None: they cannot be.

    Digits with every e1 = 1 < e2 < …, each a multiple of the previous one and at most its period, distinguish as many rows as the last
    period: rows that agree in the last digit lie within e of each other, where the previous digit distinguishes them, and so on.
    """
    free = [source for source in sources if source.name not in fixed]
    settled = sorted((fixed[s.name] for s in sources if s.name in fixed), key=lambda d: (d.every, -d.size))
    found: dict[str, MixedRadixDigit] = {}
    reach = last = 1
    for digit in settled:
        if reach >= rows or digit.period <= reach:
            continue
        if digit.every > reach and reach == 1:
            first = next((s for s in free if s.maximum >= digit.every), None)
            if first is None:
                break
            free.remove(first)
            found[first.name] = MixedRadixDigit(every=1, size=digit.every)
            reach = digit.every
        if digit.every <= reach and digit.every % last == 0:
            reach, last = digit.period, digit.every
    sizes = balanced_sizes(-(-rows // reach), free)
    if sizes is None:
        return None
    for source, size in zip(free, sizes, strict=True):
        found[source.name] = MixedRadixDigit(every=reach, size=size)
        reach *= size
    return found


def balanced_sizes(rows: int, sources: Sequence[DigitSource]) -> list[int] | None:
    """Sizes, as equal as possible, whose product is at least `rows`. Uses existing rows only, if they suffice. None: `rows` is too large."""
    if prod(source.existing for source in sources) >= rows:
        return _even_sizes(rows, [(1, source.existing) for source in sources])
    if prod(source.maximum for source in sources) >= rows:
        return _even_sizes(rows, [(min(source.existing, source.maximum), source.maximum) for source in sources])
    return None


def _even_sizes(rows: int, ends: Sequence[tuple[int, int]]) -> list[int]:
    def sizes(size: int) -> list[int]:
        return [min(max(size, low), high) for low, high in ends]

    low, high = 1, max((high for _, high in ends), default=1)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if prod(sizes(middle)) >= rows else (middle + 1, high)
    return sizes(low)
