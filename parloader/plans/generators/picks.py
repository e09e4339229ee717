"""Columns of parent rows."""

from dataclasses import dataclass
from enum import StrEnum

from parloader.plans.generators.base import Generator


class Distribution(StrEnum):
    """How a Pick selects a parent row."""

    EVEN = "even"  # each parent row equally often; independent of the picks of other columns
    CYCLE = "cycle"  # (i // every) mod rows: columns that cycle over tables with equally many rows select the same numbers
    UNIFORM = "uniform"  # random
    ZIPF = "zipf"  # random; the first rows are more frequent
    POPULAR = "popular"  # random; some parent rows have many children, most have a few, and some have none
    COVERING = "covering"  # as POPULAR, but the first rows pick each parent row once, except a tenth that no such pick of any table picks
    EARLIER = "earlier"  # a row of the same table with a lower index; NULL in row 0
    TREE = "tree"  # as EARLIER, so that the rows form `trees` trees, whose roots are the first rows
    ROOTED = "rooted"  # as EARLIER; but row 0 picks a row that the table had before the run, or itself if there was none


@dataclass(frozen=True, kw_only=True)
class Pick(Generator):
    """A column of a row of a parent table."""

    parent: str
    column: str
    distribution: Distribution = Distribution.EVEN
    every: int = 1  # successive rows that pick the same parent row
    trees: int = (
        1  # with Distribution.TREE: how many; otherwise: rows of the same tree of such a pick, i mod trees, pick the same parent row
    )
    exponent: float = 1.0  # of Distribution.ZIPF
    index: str | None = None  # which parent row, as an SQL expression of `i`, instead of a distribution; NULL gives NULL
    group: str | None = None  # picks with the same group select the same row, as the columns of one foreign key must
    scrambled: bool = False  # with Distribution.ZIPF: the frequent rows lie anywhere in the parent table, not at its beginning
    growing: bool = False  # row i picks among the first (i + 1) / rows of the parent's rows: those that existed at its time
    where: str | None = None  # a condition on the parent row: SQL over its columns
    among: str | None = None  # another column of the row: only parent rows that reference the same row as it are picked
    distinct_in: str | None = None  # the column with the ChildOf: rows with the same parent there pick different rows here
