"""The two passes of a load: rows are inserted, and then, where tables point to each other in a cycle, some of their columns are set."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from typing import TypeAlias

from parloader.errors import UsageError
from parloader.plans.generators import Const, Generator, Pick
from parloader.plans.row_ranges import IndexRange, RowAllocation, RowKeys


class Pass(StrEnum):
    """FIRST: rows are inserted, with NULL in the columns that are set later. SECOND: these are set, when every table has its rows."""

    FIRST = "first"
    SECOND = "second"


MAX_ROOT_ROWS = 1000
"""So many rows at most of a table that points at itself are loaded before its others, which point at one of these."""

SELF_REFERENCE_INDEX = (None, "0")
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
        # a plan in Python may have anything as a column, until plans/documents reports it
        generators = {name: generator for name, generator in self.columns.items() if isinstance(generator, Generator)}
        picks = {name: tuple(g for g in generator.walk() if isinstance(g, Pick)) for name, generator in generators.items()}
        return {name: each for name, each in picks.items() if each}

    @property
    def parents(self) -> tuple[str, ...]:
        """The tables whose rows must be there before; without the table itself."""
        return self.after_pass(Pass.FIRST).referenced_tables

    @property
    def referenced_tables(self) -> tuple[str, ...]:
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
    def row_key(self) -> tuple[str, ...]:
        """The columns by which a row is found again."""
        return (self.key,) if self.key is not None else self.identity

    @property
    def root_rows(self) -> IndexRange:
        """The rows that others of the same table point at: loaded before these, in order, by one worker, and deleted after them."""
        own = [p for picks in self.after_pass(Pass.FIRST).picks.values() for p in picks if p.parent == self.name]
        most = 0 if not own else MAX_ROOT_ROWS if all(p.index in SELF_REFERENCE_INDEX for p in own) else self.rows
        return IndexRange(0, min(most, self.rows))

    def after_pass(self, last: Pass) -> "Table":
        """With the generators that give its rows as they are after this pass."""
        if last is Pass.SECOND or not self.later:
            return self
        columns = {name: Const(value=None) if name in self.later else generator for name, generator in self.columns.items()}
        return replace(self, columns=columns, later=frozenset())


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
        for table in in_dependency_order(self.tables):
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
    def with_deferred_columns(self) -> tuple[Table, ...]:
        """The tables of which columns are set later, in dependency order."""
        return tuple(table for table in self.tables if table.later)

    def table(self, name: str) -> Table:
        return next(table for table in self.tables if table.name == name)

    def referenced_columns(self, name: str) -> tuple[str, ...]:
        """The columns of the table that others, or itself, pick."""
        picks = (p for table in self.tables for picks in table.picks.values() for p in picks if p.parent == name)
        return tuple(dict.fromkeys(p.column for p in picks))


def renamed(plan: Plan, names: Mapping[str, str]) -> Plan:
    """The same plan for tables of other names."""

    def with_parent_renamed(generator: Generator) -> Generator:
        return replace(generator, parent=names[generator.parent]) if isinstance(generator, Pick) else generator

    tables = tuple(
        replace(table, name=names[table.name], columns={name: g.map(with_parent_renamed) for name, g in table.columns.items()})
        for table in plan.tables
    )
    return replace(plan, tables=tables, main=None if plan.main is None else names[plan.main])


def in_dependency_order(tables: "Iterable[Table]") -> "tuple[Table, ...]":
    """The tables, parents before children; otherwise in the order given. UsageError names a cycle. Parents may be missing."""
    by_name = {table.name: table for table in tables}
    waiting = TopologicalSorter({name: [p for p in table.parents if p in by_name] for name, table in by_name.items()})
    try:
        waiting.prepare()
    except CycleError as error:
        cycle = " → ".join(reversed(error.args[1]))
        raise UsageError(f"the tables refer to each other in a cycle: {cycle}", "Take one of these references out of the plan") from error
    ready: set[str] = set()
    order: list[Table] = []
    while waiting.is_active():
        ready |= set(waiting.get_ready())
        first = next(name for name in by_name if name in ready)
        ready.remove(first)
        order.append(by_name[first])
        waiting.done(first)
    return tuple(order)


def require_parents(tables: "Iterable[Table]") -> None:
    """UsageError names a parent that is not there, as when a plan picks a table to which no foreign key leads."""
    by_name = {table.name: table for table in tables}
    for table in by_name.values():
        for parent in table.referenced_tables:
            if parent not in by_name:
                raise UsageError(f"table {table.name} refers to {parent}, which is not in the plan", f"Add {parent} to the plan")


def all_new(table: Table, key_start: int = 1) -> RowAllocation:
    """Every row of the table is new, with keys from `key_start` on if the run assigns them."""
    keys = None if table.key is None else RowKeys.contiguous(key_start, table.rows)
    return RowAllocation(rows=table.rows, new=(IndexRange(0, table.rows),) if table.rows else (), keys=keys)
