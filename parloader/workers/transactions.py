"""A worker's connection, and the one way to do a transaction on it: again where that can help, never guessing whether it landed."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from parloader.database import error_codes, sql
from parloader.database.driver import Connection, DriverError
from parloader.database.error_codes import Action
from parloader.database.session import connect
from parloader.database.target import Target
from parloader.errors import ConnectError, LoginRefused, WriteFailed
from parloader.plans.row_ranges import IndexRange
from parloader.workers.events import Retried
from parloader.workers.executor import WorkerChannel

# Pauses between retries grow from the first to the last of these, each drawn at random up to its bound ("full jitter", which AWS's
# architecture blog "Exponential Backoff And Jitter" finds best)
FIRST_PAUSE_SECONDS = 0.05

MAX_PAUSE_SECONDS = 5.0

# After that long without a transaction (a pause, a slow rate) a new connection is made: the server may have ended the one before
# (connect.IDLE_SECONDS), and to find that out would cost as much
MAX_REST_SECONDS = 30.0

# A transaction of a large batch takes seconds; one that takes this long is on a connection that leads nowhere any more
ANSWER_TIMEOUT_SECONDS = 600.0


@dataclass(frozen=True)
class WorkItem:
    """What a transaction is about, for messages."""

    doing: str
    table: str
    batch: IndexRange
    partition: IndexRange | None = None

    def __str__(self) -> str:
        of = f" of the partition {self.partition}" if self.partition and self.partition != self.batch else ""
        return f"{self.doing} {self.table}, {self.batch}{of}"


class RetryingConnection:
    def __init__(
        self,
        link: WorkerChannel,
        worker: int,
        target: Target,
        retry_seconds: float,
        *,
        local_infile: bool = False,
        settings: tuple[str, ...] = (),
    ) -> None:
        self._link = link
        self._worker = worker
        self._target = target
        self._retry_seconds = retry_seconds
        self._local_infile = local_infile
        self._settings = settings
        self._connection = self._connected("the worker had no connection yet", time.monotonic())
        self._used = time.monotonic()

    def _connect(self) -> Connection:
        connection = connect(
            self._target,
            autocommit=False,
            local_infile=self._local_infile,
            short_lived=True,
            answer_timeout_seconds=ANSWER_TIMEOUT_SECONDS,
        )
        for setting in self._settings:
            sql.execute(connection, setting)
        return connection

    def close(self) -> None:
        error_codes.close(self._connection)

    def run_transaction(self, piece: WorkItem, work: Callable[[Connection], None]) -> bool:
        """Runs `work` in a transaction and commits it. False: the worker was told to stop while it was being tried again.

        After a deadlock or a lost connection `work` runs again in a new transaction, for at most the session's retry_seconds; it has to
        find out by itself, from the ledger, whether the attempt before has landed. Raises errors of ours.
        """
        failing_since: float | None = None
        attempts = 0
        if time.monotonic() - self._used > MAX_REST_SECONDS:
            self._reconnect(piece, time.monotonic())
        while not (attempts and self._link.stopping):
            try:
                work(self._connection)
                self._connection.commit()
            except DriverError as error:
                error_codes.rollback(self._connection)
                what = error_codes.classify(error)
                failing_since = failing_since or time.monotonic()
                waited = time.monotonic() - failing_since
                if what is Action.GIVE_UP or waited >= self._retry_seconds:
                    after = f" after {attempts} retries in {waited:.0f} s" if attempts else ""
                    raise self._target.translate(error, f"{piece} failed{after}") from error
                attempts += 1
                self._link.send(
                    Retried(worker=self._worker, table=piece.table, batch=piece.batch, reason=error_codes.server_message(error))
                )
                pause(attempts)
                if what is Action.RECONNECT:
                    self._reconnect(piece, failing_since)
            except WriteFailed as error:
                error_codes.rollback(self._connection)
                raise WriteFailed(f"{piece} failed: {error.message}", error.next_step) from error
            except BaseException:
                error_codes.rollback(self._connection)
                raise
            else:
                self._used = time.monotonic()
                return True
        return False

    def _reconnect(self, piece: WorkItem, begun: float) -> None:
        error_codes.close(self._connection)
        self._connection = self._connected(f"the connection was lost while {piece}", begun)

    def _connected(self, why: str, begun: float) -> Connection:
        """A new connection, tried for as long as a retry may take, and once at least."""
        attempt = 0
        while True:
            try:
                return self._connect()
            except LoginRefused as error:
                raise LoginRefused(f"{why}, and {error.message}", error.next_step) from error
            except ConnectError as error:
                attempt += 1
                if self._link.stopping or time.monotonic() - begun >= self._retry_seconds:
                    raise ConnectError(
                        f"{why}, and for {time.monotonic() - begun:.0f} s there was none: {error.message}",
                        "When the server is back, run the same command again: what is committed stays, only the rest is done",
                    ) from error
                pause(attempt)


def pause(attempt: int) -> None:
    """Before the `attempt`-th retry."""
    time.sleep(pause_seconds(attempt))


def pause_seconds(attempt: int) -> float:
    return random.uniform(0, min(MAX_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt))
