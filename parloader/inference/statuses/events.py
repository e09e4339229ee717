"""Columns that tell of an event in the life of a row: paid_at (when), is_paid (whether), cancelled_by and cancel_reason (more about it)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum

from parloader.inference.column_names import is_boolean, is_clock, split_identifier, words
from parloader.inference.statuses.event_times import counts_seconds
from parloader.inference.statuses.lifecycles import EXITS, POSITIONS, canonical, is_status_name
from parloader.inference.value_ranges import DATED
from parloader.schema.model import ColumnSchema, ColumnType


class Role(Enum):
    """What a column says about an event."""

    TIME = "when it happened"
    FLAG = "whether it happened"
    DETAIL = "more about it: by whom, why"


@dataclass(frozen=True, kw_only=True)
class EventColumn:
    """A column that tells of an event."""

    column: str
    event: str  # the canonical word: paid, cancelled (lifecycles.py)
    role: Role


# Words around the event's word in the name of a time
_TIME_WORDS = words("at on date time ts epoch timestamp datetime utc day when of is was")

# Words of times that are not those of an event: when something is planned, or begins to hold
_PLANNED = words("expected estimated planned due requested promised target next last first until valid expires start end")

_FLAG_WORDS = words("is was has been flag")

# Last words of a name that tell more about an event: cancelled_by, cancel_reason, refund_amount
_DETAIL_WORDS = words("by reason note notes comment comments message amount ip")

_ABOUT = words("by id user reason note notes comment comments message amount ip code text for")

# Names that tell more about an event without its word
DETAILS: dict[str, str] = {
    name: event
    for event, names in (
        (
            "failed",
            "error error_message last_error error_text error_code error_details exception stack_trace stacktrace traceback failure_code",
        ),
        ("shipped", "tracking_number tracking_no tracking_code tracking_id tracking_url tracking awb"),
        ("paid", "payment_reference payment_ref payment_id transaction_id transaction_reference txn_id"),
        ("delivered", "signed_by received_by proof_of_delivery pod_url signature_url"),
        ("answered", "answer answer_text answered_by reply reply_text replied_by response response_text"),
        ("resolved", "resolution resolution_text solution"),
        ("cancelled", "reason_for_cancellation"),
    )
    for name in names.split()
}

# Names of the times at which a row begins, and of those at which it was last changed
CREATED = words(
    "created_at created created_on create_time creation_date creation_time date_created created_date createdat inserted_at insert_time"
    " date_added added_at added_on registered_at registration_date signup_date joined_at date_joined member_since recorded_at logged_at"
    " occurred_at happened_at ordered_at order_date ordered_on placed_at submitted_at requested_at received_at booked_at booking_date"
    " opened_at invoice_date issued_at issue_date issued_on posted_at sent_at uploaded_at event_time event_at event_date payment_date"
    " rental_date visited_at measured_at taken_at voted_at reported_at log_time timestamp ts date"
)

CHANGED = words(
    "updated_at updated updated_on update_time last_update last_updated last_updated_at date_updated modified_at modified modified_on"
    " date_modified last_modified last_modified_at modification_date changed_at changed_on last_change updatedat"
)


def folded(name: str) -> str:
    """The name in lower case, its words divided by underscores."""
    return "_".join(split_identifier(name))


# The time at which a row begins, if it has none of CREATED
BEGUN = words(
    "purchased_on purchased_at purchase_date acquired_on hired_on hire_date hired_at joined_on started_at started_on start_date start_time starts_at"
    " start_at begins_at departs_at departed_at departure_time noted_at opened_on valid_from from_date starts_on begins_on begin_date effective_from"
)


# Participles that do not end in -ed
IRREGULAR = words("paid sold bought given made held drawn written")


def created(columns: Iterable[ColumnSchema]) -> ColumnSchema | None:
    """The time at which a row begins: created_at, or else ordered_at, booked_at …; None: there is none."""
    times = [column for column in columns if is_time(column)]
    begins = [column for column in times if folded(column.name) in CREATED] or [
        c for c in times if folded(c.name) in BEGUN and not c.nullable
    ]
    named = [column for column in begins if {"created", "create", "creation", "inserted"}.intersection(split_identifier(column.name))]
    return next(iter((*named, *begins, *filter(_tells_of_beginning, times))), None)


def _tells_of_beginning(column: ColumnSchema) -> bool:
    """Whether a time that every row has says what was done to it: raised_at, installed_on, paid_at."""
    parts = split_identifier(column.name)
    if len(parts) < 2 or not (parts[0].endswith("ed") or parts[0] in IRREGULAR):
        return False
    done = canonical(parts[0]) not in EXITS and folded(column.name) not in CHANGED
    return done and not column.nullable and not _PLANNED.intersection(parts)


def is_time(column: ColumnSchema) -> bool:
    """Whether the column holds points in time: a date, a timestamp, or seconds since 1970."""
    if column.kind is not ColumnType.INTEGER or column.max_value < 2**31 - 1:
        return column.kind in DATED
    parts = split_identifier(column.name)
    return (
        is_clock(column.name)
        or counts_seconds(column)
        or (len(parts) == 1 and parts[0].endswith("ed") and parts[0] in POSITIONS.keys() | EXITS.keys())
    )


def event_column(column: ColumnSchema, table: str = "", *, known: Collection[str] = (), around: Collection[str] = ()) -> EventColumn | None:
    """What the column's name says about an event of a row of this table; None: nothing.

    `known`: words of events besides the usual ones; `around`: words that may precede those of the event, besides the table's name.
    """
    of_table = {word[:3] for word in (*split_identifier(table), *around)}
    parts = split_identifier(column.name)
    if is_status_name(column.name) or not parts:
        return None
    if is_time(column):
        found = None if _PLANNED.intersection(parts) or folded(column.name) in CHANGED else _event(parts, _TIME_WORDS, of_table, known)
        return EventColumn(column=column.name, event=found, role=Role.TIME) if found else None
    if is_boolean(column):
        found = _event(parts, _FLAG_WORDS, of_table, known)
        return EventColumn(column=column.name, event=found, role=Role.FLAG) if found else None
    found = DETAILS.get("_".join(parts))
    if found is None and column.nullable and _DETAIL_WORDS.intersection(parts[1:]):
        found = _event(parts, _ABOUT, of_table, known)
    return EventColumn(column=column.name, event=found, role=Role.DETAIL) if found else None


def _event(parts: tuple[str, ...], around: frozenset[str], of_table: Collection[str], known: Collection[str]) -> str | None:
    """The event in a name, whose other words are among `around` or begin as those that name the table: order_shipped_at."""
    left = [part for part in parts if part not in around]
    while left:
        word = canonical("_".join(left))
        if word in POSITIONS or word in EXITS or word in known:
            return None if word == "created" else word
        if left[0][:3] not in of_table:
            return None
        left = left[1:]
    return None
