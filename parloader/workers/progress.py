"""The observer of an operation, and what it shows: here, nothing. cli/terminal/screen.py shows progress on a terminal."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from parloader.workers.stats import Stats

if TYPE_CHECKING:
    from parloader.database.session import ServerInfo
    from parloader.ledger.run import Run
    from parloader.workers.events import Event


class ProgressBar:
    """Shows the progress of one step. This one shows nothing."""

    def update(self, stats: Stats, paused: bool) -> None:
        """Shows these statistics, and whether the workers are paused. Called several times a second, also if nothing has changed."""


class Progress:
    """The observer of an operation. This one shows nothing: the default if parloader is used as a library.

    An observer may fail (a closed output) without failing the operation.
    """

    def connected(self, server: "ServerInfo", where: str) -> None:
        """Called when the server is known. `where`: the database, the address and the account."""
        self.note(f"connected to {server}: {where}")

    def works_on(self, run: "Run") -> None:
        """Called for each run that is loaded, compared or deleted, before its first batch; `run` is as it was then."""

    def waiting(self, reason: str | None) -> None:
        """Called when a throttle or parloader pause stops the workers, and with None when they resume. May come from another thread."""
        self.note(f"waiting: {reason}" if reason else "resumed")

    def begin_step(self, workers: Sequence[int]) -> None:
        """Called before these workers start a step: a table, or one pass over it. Steps follow each other."""

    def observe(self, event: "Event") -> None:
        """Called in this process with each event of each worker (parloader/workers/events.py), in the order of their arrival.

        Return quickly: the workers' next events wait. If it raises an exception, the operation continues, and no more events of the same step
        follow.
        """

    def note(self, message: str) -> None:
        """Shows a line of information."""

    def detail(self, message: str) -> None:
        """Shows a line of details (-v)."""

    @contextmanager
    def bar(self, what: str, rows: int, done: int = 0) -> Iterator[ProgressBar]:
        """A context that shows the progress of the step `what`, of `rows` rows, of which `done` were done before."""
        yield ProgressBar()
