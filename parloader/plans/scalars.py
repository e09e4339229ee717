"""The values in a plan document: what a column may hold, dates and moments, time spans, and the bounds of a range."""

import datetime
import math
import re
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

from parloader.plans.fields import MOST_DIGITS, Codec, Unfit, is_utf_8, whole
from parloader.plans.generators import Scalar

SPAN_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
WRITTEN_SPANS = ("d", "h", "m", "s")
DECIMAL = re.compile(r"-?[0-9]{1,65}(\.[0-9]{1,38})?")
ANY_WHOLE = whole(1 - 10**MOST_DIGITS, 10**MOST_DIGITS - 1)


def _scalar(value: object) -> Scalar:
    if isinstance(value, Mapping):
        return _hexadecimal_or_null(value)
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return plain_moment(value)
    if isinstance(value, bool) or (isinstance(value, str) and is_utf_8(value)):
        return value
    if isinstance(value, int) and abs(value) < 10**MOST_DIGITS:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise Unfit(f'a text, a number of at most {MOST_DIGITS} digits, true, false, a date, {{ hex = "00ff" }} or {{ null = true }}')


def _hexadecimal_or_null(value: Mapping[Any, Any]) -> Scalar:
    if dict(value) == {"null": True}:
        return None
    text = value.get("hex")
    if len(value) != 1 or not isinstance(text, str) or not re.fullmatch("(?:[0-9a-fA-F]{2})*", text):
        raise Unfit('{ hex = "00ff" } (bytes, two digits each) or { null = true }')
    return bytes.fromhex(text)


def plain_moment(value: datetime.date | datetime.time) -> str:
    """The text of a TOML date, time or moment; moments are taken to UTC."""
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        try:
            value = value.astimezone(datetime.UTC).replace(tzinfo=None)
        except OverflowError as error:
            raise Unfit("a moment of the years 1 to 9999, in UTC too") from error
    return value.isoformat()


def _write_scalar(value: Any) -> Any:
    if value is None:
        return {"null": True}
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    return plain_moment(value) if isinstance(value, datetime.date | datetime.time) else value


SCALAR = Codec(read=_scalar, write=_write_scalar)


def moment_of(text: str) -> datetime.datetime:
    """ValueError: it is no ISO moment (or date) of UTC."""
    moment = datetime.datetime.fromisoformat(text)
    try:
        return moment.replace(tzinfo=datetime.UTC) if moment.tzinfo is None else moment.astimezone(datetime.UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def _moment(value: object) -> str:
    text = plain_moment(value) if isinstance(value, datetime.date) else value
    try:
        moment_of(text if isinstance(text, str) else "")
    except ValueError as error:
        raise Unfit('a date or a moment of UTC, such as "2024-01-01T00:00:00Z"') from error
    return str(text)


def _span(value: object) -> int:
    match = re.fullmatch("([0-9]{1,12})([smhdw])", value) if isinstance(value, str) else None
    if not match:
        raise Unfit('a time span: a number and s, m, h, d or w, such as "365d"')
    return int(match[1]) * SPAN_SECONDS[match[2]]


def _write_span(value: Any) -> Any:
    if not isinstance(value, int):
        return value
    unit = next(unit for unit in WRITTEN_SPANS if value % SPAN_SECONDS[unit] == 0 and (value or unit == "s"))
    return f"{value // SPAN_SECONDS[unit]}{unit}"


MOMENT = Codec(read=_moment, write=_write_scalar)
SPAN = Codec(read=_span, write=_write_span)


def _bound_read(value: object) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool):
        return int(ANY_WHOLE.read(value))
    text = _write_scalar(value)
    if not isinstance(text, str) or bound_of(text) is None:
        raise Unfit('a whole number, a decimal as a text ("0.00"), a date ("2024-01-01") or a moment ("2024-01-01T00:00:00")')
    return text


def bound_of(text: str) -> Any:
    """What the text stands for, to be compared; None where it is nothing of the kind."""
    if DECIMAL.fullmatch(text):
        return Decimal(text)
    for kind in (datetime.date.fromisoformat, moment_of):
        with suppress(ValueError):
            bound = kind(text)
            return None if isinstance(bound, datetime.datetime) and bound.microsecond else bound
    return None


BOUND = Codec(read=_bound_read, write=_write_scalar)
