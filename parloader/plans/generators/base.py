"""The base of all generators, and the values that they list."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

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
        return {name: value for name, value in vars(self).items() if isinstance(value, Generator)}

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
