"""How the caller of a function sees its progress: by a callback, or a tqdm bar."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeAlias

from parloader.errors import UsageError
from parloader.workers.progress import Progress, ProgressBar
from parloader.workers.stats import Stats

if TYPE_CHECKING:
    from tqdm import tqdm

# People do not read faster, and a callback costs time in which no event is handled
CALL_EVERY_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True)
class ProgressUpdate:
    """How far one step of a function is."""

    what: str
    """the step, such as "seed orders" or "verify\""""
    rows: int
    """of the step"""
    done_rows: int
    """of these, with those that were done before the function was called"""
    seconds: float
    """since the step began"""
    rows_per_second: float
    """since the step began; 0: no row is done yet"""
    seconds_left: float | None
    """at this rate; None: no row is done yet"""
    workers: int
    """that are at work"""
    retries: int
    """of batches, since the step began"""
    paused: bool
    """whether the workers wait: for parloader resume, or because of a limit"""

    @property
    def share(self) -> float:
        """The share of the rows that is done, from 0 to 1."""
        return self.done_rows / self.rows if self.rows else 1.0


ProgressArgument: TypeAlias = Callable[[ProgressUpdate], object] | Progress | bool | None
"""What shows progress: a function that is called with each update, True for a tqdm bar, None or False for nothing."""


def observer(progress: ProgressArgument) -> Progress:
    """The observer of an operation. UsageError: it is no such argument."""
    if progress is None or progress is False:
        return Progress()
    if progress is True:
        return _TqdmProgress()
    if isinstance(progress, Progress):
        return progress
    if callable(progress):
        return _Callback(progress)
    raise UsageError(
        f"progress has the type {type(progress).__name__}", "Give a function of one ProgressUpdate, True for a tqdm bar, or None"
    )


class _Callback(Progress):
    """Calls a function with each update. What the function raises ends the operation."""

    def __init__(self, function: Callable[[ProgressUpdate], object]) -> None:
        self._function = function

    @contextmanager
    def bar(self, what: str, rows: int, done: int = 0) -> Iterator[ProgressBar]:
        yield _CallbackBar(self._function, what, rows, done)


class _CallbackBar(ProgressBar):
    """Calls the function at the start, then a few times a second, and when all rows are done."""

    def __init__(self, function: Callable[[ProgressUpdate], object], what: str, rows: int, done: int) -> None:
        self._function, self._what, self._rows, self._done = function, what, rows, done
        self._begun = time.monotonic()
        self._called = float("-inf")
        self._last: ProgressUpdate | None = None

    def update(self, stats: Stats, paused: bool) -> None:
        now, new = time.monotonic(), sum(worker.rows for worker in stats.values())
        is_end = self._done + new >= self._rows
        if now - self._called < CALL_EVERY_SECONDS and not (is_end and (self._last is None or self._last.done_rows < self._rows)):
            return
        seconds = now - self._begun
        rate = new / seconds if seconds else 0.0
        self._called, self._last = (
            now,
            ProgressUpdate(
                what=self._what,
                rows=self._rows,
                done_rows=self._done + new,
                seconds=seconds,
                rows_per_second=rate,
                seconds_left=max(0, self._rows - self._done - new) / rate if rate else None,
                workers=sum(worker.alive for worker in stats.values()),
                retries=sum(worker.retries for worker in stats.values()),
                paused=paused,
            ),
        )
        self._function(self._last)


class _TqdmProgress(Progress):
    """A tqdm bar for each step: in a notebook, one of its own kind."""

    @contextmanager
    def bar(self, what: str, rows: int, done: int = 0) -> Iterator[ProgressBar]:
        with _tqdm()(desc=what, total=rows, initial=done, unit=" rows", unit_scale=True, dynamic_ncols=True) as bar:
            yield _TqdmBar(bar, done)


def _tqdm() -> Any:
    """The class of bars. tqdm.auto would print a warning in a notebook without ipywidgets."""
    if find_spec("ipywidgets") is None:
        from tqdm import tqdm
    else:
        from tqdm.auto import tqdm
    return tqdm


class _TqdmBar(ProgressBar):
    def __init__(self, bar: "tqdm[Any]", done: int) -> None:
        self._bar, self._done = bar, done

    def update(self, stats: Stats, paused: bool) -> None:
        self._bar.update(self._done + sum(worker.rows for worker in stats.values()) - self._bar.n)
        if paused:
            self._bar.set_postfix_str("waiting")
