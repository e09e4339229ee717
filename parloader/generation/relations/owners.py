"""Rows of a parent table by the row that they reference themselves: the addresses of a user, for a pick with `among`."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import polars as pl

from parloader.plans.generators import Generator, Pick
from parloader.plans.model import Table

# So many rows are looked up by their values; the children of a row (`child_of`) are computed instead, however many there are
MAX_INVERTED_ROWS = 1_000_000


class HasTables(Protocol):
    """A plan, or one that is being made."""

    @property
    def tables(self) -> tuple[Table, ...]: ...


@dataclass(frozen=True, kw_only=True)
class Owner:
    """The row that both this row and the picked one reference."""

    own: Pick  # of this row's column
    columns: tuple[str, ...]
    """Of the picked row: those that are equal to columns of this row. The first one is equal to the column that `among` names."""

    picks: tuple[Pick, ...]  # of this row, which give the same columns

    @property
    def column(self) -> str:
        return self.columns[0]


@dataclass(frozen=True, kw_only=True)
class NoOwner:
    """Why there is none."""

    what: str
    next_step: str


def owner_of(plan: HasTables, table: Table, pick: Pick) -> Owner | NoOwner:
    """The columns by which the rows that `pick` selects and the rows of `table` reference the same row."""
    among = pick.among or ""
    own = table.columns.get(among)
    if not isinstance(own, Pick):
        return NoOwner(what=f"`among` names {among}, which picks no row", next_step="Name a column of the row that has a `pick`")
    parent = next((each for each in plan.tables if each.name == pick.parent), None)
    columns = parent.columns if parent else {}
    found = [name for name, generator in columns.items() if _picks_same(plan, generator, own)]
    if among in found or (not found and among not in columns):
        found = [among]  # without generators, the rows exist already
    if not found:
        return no_owner(pick, own)
    if len(found) > 1:
        what = f"`among` names {among}, but several columns of {pick.parent} pick {own.parent}.{own.column}: {', '.join(found)}"
        return NoOwner(what=what, next_step=f"Rename {among} or one of them, so that two have the same name")
    others = list(_of_same_row(plan, table, own, columns, found[0]))
    return Owner(own=own, columns=(found[0], *(name for name, _ in others)), picks=(own, *(each for _, each in others)))


def no_owner(pick: Pick, own: Pick) -> NoOwner:
    what = f"`among` names {pick.among}, but {pick.parent} has no column that picks {own.parent}.{own.column}"
    return NoOwner(what=what, next_step=f"Give {pick.parent} such a column")


def _picks_same(plan: HasTables, generator: Generator | None, own: Pick) -> bool:
    return isinstance(generator, Pick) and source(plan, generator) == source(plan, own)


def source(plan: HasTables, pick: Pick) -> tuple[str, str]:
    """The table and column from which the picked values come in the end: of a pick of users.tenant_id, which picks tenants.id, tenants.id."""
    columns = {table.name: table.columns for table in plan.tables}
    node, seen = (pick.parent, pick.column), set[tuple[str, str]]()
    while node not in seen and isinstance(further := columns.get(node[0], {}).get(node[1]), Pick):
        seen.add(node)
        node = (further.parent, further.column)
    return node


def _of_same_row(plan: HasTables, table: Table, own: Pick, columns: Mapping[str, Generator], column: str) -> Iterator[tuple[str, Pick]]:
    """The other columns of a key of several columns: (column of the picked row, pick of this row)."""
    theirs = columns.get(column)
    owner = next((each for each in plan.tables if each.name == own.parent), None)
    if own.group is None or not isinstance(theirs, Pick) or theirs.group is None or (owner and owner.key == own.column):
        return
    own_picks = [each for each in table.columns.values() if isinstance(each, Pick) and (each.parent, each.group) == (own.parent, own.group)]
    for name, generator in columns.items():
        if name != column and isinstance(generator, Pick) and generator.group == theirs.group:
            yield from ((name, pick) for pick in own_picks if _picks_same(plan, generator, pick))


@dataclass(frozen=True)
class RowsByValue:
    """Rows of a table, looked up by the values of some columns."""

    values: pl.DataFrame  # the columns, of the rows `indices`
    indices: pl.Series

    def pick(self, wanted: pl.DataFrame, number: Callable[[pl.Series], pl.Series]) -> pl.Series:
        """Int64: the index of one of the rows that have these values: of so many, which `number` of them; NULL if there is none."""
        rows, groups = self._sorted
        typed = wanted.select(pl.col(name).cast(dtype, strict=False) for name, dtype in self.values.schema.items())
        found = typed.join(groups, on=self.values.columns, how="left", maintain_order="left")
        return rows.gather(found["start"] + number(found["count"]))

    @cached_property
    def _sorted(self) -> tuple[pl.Series, pl.DataFrame]:
        """The indices in the order of the values; and each combination of values with its place in them."""
        names = self.values.columns
        rows = self.values.with_columns(self.indices.alias("\0row")).drop_nulls().sort(names, maintain_order=True)
        groups = rows.group_by(names, maintain_order=True).agg(count=pl.len().cast(pl.Int64))
        return rows["\0row"], groups.with_columns(start=pl.col("count").cum_sum() - pl.col("count"))
