"""The default generator of a column: plausible values within its type and its CHECKs."""

import zlib
from fractions import Fraction
from itertools import islice

from parloader.generation.values.unique import first_values
from parloader.inference.column_names import (
    YEAR_SECONDS,
    TimeBias,
    is_boolean,
    is_clock,
    is_fine,
    number_range,
    split_identifier,
    time_bias,
)
from parloader.inference.texts import text_columns
from parloader.inference.unique_columns import NO_LIMITS, unique_generator
from parloader.inference.value_ranges import (
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

# The period in which generated timestamps lie
TIMES_START, TIMES_SPAN_SECONDS = "2024-01-01T00:00:00Z", 365 * 86_400

DEFAULT_MAX = 1_000_000  # largest integer if neither type nor name suggest one

DEFAULT_MAX_FRACTION = 9_999  # the same for decimals and floating-point numbers

BIRTH_RANGE = ("1950-01-01T00:00:00Z", "2005-12-31T00:00:00Z")

FINE_DIGITS, COARSE_DIGITS = 6, 2  # decimals of a coordinate or rate, and of a price

MAX_CHOICES = 200  # values in a Choice: plan files stay readable

MAX_CYCLE = 10_000  # values in a Cycle

MAX_SET_MEMBERS = 64  # combinations of a SET that are used

# Multiplying the index by a prime that divides no modulus below visits every number before repeating one
STEP = 7_919

STEPS = 40_001  # a prime

DAY_SECONDS = 86_400


def generator(column: ColumnSchema, domain: Domain = NO_LIMITS) -> Generator | None:
    """A generator of plausible, valid values. None: parloader cannot fill the type, or cannot be sure that values satisfy the domain."""
    if domain.null is True:
        return Const(value=None) if column.nullable else None
    if domain.unsure or domain.impossible or (domain.several and column.kind is not ColumnType.TEXT):
        return None
    if column.auto_increment and domain == NO_LIMITS:
        return Sequence(start=1, count=column.max_key)  # as the server numbers rows; its counter ends after the last row
    if column.kind in ORDERED:
        return _ordered(column, domain)
    match column.kind:
        case ColumnType.TEXT | ColumnType.JSON:
            return text_columns.text_generator(column, domain)
        case ColumnType.ENUM | ColumnType.SET:
            members = tuple(islice(text_columns.members(column, domain), MAX_SET_MEMBERS))
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


def _ordered(column: ColumnSchema, domain: Domain) -> Generator | None:
    if domain.values is not None:
        values = listed_values(column, domain)
        return Choice(values=values) if values else None
    allowed = plausible_range(column, domain)
    if allowed is None:
        return None
    if column.kind in DATED:
        return _timestamps(column, allowed)
    if column.kind is ColumnType.TIME:
        return _times(column, allowed)
    return _numbers(column, _plausible_numbers(column, allowed))


def plausible_numbers(column: ColumnSchema, domain: Domain) -> Range | None:
    """The range in which the default generator's numbers, dates or timestamps lie. None: no value is allowed."""
    allowed = plausible_range(column, domain)
    if allowed is None:
        return None
    return _plausible_times(column, allowed) if column.kind in DATED else _plausible_numbers(column, allowed)


def plausible_range(column: ColumnSchema, domain: Domain) -> Range | None:
    """The allowed range; decimals have only as many digits as their name makes plausible, unless the domain is too narrow for that."""
    if column.kind is ColumnType.DECIMAL:
        digits = min(column.scale, FINE_DIGITS if is_fine(column.name) else COARSE_DIGITS)
        rounded = allowed_range(column, domain, unit=Fraction(1, 10**digits))
        if rounded and rounded.count >= FEW:
            return rounded
    return allowed_range(column, domain)


def _numbers(column: ColumnSchema, numbers: Range) -> Generator:
    """Numbers in the range: a list if it is short and has gaps, otherwise the longest part without a gap."""
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
    """Decimals that are exact binary fractions, so that the server returns what was written."""
    if numbers.unit == 1:
        return Uniform(low=numbers.low, high=numbers.high)
    first = zlib.crc32(column.name.encode()) % STEPS  # so that the columns of a table differ
    span = min(numbers.count, STEPS)
    low = numbers.low if numbers.count == span else numbers.low + (numbers.count - span) // 2
    return Expr(sql=f"((i * {STEP} + {first}) % {span} + {low}) * {_exact(numbers.unit)}")


def _exact(unit: Fraction) -> str:
    digits = unit.denominator.bit_length() - 1
    return f"{unit.numerator * 10**digits // unit.denominator / 10**digits:.{digits}f}"


def _plausible_numbers(column: ColumnSchema, allowed: Range) -> Range:
    unit = allowed.unit
    if column.kind in (ColumnType.BIT, ColumnType.YEAR):
        low, high = (1990, 2024) if column.kind is ColumnType.YEAR else (0, allowed.high)
    elif column.kind is ColumnType.INTEGER:
        low, high = _plausible_integers(column)
    else:
        low, high = number_range(column.name) or (0, DEFAULT_MAX_FRACTION)
    return _close_to(allowed, int(low / unit), int(high / unit))


def _plausible_integers(column: ColumnSchema) -> tuple[int, int]:
    if is_boolean(column):
        return 0, 1
    if column.max_value >= 2**31 - 1 and is_clock(column.name) and "status" not in split_identifier(column.name):
        start = seconds_of(TIMES_START)
        scale = 1000 if column.max_value > 2**32 and split_identifier(column.name)[-1] == "ms" else 1
        return start * scale, (start + TIMES_SPAN_SECONDS - 1) * scale
    low, high = number_range(column.name) or (0, DEFAULT_MAX)
    return (low, high) if high > 1 else (0, 100)


def _close_to(allowed: Range, low: int, high: int) -> Range:
    """The part of the range from `low` to `high`; if that is almost empty, as many numbers at the nearest end of the range."""
    plausible = allowed.within(low, high)
    width = high - low
    if plausible and plausible.count >= min(allowed.count, max(2, width // 10)):
        return plausible
    near = allowed.within(allowed.low, allowed.low + width) if allowed.low >= low else None
    return near or allowed.within(allowed.high - width, allowed.high) or allowed


def _timestamps(column: ColumnSchema, allowed: Range) -> Generator:
    plausible = _year_of_times(column)
    covered = allowed.low <= plausible[0] and plausible[1] <= allowed.high and not allowed.excluded
    if time_bias(column.name) is TimeBias.INCREASING and covered:
        unit = "d" if column.kind is ColumnType.DATE else "ms" if column.fraction_digits >= 3 else "s"
        return Spread(start=TIMES_START, span_seconds=TIMES_SPAN_SECONDS, unit=unit)
    return _numbers(column, _plausible_times(column, allowed))


def _plausible_times(column: ColumnSchema, allowed: Range) -> Range:
    return _close_to(allowed, *_year_of_times(column))


def _year_of_times(column: ColumnSchema) -> tuple[int, int]:
    """The first and the last plausible date (in days) or timestamp (in seconds)."""
    start = seconds_of(TIMES_START)
    end = start + TIMES_SPAN_SECONDS - 1
    bias = time_bias(column.name)
    if bias is TimeBias.BIRTH:
        start, end = (seconds_of(end) for end in BIRTH_RANGE)
    elif bias is TimeBias.FUTURE:
        start, end = end + 1, end + YEAR_SECONDS
    per_unit = DAY_SECONDS if column.kind is ColumnType.DATE else 1
    return start // per_unit, end // per_unit


def _times(column: ColumnSchema, allowed: Range) -> Generator:
    day = allowed.within(0, DAY_SECONDS - 1)
    if day == Range(unit=allowed.unit, low=0, high=DAY_SECONDS - 1):
        return Random(form="time")
    numbers = (day or allowed).unbroken()
    step = max(1, numbers.count // MAX_CHOICES)
    return Choice(values=tuple(server_literal(column, n, numbers.unit) for n in range(numbers.low, numbers.high + 1, step)))


def _bytes(column: ColumnSchema, domain: Domain) -> Generator | None:
    if domain.values is not None:
        values = text_columns.listed_texts(column, domain)
        return Choice(values=tuple(value.encode() for value in values)) if values else None
    size = text_columns.lengths(column, domain)
    length_only = domain.matches is None and not domain.json and domain.low is None and domain.high is None
    if size is None or not length_only or any(value != "" for value in domain.excluded):
        return None
    if column.fixed:
        return Random(form="bytes", length=column.length) if size.max >= column.length else None
    min_length = max(size.min, min(1, size.max))
    if size.max == 0:
        return None if "" in domain.excluded else Const(value=b"")
    return Random(form="bytes", least=min_length, length=min(size.max, max(min_length, 16)))


def enumerable_values(column: ColumnSchema, domain: Domain = NO_LIMITS) -> int | None:
    """The maximum of distinct values for `enumerated`; None: the column's values cannot be enumerated."""
    unique = unique_generator(column, domain)
    if unique is None:
        return None
    return capacity(unique) if _by_arithmetic(column) else min(capacity(unique), MAX_CYCLE)


def _by_arithmetic(column: ColumnSchema) -> bool:
    return column.kind in (ColumnType.INTEGER, ColumnType.YEAR, ColumnType.BIT)


def enumerated(column: ColumnSchema, domain: Domain, every: int, size: int) -> Generator:
    """Cycles through `size` distinct values: row i has value number (i // every) mod size.

    ValueError: the column has fewer distinct values (see `enumerable_values`).
    """
    unique = unique_generator(column, domain)
    if unique is None or not 1 <= size <= capacity(unique):
        raise ValueError(f"{column.name} has no {size} different values")
    if _by_arithmetic(column) and not unique.values:
        return Sequence(start=unique.low, every=every, count=size)
    return Cycle(values=_first_values(column, unique, size), every=every)


def _first_values(column: ColumnSchema, unique: Unique, size: int) -> tuple[Scalar, ...]:
    """The first values of the Unique, as they are written in a plan."""
    if unique.form is UniqueKind.INET6:  # plans of earlier versions have these addresses
        return tuple(f"2001:db8::{n + 1:x}" for n in range(size))
    if column.kind in ORDERED and not unique.values:
        return tuple(server_literal(column, unique.low + n, Fraction(1, 10**unique.scale)) for n in range(size))
    return first_values(unique, size)
