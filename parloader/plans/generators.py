"""Generators: what a column of row `i` holds, as values that can be written to a plan file and to the ledger.

Each is a function of (the plan's seed, the table, the column, `i`, the row's other columns, parent keys) alone. All randomness is one hash
(plans/hashing.py), so rows are the same on every machine and version.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

__all__ = [
    "After",
    "Choice",
    "Const",
    "Cycle",
    "Distribution",
    "Expr",
    "Normal",
    "Pick",
    "Provider",
    "Random",
    "Sequence",
    "Spread",
    "Template",
    "Uniform",
    "Unique",
    "UniqueKind",
    "When",
    "Zipf",
]
"""What `parloader` exports for plans in Python."""

Scalar: TypeAlias = int | float | bool | str | bytes | None


@dataclass(frozen=True, kw_only=True)
class Generator:
    """`null_share`: how many of the rows are NULL instead, 0 to 1, drawn by the hash."""

    null_share: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Const(Generator):
    value: Scalar


@dataclass(frozen=True, kw_only=True)
class Cycle(Generator):
    """The values in turn, each for `every` rows: number (i // every) mod len(values)."""

    values: tuple[Scalar, ...]
    every: int = 1


@dataclass(frozen=True, kw_only=True)
class Choice(Generator):
    """One of the values, drawn; `weights` (integers) as many as values, or none: all alike."""

    values: tuple[Scalar, ...]
    weights: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Uniform(Generator):
    """Between `low` and `high`, both included, drawn: integers; decimals as text ("0.00": the digits say the scale); dates ("2024-01-01")
    and moments ("2024-01-01T00:00:00", whole seconds), UTC."""

    low: int | str
    high: int | str


@dataclass(frozen=True, kw_only=True)
class Normal(Generator):
    """Normally distributed around `mean`, rounded to `scale` decimals, cut at `low` and `high`. Integers where `scale` is 0."""

    mean: float
    deviation: float
    scale: int = 0
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Zipf(Generator):
    """1 … `count`: number k has the weight k**-exponent."""

    count: int
    exponent: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Sequence(Generator):
    """start + step × ((i // every) mod count); without `count` it never starts anew."""

    start: int = 0
    step: int = 1
    every: int = 1
    count: int | None = None


@dataclass(frozen=True, kw_only=True)
class Spread(Generator):
    """Moments evenly over `span_seconds` from `start` on: start + floor(i × span / rows) in whole milliseconds, cut to whole `unit`s.

    `start` is an ISO moment, UTC; `unit`: "s", "ms", or "d" (which gives dates).
    """

    start: str
    span_seconds: int
    unit: str = "s"


class Distribution(StrEnum):
    EVEN = "even"  # each parent row as often as any other; parents of different columns do not go together
    CYCLE = "cycle"  # (i // every) mod rows: columns that cycle over tables of as many rows go together
    UNIFORM = "uniform"  # drawn
    ZIPF = "zipf"  # drawn, the first rows more often
    EARLIER = "earlier"  # a row of the same table with a lower index (NULL in row 0 where that is allowed, else itself)


@dataclass(frozen=True, kw_only=True)
class Pick(Generator):
    """`column` of a row of `parent`; columns of one foreign key have the same `group`, and so pick the same row.

    `index`: which row, as an SQL expression of `i` (NULL where it is NULL) in place of a distribution.
    """

    parent: str
    column: str
    distribution: Distribution = Distribution.EVEN
    every: int = 1
    exponent: float = 1.0
    index: str | None = None
    group: str | None = None


class UniqueKind(StrEnum):
    INTEGER = "integer"
    DECIMAL = "decimal"
    TEXT = "text"
    BYTES = "bytes"
    UUID = "uuid"
    INET4 = "inet4"
    INET6 = "inet6"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    VALUES = "values"


@dataclass(frozen=True, kw_only=True)
class Unique(Generator):
    """Another value for each row: an order-preserving map of n = offset + i, where the offset (0 in an empty table) is chosen when a run
    begins so that no row that is there has one of the values.

    INTEGER: low + n, up to `high`. DECIMAL: (low + n) / 10**scale. TEXT: `prefix`, n as `length` digits of base 36 (0-9a-z), `suffix`.
    BYTES: the prefix (hexadecimal), then n as a big-endian number, `length` bytes in all. UUID, INET4, INET6: n in the last digits.
    DATE: low days after 1970-01-01, and n. DATETIME: seconds. TIME: seconds, as text. VALUES: values[n].
    """

    form: UniqueKind
    low: int = 0
    high: int = 0
    scale: int = 0
    length: int = 0
    prefix: str = ""
    suffix: str = ""
    values: tuple[Scalar, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Provider(Generator):
    """A value of a pool (plans/pools.json, made once), drawn: "first_name", "city", "sentence", …

    `length`: the most characters (0: any). `srid` of geometries. `columns` that have the same `group` get values that go together
    (a country and its code).
    """

    name: str
    length: int = 0
    srid: int = 0
    group: str | None = None


@dataclass(frozen=True, kw_only=True)
class Random(Generator):
    """Drawn characters or bytes: `form` is "letters" (a-z), "digits", "hex" (text), "bytes", "uuid", "inet4", "inet6", "time" (of a day) or
    "bits". Between `least` and `length` of them (equal where `least` is None)."""

    form: str
    length: int = 0
    least: int | None = None


@dataclass(frozen=True, kw_only=True)
class Template(Generator):
    """Text with {i}, {i:06} (digits, with zeros before) and {column} (another column of the row; NULL where that is)."""

    text: str


@dataclass(frozen=True, kw_only=True)
class When(Generator):
    """`then` where `condition` (SQL over `i` and the row's other columns) is true, else `otherwise`."""

    condition: str
    then: Generator
    otherwise: Generator = Const(value=None)


@dataclass(frozen=True, kw_only=True)
class Expr(Generator):
    """A Polars SQL expression over `i` and the row's other columns."""

    sql: str


@dataclass(frozen=True, kw_only=True)
class After(Generator):
    """The row's `column` (a number, a date or a moment) and between `least` and `most` more, drawn: units of the number, days, seconds."""

    column: str
    least: int = 0
    most: int = 0
