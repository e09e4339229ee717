"""The built-in plan: `script_execution` after migration V97, half scheduled, half triggered, with its six parent tables."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

import polars as pl

from parloader.errors import UsageError
from parloader.plans.model import INDEX, Count, ExactlyOne, Plan, Reference, SameThrough, Table

DEFAULT_ROWS = 1_000_000
REFERENCES = 10
SCHEDULES = 100
TRIGGERS = 100
EVENTS = 100

# DATETIME holds 1000-01-01 00:00:00 to 9999-12-31 23:59:59 (both servers' manuals, "Date and Time Types")
FIRST_MOMENT = datetime(1000, 1, 1, tzinfo=UTC)
LAST_MOMENT = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
# Up to here rows × rows fits a signed 64-bit integer
MOST_ROWS_IN_64_BITS = 3_000_000_000
SPAN_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True, kw_only=True)
class Parameter:
    default: str
    help: str
    canonical: Callable[[str], str]  # ValueError: not valid


def _start(text: str) -> str:
    moment = datetime.fromisoformat(text)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if not FIRST_MOMENT <= moment <= LAST_MOMENT or moment.microsecond:
        raise ValueError(text)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def _span(text: str) -> str:
    match = re.fullmatch(r"([0-9]{1,12})([smhdw])", text)
    if not match:
        raise ValueError(text)
    return f"{int(match[1]) * SPAN_UNITS[match[2]]}s"


def _share(text: str) -> str:
    try:
        share = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not (share.is_finite() and 0 <= share <= 1 and share == round(share, 6)):
        raise ValueError(text)
    return f"{abs(share).normalize():f}"


PARAMETERS: Mapping[str, Parameter] = {
    "start": Parameter(
        default="2024-01-01T00:00:00Z",
        help="the moment of the first row, UTC: YYYY-MM-DD[THH:MM:SS], year 1000 to 9999",
        canonical=_start,
    ),
    "span": Parameter(
        default="365d", help="the time from the first row to the end of the last: a number and s, m, h, d or w", canonical=_span
    ),
    "scheduled_share": Parameter(
        default="0.5", help="the share of rows that are scheduled, the others are triggered: 0 to 1, six decimals", canonical=_share
    ),
}


def parameters(given: Mapping[str, str]) -> dict[str, str]:
    """Every parameter in canonical text, defaults filled in. UsageError lists the valid names, or what the value can be."""
    unknown = [name for name in given if name not in PARAMETERS]
    if unknown:
        valid = "; ".join(f"{name} ({p.help}; default {p.default})" for name, p in PARAMETERS.items())
        raise UsageError(f"no plan parameter {unknown[0]!r}", f"Valid with --set: {valid}")
    canonical = {}
    for name, parameter in PARAMETERS.items():
        text = given.get(name, parameter.default)
        try:
            canonical[name] = parameter.canonical(text)
        except (ValueError, OverflowError) as error:
            raise UsageError(f"--set {name}={text} is not valid", f"{name} is {parameter.help}; default {parameter.default}") from error
    return canonical


def script_execution(rows: int = DEFAULT_ROWS, given: Mapping[str, str] | None = None) -> Plan:
    """The plan for `rows` executions. UsageError: a parameter is unknown, not valid, or the time range leaves DATETIME's."""
    text = parameters(given or {})
    start = datetime.fromisoformat(text["start"])
    span_seconds = int(text["span"].removesuffix("s"))
    # the last row's created_at is a second after its planned, and the last schedule fires SCHEDULES hours after the start
    if max(span_seconds + 1, SCHEDULES * 3600) > (LAST_MOMENT - start).total_seconds():
        raise UsageError(
            f"start {text['start']} and span {text['span']} (at least {SCHEDULES} hours, for the schedules) end after {LAST_MOMENT:%Y-%m-%d}",
            "Choose an earlier start or a shorter span",
        )
    share = Decimal(text["scheduled_share"])
    return Plan(
        name="script_execution",
        parameters=text,
        tables=(*_parents(start), _executions(rows, start, span_seconds, share)),
        counts=(Count(name="scheduled", column="schedule_id"), Count(name="triggered", column="triggering_event_id")),
        rules=(
            ExactlyOne(name="exactly one of schedule_id and triggering_event_id", columns=("schedule_id", "triggering_event_id")),
            SameThrough(
                name="the version belongs to the reference",
                column="script_reference_id",
                via="script_version_id",
                parent_column="script_reference_id",
            ),
            SameThrough(
                name="the reference is the trigger's",
                column="script_reference_id",
                via="triggering_event_id",
                parent_column="script_reference_id",
            ),
        ),
    )


def _parents(start: datetime) -> tuple[Table, ...]:
    number = (INDEX + 1).cast(pl.String)
    created_at = pl.lit(start.replace(tzinfo=None), dtype=pl.Datetime("ms"))
    hours = timedelta(hours=1) * INDEX
    return (
        Table(
            name="robot_account",
            rows=1,
            columns={"username": pl.lit("seed-robot-") + number, "created_at": created_at},
            optional=frozenset({"username", "created_at"}),
        ),
        Table(
            name="outgoing_event",
            rows=EVENTS,
            columns={"name": pl.lit("seed-event-") + number, "created_at": created_at},
            optional=frozenset({"name", "created_at"}),
        ),
        Table(
            name="script_reference",
            rows=REFERENCES,
            columns={
                "name": pl.lit("seed-script-") + number,
                "description": pl.lit("made by parloader: script ") + number,
                "created_at": created_at,
            },
            optional=frozenset({"name", "description", "created_at"}),
        ),
        Table(
            name="script_version",
            rows=REFERENCES,
            columns={
                "script_reference_id": Reference(parent="script_reference", index=INDEX),
                "version": pl.lit(1),
                "json": pl.lit('{"steps":[]}'),
                "created_at": created_at,
            },
            match=("script_reference_id",),
            optional=frozenset({"version", "json", "created_at"}),
        ),
        Table(
            name="task_schedule",
            rows=SCHEDULES,
            columns={
                "schedule_id": INDEX + 1,
                "robot_id": Reference(parent="robot_account", index=INDEX * 0),
                "cron": pl.lit("0 9 * * *"),
                "next_fire_time": created_at + hours,
                "status": pl.lit("ACTIVE"),
                "created_at": created_at,
            },
            optional=frozenset({"schedule_id", "cron", "next_fire_time", "status", "created_at"}),
        ),
        Table(
            name="event_trigger",
            rows=TRIGGERS,
            columns={
                "outgoing_event_id": Reference(parent="outgoing_event", index=INDEX % EVENTS),
                "script_reference_id": Reference(parent="script_reference", index=(2 * INDEX + 1) % REFERENCES),
                "created_at": created_at,
            },
            match=("script_reference_id",),
            optional=frozenset({"created_at"}),
        ),
    )


def _executions(rows: int, start: datetime, span_seconds: int, share: Decimal) -> Table:
    # Integer arithmetic, so that every machine agrees. With share p/q, ceil(i·p/q) rows before row i are scheduled (share 1/2: the even ones).
    p, q = share.as_integer_ratio()
    scheduled_before = (INDEX * p + (q - 1)) // q
    scheduled = ((INDEX + 1) * p + (q - 1)) // q > scheduled_before
    triggered_before = INDEX - scheduled_before

    # floor(i × span / rows) ms; in two parts, because i × span overflows 64 bits beyond 292 million rows a year
    whole_ms, rest_ms = divmod(span_seconds * 1000, max(rows, 1))
    index = INDEX if rows < MOST_ROWS_IN_64_BITS else INDEX.cast(pl.Int128)
    offset_ms = INDEX * whole_ms + (index * rest_ms // max(rows, 1)).cast(pl.Int64)
    start_ms = (start - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    moment_seconds = (offset_ms + start_ms) // 1000
    planned = pl.from_epoch(moment_seconds, time_unit="s")
    created_at = pl.from_epoch(moment_seconds + scheduled.cast(pl.Int64), time_unit="s")

    reference = pl.when(scheduled).then(INDEX % REFERENCES).otherwise((2 * triggered_before + 1) % REFERENCES)
    return Table(
        name="script_execution",
        rows=rows,
        partitioned=True,
        columns={
            "script_reference_id": Reference(parent="script_reference", index=reference),
            "script_version_id": Reference(parent="script_version", index=reference),
            "schedule_id": Reference(parent="task_schedule", index=pl.when(scheduled).then(scheduled_before % SCHEDULES)),
            "planned": pl.when(scheduled).then(planned),
            "triggering_event_id": Reference(parent="event_trigger", index=pl.when(~scheduled).then(triggered_before % TRIGGERS)),
            "created_at": created_at,
        },
    )
