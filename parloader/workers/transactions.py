"""A worker's connection. Runs a transaction with retries; after a lost connection the ledger tells whether it was committed."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from parloader.database import error_codes, sql
from parloader.database.compression import Traffic
from parloader.database.driver import Connection, DriverError
from parloader.database.error_codes import Action
from parloader.database.session import connect
from parloader.database.target import Target
from parloader.errors import ConnectError, DiskFull, LoginRefused, WriteFailed
from parloader.plans.row_ranges import IndexRange
from parloader.workers.events import Retried
from parloader.workers.executor import WorkerChannel
from parloader.workers.retry_policy import Retries, is_transient

# After this long without a transaction (a pause, a slow rate) the worker reconnects: the server may have ended the idle connection
# (session.IDLE_SECONDS), and to find that out would cost as much
MAX_IDLE_SECONDS = 30.0

# A transaction of a large batch takes seconds; if one takes this long, its connection is dead
ANSWER_TIMEOUT_SECONDS = 600.0

RESUMES = "committed batches stay, and it does only the rest"


@dataclass(frozen=True)
class WorkItem:
    """Describes a transaction in messages."""

    doing: str
    table: str
    batch: IndexRange
    partition: IndexRange | None = None
    writes: bool = True  # False: it only reads, so that nothing was committed before it

    def __str__(self) -> str:
        suffix = f" of the partition {self.partition}" if self.partition and self.partition != self.batch else ""
        return f"{self.doing} {self.table}, {self.batch}{suffix}"


class RetryingConnection:
    """A connection that is replaced when it is lost. Connects on creation: LoginRefused or ConnectError says why it cannot."""

    def __init__(
        self,
        channel: WorkerChannel,
        worker: int,
        target: Target,
        retry_seconds: float,
        *,
        local_infile: bool = False,
        settings: tuple[str, ...] = (),
    ) -> None:
        self._channel = channel
        self._worker = worker
        self._target = target.starting_with(worker)  # the workers are spread over the nodes
        self._retry_seconds = retry_seconds
        self._local_infile = local_infile
        self._settings = settings
        self._earlier_traffic: Traffic | None = None  # of connections that were replaced
        self._connection = self._connected("the worker could not connect", time.monotonic())
        self._last_used = time.monotonic()
        self.fixed_seconds = 0.0
        """How much of the last transaction's time does not depend on its rows: round trips, and COMMIT."""

    def _connect(self) -> Connection:
        connection = connect(
            self._target,
            autocommit=False,
            local_infile=self._local_infile,
            short_lived=True,
            answer_timeout_seconds=ANSWER_TIMEOUT_SECONDS,
        )
        self._target = self._target.preferring(connection.node)
        for setting in self._settings:
            sql.execute(connection, setting)
        return connection

    @property
    def compressed(self) -> bool:
        """Whether the connection at hand is; one that replaces it may not be (another node)."""
        return self._connection.compressed

    @property
    def traffic(self) -> Traffic | None:
        """What was carried so far; None: no connection was compressed."""
        carried = [traffic for traffic in (self._earlier_traffic, self._connection.traffic) if traffic]
        return sum(carried, Traffic()) if carried else None

    def close(self) -> None:
        error_codes.close(self._connection)

    def run_transaction(self, item: WorkItem, work: Callable[[Connection], None]) -> bool:
        """Runs `work` in a transaction and commits it. False: the worker was told to stop before a retry.

        After a deadlock or a lost connection `work` runs again in a new transaction, for at most `retry_seconds`. `work` itself must find
        out from the ledger whether an earlier attempt was committed. Raises ParloaderError.
        """
        retries = Retries(self._retry_seconds)
        if time.monotonic() - self._last_used > MAX_IDLE_SECONDS:
            self._reconnect(item, time.monotonic())
        while not (retries.count and self._channel.stopping):
            try:
                round_trips = self._connection.round_trips
                work(self._connection)
                written = time.perf_counter()
                self._connection.commit()
                committing_seconds = time.perf_counter() - written
                round_trips = self._connection.round_trips - round_trips
                self.fixed_seconds = round_trips * self._connection.round_trip_seconds + committing_seconds
            except DriverError as error:
                error_codes.rollback(self._connection)
                self._prepare_retry(item, error, retries)
            except WriteFailed as error:
                error_codes.rollback(self._connection)
                raise WriteFailed(f"{item} failed: {error.message}", error.next_step) from error
            except BaseException:
                error_codes.rollback(self._connection)
                raise
            else:
                self._last_used = time.monotonic()
                return True
        return False

    def _prepare_retry(self, item: WorkItem, error: DriverError, retries: Retries) -> None:
        """Reports, pauses, and reconnects if necessary. Raises the translated error if a retry cannot help or comes too late."""
        if retries.exhausted or not is_transient(error):
            noun = "retry" if retries.count == 1 else "retries"
            after = f" after {retries.count:,} {noun} in {retries.seconds:.0f} s" if retries.count else ""
            failure = self._target.translate(error, f"{item} failed{after}")
            if item.writes and isinstance(failure, ConnectError | DiskFull):
                failure = type(failure)(failure.message, f"{failure.next_step}: {RESUMES}")
            raise failure from error
        self._channel.send(Retried(worker=self._worker, table=item.table, batch=item.batch, reason=error_codes.server_message(error)))
        retries.pause()
        if error_codes.classify(error) is Action.RECONNECT or not self._connection.open:
            self._target = self._target.starting_with(1)  # another node: this one may be lost
            self._reconnect(item, retries.since)

    def _reconnect(self, item: WorkItem, since: float | None) -> None:
        error_codes.close(self._connection)
        self._earlier_traffic = self.traffic
        self._connection = self._connected(f"the connection was lost while {item}", since, f": {RESUMES}" if item.writes else "")

    def _connected(self, problem: str, since: float | None, resumes: str = "") -> Connection:
        """A new connection. Tries at least once, then until `retry_seconds` after `since`."""
        retries = Retries(self._retry_seconds, since)
        while True:
            try:
                return self._connect()
            except LoginRefused as error:
                raise LoginRefused(f"{problem}: {error.message}", error.next_step) from error
            except ConnectError as error:
                if self._channel.stopping or retries.exhausted:
                    raise ConnectError(
                        f"{problem}; gave up after {retries.seconds:.0f} s: {error.message}",
                        f"When the server is back, run the same command again{resumes}",
                    ) from error
                retries.pause()
