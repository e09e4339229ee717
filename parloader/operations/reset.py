"""reset: brings a database of the private server back to the state that `mark` has remembered."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from parloader.database.driver import Connection
from parloader.database.pristine import mark as marks
from parloader.database.pristine import restoration, transactions
from parloader.database.private_server.recognition import require_private
from parloader.database.session import connected
from parloader.database.target import Target
from parloader.errors import AnotherRun, Refused
from parloader.ledger import control


@dataclass(frozen=True, kw_only=True)
class MarkResult:
    """The state that was remembered."""

    database: str
    tables: int
    rows: int
    seconds: float

    def as_json(self) -> dict[str, Any]:
        return {"database": self.database, "tables": self.tables, "rows": self.rows, "seconds": round(self.seconds, 4)}


@dataclass(frozen=True, kw_only=True)
class ResetResult:
    """What was taken back. Tables are named."""

    database: str
    known: bool  # whether the server could tell which tables had changed; if not, all were compared
    compared: tuple[str, ...]  # tables whose rows were compared
    rows: dict[str, int] = field(default_factory=dict)  # table → rows that were changed, added or deleted, and are as they were
    counters: tuple[str, ...] = ()  # tables whose AUTO_INCREMENT was set back
    rebuilt: tuple[str, ...] = ()  # tables that were dropped and created again
    dropped: tuple[str, ...] = ()  # tables that were added since the mark
    programs: tuple[str, ...] = ()  # views, triggers, routines and events that were brought back, as "view names"
    seconds: float

    def as_json(self) -> dict[str, Any]:
        return {
            "database": self.database,
            "known": self.known,
            "compared": list(self.compared),
            "rows": self.rows,
            "counters": list(self.counters),
            "rebuilt": list(self.rebuilt),
            "dropped": list(self.dropped),
            "programs": list(self.programs),
            "seconds": round(self.seconds, 4),
        }


def mark(target: Target) -> MarkResult:
    """Remembers the present state of the target's database. An earlier mark of it is replaced.

    Refused: the server is not a private server of parloader, or a connection has uncommitted changes. AnotherRun: a command is at work in it.
    """
    begun = time.monotonic()
    with target.translate_errors("marking the state of the database"), _alone(target) as connection:
        made = marks.create(connection, target.database)
    return MarkResult(database=target.database, tables=len(made.tables), rows=made.rows, seconds=time.monotonic() - begun)


def reset(target: Target) -> ResetResult:
    """Brings the target's database back to the state at its mark: rows, AUTO_INCREMENT counters, tables, views, triggers, routines and events.

    Refused: there is no mark, a system-versioned table was changed, or as for `mark`.
    """
    begun = time.monotonic()
    with target.translate_errors("taking back what has changed"), _alone(target) as connection:
        to = marks.load(connection, target.database)
        if to is None:
            raise Refused(
                f"the database {target.database} has no mark to go back to", "Seed it, then remember its state: parloader reset --mark"
            )
        taken = restoration.take_back(connection, target, to)
    return ResetResult(
        database=target.database,
        known=taken.known,
        compared=taken.compared,
        rows=taken.rows,
        counters=taken.counters,
        rebuilt=taken.rebuilt,
        dropped=taken.dropped,
        programs=taken.programs,
        seconds=time.monotonic() - begun,
    )


def forget(target: Target) -> None:
    """Removes the mark of the target's database, and the copies of its rows. Raises as `mark` does."""
    with target.translate_errors("removing the mark of the database"), _alone(target) as connection:
        marks.drop(connection, target.database)


@contextmanager
def _alone(target: Target) -> Iterator[Connection]:
    """A connection to a database in which no other parloader command is at work, and nobody has uncommitted changes."""
    with connected(target) as connection:
        require_private(connection, target)
        if not control.lock(connection):
            raise control.refusal(connection)
        writing = transactions.writers(connection)
        if transactions.NOBODY in writing:
            raise AnotherRun(
                "the server has a prepared transaction (XA PREPARE) that is neither committed nor rolled back",
                "XA RECOVER lists it: commit it or roll it back with XA COMMIT or XA ROLLBACK, then try again",
            )
        if writing:
            numbers = ", ".join(map(str, writing))
            raise AnotherRun(
                f"connection {numbers} has uncommitted changes in the database {target.database}"
                if len(writing) == 1
                else f"connections {numbers} have uncommitted changes in the database {target.database}",
                "Commit, roll back or close it, then try again",
            )
        yield connection
