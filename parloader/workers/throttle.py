"""Pauses the workers: while the server is overloaded, a replica is too far behind, or after parloader pause."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from parloader.database import error_codes, server_status
from parloader.database.driver import Connection, DriverError
from parloader.database.session import connect
from parloader.database.target import Target
from parloader.errors import ConnectError, LoginRefused
from parloader.ledger import control
from parloader.limits import MAX_RETRY_SECONDS, require_between
from parloader.workers.lease import ANSWER_TIMEOUT_SECONDS, Throttle


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How far seed and clean may load the server."""

    max_rows_per_second: float = math.inf  # of all workers together
    max_load: Mapping[str, float] = field(default_factory=dict)  # status variable → maximum
    max_lag_seconds: float | None = None  # of each replica; None: not checked
    replicas: tuple[Target, ...] = ()  # none: the target itself is the replica

    def __post_init__(self) -> None:
        """UsageError: a number is out of range."""
        require_between("max_rows_per_second", self.max_rows_per_second, 1, math.inf)
        require_between("max_lag_seconds", self.max_lag_seconds or 0, 0, MAX_RETRY_SECONDS)


# Resuming just below the limit would exceed it again at once
RESUME_SHARE = 0.8


class HysteresisLimit:
    """A limit with hysteresis: pauses above it, resumes at or below 80 % of it."""

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._exceeded = False

    def reason(self, what: str, value: float, unit: str = "") -> str | None:
        """Why to pause at this value; None: no reason to."""
        resume_at = self._limit * RESUME_SHARE
        self._exceeded = value > (resume_at if self._exceeded else self._limit)
        if value > self._limit:
            return f"{what} {value:g}{unit}, above {self._limit:g}"
        return f"{what} {value:g}{unit}, not yet down to {resume_at:g}" if self._exceeded else None


class LoadThrottle:
    """--max-load: status variables of the server, each with a limit."""

    def __init__(self, max_load: Mapping[str, float]) -> None:
        self._limits = {name: HysteresisLimit(limit) for name, limit in max_load.items()}

    def reason(self, connection: Connection) -> str | None:
        values = server_status.status_values(connection, tuple(self._limits))
        reasons = [limit.reason(f"{name} is", values[name]) for name, limit in self._limits.items()]
        return next(filter(None, reasons), None)


class LagThrottle:
    """--max-lag of one replica: the target itself (None), or another server, to which it keeps a connection."""

    def __init__(self, max_lag_seconds: float, target: Target, replica: Target | None) -> None:
        self._limit = HysteresisLimit(max_lag_seconds)
        self._target = target
        self._replica = replica
        self._connection: Connection | None = None

    def reason(self, connection: Connection) -> str | None:
        if self._replica is None:
            return self._check(server_status.lag_seconds(connection, self._target), self._target)
        try:
            if self._connection is None:
                self._connection = connect(self._replica, short_lived=True, answer_timeout_seconds=ANSWER_TIMEOUT_SECONDS)
            return self._check(server_status.lag_seconds(self._connection, self._replica), self._replica)
        except LoginRefused:
            raise
        except ConnectError as error:
            return f"the replica does not answer: {error.message}"
        except DriverError as error:
            error_codes.close(self._connection)
            self._connection = None
            return f"the replica at {self._replica.where} does not answer: {error_codes.server_message(error)}"

    def _check(self, lag_seconds: float | None, replica: Target) -> str | None:
        if lag_seconds is None:
            return f"the replica at {replica.where} does not replicate (stopped, or without a connection to its source)"
        return self._limit.reason(f"the replica at {replica.where} is behind by", lag_seconds, " s")


class PauseThrottle:
    """parloader pause, run in another terminal."""

    def reason(self, connection: Connection) -> str | None:
        paused = control.paused(connection)
        return f"paused by {paused}; run parloader resume to resume it" if paused else None


def throttles(limits: Limits, target: Target) -> tuple[Throttle, ...]:
    """The throttles of a seed or clean of `target`."""
    active: list[Throttle] = [PauseThrottle()]
    if limits.max_load:
        active.append(LoadThrottle(limits.max_load))
    if limits.max_lag_seconds is not None:
        active += [LagThrottle(limits.max_lag_seconds, target, replica) for replica in limits.replicas or (None,)]
    return tuple(active)
