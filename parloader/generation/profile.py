"""Profiles: what the generated values of a table look like, computed from its rows or from a sample of them. Deterministic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction

import polars as pl

from parloader.generation.column_order import only
from parloader.generation.frames import RowGenerator
from parloader.generation.row_keys import indices_of
from parloader.plans.model import Plan, Table
from parloader.plans.row_ranges import IndexRange, RowAllocation, split

# Tables with more rows are profiled by a sample: a second's work for a wide table
MAX_PROFILED_ROWS = 100_000

# The sample is made of this many blocks of consecutive rows, evenly spread
SAMPLED_BLOCKS = 100

# Of the foreign keys alone more rows are computed: only all children of a parent together show how many it has
MAX_COUNTED_ROWS = 2_000_000

MOST_FREQUENT = 5

BINS = 20

# Columns with at most this many values are shown value by value
MAX_SHOWN_VALUES = 12

TOP_SHARE = Fraction(1, 100)


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A foreign key: which columns of the table reference which other table."""

    columns: tuple[str, ...]
    parent: str


@dataclass(frozen=True, kw_only=True)
class Bin:
    """A bar of a histogram."""

    first: str  # the smallest value in it; empty if there is none
    last: str
    rows: int


@dataclass(frozen=True, kw_only=True)
class ColumnProfile:
    """What is in a column. Values are as generated, None if all are NULL."""

    name: str
    rows: int
    nulls: int
    distinct: int  # without NULL
    smallest: object
    median: object  # the lower one of two
    largest: object
    most_frequent: tuple[tuple[object, int], ...]  # value, rows; without NULL; empty if no value repeats
    histogram: tuple[Bin, ...]
    of_lengths: bool  # the histogram is of the lengths of texts

    @property
    def null_share(self) -> float:
        return self.nulls / self.rows if self.rows else 0.0

    def as_json(self) -> dict[str, object]:
        return {
            "column": self.name,
            "nulls": self.nulls,
            "null_share": self.null_share,
            "distinct": self.distinct,
            "smallest": _plain(self.smallest),
            "median": _plain(self.median),
            "largest": _plain(self.largest),
            "most_frequent": [{"value": _plain(value), "rows": rows, "share": rows / self.rows} for value, rows in self.most_frequent],
        }


@dataclass(frozen=True, kw_only=True)
class ChildrenProfile:
    """How many rows of a table reference each row of a parent table."""

    columns: tuple[str, ...]
    parent: str
    parents: int  # rows that can be referenced
    children: int  # rows that reference one
    none_share: float | None  # of the parents that no row references; None: only a sample of the rows was counted
    median: int | None
    mean: float
    largest: int | None
    top_share: float  # of the children, that reference the 1 % of parents with the most
    histogram: tuple[Bin, ...]

    def as_json(self) -> dict[str, object]:
        return {
            "columns": list(self.columns),
            "parent": self.parent,
            "parents": self.parents,
            "children": self.children,
            "none_share": self.none_share,
            "median": self.median,
            "mean": self.mean,
            "largest": self.largest,
            "top_share": self.top_share,
        }


@dataclass(frozen=True, kw_only=True)
class TableProfile:
    """What the rows of a table that a load would create look like."""

    name: str
    rows: int
    sampled: tuple[IndexRange, ...]  # the rows that were profiled, if these are not all
    counted: int  # how many rows were counted for `children`
    columns: tuple[ColumnProfile, ...]
    children: tuple[ChildrenProfile, ...]

    @property
    def profiled(self) -> int:
        return sum(part.rows for part in self.sampled) if self.sampled else self.rows

    def as_json(self) -> dict[str, object]:
        return {
            "table": self.name,
            "rows": self.rows,
            "profiled": self.profiled,
            "sampled": [[part.start, part.stop] for part in self.sampled],
            "columns": [column.as_json() for column in self.columns],
            "children": [children.as_json() for children in self.children],
        }


def profile(plan: Plan, table: Table, rows: Mapping[str, RowAllocation], references: Sequence[Reference]) -> TableProfile:
    """The profile of the table's new rows."""
    new = rows[table.name].new
    total = sum(part.rows for part in new)
    profiled, counted = sampled(new, MAX_PROFILED_ROWS), sampled(new, MAX_COUNTED_ROWS)
    frame = RowGenerator(plan, table, rows).at(_indices(profiled))
    known = [each for each in references if {*each.columns} <= {*table.columns} and each.parent in rows]
    keys = frame
    if counted != profiled and known:
        columns = dict.fromkeys(column for each in known for column in each.columns)
        keys = RowGenerator(plan, only(table, columns), rows).at(_indices(counted))
    return TableProfile(
        name=table.name,
        rows=total,
        sampled=profiled if profiled != new else (),
        counted=keys.height,
        columns=tuple(profile_column(frame[name]) for name in frame.columns),
        children=tuple(profile_children(keys, each, rows[each.parent].rows, total) for each in known),
    )


def sampled(ranges: Sequence[IndexRange], max_rows: int) -> tuple[IndexRange, ...]:
    """The ranges, or blocks of them that are evenly spread and have that many rows in all."""
    if sum(part.rows for part in ranges) <= max_rows:
        return tuple(ranges)
    shares = split(ranges, SAMPLED_BLOCKS)
    return tuple(IndexRange(share[0].start, min(share[0].stop, share[0].start + max_rows // SAMPLED_BLOCKS)) for share in shares)


def _indices(ranges: Sequence[IndexRange]) -> pl.Series:
    return pl.concat([indices_of(part) for part in ranges]) if ranges else pl.Series(dtype=pl.Int64)


def profile_column(values: pl.Series) -> ColumnProfile:
    """The profile of a column."""
    present = values.drop_nulls()
    ordered = present.sort()
    counts = present.value_counts(name="rows").sort(["rows", present.name], descending=[True, False]) if present.len() else None
    distinct = 0 if counts is None else counts.height
    repeats = counts is not None and counts["rows"][0] > 1
    histogram, of_lengths = _histogram(present, counts)
    return ColumnProfile(
        name=values.name,
        rows=values.len(),
        nulls=values.null_count(),
        distinct=distinct,
        smallest=ordered[0] if ordered.len() else None,
        median=ordered[(ordered.len() - 1) // 2] if ordered.len() else None,
        largest=ordered[-1] if ordered.len() else None,
        most_frequent=tuple((value, int(rows)) for value, rows in counts.head(MOST_FREQUENT).rows())
        if repeats and counts is not None
        else (),
        histogram=histogram,
        of_lengths=of_lengths,
    )


def _histogram(present: pl.Series, counts: pl.DataFrame | None) -> tuple[tuple[Bin, ...], bool]:
    """The bars, and whether they are of lengths: of each value, if there are few; of equal widths, if the values are numbers or times."""
    if counts is None:
        return (), False
    if counts.height <= MAX_SHOWN_VALUES:
        return tuple(Bin(first=shown_value(v), last=shown_value(v), rows=rows) for v, rows in counts.sort(present.name).rows()), False
    if present.dtype.is_numeric() or present.dtype.is_temporal():
        return _equal_widths(present), False
    lengths = present.str.len_chars() if present.dtype == pl.String else present.bin.size() if present.dtype == pl.Binary else None
    return ((), False) if lengths is None else (_equal_widths(lengths.cast(pl.Int64)), True)


def _equal_widths(present: pl.Series) -> tuple[Bin, ...]:
    """Bars of equal widths from the smallest value to the largest; of whole numbers, one for each if they are few."""
    numbers = present.to_physical().cast(pl.Float64) if not present.dtype.is_decimal() else present.cast(pl.Float64)
    low, high = float(str(numbers.min())), float(str(numbers.max()))
    bins = BINS
    if present.dtype.is_integer() and high - low < BINS:
        bins, high = int(high - low) + 1, high + 1
    width = (high - low) / bins or 1.0
    at = ((numbers - low) / width).floor().cast(pl.Int64).clip(0, bins - 1)
    ends = (pl.col("value").min().alias("first"), pl.col("value").max().alias("last"), pl.len())
    found = {n: (first, last, rows) for n, first, last, rows in pl.DataFrame({"at": at, "value": present}).group_by("at").agg(*ends).rows()}
    return tuple(
        Bin(first=shown_value(found[n][0]), last=shown_value(found[n][1]), rows=found[n][2])
        if n in found
        else Bin(first="", last="", rows=0)
        for n in range(bins)
    )


def profile_children(keys: pl.DataFrame, reference: Reference, parents: int, total: int) -> ChildrenProfile:
    """The profile of a foreign key. `keys`: its columns in all of the `total` rows, or in a sample of them."""
    columns = list(reference.columns)
    present = keys.select(columns).drop_nulls()
    counts = present.group_by(columns).len("children")["children"].sort(descending=True).cast(pl.Int64)
    parents = max(parents, counts.len())
    complete = keys.height == total
    top = max(1, round(parents * TOP_SHARE))
    referenced = int(present.height * total / keys.height) if keys.height else 0
    place = parents - (parents - 1) // 2 - 1  # of the median, in descending order
    all_counts = pl.concat([counts, pl.zeros(parents - counts.len(), pl.Int64, eager=True)]) if complete else counts
    return ChildrenProfile(
        columns=reference.columns,
        parent=reference.parent,
        parents=parents,
        children=referenced,
        none_share=(parents - counts.len()) / parents if complete and parents else None,
        median=(int(counts[place]) if place < counts.len() else 0) if complete and parents else None,
        mean=referenced / parents if parents else 0.0,
        largest=(int(counts[0]) if counts.len() else 0) if complete else None,
        top_share=int(counts.head(top).sum()) / present.height if present.height else 0.0,
        histogram=_equal_widths(all_counts) if complete and all_counts.len() else (),
    )


def _plain(value: object) -> object:
    """The value in JSON: dates, decimals and bytes as text."""
    return value if isinstance(value, int | float | str | None) else shown_value(value)


def shown_value(value: object) -> str:
    """The value as text, as a reader of the data writes it."""
    match value:
        case None:
            return "NULL"
        case bytes():
            return f"0x{value.hex()}"
        case datetime() | date() | time():
            return str(value)
        case timedelta():
            return str(value)
        case float():
            return f"{value:.6g}"
    return str(value)
