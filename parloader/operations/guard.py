"""guard: who parloader may write for. The checks that every verb that writes begins with, and the marker that forbids a database."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from parloader.database import connect, machine, marker
from parloader.database.connect import Target
from parloader.database.marker import Marker
from parloader.database.sql import Connection
from parloader.errors import Forbidden, Refused, RemoteHost


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


def is_permitted(target: Target, allow_remote: Collection[str]) -> bool:
    """Whether the server is on this machine, or its host among those given. ConnectError: there is no such host."""
    return _plain(target.host) in map(_plain, allow_remote) or machine.is_here(target)


def _plain(host: str) -> str:
    return host.strip("[]").lower()


def require_permitted(target: Target, allow_remote: Collection[str]) -> None:
    """RemoteHost where the server is elsewhere and its host was not allowed. Asked before anything is connected to."""
    if not is_permitted(target, allow_remote):
        raise _remote(target)


def require_not_forbidden(connection: Connection, target: Target) -> None:
    """Forbidden where the database holds the marker. Asked first thing inside the lock."""
    if found := marker.find(connection):
        raise _forbidden(target, found)


def objections(connection: Connection, target: Target, allow_remote: Collection[str]) -> tuple[str, ...]:
    """What the two checks would say to a verb that writes, for those who only look."""
    found = marker.find(connection)
    refusals = [*([] if is_permitted(target, allow_remote) else [_remote(target)]), *([_forbidden(target, found)] if found else [])]
    return tuple(f"seed would be refused: {refusal}" for refusal in refusals)


def _remote(target: Target) -> RemoteHost:
    return RemoteHost(
        f"{target.host} is not this machine, and this would write to the database {target}",
        f"If that is what you want, say so: --allow-remote {target.host}",
    )


def _forbidden(target: Target, found: Marker) -> Forbidden:
    return Forbidden(
        f"the table {marker.NAME} in {target} forbids parloader to write there ({found})",
        "parloader guard --allow lifts it" if found.ours else "Rename or drop it yourself to lift it",
    )


def guard(target: Target, change: Change | None = None) -> GuardState:
    """The state, after the change. Refused: the marker is somebody's own table or view, which parloader does not drop."""
    with connect.connected(target) as connection, target.explained("looking for the marker"):
        before = marker.find(connection)
        if change is Change.FORBID and not before:
            connect.require_writable(connection, target)
            marker.make(connection)
        if change is Change.ALLOW and before:
            if not before.ours:
                raise Refused(f"parloader did not make {marker.NAME} in {target}, so it does not drop it", "Rename or drop it yourself")
            connect.require_writable(connection, target)
            marker.remove(connection)
        after = marker.find(connection)
        return GuardState(where=str(target), marker=after, changed=after != before)
