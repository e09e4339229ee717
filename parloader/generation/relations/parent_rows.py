"""Values of parent rows: compiles a Pick to an expression, which computes keys and looks other columns up or generates them again."""

from collections.abc import Callable
from functools import partial
from typing import Any

import polars as pl

from parloader.generation.context import INDEX, ColumnContext
from parloader.generation.existing_values import of_one_type, series_of
from parloader.generation.failures import FAILURES, uncomputable, without_generator
from parloader.generation.relations.family_columns import FamilyColumns
from parloader.generation.relations.picked_rows import MAX_LISTED_ROWS, PickedRows
from parloader.generation.relations.related_rows import RelatedRows
from parloader.generation.row_keys import indices_of, keys_at
from parloader.plans.documents.mistakes import InvalidPlan
from parloader.plans.generators import Distribution, Pick, Scalar
from parloader.plans.model import MAX_ROOT_ROWS, SELF_REFERENCE_INDEX, Table
from parloader.plans.row_ranges import IndexRange


class ParentRows:
    """The rows that the rows of one table pick from."""

    def __init__(self, table: Table, related: RelatedRows, family: FamilyColumns) -> None:
        self._table = table
        self._related = related
        self._family = family
        self._rows = PickedRows(related.plan.table(table.name), related, family, self._remembering)
        self.picks: list[tuple[str, pl.Expr]] = []
        """(parent, index of its row) for each compiled pick."""
        self.mistake: InvalidPlan | None = None
        """Raised while Polars had the rows of a parent generated."""

    def pick(self, pick: Pick, context: ColumnContext) -> pl.Expr:
        """The picked values: keys by arithmetic, other columns from a list, or generated again if the parent is large."""
        parent, rows = self._related.plan.table(pick.parent), self._related.of[pick.parent]
        if pick.column in parent.later:
            raise context.error(
                f"it picks {parent.name}.{pick.column}, which is set later",
                f"Pick another column, or remove it from `later` of {parent.name}",
            )
        if self._related.missing(parent.name, [pick.column]):
            raise context.error(*without_generator("it picks", parent.name, pick.column))
        if self._family.has_row_of(pick):
            self.picks.append((pick.parent, self._family.parent_index))
            return self._family.parent_value(pick.column)
        index = self._rows.index(pick, context)
        self.picks.append((pick.parent, index))
        root = rows.root.get(pick.column) if pick.distribution is Distribution.ROOTED and parent.name == self._table.name else None
        if pick.column == parent.key and rows.keys is not None:
            return _with_root(root, keys_at(rows.keys, index), pl.Int64())
        # a table that references itself picks among its first rows
        first = pick.index in SELF_REFERENCE_INDEX and pick.distribution is not Distribution.TREE
        bound = MAX_ROOT_ROWS if parent.name == self._table.name and first else MAX_LISTED_ROWS + 1
        if min(rows.rows, bound) <= MAX_LISTED_ROWS:
            listed = self._related.first_values(parent.name, pick.column, min(rows.rows, bound))
            return _with_root(root, pl.lit(listed).gather(index), listed.dtype)
        values = partial(self._values, parent.name, pick.column)
        dtype = values(indices_of(IndexRange(0, 1))).dtype
        return index.map_batches(partial(_each_once, self._remembering(values)), return_dtype=dtype)

    def with_shared(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows with the hidden columns that several picks read."""
        if not self._rows.shared:
            return frame
        self.mistake = None
        try:
            return frame.lazy().with_columns(self._rows.shared.values()).collect()
        except FAILURES as error:
            raise self.mistake or InvalidPlan.of([uncomputable(self._table.name, self._rows.sharing[0], error)]) from error

    def _values(self, parent: str, column: str, indices: pl.Series) -> pl.Series:
        return self._related.values(parent, [column], indices)[column]

    def _remembering(self, values: Callable[[Any], pl.Series]) -> Callable[[Any], pl.Series]:
        """The function, but so that its InvalidPlan is remembered: Polars raises a copy of an error, made from its text alone."""

        def remembering(inputs: Any) -> pl.Series:
            try:
                return values(inputs)
            except InvalidPlan as error:
                self.mistake = error
                raise

        return remembering


def _with_root(root: Scalar, picked: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """The picked values, of this type; row 0 has the value of the existing row that it references, if there is one."""
    if root is None:
        return picked
    existing, picked = of_one_type(series_of([root]), picked, dtype)
    return pl.when(INDEX > 0).then(picked).otherwise(pl.lit(existing).first())


def _each_once(values: Callable[[pl.Series], pl.Series], indices: pl.Series) -> pl.Series:
    """The values in these rows, null if the index is null. Each row is generated once, however often its index occurs."""
    once = indices.drop_nulls().unique().sort()
    generated = values(once)
    position = once.search_sorted(indices.fill_null(0)).clip(0, max(0, len(once) - 1))
    return pl.select(pl.when(indices.is_not_null()).then(generated.gather(position) if len(once) else None)).to_series()
