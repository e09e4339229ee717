"""Picks that differ among siblings: each row of a family (generation/relations/families.py) picks another parent row. docs/generators.md has the formulas.

A family is always computed as a whole, so that a row does not depend on its batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from parloader.generation.context import INDEX, ColumnContext
from parloader.generation.relations.permutations import ROUNDS, permuted
from parloader.generation.relations.picks import Candidates, pick_index
from parloader.plans.generators import Distribution, Pick
from parloader.quantities import counted

# With these distributions a row draws again if a sibling has the parent row already
SKEWED = (Distribution.POPULAR, Distribution.ZIPF)

# So often. Rows that still have none take free ones
DRAWS = 4


@dataclass(frozen=True, kw_only=True)
class Siblings:
    """The place of a row in its family (Int64)."""

    family: pl.Expr  # the index of the parent whose children they are
    number: pl.Expr  # among them, from 0
    count: pl.Expr

    @property
    def inputs(self) -> list[pl.Expr]:
        """The index of the row, and its place."""
        return [INDEX, self.family, self.number, self.count]


@dataclass(frozen=True)
class Distinct:
    """A pick in which siblings differ."""

    pick: Pick
    context: ColumnContext
    candidates: Candidates

    def __call__(self, inputs: Sequence[pl.Series]) -> pl.Series:
        """Int64: the index of the parent row of each row. `inputs`: Siblings.inputs. InvalidPlan: a family has more rows than there are parent rows."""
        frame = pl.DataFrame(dict(zip(("i", "family", "number", "count"), inputs, strict=True)))
        most = frame["count"].max()
        self.require_parents(most if isinstance(most, int) else 0)
        if self.pick.distribution not in SKEWED:
            return self._permuted(frame, frame["number"])
        families = frame.unique("family").sort("family").select("family", "count", start=pl.col("i") - pl.col("number"))
        members = _members(families).with_columns(i=pl.col("start") + pl.col("number"))
        picked = self._drawn(members)
        first = (families["count"].cum_sum() - families["count"]).gather(families["family"].search_sorted(frame["family"]))
        return picked.gather(first + frame["number"])

    def require_parents(self, most: int) -> None:
        """InvalidPlan: this many siblings cannot all pick another row."""
        if most > (rows := self.candidates.count):
            what = f"a row has {most:,} children, but {self.pick.parent} has only {counted(rows, 'row')} to pick from"
            raise self.context.error(what, f"Give {self.pick.parent} more such rows, or let `count` give at most {rows}")

    def _permuted(self, frame: pl.DataFrame, number: pl.Series) -> pl.Series:
        """The parent row that has this number in the permutation of the family."""
        keys = [self.context.random_bits(f"distinct/{k}", pl.col("family"), self.pick.group) for k in range(ROUNDS)]
        rows: int | pl.Expr = self.candidates.count
        if self.pick.growing:
            start = pl.col("i") - pl.col("number")
            rows = pl.max_horizontal(self.candidates.existing(start, self.context.rows), pl.col("count"))
        return frame.lazy().select(self.candidates.index(permuted(pl.lit(number), rows, keys))).collect().to_series()

    def _drawn(self, members: pl.DataFrame) -> pl.Series:
        """The parent row of each member of complete families: the first of its draws that no sibling has before it, or a free one."""
        taken = pl.DataFrame(schema={"family": pl.Int64, "row": pl.Int64, "position": pl.Int64})
        waiting = members.with_columns(position=pl.int_range(pl.len(), dtype=pl.Int64))
        for draw in range(DRAWS):
            context = replace(self.context, trial=f"trial/{draw}/" if draw else "")
            index = pick_index(replace(self.pick, distinct_in=None), context, self.candidates)
            drawn = waiting.lazy().with_columns(row=index).collect()
            new = drawn.join(taken, on=["family", "row"], how="anti", maintain_order="left") if draw else drawn
            new = new.unique(["family", "row"], keep="first", maintain_order=True).select("family", "row", "position")
            taken = pl.concat([taken, new])
            waiting = waiting.join(new, on="position", how="anti", maintain_order="left")
            if waiting.is_empty():
                break
        else:
            taken = pl.concat([taken, self._free(members, waiting, taken)])
        return taken.sort("position")["row"]

    def _free(self, members: pl.DataFrame, waiting: pl.DataFrame, taken: pl.DataFrame) -> pl.DataFrame:
        """Free parent rows for the waiting ones, in the order of the permutation of their family."""
        of_families = members.join(waiting, on="family", how="semi", maintain_order="left")
        rows = of_families.with_columns(row=self._permuted(of_families, of_families["number"]))
        free = rows.join(taken, on=["family", "row"], how="anti", maintain_order="left")

        def numbered(frame: pl.DataFrame) -> pl.DataFrame:
            return frame.with_columns(turn=pl.int_range(pl.len(), dtype=pl.Int64).over("family"))

        given = numbered(waiting).join(numbered(free).select("family", "turn", "row"), on=["family", "turn"], how="left")
        return given.select("family", "row", "position")


def _members(families: pl.DataFrame) -> pl.DataFrame:
    """All rows of these families, in order."""
    numbers = pl.int_ranges(0, pl.col("count"), dtype=pl.Int64).alias("number")
    return families.with_columns(numbers).explode("number")
