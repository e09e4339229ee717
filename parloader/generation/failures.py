"""What can go wrong when Polars computes a column, as a mistake of the plan that names table, column and row."""

import re
from collections.abc import Callable

import polars as pl

from parloader.plans.documents.mistakes import Mistake, column_mistake

FAILURES = (Exception, pl.exceptions.PanicException)
"""What Polars raises if it cannot compute an expression. A panic of its Rust code is no Exception."""

# The name of the error, which Polars puts before some of its sentences
PREFIX = re.compile(r"^[A-Z]\w*Error: ")


def first_sentence(error: BaseException) -> str:
    """Polars' own words, on one line, without the plan of the query that follows them."""
    if isinstance(error, MemoryError):
        return "there is not enough memory"
    text = PREFIX.sub("", str(error).strip())
    text = re.split(r"\n\s*\n|\n(?:This error occurred|Resolved plan|You might want)", text)[0]
    return " ".join(text.split()).rstrip(".") or type(error).__name__


def uncomputable(table: str, column: str, error: BaseException, read: str = "", row: int | None = None) -> Mistake:
    """The mistake of a column that cannot be computed. `read`: the columns that it reads, with their types."""
    which = "" if row is None else f" in row {row:,}"
    what = f"it cannot be computed{which}: {first_sentence(error)}"
    return column_mistake(table, column, f"{what}{f' ({read})' if read else ''}", "Correct its generator in the plan")


def without_generator(reads: str, table: str, column: str) -> tuple[str, str]:
    """(what, next step) of a column that reads another one whose values are not known. `reads`: "it picks"."""
    return f"{reads} {table}.{column}, for which the plan has no generator", f"Give {table}.{column} a generator"


def not_finite(table: str, column: str, row: int) -> Mistake:
    """The mistake of a column that is infinite or not a number (NaN), which no database column can hold."""
    what = f"it is infinite or not a number in row {row:,}, as after a division by zero"
    next_step = "Correct its generator in the plan: NULLIF(x, 0) as divisor gives NULL instead"
    return column_mistake(table, column, what, next_step)


def first_failing(rows: int, fails: Callable[[int, int], bool]) -> int | None:
    """The position of the first row that fails, found by bisection; None: no row is to blame, because the computation fails without any.

    `fails`: whether the computation fails for `length` rows from `offset` on.
    """
    if fails(0, 0):
        return None
    low, high = 0, rows
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fails(low, middle - low) else (middle, high)
    return low if rows else None
