"""Timestamps of a timeline: evenly spaced positions, mapped to times by the tables of its intensity (plans/intensity.py)."""

from collections.abc import Iterable

import polars as pl

from parloader.generation.context import ColumnContext
from parloader.generation.hashing import below, fraction
from parloader.generation.values.numbers import day, part_of_rows, second
from parloader.plans.generators import Timeline
from parloader.plans.intensity import DAY_MS, HOUR_MS, Intensity, intensity

UNIT_MS = {"ms": 1, "s": 1000, "d": DAY_MS}

# If no time of the span is left after the columns of `not_before`, the timestamp follows them by less than this
AFTER_THE_END_MS = HOUR_MS

LAST_MS = (253_402_300_800 - 1) * 1000  # 9999-12-31T23:59:59


class _Tables:
    """The tables of an intensity, as series."""

    def __init__(self, intensity: Intensity) -> None:
        self.first_day, self.start, self.stop = intensity.first_day, intensity.start, intensity.stop
        self.days, self.shares, self.hours, self.hour_masses = (
            pl.Series(numbers, dtype=pl.Int64) for numbers in (intensity.days, intensity.shares, intensity.hours, intensity.hour_masses)
        )
        self.day_ends, self.hour_ends = self.days[1:], self.hours[1:]


def timeline(generator: Timeline, context: ColumnContext) -> pl.Expr:
    """Datetime (UTC), or Date (local) if the unit is "d"."""
    tables = _Tables(intensity(generator))
    values = {"position": _even_position(generator, tables, context)}
    if generator.not_before:
        least = pl.max_horizontal(_units(column, generator.unit) for column in generator.not_before)
        values |= {"least": least, "bits": context.random_bits("not_before")}

    # A frame of its own, because Polars would search the tables again for each use of an expression
    def numbers(series: Iterable[pl.Series]) -> pl.Series:
        frame = pl.DataFrame(dict(zip(values, series, strict=True)))
        late = None
        if generator.not_before:
            frame, late = _postponed(frame, generator, tables)
        number = _times(frame, generator, tables)
        return number if late is None else number.zip_with(late.is_null(), late)

    number = pl.map_batches(list(values.values()), numbers, return_dtype=pl.Int64)
    if generator.unit == "ms":
        return pl.from_epoch(number, time_unit="ms").cast(pl.Datetime("ms"))
    return second(number) if generator.unit == "s" else day(number)


def _even_position(generator: Timeline, tables: _Tables, context: ColumnContext) -> pl.Expr:
    total, rows = tables.stop - tables.start, max(context.rows, 1)
    if not generator.ordered:
        return tables.start + fraction(context.random_bits(), total)
    return tables.start + part_of_rows(total, rows) + fraction(context.random_bits(), total // rows)


def _postponed(frame: pl.DataFrame, generator: Timeline, tables: _Tables) -> tuple[pl.DataFrame, pl.Series]:
    """With positions that are not before `least`; and the times, in units, of the rows for which the span has no such position, null in others."""
    unit_ms, bits, least = UNIT_MS[generator.unit], pl.col("bits"), pl.col("least")
    ms = frame["least"] * unit_ms + _offset_ms(generator)
    frame = frame.with_columns(least_position=_positions(ms, tables))
    position, least_position = pl.col("position"), pl.col("least_position")
    most_position, postponed = pl.lit(tables.stop, dtype=pl.Int64), position < least_position
    if generator.within_seconds is not None:
        # a day is within as many days if the last one is
        whole_ms = generator.within_seconds * 1000 + (DAY_MS if generator.unit == "d" else 0)
        frame = frame.with_columns(most_position=_positions(ms + whole_ms, tables))
        most_position, postponed = pl.min_horizontal("most_position", most_position), least_position.is_not_null()
        least_position = pl.max_horizontal(least_position, pl.lit(tables.start, dtype=pl.Int64))
    again = least_position + fraction(bits, pl.max_horizontal(most_position - least_position, pl.lit(0, dtype=pl.Int64)))
    after_the_end = pl.min_horizontal(
        least + below(bits, AFTER_THE_END_MS) // unit_ms, pl.max_horizontal(least, pl.lit(LAST_MS // unit_ms, dtype=pl.Int64))
    )
    frame = frame.with_columns(
        position=pl.when(least_position >= tables.stop).then(tables.start).when(postponed).then(again).otherwise(position),
        late=pl.when(least_position >= tables.stop).then(after_the_end),
    )
    return frame, frame["late"]


def _times(frame: pl.DataFrame, generator: Timeline, tables: _Tables) -> pl.Series:
    """Int64: the times at the positions, truncated to the unit, in units after 1970-01-01."""
    position = frame["position"]
    day = tables.day_ends.search_sorted(position, side="right").cast(pl.Int64)
    if generator.unit == "d":
        return day + tables.first_day
    mass = (position - tables.days.gather(day)) // tables.shares.gather(day)
    hour = tables.hour_ends.search_sorted(mass, side="right").cast(pl.Int64)
    ms = (mass - tables.hours.gather(hour)) * HOUR_MS // tables.hour_masses.gather(hour)
    return ((day + tables.first_day) * DAY_MS - _offset_ms(generator) + hour * HOUR_MS + ms) // UNIT_MS[generator.unit]


def _positions(ms: pl.Series, tables: _Tables) -> pl.Series:
    """Int64: the first positions whose times are not before `ms` (local, after 1970-01-01), from the first one of the span to the day after it."""
    ms = ms.clip(tables.first_day * DAY_MS, (tables.first_day + len(tables.days) - 1) * DAY_MS) - tables.first_day * DAY_MS
    day, hour, rest = ms // DAY_MS, ms % DAY_MS // HOUR_MS, ms % HOUR_MS
    mass = tables.hours.gather(hour) + (tables.hour_masses.gather(hour) * rest + (HOUR_MS - 1)) // HOUR_MS
    return tables.days.gather(day) + tables.shares.gather(day) * mass


def _offset_ms(generator: Timeline) -> int:
    """Milliseconds from UTC to the local time; none for dates, which have no time zone."""
    return 0 if generator.unit == "d" else generator.offset_seconds * 1000


def _units(column: str, unit: str) -> pl.Expr:
    """Int64: a date or timestamp of the row in units after 1970-01-01, rounded up; the day that a timestamp is in, if the unit is a day."""
    unit_us = UNIT_MS[unit] * 1000

    # The type of the column is only known when it is computed
    def units(values: Iterable[pl.Series]) -> pl.Series:
        (series,) = values
        if series.dtype != pl.Null and not series.dtype.is_temporal():
            # Polars raises a copy of this error, made from its text alone, so an InvalidPlan would lose its column
            raise TypeError(f"`not_before` names {column}, which is not a date or a timestamp")
        us = series.cast(pl.Datetime("us")).cast(pl.Int64)
        return us // unit_us if unit == "d" else -(-us // unit_us)

    return pl.map_batches([pl.col(column)], units, return_dtype=pl.Int64)
