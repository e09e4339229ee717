"""Columns generated for unit tests."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from parloader.generation.context import ColumnContext
from parloader.generation.expressions import expression
from parloader.generation.relations.picks import Candidates, pick_index
from parloader.plans.generators import Generator, Pick

PARENTS = 7


def context(column: str = "c", rows: int = 1000) -> ColumnContext:
    return ColumnContext(
        seed=42, table="t", column=column, rows=rows, pick=lambda pick, context: pick_index(pick, context, Candidates(rows=PARENTS))
    )


def frame(rows: int, start: int = 0) -> pl.DataFrame:
    """The rows `start` … `start` + `rows` - 1, with some other columns."""
    return pl.select(pl.int_range(start, start + rows, dtype=pl.Int64).alias("i")).with_columns(
        (pl.col("i") % 5).alias("number"),
        pl.lit(Decimal("1.50")).alias("price"),
        pl.lit(date(2024, 2, 28)).alias("day"),
        pl.lit(datetime(2024, 2, 28, 23, 59, 59)).alias("moment"),
        pl.when(pl.col("i") % 2 == 0).then(pl.lit("even")).alias("text"),
    )


def series(generator: Generator, rows: int = 1000, start: int = 0, column: str = "c") -> pl.Series:
    """The column of a table with `rows` rows, from row `start` on."""
    return frame(rows - start, start).with_columns(expression(generator, context(column, rows)).alias("value"))["value"]


def values(generator: Generator, rows: int = 1000) -> list[Any]:
    return series(generator, rows).to_list()


def pick(**fields: Any) -> Pick:
    return Pick(parent="parent", column="id", **fields)
