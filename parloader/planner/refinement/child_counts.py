"""How many children each parent has, so that there are as many as the plan wants, and no parent has more than it may."""

from parloader.plans.generators import Generator, Lognormal
from parloader.plans.model import Table

SIGMA = 0.9
"""Of the numbers of children (lognormal): the 1 % of the parents with the most children have 8 % of all."""

MEDIAN_OF_MEAN = 0.667
"""exp(-SIGMA² / 2)"""

CHILDLESS = 0.04
"""Share of parents that have no children, however many the others have."""

MAX_TIMES_MEAN = 50
"""No parent has more than this many times as many children as the mean."""


def count_per_parent(seed: int, table: Table, parents: int, most: int | None) -> Generator | None:
    """The generator of the number of children. None: with `most` children of one parent, there are none."""
    mean = table.rows / parents
    if most is not None and mean * 4 > most:
        return None
    high = min(MAX_TIMES_MEAN * max(1, round(mean)), 10**9 if most is None else most // 2)
    return Lognormal(median=_rounded(mean * MEDIAN_OF_MEAN), sigma=SIGMA, low=0, high=max(1, high), null_share=CHILDLESS)


def _rounded(number: float) -> float:
    """To two significant digits."""
    return float(f"{number:.2g}")
