"""Plans: tables with their generators, figures to count and rules to check, in dependency order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from itertools import takewhile
from typing import TypeAlias

from parloader.errors import UsageError
from parloader.plans.column_rules import ColumnRule
from parloader.plans.conditions import Conditions
from parloader.plans.generators import Aggregate, ChildOf, Const, Distribution, Generator, Pick, ShareOf
from parloader.plans.pick_groups import with_group_options
from parloader.plans.row_ranges import IndexRange, RowAllocation, RowKeys


class ReferenceCycle(UsageError):
    """Tables reference each other in a cycle."""

    def __init__(self, message: str, next_step: str, tables: tuple[str, ...] = ()) -> None:
        super().__init__(message, next_step)
        self.tables = tables


class Pass(StrEnum):
    """The passes of a load. The second one exists if tables reference each other in a cycle."""

    FIRST = "first"  # inserts the rows, with NULL in the columns `Table.later`
    SECOND = "second"  # sets these columns, when every table has its rows


MAX_ROOT_ROWS = 1000
"""The first rows of a table that references itself are loaded before the others, which reference one of these."""

TREE_STAGES = tuple(MAX_ROOT_ROWS * 4**k for k in range(25))
"""Where the stages end in which trees are loaded: a row of a tree references only rows of an earlier stage."""

SELF_REFERENCE_INDEX = (None, "0")
"""Values of Pick.index with which a table picks from its own root rows."""


def is_helper(column: str) -> bool:
    """Whether a column that the live table lacks is a helper, by its name."""
    return column.startswith("_")


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table: how many rows it gets, and a generator for each column that is filled."""

    name: str
    rows: int
    columns: Mapping[str, Generator]
    key: str | None = "id"
    """The integer primary key column whose values a run assigns (RowAllocation.keys); not among `columns`. None: see `identity`."""

    identity: tuple[str, ...] = ()
    """Without a `key`: the columns whose values identify a row."""

    match: tuple[str, ...] = ()
    """An existing row is reused for index `i` only if these columns have the values that the generators give for `i`."""

    optional: frozenset[str] = frozenset()
    """Columns that are left out if the live table lacks them; all others must exist."""

    partitioned: bool = False
    """Loaded by the workers. False, for small tables: loaded by the parent process before any worker starts."""

    reuse: bool = True
    """Existing rows are used first, and only missing ones are created."""

    reuse_if: tuple[Conditions, ...] = ()
    """An existing row is reused for index `i` only if it meets conditions number i mod n of these n. Empty: any row is."""

    unchecked: frozenset[str] = frozenset()
    """Columns that are written but never compared, because a trigger of the table changes them."""

    later: frozenset[str] = frozenset()
    """Columns that are NULL when a row is inserted, and set in the second pass: they may reference tables that come later."""

    counted: bool = False
    """`rows` is the sum of the counts of its ChildOf: unknown (0) until the plan is complete."""

    helpers: frozenset[str] = frozenset()
    """Columns that are computed for other columns but not written, because the live table lacks them. Their names begin with an underscore."""

    @property
    def written(self) -> tuple[str, ...]:
        """The columns that are written, without the key."""
        return tuple(name for name in self.columns if name not in self.helpers)

    @property
    def child_of(self) -> tuple[str, ChildOf] | None:
        """The column with the ChildOf, and this; None: the rows are no children."""
        return next(((name, generator) for name, generator in self.columns.items() if isinstance(generator, ChildOf)), None)

    @property
    def picks(self) -> dict[str, tuple[Pick, ...]]:
        """Column → all picks in its generator."""
        # a plan in Python may have anything as a column, until plans/documents reports it
        generators = {name: generator for name, generator in self.columns.items() if isinstance(generator, Generator)}
        picks = {name: tuple(g for g in generator.walk() if isinstance(g, Pick)) for name, generator in generators.items()}
        return {name: each for name, each in picks.items() if each}

    @property
    def parents(self) -> tuple[str, ...]:
        """The tables whose rows must exist before the first pass; without the table itself."""
        return self.after_pass(Pass.FIRST).referenced_tables

    @property
    def referenced_tables(self) -> tuple[str, ...]:
        """The tables that it picks from in either pass; without the table itself."""
        return tuple(dict.fromkeys(p.parent for picks in self.picks.values() for p in picks if p.parent != self.name))

    @property
    def references(self) -> dict[str, Pick]:
        """Column → its first pick."""
        return {name: picks[0] for name, picks in self.picks.items()}

    @property
    def checked(self) -> tuple[str, ...]:
        """The columns in which rows are compared with the plan; the key first, if the run assigns it. Columns that identify a row are always among them."""
        key = () if self.key is None else (self.key,)
        return (*key, *(column for column in self.written if column not in self.unchecked or column in self.identity))

    @property
    def row_key(self) -> tuple[str, ...]:
        """The columns that identify a row."""
        return (self.key,) if self.key is not None else self.identity

    @property
    def root_rows(self) -> IndexRange:
        """The rows that other rows of the same table reference: loaded first, in order, by one worker, and deleted last."""
        own = [p for picks in self.after_pass(Pass.FIRST).picks.values() for p in picks if p.parent == self.name]
        max_rows = 0 if not own else MAX_ROOT_ROWS if all(p.index in SELF_REFERENCE_INDEX for p in own) else self.rows
        return IndexRange(0, min(max_rows, self.rows))

    @property
    def stage_stops(self) -> tuple[int, ...]:
        """Where stages of the table's rows end, apart from the last one: a row references only rows of its own table that an earlier stage has loaded.

        Only in the first stage, which is loaded in order, do rows reference others of the same stage.
        """
        own = (p for picks in self.after_pass(Pass.FIRST).picks.values() for p in picks if p.parent == self.name)
        stop = self.root_rows.stop
        if stop < self.rows and any(pick.distribution is Distribution.TREE for pick in own):
            return tuple(takewhile(lambda stop: stop < self.rows, TREE_STAGES))
        return (stop,) if stop else ()

    def after_pass(self, last: Pass) -> "Table":
        """The table with generators that give its rows as they are after this pass."""
        if last is Pass.SECOND or not self.later:
            return self
        columns = {name: Const(value=None) if name in self.later else generator for name, generator in self.columns.items()}
        return replace(self, columns=columns, later=frozenset())


@dataclass(frozen=True, kw_only=True)
class Count:
    """A figure of the target: the number of rows in which `column` is not NULL."""

    name: str
    column: str


@dataclass(frozen=True, kw_only=True)
class ExactlyOne:
    """A rule for the target: in each row exactly one of `columns` is not NULL."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SameThrough:
    """A rule for the target: if `via` references a parent row, `column` equals `parent_column` of that row."""

    name: str
    column: str
    via: str
    parent_column: str


Rule: TypeAlias = ExactlyOne | SameThrough


BELIEVABLE = 2
"""Versions of the inference from this one on choose values that agree with each other; version 1 only valid ones. Existing plan files have 1."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is loaded."""

    name: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    """In canonical text, defaults included: with the name they identify the plan."""

    tables: tuple[Table, ...]
    """Stored in dependency order, whatever the order given."""

    counts: tuple[Count, ...] = ()
    rules: tuple[Rule, ...] = ()
    seed: int = 0
    """Of all random values."""

    inference: int = 1
    """Version of the rules by which parloader chooses what the plan leaves open."""

    column_rules: tuple[ColumnRule, ...] = ()
    """Rules of the user's own for what the plan leaves open. A complete plan has none: its columns have their generators."""

    main: str | None = None
    """The partitioned table that is the target. None: the last one."""

    def __post_init__(self) -> None:
        """Gives the picks of a group the same options. Marks tables that reference a partitioned table as partitioned too, because they are loaded after it.

        Tables whose rows are children do not reuse existing rows.
        """
        tables: dict[str, Table] = {}
        for table in in_dependency_order(map(_with_group_options, self.tables)):
            late = any(tables[parent].partitioned for parent in table.parents if parent in tables)
            tables[table.name] = replace(table, partitioned=True) if late else table
            if table.child_of:  # an existing row is the child of another parent than the plan says
                tables[table.name] = replace(tables[table.name], reuse=False)
        object.__setattr__(self, "tables", tuple(tables.values()))

    @property
    def parents(self) -> tuple[Table, ...]:
        """The tables that the parent process loads, in dependency order."""
        return tuple(table for table in self.tables if not table.partitioned)

    @property
    def partitioned(self) -> tuple[Table, ...]:
        """The tables that workers load, in dependency order."""
        return tuple(table for table in self.tables if table.partitioned)

    @property
    def target(self) -> Table:
        """The target table: `--rows`, counts and rules refer to it."""
        return self.partitioned[-1] if self.main is None else self.table(self.main)

    @property
    def with_deferred_columns(self) -> tuple[Table, ...]:
        """The tables with columns that the second pass sets, in dependency order."""
        return tuple(table for table in self.tables if table.later)

    def table(self, name: str) -> Table:
        """KeyError: the plan has no such table."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)  # a StopIteration would only end a map() that calls this


def _with_group_options(table: Table) -> Table:
    columns = with_group_options(table.name, table.columns)
    return table if columns is table.columns else replace(table, columns=columns)


def renamed(plan: Plan, names: Mapping[str, str]) -> Plan:
    """The plan with its tables renamed: old name → new name, also of tables that it only picks from."""

    def with_parent_renamed(generator: Generator) -> Generator:
        match generator:
            case Pick() | ShareOf():
                return replace(generator, parent=names[generator.parent])
            case Aggregate():
                return replace(generator, child=names[generator.child])
        return generator

    tables = tuple(
        replace(table, name=names[table.name], columns={name: g.map(with_parent_renamed) for name, g in table.columns.items()})
        for table in plan.tables
    )
    return replace(plan, tables=tables, main=None if plan.main is None else names[plan.main])


def in_dependency_order(tables: Iterable[Table]) -> tuple[Table, ...]:
    """The tables, parents before children, otherwise in the order given. Parents may be missing. UsageError names a cycle."""
    by_name = {table.name: table for table in tables}
    waiting = TopologicalSorter({name: [p for p in table.parents if p in by_name] for name, table in by_name.items()})
    try:
        waiting.prepare()
    except CycleError as error:
        cycle: tuple[str, ...] = tuple(reversed(error.args[1]))
        what = f"the tables reference each other in a cycle: {' → '.join(cycle)}"
        raise ReferenceCycle(what, "Remove one of these references from the plan, or list its column in `later`", cycle) from error
    ready: set[str] = set()
    order: list[Table] = []
    while waiting.is_active():
        ready |= set(waiting.get_ready())
        first = next(name for name in by_name if name in ready)
        ready.remove(first)
        order.append(by_name[first])
        waiting.done(first)
    return tuple(order)


def with_referenced(tables: Mapping[str, Table], waiting: list[str]) -> frozenset[str]:
    """The tables `waiting`, and all that they pick from, recursively."""
    needed: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting.extend(tables[name].referenced_tables)
    return frozenset(needed)


def require_parents(tables: Iterable[Table]) -> None:
    """UsageError names a parent that is not in the plan."""
    by_name = {table.name: table for table in tables}
    for table in by_name.values():
        for parent in table.referenced_tables:
            if parent not in by_name:
                raise UsageError(f"table {table.name} picks from {parent}, which is not in the plan", f"Add {parent} to the plan")


def all_new(table: Table, key_start: int = 1) -> RowAllocation:
    """The allocation in which every row is new; keys that the run assigns begin at `key_start`."""
    keys = None if table.key is None else RowKeys.contiguous(key_start, table.rows)
    return RowAllocation(rows=table.rows, new=(IndexRange(0, table.rows),) if table.rows else (), keys=keys)
