"""The images of numbers, dates and timestamps that SQL's arithmetic and date functions return."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from parloader.planner.expressions import text_functions as texts
from parloader.planner.expressions.images import Constant, Image, Moment, Number, Text, Unknown, Whole, with_nullable
from parloader.timestamps import EPOCH

DAY_SECONDS = 86_400

DIVISION_SCALE = Fraction(1, 10**4)
"""A quotient has four digits more than the dividend (MySQL manual "Arithmetic Operators", div_precision_increment). Rounded to them, numbers
that are n units of the last digit apart stay so."""

MAX_SIGNED, MAX_UNSIGNED = 2**63 - 1, 2**64 - 1

# The smallest number of seconds after which a part of a timestamp, with all larger parts, surely differs
LONGEST_YEAR, LONGEST_MONTH = 366 * DAY_SECONDS, 31 * DAY_SECONDS

FORMAT_PARTS = ("%Y", "%m", "%d", "%H", "%i", "%s")

PART_SECONDS = (LONGEST_YEAR, LONGEST_MONTH, DAY_SECONDS, 3600, 60, 1)

SYNONYMS = {"%c": "%m", "%e": "%d", "%k": "%H", "%S": "%s", "%T": "%H%i%s", "%j": "%m%d"}


def arithmetic(left: Image, operator: str, right: Image) -> Image:
    """+, -, *, / or DIV of a column's number and a constant."""
    if isinstance(left, Number) and isinstance(right, Constant) and isinstance(right.value, int | Decimal):
        return with_nullable(_with_constant(left, operator, Fraction(right.value)), left)
    if isinstance(right, Number) and isinstance(left, Constant) and isinstance(left.value, int | Decimal):
        value = Fraction(left.value)
        match operator:
            case "+" | "*":
                return with_nullable(_with_constant(right, operator, value), right)
            case "-":
                negative = _with_constant(replace(right, unsigned=False), "*", Fraction(-1))
                found = _with_constant(negative, "+", value) if isinstance(negative, Number) else negative
                return with_nullable(_in_range(found, unsigned=right.unsigned and value != 0), right)
    if left == Constant(value=None) or right == Constant(value=None):
        return Constant(value=None)
    return Unknown(nullable=left.nullable or right.nullable)


def _with_constant(number: Number, operator: str, value: Fraction) -> Image:
    whole = number.integer and value.denominator == 1
    low, high = number.low, number.high
    match operator:
        case "+" | "-":
            shift = value if operator == "+" else -value
            ends = [None if end is None else end + shift for end in (low, high)]
            return _in_range(replace(number, low=ends[0], high=ends[1], integer=whole), unsigned=number.unsigned)
        case "*" if value:
            ends = [None if end is None else end * value for end in ((low, high) if value > 0 else (high, low))]
            scaled = replace(number, gap=number.gap * abs(value), low=ends[0], high=ends[1], integer=whole)
            return _in_range(scaled, unsigned=number.unsigned)
        case "/" if value > 0:
            ends = [None if end is None else end / value for end in (low, high)]
            return replace(
                number, gap=floor(number.gap / value / DIVISION_SCALE) * DIVISION_SCALE, low=ends[0], high=ends[1], integer=False
            )
        case "div" if value > 0 and low is not None and high is not None and low >= 0:
            return replace(
                number,
                gap=Fraction(floor(number.gap / value)),
                low=Fraction(floor(low / value)),
                high=Fraction(floor(high / value)),
                integer=True,
            )
    return Unknown(nullable=number.nullable)


def _in_range(image: Image, *, unsigned: bool) -> Image:
    """The number, unless the server may reject it: integers are computed in 64 bits."""
    if not isinstance(image, Number) or image.low is None or image.high is None or not image.integer:
        return image if not isinstance(image, Number) or not image.integer else replace(image, gap=Fraction(0))
    allowed = image.low >= 0 and image.high <= MAX_UNSIGNED if unsigned else image.low >= -MAX_SIGNED and image.high <= MAX_SIGNED
    return image if allowed else Unknown(nullable=image.nullable)


def rounded(image: Image, scale: int) -> Image:
    """The number with `scale` digits after the decimal point: numbers that are n units of the last digit apart stay so."""
    if not isinstance(image, Number):
        return Unknown(nullable=image.nullable)
    units = 10**scale
    gap = Fraction(floor(image.gap * units), units)
    low = None if image.low is None else Fraction(floor(image.low * units), units)
    high = None if image.high is None else Fraction(ceil(image.high * units), units)
    return image if image.integer else replace(image, gap=gap, low=low, high=high, integer=not scale)


def to_integer(image: Image | None, *, unsigned: bool) -> Image:
    """CAST(… AS SIGNED or UNSIGNED)."""
    number = texts.to_number(image) if isinstance(image, Text) else image
    if not isinstance(number, Number):
        return Unknown()
    whole = rounded(number, 0)
    return (
        replace(whole, unsigned=unsigned)
        if isinstance(_in_range(whole, unsigned=unsigned), Number) and isinstance(whole, Number)
        else Unknown()
    )


def to_date(image: Image | None) -> Image:
    """The day of a timestamp: timestamps that are n days apart are on days that are so."""
    if not isinstance(image, Moment):
        return Unknown()
    days = [floor(Fraction(end, DAY_SECONDS)) * DAY_SECONDS for end in (image.low, image.high)]
    return replace(image, gap=image.gap // DAY_SECONDS * DAY_SECONDS, low=days[0], high=days[1], is_date=True)


# Function, or part in EXTRACT → the seconds after which it surely differs, and its value
NUMBERS_OF_MOMENTS: dict[str, tuple[int, Callable[[datetime], int]]] = {
    "year": (LONGEST_YEAR, lambda moment: moment.year),
    "year_month": (LONGEST_MONTH, lambda moment: moment.year * 100 + moment.month),
    "to_days": (DAY_SECONDS, lambda moment: moment.toordinal() + 365),
    "unix_timestamp": (1, lambda moment: (moment - EPOCH) // timedelta(seconds=1)),
}


def number_of_moment(name: str, image: Image) -> Image:
    """YEAR(…), EXTRACT(YEAR_MONTH FROM …), TO_DAYS(…) or UNIX_TIMESTAMP(…)."""
    if not isinstance(image, Moment) or name not in NUMBERS_OF_MOMENTS:
        return Unknown(nullable=image.nullable)
    seconds, value = NUMBERS_OF_MOMENTS[name]
    low, high = (Fraction(value(EPOCH + timedelta(seconds=end))) for end in (image.low, image.high))
    gap = Fraction(image.gap // seconds)
    return Number(columns=image.columns, gap=gap, low=low, high=high, unsigned=name == "year", nullable=image.nullable)


def formatted(image: Image, form: str) -> Image:
    """DATE_FORMAT(…, form): no part between the year and the last one that counts may be left out."""
    for word, same in SYNONYMS.items():
        form = form.replace(word, same)
    parts = [part in form for part in FORMAT_PARTS]
    given = parts.index(False) if False in parts else len(parts)
    if not isinstance(image, Moment) or not given:
        return Unknown(nullable=image.nullable)
    columns = image.columns if image.gap >= PART_SECONDS[given - 1] else frozenset[str]()
    return Text(symbols=(Whole(columns=columns),), nullable=image.nullable)
