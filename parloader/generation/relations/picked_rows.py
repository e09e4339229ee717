"""Which parent row each row picks, where that depends on other rows: `where`, `among`, `distinct_in`. docs/generators.md has the formulas."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias

import polars as pl

from parloader.generation.context import INDEX, ColumnContext
from parloader.generation.expressions import columns
from parloader.generation.failures import without_generator
from parloader.generation.relations.conditional_picks import Trials
from parloader.generation.relations.distinct_picks import SKEWED, Distinct
from parloader.generation.relations.family_columns import HIDDEN, FamilyColumns
from parloader.generation.relations.owners import MAX_INVERTED_ROWS, NoOwner, Owner, no_owner, owner_of
from parloader.generation.relations.permutations import permuted
from parloader.generation.relations.picks import Candidates, pick_index, popular_rank, scramble_keys
from parloader.generation.relations.related_rows import RelatedRows
from parloader.plans.generators import Distribution, Pick
from parloader.plans.model import Table
from parloader.quantities import counted

# Values of parent rows are listed if the parent has at most this many; otherwise they are generated again
MAX_LISTED_ROWS = 100_000

# Parent rows that meet a condition are listed if the parent has at most this many: 8 MB. Otherwise rows draw until they have one
MAX_CONDITION_ROWS = 1_000_000


Numbers: TypeAlias = Callable[[pl.Series, pl.Series], pl.Series]
"""Random bits and counts → for each count the number of one of so many rows."""


@dataclass(frozen=True)
class PickedRows:
    """The parent rows that the rows of one table pick."""

    table: Table  # with all of its columns
    related: RelatedRows
    family: FamilyColumns
    remembering: Callable[[Callable[[Any], pl.Series]], Callable[[Any], pl.Series]]
    """A function with which Polars computes, so that its InvalidPlan is remembered: Polars raises a copy of an error, made from its text alone."""

    shared: dict[Pick, pl.Expr] = field(default_factory=dict)
    """A pick of a group, without its column → hidden column with the index of its row, which several columns read."""
    sharing: list[str] = field(default_factory=list)
    """The first column of each such group."""

    def index(self, pick: Pick, context: ColumnContext) -> pl.Expr:
        """Int64: the index of the parent row that each row picks, or NULL. InvalidPlan: there is none."""
        if self.family.has_row_of(pick):
            return self.family.parent_index
        if pick.among is not None:
            return self._among(pick, context)
        group = pick.group or ("" if context.path else context.column)
        if not self._is_shared(pick, group):
            return self._index(pick, context)
        of_group = replace(pick, column="", group=group, null_share=0.0)
        if of_group not in self.shared:
            self.shared[of_group] = self._index(of_group, context).alias(f"{HIDDEN}pick {len(self.shared)}")
            self.sharing.append(context.column)
        return pl.col(self.shared[of_group].meta.output_name())

    def _is_shared(self, pick: Pick, group: str) -> bool:
        """Whether several columns pick the row, and it is not quickly computed."""
        if not (pick.where or pick.distinct_in or pick.growing or pick.distribution in SKEWED):
            return False
        picks = ((name, each) for name, picks in self.table.picks.items() for each in picks if each.parent == pick.parent)
        return sum((each.group or name) == group for name, each in picks) > 1

    def _index(self, pick: Pick, context: ColumnContext) -> pl.Expr:
        candidates = self._candidates(pick, context)
        if pick.distinct_in is not None:
            siblings = self.family.siblings(pick.distinct_in, context)
            if candidates.listed is not None and candidates.rows > MAX_CONDITION_ROWS:
                what = f"`where` and `distinct_in` do not go together with more than {counted(MAX_CONDITION_ROWS, 'parent row')}"
                raise context.error(what, "Remove one of them")
            distinct = Distinct(pick, context, candidates)
            family = self.related.family(self.table.name)
            distinct.require_parents(family.largest if family else 0)  # before a row is written
            return pl.map_batches(siblings.inputs, self.remembering(distinct), return_dtype=pl.Int64)
        if pick.where is not None and candidates.rows > MAX_CONDITION_ROWS:
            trials = Trials(pick, context, candidates, partial(self.related.fitting, pick.parent, pick.where))
            return pl.map_batches([INDEX], self.remembering(trials), return_dtype=pl.Int64)
        return pick_index(pick, context, candidates)

    def _candidates(self, pick: Pick, context: ColumnContext) -> Candidates:
        rows = self.related.of[pick.parent].rows
        if pick.where is None:
            return Candidates(rows=rows)
        if missing := self.related.missing(pick.parent, columns(pick.where)):
            raise context.error(*without_generator("`where` reads", pick.parent, missing[0]))
        listed = self.related.first_fitting(pick.parent, pick.where, min(rows, MAX_CONDITION_ROWS))
        if rows and not len(listed):
            first = "" if rows <= MAX_CONDITION_ROWS else f" of the first {MAX_CONDITION_ROWS:,}"
            what = f"no row of {pick.parent}{first} meets `where`: {pick.where}"
            raise context.error(what, f"Correct the condition, or the columns of {pick.parent} that it reads")
        return Candidates(rows=rows, listed=listed)

    def _among(self, pick: Pick, context: ColumnContext) -> pl.Expr:
        owner = owner_of(self.related.plan, self.table, pick)
        if isinstance(owner, NoOwner):
            raise context.error(owner.what, owner.next_step)
        rows = self.related.of[pick.parent]
        bits = context.random_bits("among", group=pick.group)
        own = pl.col(pick.among or "")
        parent = self.related.plan.table(pick.parent)
        if self.related.missing(parent.name, [owner.column]):
            lacking = no_owner(pick, owner.own)
            raise context.error(lacking.what, lacking.next_step)
        is_child = (
            parent.child_of is not None
            and (parent.child_of[0], parent.child_of[1].parent) == (owner.column, owner.own.parent)
            and rows.new_rows == rows.rows
        )
        numbers = partial(_numbers, scramble_keys(pick, context) if pick.distribution is Distribution.POPULAR else None)
        if is_child and pick.where is None:
            index = self.index(owner.own, replace(context, column=pick.among or "", path="", trial=""))
            find = partial(self._child_of, pick.parent, numbers)
            return pl.map_batches([pl.when(own.is_not_null()).then(index), bits], self.remembering(find), return_dtype=pl.Int64)
        if rows.rows > MAX_INVERTED_ROWS:
            what = f"`among` looks rows of {pick.parent} up, which has more than {counted(MAX_INVERTED_ROWS, 'row')}"
            raise context.error(what, f"Give {pick.parent} fewer rows, or make it a `child_of` {owner.own.parent} in {owner.column}")
        others = [context.pick(each, replace(context, column="", path="", trial="")) for each in owner.picks[1:]]
        find = partial(self._by_value, pick, owner, numbers)
        return pl.map_batches([own, *others, bits], self.remembering(find), return_dtype=pl.Int64)

    def _child_of(self, parent: str, numbers: Numbers, inputs: Sequence[pl.Series]) -> pl.Series:
        """One of the children of each of these rows."""
        index, bits = inputs
        family = self.related.family(parent)
        assert family is not None
        owners = index.drop_nulls().unique().sort()
        children = family.children(owners)
        place = (
            pl.DataFrame({"row": index})
            .with_columns(at=pl.lit(owners).search_sorted(pl.col("row")))
            .select(pl.when(pl.col("row").is_not_null()).then("at"))
        )
        start, stop = (children[name].gather(place.to_series()) for name in ("start", "stop"))
        return start + numbers(bits, stop - start)

    def _by_value(self, pick: Pick, owner: Owner, numbers: Numbers, inputs: Sequence[pl.Series]) -> pl.Series:
        *values, bits = inputs
        wanted = pl.DataFrame([each.alias(name) for each, name in zip(values, owner.columns, strict=True)])
        return self.related.by_value(pick.parent, owner.columns, pick.where).pick(wanted, partial(numbers, bits))


def _numbers(keys: Sequence[int] | None, bits: pl.Series, counts: pl.Series) -> pl.Series:
    """Int64: for each count the number of one of so many rows, by the random bits; NULL of 0. `keys`: some of them are popular."""
    count = pl.col("count")
    number = pl.col("bits") % count
    if keys is not None:
        bits, number = popular_rank(bits, counts.cast(pl.UInt64)), permuted(pl.col("bits"), count, keys)
    frame = pl.DataFrame({"bits": bits, "count": counts.cast(pl.UInt64)})
    return frame.select(pl.when(count > 0).then(number.cast(pl.Int64))).to_series()
