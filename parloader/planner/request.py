"""What inference is asked, and the words in which it answers that something cannot be had."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from parloader.plans.generators import Generator
from parloader.plans.model import Plan, Table
from parloader.plans.row_ranges import ExistingRows
from parloader.schema.model import ForeignKey, Schema, TableSchema, TableType

MOST_ROWS = 2**63 - 1


class Fill(StrEnum):
    """Which columns of the plan's own tables get a generator. Tables that are added get one for each column."""

    ALL = "all"
    DEMANDED = "demanded"  # those without which an INSERT fails, or whose default would point at nothing


@dataclass(frozen=True, kw_only=True)
class Note:
    """What was decided and why, or what is left to a trial, of a table or of one of its columns."""

    table: str
    column: str | None
    text: str


class NotFillable(Exception):
    """Rows of `table` cannot be made, or a column of it cannot be filled."""

    def __init__(self, table: str, reason: str, next_step: str = "") -> None:
        super().__init__(table, reason, next_step)
        self.table = table
        self.reason = reason
        self.next_step = next_step


class UniqueKeyExhausted(NotFillable):
    """More rows of `table` are asked for than one of its unique keys can tell apart."""


@dataclass(frozen=True, kw_only=True)
class PlanningRequest:
    """`parents`: how many rows of a table are to be picked from, as the user says it."""

    plan: Plan
    schema: Schema
    existing: Mapping[str, ExistingRows]
    parents: Mapping[str, int]
    fill: Fill

    def planned(self, table: str) -> Table | None:
        return next((t for t in self.plan.tables if t.name == table), None)

    def table_schema(self, table: str) -> TableSchema:
        """CannotBeMade where it is not there."""
        if table not in self.schema:
            raise NotFillable(table, "it is not there", "Create it, or correct its name")
        return self.schema[table]

    def given(self, table: str) -> Mapping[str, Generator]:
        planned = self.planned(table)
        return planned.columns if planned else {}

    def existing_rows(self, table: str) -> int:
        return self.existing[table].rows if table in self.existing else 0

    def fixed_rows(self, table: str) -> int | None:
        """How many rows the user, or the plan, says."""
        if table in self.parents:
            return self.parents[table]
        planned = self.planned(table)
        return planned.rows if planned else None

    def may_reuse(self, table: str) -> bool:
        """Whether rows that are there can be used."""
        planned = self.planned(table)
        return planned.reuse if planned else True

    def required_foreign_keys(self, table: str) -> list[ForeignKey]:
        """The foreign keys that no row can be without, of those that can be met."""
        shape = self.schema.get(table)
        return [
            key
            for key in (shape.foreign_keys if shape else ())
            if key.database is None and key.parent in self.schema and not any(self.schema[table].column(c).nullable for c in key.columns)
        ]


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(names: Iterable[str]) -> str:
    return ", ".join(names)


ENGINE = "InnoDB"

REFUSED_TYPES = {
    TableType.VIEW: ("it is a view", "Name the table behind it"),
    TableType.SEQUENCE: ("it is a sequence, not a table", "Name a table"),
    TableType.SYSTEM_VERSIONED: (
        "it is system versioned, so its history would keep the rows after clean",
        "Take the versioning off first: ALTER TABLE … DROP SYSTEM VERSIONING",
    ),
}


def require_fillable(table: TableSchema) -> None:
    """CannotBeMade, with the reason and what to do."""
    if table.table_type in REFUSED_TYPES:
        raise NotFillable(table.name, *REFUSED_TYPES[table.table_type])
    if table.engine.lower() != ENGINE.lower():
        raise NotFillable(
            table.name,
            f"its engine {table.engine} has no transactions, so a batch could be there in half",
            f"ALTER TABLE … ENGINE={ENGINE}, or name another table",
        )
    if table.row_key is None:
        raise NotFillable(
            table.name,
            "it has no PRIMARY KEY and no UNIQUE key whose columns are all NOT NULL, so clean could not find its rows again",
            "Give the table a PRIMARY KEY",
        )
