"""What the planner is asked, and what it answers besides the plan: notes, and errors that name a table and a reason."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from shlex import quote

from parloader.planner.table_sizes import TableSizes
from parloader.plans.conditions import Conditions
from parloader.plans.generators import Generator
from parloader.plans.model import BELIEVABLE, Plan, Table
from parloader.plans.row_ranges import COUNTED_ROWS, ExistingTable
from parloader.schema.model import ForeignKey, Schema, TableSchema, TableType
from parloader.schema.table_names import database_of

MAX_ROWS = 2**63 - 1


class Fill(StrEnum):
    """Which columns of the plan's own tables get a generator. In the tables that the planner adds, each column gets one."""

    ALL = "all"
    DEMANDED = "demanded"  # those that an INSERT needs, and foreign keys whose default may reference no row


@dataclass(frozen=True, kw_only=True)
class Note:
    """A decision and its reason, or something that only a sample can show, about a table or one of its columns."""

    table: str
    column: str | None
    text: str
    guess: bool = False  # that a unique key holds, which could not be followed


class NotFillable(Exception):
    """No rows of `table` can be generated, or one of its columns cannot be filled."""

    def __init__(self, table: str, reason: str, next_step: str = "") -> None:
        super().__init__(table, reason, next_step)
        self.table = table
        self.reason = reason
        self.next_step = next_step
        self.needed_by: tuple[str, ...] = ()
        """The tables that cannot have rows without it, as far as the selection of foreign keys noticed"""


class UniqueKeyExhausted(NotFillable):
    """More rows of `table` are requested than one of its unique keys allows."""

    def __init__(self, table: str, reason: str, *, is_limit: bool = True) -> None:
        super().__init__(table, reason)
        self.is_limit = is_limit
        """Whether no plan can have more rows. False: parloader cannot work out more distinct values, but there may be some."""


@dataclass(frozen=True, kw_only=True)
class UnfilledTable:
    """A table of the database that cannot be filled."""

    name: str
    reason: str
    next_step: str

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}" + (f". {self.next_step}" if self.next_step else "")

    def as_json(self) -> dict[str, str]:
        return {"table": self.name, "reason": self.reason, "next_step": self.next_step}


@dataclass(frozen=True, kw_only=True)
class CompletedPlan:
    """A plan that lacks nothing, and how it came about."""

    plan: Plan
    notes: tuple[Note, ...]  # decisions and their reasons, in the order of the plan's tables
    reused: frozenset[str] = frozenset()  # the plan's tables whose existing rows suffice, so that none is generated
    guessed: frozenset[str] = frozenset()  # the plan's tables with a unique key that may or may not hold
    unfilled: tuple[UnfilledTable, ...] = ()  # of an entire database: the tables that cannot be filled


@dataclass(frozen=True, kw_only=True)
class PlanningRequest:
    """Everything that the planner knows; it reads nothing else."""

    plan: Plan  # may lack tables and columns
    schema: Schema  # the plan's tables and all that they reference, recursively
    existing: Mapping[str, ExistingTable]  # table → its existing rows; empty tables may be missing
    parents: Mapping[str, int]  # table → how many of its rows to pick from, if the user says so
    fill: Fill
    allowed_databases: frozenset[str] = frozenset()  # other databases in which rows may be created
    allow_history: bool = False  # rows may be created in system-versioned tables, whose history keeps them after clean
    wanted: Mapping[str, int] = field(
        default_factory=dict
    )  # of an entire database: table → rows, as many as fit; the plan need not have it
    left_out: frozenset[str] = frozenset()  # tables that get no rows, even if others need them
    rejected: Mapping[str, NotFillable] = field(default_factory=dict)  # tables of which the server does not accept rows, and why
    append: bool = False  # tables of `wanted` get new rows even if they have some, except those of a few fixed values

    @cached_property
    def _planned(self) -> Mapping[str, Table]:
        return {table.name: table for table in self.plan.tables}

    @cached_property
    def sizes(self) -> TableSizes:
        return TableSizes(schema=self.schema)

    @cached_property
    def _referenced(self) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for table in self.schema.values():
            for key in table.foreign_keys:
                if key.parent != table.name:
                    found.setdefault(key.parent, set()).update(key.referenced)
        return {name: frozenset(columns) for name, columns in found.items()}

    @property
    def is_believable(self) -> bool:
        """Whether the plan's inference chooses values and numbers of rows as an application would have made them."""
        return self.plan.inference >= BELIEVABLE

    def referenced_columns(self, table: str) -> frozenset[str]:
        """The columns that foreign keys of other tables reference. They cannot be NULL in rows that are picked."""
        return self._referenced.get(table, frozenset())

    def planned(self, table: str) -> Table | None:
        return self._planned.get(table)

    def is_requested(self, table: str) -> bool:
        """Whether the user asked for rows of the table, rather than another table needs them."""
        return table in self._planned or table in self.wanted

    def table_schema(self, table: str) -> TableSchema:
        """NotFillable: the table does not exist."""
        if table not in self.schema:
            raise NotFillable(table, "the database has no such table, as far as the account sees", "Create it, or correct its name")
        return self.schema[table]

    def require_allowed(self, table: str) -> None:
        """NotFillable: the table is in another database, in which no rows may be created."""
        database = database_of(table)
        if database is not None and database not in self.allowed_databases:
            option = f"--allow-database {quote(database)}"
            raise NotFillable(
                table,
                f"parloader creates rows in another database only with {option}",
                f"Add this option, or insert rows into {table} yourself",
            )

    def given(self, table: str) -> Mapping[str, Generator]:
        planned = self.planned(table)
        return planned.columns if planned else {}

    def existing_rows(self, table: str) -> int:
        return self.existing[table].rows if table in self.existing else 0

    def fitting_rows(self, table: str, kinds: Sequence[Conditions]) -> int:
        """How many existing rows of each of these kinds can be reused, at least; without `kinds`, how many rows there are."""
        if not kinds or not self.has_rows(table):
            return self.existing_rows(table)
        return min(self.existing[table].fitting(conditions) for conditions in kinds)

    def has_rows(self, table: str) -> bool:
        """Whether there are existing rows. Unlike their number, this is known without counting them."""
        return table in self.existing and not self.existing[table].is_empty

    def has_more_rows(self, table: str, rows: int) -> bool:
        """Whether the table has more existing rows than that. Counts them only if the answer can matter: tables are not counted to the end."""
        return rows < 0 or (rows < COUNTED_ROWS and self.has_rows(table) and self.existing_rows(table) > rows)

    def fixed_rows(self, table: str) -> int | None:
        """The row count that the user or the plan gives, if any."""
        if table in self.parents:
            return self.parents[table]
        planned = self.planned(table)
        return planned.rows if planned else None

    def appends(self, table: str) -> bool:
        """Whether the table gets new rows, however many it has."""
        return self.append and table in self.wanted and self.sizes.fixed(table) is None

    def may_reuse(self, table: str) -> bool:
        """Whether existing rows of the table may be used."""
        planned = self.planned(table)
        return planned.reuse if planned else True

    def required_foreign_keys(self, table: str) -> list[ForeignKey]:
        """The foreign keys of a table that must be filled, of those whose parent is in the schema."""
        table_schema = self.schema.get(table)
        return [
            key
            for key in (table_schema.foreign_keys if table_schema else ())
            if key.parent in self.schema and not any(self.schema[table].column(c).nullable for c in key.columns)
        ]


def listed(names: Iterable[str]) -> str:
    """The names as they stand in messages and notes."""
    return ", ".join(names)


def largest_fitting(fits: Callable[[int], bool], max_rows: int = MAX_ROWS) -> int:
    """The greatest number up to `max_rows` that fits, by binary search; 0 if none does."""
    low, high = 0, max_rows
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


ENGINE = "InnoDB"

# Engines without transactions that store the rows themselves, so that ALTER TABLE can convert the table
WITHOUT_TRANSACTIONS = ("MyISAM", "Aria", "MEMORY", "CSV", "ARCHIVE")

# Engines whose tables only give access to rows elsewhere
ROWS_ELSEWHERE = ("MRG_MyISAM", "FEDERATED", "CONNECT", "SPIDER", "S3")

REFUSED_TYPES = {
    TableType.VIEW: ("it is a view", "Name the table behind it"),
    TableType.SEQUENCE: ("it is a sequence, not a table", "Name a table"),
}


def require_fillable(table: TableSchema, *, allow_history: bool) -> None:
    """NotFillable: parloader cannot load and clean tables of this kind."""
    if table.table_type in REFUSED_TYPES:
        raise NotFillable(table.name, *REFUSED_TYPES[table.table_type])
    if table.table_type is TableType.SYSTEM_VERSIONED and not allow_history:
        raise NotFillable(
            table.name,
            "it is system-versioned, so its history would keep the rows after clean",
            "Add --allow-history if that is acceptable, or remove the versioning: ALTER TABLE … DROP SYSTEM VERSIONING",
        )
    if table.engine.lower() != ENGINE.lower():
        raise NotFillable(table.name, *_other_engine(table))


def _other_engine(table: TableSchema) -> tuple[str, str]:
    """Why a table of another engine is refused, and what to do."""
    engine, another = table.engine.lower(), "or name another table"
    if engine in (name.lower() for name in WITHOUT_TRANSACTIONS):
        reason = f"its engine {table.engine} has no transactions, so a crash could leave half a batch"
        return reason, f"Convert it (ALTER TABLE … ENGINE={ENGINE}), {another}"
    if engine in (name.lower() for name in ROWS_ELSEWHERE):
        return f"its engine {table.engine} stores the rows elsewhere, outside the transactions of this server", "Name the table behind it"
    if engine == "blackhole":
        return f"its engine {table.engine} discards all rows", "Name another table"
    if not engine:
        return "the server reports no storage engine for it, so it cannot open the table", f"Repair the table, {another}"
    return f"parloader supports {ENGINE} tables only, and its engine is {table.engine}", f"Convert it, {another}"
