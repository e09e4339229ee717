"""Columns of small schemas whose values have to agree, and what is asked of the rows."""

from dataclasses import replace

import polars as pl
from support.completed_plans import valid
from support.small_schemas import believe, flag, integer, schema, text, tiny
from support.small_schemas import table as table_of

from parloader.planner.request import CompletedPlan
from parloader.schema.model import ColumnSchema, ColumnType, TableSchema, UniqueKey


def moment(name: str, kind: ColumnType = ColumnType.DATETIME, **more: object) -> ColumnSchema:
    """A time that may be NULL, unless `nullable` is false."""
    column = ColumnSchema(name=name, kind=kind, type_text=str(kind), nullable=True)
    return replace(column, **more)  # type: ignore[arg-type]


def amount(name: str, precision: int = 10, scale: int = 2, **more: object) -> ColumnSchema:
    column = ColumnSchema(name=name, kind=ColumnType.DECIMAL, type_text=f"decimal({precision},{scale})", precision=precision, scale=scale)
    return replace(column, **more)  # type: ignore[arg-type]


def boolean(name: str, **more: object) -> ColumnSchema:
    return tiny(name, **{"type_text": "tinyint(1)", "min_value": -128, "max_value": 127, "unsigned": False, **more})


CREATED, UPDATED = moment("created_at", nullable=False), moment("updated_at", nullable=False)

ORDER = (
    flag("status", "new", "paid", "shipped", "delivered", "cancelled", "refunded"),
    flag("payment_status", "pending", "paid", "failed", "refunded"),
    boolean("is_paid"),
    moment("paid_at"),
    moment("shipped_at"),
    moment("delivered_on", ColumnType.DATE),
    moment("cancelled_at"),
    text("cancel_reason", nullable=True),
    integer("cancelled_by", nullable=True),
    text("tracking_number", nullable=True),
    CREATED,
    UPDATED,
)


def rows(table: TableSchema, number: int = 1_000) -> pl.DataFrame:
    """The rows of an inferred plan, after a check that the table allows them."""
    return rows_of(table, planned(table, number))


def planned(table: TableSchema, number: int = 1_000) -> CompletedPlan:
    return believe(schema(table), table.name, number)


def rows_of(table: TableSchema, completed: CompletedPlan) -> pl.DataFrame:
    frame = valid(schema(table), completed)[table.name]
    for check in table.checks:
        assert none_of(frame, f"NOT ({check.clause})"), check.clause
    return frame


def none_of(frame: pl.DataFrame, condition: str) -> bool:
    """Whether no row meets the condition."""
    return frame.filter(pl.sql_expr(condition.replace("`", '"'))).is_empty()


def share(frame: pl.DataFrame, condition: str) -> float:
    """The share of the rows that meet the condition."""
    return frame.filter(pl.sql_expr(condition)).height / frame.height


def orders(*checks: str, more: tuple[ColumnSchema, ...] = (), keys: tuple[UniqueKey, ...] = ()) -> TableSchema:
    return table_of("orders", *ORDER, *more, checks=checks, keys=keys)
