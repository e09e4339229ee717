"""Checks the permission to write, before anything else: the server must be local or allowed, and the database must not be marked as forbidden."""

from collections.abc import Collection

from parloader.database.driver import Connection
from parloader.database.target import Target
from parloader.errors import Forbidden, RemoteHost
from parloader.ledger import control
from parloader.ledger.control import Marker


def is_permitted(target: Target, allow_remote: Collection[str]) -> bool:
    """Whether the server is on this machine or its host is in `allow_remote`. ConnectError: the host name does not resolve."""
    return _plain(target.host) in map(_plain, allow_remote) or target.is_local()


def _plain(host: str) -> str:
    return host.strip("[]").lower()


def require_permitted(target: Target, allow_remote: Collection[str]) -> None:
    """RemoteHost if the server is on another machine and its host is not allowed. Checked before connecting."""
    if not is_permitted(target, allow_remote):
        raise _remote(target)


def require_not_forbidden(connection: Connection, target: Target) -> None:
    """Forbidden if the database has the marker. The first check after taking the lock."""
    if marker := control.find_marker(connection):
        raise _forbidden(target, marker)


def objections(connection: Connection, target: Target, allow_remote: Collection[str]) -> tuple[str, ...]:
    """The refusals that a command that writes would get, for a command that only reads."""
    marker = control.find_marker(connection)
    refusals = [*([] if is_permitted(target, allow_remote) else [_remote(target)]), *([_forbidden(target, marker)] if marker else [])]
    return tuple(f"seed would be refused: {refusal}" for refusal in refusals)


def _remote(target: Target) -> RemoteHost:
    return RemoteHost(
        f"{target.host} is not this machine, and this would write to the database {target}",
        f"To allow it: --allow-remote {target.host}",
    )


def _forbidden(target: Target, marker: Marker) -> Forbidden:
    return Forbidden(
        f"the table {control.MARKER_TABLE} in {target} forbids parloader to write there ({marker})",
        "To allow it again: parloader guard --allow"
        if marker.created_by_parloader
        else "To allow it, rename or drop that table or view yourself",
    )
