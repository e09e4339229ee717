"""Distinct values for a column whose CHECKs allow other values in each case of its table."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

from parloader.inference.texts import text_columns
from parloader.inference.unique_columns import MAX_LISTED, MAX_VALUES, unique_generator
from parloader.plans.generators import Scalar, Unique, UniqueKind
from parloader.plans.unique import capacity
from parloader.schema.checks.domains import Domain
from parloader.schema.model import ColumnSchema

NUMBERED = (UniqueKind.INTEGER, UniqueKind.DECIMAL, UniqueKind.DATE, UniqueKind.DATETIME, UniqueKind.TIME)
"""The forms whose values are numbers in a range."""


@lru_cache(maxsize=256)
def unique_by_case(column: ColumnSchema, domains: tuple[Domain, ...], prefix: int | None) -> tuple[Unique, ...] | None:
    """For each domain a generator of distinct values, which differ from those of the others. Row i of n domains uses number i mod n.

    The parameters are those of `unique_generator`. None: parloader knows no such values.
    """
    found = {domain: unique_generator(column, domain, prefix) for domain in dict.fromkeys(domains)}
    uniques = [unique for unique in found.values() if unique is not None]
    if len(uniques) < len(found):
        return None
    if len(set(uniques)) > 1:
        separate = _separate([_listed(unique) for unique in uniques], len(domains))
        if separate is None:
            return None
        found = dict(zip(found, separate, strict=True))
    return tuple(unique for domain in domains if (unique := found[domain]) is not None)


def _listed(unique: Unique) -> Unique:
    """A short range of integers as a list, which is shared out better."""
    if unique.form is not UniqueKind.INTEGER or capacity(unique) > MAX_LISTED:
        return unique
    return Unique(form=UniqueKind.VALUES, values=tuple(range(unique.low, unique.high + 1)))


def _separate(uniques: Sequence[Unique], cases: int) -> list[Unique] | None:
    """The generators without values in common. A list has each value once for each case, because a case uses only every n-th item."""
    result: list[Unique] = []
    for n, unique in enumerate(uniques):
        if unique.form is UniqueKind.VALUES:
            taken = [_membership(other) for other in uniques[:n]]
            values = [value for value in unique.values if not any(has(value) for has in taken)]
            if not values:
                return None
            unique = replace(unique, values=tuple(value for value in values[: MAX_VALUES // cases] for _ in range(cases)))
        elif not all(unique == other or other.form is UniqueKind.VALUES or _are_disjoint(unique, other) for other in uniques[:n]):
            return None
        result.append(unique)
    for n, unique in enumerate(result):  # a list may come before the range that has some of its values
        later = [_membership(other) for other in result[n + 1 :]] if unique.form is UniqueKind.VALUES else []
        if any(has(value) for has in later for value in unique.values):
            return None
    return result


def _membership(unique: Unique) -> Callable[[Scalar], bool]:
    """Whether the generator may give a value, or one that a collation treats as equal."""
    if unique.form is UniqueKind.VALUES:
        listed = set(map(_folded, unique.values))
        return lambda value: _folded(value) in listed
    if unique.form is UniqueKind.TEXT:
        before, after = map(text_columns.fold, (unique.prefix, unique.suffix))
        length = len(before) + unique.length + len(after)

        def has(value: Scalar) -> bool:
            text = text_columns.fold(str(value))
            return len(text) == length and text.startswith(before) and text.endswith(after)

        return has
    return lambda _: True


def _folded(value: Scalar) -> Scalar:
    return text_columns.fold(value) if isinstance(value, str) else value


def _are_disjoint(one: Unique, other: Unique) -> bool:
    if one.form in NUMBERED and one.form is other.form and one.scale == other.scale:
        return one.high < other.low or other.high < one.low
    if one.form is UniqueKind.TEXT and other.form is UniqueKind.TEXT:
        return _differ(one, other)
    return False


def _differ(one: Unique, other: Unique) -> bool:
    """Whether two texts differ in length, or in a place where both have a fixed character."""
    first, second = (text_columns.fold(u.prefix) + "\0" * u.length + text_columns.fold(u.suffix) for u in (one, other))
    return len(first) != len(second) or any(a != b and "\0" not in (a, b) for a, b in zip(first, second, strict=True))
