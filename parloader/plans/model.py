"""A plan is a value: tables in dependency order, for each its row count and, for each column, a generator.

Laws: the content of row `i` is a function of (plan, plan parameters, `i`, parent keys), never of worker, batch or time. A plan does no
I/O; what `parloader plan` prints is the very object that `parloader seed` runs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import polars as pl

from parloader.plans import generators
from parloader.plans.graph import ordered
from parloader.plans.partition import Partition

INDEX = pl.col("i")
"""The global index of a row, 0 … rows-1 (Int64): what generators are expressions of."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A generator: the key of a row of the table `parent`. `index` says of which row; where it is null the column is NULL."""

    parent: str
    index: pl.Expr


Generator: TypeAlias = pl.Expr | Reference | generators.Generator


@dataclass(frozen=True, kw_only=True)
class Table:
    """`rows` rows with the primary key column `key` (row `i` has key key_start + i) and a generator for each other column.

    A small table (`partitioned` false) is a parent seed: rows that are there already are used first, and only what lacks is made.
    A row is used for index `i` only where its columns `match` have the values that the generators give for `i`. The columns in
    `optional` are left out where the live table does not have them; every other one must be there.
    """

    name: str
    rows: int
    columns: Mapping[str, Generator]
    key: str | None = "id"
    identity: tuple[str, ...] = ()
    match: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()
    partitioned: bool = False
    reuse: bool = True

    @property
    def picked(self) -> frozenset[str]:
        """The tables that its generators pick rows of."""
        return frozenset(parent for g in self.columns.values() if isinstance(g, generators.Generator) for parent in _picked(g))

    @property
    def parents(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(g.parent for g in self.columns.values() if isinstance(g, Reference)))

    @property
    def references(self) -> dict[str, str]:
        """Column name → parent table name."""
        return {name: g.parent for name, g in self.columns.items() if isinstance(g, Reference)}


def _picked(generator: generators.Generator) -> frozenset[str]:
    if isinstance(generator, generators.When):
        return _picked(generator.then) | _picked(generator.otherwise)
    return frozenset({generator.parent} if isinstance(generator, generators.Pick) else ())


@dataclass(frozen=True, kw_only=True)
class Count:
    """A figure of the partitioned table: how many rows have a value in `column`."""

    name: str
    column: str


@dataclass(frozen=True, kw_only=True)
class ExactlyOne:
    """A rule of the partitioned table: in each row exactly one of `columns` has a value."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SameThrough:
    """A rule of the partitioned table: `column` equals `parent_column` of the parent row that `via` points to, where it points."""

    name: str
    column: str
    via: str
    parent_column: str


Rule: TypeAlias = ExactlyOne | SameThrough


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`tables` are put in dependency order; exactly one is partitioned. `parameters` are in canonical text, defaults included."""

    name: str
    parameters: Mapping[str, str]
    tables: tuple[Table, ...]
    counts: tuple[Count, ...] = ()
    rules: tuple[Rule, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", ordered(self.tables))

    @property
    def parents(self) -> tuple[Table, ...]:
        """The parent seeds, in dependency order."""
        return tuple(table for table in self.tables if not table.partitioned)

    @property
    def target(self) -> Table:
        """The table that is loaded in partitions."""
        (table,) = (table for table in self.tables if table.partitioned)
        return table

    def table(self, name: str) -> Table:
        return next(table for table in self.tables if table.name == name)


def renamed(plan: Plan, names: Mapping[str, str]) -> Plan:
    """The same plan for tables of other names."""

    def generator(given: Generator) -> Generator:
        return replace(given, parent=names[given.parent]) if isinstance(given, Reference) else given

    tables = tuple(
        replace(table, name=names[table.name], columns={name: generator(g) for name, g in table.columns.items()}) for table in plan.tables
    )
    return replace(plan, tables=tables)


@dataclass(frozen=True, order=True)
class Segment:
    """The rows `start` … `start` + `rows` - 1 have the keys `key_start` … `key_start` + `rows` - 1."""

    start: int
    rows: int
    key_start: int

    @property
    def stop(self) -> int:
        return self.start + self.rows


@dataclass(frozen=True)
class Keys:
    """Which key each row of a table has, as few segments in the order of the index."""

    segments: tuple[Segment, ...]

    @classmethod
    def of(cls, keys: Iterable[int]) -> "Keys":
        """From one key a row, in the order of the index."""
        segments: list[Segment] = []
        for index, key in enumerate(keys):
            last = segments[-1] if segments else None
            if last and key == last.key_start + last.rows:
                segments[-1] = Segment(last.start, last.rows + 1, last.key_start)
            else:
                segments.append(Segment(index, 1, key))
        return cls(tuple(segments))

    @classmethod
    def contiguous(cls, key_start: int, rows: int) -> "Keys":
        return cls((Segment(0, rows, key_start),) if rows else ())

    @property
    def rows(self) -> int:
        return sum(segment.rows for segment in self.segments)

    def at(self, index: pl.Expr) -> pl.Expr:
        """The keys of the rows `index` (Int64; null where the index is null)."""
        if len(self.segments) == 1:
            return index + (self.segments[0].key_start - self.segments[0].start)
        keys = [key for s in self.segments for key in range(s.key_start, s.key_start + s.rows)]
        return pl.lit(pl.Series(keys, dtype=pl.Int64)).gather(index)

    def ranges(self, rows: Partition) -> tuple[tuple[int, int], ...]:
        """The keys of these rows, as (first key, last key) pairs in the order of the index."""
        pieces = []
        for segment in self.segments:
            start, stop = max(rows.start, segment.start), min(rows.stop, segment.stop)
            if start < stop:
                first = segment.key_start + start - segment.start
                pieces.append((first, first + stop - start - 1))
        return tuple(pieces)
