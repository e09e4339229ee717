"""What every retry needs: a clock with a bound, random pauses that grow, and which errors are worth a retry."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from parloader.database import error_codes
from parloader.database.driver import Connection, DriverError
from parloader.database.error_codes import Action
from parloader.database.session import connected
from parloader.database.target import Target
from parloader.errors import ConnectError, ConnectionInterrupted, LoginRefused, ParloaderError, SchedulerLost

T = TypeVar("T")

# Each pause is random, up to a bound that doubles from the first to the last of these ("full jitter", which AWS's architecture blog
# "Exponential Backoff And Jitter" finds best)
FIRST_PAUSE_SECONDS = 0.05

MAX_PAUSE_SECONDS = 5.0

# At the start of a command: a connection that is closed at once is an accident, or this is another kind of server
FIRST_ATTEMPTS = 3


class Retries:
    """The retries of one operation. `since`: when its clock started; None: at the first failure."""

    def __init__(self, max_seconds: float, since: float | None = None) -> None:
        self._max_seconds = max_seconds
        self.since = since
        self.count = 0

    @property
    def seconds(self) -> float:
        """How long the operation has been failing. Starts the clock."""
        now = time.monotonic()
        if self.since is None:
            self.since = now
        return now - self.since

    @property
    def exhausted(self) -> bool:
        """Whether the time for retries is over. Starts the clock."""
        return self.seconds >= self._max_seconds

    def pause(self, sleep: Callable[[float], object] = time.sleep) -> None:
        """Sleeps before the next retry, and counts it."""
        self.count += 1
        sleep(random.uniform(0, min(MAX_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**self.count)))


def is_transient(error: Exception) -> bool:
    """Whether a retry can help: after a deadlock, a lost connection, or a server that is away; never after a refused login, or without Dask's scheduler."""
    if isinstance(error, DriverError):
        return error_codes.classify(error) is not Action.GIVE_UP
    return isinstance(error, ConnectError) and not isinstance(error, LoginRefused | SchedulerLost)


def retried(
    doing: str,
    work: Callable[[], T],
    target: Target,
    retry_seconds: float,
    *,
    patient: bool = False,
    note: Callable[[str], None] = lambda _: None,
    check: Callable[[], None] = lambda: None,
) -> T:
    """Runs `work`, which must be repeatable; again after a deadlock or a lost connection, for `retry_seconds`.

    `patient`: also waits for a server that does not answer at first. Otherwise a connection that is interrupted while it is made gets
    FIRST_ATTEMPTS more attempts. `note` gets the reason of each retry. `check` is called before each
    attempt, and may raise. Raises ParloaderError; `doing` is for its message.
    """
    retries, connected_before = Retries(retry_seconds), False
    while True:
        check()
        try:
            return work()
        except DriverError as error:
            connected_before = True
            transient = is_transient(error)
            failure: ParloaderError = target.translate(error, doing)
        except ConnectError as error:
            by_accident = isinstance(error, ConnectionInterrupted) and retries.count < FIRST_ATTEMPTS
            transient = is_transient(error) and (patient or connected_before or by_accident)
            failure = error
        if not transient or retries.exhausted:
            raise failure
        note(f"retrying: {failure.message}")
        retries.pause()


def run_on_connection(target: Target, doing: str, work: Callable[[Connection], T], retry_seconds: float, *, patient: bool = False) -> T:
    """Runs `work` on a new connection, see `retried`."""

    def attempt() -> T:
        with connected(target) as connection:
            return work(connection)

    return retried(doing, attempt, target, retry_seconds, patient=patient)
