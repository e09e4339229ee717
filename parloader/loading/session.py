"""A worker's connection, and the one way to do a transaction on it: again where that can help, never guessing whether it landed."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import pymysql

from parloader.database import failures, sql
from parloader.database.connect import Target, connect
from parloader.database.failures import Action
from parloader.database.sql import Connection
from parloader.errors import ConnectError, WriteFailed
from parloader.loading.events import Retried
from parloader.loading.executor import Link
from parloader.plans.partition import Partition

# Pauses between retries grow from the first to the last of these, each drawn at random up to its bound ("full jitter", which AWS's
# architecture blog "Exponential Backoff And Jitter" finds best)
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 5.0


@dataclass(frozen=True)
class Piece:
    """What a transaction is about, for messages."""

    doing: str
    table: str
    batch: Partition

    def __str__(self) -> str:
        return f"{self.doing} {self.table}, {self.batch}"


class Session:
    def __init__(
        self, link: Link, worker: int, target: Target, retry_seconds: float, *, local_infile: bool = False, settings: tuple[str, ...] = ()
    ) -> None:
        self._link = link
        self._worker = worker
        self._target = target
        self._retry_seconds = retry_seconds
        self._local_infile = local_infile
        self._settings = settings
        self._connection = self._connect()

    def _connect(self) -> Connection:
        connection = connect(self._target, autocommit=False, local_infile=self._local_infile)
        for setting in self._settings:
            sql.execute(connection, setting)
        return connection

    def close(self) -> None:
        failures.close(self._connection)

    def transact(self, piece: Piece, work: Callable[[Connection], None]) -> bool:
        """Runs `work` in a transaction and commits it. False: the worker was told to stop while it was being tried again.

        After a deadlock or a lost connection `work` runs again in a new transaction, for at most the session's retry_seconds; it has to
        find out by itself, from the ledger, whether the attempt before has landed. Raises errors of ours.
        """
        begun = time.monotonic()
        attempts = 0
        while True:
            try:
                work(self._connection)
                self._connection.commit()
            except pymysql.Error as error:
                failures.rollback(self._connection)
                what = failures.action(error)
                waited = time.monotonic() - begun
                if what is Action.GIVE_UP or waited >= self._retry_seconds:
                    after = f" after {attempts} retries in {waited:.0f} s" if attempts else ""
                    raise failures.explain(error, f"{piece} failed{after}", self._target.user, self._target.database) from error
                attempts += 1
                self._link.send(Retried(worker=self._worker, table=piece.table, batch=piece.batch, reason=failures.text(error)))
                _pause(attempts)
                if what is Action.RECONNECT:
                    self._reconnect(piece, begun)
                if self._link.stopping:
                    return False
            except WriteFailed as error:
                failures.rollback(self._connection)
                raise WriteFailed(f"{piece} failed: {error.message}", error.next_step) from error
            except BaseException:
                failures.rollback(self._connection)
                raise
            else:
                return True

    def _reconnect(self, piece: Piece, begun: float) -> None:
        failures.close(self._connection)
        attempt = 0
        while not self._link.stopping:
            try:
                self._connection = self._connect()
            except ConnectError as error:
                attempt += 1
                if time.monotonic() - begun >= self._retry_seconds:
                    raise ConnectError(
                        f"the connection was lost while {piece}, and for {self._retry_seconds:g} s there was no new one: {error.message}",
                        "When the server is back, run the same command again: what is committed stays, only the rest is done",
                    ) from error
                _pause(attempt)
            else:
                return


def _pause(attempt: int) -> None:
    time.sleep(random.uniform(0, min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt)))
