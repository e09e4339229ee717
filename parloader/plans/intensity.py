"""The intensity of a timeline as tables of integers: how many of its timestamps lie in each day of the span and in each hour of a day.

Timestamps in order are evenly spaced *positions* from `start` to `stop`. A day of the local time takes `days[k + 1] - days[k]` positions, DAY_MASS
equal shares of `shares[k]`; an hour of the day takes `hours[h + 1] - hours[h]` of the DAY_MASS. Within an hour the intensity is constant.
docs/generators.md specifies the tables, so that anyone can compute them.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal
from functools import lru_cache
from itertools import accumulate, pairwise

from parloader.plans.generators import Timeline
from parloader.timestamps import EPOCH, parse_iso

HOUR_MS, DAY_MS = 3_600_000, 86_400_000

# A day's positions are divided by its share to find the place within the day: a third of a millisecond if all hours are equal
DAY_MASS = 2**28

# All days together. With DAY_MASS, positions take 62 bits; over 100 years, an average day still has 450,000 parts
SHARES = 2**34

GROWTH_BITS = 96

# A day takes about 16 bytes and 1 µs: 600 kB and 40 ms
MAX_DAYS = 36_525

DECIMALS = Context(prec=50)


@dataclass(frozen=True, kw_only=True)
class Intensity:
    """Tables of a timeline. Days are days of the local time, numbered from the first one of the span."""

    first_day: int  # days after 1970-01-01
    shares: tuple[int, ...]  # of each day, and 0 for the day after the last one
    days: tuple[int, ...]  # positions before each of these days
    hours: tuple[int, ...]  # of DAY_MASS: before each hour, and DAY_MASS
    hour_masses: tuple[int, ...]  # of DAY_MASS: of each hour
    start: int  # the first position of the span
    stop: int  # the position after the last one


@lru_cache(maxsize=64)
def intensity(timeline: Timeline) -> Intensity:
    """The tables. `stop` is not after `start` if the weights allow no timestamp in the span. OverflowError: it is longer than MAX_DAYS days."""
    local_start = (parse_iso(timeline.start) - EPOCH) // timedelta(milliseconds=1) + timeline.offset_seconds * 1000
    local_stop = local_start + timeline.span_seconds * 1000
    first_day, stop_day = local_start // DAY_MS, -(-local_stop // DAY_MS)
    if stop_day - first_day > MAX_DAYS:
        raise OverflowError
    shares = (*_shares(timeline, first_day, stop_day - first_day), 0)
    hours = timeline.hours or (1,) * 24
    hour_ends = tuple(DAY_MASS * part // sum(hours) for part in accumulate(hours, initial=0))
    days = tuple(accumulate((share * DAY_MASS for share in shares[:-1]), initial=0))

    masses = tuple(end - begin for begin, end in pairwise(hour_ends))

    def position(ms: int, round_up: int) -> int:
        day, rest = divmod(ms - first_day * DAY_MS, DAY_MS)
        hour, rest = divmod(rest, HOUR_MS)
        return days[day] + shares[day] * (hour_ends[hour] + (masses[hour] * rest + round_up) // HOUR_MS)

    start, stop = position(local_start, HOUR_MS - 1), position(local_stop, 0)
    return Intensity(first_day=first_day, shares=shares, days=days, hours=hour_ends, hour_masses=masses, start=start, stop=stop)


def _shares(timeline: Timeline, first_day: int, count: int) -> tuple[int, ...]:
    """The share of each day: of SHARES in all, in proportion to its weight; at least 1 if it has a weight."""
    weekdays, months = timeline.weekdays or (1,) * 7, timeline.months or (1,) * 12
    one = Decimal(2**GROWTH_BITS)
    power = DECIMALS.power(Decimal(repr(timeline.growth)), DECIMALS.divide(Decimal(1), Decimal(max(1, count - 1))))
    daily_growth = int(DECIMALS.multiply(power, one))
    weights, factor = [], 2**GROWTH_BITS
    for number in range(first_day, first_day + count):
        day = date.fromordinal(EPOCH.toordinal() + number)
        weights.append(factor * weekdays[day.weekday()] * months[day.month - 1])
        factor = factor * daily_growth >> GROWTH_BITS
    total = sum(weights)
    return tuple(max(1, weight * SHARES // total) if weight else 0 for weight in weights)
