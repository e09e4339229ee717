"""When the workers wait for others: the server has too much to do, a replica is too far behind, or somebody said pause."""

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
    """What seed and clean leave to others. `max_load`: status variable → the most it may be; `max_lag_seconds`: of each of `replicas`, or,
    where none are named, of the target itself; None: it is not looked at."""

    max_rows_per_second: float = math.inf
    max_load: Mapping[str, float] = field(default_factory=dict)
    max_lag_seconds: float | None = None
    replicas: tuple[Target, ...] = ()

    def __post_init__(self) -> None:
        """UsageError where a number makes no sense."""
        require_between("max_rows_per_second", self.max_rows_per_second, 1, math.inf)
        require_between("max_lag_seconds", self.max_lag_seconds or 0, 0, MAX_RETRY_SECONDS)


# Who would go on just below the limit would be above it again a moment later
RESUME_SHARE = 0.8


class HysteresisLimit:
    """A limit with hysteresis: to hold is to be above it, to go on takes to be at or below 80 % of it."""

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._holds = False

    def reason(self, what: str, found: float, unit: str = "") -> str | None:
        """Why to hold where so much was found; None: it is not to."""
        go_on = self._limit * RESUME_SHARE
        self._holds = found > (go_on if self._holds else self._limit)
        if found > self._limit:
            return f"{what} {found:g}{unit}, above {self._limit:g}"
        return f"{what} {found:g}{unit}, not yet down to {go_on:g}" if self._holds else None


class LoadThrottle:
    """--max-load: status variables of the server, each with its limit."""

    def __init__(self, max_load: Mapping[str, float]) -> None:
        self._ceilings = {name: HysteresisLimit(limit) for name, limit in max_load.items()}

    def reason(self, connection: Connection) -> str | None:
        values = server_status.status_values(connection, tuple(self._ceilings))
        reasons = [ceiling.reason(f"{name} is", values[name]) for name, ceiling in self._ceilings.items()]
        return next(filter(None, reasons), None)


class LagThrottle:
    """--max-lag of one replica: the target itself, or another server, to which a connection is kept."""

    def __init__(self, max_lag_seconds: float, target: Target, replica: Target | None) -> None:
        self._ceiling = HysteresisLimit(max_lag_seconds)
        self._target = target
        self._replica = replica
        self._connection: Connection | None = None

    def reason(self, connection: Connection) -> str | None:
        if self._replica is None:
            return self._judge(server_status.lag_seconds(connection, self._target), self._target)
        try:
            if self._connection is None:
                self._connection = connect(self._replica, short_lived=True, answer_timeout_seconds=ANSWER_TIMEOUT_SECONDS)
            return self._judge(server_status.lag_seconds(self._connection, self._replica), self._replica)
        except LoginRefused:
            raise
        except ConnectError as error:
            return f"the replica does not answer: {error.message}"
        except DriverError as error:
            error_codes.close(self._connection)
            self._connection = None
            return f"the replica at {self._replica.where} does not answer: {error_codes.server_message(error)}"

    def _judge(self, lag_seconds: float | None, replica: Target) -> str | None:
        if lag_seconds is None:
            return f"the replica at {replica.where} does not replicate (stopped, or without a connection to its source)"
        return self._ceiling.reason(f"the replica at {replica.where} is behind by", lag_seconds, " s")


class PauseThrottle:
    """parloader pause, from another terminal."""

    def reason(self, connection: Connection) -> str | None:
        paused = control.paused(connection)
        return f"paused by {paused}; parloader resume lets it go on" if paused else None


def throttles(limits: Limits, target: Target) -> tuple[Throttle, ...]:
    """All that may hold a seed or a clean of `target`."""
    found: list[Throttle] = [PauseThrottle()]
    if limits.max_load:
        found.append(LoadThrottle(limits.max_load))
    if limits.max_lag_seconds is not None:
        found += [LagThrottle(limits.max_lag_seconds, target, replica) for replica in limits.replicas or (None,)]
    return tuple(found)
