"""A different value for each row."""

from dataclasses import dataclass, replace
from enum import StrEnum

from parloader.plans.generators.base import Generator, Scalar


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
