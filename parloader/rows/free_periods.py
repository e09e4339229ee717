"""Finds where the application periods of new rows can be, so that they overlap with no existing one."""

from datetime import datetime
from typing import Any

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.plans.generators import Unique
from parloader.plans.row_ranges import IndexRange
from parloader.plans.unique import capacity, position_of
from parloader.rows.free_values import FreeValues


def free_ends(connection: Connection, table: str, start: str, end: str, unique: Unique, indices: IndexRange) -> FreeValues:
    """Where the ends of the periods of rows with these indices are: after all existing periods, before them, or in the largest gap between them.

    Each period starts one unit before its end. An existing period without an end reaches to the last value of its type.
    """
    table, start, end = sql.quote_table(table), sql.quote(start), sql.quote(end)
    first, last = sql.row(connection, f"SELECT MIN({start}), MAX({end}) FROM {table}")
    following = f"SELECT MAX({end}) OVER (ORDER BY {start}, {end}) AS free_from, LEAD({start}) OVER (ORDER BY {start}, {end}) AS free_to FROM {table}"
    longest = 0
    for free_from, free_to in ((last, None), (None, first)):
        free = _between(unique, free_from, free_to, indices)
        if free.offset is not None:
            return free
        longest = max(longest, free.longest)
    gaps = sql.rows(
        connection,
        f"SELECT free_from, free_to FROM ({following}) gaps WHERE free_to > free_from ORDER BY TIMESTAMPDIFF(SECOND, free_from, free_to) DESC LIMIT 1",
    )
    for free_from, free_to in gaps:
        free = _between(unique, free_from, free_to, indices)
        longest = max(longest, free.longest)
        if free.offset is not None:
            return free
    return FreeValues(offset=None, longest=longest, above_highest=False)


def _between(unique: Unique, free_from: Any, free_to: Any, indices: IndexRange) -> FreeValues:
    """The periods between two moments; None: there is no such end."""
    first = 0
    if free_from is not None:
        position = position_of(unique, free_from)
        is_cut = isinstance(free_from, datetime) and free_from.microsecond > 0
        first = 0 if position is None else position + 1 + is_cut
    position = None if free_to is None else position_of(unique, free_to)
    stop = capacity(unique) if free_to is None else 0 if position is None else min(position + 1, capacity(unique))
    first = max(first, indices.start)
    return FreeValues(
        offset=first - indices.start if stop - first >= indices.rows else None, longest=max(0, stop - first), above_highest=False
    )
