"""The values of a status that the schema leaves open: by its default, its table's name, and the times beside it."""

from collections.abc import Sequence

from parloader.inference.column_names import split_identifier
from parloader.inference.statuses.lifecycles import EXITS, POSITIONS, STATES

# Word of a table's name → the statuses of its rows
BY_TABLE: dict[str, tuple[str, ...]] = {
    name: tuple(values.split())
    for names, values in (
        ("order orders purchase purchases", "pending paid shipped delivered cancelled"),
        ("payment payments transaction transactions charge charges payout payouts transfer transfers", "pending completed failed refunded"),
        ("refund refunds", "requested approved completed rejected"),
        ("invoice invoices bill bills", "draft sent paid overdue cancelled"),
        ("user users account accounts customer customers member members employee employees", "pending active inactive suspended"),
        ("ticket tickets issue issues case cases incident incidents complaint complaints", "open in_progress resolved closed"),
        ("task tasks todo todos", "todo in_progress done cancelled"),
        ("project projects milestone milestones campaign campaigns", "planned active on_hold completed cancelled"),
        ("post posts article articles page pages story stories video videos", "draft published archived"),
        ("comment comments review reviews", "pending approved rejected spam"),
        ("product products item items listing listings", "draft active archived"),
        ("job jobs run runs execution executions import imports export exports batch batches", "queued running succeeded failed"),
        ("message messages email emails notification notifications sms", "queued sent delivered failed"),
        ("shipment shipments delivery deliveries parcel parcels package packages leg legs", "pending in_transit delivered returned"),
        (
            "appointment appointments booking bookings reservation reservations visit visits",
            "scheduled confirmed completed cancelled no_show",
        ),
        ("subscription subscriptions membership memberships", "trial active cancelled expired"),
        ("contract contracts policy policies loan loans", "draft active expired cancelled"),
        ("lead leads opportunity opportunities deal deals", "new contacted qualified won lost"),
        ("application applications request requests claim claims", "submitted in_review approved rejected"),
        ("return returns", "requested approved received refunded rejected"),
        ("invitation invitations invite invites", "sent accepted declined expired"),
        ("device devices machine machines server servers vehicle vehicles", "active inactive retired"),
    )
    for name in names.split()
}

OTHERWISE = ("active", "inactive", "archived")

FIRST = "pending"  # of a status that is made of the events of its table


UNUSED = STATES | {"deleted", "archived", "verified", "read"}
"""Events that hardly are a status."""


def status_values(table: str, events: Sequence[str], default: str | None) -> tuple[str, ...]:
    """The values of a status whose column takes any text. `events`: the canonical words of the table's times (events.py)."""
    words = [word for word in split_identifier(table) if word in BY_TABLE]
    values = BY_TABLE[words[-1]] if words else OTHERWISE
    if lacking := [event for event in events if event not in values and event not in UNUSED]:
        path = sorted({event for event in (*lacking, *values) if event in POSITIONS and event in events}, key=POSITIONS.__getitem__)
        exits = sorted(event for event in events if event in EXITS and event not in UNUSED)
        values = (*([] if path and POSITIONS[path[0]] <= POSITIONS[FIRST] else [FIRST]), *path, *exits)
    if default is None:
        return values
    if default.isupper():
        values = tuple(value.upper() for value in values)
    elif default.istitle():
        values = tuple(value.capitalize() for value in values)
    if default in values:
        return values
    return (default, *(value for value in values if value.lower() != FIRST))
