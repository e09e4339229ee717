"""Completed plans of small schemas, and what is in them."""

import polars as pl
from support.generated_rows import faults, rows_of
from support.small_schemas import foreign, integer, table, text, unique

from parloader.planner.completion import complete
from parloader.planner.request import CompletedPlan, Fill
from parloader.plans.generators import Generator, Pick
from parloader.plans.model import Plan, Table
from parloader.plans.row_ranges import ExistingRows
from parloader.schema.model import Schema

CUSTOMER = table("customer", text("email"), keys=(unique("email"),))

TENANT = table("tenant")

USER = table("user", integer("tenant_id"), keys=(unique("tenant_id", "id"),), to=(foreign("tenant_id", "tenant"),))


def valid(live: Schema, completed: CompletedPlan) -> dict[str, pl.DataFrame]:
    """The rows, after a check that the schema allows them."""
    rows = rows_of(completed.plan)
    assert faults(rows, live) == []
    return rows


def generator(completed: CompletedPlan, table: str, column: str) -> Generator:
    return completed.plan.table(table).columns[column]


def pick(completed: CompletedPlan, table: str, column: str) -> Pick:
    found = generator(completed, table, column)
    assert isinstance(found, Pick)
    return found


def notes(completed: CompletedPlan, table: str, column: str | None = None) -> str:
    return "\n".join(note.text for note in completed.notes if note.table == table and column in (None, note.column))


def with_columns(live: Schema, fill: Fill, *tables: Table, existing: dict[str, int] | None = None) -> CompletedPlan:
    """The plan of `tables`, completed. `existing`: table → how many rows it has."""
    found = {name: ExistingRows(rows=rows) for name, rows in (existing or {}).items()}
    return complete(Plan(name="p", parameters={}, tables=tables), live, found, {}, fill)
