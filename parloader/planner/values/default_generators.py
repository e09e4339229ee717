"""The time that moments are spread over."""

import zlib
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

from parloader.planner.values import text_columns, unique_columns
from parloader.planner.values.column_names import (
    YEAR_SECONDS,
    TimeBias,
    is_boolean,
    is_clock,
    is_fine,
    number_range,
    split_identifier,
    time_bias,
)
from parloader.planner.values.unique_columns import NO_LIMITS, unique_generator
from parloader.planner.values.value_ranges import (
    DATED,
    FEW,
    ORDERED,
    Range,
    allowed_range,
    listed_values,
    plan_literal,
    seconds_of,
    server_literal,
)
from parloader.plans.generators import (
    Choice,
    Const,
    Cycle,
    Expr,
    Generator,
    Provider,
    Random,
    Scalar,
    Sequence,
    Spread,
    Uniform,
    Unique,
    UniqueKind,
)
from parloader.plans.unique import capacity
from parloader.schema.checks.domains import Domain
from parloader.schema.model import ColumnSchema, ColumnType


@dataclass(frozen=True, kw_only=True)
class TimeSpan:
    """`span_seconds` from `start` (ISO, UTC) on."""

    start: str = "2024-01-01T00:00:00Z"
    span_seconds: int = 365 * 86_400


DEFAULT_TIME_SPAN = TimeSpan()

DEFAULT_MAX = 1_000_000  # where neither type nor name say more

DEFAULT_MAX_FRACTION = 9_999

BIRTHS = ("1950-01-01T00:00:00Z", "2005-12-31T00:00:00Z")

FINE_DIGITS, COARSE_DIGITS = 6, 2

MAX_CHOICES = 200  # values in a Choice; a plan is read by people

MAX_CYCLE = 10_000

SET_SIZE = 64

# Visits as many numbers as it can before it comes back to one: a prime that divides no modulus below
STEP = 7_919

STEPS = 40_001  # a prime

DAY_SECONDS = 86_400


def generator(column: ColumnSchema, domain: Domain = NO_LIMITS, moments: TimeSpan = DEFAULT_TIME_SPAN) -> Generator | None:
    """Plausible values, all valid. None: the column cannot be filled by its type, or not so that the domain is surely kept."""
    if domain.null is True:
        return Const(value=None) if column.nullable else None
    if domain.unsure or domain.impossible:
        return None
    if column.auto_increment and domain == NO_LIMITS:
        return Sequence(start=1, count=column.max_value)  # as the server would; and the counter ends behind the last row
    if column.kind in ORDERED:
        return _ordered(column, domain, moments)
    match column.kind:
        case ColumnType.TEXT | ColumnType.JSON:
            return text_columns.text_generator(column, domain)
        case ColumnType.ENUM | ColumnType.SET:
            members = tuple(islice(text_columns.members(column, domain), SET_SIZE))
            return Choice(values=members) if members else None
        case ColumnType.BYTES:
            return _bytes(column, domain)
        case ColumnType.UUID | ColumnType.INET4 | ColumnType.INET6:
            if domain.values is not None:
                return Choice(values=tuple(str(value) for value in domain.values)) if domain.values else None
            return Random(form=column.kind.value) if text_columns.is_limited_by_length_only(domain) else None
        case ColumnType.GEOMETRY:
            return (
                Provider(name=column.geometry or "geometry", srid=column.srid or 0)
                if text_columns.is_limited_by_length_only(domain)
                else None
            )
        case ColumnType.VECTOR:
            return Provider(name="vector", length=column.length) if text_columns.is_limited_by_length_only(domain) else None
        case _:
            return None


def _ordered(column: ColumnSchema, domain: Domain, moments: TimeSpan) -> Generator | None:
    if domain.values is not None:
        values = listed_values(column, domain)
        return Choice(values=values) if values else None
    everything = plausible_range(column, domain)
    if everything is None:
        return None
    if column.kind in DATED:
        return _timestamps(column, everything, moments)
    if column.kind is ColumnType.TIME:
        return _times(column, everything)
    return _numbers(column, _plausible_numbers(column, everything, moments))


def plausible_range(column: ColumnSchema, domain: Domain) -> Range | None:
    """Decimals with no more digits than their name makes plausible, unless the domain is too narrow for that."""
    if column.kind is ColumnType.DECIMAL:
        digits = min(column.scale, FINE_DIGITS if is_fine(column.name) else COARSE_DIGITS)
        found = allowed_range(column, domain, unit=Fraction(1, 10**digits))
        if found and found.count >= FEW:
            return found
    return allowed_range(column, domain)


def _numbers(column: ColumnSchema, numbers: Range) -> Generator:
    """Without the excluded ones: as a list where there are few, else from the longest part that has none."""
    if numbers.excluded and numbers.count <= MAX_CHOICES:
        return Choice(values=tuple(server_literal(column, n, numbers.unit) for n in numbers))
    numbers = numbers.unbroken()
    if column.kind is ColumnType.REAL:
        return _reals(column, numbers)
    return Uniform(low=_end(column, numbers.low, numbers.unit), high=_end(column, numbers.high, numbers.unit))


def _end(column: ColumnSchema, units: int, unit: Fraction) -> int | str:
    value = plan_literal(column, units, unit)
    return units if unit == 1 and column.kind is ColumnType.DECIMAL else value if isinstance(value, str) else int(value)


def _reals(column: ColumnSchema, numbers: Range) -> Generator:
    """Exact decimals that are binary fractions too: what is written is what is read."""
    if numbers.unit == 1:
        return Uniform(low=numbers.low, high=numbers.high)
    first = zlib.crc32(column.name.encode()) % STEPS  # columns of one table go different ways
    span = min(numbers.count, STEPS)
    low = numbers.low if numbers.count == span else numbers.low + (numbers.count - span) // 2
    return Expr(sql=f"((i * {STEP} + {first}) % {span} + {low}) * {_exact(numbers.unit)}")


def _exact(unit: Fraction) -> str:
    digits = unit.denominator.bit_length() - 1
    return f"{unit.numerator * 10**digits // unit.denominator / 10**digits:.{digits}f}"


def _plausible_numbers(column: ColumnSchema, everything: Range, moments: TimeSpan) -> Range:
    unit = everything.unit
    if column.kind in (ColumnType.BIT, ColumnType.YEAR):
        low, high = (1990, 2024) if column.kind is ColumnType.YEAR else (0, everything.high)
    elif column.kind is ColumnType.INTEGER:
        low, high = _plausible_integers(column, moments)
    else:
        low, high = number_range(column.name) or (0, DEFAULT_MAX_FRACTION)
    return _close_to(everything, int(low / unit), int(high / unit))


def _plausible_integers(column: ColumnSchema, moments: TimeSpan) -> tuple[int, int]:
    if is_boolean(column):
        return 0, 1
    if column.max_value >= 2**31 - 1 and is_clock(column.name) and "status" not in split_identifier(column.name):
        start = seconds_of(moments.start)
        scale = 1000 if column.max_value > 2**32 and split_identifier(column.name)[-1] == "ms" else 1
        return start * scale, (start + moments.span_seconds - 1) * scale
    low, high = number_range(column.name) or (0, DEFAULT_MAX)
    return (low, high) if high > 1 else (0, 100)


def _close_to(everything: Range, low: int, high: int) -> Range:
    """Those within the plausible range, or as many at the end that is next to it; all, where there are not more anyway."""
    found = everything.within(low, high)
    width = high - low
    if found and (found.count >= min(everything.count, max(2, width // 10))):
        return found
    near = everything.within(everything.low, everything.low + width) if everything.low >= low else None
    return near or everything.within(everything.high - width, everything.high) or everything


def _timestamps(column: ColumnSchema, everything: Range, moments: TimeSpan) -> Generator:
    start = seconds_of(moments.start)
    end = start + max(1, moments.span_seconds) - 1
    when = time_bias(column.name)
    if when is TimeBias.BIRTH:
        start, end = (seconds_of(moment) for moment in BIRTHS)
    elif when is TimeBias.AHEAD:
        start, end = end + 1, end + YEAR_SECONDS
    per_unit = DAY_SECONDS if column.kind is ColumnType.DATE else 1
    low, high = start // per_unit, end // per_unit
    if when is TimeBias.GROWING and everything.low <= low and high <= everything.high and not everything.excluded:
        unit = "d" if column.kind is ColumnType.DATE else "ms" if column.fraction_digits >= 3 else "s"
        return Spread(start=moments.start, span_seconds=moments.span_seconds, unit=unit)
    return _numbers(column, _close_to(everything, low, high))


def _times(column: ColumnSchema, everything: Range) -> Generator:
    day = everything.within(0, DAY_SECONDS - 1)
    if day == Range(unit=everything.unit, low=0, high=DAY_SECONDS - 1):
        return Random(form="time")
    numbers = (day or everything).unbroken()
    step = max(1, numbers.count // MAX_CHOICES)
    return Choice(values=tuple(server_literal(column, n, numbers.unit) for n in range(numbers.low, numbers.high + 1, step)))


def _bytes(column: ColumnSchema, domain: Domain) -> Generator | None:
    if domain.values is not None:
        values = text_columns.listed_texts(column, domain)
        return Choice(values=tuple(value.encode() for value in values)) if values else None
    size = text_columns.lengths(column, domain)
    nothing_else = domain.matches is None and not domain.json and domain.low is None and domain.high is None
    if size is None or not nothing_else or any(value != "" for value in domain.excluded):
        return None
    if column.fixed:
        return Random(form="bytes", length=column.length) if size.most >= column.length else None
    least = max(size.least, min(1, size.most))
    if size.most == 0:
        return None if "" in domain.excluded else Const(value=b"")
    return Random(form="bytes", least=least, length=min(size.most, max(least, 16)))


def enumerable_values(column: ColumnSchema, domain: Domain = NO_LIMITS) -> int | None:
    """How many different values `enumerated` has at most; None: the column cannot be enumerated."""
    found = unique_generator(column, domain)
    if found is None:
        return None
    return capacity(found) if _by_arithmetic(column) else min(capacity(found), MAX_CYCLE)


def _by_arithmetic(column: ColumnSchema) -> bool:
    return column.kind in (ColumnType.INTEGER, ColumnType.YEAR, ColumnType.BIT)


def enumerated(column: ColumnSchema, domain: Domain, every: int, size: int) -> Generator:
    """Value number (i // every) mod size, another one for each number. `size`: at most what `size(column, domain)` says."""
    found = unique_generator(column, domain)
    if found is None or not 1 <= size <= capacity(found):
        raise ValueError(f"{column.name} has no {size} different values")
    if _by_arithmetic(column) and not found.values:
        return Sequence(start=found.low, every=every, count=size)
    values: tuple[Scalar, ...] = tuple(_value(column, found, n) for n in range(size))
    return Cycle(values=values, every=every)


def _value(column: ColumnSchema, found: Unique, n: int) -> Scalar:
    """Value number n of a Unique, as a plan has it."""
    match found.form:
        case UniqueKind.VALUES:
            return found.values[n]
        case UniqueKind.TEXT:
            return unique_columns.value(found, n)
        case UniqueKind.BYTES:
            return n.to_bytes(found.length, "big")
        case UniqueKind.UUID:
            return f"00000000-0000-4000-8000-{n:012x}"
        case UniqueKind.INET4:
            return f"10.0.{n // 256}.{n % 256}"
        case UniqueKind.INET6:
            return f"2001:db8::{n + 1:x}"
        case _:
            return server_literal(column, found.low + n, Fraction(1, 10**found.scale))
