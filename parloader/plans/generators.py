"""Generators: what a column of row `i` contains, as values that can be written to a plan file and to the ledger.

A value depends only on the plan's seed, the table, the column, `i`, the row's other columns and the parents' keys. All randomness is one
hash (generation/hashing.py), so rows are the same on every machine and in every version.

To add a generator, edit three files: its class and `__all__` here; its syntax, including the validation of its fields, in
plans/documents/generator_syntax.py; its Polars expression in generation/expressions.py (or in a module that this one calls). No other file
lists the generators: code that looks into nested ones uses `Generator.walk` and `Generator.map`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor
from typing import Any, TypeAlias

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

MIN_INTEGER, MAX_INTEGER = -(2**63), 2**63 - 1
"""The signed 64-bit integers, in which Polars computes."""

Scalar: TypeAlias = int | float | bool | str | bytes | Decimal | date | datetime | None


@dataclass(frozen=True, kw_only=True)
class Generator:
    """Base of all generators."""

    null_share: float = 0.0
    """Share of the rows that are NULL instead, 0 to 1, chosen by the hash."""

    def children(self) -> dict[str, "Generator"]:
        """The generators nested directly in this one, by field name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, Generator)}

    def with_children(self, children: "Mapping[str, Any]") -> "Generator":
        """A copy in which these fields have these generators."""
        return replace(self, **children) if children else self

    @property
    def listed_values(self) -> "tuple[Scalar, ...]":
        """The values that the generator lists itself: those of Const, Cycle, Choice and Unique."""
        return ()

    def with_listed_values(self, values: "tuple[Scalar, ...]") -> "Generator":
        """A copy that lists these values instead, equally many."""
        return self

    def walk(self) -> "Iterator[Generator]":
        """This generator and all nested in it, outer ones first."""
        yield self
        for child in self.children().values():
            yield from child.walk()

    def map(self, change: "Callable[[Generator], Generator]") -> "Generator":
        """A copy in which `change` has replaced each nested generator, then this one."""
        return change(self.with_children({name: child.map(change) for name, child in self.children().items()}))


@dataclass(frozen=True, kw_only=True)
class Const(Generator):
    value: Scalar
    """The value of every row."""

    @property
    def listed_values(self) -> tuple[Scalar, ...]:
        return (self.value,)

    def with_listed_values(self, values: tuple[Scalar, ...]) -> Generator:
        (value,) = values
        return replace(self, value=value)


@dataclass(frozen=True, kw_only=True)
class Cycle(Generator):
    """The values in order, over and over: number (i // every) mod len(values)."""

    values: tuple[Scalar, ...]
    every: int = 1  # rows in which a value is repeated before the next one follows

    @property
    def listed_values(self) -> tuple[Scalar, ...]:
        return self.values

    def with_listed_values(self, values: tuple[Scalar, ...]) -> Generator:
        return replace(self, values=values)


@dataclass(frozen=True, kw_only=True)
class Choice(Generator):
    """A randomly chosen value."""

    values: tuple[Scalar, ...]
    weights: tuple[int, ...] = ()  # one per value; none: all values are equally likely

    @property
    def listed_values(self) -> tuple[Scalar, ...]:
        return self.values

    def with_listed_values(self, values: tuple[Scalar, ...]) -> Generator:
        return replace(self, values=values)


@dataclass(frozen=True, kw_only=True)
class Uniform(Generator):
    """A random value from `low` to `high`, both included.

    Integers; decimals as text ("0.00": the digits give the scale); dates ("2024-01-01"); timestamps ("2024-01-01T00:00:00", whole seconds, UTC).
    """

    low: int | str
    high: int | str


@dataclass(frozen=True, kw_only=True)
class Normal(Generator):
    """Normally distributed numbers: integers if `scale` is 0, otherwise decimals."""

    mean: float
    deviation: float
    scale: int = 0  # digits after the decimal point
    low: float | None = None  # smaller numbers become this one
    high: float | None = None  # greater numbers become this one

    @property
    def limits(self) -> tuple[int, int]:
        """The least and the greatest possible value in units of the last digit, within 64 bits."""
        units = 10**self.scale
        low = MIN_INTEGER if self.low is None else ceil(Fraction(repr(self.low)) * units)
        high = MAX_INTEGER if self.high is None else floor(Fraction(repr(self.high)) * units)
        return max(low, MIN_INTEGER), min(high, MAX_INTEGER)


@dataclass(frozen=True, kw_only=True)
class Zipf(Generator):
    """Integers from 1 to `count`; number k has the weight k**-exponent."""

    count: int
    exponent: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Sequence(Generator):
    """start + step × ((i // every) mod count)."""

    start: int = 0
    step: int = 1
    every: int = 1
    count: int | None = None  # None: it never restarts


@dataclass(frozen=True, kw_only=True)
class Spread(Generator):
    """Evenly spaced timestamps: start + floor(i × span / rows) in milliseconds, truncated to the unit."""

    start: str  # ISO timestamp, UTC unless it has a zone
    span_seconds: int
    unit: str = "s"  # "s", "ms" or "d" (gives dates)


class Distribution(StrEnum):
    """How a Pick selects a parent row."""

    EVEN = "even"  # each parent row equally often; independent of the picks of other columns
    CYCLE = "cycle"  # (i // every) mod rows: columns that cycle over tables with equally many rows select the same numbers
    UNIFORM = "uniform"  # random
    ZIPF = "zipf"  # random; the first rows are more frequent
    EARLIER = "earlier"  # a row of the same table with a lower index; NULL in row 0
    ROOTED = "rooted"  # as EARLIER; but row 0 picks a row that the table had before the run, or itself if there was none


@dataclass(frozen=True, kw_only=True)
class Pick(Generator):
    """A column of a row of a parent table."""

    parent: str
    column: str
    distribution: Distribution = Distribution.EVEN
    every: int = 1  # successive rows that pick the same parent row
    exponent: float = 1.0  # of Distribution.ZIPF
    index: str | None = None  # which parent row, as an SQL expression of `i`, instead of a distribution; NULL gives NULL
    group: str | None = None  # picks with the same group select the same row, as the columns of one foreign key must


class UniqueKind(StrEnum):
    """How a Unique encodes n; with the fields it uses."""

    INTEGER = "integer"  # low + n × step, up to high
    DECIMAL = "decimal"  # (low + n) / 10**scale, up to high / 10**scale
    TEXT = "text"  # prefix, n in `length` digits of `base` (0-9a-z), suffix
    BYTES = "bytes"  # prefix (hexadecimal), then n as a big-endian number; `length` bytes in all
    UUID = "uuid"  # n in the last 12 hexadecimal digits; `prefix` replaces the ones before
    INET4 = "inet4"  # 10.0.0.0 + n
    INET6 = "inet6"  # n in the last three groups
    DATE = "date"  # 1970-01-01 + low + n × step days, up to high
    DATETIME = "datetime"  # 1970-01-01 00:00:00 + low + n × step seconds, up to high
    TIME = "time"  # low + n seconds, as text, up to high
    VALUES = "values"  # values[n]


@dataclass(frozen=True, kw_only=True)
class Unique(Generator):
    """A different value for each row: an order-preserving encoding of n = offset + i.

    The offset is 0 in an empty table. Otherwise it is chosen when a run begins, so that no existing row has one of the values.
    """

    form: UniqueKind
    low: int = 0
    high: int = 0
    step: int = 1
    scale: int = 0
    length: int = 0
    base: int = 36
    prefix: str = ""
    suffix: str = ""
    values: tuple[Scalar, ...] = ()

    @property
    def listed_values(self) -> tuple[Scalar, ...]:
        return self.values

    def with_listed_values(self, values: tuple[Scalar, ...]) -> Generator:
        return replace(self, values=values)


@dataclass(frozen=True, kw_only=True)
class Provider(Generator):
    """A random value from a pool (generation/pools.json): "first_name", "city", "sentence", …"""

    name: str  # one of PROVIDERS
    length: int = 0  # maximum number of characters (0: any); dimensions of a vector
    srid: int = 0  # of geometries
    group: str | None = None  # columns with the same group get values that belong together, such as a country and its code


PROVIDERS = tuple(
    """
    category, city, color, company, country, country_code, cron, currency_code, department, domain, email, extension, file_name,
    first_name, gender, geometry, geometrycollection, hash, hex_color, host, ip, job, json, language, language_code, last_name, level,
    linestring, locale, mac, mime_type, multilinestring, multipoint, multipolygon, name, paragraph, path, phone, point, polygon,
    postcode, priority, product, sentence, slug, state, status, street, tag, text, time_zone, title, token, unit, url, user_agent,
    username, vector, version, word, words
    """.replace(",", " ").split()
)
"""Provider.name: the pools of generation/pools.py."""


@dataclass(frozen=True, kw_only=True)
class Random(Generator):
    """Random characters, bytes, addresses, times or bits."""

    form: str  # one of RANDOM_FORMS
    length: int = 0  # number of characters, bytes or bits
    least: int | None = None  # minimum length; None: it is `length`


RANDOM_FORMS = ("letters", "digits", "hex", "bytes", "uuid", "inet4", "inet6", "time", "bits")
"""Random.form: a-z, 0-9, 0-9a-f and bytes have a length; "time" is a time of day; "bits" is a number of `length` bits."""


@dataclass(frozen=True, kw_only=True)
class Template(Generator):
    """Text with {i}, {i:06} (zero-padded) and {column} (another column of the row). NULL if one of these columns is NULL."""

    text: str


@dataclass(frozen=True, kw_only=True)
class When(Generator):
    """`then` if the condition is true, else `otherwise`."""

    condition: str  # SQL over `i` and the row's other columns
    then: Generator
    otherwise: Generator = Const(value=None)


@dataclass(frozen=True, kw_only=True)
class Expr(Generator):
    """A Polars SQL expression over `i` and the row's other columns."""

    sql: str


@dataclass(frozen=True, kw_only=True)
class After(Generator):
    """Another column of the row plus a random amount: days for a date, seconds for a timestamp, units of the last digit for a number."""

    column: str
    least: int = 0
    most: int = 0
