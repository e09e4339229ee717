"""What runs in a worker of a Dask cluster: one execution of a task, and its channel to the command, which is a client of the cluster.

Dask may run a task several times, also at the same time. Each execution reports to the command, which answers with the password
(credentials.py). The task itself makes sure that only the newest execution writes (ledger/control.py, claim).

Events are sent while the task runs, for the progress bar, and may be lost; all of them are part of the result. Orders are a variable of the
scheduler, which is read every second. An execution that cannot read it, or finds that the command no longer writes it, stops.
"""

import os
import pickle
import secrets
import signal
import socket
import threading
import time
import traceback
from asyncio import CancelledError
from dataclasses import replace
from typing import Any, cast

from distributed import Client, TimeoutError, Variable, Worker, WorkerPlugin, get_client, get_worker

from parloader import __version__
from parloader.errors import ConnectError, LoginRefused, ParloaderError, UsageError
from parloader.failures import as_parloader_error
from parloader.workers.events import BatchDone, Event, Started, cpu_seconds
from parloader.workers.executor import Task
from parloader.workers.stop_signal import IGNORED

ORDERS_SECONDS = 1.0
"""How often the command writes its orders, and a worker reads them."""

# After this time without a sign of life, the command or the scheduler counts as gone
LOST_SECONDS = 10.0

# What reading a variable raises if the scheduler is gone, this worker ends, or the variable was deleted (RuntimeError: Dask's server side)
NO_ANSWER = (TimeoutError, OSError, RuntimeError, ValueError, CancelledError)

# Events are sent together, since each message costs the scheduler as much as a small task
SEND_SECONDS = 0.2

FINISHED, OVERTAKEN, LOST, UNFIT, FAILED = "finished", "overtaken", "lost", "unfit", "failed"
"""How an execution ends. FINISHED: also if it stopped as ordered. UNFIT: this worker can run no task, but others may."""


_CPU_BEFORE: dict[str, float] = {}
"""Command → the CPU time of this process when it began to work for the command."""


def execute(version: str, topic: str, run: str, number: int, task: bytes, own_credentials: bool) -> tuple[str, str, str, bytes]:
    """Runs the task in this worker. Returns the names of the execution and of the worker, how it ended, and its pickled events, error and traceback.

    Its parameters and results are plain, because the command may have another version. `topic`: of its events. `run`: the name of its orders.
    """
    channel = DaskChannel(topic, run, number)
    how, error, details = FAILED, None, ""
    try:
        if version != __version__:
            raise UsageError(
                f"the worker has parloader {__version__}, and the command has parloader {version}",
                "Install the same version on every machine",
            )
        how = _run(channel, task, own_credentials)
    except BaseException as raised:  # Polars' PanicException is no Exception
        error, details = _on_this_machine(raised, own_credentials), traceback.format_exc()
        if isinstance(error, ConnectError | UsageError) and not channel.events:
            how = UNFIT
    finally:
        channel.close()
    return channel.execution, channel.address, how, pickle.dumps((channel.events, error, details))


def _run(channel: "DaskChannel", data: bytes, own_credentials: bool) -> str:
    from parloader.ledger.control import Overtaken  # within the block that reports missing packages of this machine
    from parloader.workers.credentials import Envelope, unpickled

    envelope = Envelope()
    answer = channel.introduce(envelope.public_key)
    if answer is None:
        return LOST
    if channel.stopping:  # the answer has no password
        return FINISHED
    task = cast(Task, unpickled(data, None if own_credentials else envelope.open(answer)))
    try:
        task.run(channel)
    except Overtaken:
        return OVERTAKEN
    return LOST if channel.lost else FINISHED


def _on_this_machine(error: BaseException, own_credentials: bool) -> ParloaderError:
    """The error, with the name of this machine."""
    place = f"Dask worker on {socket.gethostname()}"
    if isinstance(error, ImportError):
        return UsageError(
            f"{place}: {error}", f"Install the same packages there as for the command: pip install 'parloader[dask]=={__version__}'"
        )
    failure = as_parloader_error(error)
    failure.message = f"{place}: {failure.message}"
    if own_credentials and isinstance(failure, LoginRefused):
        failure.next_step = "With --credentials worker, the login of each worker is that of PARLOADER_URL or ~/.my.cnf on its machine"
    failure.args = (failure.message, failure.next_step)
    return failure


class IgnoreInterrupts(WorkerPlugin):
    """Lets a worker ignore the signals that reach the entire terminal group; the command stops it."""

    def setup(self, worker: Worker) -> None:
        for number in IGNORED:
            signal.signal(number, signal.SIG_IGN)


class DaskChannel:
    """A WorkerChannel: sends events to the scheduler, and reads the orders of the command."""

    exclusive = False

    def __init__(self, topic: str, run: str, number: int) -> None:
        self.execution = secrets.token_hex(8)
        self.events: list[Event] = []
        self._topic, self._run, self._number = topic, run, number
        self._worker = get_worker()
        self.address: str = self._worker.address
        self._client: Client = get_client()
        self._orders: dict[str, Any] = {}
        self._heard = time.monotonic()
        self._lost = False
        self._sent, self._sent_at = 0, 0.0
        self._cpu_before = _CPU_BEFORE.setdefault(topic, cpu_seconds())
        self._changed = threading.Condition()
        self._over = threading.Event()

    def introduce(self, public_key: bytes) -> bytes | None:
        """Tells the command that this execution begins, and waits for the answer; None: there is none."""
        self._log(
            public_key=public_key,
            host=socket.gethostname(),
            address=self.address,
            thread=f"{os.getpid()}.{threading.get_ident()}",
        )
        answer = Variable(f"{self._run}-{self.execution}", client=self._client)
        try:
            sealed, self._orders = cast("tuple[bytes, dict[str, Any]]", answer.get(timeout=LOST_SECONDS))
        except NO_ANSWER:
            return None
        answer.delete()
        self._heard = time.monotonic()
        threading.Thread(target=self._listen, name="parloader orders", daemon=True).start()
        return sealed

    def _log(self, **message: object) -> None:
        self._worker.log_event(self._topic, {"run": self._run, "task": self._number, "execution": self.execution, **message})

    def _listen(self) -> None:
        variable, beat = Variable(self._run, client=self._client), None
        while not self._over.wait(ORDERS_SECONDS):
            try:
                orders = variable.get(timeout=LOST_SECONDS)
            except NO_ANSWER:
                self._lost, orders = True, self._orders
            if orders.get("beat") != beat:
                beat, self._heard = orders.get("beat"), time.monotonic()
            with self._changed:
                self._orders = orders
                self._changed.notify_all()

    def send(self, event: Event) -> None:
        if isinstance(event, Started | BatchDone):
            event = replace(event, cpu_seconds=event.cpu_seconds - self._cpu_before)
        self.events.append(event)
        if time.monotonic() - self._sent_at >= SEND_SECONDS:
            self._log(first=self._sent, events=pickle.dumps(self.events[self._sent :]))
            self._sent, self._sent_at = len(self.events), time.monotonic()

    @property
    def share(self) -> float:
        return float(self._orders["share"])

    @property
    def lost(self) -> bool:
        """Whether the command or the scheduler is gone. If they return, this stays true, since the task has stopped."""
        self._lost = self._lost or time.monotonic() - self._heard > LOST_SECONDS
        return self._lost

    @property
    def stopping(self) -> bool:
        return bool(self._orders["stop"]) or self.lost

    def wait_for_turn(self, rest_seconds: float = 0.0) -> bool:
        end = time.monotonic() + rest_seconds
        while not self.stopping and (self._orders["paused"] or time.monotonic() < end):
            with self._changed:
                self._changed.wait(ORDERS_SECONDS if self._orders["paused"] else min(ORDERS_SECONDS, max(0.0, end - time.monotonic())))
        return not self.stopping

    def close(self) -> None:
        self._over.set()
