"""What the command sends to the executions of its tasks in a Dask cluster: orders to all of them, and an answer to each that begins.

Both are variables of the scheduler. A thread writes them, because a scheduler that hangs would block the command. The orders are written
every second, even if nothing has changed: executions stop if this sign of life is missing (dask_worker.py). If the command itself is
suspended (Ctrl-Z), they stop as well, and are repeated when it continues.
"""

import contextlib
import queue
import threading
import time
from typing import Any

from distributed import Variable

from parloader.errors import SchedulerLost
from parloader.workers.dask_cluster import ANSWER_SECONDS, Cluster, lost_scheduler, scheduler_needed
from parloader.workers.dask_worker import LOST_SECONDS, ORDERS_SECONDS

# Longer than the workers wait for a sign of life
HANGS_SECONDS = 2 * LOST_SECONDS


class Orders:
    """Writes the orders of one call of DaskExecutor.run, from `start` to `end`."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.slots = cluster.slots
        """how many tasks the workers run at the same time, as of a second ago"""
        self._cluster, self._name = cluster, name
        self._orders: dict[str, Any] = {"stop": False, "paused": False, "share": 1.0}
        self._beat = 0
        self._answers: queue.SimpleQueue[tuple[str, bytes] | None] = queue.SimpleQueue()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write_all, name="parloader orders", daemon=True)
        self._trying_since: float | None = None
        """when the first attempt began to write what is not written yet; None: all is written"""
        self._noted = False

    def start(self, **orders: object) -> None:
        """SchedulerLost: the scheduler is gone or hangs."""
        self._orders |= orders
        with scheduler_needed():
            self._write()
        self._thread.start()

    def update(self, **orders: object) -> None:
        if self._orders != orders:
            self._orders = orders
            self._answers.put(None)

    def answer(self, execution: str, sealed: bytes) -> None:
        """Lets an execution begin, with the newest orders."""
        self._answers.put((execution, sealed))

    @property
    def failure(self) -> SchedulerLost | None:
        """Why the orders do not reach the workers."""
        trying_since = self._trying_since  # not the last success: a command that was suspended has not tried since
        if trying_since is not None and time.monotonic() - trying_since > HANGS_SECONDS:
            return lost_scheduler("hangs")
        return None if self._cluster.client.status == "running" else lost_scheduler("was lost")

    def _write_all(self) -> None:
        while not self._over.is_set():
            answer = None
            with contextlib.suppress(queue.Empty):
                answer = self._answers.get(timeout=ORDERS_SECONDS)
            self._trying_since = self._trying_since or time.monotonic()
            try:
                if answer:
                    self._set((answer[1], self._orders), f"-{answer[0]}")
                self._write()
                self._count_slots()
            except Exception:  # whatever it is, `failure` reports it if it lasts
                continue
            self._trying_since = None

    def _count_slots(self) -> None:
        before, self.slots = self.slots, self._cluster.slots
        if self.slots == 0 and (before or not self._noted):
            self._cluster.note(
                f"waiting: no worker of the Dask cluster can run a task{self._cluster.condition}; to start one: dask worker {self._cluster.scheduler_address}"
            )
            self._noted = True

    def _write(self) -> None:
        self._beat += 1
        self._set({**self._orders, "beat": self._beat})

    def _set(self, value: object, suffix: str = "") -> None:
        self._variable(suffix).set(value, callback_timeout=ANSWER_SECONDS)

    def _variable(self, suffix: str = "") -> Variable:
        return Variable(f"{self._name}{suffix}", client=self._cluster.client)

    def end(self, all_ended: bool) -> None:
        """Orders executions that have not ended to stop. `all_ended`: there are none."""
        self._over.set()
        self._answers.put(None)
        if self._cluster.client.status == "running" and self._thread.is_alive():
            self._thread.join(LOST_SECONDS)
            if all_ended:
                self._variable().delete()
            elif not self._thread.is_alive():
                self._orders["stop"] = True
                with contextlib.suppress(OSError):  # the executions miss the sign of life, and stop later
                    self._write()
