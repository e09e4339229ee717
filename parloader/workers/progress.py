"""Shows progress: a tqdm bar, or a log line every few seconds if stderr is not a terminal. Progress is also the observer of library users."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Never

from parloader.quantities import duration_text
from parloader.workers.stats import Stats

if TYPE_CHECKING:
    from tqdm import tqdm

    from parloader.workers.events import Event


LOG_EVERY_SECONDS = 5.0

DRAW_EVERY_SECONDS = 0.2


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


class Screen(Progress):
    """Shows progress on stderr: notes and the bar from verbosity 1, details from verbosity 2. `change` completes a line before it is shown."""

    def __init__(self, verbosity: int, change: Callable[[str], str] = str) -> None:
        self.verbosity = verbosity
        self._change = change
        self._bar: tqdm[Never] | None = None

    def note(self, message: str) -> None:
        if self.verbosity >= 1:
            self._write(message)

    def detail(self, message: str) -> None:
        if self.verbosity >= 2:
            self._write(message)

    def _write(self, message: str) -> None:
        if self._bar is None:
            print(self._change(message), file=sys.stderr)
        else:
            self._bar.write(self._change(message), file=sys.stderr)  # above the bar

    @contextmanager
    def bar(self, what: str, rows: int, done: int = 0) -> Iterator[ProgressBar]:
        if self.verbosity < 1 or rows == 0:
            yield ProgressBar()
        elif sys.stderr.isatty():
            from tqdm import tqdm  # slow to import, and most commands draw no bar

            with tqdm(desc=what, total=rows, initial=done, unit=" rows", unit_scale=True, dynamic_ncols=True, file=sys.stderr) as bar:
                self._bar = bar
                try:
                    yield _TerminalBar(bar, done)
                finally:
                    self._bar = None
        else:
            yield _Log(what, rows, done)


class _TerminalBar(ProgressBar):
    def __init__(self, bar: "tqdm[Never]", done: int) -> None:
        self._bar = bar
        self._done = done
        self._drawn = 0.0

    def update(self, stats: Stats, paused: bool) -> None:
        """Sets `n` instead of calling tqdm's update, which redraws nothing while nothing changes, and so would show an outdated rate."""
        self._bar.n = self._done + _rows(stats)
        now = time.monotonic()
        if now - self._drawn >= DRAW_EVERY_SECONDS:
            self._drawn = now
            self._bar.set_postfix_str(_workers(stats, paused))


class _Log(ProgressBar):
    def __init__(self, what: str, rows: int, done: int) -> None:
        self._what, self._total, self._done = what, rows, done
        self._begun = self._logged = time.monotonic()

    def update(self, stats: Stats, paused: bool) -> None:
        now = time.monotonic()
        if now - self._logged < LOG_EVERY_SECONDS:
            return
        self._logged = now
        new = _rows(stats)
        rate = new / (now - self._begun)
        left = f"{duration_text((self._total - self._done - new) / rate)} left" if rate else "time left unknown"
        share = (self._done + new) / self._total
        print(
            f"{self._what}: {self._done + new:,} of {self._total:,} rows ({share:.0%}), {rate:,.0f} rows/s, {left}, {_workers(stats, paused)}",
            file=sys.stderr,
        )


def _rows(stats: Stats) -> int:
    return sum(worker.rows for worker in stats.values())


def _workers(stats: Stats, paused: bool) -> str:
    alive = sum(worker.alive for worker in stats.values())
    return f"{'waiting, ' if paused else ''}workers {alive}, retries {sum(worker.retries for worker in stats.values())}"
