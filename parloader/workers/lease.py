"""Holding a database: the lock that admits one parloader at a time, kept for as long as the work takes, and what is watched meanwhile.

A thread with a connection of its own looks every second. So the lock outlives a connection (the server was restarted, the network was
cut), nothing is idle for so long that the server ends it, and the workers can be held where the server has too much to do.
"""

import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Protocol, TypeVar

from parloader.database import error_codes
from parloader.database.driver import Connection, DriverError
from parloader.database.error_codes import Action
from parloader.database.session import connect, connected
from parloader.database.target import Target
from parloader.errors import ConnectError, LoginRefused, ParloaderError
from parloader.ledger import control
from parloader.ledger.control import Holder
from parloader.workers.executor import Supervisor
from parloader.workers.progress import Progress
from parloader.workers.transactions import pause, pause_seconds

CHECK_INTERVAL_SECONDS = 1.0

# What is asked here is answered in milliseconds; a server that takes so long has gone, or wants its peace
ANSWER_TIMEOUT_SECONDS = 10.0

# The workers give up first where the server is gone: their message names the rows
WORKERS_FIRST_SECONDS = 10.0

T = TypeVar("T")


class Throttle(Protocol):
    """Something that may ask the workers to wait."""

    def reason(self, connection: Connection) -> str | None:
        """Why they are to wait, in words that follow "waiting: "; None: they are not to. Called every second. Errors of ours end the work."""


class DatabaseLease(Supervisor):
    """A database that this process alone works in, as long as the block runs. AnotherRun on entering says who else does, and since when."""

    def __init__(self, target: Target, doing: str, retry_seconds: float, progress: Progress, conditions: Sequence[Throttle] = ()) -> None:
        self._target = target
        self._retry_seconds = retry_seconds
        self._progress = progress
        self._conditions = conditions
        self._holder = Holder(doing=doing)
        self._fenced = False
        self._holding: Throttle | None = None
        self._failure: Exception | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="parloader hold", daemon=True)

    def __enter__(self) -> "DatabaseLease":
        self._connection = self._connect()
        with self._target.translate_errors("taking the lock of the database"):
            if not control.lock(self._connection):
                refusal = control.refusal(self._connection)
                error_codes.close(self._connection)
                raise refusal
        try:
            with self._target.translate_errors("looking whether to wait"):
                self._check_throttles()
        except BaseException:
            error_codes.close(self._connection)
            raise
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join(ANSWER_TIMEOUT_SECONDS)
        if not self._thread.is_alive():
            control.unlock(self._connection)
            error_codes.close(self._connection)

    def fence(self, connection: Connection) -> int:
        """Writes this holder's token into the ledger, which has to be there, and returns it: workers of others end."""
        self._holder.write(connection, self._connection.thread_id())
        self._fenced = True
        return self._holder.token

    @property
    def paused(self) -> bool:
        return self._holding is not None

    def wait(self) -> None:
        """Returns when nothing is held (any more). Errors of ours."""
        while self.paused and not self._failure:
            self._over.wait(CHECK_INTERVAL_SECONDS / 10)
        if self._failure:
            raise self._failure

    @property
    def failure(self) -> Exception | None:
        return self._failure

    def run_with_retry(self, doing: str, work: Callable[[Connection], T]) -> T:
        """Runs `work`, which may be repeated, on a new connection; again after a deadlock or where the connection is lost, for as long as a
        retry may take. Errors of ours; `doing` is for their messages."""
        failing_since: float | None = None
        attempts = 0
        while True:
            if self._failure:
                raise self._failure
            try:
                with connected(self._target) as connection:
                    return work(connection)
            except DriverError as error:
                again = error_codes.classify(error) is not Action.GIVE_UP
                said: ParloaderError = self._target.translate(error, doing)
            except ConnectError as error:
                again = not isinstance(error, LoginRefused)
                said = error
            failing_since = failing_since or time.monotonic()
            if not again or time.monotonic() - failing_since >= self._retry_seconds:
                raise said
            self._progress.detail(f"trying again: {said.message}")
            attempts += 1
            pause(attempts)

    def _connect(self) -> Connection:
        return connect(self._target, short_lived=True, answer_timeout_seconds=ANSWER_TIMEOUT_SECONDS)

    def _watch(self) -> None:
        while not self._over.wait(CHECK_INTERVAL_SECONDS):
            try:
                self._check_lock()
            except Exception as error:  # whatever it is: a lock that nobody looks after is worse
                self._failure = error
                return

    def _check_lock(self) -> None:
        try:
            if control.has_lock(self._connection):
                self._check_throttles()
                return
        except DriverError as error:
            self._progress.detail(f"the connection that holds the database: {error_codes.server_message(error)}")
        self._reacquire()

    def _check_throttles(self) -> None:
        """Says why the workers have to wait, once for each condition that holds them, and when they go on."""
        reasons = [(condition, reason) for condition in self._conditions if (reason := condition.reason(self._connection))]
        holding, reason = reasons[0] if reasons else (None, "")
        if holding is not self._holding:
            self._progress.note(f"waiting: {reason}" if holding else "going on")
        self._holding = holding

    def _reacquire(self) -> None:
        """The lock, on a new connection. AnotherRun where somebody else has worked here meanwhile."""
        begun = time.monotonic()
        attempts = 0
        while not self._over.is_set():
            error_codes.close(self._connection)
            try:
                self._connection = self._connect()
                with self._target.translate_errors("taking the lock of the database again"):
                    if control.lock(self._connection):
                        if self._fenced and not self._holder.is_current(self._connection):
                            raise control.lost_lease_error()
                        if self._fenced:
                            self._holder.move(self._connection)
                        return
                    refusal: ParloaderError = control.refusal(self._connection)
            except LoginRefused:
                raise
            except ConnectError as error:
                refusal = error
            if time.monotonic() - begun >= self._retry_seconds + WORKERS_FIRST_SECONDS:
                raise refusal
            attempts += 1
            self._over.wait(pause_seconds(attempts))
