"""Finds values of UNIQUE columns whose order is a permutation: e-mail addresses, names, codes. The numbers of existing values are computed
here, because no index has them in their order."""

from collections.abc import Iterator, Mapping
from typing import NoReturn

import polars as pl

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.generation.context import ColumnContext
from parloader.generation.values.codes import taken_codes
from parloader.generation.values.compositions import taken_numbers
from parloader.plans.generators import Unique, UniqueKind
from parloader.plans.row_ranges import IndexRange
from parloader.plans.unique import capacity, like_pattern
from parloader.rows.free_values import FreeValues


def free_scattered(
    connection: Connection, seed: int, table: str, uniques: Mapping[str, tuple[Unique, ...]], indices: IndexRange
) -> FreeValues:
    """Numbers for rows with these indices whose values no existing row has, in none of the columns, which are about the same person.

    8 bytes for each existing value are held.
    """
    found = [numbers for column, each in uniques.items() for unique in each for numbers in _taken(connection, seed, table, column, unique)]
    numbers = pl.concat([pl.Series([-1], dtype=pl.Int64), *found]).unique().sort()
    values = min(capacity(unique) for each in uniques.values() for unique in each)
    gaps = pl.DataFrame({"after": numbers, "before": numbers.shift(-1).fill_null(values).clip(0, values)})
    gaps = gaps.with_columns(first=pl.max_horizontal(pl.col("after") + 1, pl.lit(indices.start, dtype=pl.Int64)))
    gaps = gaps.with_columns(length=pl.col("before") - pl.col("first"))
    fitting = gaps.filter(pl.col("length") >= indices.rows)
    offset = None if fitting.is_empty() else int(fitting["first"][0]) - indices.start
    longest = gaps["length"].max()
    return FreeValues(offset=offset, longest=max(0, longest if isinstance(longest, int) else 0), above_highest=False)


def _taken(connection: Connection, seed: int, table: str, column: str, unique: Unique) -> Iterator[pl.Series]:
    """Int64: the numbers of the column's values, a part at a time."""
    context = ColumnContext(seed=seed, table=table, column=column, rows=0, pick=_no_parents, family=_no_parents)
    numbers = taken_codes if unique.form is UniqueKind.CODE else taken_numbers
    name = sql.quote(column)
    statement = f"SELECT {name} FROM {sql.quote_table(table)} WHERE {name} LIKE %s"
    for rows in sql.streamed(connection, statement, like_pattern(unique)):
        texts = [value.decode(errors="replace") if isinstance(value, bytes) else str(value) for (value,) in rows]
        yield numbers(unique, context, texts)


def _no_parents(*_: object) -> NoReturn:
    raise AssertionError("a composition picks no parent rows")
