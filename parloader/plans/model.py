"""A plan is a value: tables in dependency order, for each its row count and, for each column, a generator.

Laws: the content of row `i` is a function of (plan, plan parameters, seed, `i`, parent keys), never of worker, batch or time. A plan does
no I/O; what `parloader plan` prints is the very object that `parloader seed` runs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import polars as pl

from parloader.plans.generators import Const, Generator, Pick, Scalar, When
from parloader.plans.graph import ordered
from parloader.plans.partition import Partition
from parloader.plans.passes import Pass

INDEX = pl.col("i")
"""The global index of a row, 0 … rows-1 (Int64)."""
ROOTS = 1000
"""So many rows at most of a table that points at itself are loaded before its others, which point at one of these."""
AMONG_ROOTS = (None, "0")
"""What Pick.index says where a table picks from its own roots."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """`rows` rows and a generator for each column that they fill.

    `key`: the integer primary key column that a run assigns (row `i` has the key that Rows.keys says); it is not among `columns`. None: a
    row is found again by the values of its columns `identity`.
    A small table (`partitioned` false) is made by the parent process before any worker starts. `reuse`: rows that are there already are used
    first, and only what lacks is made. A row is used for index `i` only where its columns `match` have the values that the generators give
    for `i`. The columns in `optional` are left out where the live table does not have them; every other one must be there. Those in `unchecked`
    are written, but a trigger of the table gives them other values, so that nobody can say later whether they are as they were made.
    Those in `later` are NULL when a row is inserted, and set when all tables have their rows: they may point to tables that come after.
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
    unchecked: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()

    @property
    def picks(self) -> dict[str, tuple[Pick, ...]]:
        """Column → the picks that its generator may make."""
        found = {name: tuple(_picks(generator)) for name, generator in self.columns.items()}
        return {name: picks for name, picks in found.items() if picks}

    @property
    def parents(self) -> tuple[str, ...]:
        """The tables whose rows must be there before; without the table itself."""
        return self.after(Pass.FIRST).pointed_at

    @property
    def pointed_at(self) -> tuple[str, ...]:
        """The tables whose rows it picks, those of columns that are set later too; without the table itself."""
        return tuple(dict.fromkeys(p.parent for picks in self.picks.values() for p in picks if p.parent != self.name))

    @property
    def references(self) -> dict[str, Pick]:
        """Column → what it picks."""
        return {name: picks[0] for name, picks in self.picks.items()}

    @property
    def checked(self) -> tuple[str, ...]:
        """The columns by which a row is compared with what it should be, its key first where the run assigns it."""
        key = () if self.key is None else (self.key,)
        return (*key, *(column for column in self.columns if column not in self.unchecked))

    @property
    def found_by(self) -> tuple[str, ...]:
        """The columns by which a row is found again."""
        return (self.key,) if self.key is not None else self.identity

    @property
    def roots(self) -> Partition:
        """The rows that others of the same table point at: loaded before these, in order, by one worker, and deleted after them."""
        own = [p for picks in self.after(Pass.FIRST).picks.values() for p in picks if p.parent == self.name]
        most = 0 if not own else ROOTS if all(p.index in AMONG_ROOTS for p in own) else self.rows
        return Partition(0, min(most, self.rows))

    def after(self, last: Pass) -> "Table":
        """With the generators that give its rows as they are after this pass."""
        if last is Pass.SECOND or not self.later:
            return self
        columns = {name: Const(value=None) if name in self.later else generator for name, generator in self.columns.items()}
        return replace(self, columns=columns, later=frozenset())


def _picks(generator: Generator) -> Iterable[Pick]:
    if isinstance(generator, Pick):
        yield generator
    elif isinstance(generator, When):
        yield from _picks(generator.then)
        yield from _picks(generator.otherwise)


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
    """`tables` are put in dependency order. The plan's `target` is the partitioned one that `main` names; None: the last. `parameters` are in
    canonical text, defaults included: with the name they say which plan it is. `seed`: of all that is drawn."""

    name: str
    parameters: Mapping[str, str]
    tables: tuple[Table, ...]
    counts: tuple[Count, ...] = ()
    rules: tuple[Rule, ...] = ()
    seed: int = 0
    main: str | None = None

    def __post_init__(self) -> None:
        """What points at a partitioned table can only be made after it, so it is partitioned too."""
        tables: dict[str, Table] = {}
        for table in ordered(self.tables):
            late = any(tables[parent].partitioned for parent in table.parents if parent in tables)
            tables[table.name] = replace(table, partitioned=True) if late else table
        object.__setattr__(self, "tables", tuple(tables.values()))

    @property
    def parents(self) -> tuple[Table, ...]:
        """The parent seeds, in dependency order."""
        return tuple(table for table in self.tables if not table.partitioned)

    @property
    def partitioned(self) -> tuple[Table, ...]:
        """The tables that workers load, in dependency order."""
        return tuple(table for table in self.tables if table.partitioned)

    @property
    def target(self) -> Table:
        """The table that all is for."""
        return self.partitioned[-1] if self.main is None else self.table(self.main)

    @property
    def in_two_passes(self) -> tuple[Table, ...]:
        """The tables of which columns are set later, in dependency order."""
        return tuple(table for table in self.tables if table.later)

    def table(self, name: str) -> Table:
        return next(table for table in self.tables if table.name == name)

    def picked(self, name: str) -> tuple[str, ...]:
        """The columns of the table that others, or itself, pick."""
        picks = (p for table in self.tables for picks in table.picks.values() for p in picks if p.parent == name)
        return tuple(dict.fromkeys(p.column for p in picks))


def renamed(plan: Plan, names: Mapping[str, str]) -> Plan:
    """The same plan for tables of other names."""

    def generator(given: Generator) -> Generator:
        if isinstance(given, Pick):
            return replace(given, parent=names[given.parent])
        if isinstance(given, When):
            return replace(given, then=generator(given.then), otherwise=generator(given.otherwise))
        return given

    tables = tuple(
        replace(table, name=names[table.name], columns={name: generator(g) for name, g in table.columns.items()}) for table in plan.tables
    )
    return replace(plan, tables=tables, main=None if plan.main is None else names[plan.main])


FEW_SEGMENTS = 8
"""Up to here keys are computed; beyond, looked up in a list of them all."""


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
        if not 0 < len(self.segments) <= FEW_SEGMENTS:
            keys = [key for s in self.segments for key in range(s.key_start, s.key_start + s.rows)]
            return pl.lit(pl.Series(keys, dtype=pl.Int64)).gather(index)
        *others, last = self.segments
        expression = index + (last.key_start - last.start)
        for segment in reversed(others):
            expression = pl.when(index < segment.stop).then(index + (segment.key_start - segment.start)).otherwise(expression)
        return expression

    def ranges(self, rows: Partition) -> tuple[tuple[int, int], ...]:
        """The keys of these rows, as (first key, last key) pairs in the order of the index."""
        pieces = []
        for segment in self.segments:
            start, stop = max(rows.start, segment.start), min(rows.stop, segment.stop)
            if start < stop:
                first = segment.key_start + start - segment.start
                pieces.append((first, first + stop - start - 1))
        return tuple(pieces)


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Which rows a run has of a table: index 0 … `rows` - 1, those in `made` made by the run, the others there before.

    `keys`: where the run assigns the table's key. `used`: of the rows that were there, in the order of their indices, the values of those
    other columns that are picked. `offsets`: column → where its Unique values begin.
    """

    rows: int
    made: tuple[Partition, ...]
    keys: Keys | None = None
    used: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)
    offsets: Mapping[str, int] = field(default_factory=dict)

    @property
    def made_rows(self) -> int:
        return sum(p.rows for p in self.made)

    @property
    def made_keys(self) -> tuple[tuple[int, int], ...]:
        """As (first, last) pairs in the order of the index; none where the run assigns no keys."""
        return tuple(r for part in self.made for r in self.keys.ranges(part)) if self.keys else ()

    @classmethod
    def all_made(cls, table: Table, key_start: int = 1) -> "Rows":
        """Every row of the table is made, with keys from `key_start` on where it assigns them."""
        keys = None if table.key is None else Keys.contiguous(key_start, table.rows)
        return cls(rows=table.rows, made=(Partition(0, table.rows),) if table.rows else (), keys=keys)
