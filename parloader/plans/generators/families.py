"""Parents and their children: rows that lie next to each other, and values that both agree on."""

from dataclasses import dataclass
from enum import StrEnum

from parloader.plans.generators.base import Generator
from parloader.plans.generators.picks import Pick


@dataclass(frozen=True, kw_only=True)
class ChildOf(Pick):
    """A column of the parent row. The children of a parent follow each other; `count` says how many each parent has.

    A table has one parent of which it is the child. Other columns of that parent row: a Pick with the same group.
    """

    count: Generator
    """A generator of integers for the parent's row: it may read the parent's columns. Negative numbers and NULL count as 0."""

    def children(self) -> dict[str, Generator]:
        """None: `count` is of the parent's row, not of this one."""
        return {}

    def has_row_of(self, pick: Pick, column: str) -> bool:
        """Whether the pick is of the same parent row. `column`: the one with this generator, whose name is that of its group if it has none."""
        return pick == self or (pick.parent == self.parent and pick.group is not None and pick.group == (self.group or column))


@dataclass(frozen=True, kw_only=True)
class NumberIn(Generator):
    """Number of the row among the children of its parent: start, start + 1, …"""

    column: str  # the one with the ChildOf
    start: int = 1


class AggregateFunction(StrEnum):
    """What an Aggregate computes from the values of the children."""

    SUM = "sum_of"
    COUNT = "count_of"  # of values that are not NULL
    MIN = "min_of"
    MAX = "max_of"
    FIRST = "first_of"
    LAST = "last_of"


@dataclass(frozen=True, kw_only=True)
class Aggregate(Generator):
    """A figure of the row's children. Without children: 0 for sums and counts, NULL otherwise."""

    function: AggregateFunction
    child: str  # a table with a ChildOf of this one
    column: str  # of the child


@dataclass(frozen=True, kw_only=True)
class ShareOf(Generator):
    """The row's share of an amount of its parent row. The shares of all children add up to the amount."""

    parent: str  # the table that the ChildOf of this table picks from
    column: str  # of the parent
