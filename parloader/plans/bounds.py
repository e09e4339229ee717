"""Bounds of values in plans, such as those of a range or a histogram: integers, decimals, dates and timestamps, as integers of one unit."""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from parloader.timestamps import EPOCH, parse_iso

DECIMAL = re.compile(r"-?[0-9]{1,65}(\.[0-9]{1,38})?")


class Unit(StrEnum):
    """What bounds are, and the unit of their numbers."""

    INTEGER = "integer"
    DECIMAL = "decimal"  # the last digit
    DATE = "date"  # days after 1970-01-01
    TIMESTAMP = "timestamp"  # seconds after 1970-01-01


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Bounds of one kind."""

    unit: Unit
    scale: int = 0  # digits after the decimal point
    numbers: tuple[int, ...]  # in the unit


def bounds(values: Iterable[int | str], scale: int = 0) -> Bounds:
    """The bounds as integers of one unit; decimals have `scale` digits or those of the longest. ValueError: they are of different kinds."""
    parsed = [bound_of(value) if isinstance(value, str) else value for value in values]
    kinds = {type(value) for value in parsed}
    if kinds == {int} and not scale:
        return Bounds(unit=Unit.INTEGER, numbers=tuple(value for value in parsed if isinstance(value, int)))
    if kinds <= {int, Decimal}:
        numbers = [Decimal(value) for value in parsed if isinstance(value, int | Decimal)]
        digits = max(scale, *map(_digits, numbers))
        return Bounds(unit=Unit.DECIMAL, scale=digits, numbers=tuple(int(number.scaleb(digits)) for number in numbers))
    if kinds == {date}:
        days = (value - EPOCH.date() for value in parsed if isinstance(value, date))
        return Bounds(unit=Unit.DATE, numbers=tuple(difference.days for difference in days))
    if kinds == {datetime}:
        times = (value - EPOCH for value in parsed if isinstance(value, datetime))
        return Bounds(unit=Unit.TIMESTAMP, numbers=tuple(difference // timedelta(seconds=1) for difference in times))
    raise ValueError


def bound_of(text: str) -> Decimal | date | datetime | None:
    """The decimal, date or timestamp (whole seconds, UTC) that the text denotes; None: it denotes none of these."""
    if DECIMAL.fullmatch(text):
        return Decimal(text)
    for kind in (date.fromisoformat, parse_iso):
        with suppress(ValueError):
            bound = kind(text)
            return None if isinstance(bound, datetime) and bound.microsecond else bound
    return None


def _digits(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
