"""What a CHECK case says of one column."""

from dataclasses import dataclass

from parloader.plans.checks import Constant, Matches


@dataclass(frozen=True, kw_only=True)
class Domain:
    null: bool | None = None
    low: Constant | None = None
    high: Constant | None = None
    low_open: bool = False
    high_open: bool = False
    values: tuple[Constant, ...] | None = None
    excluded: tuple[Constant, ...] = ()
    least_length: int = 0
    most_length: int | None = None
    most_bytes: int | None = None
    matches: Matches | None = None
    json: bool = False
    unsure: bool = False
