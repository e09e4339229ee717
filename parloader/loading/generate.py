"""(plan table, index range) → rows, as a Polars frame."""

from collections.abc import Mapping

import polars as pl

from parloader.plans.model import INDEX, Keys, Plan, Reference, Table
from parloader.plans.partition import Partition


def generate(table: Table, rows: Partition, keys: Mapping[str, Keys]) -> pl.DataFrame:
    """The rows of `table` with these indices: its key, then its columns in the plan's order.

    `keys` has the keys of the table and of each of its parents. Vectorised: expressions of the index, no loop per row.
    """
    index = pl.select(pl.int_range(rows.start, rows.stop, dtype=pl.Int64).alias("i"))
    expressions = [(keys[g.parent].at(g.index) if isinstance(g, Reference) else g).alias(name) for name, g in table.columns.items()]
    return index.select(keys[table.name].at(INDEX).alias(table.key), *expressions)


# How many rows at each end of a table show what a plan's columns hold
SAMPLE_ROWS = 1000


def samples(plan: Plan) -> dict[str, pl.DataFrame]:
    """For each table of the plan its first and its last rows, with made-up keys."""
    keys = {table.name: Keys.contiguous(1, max(table.rows, 1)) for table in plan.tables}
    return {
        table.name: pl.concat(
            [
                generate(table, Partition(0, min(table.rows, SAMPLE_ROWS)), keys),
                generate(table, Partition(max(0, table.rows - SAMPLE_ROWS), table.rows), keys),
            ]
        )
        for table in plan.tables
    }
