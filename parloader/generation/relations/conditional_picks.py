"""Picks with a `where`, of a parent with more rows than are listed: a row draws until it has a parent row that meets the condition."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import polars as pl

from parloader.generation.context import ColumnContext
from parloader.generation.relations.picks import Candidates, pick_index
from parloader.plans.generators import Pick

# So often. Rows that still have none pick one of those among the parent's first rows that do. If a tenth of the parent rows meets the condition,
# a fifth of the rows does
DRAWS = 16


@dataclass(frozen=True)
class Trials:
    """A pick with a `where`."""

    pick: Pick
    context: ColumnContext
    candidates: Candidates  # the listed ones are only those among the first rows
    fitting: Callable[[pl.Series], pl.Series]  # those of these rows (ascending, Int64) that meet the condition

    def __call__(self, inputs: Sequence[pl.Series]) -> pl.Series:
        """Int64: the index of the parent row of each row. `inputs`: their own indices."""
        (indices,) = inputs
        pick, everything = replace(self.pick, where=None), replace(self.candidates, listed=None)
        picked = pl.Series([None] * len(indices), dtype=pl.Int64)
        waiting = pl.int_range(len(indices), dtype=pl.Int64, eager=True)
        for draw in range(DRAWS + 1):
            context = replace(self.context, trial=f"trial/{draw}/" if draw else "")
            last = draw == DRAWS
            drawn = self._drawn(pick, context, self.candidates if last else everything, indices.gather(waiting))
            fits = pl.repeat(True, len(drawn), eager=True) if last else drawn.is_in(self.fitting(drawn.unique().sort()).implode())
            picked = picked.scatter(waiting.filter(fits), drawn.filter(fits))
            waiting = waiting.filter(~fits)
            if not len(waiting):
                break
        return picked

    def _drawn(self, pick: Pick, context: ColumnContext, candidates: Candidates, indices: pl.Series) -> pl.Series:
        return pl.DataFrame({"i": indices}).lazy().select(pick_index(pick, context, candidates)).collect().to_series()
