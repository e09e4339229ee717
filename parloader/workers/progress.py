"""What is seen while it runs: a tqdm bar over the statistics, or a log line every few seconds where there is no terminal."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Never

from parloader.workers.stats import Stats

if TYPE_CHECKING:
    from tqdm import tqdm


LOG_EVERY_SECONDS = 5.0

DRAW_EVERY_SECONDS = 0.2


class ProgressBar:
    """Shows how far one piece of work is. This one shows nothing."""

    def update(self, stats: Stats, held: bool) -> None:
        """The statistics are as given now, and the workers wait (`held`) or work. Called several times a second, also where nothing is new."""


class Progress:
    """The observer of an operation. This one shows nothing: the default where parloader is used as a library."""

    def note(self, message: str) -> None:
        """A line of information."""

    def detail(self, message: str) -> None:
        """A line for those who asked for more."""

    @contextmanager
    def bar(self, what: str, rows: int, done: int = 0) -> Iterator[ProgressBar]:
        """`what` is done to `rows` rows, of which `done` are done already."""
        yield ProgressBar()


class Screen(Progress):
    """Shows all on stderr: notes from verbosity 1 on (and the meter), details from 2 on."""

    def __init__(self, verbosity: int) -> None:
        self.verbosity = verbosity
        self._bar: tqdm[Never] | None = None

    def note(self, message: str) -> None:
        if self.verbosity >= 1:
            self._write(message)

    def detail(self, message: str) -> None:
        if self.verbosity >= 2:
            self._write(message)

    def _write(self, message: str) -> None:
        if self._bar is None:
            print(message, file=sys.stderr)
        else:
            self._bar.write(message, file=sys.stderr)  # above the bar

    @contextmanager
    def bar(self, what: str, rows: int, done: int = 0) -> Iterator[ProgressBar]:
        if self.verbosity < 1 or rows == 0:
            yield ProgressBar()
        elif sys.stderr.isatty():
            from tqdm import tqdm  # takes long to import, and most commands draw no bar

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

    def update(self, stats: Stats, held: bool) -> None:
        """Not by tqdm's own update, which draws nothing, and so keeps the rate, where nothing is new: the rate is that since the begin."""
        self._bar.n = self._done + _rows(stats)
        now = time.monotonic()
        if now - self._drawn >= DRAW_EVERY_SECONDS:
            self._drawn = now
            self._bar.set_postfix_str(_workers(stats, held))


class _Log(ProgressBar):
    def __init__(self, what: str, rows: int, done: int) -> None:
        self._what, self._total, self._done = what, rows, done
        self._begun = self._said = time.monotonic()

    def update(self, stats: Stats, held: bool) -> None:
        now = time.monotonic()
        if now - self._said < LOG_EVERY_SECONDS:
            return
        self._said = now
        made = _rows(stats)
        rate = made / (now - self._begun)
        left = f"{(self._total - self._done - made) / rate:.0f} s left" if rate else "time left unknown"
        share = (self._done + made) / self._total
        print(
            f"{self._what}: {self._done + made:,} of {self._total:,} rows ({share:.0%}), {rate:,.0f} rows/s, {left}, {_workers(stats, held)}",
            file=sys.stderr,
        )


def _rows(stats: Stats) -> int:
    return sum(worker.rows for worker in stats.values())


def _workers(stats: Stats, held: bool) -> str:
    alive = sum(worker.alive for worker in stats.values())
    return f"{'waiting, ' if held else ''}workers {alive}, retries {sum(worker.retries for worker in stats.values())}"
