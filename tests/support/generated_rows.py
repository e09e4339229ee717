"""The rows that a plan generates in empty tables, checked against a schema as a server would check them."""

from collections.abc import Iterator, Mapping

import polars as pl

from parloader.generation.frames import generate
from parloader.plans.model import Plan, all_new
from parloader.plans.row_ranges import IndexRange
from parloader.schema.model import ForeignKey, Schema, TableSchema


def rows_of(plan: Plan) -> dict[str, pl.DataFrame]:
    """The generated rows of each table, as if none existed."""
    of = {table.name: all_new(table) for table in plan.tables}
    return {table.name: generate(plan, table, IndexRange(0, table.rows), of) for table in plan.tables}


def faults(rows: Mapping[str, pl.DataFrame], shapes: Schema) -> list[str]:
    """Violations of the schema. A column without a generator has its default, or NULL."""
    return [fault for name, frame in rows.items() if frame.width for fault in _faults(rows, shapes[name], frame)]


def _faults(rows: Mapping[str, pl.DataFrame], table: TableSchema, frame: pl.DataFrame) -> Iterator[str]:
    for column in table.columns:
        if column.name not in frame.columns:
            if column.requires_value:
                yield f"{table.name}.{column.name} has no value"
        elif not column.nullable and frame[column.name].null_count():
            yield f"{table.name}.{column.name} is NULL"
    for key in table.unique_keys:
        if not key.expressions and all(column in frame.columns for column in key.columns):
            whole = frame.select(key.columns).drop_nulls()
            if whole.n_unique() < whole.height:
                yield f"{table.name}: {key.columns} are not unique"
    for foreign in table.foreign_keys:
        if all(column in frame.columns for column in foreign.columns):
            yield from _orphans(rows, table, frame, foreign)


def _orphans(rows: Mapping[str, pl.DataFrame], table: TableSchema, frame: pl.DataFrame, foreign: ForeignKey) -> Iterator[str]:
    children = set(frame.select(foreign.columns).drop_nulls().rows())
    if not children:
        return
    parents = set(rows[foreign.parent].select(foreign.referenced).rows()) if foreign.parent in rows else set()
    if children - parents:
        yield f"{table.name}: {foreign.name} has no parent for {sorted(children - parents)[:3]}"
