"""Timestamps and dates, and values that follow another column of the row."""

from dataclasses import dataclass

from parloader.plans.generators.base import Generator


@dataclass(frozen=True, kw_only=True)
class Spread(Generator):
    """Evenly spaced timestamps: start + floor(i × span / rows) in milliseconds, truncated to the unit."""

    start: str  # ISO timestamp, UTC unless it has a zone
    span_seconds: int
    unit: str = "s"  # "s", "ms" or "d" (gives dates)


@dataclass(frozen=True, kw_only=True)
class After(Generator):
    """Another column of the row plus a random amount: days for a date, seconds for a timestamp, units of the last digit for a number."""

    column: str
    least: int = 0
    most: int = 0
    within_seconds: int | None = None  # instead of `most`, for dates and timestamps


@dataclass(frozen=True, kw_only=True)
class Timeline(Generator):
    """Timestamps as they occur in an application: more at some hours, on some days and in some months than at others."""

    start: str  # ISO timestamp, UTC unless it has a zone
    span_seconds: int
    growth: float = 1.0  # how many times as frequent they are at the end as at the start
    hours: tuple[int, ...] = ()  # 24 weights, from midnight on, in the time zone of `offset_seconds`
    weekdays: tuple[int, ...] = ()  # 7 weights, from Monday on
    months: tuple[int, ...] = ()  # 12 weights, from January on
    ordered: bool = True  # later rows have later timestamps; False: in random order
    offset_seconds: int = 0  # of the local time that `hours`, `weekdays` and `months` refer to, east of UTC
    unit: str = "s"  # "s", "ms" or "d" (gives dates)
    after: tuple[
        str, ...
    ] = ()  # columns of the row that come before: the timestamp is never earlier than one of them (NULL does not count)
