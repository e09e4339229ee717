"""Codecs of quantities: dates, timestamps, durations, time zones and weights."""

import datetime
import re
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from math import isfinite, lcm
from typing import Any

from parloader.plans.bounds import bound_of
from parloader.plans.documents.codecs import (
    ANY_INTEGER,
    MAX_64_BITS,
    NAME,
    Codec,
    DecodeError,
    suggestion,
    timestamp_text,
    write_timestamp,
)
from parloader.timestamps import offset_text, parse_iso, parse_offset, parse_span, span_text


def _timestamp(value: object) -> str:
    text = timestamp_text(value) if isinstance(value, datetime.date) else value
    try:
        parse_iso(text if isinstance(text, str) else "")
    except ValueError as error:
        raise DecodeError('a date or a timestamp, such as "2024-01-01T00:00:00Z"') from error
    return str(text)


def _span(value: object) -> int:
    try:
        return parse_span(value if isinstance(value, str) else "")
    except ValueError as error:
        raise DecodeError('a time span: a number and s, m, h, d or w, such as "365d"') from error


def _write_span(value: Any) -> Any:
    if not isinstance(value, int):
        return value
    return span_text(value)


TIMESTAMP = Codec(read=_timestamp, write=write_timestamp)

SPAN = Codec(read=_span, write=_write_span)


def _read_bound(value: object) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool):
        return int(ANY_INTEGER.read(value))
    text = f"{Decimal(repr(value)):f}" if isinstance(value, float) and isfinite(value) else write_timestamp(value)
    if not isinstance(text, str) or bound_of(text) is None:
        raise DecodeError('an integer, a decimal (9.5 or "9.50"), a date ("2024-01-01") or a timestamp ("2024-01-01T00:00:00")')
    return text


BOUND = Codec(read=_read_bound, write=write_timestamp)


def _read_bound_or_sql(value: object) -> int | str:
    with suppress(DecodeError):
        return _read_bound(value)
    return str(NAME.read(value))


BOUND_OR_SQL = Codec(read=_read_bound_or_sql, write=write_timestamp)
"""As BOUND, or an SQL expression over the row's columns."""


def _offset(value: object) -> int:
    try:
        return parse_offset(value if isinstance(value, str) else "")
    except ValueError as error:
        raise DecodeError('a time zone as hours and minutes east of UTC, such as "+02:00"') from error


OFFSET = Codec(read=_offset, write=lambda value: offset_text(value) if isinstance(value, int) and value % 60 == 0 else value)


FRACTION = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,18})?)(?:/([0-9]{1,18}(?:\.[0-9]{1,18})?))?")


def _weight(value: object) -> Fraction:
    """A weight of 0 or more, exactly as it is written: 3, 0.1, "0.1" or "1/3"."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        with suppress(ValueError, OverflowError):  # infinite
            weight = Fraction(repr(value)) if isinstance(value, float) else Fraction(value)
            if 0 <= weight <= MAX_64_BITS:
                return weight
    if isinstance(value, str) and (match := FRACTION.fullmatch(value)):
        with suppress(ZeroDivisionError):
            return Fraction(match[1]) / Fraction(match[2] or 1)
    raise DecodeError("a number, 0 or more")


def _weights(value: object) -> tuple[int, ...]:
    """Integers in the same proportion: the numbers themselves if all are integers, otherwise times their least common denominator."""
    if not isinstance(value, list | tuple):
        raise DecodeError("a list of numbers")
    weights = []
    for position, each in enumerate(value, 1):
        try:
            weights.append(_weight(each))
        except DecodeError as error:
            raise DecodeError(f"a list, each item {error.expected}", position) from error
    denominator = lcm(*(weight.denominator for weight in weights))
    return tuple(int(weight * denominator) for weight in weights)


WEIGHTS = Codec(read=_weights, write=lambda value: list(value) if isinstance(value, tuple) else value)


def named_weights(count: int, names: Mapping[str, tuple[int, ...]]) -> Codec:
    """`count` weights, or the name of some."""
    expected = f"{count} weights, or one of {', '.join(names)}"

    def read(value: object) -> tuple[int, ...]:
        if isinstance(value, str):
            if value not in names:
                raise DecodeError(f"{expected}. {suggestion(value, names)}".rstrip().rstrip("."))
            return names[value]
        weights = _weights(value)
        if len(weights) != count:
            raise DecodeError(expected)
        return weights

    def write(value: Any) -> Any:
        return next((name for name, weights in names.items() if weights == value), WEIGHTS.write(value))

    return Codec(read=read, write=write)


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (NAME.read(value),)
    if not isinstance(value, list | tuple) or not value:
        raise DecodeError("a column or a list of columns")
    return tuple(map(NAME.read, value))


NAMES = Codec(read=_names, write=lambda value: value[0] if isinstance(value, tuple) and len(value) == 1 else WEIGHTS.write(value))
"""One name, or several in a list."""


def or_date(of: Codec) -> Codec:
    """Also dates and timestamps, as text."""

    def read(value: object) -> Any:
        text = write_timestamp(value)
        if isinstance(text, str) and isinstance(bound_of(text), datetime.date):
            return text
        try:
            return of.read(value)
        except DecodeError as error:
            raise DecodeError(f'{error.expected}, a date ("2024-01-01") or a timestamp ("2024-01-01T00:00:00")') from error

    return Codec(read=read, write=lambda value: of.write(write_timestamp(value)))


def or_span(of: Codec) -> Codec:
    """Also time spans, as text."""

    def read(value: object) -> Any:
        if isinstance(value, str):
            with suppress(ValueError):
                parse_span(value)
                return value
        try:
            return of.read(value)
        except DecodeError as error:
            raise DecodeError(f'{error.expected}, or a time span such as "30d"') from error

    return Codec(read=read, write=of.write)
