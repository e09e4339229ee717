"""Timestamps of a timeline: evenly spaced positions, mapped to times by the tables of its intensity (plans/intensity.py)."""

from collections.abc import Iterable, Sequence

import polars as pl

from parloader.generation.context import ColumnContext
from parloader.generation.hashing import below, fraction
from parloader.generation.numbers import day, part_of_rows, second
from parloader.plans.generators import Timeline
from parloader.plans.intensity import DAY_MS, HOUR_MS, Intensity, intensity

UNIT_MS = {"ms": 1, "s": 1000, "d": DAY_MS}

# If no time of the span is left after the columns of `not_before`, the timestamp follows them by less than this
AFTER_THE_END_MS = HOUR_MS

LAST_MS = (253_402_300_800 - 1) * 1000  # 9999-12-31T23:59:59


def timeline(generator: Timeline, context: ColumnContext) -> pl.Expr:
    """Datetime (UTC), or Date (local) if the unit is "d"."""
    tables, unit_ms = intensity(generator), UNIT_MS[generator.unit]
    position = _even_position(generator, tables, context)
    if not generator.not_before:
        number = _time(position, generator, tables)
    else:
        bits = context.random_bits("not_before")
        least = pl.max_horizontal(_units(column, generator.unit) for column in generator.not_before)
        least_position = _position(least * unit_ms + _offset_ms(generator), tables)
        again = least_position + fraction(bits, pl.max_horizontal(tables.stop - least_position, pl.lit(0, dtype=pl.Int64)))
        position = pl.when(position < least_position).then(again).otherwise(position)
        # the position of a timestamp at the end of the span is not in it
        late = pl.min_horizontal(least + below(bits, AFTER_THE_END_MS) // unit_ms, pl.max_horizontal(least, pl.lit(LAST_MS // unit_ms)))
        number = pl.when(least_position >= tables.stop).then(late).otherwise(_time(position, generator, tables))
    if generator.unit == "ms":
        return pl.from_epoch(number, time_unit="ms").cast(pl.Datetime("ms"))
    return second(number) if generator.unit == "s" else day(number)


def _even_position(generator: Timeline, tables: Intensity, context: ColumnContext) -> pl.Expr:
    total, rows = tables.stop - tables.start, max(context.rows, 1)
    if not generator.ordered:
        return tables.start + fraction(context.random_bits(), total)
    return tables.start + part_of_rows(total, rows) + fraction(context.random_bits(), total // rows)


def _time(position: pl.Expr, generator: Timeline, tables: Intensity) -> pl.Expr:
    """Int64: the time at a position, truncated to the unit, in units after 1970-01-01."""
    day = _table(tables.days[1:]).search_sorted(position, side="right").cast(pl.Int64)
    if generator.unit == "d":
        return day + tables.first_day
    mass = (position - _table(tables.days).gather(day)) // _table(tables.shares).gather(day)
    hour = _table(tables.hours[1:]).search_sorted(mass, side="right").cast(pl.Int64)
    ms = (mass - _table(tables.hours).gather(hour)) * HOUR_MS // _table(tables.hour_masses).gather(hour)
    return ((day + tables.first_day) * DAY_MS - _offset_ms(generator) + hour * HOUR_MS + ms) // UNIT_MS[generator.unit]


def _position(ms: pl.Expr, tables: Intensity) -> pl.Expr:
    """Int64: the first position whose time is not before `ms` (local, after 1970-01-01), from the first one of the span to the day after it."""
    ms = ms.clip(tables.first_day * DAY_MS, (tables.first_day + len(tables.days) - 1) * DAY_MS) - tables.first_day * DAY_MS
    day, hour, rest = ms // DAY_MS, ms % DAY_MS // HOUR_MS, ms % HOUR_MS
    mass = _table(tables.hours).gather(hour) + (_table(tables.hour_masses).gather(hour) * rest + (HOUR_MS - 1)) // HOUR_MS
    return _table(tables.days).gather(day) + _table(tables.shares).gather(day) * mass


def _offset_ms(generator: Timeline) -> int:
    """Milliseconds from UTC to the local time; none for dates, which have no time zone."""
    return 0 if generator.unit == "d" else generator.offset_seconds * 1000


def _table(numbers: Sequence[int]) -> pl.Expr:
    return pl.lit(pl.Series(numbers, dtype=pl.Int64))


def _units(column: str, unit: str) -> pl.Expr:
    """Int64: a date or timestamp of the row in units after 1970-01-01, rounded up; the day that a timestamp is in, if the unit is a day."""
    unit_us = UNIT_MS[unit] * 1000

    # The type of the column is only known when it is computed
    def units(values: Iterable[pl.Series]) -> pl.Series:
        (series,) = values
        if series.dtype != pl.Null and not series.dtype.is_temporal():
            # Polars raises a copy of this error, made from its text alone, so an InvalidPlan would lose its column
            raise TypeError(f"`timeline` cannot be after {column}, which is not a date or a timestamp")
        us = series.cast(pl.Datetime("us")).cast(pl.Int64)
        return us // unit_us if unit == "d" else -(-us // unit_us)

    return pl.map_batches([pl.col(column)], units, return_dtype=pl.Int64)
