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
    EMAIL = "email"  # of the row's person: their names, and a number only if the names occurred before; up to `length` characters
    USERNAME = "username"  # the same
    NAME = "name"  # a person's first and last name
    PRODUCT = "product"
    COMPANY = "company"
    TITLE = "title"
    SLUG = "slug"  # of the row's name, product, company or title: the family `of`
    CODE = "code"  # n in the `pattern`


@dataclass(frozen=True, kw_only=True)
class Unique(Generator):
    """A different value for each row: an encoding of n = offset + i. It preserves the order, except in those of SCATTERED.

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
    pattern: str = ""
    of: str = ""
    locale: str | tuple[str, ...] | None = None
    group: str | None = None  # columns with the same group are about the same person, product, company or title

    @property
    def listed_values(self) -> tuple[Scalar, ...]:
        return self.values

    def with_listed_values(self, values: tuple[Scalar, ...]) -> Generator:
        return replace(self, values=values)


SCATTERED = frozenset(
    {
        UniqueKind.EMAIL,
        UniqueKind.USERNAME,
        UniqueKind.NAME,
        UniqueKind.PRODUCT,
        UniqueKind.COMPANY,
        UniqueKind.TITLE,
        UniqueKind.SLUG,
        UniqueKind.CODE,
    }
)
"""The forms whose values come in an order of their own, a permutation that the table and the column, or the group, decide."""
