"""How many children each parent has, so that there are as many as the plan wants, and no parent has more than it may."""

from collections.abc import Iterator
from functools import lru_cache

import polars as pl

from parloader.generation.relations.families import MAX_COUNTS, Family
from parloader.generation.row_keys import indices_of
from parloader.planner.refinement.reference import Reference
from parloader.plans.generators import ChildOf, Choice, Generator, Lognormal, Uniform
from parloader.plans.model import Table
from parloader.plans.row_ranges import IndexRange

SIGMA = 0.9
"""Of the numbers of children (lognormal): the 1 % of the parents with the most children have 8 % of all."""

MEDIAN_OF_MEAN = 0.667
"""exp(-SIGMA² / 2)"""

CHILDLESS = 0.04
"""Share of parents that have no children, however many the others have."""

FEW, VERY_FEW = 0.9, 0.5
"""Children per parent: with fewer, most parents that have children have one, …

and with very few, no distribution leaves less than half of the parents without children.
"""

ONE_TO_FIVE = {1: 77, 2: 6, 3: 2, 5: 1}
"""Number of children → how many parents have so many, of the parents of a hundred children."""

ONE_OR_TWO = {1: 80, 2: 10}

WEIGHTS = 1_000_000

MIN_PARENTS = 20
"""Of fewer parents, each has children."""

MAX_TIMES_MEAN = 50
"""No parent has more than this many times as many children as the mean."""

MARGIN = 1.1
"""How much more children a parent may have than the one with the most of MAX_COUNTS parents: the mean of these is that of all, with small deviations."""


def child_of(seed: int, table: Table, reference: Reference, parents: int, most: int | None) -> ChildOf | None:
    """The generator of the first column of the reference, for the children of so many parents. None: some would have more than `most`."""
    limit = table.rows if most is None else most
    for count in _shapes(table.rows / parents, parents, limit):
        found = ChildOf(parent=reference.parent, column=reference.key.referenced[0], count=count)
        if largest_family(seed, table, reference.column, found, parents) <= limit:
            return found
    return None


def _shapes(mean: float, parents: int, limit: int) -> Iterator[Generator]:
    """Distributions of this mean (they are scaled to it), the most uneven first."""
    if mean < FEW:
        for shares in (ONE_TO_FIVE, ONE_OR_TWO):
            counts = {number: round(share * mean * WEIGHTS / 100) for number, share in shares.items()}
            yield Choice(values=(0, *counts), weights=(WEIGHTS - sum(counts.values()), *counts.values()))
    if mean < VERY_FEW:
        return
    few = parents < MIN_PARENTS  # all of them have children
    highest = MAX_TIMES_MEAN * max(1, round(mean))
    for share in (1, 2, 4):
        high = min(highest, limit // share)
        if high > 2 * mean:
            share_without = CHILDLESS if mean > 1 and not few else 0.0
            yield Lognormal(median=_rounded(mean * MEDIAN_OF_MEAN), sigma=SIGMA, low=int(few), high=high, null_share=share_without)
    for least, largest in ((0, 2), (0.5, 1.5), (0.8, 1.2)):
        yield Uniform(low=max(int(few), int(least * mean)), high=max(1, int(largest * mean)))


def largest_family(seed: int, table: Table, column: str, found: ChildOf, parents: int) -> float:
    """The largest number of children that a parent has, at most."""
    return _largest_family(seed, table.name, table.rows, column, found, parents)


@lru_cache(maxsize=1024)
def _largest_family(seed: int, table: str, rows: int, column: str, found: ChildOf, parents: int) -> float:
    counted = min(parents, MAX_COUNTS)
    family = Family(
        seed=seed,
        table=table,
        column=column,
        child_of=found,
        rows=max(1, rows * counted // parents),
        parent_rows=counted,
        starts=None,
        readable=frozenset(),
        values=_no_values,
    )
    if not family.total:
        return float("inf")
    children = family.children(indices_of(IndexRange(0, counted)))
    largest = (children["stop"] - children["start"]).max()
    assert isinstance(largest, int)
    return largest if counted == parents else largest * MARGIN


def _no_values(*_: object) -> pl.DataFrame:
    raise AssertionError("the counts read no column of the parent")


def _rounded(number: float) -> float:
    """To two significant digits."""
    return float(f"{number:.2g}")
