"""Shows progress on stderr: a tqdm bar, or a log line every few seconds if stderr is not a terminal."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Never

from parloader.cli.terminal.bar_layout import bar_format, short
from parloader.cli.terminal.widths import DEFAULT_COLUMNS, columns_of, printable
from parloader.quantities import duration_text
from parloader.workers.progress import Progress, ProgressBar
from parloader.workers.stats import Stats

if TYPE_CHECKING:
    from tqdm import tqdm

LOG_EVERY_SECONDS = 5.0

DRAW_EVERY_SECONDS = 0.2


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
        text = "\n".join(map(printable, self._change(message).splitlines()))
        if self._bar is None:
            print(text, file=sys.stderr)
        else:
            self._bar.write(text, file=sys.stderr)  # above the bar

    @contextmanager
    def bar(self, what: str, rows: int, done: int = 0) -> Iterator[ProgressBar]:
        if self.verbosity < 1 or rows == 0:
            yield ProgressBar()
        elif sys.stderr.isatty():
            from tqdm import tqdm  # slow to import, and most commands draw no bar

            with tqdm(total=rows, initial=done, file=sys.stderr, bar_format=" ", ncols=columns_of(sys.stderr) or DEFAULT_COLUMNS) as bar:
                self._bar = bar
                shown = TerminalBar(bar, what, done)
                shown.draw()
                try:
                    yield shown
                finally:
                    self._bar = None
                    shown.draw()
        else:
            yield _Log(what, rows, done)


class TerminalBar(ProgressBar):
    """A tqdm bar that always shows the rate and the time left."""

    def __init__(self, bar: "tqdm[Never]", what: str, done: int) -> None:
        self._bar = bar
        self._what = what
        self._done = done
        self._begun = time.monotonic()
        self._drawn = 0.0
        self._workers = self._retries = ""
        self._paused = False

    def update(self, stats: Stats, paused: bool) -> None:
        """Sets `n` instead of calling tqdm's update, which redraws nothing while nothing changes, and so would show an outdated rate."""
        self._bar.n = self._done + _rows(stats)
        self._workers, self._retries, self._paused = _workers(stats), _retries(stats), paused
        if time.monotonic() - self._drawn >= DRAW_EVERY_SECONDS:
            self.draw()

    def draw(self) -> None:
        """Draws the bar as it is now."""
        self._drawn = time.monotonic()
        seconds = self._drawn - self._begun
        rows, total = self._bar.n, self._bar.total
        assert total is not None
        rate = (rows - self._done) / seconds if seconds else 0.0
        time_text = f"{duration_text((total - rows) / rate)} left" if rate else "time left unknown"
        columns = columns_of(sys.stderr) or DEFAULT_COLUMNS
        self._bar.ncols = columns
        self._bar.bar_format = bar_format(
            columns,
            what=self._what,
            share=min(1.0, rows / total),
            rows=f"{short(rows)} of {short(total)}",
            rate=f"{'waiting, ' if self._paused else ''}{short(rate)} rows/s",
            time=f"in {duration_text(seconds)}" if rows >= total else time_text,
            workers=self._retries if rows >= total else f"{self._workers}, {self._retries}" if self._workers else "",
        )
        self._bar.refresh()


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
        waits = "waiting, " if paused else ""
        print(
            f"{self._what}: {self._done + new:,} of {self._total:,} rows ({share:.0%}), {rate:,.0f} rows/s, {left}, "
            f"{waits}{_workers(stats)}, {_retries(stats)}",
            file=sys.stderr,
        )


def _rows(stats: Stats) -> int:
    return sum(worker.rows for worker in stats.values())


def _workers(stats: Stats) -> str:
    return f"workers {sum(worker.alive for worker in stats.values())}"


def _retries(stats: Stats) -> str:
    return f"retries {sum(worker.retries for worker in stats.values())}"
