"""Numbers, dates and times as integers of a unit (days, seconds, cents, …), so that one range arithmetic serves all."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import pairwise

from parloader.schema.checks.domains import Domain
from parloader.schema.checks.predicates import Constant
from parloader.schema.model import ColumnSchema, ColumnType
from parloader.timestamps import EPOCH, parse_iso, parse_sql_literal

ORDERED = frozenset(
    {
        ColumnType.INTEGER,
        ColumnType.DECIMAL,
        ColumnType.REAL,
        ColumnType.BIT,
        ColumnType.YEAR,
        ColumnType.DATE,
        ColumnType.DATETIME,
        ColumnType.TIMESTAMP,
        ColumnType.TIME,
    },
)

DATED = frozenset({ColumnType.DATE, ColumnType.DATETIME, ColumnType.TIMESTAMP})

MAX_INTEGER = 2**63 - 1  # Polars Int64; larger values of BIGINT UNSIGNED are not used

MAX_DECIMAL_DIGITS = 18  # a decimal as an integer of its last digit, in 64 bits

LAST_TIMESTAMP = 2**31 - 1  # 2038-01-19 03:14:07; MariaDB 11.5 and later allow more

LONGEST_TIME = 838 * 3600 + 59 * 60 + 59  # TIME ends at 838:59:59

# (unit, largest multiple) of binary fractions, which are exact. FLOAT is printed with 6 significant digits, DOUBLE with at least 15: only
# numbers with no more digits are read back as they were written. The finer units are for CHECKs that allow a narrow range.
SINGLE_UNITS = ((Fraction(1, 4), 39_999), (Fraction(1, 64), 63))

DOUBLE_UNITS = ((Fraction(1, 4), 4 * 10**12), (Fraction(1, 64), 64 * 10**8), (Fraction(1, 1024), 1024 * 10**5 - 1))

MAX_INTEGER_SINGLE, MAX_INTEGER_DOUBLE = 999_999, 10**15 - 1

FEW = 4  # with fewer values in the range, a finer unit is used


@dataclass(frozen=True, kw_only=True)
class Range:
    """Multiples of a unit in a range, with gaps."""

    unit: Fraction
    low: int  # in units, included
    high: int  # in units, included
    excluded: tuple[int, ...] = ()  # in units, sorted, between `low` and `high`

    @property
    def count(self) -> int:
        """How many numbers are in the range."""
        return self.high - self.low + 1 - len(self.excluded)

    def __iter__(self) -> Iterator[int]:
        excluded = set(self.excluded)
        return (number for number in range(self.low, self.high + 1) if number not in excluded)

    def within(self, low: int, high: int) -> "Range | None":
        """The part from `low` to `high`, both included. None: it is empty."""
        low, high = max(low, self.low), min(high, self.high)
        cut = replace(self, low=low, high=high, excluded=tuple(n for n in self.excluded if low <= n <= high))
        return cut if cut.count > 0 else None

    def unbroken(self) -> "Range":
        """The longest part without excluded numbers."""
        ends = [self.low - 1, *self.excluded, self.high + 1]
        below, above = max(pairwise(ends), key=lambda gap: gap[1] - gap[0])
        return Range(unit=self.unit, low=below + 1, high=above - 1)

    def around(self, number: int) -> "Range":
        """The part without excluded numbers in which the number lies."""
        below = max((each for each in self.excluded if each < number), default=self.low - 1)
        above = min((each for each in self.excluded if each > number), default=self.high + 1)
        return Range(unit=self.unit, low=below + 1, high=above - 1)


def allowed_range(column: ColumnSchema, domain: Domain, *, unit: Fraction | None = None) -> Range | None:
    """The values of an ordered column that its type and the domain's bounds and exclusions allow; its value list is left to the caller.

    None: there is no such value, or a bound of the domain is not a value of the type.
    """
    if unit is None and column.kind is ColumnType.REAL:
        ranges = [allowed for unit in real_units(column) if (allowed := allowed_range(column, domain, unit=unit))]
        return next((r for r in ranges if r.count >= FEW), next(iter(ranges), None))
    unit = unit or unit_of(column)
    low, high = limits(column, unit)
    try:
        if domain.low is not None:
            low = max(low, _above(number(column, domain.low) / unit, open_end=domain.low_open))
        if domain.high is not None:
            high = min(high, -_above(-number(column, domain.high) / unit, open_end=domain.high_open))
        exclusions = {number(column, constant) / unit for constant in domain.excluded}
    except ValueError:
        return None
    excluded = tuple(sorted(int(n) for n in exclusions if n.denominator == 1 and low <= n <= high))
    allowed = Range(unit=unit, low=low, high=high, excluded=excluded)
    return allowed if allowed.count > 0 else None


def _above(exact: Fraction, *, open_end: bool) -> int:
    return exact.__floor__() + 1 if open_end else exact.__ceil__()


def unit_of(column: ColumnSchema) -> Fraction:
    """A day for dates, a second for timestamps and times, the last digit for decimals, otherwise 1."""
    if column.kind is ColumnType.DECIMAL:
        return Fraction(1, 10 ** min(column.scale, MAX_DECIMAL_DIGITS))
    return Fraction(1)


def limits(column: ColumnSchema, unit: Fraction) -> tuple[int, int]:
    """The smallest and the largest value of the type, in units, that the server returns unchanged."""
    match column.kind:
        case ColumnType.DECIMAL:
            high = min(10 ** (column.precision - column.scale) / unit - 1, Fraction(10**MAX_DECIMAL_DIGITS - 1))
            return (0 if column.unsigned else -int(high)), int(high)
        case ColumnType.REAL:
            max_integer = MAX_INTEGER_SINGLE if column.single else MAX_INTEGER_DOUBLE
            high = Fraction(dict(SINGLE_UNITS if column.single else DOUBLE_UNITS).get(unit, max_integer))
            if digits := _declared_digits(column):
                high = min(high, 10 ** (digits[0] - digits[1]) / unit - 1)
            return (0 if column.unsigned else -int(high)), int(high)
        case ColumnType.DATE:
            return _days(date(1000, 1, 1)), _days(date(9999, 12, 31))
        case ColumnType.DATETIME:
            return _seconds(datetime(1000, 1, 1, tzinfo=UTC)), _seconds(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
        case ColumnType.TIMESTAMP:
            return 1, LAST_TIMESTAMP
        case ColumnType.TIME:
            return -LONGEST_TIME, LONGEST_TIME
        case _:
            return max(column.min_value, -MAX_INTEGER), min(column.max_value, MAX_INTEGER)


def _declared_digits(column: ColumnSchema) -> tuple[int, int] | None:
    """M and D of FLOAT(M,D) and DOUBLE(M,D)."""
    match = re.search(r"\((\d+),(\d+)\)", column.type_text)
    return (int(match[1]), int(match[2])) if match else None


def real_units(column: ColumnSchema) -> tuple[Fraction, ...]:
    """The units of a FLOAT or DOUBLE, coarse ones first."""
    digits = _declared_digits(column)
    if digits and digits[1] < 2:  # a quarter would be rounded
        return (Fraction(1),)
    return tuple(unit for unit, _ in (SINGLE_UNITS if column.single else DOUBLE_UNITS) if not digits or unit == Fraction(1, 4))


def number(column: ColumnSchema, constant: Constant) -> Fraction:
    """The constant as a number: days (DATE) or seconds from 1970-01-01, seconds (TIME), or itself. ValueError: it is not of the column's type."""
    try:
        if column.kind is ColumnType.DATE and isinstance(constant, str):
            return Fraction(_seconds(_timestamp(constant)), 86_400)
        if column.kind in DATED and isinstance(constant, str):
            timestamp = _timestamp(constant)
            return _seconds(timestamp) + Fraction(timestamp.microsecond, 1_000_000)
        if column.kind is ColumnType.TIME and isinstance(constant, str):
            return _time(constant)
        if column.kind in DATED or column.kind is ColumnType.TIME:
            raise ValueError(constant)
        return Fraction(Decimal(constant))
    except (InvalidOperation, OverflowError) as error:
        raise ValueError(constant) from error


def _timestamp(text: str) -> datetime:
    try:
        return parse_sql_literal(text)
    except ValueError:  # the servers also accept '20240131' and, in MySQL, a time zone offset
        return parse_iso(text)


def _time(text: str) -> Fraction:
    match = re.fullmatch(r"(-?)(\d{1,3}):(\d{1,2})(?::(\d{1,2}(?:\.\d+)?))?", text.strip())
    if not match:
        raise ValueError(text)
    seconds = int(match[2]) * 3600 + int(match[3]) * 60 + Fraction(match[4] or 0)
    return -seconds if match[1] else seconds


def _days(day: date) -> int:
    return day.toordinal() - EPOCH.toordinal()


def _seconds(timestamp: datetime) -> int:
    return (timestamp.replace(microsecond=0) - EPOCH) // timedelta(seconds=1)


def seconds_of(iso: str) -> int:
    """Seconds from 1970-01-01 to an ISO timestamp, UTC if it has no time zone."""
    return _seconds(parse_iso(iso))


def plan_literal(column: ColumnSchema, units: int, unit: Fraction) -> int | float | str:
    """The value as it is written in plans and statements: decimals, dates, timestamps and times are text."""
    match column.kind:
        case ColumnType.DECIMAL:
            return decimal_text(units, unit)
        case ColumnType.REAL:
            return float(units * unit)
        case ColumnType.DATE:
            return (EPOCH.date() + timedelta(days=units)).isoformat()
        case ColumnType.DATETIME | ColumnType.TIMESTAMP:
            return (EPOCH + timedelta(seconds=units)).strftime("%Y-%m-%dT%H:%M:%S")
        case ColumnType.TIME:
            hours, rest = divmod(abs(units), 3600)
            return f"{'-' if units < 0 else ''}{hours:02}:{rest // 60:02}:{rest % 60:02}"
        case _:
            return units


def decimal_text(units: int, unit: Fraction) -> str:
    """A decimal with as many digits after the point as the unit, a power of ten, has."""
    digits = len(str(unit.denominator)) - 1
    return f"{Decimal(units).scaleb(-digits):f}"


def server_literal(column: ColumnSchema, units: int, unit: Fraction) -> int | float | str:
    """The value as the server prints it, with all digits of the column."""
    value = plan_literal(column, units, unit)
    fraction = f".{'0' * column.fraction_digits}" if column.fraction_digits else ""
    match column.kind:
        case ColumnType.DECIMAL:
            return f"{Decimal(units) * unit.numerator / unit.denominator:.{column.scale}f}"
        case ColumnType.DATETIME | ColumnType.TIMESTAMP:
            return str(value).replace("T", " ") + fraction
        case ColumnType.TIME:
            return str(value) + fraction
        case _:
            return value


def listed_values(column: ColumnSchema, domain: Domain) -> tuple[int | float | str, ...]:
    """The values in the domain's list that the type and the rest of the domain allow, sorted, without duplicates."""
    if column.kind is ColumnType.REAL:
        return _listed_reals(column, domain)
    unit = unit_of(column)
    allowed = allowed_range(column, replace(domain, values=None), unit=unit)
    numbers = {units for value in domain.values or () if (units := _units(column, value, unit)) is not None}
    return tuple(
        server_literal(column, n, unit)
        for n in sorted(numbers)
        if allowed and allowed.low <= n <= allowed.high and n not in allowed.excluded
    )


def _units(column: ColumnSchema, constant: Constant, unit: Fraction) -> int | None:
    try:
        units = number(column, constant) / unit
    except ValueError:
        return None
    return int(units) if units.denominator == 1 else None


def _listed_reals(column: ColumnSchema, domain: Domain) -> tuple[float, ...]:
    """As `listed_values`; also values that are not binary fractions."""
    excluded = {float(number(column, value)) for value in domain.excluded}
    low, high = (None if end is None else float(number(column, end)) for end in (domain.low, domain.high))
    values = sorted({float(number(column, value)) for value in domain.values or ()} - excluded)
    above = (v for v in values if (v >= 0 or not column.unsigned) and (low is None or v > low or (v == low and not domain.low_open)))
    return tuple(v for v in above if high is None or v < high or (v == high and not domain.high_open))
