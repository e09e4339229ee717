"""Timestamps and time spans as text: ISO 8601, the literals of SQL, and "365d". All timestamps are UTC."""

import re
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

ZERO_DATE = datetime.min.replace(tzinfo=UTC)
"""Stands for '0000-00-00', which both servers sort before every other date."""

SPAN_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}

SPAN = re.compile("(?:[0-9]{1,12}[smhdw])+")

OFFSET = re.compile("([+-])([0-9]{2}):?([0-9]{2})")

# Both servers accept one digit for a month, day, hour, minute or second (their manuals, "Date and Time Literals")
SQL_LITERAL = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)(?:[ T](\d\d?):(\d\d?)(?::(\d\d?)(?:\.(\d{1,6}))?)?)?")


def parse_iso(text: str) -> datetime:
    """An ISO 8601 date or timestamp, in UTC; without a time zone it is taken as UTC. ValueError: invalid, or outside the years 1 to 9999."""
    timestamp = datetime.fromisoformat(text)
    try:
        return timestamp.replace(tzinfo=UTC) if timestamp.tzinfo is None else timestamp.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text} is outside the years 1 to 9999 in UTC") from error


def parse_sql_literal(text: str) -> datetime:
    """A date or timestamp written as MySQL and MariaDB write it: '2024-1-31 10:00'; ZERO_DATE for a zero date. ValueError: it is neither."""
    literal = SQL_LITERAL.fullmatch(text)
    if not literal:
        raise ValueError(f"{text!r} is not a date or timestamp")
    year, month, day, hour, minute, second = (int(part or 0) for part in literal.groups()[:6])
    if year == month == day == 0:
        return ZERO_DATE
    return datetime(year, month, day, hour, minute, second, int((literal[7] or "0").ljust(6, "0")), tzinfo=UTC)


def time_text(time: timedelta) -> str:
    """A TIME as the servers write it: -12:30:00.5 (the fraction only if it is not 0)."""
    seconds, fraction = divmod(abs(time), timedelta(seconds=1))
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{'-' if time < timedelta() else ''}{text}{f'.{fraction.microseconds:06}'.rstrip('0') if fraction else ''}"


def parse_span(text: str) -> int:
    """Seconds in a time span: numbers, each with s, m, h, d or w: 365d, 1h30m. ValueError: it is not one."""
    if not SPAN.fullmatch(text):
        raise ValueError(f"{text!r} is not a time span")
    return sum(int(number) * SPAN_SECONDS[unit] for number, unit in re.findall("([0-9]+)([smhdw])", text))


WRITTEN_SPANS = ("d", "h", "m", "s")


def span_text(seconds: int) -> str:
    """The span with the largest unit that needs no fraction: 365d, 90m. Reverse of `parse_span`."""
    unit = next(unit for unit in WRITTEN_SPANS if seconds % SPAN_SECONDS[unit] == 0 and (seconds or unit == "s"))
    return f"{seconds // SPAN_SECONDS[unit]}{unit}"


def parse_offset(text: str) -> int:
    """Seconds east of UTC: "+02:00", "-0330", "Z". ValueError: not an offset of a time zone."""
    match = OFFSET.fullmatch("+00:00" if text == "Z" else text)
    if not match or int(match[2]) > 18 or int(match[3]) > 59:
        raise ValueError(f"{text!r} is not a time zone offset")
    return (int(match[2]) * 3600 + int(match[3]) * 60) * (-1 if match[1] == "-" else 1)


def offset_text(seconds: int) -> str:
    """Reverse of `parse_offset`."""
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02}:{minutes:02}"
