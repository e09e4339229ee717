"""Running tasks: events folded into statistics and shown, the executor stopped by Ctrl-C."""

import contextlib
from collections.abc import Callable, Sequence

from parloader.workers.events import Died, Event, Failed, Retried
from parloader.workers.executor import Executor, StopSignal, Supervisor, Task
from parloader.workers.progress import Progress
from parloader.workers.stats import Stats, fold


def run_tasks(
    executor: Executor,
    tasks: Sequence[Task],
    progress: Progress,
    *,
    what: str,
    rows: int,
    done: int = 0,
    also: Callable[[Event], None] = lambda _: None,
    watch: Supervisor | None = None,
) -> tuple[Stats, bool]:
    """Runs the tasks, `what` they do shown as so many of `rows`; returns the statistics, and whether somebody asked to stop."""
    stats: Stats = {}
    watch = watch or Supervisor()
    with StopSignal() as stop, progress.bar(what, rows, done) as meter:

        def on_event(event: Event) -> None:
            nonlocal stats
            stats = fold(stats, event)
            also(event)
            with contextlib.suppress(OSError):  # nobody watches any more (a closed pipe): no reason to stop
                if isinstance(event, Retried):
                    progress.detail(f"worker {event.worker} tries {event.table}, {event.batch}, again: {event.reason}")
                if isinstance(event, Died) and event.replaced_by is not None:
                    progress.note(f"{event.error.message}; worker {event.replaced_by} takes up what is left of it")
                if isinstance(event, Failed):
                    progress.detail(event.traceback_text)

        def on_tick() -> None:
            with contextlib.suppress(OSError):
                meter.update(stats, watch.paused)

        executor.run(tasks, on_event, stop, watch, on_tick)
    return stats, bool(stop.requests)
