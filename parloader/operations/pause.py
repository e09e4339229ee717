"""pause and resume: a flag in the ledger, which every running command checks once a second."""

from dataclasses import dataclass

from parloader.database.driver import Connection
from parloader.database.target import Target
from parloader.defaults import DEFAULT_RETRY_SECONDS
from parloader.errors import Refused
from parloader.ledger import control, store
from parloader.ledger.control import ActivityMark
from parloader.workers.retry_policy import run_on_connection


@dataclass(frozen=True, kw_only=True)
class Pause:
    """The pause flag of a database."""

    paused: ActivityMark | None
    """who set the flag; None: it is not set"""
    changed: bool
    """by this call"""
    at_work: ActivityMark | None
    """the running command"""

    def as_json(self) -> dict[str, object]:
        return {
            "paused": self.paused and self.paused.as_json(),
            "changed": self.changed,
            "at_work": self.at_work and self.at_work.as_json(),
        }


def pause(target: Target) -> Pause:
    """Sets the flag. Refused if the database has no ledger."""

    changed = False  # also by an attempt whose connection was lost afterwards

    def change(connection: Connection) -> Pause:
        nonlocal changed
        _require_ledger(connection, target, "pause")
        if not control.paused(connection):
            changed = True
            control.pause(connection)
        return Pause(paused=control.paused(connection), changed=changed, at_work=control.at_work(connection))

    return run_on_connection(target, "pausing", change, DEFAULT_RETRY_SECONDS)


def resume(target: Target) -> Pause:
    """Removes the flag. Refused if the database has no ledger."""

    changed = False  # also by an attempt whose connection was lost afterwards

    def change(connection: Connection) -> Pause:
        nonlocal changed
        _require_ledger(connection, target, "resume")
        changed = control.resume(connection) or changed
        return Pause(paused=None, changed=changed, at_work=control.at_work(connection))

    return run_on_connection(target, "resuming", change, DEFAULT_RETRY_SECONDS)


def _require_ledger(connection: Connection, target: Target, doing: str) -> None:
    if not store.upgrade(connection):
        raise Refused(f"there is no ledger in {target}, so there is nothing to {doing}", "parloader seed creates the ledger")
