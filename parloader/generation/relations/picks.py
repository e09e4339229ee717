"""Which parent row a pick selects: its index, as a Polars expression. docs/generators.md specifies the formulas."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import accumulate

import polars as pl

from parloader.generation.context import INDEX, ColumnContext
from parloader.generation.expressions import sql_of
from parloader.generation.hashing import below, draw_number, stream
from parloader.generation.relations.permutations import ROUNDS, permuted
from parloader.generation.values.numbers import zipf_rank
from parloader.plans.generators import Distribution, Pick
from parloader.plans.model import MAX_ROOT_ROWS, TREE_STAGES

# Distribution.POPULAR: the parents in order of popularity are divided into tiers. Each tier has this share of the parents, in ten thousandths,
# and this share of the children, in hundredths. With 1.5 children per parent a third of the parents has none, with 1,000 a twentieth; the most
# popular hundredth has an eighth of all children.
POPULAR_TIERS = ((100, 12), (900, 28), (4000, 40), (4500, 20), (500, 0))

PARENT_SHARES, CHILD_SHARES = 10_000, 100

# With Distribution.COVERING, one in so many parents has no children
UNCOVERED = 10

# With `growing`, the parents are divided into this many cohorts, each of at least as many parents that its tiers differ
COHORTS, MIN_COHORT_ROWS = 50, 20

# A permutation of at most this many rows is computed once: 8 MB
MAX_TABLE_ROWS = 1_000_000

# Products of two numbers of this size fit 64 bits
HALF_WORD = 2**32


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """The parent rows that may be picked."""

    rows: int  # of the parent table
    listed: pl.Series | None = None  # the indices of those that may be picked, ascending; None: all

    @property
    def count(self) -> int:
        return self.rows if self.listed is None else len(self.listed)

    def index(self, position: pl.Expr) -> pl.Expr:
        """Int64: the index of candidate number `position`."""
        return position if self.listed is None else pl.lit(self.listed).gather(position)

    def existing(self, index: pl.Expr, rows: int) -> pl.Expr:
        """Int64, at least 1: how many of them exist when row `index` of `rows` is created."""
        wide = self.rows * (rows + 1) >= 2**63
        number = (index.cast(pl.Int128) if wide else index) + 1
        existing = (number * self.rows // max(1, rows)).cast(pl.Int64)
        if self.listed is not None:
            existing = pl.lit(self.listed).search_sorted(existing).cast(pl.Int64)
        return pl.max_horizontal(existing, pl.lit(1, dtype=pl.Int64))


def pick_index(pick: Pick, context: ColumnContext, candidates: Candidates) -> pl.Expr:
    """Int64: the index of a parent row, or NULL. UsageError: the parent has no rows."""
    return candidates.index(_position(pick, context, candidates))


def _position(pick: Pick, context: ColumnContext, candidates: Candidates) -> pl.Expr:
    parent_rows = candidates.count
    if pick.index is not None:
        return sql_of(pick.index, context).cast(pl.Int64)
    if pick.distribution in (Distribution.EARLIER, Distribution.ROOTED):
        return _earlier(pick, context)
    if pick.distribution is Distribution.TREE:
        return _in_tree(pick, context)
    if parent_rows < 1:
        raise context.error(f"it picks from {pick.parent}, which has no rows", f"Give {pick.parent} at least 1 row")
    if pick.growing:
        return _growing(pick, context, candidates)
    number = (INDEX % pick.trees if pick.trees > 1 else INDEX) // pick.every
    match pick.distribution:
        case Distribution.CYCLE:
            return number % parent_rows
        case Distribution.UNIFORM:
            return below(context.random_bits("pick", number, pick.group), parent_rows)
        case Distribution.ZIPF | Distribution.POPULAR:
            rank = _rank(pick, context, parent_rows, number)
            return _scrambled(rank, pick, context, parent_rows) if _is_scrambled(pick) else rank
        case Distribution.COVERING:
            return _covering(pick, context, parent_rows, number)
    # each block of parent_rows numbers uses each row once, starting from a random one
    return (number + below(context.random_bits("pick", number // parent_rows, pick.group), parent_rows)) % parent_rows


def _earlier(pick: Pick, context: ColumnContext) -> pl.Expr:
    earlier = pl.min_horizontal(INDEX, pl.lit(MAX_ROOT_ROWS, dtype=pl.Int64))
    number = below(context.random_bits("pick", group=pick.group), pl.max_horizontal(earlier, pl.lit(1, dtype=pl.Int64)))
    return pl.when(INDEX > 0).then(number).otherwise(0 if pick.distribution == Distribution.ROOTED else None)


def _in_tree(pick: Pick, context: ColumnContext) -> pl.Expr:
    """A row of the first half of the same tree before this one, of an earlier stage of the load; NULL if there is none, as in a root."""
    place, tree = INDEX // pick.trees, INDEX % pick.trees  # place: in its tree
    stages = pl.lit(pl.Series(TREE_STAGES, dtype=pl.Int64))
    stage = stages.search_sorted(INDEX, side="right").cast(pl.Int64)
    loaded = pl.when(stage > 0).then(stages.gather(pl.max_horizontal(stage - 1, 0))).otherwise(INDEX)
    before = pl.min_horizontal((place + 1) // 2, (loaded - tree + pick.trees - 1) // pick.trees)
    parent = below(context.random_bits("pick", group=pick.group), pl.max_horizontal(before, pl.lit(1, dtype=pl.Int64)))
    return pl.when((place > 0) & (before > 0)).then(parent * pick.trees + tree)


def covered_rows(parent_rows: int) -> int:
    """How many parent rows a pick with Distribution.COVERING picks."""
    return parent_rows - parent_rows // UNCOVERED


def _covering(pick: Pick, context: ColumnContext, parent_rows: int, number: pl.Expr) -> pl.Expr:
    covered = covered_rows(parent_rows)
    rank = popular_expression(context.random_bits("pick", number, pick.group), covered)
    keys = [draw_number(0, stream(context.seed, pick.parent, "", f"covering/{k}")) for k in range(ROUNDS)]
    return permuted(pl.when(number < covered).then(number).otherwise(rank), parent_rows, keys)


def _is_scrambled(pick: Pick) -> bool:
    return pick.scrambled or pick.distribution is Distribution.POPULAR


def _scrambled(rank: pl.Expr, pick: Pick, context: ColumnContext, parent_rows: int) -> pl.Expr:
    """The row that has this rank by popularity."""
    keys = scramble_keys(pick, context)
    if parent_rows > MAX_TABLE_ROWS:
        return permuted(rank, parent_rows, keys)
    return pl.lit(_permutation(parent_rows, tuple(keys))).gather(rank)


def scramble_keys(pick: Pick, context: ColumnContext) -> list[int]:
    """The keys of the permutation in which popular rows lie anywhere."""
    name = context.column if pick.group is None else pick.group
    path = context.path if pick.group is None else ""
    return [draw_number(0, stream(context.seed, context.table, name, f"{path}scramble/{k}")) for k in range(ROUNDS)]


@lru_cache(maxsize=8)
def _permutation(n: int, keys: tuple[int, ...]) -> pl.Series:
    return pl.select(permuted(pl.int_range(n, dtype=pl.Int64), n, keys)).to_series()


def _rank(pick: Pick, context: ColumnContext, parent_rows: int, number: pl.Expr) -> pl.Expr:
    """Int64, 0 … parent_rows-1: a random rank by popularity, the most popular first."""
    if pick.distribution is Distribution.ZIPF:
        return zipf_rank(parent_rows, pick.exponent, context, number, pick.group)
    return popular_expression(context.random_bits("pick", number, pick.group), parent_rows)


def popular_expression(bits: pl.Expr, parent_rows: int) -> pl.Expr:
    return pl.map_batches([bits], lambda inputs: popular_rank(inputs[0], pl.lit(parent_rows, dtype=pl.UInt64)), return_dtype=pl.Int64)


def popular_rank(bits: pl.Series, parents: pl.Expr | pl.Series) -> pl.Series:
    """Int64: a random rank by popularity of so many parents: by the tier, and the place in it.

    Tiers end at ten thousandths of a parent, so that they fit any number of parents.
    """
    starts = [0, *accumulate(parents for parents, _ in POPULAR_TIERS)]
    tiers = [tier for tier, (_, children) in enumerate(POPULAR_TIERS) for _ in range(children)]
    start = pl.Series([starts[tier] for tier in tiers], dtype=pl.UInt64)
    width = pl.Series([POPULAR_TIERS[tier][0] for tier in tiers], dtype=pl.UInt64)
    draw = pl.col("draw")
    # in steps: Polars computes a part of an expression that occurs twice also twice
    return (
        bits.to_frame("draw")
        .select(tier=draw % CHILD_SHARES, rest=draw // CHILD_SHARES, parents=parents)
        .select(
            (pl.lit(start).gather("tier") * pl.col("parents") + pl.col("rest") % (pl.lit(width).gather("tier") * pl.col("parents")))
            // PARENT_SHARES
        )
        .to_series()
        .cast(pl.Int64)
    )


def _growing(pick: Pick, context: ColumnContext, candidates: Candidates) -> pl.Expr:
    """As `_position`, but only parents that exist at the row's time: the first ones, as many as the share of the row's number in all rows."""
    number = INDEX // pick.every
    existing, parent_rows = candidates.existing(number * pick.every, context.rows), candidates.count
    if pick.distribution is Distribution.UNIFORM:
        return below(context.random_bits("pick", number, pick.group), existing)
    if not _is_scrambled(pick):
        return _rank(pick, context, parent_rows, number) % existing
    # A parent that is young at the row's time is more frequent, so that late parents have children, too. It decides on the cohort, and the
    # popularity on the parent in the cohort
    size = max(min(MIN_COHORT_ROWS, parent_rows), -(-parent_rows // COHORTS))
    young = context.random_bits("young", number, pick.group)
    place = _scrambled(_rank(pick, context, size, number), pick, context, size)
    return pl.map_batches([existing, young, place], partial(_in_cohort, size, parent_rows), return_dtype=pl.Int64)


def _in_cohort(size: int, parent_rows: int, inputs: Sequence[pl.Series]) -> pl.Series:
    existing, bits, place = (pl.col(name) for name in ("existing", "bits", "place"))
    young, cohort = pl.col("young"), pl.col("cohort")

    def parent(cohort: pl.Expr) -> pl.Expr:
        # another parent is the most popular one in each cohort
        return cohort * size + (place + cohort * (size // 2 + 1)) % size

    # in a cohort that is still growing, the parent may not exist yet: then the one in the same place of the cohort before
    return (
        pl.DataFrame(dict(zip(("existing", "bits", "place"), inputs, strict=True)))
        .with_columns(random=bits // HALF_WORD)
        .with_columns(young=_young(pl.col("random"), existing, parent_rows))
        .with_columns(cohort=young // size)
        .with_columns(first=parent(cohort))
        .select(pl.when(pl.col("first") < existing).then("first").when(cohort > 0).then(parent(cohort - 1)).otherwise(young))
        .to_series()
    )


def _young(random: pl.Expr, existing: pl.Expr, parent_rows: int) -> pl.Expr:
    """Int64, 0 … existing-1: the age of a parent is the square of a random number (of 32 bits), so that young ones are more frequent."""
    age_type = pl.UInt64 if parent_rows < HALF_WORD else pl.Int128
    age = existing.cast(age_type) * (random * random // HALF_WORD).cast(age_type) // pl.lit(HALF_WORD, dtype=age_type)
    return existing - 1 - age.cast(pl.Int64)
