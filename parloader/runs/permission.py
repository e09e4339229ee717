"""guard: who parloader may write for. The checks that every verb that writes begins with, and the marker that forbids a database."""

from collections.abc import Collection

from parloader.database.driver import Connection
from parloader.database.target import Target
from parloader.errors import Forbidden, RemoteHost
from parloader.ledger import control
from parloader.ledger.control import Marker


def is_permitted(target: Target, allow_remote: Collection[str]) -> bool:
    """Whether the server is on this machine, or its host among those given. ConnectError: there is no such host."""
    return _plain(target.host) in map(_plain, allow_remote) or target.is_local()


def _plain(host: str) -> str:
    return host.strip("[]").lower()


def require_permitted(target: Target, allow_remote: Collection[str]) -> None:
    """RemoteHost where the server is elsewhere and its host was not allowed. Asked before anything is connected to."""
    if not is_permitted(target, allow_remote):
        raise _remote(target)


def require_not_forbidden(connection: Connection, target: Target) -> None:
    """Forbidden where the database holds the marker. Asked first thing inside the lock."""
    if found := control.find_marker(connection):
        raise _forbidden(target, found)


def objections(connection: Connection, target: Target, allow_remote: Collection[str]) -> tuple[str, ...]:
    """What the two checks would say to a verb that writes, for those who only look."""
    found = control.find_marker(connection)
    refusals = [*([] if is_permitted(target, allow_remote) else [_remote(target)]), *([_forbidden(target, found)] if found else [])]
    return tuple(f"seed would be refused: {refusal}" for refusal in refusals)


def _remote(target: Target) -> RemoteHost:
    return RemoteHost(
        f"{target.host} is not this machine, and this would write to the database {target}",
        f"If that is what you want, say so: --allow-remote {target.host}",
    )


def _forbidden(target: Target, found: Marker) -> Forbidden:
    return Forbidden(
        f"the table {control.MARKER_TABLE} in {target} forbids parloader to write there ({found})",
        "parloader guard --allow lifts it" if found.ours else "Rename or drop it yourself to lift it",
    )
