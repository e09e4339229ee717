"""Timestamps and dates, and values that follow another column of the row."""

from dataclasses import dataclass

from parloader.plans.generators.base import Generator
from parloader.timestamps import parse_span


@dataclass(frozen=True, kw_only=True)
class Spread(Generator):
    """Evenly spaced timestamps: start + floor(i × span / rows) in milliseconds, truncated to the unit."""

    start: str  # ISO timestamp, UTC unless it has a zone
    span_seconds: int
    unit: str = "s"  # "s", "ms" or "d" (gives dates)


@dataclass(frozen=True, kw_only=True)
class After(Generator):
    """Another column of the row plus a random amount.

    Numbers are days for a date, seconds for a timestamp, units of the last digit for a number. Time spans ("30d") are for dates and timestamps.
    """

    column: str
    least: int | str = 0
    most: int | str = 0
    within_seconds: int | None = None  # instead of `most`: a time span

    @property
    def in_seconds(self) -> bool:
        """Whether the amounts are time spans."""
        return self.within_seconds is not None or isinstance(self.least, str) or isinstance(self.most, str)

    @property
    def amounts(self) -> tuple[int, int]:
        """The least and the greatest amount: in seconds if they are time spans."""
        least, most = (parse_span(amount) if isinstance(amount, str) else amount for amount in (self.least, self.most))
        return least, most if self.within_seconds is None else self.within_seconds


HOURS = {
    "office": (0, 0, 0, 0, 0, 0, 1, 4, 10, 14, 15, 14, 9, 11, 14, 14, 12, 8, 3, 1, 1, 0, 0, 0),
    "online": (5, 3, 2, 1, 1, 2, 4, 8, 12, 15, 17, 18, 19, 18, 17, 17, 18, 20, 22, 25, 26, 23, 16, 9),
    "evening": (6, 3, 1, 1, 1, 1, 1, 2, 2, 2, 3, 4, 5, 4, 4, 5, 7, 11, 17, 23, 25, 24, 18, 11),
}
"""Weights of the hours of a day, by name."""

WEEKDAYS = {
    "workdays": (1, 1, 1, 1, 1, 0, 0),
    "office": (20, 22, 21, 20, 16, 2, 1),
    "weekend": (8, 8, 8, 9, 13, 20, 16),
}
"""Weights of the days of a week, by name."""

MONTHS = {
    "retail": (8, 7, 8, 8, 8, 8, 7, 7, 8, 9, 14, 15),
    "summer": (4, 5, 6, 8, 10, 13, 16, 15, 10, 7, 4, 5),
}
"""Weights of the months of a year, by name."""


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
    not_before: tuple[str, ...] = ()  # columns of the row: the timestamp is never earlier than one of them (NULL does not count)
    within_seconds: int | None = None  # at most this long after them, if the weights allow one then
