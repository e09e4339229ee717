"""Runs tasks: folds their events into statistics, shows progress, and stops the executor on Ctrl-C. Chooses the executor."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec

from parloader.database.target import Target
from parloader.errors import UsageError
from parloader.quantities import counted
from parloader.workers.events import Died, Event, Failed, Retried, RunsInParent
from parloader.workers.execution import Execution, ExecutorName
from parloader.workers.executor import Executor, Supervisor, Task
from parloader.workers.processes import LocalExecutor
from parloader.workers.progress import Progress
from parloader.workers.stats import Stats, fold
from parloader.workers.stop_signal import StopSignal


def default_executor() -> Executor:
    """The executor of an operation whose caller gives none."""
    return LocalExecutor()


def in_process_executor() -> Executor:
    """An executor that starts no process."""
    return LocalExecutor(in_process=True)


@contextlib.contextmanager
def executor_for(execution: Execution, procs: int, target: Target, note: Callable[[str], None]) -> Iterator[Executor]:
    """The executor of a command on this target. `procs`: how many workers a cluster has that is started here.

    UsageError: Dask is not installed, or workers have another version. ConnectError. Refused: see dask_cluster.connected.
    """
    if execution.executor is ExecutorName.LOCAL:
        yield default_executor()
        return
    if find_spec("distributed") is None:
        raise UsageError("Dask is not installed, which --executor dask and --scheduler need", "Run: pip install 'parloader[dask]'")
    from parloader.workers.dask_cluster import connected  # Dask takes half a second to import
    from parloader.workers.dask_executor import DaskExecutor

    with connected(execution, procs, target, note) as cluster:
        yield DaskExecutor(cluster)


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
    """Runs the tasks; returns the statistics, and whether a stop was requested.

    Progress shows `what` they do, for `rows` rows, of which `done` were done before, and observes each event. `also` is called with each
    event as well; unlike the observer, it may end the operation by an exception.
    """
    stats: Stats = {}
    observe = _observer(progress)
    watch = watch or Supervisor()
    with StopSignal() as stop, progress.bar(what, rows, done) as bar:
        progress.begin_step([task.worker for task in tasks])

        def on_event(event: Event) -> None:
            nonlocal stats
            stats = fold(stats, event)
            also(event)
            observe(event)
            with contextlib.suppress(OSError):  # the output is closed (a broken pipe): no reason to stop
                if isinstance(event, RunsInParent):
                    progress.detail(f"{what or 'load'}: no worker process is started for {counted(rows, 'row')}")
                if isinstance(event, Retried):
                    progress.detail(f"worker {event.worker} retries {event.table}, {event.batch}: {event.reason}")
                if isinstance(event, Died) and event.replaced_by is not None:
                    progress.note(f"{event.error.message}; worker {event.replaced_by} replaces it")
                if isinstance(event, Failed):
                    progress.detail(event.traceback_text)

        def on_tick() -> None:
            with contextlib.suppress(OSError):
                bar.update(stats, watch.paused)

        executor.run(tasks, on_event, stop, watch, on_tick)
    return stats, bool(stop.requests)


def _observer(progress: Progress) -> Callable[[Event], None]:
    """Passes events to progress.observe. After its first exception, which it notes, it passes on no more."""
    failed = False

    def observe(event: Event) -> None:
        nonlocal failed
        if failed:
            return
        try:
            progress.observe(event)
        except Exception as error:
            failed = True
            with contextlib.suppress(OSError):
                progress.note(f"the observer of this step failed, so it gets no more events: {type(error).__name__}: {error}")

    return observe
