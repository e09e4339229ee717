"""Columns that CHECKs compare with one another, as chains in which each column follows from the one before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from parloader.plans.cases import Case
from parloader.plans.checks import Compared


@dataclass(frozen=True, kw_only=True)
class Link:
    """`column` comes after `earlier`: is equal, or never less, or always more (`strict`)."""

    earlier: str
    column: str
    equal: bool = False
    strict: bool = False
    unordered: bool = False  # only another value is asked for


def links(compared: Iterable[Compared]) -> tuple[Link, ...]:
    """So that all comparisons hold. Columns that are compared, directly or through others, become one chain; where two of them must differ
    all of it ascends strictly. None of a group whose comparisons contradict each other."""
    return _links(tuple(compared))


@cache
def _links(compared: tuple[Compared, ...]) -> tuple[Link, ...]:
    found: list[Link] = []
    for group in _groups(compared):
        same = _same(group)
        ordered = [(same[c.left], same[c.right], c.operator) for c in group if c.operator != "="]
        if any(left == right and operator != "<=" for left, right, operator in ordered):
            continue
        waiting: dict[str, set[str]] = {representative: set() for representative in same.values()}
        for left, right, operator in ordered:
            if operator in ("<", "<=") and left != right:
                waiting[right].add(left)
        try:
            order = tuple(TopologicalSorter({column: sorted(before) for column, before in waiting.items()}).static_order())
        except CycleError:
            continue
        strict = any(operator in ("<", "<>") for _, _, operator in ordered)
        unordered = all(operator == "<>" for _, _, operator in ordered)
        found += [Link(earlier=a, column=b, strict=strict, unordered=unordered) for a, b in pairwise(order)]
        found += [
            Link(earlier=representative, column=column, equal=True) for column, representative in same.items() if column != representative
        ]
    return tuple(found)


def _groups(compared: tuple[Compared, ...]) -> list[list[Compared]]:
    groups: list[list[Compared]] = []
    for comparison in compared:
        names = {comparison.left, comparison.right}
        touching = [group for group in groups if any(names & {c.left, c.right} for c in group)]
        groups = [group for group in groups if group not in touching]
        groups.append([*(c for group in touching for c in group), comparison])
    return groups


def _same(group: list[Compared]) -> Mapping[str, str]:
    """Column → the first of those that it must be equal to, itself maybe."""
    same = {name: name for c in group for name in (c.left, c.right)}
    for comparison in group:
        if comparison.operator == "=":
            kept, dropped = same[comparison.left], same[comparison.right]
            same = {name: kept if of == dropped else of for name, of in same.items()}
    return same


def compared_columns(case: Case) -> frozenset[str]:
    """All columns that are compared."""
    return frozenset(name for c in case.compared for name in (c.left, c.right))


def followers(cases: Iterable[Case]) -> frozenset[str]:
    """The columns that follow from another one in a case."""
    return frozenset(link.column for case in cases for link in links(case.compared))
