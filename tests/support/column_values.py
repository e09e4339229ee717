"""Columns and domains of random tests, and the reference for what a column may hold."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
from hypothesis import assume
from hypothesis import strategies as st

from parloader.generation.context import ColumnContext
from parloader.generation.expressions import expression
from parloader.inference.unique_columns import unique_generator
from parloader.plans.generators import Const, Generator
from parloader.plans.unique import capacity
from parloader.schema.checks.domains import Domain
from parloader.schema.checks.predicates import Matches
from parloader.schema.model import ColumnSchema, ColumnType

ROWS = 60

NAMES = ("id", "price", "is_active", "created_at", "email", "expires", "birthday", "code", "lat", "status", "clock", "uuid", "x")


def rows(made: Generator | None, count: int = ROWS) -> list[Any]:
    assert made is not None
    context = ColumnContext(seed=1, table="t", column="c", rows=count, pick=lambda pick, context: pl.lit(None))
    return pl.DataFrame({"i": range(count)}).select(expression(made, context).alias("c"))["c"].to_list()


def integer(name: str = "n", low: int = -128, high: int = 127, type_text: str = "int") -> ColumnSchema:
    return ColumnSchema(name=name, kind=ColumnType.INTEGER, type_text=type_text, min_value=low, max_value=high)


def text(name: str = "x", length: int = 100, **more: Any) -> ColumnSchema:
    return ColumnSchema(name=name, kind=ColumnType.TEXT, type_text="varchar", length=length, charset="utf8mb4", **more)


def dated_column(name: str, kind: ColumnType = ColumnType.DATETIME) -> ColumnSchema:
    return ColumnSchema(name=name, kind=kind, type_text=kind)


@st.composite
def numbers(draw: st.DrawFn) -> ColumnSchema:
    name = draw(st.sampled_from(NAMES))
    kind = draw(st.sampled_from([ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.REAL, ColumnType.BIT, ColumnType.YEAR]))
    bits = draw(st.sampled_from([8, 16, 24, 32, 64]))
    match kind:
        case ColumnType.INTEGER:
            low, high = draw(st.sampled_from([(0, 2**bits - 1), (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)]))
        case ColumnType.BIT:
            low, high = 0, 2 ** draw(st.integers(1, 64)) - 1
        case _:
            low, high = 1901, 2155
    precision = draw(st.integers(1, 65))
    scale = draw(st.integers(0, min(30, precision)))
    unsigned, single = draw(st.booleans()), draw(st.booleans())
    return ColumnSchema(
        name=name,
        kind=kind,
        type_text=kind,
        min_value=low,
        max_value=high,
        precision=precision,
        scale=scale,
        unsigned=unsigned,
        single=single,
    )


ends = st.one_of(
    st.none(),
    st.integers(-10, 300),
    st.integers(-(10**6), 10**6),
    st.decimals(-1000, 1000, places=2, allow_nan=False),
    st.decimals(0, 1, places=3),
)


@st.composite
def ranges(draw: st.DrawFn) -> Domain:
    return Domain(
        low=draw(ends),
        high=draw(ends),
        low_open=draw(st.booleans()),
        high_open=draw(st.booleans()),
        values=draw(st.one_of(st.none(), st.none(), st.lists(st.integers(-5, 300), min_size=1, max_size=5).map(tuple))),
        excluded=draw(st.lists(st.integers(-2, 260), max_size=3).map(tuple)),
    )


def within(domain: Domain, value: Any, read: Callable[[Any], Any]) -> bool:
    """The reference: whether the domain's bounds, list and exclusions allow the value."""
    exact = read(value)
    if domain.low is not None and (exact < read(domain.low) or (domain.low_open and exact == read(domain.low))):
        return False
    if domain.high is not None and (exact > read(domain.high) or (domain.high_open and exact == read(domain.high))):
        return False
    listed = domain.values is None or exact in [read(v) for v in domain.values]
    return listed and exact not in [read(v) for v in domain.excluded]


def number(value: Any) -> Decimal:
    return Decimal(value)


def fits_type(column: ColumnSchema, value: Decimal) -> bool:
    """The reference: whether the type can hold exactly this number."""
    if column.kind is ColumnType.DECIMAL:
        least = 0 if column.unsigned else -(10 ** (column.precision - column.scale))
        return bool(least <= value < 10 ** (column.precision - column.scale) and (Fraction(value) * 10**column.scale).denominator == 1)
    if column.kind is ColumnType.REAL:
        digits = len(value.normalize().as_tuple().digits)
        return Decimal(float(value)) == value and digits <= (6 if column.single else 15) and not (column.unsigned and value < 0)
    return bool(column.min_value <= value <= column.max_value and value == int(value))


def assert_unique(column: ColumnSchema, domain: Domain, count: int = ROWS) -> list[Any]:
    found = unique_generator(column, domain)
    assume(found is not None)
    assert found is not None
    values = rows(found, min(count, capacity(found)))
    assert len(set(values)) == len(values)
    last = rows(Const(value=None), 1) if capacity(found) < 1 else last_value(found)
    return values + last


def last_value(found: Any) -> list[Any]:
    """The last of all distinct values."""
    context = ColumnContext(seed=1, table="t", column="c", rows=1, offset=capacity(found) - 1, pick=lambda pick, context: pl.lit(None))
    return pl.DataFrame({"i": [0]}).select(expression(found, context).alias("c"))["c"].to_list()


TIMESTAMPS = st.datetimes(datetime(1960, 1, 1), datetime(2040, 1, 1)).map(lambda timestamp: timestamp.replace(microsecond=0))


@st.composite
def dated(draw: st.DrawFn) -> tuple[ColumnSchema, Domain]:
    kind = draw(st.sampled_from([ColumnType.DATE, ColumnType.DATETIME, ColumnType.TIMESTAMP]))
    text = TIMESTAMPS.map(lambda timestamp: str(timestamp.date()) if kind is ColumnType.DATE else str(timestamp))
    domain = Domain(
        low=draw(st.none() | text),
        high=draw(st.none() | text),
        low_open=draw(st.booleans()),
        excluded=draw(st.lists(text, max_size=2).map(tuple)),
    )
    column = ColumnSchema(name=draw(st.sampled_from(NAMES)), kind=kind, type_text=kind, fraction_digits=draw(st.sampled_from([0, 3, 6])))
    return column, domain


def as_timestamp(value: Any) -> datetime:
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)


LETTERS = "abcxyz"

CLASSES = st.sampled_from(
    ["abcdefghijklmnopqrstuvwxyz", "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789abcdefghijklmnopqrstuvwxyz_", "-", "@"]
)


@st.composite
def matched(draw: st.DrawFn) -> Matches:
    parts = []
    for _ in range(draw(st.integers(1, 4))):
        least = draw(st.integers(0, 5))
        parts.append((draw(CLASSES), least, draw(st.none() | st.integers(least, least + 6))))
    return Matches(column="x", parts=tuple(parts), whole=True)


@st.composite
def texts(draw: st.DrawFn) -> tuple[ColumnSchema, Domain]:
    length = draw(st.sampled_from([1, 2, 3, 5, 8, 12, 20, 40, 255, 2**32 - 1]))
    column = ColumnSchema(
        name=draw(st.sampled_from(NAMES)),
        kind=ColumnType.TEXT,
        type_text="varchar",
        length=length,
        fixed=draw(st.booleans()),
        charset=draw(st.sampled_from(["utf8mb4", "latin1", "ascii", "utf8mb3", "ucs2"])),
    )
    short = st.text(LETTERS, max_size=4)
    domain = Domain(
        min_length=draw(st.sampled_from([0, 0, 1, 3, 8])),
        max_length=draw(st.none() | st.integers(0, 60)),
        max_bytes=draw(st.none() | st.integers(1, 60)),
        values=draw(st.one_of(st.none(), st.none(), st.lists(short, min_size=1, max_size=4).map(tuple))),
        excluded=draw(st.lists(short, max_size=3).map(tuple)),
        matches=draw(st.none() | matched()),
        json=draw(st.sampled_from([False, False, False, True])),
    )
    return column, domain


def assert_allowed(column: ColumnSchema, domain: Domain, value: str) -> None:
    most = min(n for n in (column.length, domain.max_length, 10**9) if n is not None)
    assert domain.min_length <= len(value) <= most
    assert domain.max_bytes is None or len(value) * (2 if column.charset == "ucs2" else 1) <= domain.max_bytes
    assert value.isascii()
    assert value == value.rstrip()
    assert domain.values is None or value in domain.values
    assert value.lower() not in [str(excluded).lower() for excluded in domain.excluded]
    if domain.json:
        json.loads(value)
    if domain.matches:
        pattern = "".join(f"[{re.escape(c)}]{{{least},{'' if most is None else most}}}" for c, least, most in domain.matches.parts)
        assert re.fullmatch(pattern, value)
