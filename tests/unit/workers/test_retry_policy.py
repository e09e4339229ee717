"""Retries: when they end, and how long they pause."""

from dataclasses import dataclass

import pytest

from parloader.errors import ConnectError, LoginRefused, SchedulerLost, WriteFailed
from parloader.workers.retry_policy import FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS, Retries, is_transient


@dataclass
class Clock:
    seconds: float = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("parloader.workers.retry_policy.time.monotonic", clock)
    return clock


def test_the_clock_starts_at_the_first_failure(clock: Clock) -> None:
    retries = Retries(10)
    clock.seconds += 60
    assert not retries.exhausted
    clock.seconds += 9.9
    assert not retries.exhausted
    clock.seconds += 0.1
    assert retries.exhausted
    assert retries.seconds == pytest.approx(10)


def test_a_clock_that_is_already_running(clock: Clock) -> None:
    assert Retries(10, since=clock.seconds - 10).exhausted
    assert not Retries(10, since=clock.seconds - 9).exhausted


def test_without_time_for_retries_the_first_failure_is_final(clock: Clock) -> None:
    assert Retries(0).exhausted


def test_pauses_are_random_up_to_a_bound_that_doubles() -> None:
    longest: list[float] = [0.0] * 12
    for _ in range(300):
        retries, pauses = Retries(10), list[float]()
        for _ in longest:
            retries.pause(pauses.append)
        assert retries.count == len(longest)
        longest = list(map(max, longest, pauses))
    bounds = [min(MAX_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**n) for n in range(1, len(longest) + 1)]
    for seconds, bound in zip(longest, bounds, strict=True):
        assert 0.9 * bound < seconds <= bound


def test_a_server_that_is_away_may_come_back_but_a_refused_login_is_final() -> None:
    assert is_transient(ConnectError("away"))
    assert not is_transient(LoginRefused("no"))
    assert not is_transient(SchedulerLost("no"))
    assert not is_transient(WriteFailed("no"))
