"""The built-in plan: rows of `script_execution` (after migration V97) and its six parent tables; half are scheduled, half triggered."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from parloader.errors import UsageError
from parloader.plans.documents.codecs import suggestion
from parloader.plans.generators import Const, Expr, Pick, Sequence, Spread, When
from parloader.plans.model import Count, ExactlyOne, Plan, SameThrough, Table
from parloader.schema.model import Schema
from parloader.timestamps import SPAN, parse_iso, parse_span, span_text

NAME = "script_execution"

CREATED_COMMENT = "made by parloader"
"""The comment of the tables that seed creates. clean drops tables with this comment when they are empty."""

DEFAULT_ROWS = 1_000_000

REFERENCES = 10

SCHEDULES = 100

TRIGGERS = 100

EVENTS = 100

# DATETIME holds 1000-01-01 00:00:00 to 9999-12-31 23:59:59 (both servers' manuals, "Date and Time Types")
FIRST_TIMESTAMP = datetime(1000, 1, 1, tzinfo=UTC)

LAST_TIMESTAMP = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter of the plan, set with --set."""

    default: str
    help: str  # what it is, and its valid values
    canonical: Callable[[str], str]  # any valid text → the text in the ledger; ValueError: invalid


def _start(text: str) -> str:
    start = parse_iso(text)
    if not FIRST_TIMESTAMP <= start <= LAST_TIMESTAMP or start.microsecond:
        raise ValueError(text)
    return _text(start)


def _span(text: str) -> str:
    return f"{parse_span(text)}s"


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
        help="the timestamp of the first row, in UTC: YYYY-MM-DD[THH:MM:SS], years 1000 to 9999",
        canonical=_start,
    ),
    "span": Parameter(default="365d", help="the time span that the rows cover: a number and s, m, h, d or w", canonical=_span),
    "scheduled_share": Parameter(
        default="0.5", help="the share of scheduled rows (the others are triggered): 0 to 1, at most six decimals", canonical=_share
    ),
}


def shown(parameters: Mapping[str, str]) -> str:
    """The parameters of any plan, for people: as `--set` takes them, with time spans in their largest unit."""

    def text(name: str, value: str) -> str:
        return span_text(parse_span(value)) if name == "span" and SPAN.fullmatch(value) else value

    return ", ".join(f"{name}={text(name, value)}" for name, value in parameters.items())


def parameters(given: Mapping[str, str]) -> dict[str, str]:
    """All parameters in canonical text, with defaults. UsageError: an unknown name or an invalid value; it lists the valid ones."""
    unknown = [name for name in given if name not in PARAMETERS]
    if unknown:
        valid = "; ".join(f"{name} ({p.help}; default {p.default})" for name, p in PARAMETERS.items())
        raise UsageError(f"no plan parameter {unknown[0]!r}", f"{suggestion(unknown[0], PARAMETERS)}Valid with --set: {valid}")
    canonical = {}
    for name, parameter in PARAMETERS.items():
        text = given.get(name, parameter.default)
        try:
            canonical[name] = parameter.canonical(text)
        except (ValueError, OverflowError) as error:
            raise UsageError(f"--set {name}={text} is not valid", f"{name} is {parameter.help}; default {parameter.default}") from error
    return canonical


def script_execution(rows: int = DEFAULT_ROWS, given: Mapping[str, str] | None = None) -> Plan:
    """The plan for `rows` executions. UsageError: a parameter is unknown or invalid, or timestamps would exceed DATETIME's range."""
    text = parameters(given or {})
    start = parse_iso(text["start"])
    span_seconds = int(text["span"].removesuffix("s"))
    # created_at is a second after planned; the schedules fire once an hour, the last one before start + SCHEDULES hours
    if max(span_seconds + 1, SCHEDULES * 3600) > (LAST_TIMESTAMP - start).total_seconds():
        raise UsageError(
            f"start {text['start']} and span {text['span']} (at least {SCHEDULES} hours, for the schedules) end after {LAST_TIMESTAMP:%Y-%m-%d}",
            "Choose an earlier start or a shorter span",
        )
    share = Decimal(text["scheduled_share"])
    return Plan(
        name=NAME,
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


# Parents that one column picks from, which a database may lack: parent → (child, column)
PICKED_ONCE = {"robot_account": ("task_schedule", "robot_id"), "outgoing_event": ("event_trigger", "outgoing_event_id")}


def without_unreferenced_parents(plan: Plan, live: Schema, wanted: Collection[str] = ()) -> Plan:
    """The plan without the parents that no column of the live schema references. `wanted`: the parents that the user asks for."""
    for parent, (child, column) in PICKED_ONCE.items():
        if child in live and (parent not in live or column not in live[child].column_names):
            tables = (replace(t, columns={n: g for n, g in t.columns.items() if (t.name, n) != (child, column)}) for t in plan.tables)
            plan = replace(plan, tables=tuple(table for table in tables if table.name != parent or parent in wanted))
    return plan


def _parents(start: datetime) -> tuple[Table, ...]:
    created_at = Spread(start=_text(start), span_seconds=0)
    return (
        Table(
            name="robot_account",
            rows=1,
            columns={"username": Expr(sql="CONCAT('seed-robot-', i + 1)"), "created_at": created_at},
            optional=frozenset({"username", "created_at"}),
        ),
        Table(
            name="outgoing_event",
            rows=EVENTS,
            columns={"name": Expr(sql="CONCAT('seed-event-', i + 1)"), "created_at": created_at},
            optional=frozenset({"name", "created_at"}),
        ),
        Table(
            name="script_reference",
            rows=REFERENCES,
            columns={
                "name": Expr(sql="CONCAT('seed-script-', i + 1)"),
                "description": Expr(sql="CONCAT('made by parloader: script ', i + 1)"),
                "created_at": created_at,
            },
            optional=frozenset({"name", "description", "created_at"}),
        ),
        Table(
            name="script_version",
            rows=REFERENCES,
            columns={
                "script_reference_id": _pick("script_reference", "i"),
                "version": Const(value=1),
                "json": Const(value='{"steps":[]}'),
                "created_at": created_at,
            },
            match=("script_reference_id",),
            optional=frozenset({"version", "json", "created_at"}),
        ),
        Table(
            name="task_schedule",
            rows=SCHEDULES,
            columns={
                "schedule_id": Sequence(start=1),
                "robot_id": _pick("robot_account", "0"),
                "cron": Const(value="0 9 * * *"),
                "next_fire_time": Spread(start=_text(start), span_seconds=SCHEDULES * 3600),
                "status": Const(value="ACTIVE"),
                "created_at": created_at,
            },
            optional=frozenset({"schedule_id", "cron", "next_fire_time", "status", "created_at"}),
        ),
        Table(
            name="event_trigger",
            rows=TRIGGERS,
            columns={
                "outgoing_event_id": _pick("outgoing_event", f"i % {EVENTS}"),
                "script_reference_id": _pick("script_reference", f"(2 * i + 1) % {REFERENCES}"),
                "created_at": created_at,
            },
            match=("script_reference_id",),
            optional=frozenset({"created_at"}),
        ),
    )


def _executions(rows: int, start: datetime, span_seconds: int, share: Decimal) -> Table:
    # Integer arithmetic gives the same result on every machine. With share p/q, ceil(i·p/q) rows before row i are scheduled (1/2: the even rows).
    p, q = share.as_integer_ratio()
    scheduled_before = f"(i * {p} + {q - 1}) // {q}"
    scheduled = f"((i + 1) * {p} + {q - 1}) // {q} > {scheduled_before}"
    triggered_before = f"(i - {scheduled_before})"
    reference = f"CASE WHEN {scheduled} THEN i % {REFERENCES} ELSE (2 * {triggered_before} + 1) % {REFERENCES} END"
    timestamp = Spread(start=_text(start), span_seconds=span_seconds)
    a_second_later = Spread(start=_text(start + timedelta(seconds=1)), span_seconds=span_seconds)
    return Table(
        name=NAME,
        rows=rows,
        partitioned=True,
        reuse=False,
        columns={
            "script_reference_id": _pick("script_reference", reference),
            "script_version_id": _pick("script_version", reference),
            "schedule_id": _pick("task_schedule", f"CASE WHEN {scheduled} THEN ({scheduled_before}) % {SCHEDULES} END"),
            "planned": When(condition=scheduled, then=timestamp),
            "triggering_event_id": _pick("event_trigger", f"CASE WHEN NOT ({scheduled}) THEN {triggered_before} % {TRIGGERS} END"),
            "created_at": When(condition=scheduled, then=a_second_later, otherwise=timestamp),
        },
    )


def _pick(parent: str, index: str) -> Pick:
    return Pick(parent=parent, column="id", index=index)


def _text(timestamp: datetime) -> str:
    return timestamp.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
