"""Where a generator stands: what its draws depend on, and how a mistake in it is said."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import polars as pl

from parloader.errors import UsageError
from parloader.plans.generators import Pick
from parloader.plans.hashing import drawn, stream
from parloader.plans.model import INDEX


@dataclass(frozen=True, kw_only=True)
class Place:
    """A column of a table of `rows` rows in a plan with this seed. `offset`: n of a `Unique` is offset + i.

    `pick` gives the expression of a Pick (it needs the parent's keys, which only loading has). `within` tells the generators apart that
    one column has, each inside of another (the branches of a `When`).
    """

    seed: int
    table: str
    column: str
    rows: int
    offset: int = 0
    pick: Callable[[Pick, "Place"], pl.Expr]
    within: str = ""

    def draws(self, purpose: str = "", index: pl.Expr = INDEX, group: str | None = None) -> pl.Expr:
        """UInt64: for each index its draw; columns of one `group` have the same ones."""
        if group is None:
            return drawn(index, stream(self.seed, self.table, self.column, self.within + purpose))
        return drawn(index, stream(self.seed, self.table, group, purpose))

    def inside(self, part: str) -> "Place":
        return replace(self, within=f"{self.within}{part}/")

    def invalid(self, message: str, next_step: str) -> UsageError:
        return UsageError(f"{self.table}.{self.column}: {message}", next_step)
