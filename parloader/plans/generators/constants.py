"""Values that the plan lists."""

from dataclasses import dataclass, replace

from parloader.plans.generators.base import Generator, Scalar


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
    group: str | None = None  # columns with the same group and weights choose the value at the same position

    @property
    def listed_values(self) -> tuple[Scalar, ...]:
        return self.values

    def with_listed_values(self, values: tuple[Scalar, ...]) -> Generator:
        return replace(self, values=values)
