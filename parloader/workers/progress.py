"""The observer of an operation, and what it shows: here, nothing. cli/terminal/screen.py shows progress on a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from parloader.workers.stats import Stats

if TYPE_CHECKING:
    from parloader.workers.events import Event


class ProgressBar:
    """Shows the progress of one step. This one shows nothing."""

    def update(self, stats: Stats, paused: bool) -> None:
        """Shows these statistics, and whether the workers are paused. Called several times a second, also if nothing has changed."""


class Progress:
    """The observer of an operation. This one shows nothing: the default if parloader is used as a library.

    An observer may fail (a closed output) without failing the operation.
    """

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
