"""Exclusive lease on a database: advisory lock plus fencing token, re-acquired after a lost connection; checks throttles every second.

On a Galera cluster the lock holds on one node, so a row backs it (ledger/cluster_lease.py).

A thread with a connection of its own checks it. So the lease survives a server restart or a network failure, the connection is never idle
long enough for the server to close it, and the workers can be paused when the server is overloaded.
"""

import threading
import time
from collections.abc import Callable, Collection, Sequence
from types import TracebackType
from typing import Protocol, TypeVar

from parloader.database import error_codes, introspection
from parloader.database.driver import Connection, DriverError
from parloader.database.session import connect, connected
from parloader.database.target import Target
from parloader.errors import ConnectError, ConnectionInterrupted, ParloaderError
from parloader.ledger import cluster_lease, control, store
from parloader.ledger.control import Holder
from parloader.workers.executor import Supervisor
from parloader.workers.progress import Progress
from parloader.workers.retry_policy import Retries, is_transient, retried

CHECK_INTERVAL_SECONDS = 1.0

# These statements take milliseconds; a server that needs this long is gone or overloaded
ANSWER_TIMEOUT_SECONDS = 10.0

# If the server is gone, the workers give up before the lease does: their message names the rows
EXTRA_RETRY_SECONDS = 10.0

T = TypeVar("T")


class Throttle(Protocol):
    """A reason to pause the workers. Checked every second."""

    def reason(self, connection: Connection) -> str | None:
        """Why to pause, worded to follow "waiting: "; None: no reason to. Raises ParloaderError to end the operation."""


class DatabaseLease(Supervisor):
    """Keeps other parloader processes out of a database while the block runs. Entering raises AnotherRun, which names the holder."""

    def __init__(
        self,
        target: Target,
        operation: str,
        retry_seconds: float,
        progress: Progress,
        throttles: Sequence[Throttle] = (),
        other_databases: Collection[str] = (),
    ) -> None:
        """`other_databases`: those in which it creates rows as well, from which it also keeps others out."""
        self._target = target
        self._retry_seconds = retry_seconds
        self._progress = progress
        self._throttles = throttles
        self._other_databases = sorted(other_databases)  # always locked in the same order
        self._holder = Holder(doing=operation)
        self._lost: set[int] = set()  # the connections that were lost before this command held the lock; one of them may have it
        self._fenced = False
        self._pausing: Throttle | None = None
        self._failure: Exception | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="parloader lease", daemon=True)

    def __enter__(self) -> "DatabaseLease":
        retried("locking the database", self._acquire, self._target, self._retry_seconds, note=self._progress.detail)
        try:
            self._check_throttles()
        except DriverError as error:
            if not is_transient(error):  # otherwise the thread connects again, and checks them
                self._release()
                raise self._target.translate(error, "checking the throttles") from error
        except BaseException:
            self._release()
            raise
        self._thread.start()
        return self

    def _acquire(self) -> None:
        """Locks the database on a new connection. May be repeated after a lost connection. AnotherRun: another command has the lock."""
        self._connection = self._connect()
        try:
            if not self._take():
                if control.holder_connection_id(self._connection) in self._lost:
                    raise ConnectionInterrupted("the server has not yet noticed that the connection with the lock was lost", "Try again")
                raise control.refusal(self._connection)
        except BaseException:
            self._lost.add(int(self._connection.thread_id()))
            self._release()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join(ANSWER_TIMEOUT_SECONDS)
        if not self._thread.is_alive():
            self._release()

    def _take(self) -> bool:
        """Locks the database; False: another command has it."""
        if not control.lock(self._connection):
            return False
        self._lock_other_databases()
        if not self._connection.in_cluster:
            return True
        return cluster_lease.take(self._connection, self._holder.token, self._holder.set_by, self._progress.note)

    def _lock_other_databases(self) -> None:
        """AnotherRun: another command has the lock of one."""
        for database in self._other_databases:
            if not control.lock(self._connection, database):
                raise control.locked_elsewhere(database)

    def _release(self) -> None:
        if self._connection.in_cluster:
            with error_codes.suppress_driver_errors():
                existing = introspection.list_tables(self._connection).tables
                cluster_lease.release(self._connection, self._holder.token, drop=not set(store.TABLES) & set(existing))
        control.unlock(self._connection)
        error_codes.close(self._connection)

    def is_held(self, connection: Connection) -> bool:
        """Whether this process still keeps the others out. `connection`: any one to the database."""
        if connection.in_cluster:
            lease = cluster_lease.read(connection)
            return lease is not None and lease.token == self._holder.token
        return control.holder_connection_id(connection) == int(self._connection.thread_id())

    def fence(self, connection: Connection) -> int:
        """Writes this holder's token into the existing ledger and returns it: workers with another token stop writing."""
        self._holder.write(connection, self._connection.thread_id())
        self._fenced = True
        return self._holder.token

    @property
    def paused(self) -> bool:
        return self._pausing is not None

    def wait(self) -> None:
        """Returns when nothing pauses the operation. Raises the lease's failure."""
        while self.paused and not self._failure:
            self._over.wait(CHECK_INTERVAL_SECONDS / 10)
        if self._failure:
            raise self._failure

    @property
    def failure(self) -> Exception | None:
        return self._failure

    def run_with_retry(self, doing: str, work: Callable[[Connection], T]) -> T:
        """Runs `work`, which must be repeatable, on a new connection; again after a deadlock or a lost connection, for `retry_seconds`.

        Raises ParloaderError; `doing` is for its message.
        """

        def attempt() -> T:
            with connected(self._target) as connection:
                return work(connection)

        return retried(
            doing, attempt, self._target, self._retry_seconds, patient=True, note=self._progress.detail, check=self._raise_failure
        )

    def _raise_failure(self) -> None:
        if self._failure:
            raise self._failure

    def _connect(self) -> Connection:
        connection = connect(self._target, short_lived=True, answer_timeout_seconds=ANSWER_TIMEOUT_SECONDS)
        self._target = self._target.preferring(connection.node)
        return connection

    def _watch(self) -> None:
        while not self._over.wait(CHECK_INTERVAL_SECONDS):
            try:
                self._check_lock()
            except Exception as error:  # any error at all: without this thread the lock is unprotected
                self._failure = error
                return

    def _check_lock(self) -> None:
        try:
            if control.has_lock(self._connection) and self._renew():
                self._check_throttles()
                return
        except DriverError as error:
            self._progress.detail(f"the connection that locks the database: {error_codes.server_message(error)}")
        self._reacquire()

    def _renew(self) -> bool:
        """On a cluster, shows that this command is alive; False: another has taken over."""
        return not self._connection.in_cluster or cluster_lease.renew(self._connection, self._holder.token)

    def _check_throttles(self) -> None:
        """Pauses or resumes the workers. Notes each throttle that pauses them once, and the resumption."""
        reasons = [(throttle, reason) for throttle in self._throttles if (reason := throttle.reason(self._connection))]
        pausing, reason = reasons[0] if reasons else (None, "")
        if pausing is not self._pausing:
            self._progress.waiting(reason or None)
        self._pausing = pausing

    def _reacquire(self) -> None:
        """Locks the database again, on a new connection. AnotherRun: another process has taken over."""
        retries = Retries(self._retry_seconds + EXTRA_RETRY_SECONDS, time.monotonic())
        while not self._over.is_set():
            error_codes.close(self._connection)
            self._target = self._target.starting_with(1)  # another node: this one may be lost
            failure = self._try_lock()
            if failure is None:
                return
            if retries.exhausted:
                raise failure
            retries.pause(self._over.wait)

    def _try_lock(self) -> ParloaderError | None:
        """Connects and locks the database; returns an error that a retry can mend, and raises any other."""
        try:
            self._connection = self._connect()
            with self._target.translate_errors("locking the database again"):
                # first: a command that waits for a sign of life of this one has the lock of its node
                if not self._renew():
                    raise control.lost_lease_error(self._connection)
                if not control.lock(self._connection):
                    return control.refusal(self._connection)
                self._lock_other_databases()
                if self._fenced and not self._holder.is_current(self._connection):
                    raise control.lost_lease_error(self._connection)
                if self._fenced:
                    self._holder.move(self._connection)
        except ConnectError as error:
            if not is_transient(error):
                raise
            return error
        return None
