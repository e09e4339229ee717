"""Protocols of running tasks: an executor runs each task in a worker, and a channel connects the worker with the parent.

A task is a frozen dataclass, pickled and sent to its worker. processes.py implements the executor with processes of this machine,
dask_executor.py with the workers of a Dask cluster.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from parloader.workers.events import Event
from parloader.workers.stop_signal import StopSignal

# A task of at most this many rows is done in less time than a process takes to start (two to three tenths of a second of CPU)
SMALL_LOAD_ROWS = 10_000
SMALL_COMPARISON_ROWS = 100_000
SMALL_DELETION_ROWS = 25_000


class WorkerChannel(Protocol):
    """The worker's connection with the parent. A lost parent counts as an order to stop."""

    def send(self, event: Event) -> None:
        """Reports to the parent."""

    @property
    def exclusive(self) -> bool:
        """Whether nobody else can work on this task at the same time, or has before."""

    @property
    def share(self) -> float:
        """The share of this worker in the limits of all workers. Can change at any time."""

    @property
    def stopping(self) -> bool:
        """Whether to stop after the current batch."""

    def wait_for_turn(self, rest_seconds: float = 0.0) -> bool:
        """Waits `rest_seconds`, and as long as the workers are paused. False: stop instead."""


class Task(Protocol):
    """What one worker does. Its text names its rows (table and index ranges)."""

    @property
    def worker(self) -> int:
        """The worker's number."""

    @property
    def is_small(self) -> bool:
        """Whether the work takes less time than the start of a process, so that it may run in the parent's."""

    def run(self, channel: WorkerChannel) -> None:
        """Does the work and reports it through the channel; returns early if the channel says `stopping`."""

    def reassigned_to(self, worker: int) -> "Task | None":
        """The task for `worker`, which replaces this task's crashed worker; None: the task is not restarted."""


class Supervisor:
    """Pauses or ends the running tasks. This one does neither."""

    @property
    def paused(self) -> bool:
        """Whether the workers pause, each after its current batch."""
        return False

    @property
    def failure(self) -> Exception | None:
        """Why all tasks must end."""
        return None


class Executor(Protocol):
    """Runs tasks, each in a worker."""

    @property
    def capacity(self) -> int | None:
        """How many tasks can run at the same time. None: any number."""

    def task_count(self, procs: int) -> int:
        """How many tasks the work should be divided into, if `procs` workers were asked for."""

    def ready(self, workers: int, module: str) -> AbstractContextManager[None]:
        """A context in which up to `workers` workers start early and import `module`, while the caller prepares their tasks.

        Workers that have finished their task wait for another one, until the context ends. Contexts may be nested: the workers of the outer
        one count.
        """

    def run(
        self,
        tasks: Sequence[Task],
        on_event: Callable[[Event], None],
        stop: StopSignal,
        watch: Supervisor,
        on_tick: Callable[[], None] = ...,
    ) -> None:
        """Runs every task to its end. Calls `on_event` in this process for each event, and `on_tick` several times a second and at the end.

        Returns early if `stop` was requested. If a task fails, a worker dies and is not replaced, or `watch` fails, the other workers stop
        after their current batch, and the error is raised: the task's own, WorkerDied, or that of `watch`.
        """
