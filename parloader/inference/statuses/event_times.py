"""How long after the event before it an event happens."""

import re
from dataclasses import dataclass

from parloader.inference.column_names import split_identifier
from parloader.inference.value_ranges import DATED
from parloader.plans.generators import After
from parloader.schema.model import ColumnSchema, ColumnType

MINUTE, HOUR, DAY = 60, 3_600, 86_400

# Event → (the shortest, the longest time after the event before it), in seconds
DELAYS: dict[str, tuple[int, int]] = {
    event: delay
    for events, delay in (
        ("paid captured authorized", (MINUTE, 2 * HOUR)),
        ("confirmed acknowledged accepted assigned triaged verified sent read delivered_mail", (MINUTE, 8 * HOUR)),
        ("scheduled", (HOUR, 20 * DAY)),
        ("checked_in", (MINUTE, 40 * MINUTE)),
        ("retired", (20 * DAY, 90 * DAY)),
        ("started running processing", (5, 2 * HOUR)),
        ("packed ready prepared picked_up", (HOUR, 10 * HOUR)),
        ("shipped dispatched departed", (4 * HOUR, 2 * DAY)),
        ("delivered arrived fulfilled", (DAY, 4 * DAY)),
        ("answered reviewed approved rejected published", (20 * MINUTE, 2 * DAY)),
        ("completed finished done succeeded processed failed ended", (2 * MINUTE, 3 * HOUR)),
        ("resolved closed", (HOUR, 5 * DAY)),
        ("cancelled no_show expired", (10 * MINUTE, 2 * DAY)),
        ("refunded returned", (DAY, 12 * DAY)),
        ("deleted archived suspended banned locked disabled inactive terminated resigned dismissed", (20 * DAY, 90 * DAY)),
    )
    for event in events.split()
}

SINCE_1970 = re.compile(r"\bepoch\b|\bunix[ -]?time|\bsince 1970\b", re.IGNORECASE)

MILLISECONDS = re.compile(r"\bms\b|\bmillis", re.IGNORECASE)

OTHERWISE = (5 * MINUTE, 2 * DAY)


@dataclass(frozen=True, kw_only=True)
class Clock:
    """In which unit a column counts time."""

    name: str
    per_second: int = 0  # of integers; 0: a timestamp or a date


TIMESTAMPS, DATES = Clock(name="timestamps"), Clock(name="dates")


def counts_seconds(column: ColumnSchema) -> bool:
    """Whether the name or the comment of an integer says that it counts from 1970 on: started_epoch, or one with the comment "Unix time, ms"."""
    is_long = column.kind is ColumnType.INTEGER and column.max_value >= 2**31 - 1
    return is_long and ("epoch" in split_identifier(column.name) or SINCE_1970.search(column.comment) is not None)


def clock(column: ColumnSchema) -> Clock:
    """The unit of a column that is a time (events.py)."""
    if column.kind is ColumnType.DATE:
        return DATES
    if column.kind in DATED:
        return TIMESTAMPS
    milliseconds = column.max_value > 2**32 and (column.name.lower().endswith("ms") or MILLISECONDS.search(column.comment) is not None)
    return Clock(name="integers", per_second=1000 if milliseconds else 1)


def quoted(column: str) -> str:
    """The column's name in an expression."""
    return '"' + column.replace('"', '""') + '"'


def after(column: ColumnSchema, delay: tuple[int, int], earlier: str, *, strict: bool = False, null_share: float = 0.0) -> After:
    """A time from the shortest to the longest `delay` (seconds) after the one in the column `earlier`, which counts in the same unit."""
    least, most = delay
    unit = clock(column)
    if unit is DATES:
        least, most = least // DAY, max(1, most // DAY)
        least = max(least, 1) if strict else least
    elif unit.per_second:
        least, most = least * unit.per_second, most * unit.per_second
    return After(column=earlier, least=least, most=most, null_share=null_share)


def delay_of(event: str) -> tuple[int, int]:
    """The shortest and the longest time after the event before it, in seconds."""
    return DELAYS.get(event, OTHERWISE)


def converted(earlier: ColumnSchema, column: ColumnSchema) -> str | None:
    """The expression of the earlier time in the unit of the column, never before it; None: there is none."""
    name = quoted(earlier.name)
    match clock(earlier), clock(column):
        case (Clock(name="timestamps"), Clock(name="dates")):
            return f"CAST({name} AS DATE)"
        case (Clock(name="dates"), Clock(name="timestamps")):
            return f"CAST({name} AS TIMESTAMP) + INTERVAL '33 hours'"
    return None
