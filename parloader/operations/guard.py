"""guard: who parloader may write for. The checks that every verb that writes begins with, and the marker that forbids a database."""

from dataclasses import dataclass
from enum import StrEnum

from parloader.database.session import connected, require_writable
from parloader.database.target import Target
from parloader.errors import Refused
from parloader.ledger import control
from parloader.ledger.control import Marker


class Change(StrEnum):
    FORBID = "forbid"
    ALLOW = "allow"


@dataclass(frozen=True, kw_only=True)
class GuardState:
    """`marker`: what forbids the database; None where nothing does. `changed`: by this call."""

    where: str
    marker: Marker | None
    changed: bool = False

    def as_json(self) -> dict[str, object]:
        found = self.marker
        return {"forbidden": found is not None, "by": found and found.by, "at": found and found.at, "changed": self.changed}


def guard(target: Target, change: Change | None = None) -> GuardState:
    """The state, after the change. Refused: the marker is somebody's own table or view, which parloader does not drop."""
    with connected(target) as connection, target.translate_errors("looking for the marker"):
        before = control.find_marker(connection)
        if change is Change.FORBID and not before:
            require_writable(connection, target)
            control.create_marker(connection)
        if change is Change.ALLOW and before:
            if not before.ours:
                raise Refused(
                    f"parloader did not make {control.MARKER_TABLE} in {target}, so it does not drop it", "Rename or drop it yourself"
                )
            require_writable(connection, target)
            control.drop_marker(connection)
        after = control.find_marker(connection)
        return GuardState(where=str(target), marker=after, changed=after != before)
