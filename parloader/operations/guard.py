"""guard: shows, sets or removes the marker that forbids parloader to write to a database."""

from dataclasses import dataclass
from enum import StrEnum

from parloader.database.driver import Connection
from parloader.database.session import require_writable
from parloader.database.target import Target
from parloader.defaults import DEFAULT_RETRY_SECONDS
from parloader.errors import Refused
from parloader.ledger import control
from parloader.ledger.control import Marker
from parloader.workers.retry_policy import run_on_connection


class Change(StrEnum):
    FORBID = "forbid"
    ALLOW = "allow"


@dataclass(frozen=True, kw_only=True)
class GuardState:
    """Whether parloader may write to a database."""

    where: str
    """the database, as shown to people"""
    marker: Marker | None
    """None: writing is allowed"""
    changed: bool = False
    """by this call"""

    def as_json(self) -> dict[str, object]:
        marker = self.marker
        return {"forbidden": marker is not None, "by": marker and marker.by, "at": marker and marker.at, "changed": self.changed}


def guard(target: Target, change: Change | None = None) -> GuardState:
    """Makes the change, if any, and returns the state. Refused: parloader did not create the marker table or view, so it does not drop it."""

    def state(connection: Connection) -> GuardState:
        before = control.find_marker(connection)
        if change is Change.FORBID and not before:
            require_writable(connection, target)
            control.create_marker(connection)
        if change is Change.ALLOW and before:
            if not before.created_by_parloader:
                raise Refused(
                    f"parloader did not create {control.MARKER_TABLE} in {target}, so it does not drop it", "Rename or drop it yourself"
                )
            require_writable(connection, target)
            control.drop_marker(connection)
        after = control.find_marker(connection)
        return GuardState(where=str(target), marker=after, changed=after != before)

    return run_on_connection(target, "reading the marker", state, DEFAULT_RETRY_SECONDS)
