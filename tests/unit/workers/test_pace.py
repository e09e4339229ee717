"""--max-rate: the pace of a worker, on a simulated clock."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parloader.workers.batching import MAX_BATCH_SECONDS, Pace

rates = st.floats(0.1, 1e6)

# the rows of a batch, how long writing it takes, how long the worker is paused before it
batches = st.lists(st.tuples(st.integers(1, 100_000), st.floats(0, 100), st.sampled_from([0.0, 0.5, 1000.0])), min_size=1, max_size=40)


@dataclass
class Clock:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


def begun(rate: float, wanted: list[tuple[int, float, float]]) -> list[tuple[float, int]]:
    """When each batch begins, and its rows, if the worker rests as long as the pace says."""
    clock = Clock(1000.0)
    pace = Pace(lambda: rate, clock)
    found = []
    for rows, write_seconds, paused_seconds in wanted:
        clock.seconds += max(pace.rest_seconds(), paused_seconds)
        pace.note(pace.cut(rows))
        found.append((clock.seconds, pace.cut(rows)))
        clock.seconds += write_seconds
    return found


@given(rates, batches)
def test_in_any_stretch_of_time_no_more_than_the_rate_and_one_batch(rate: float, wanted: list[tuple[int, float, float]]) -> None:
    """From any batch on: time spent paused is not caught up."""
    found = begun(rate, wanted)
    for first in range(len(found)):
        rows = 0
        for when, batch in found[first:]:
            assert rows <= rate * (when - found[first][0]) * (1 + 1e-6) + 1e-3 * rate
            rows += batch


@given(rates, st.integers(1, 100_000), st.integers(1, 40))
def test_a_server_that_is_fast_enough_gets_the_full_rate(rate: float, rows: int, count: int) -> None:
    found = begun(rate, [(rows, 0.0, 0.0)] * (count + 1))
    assert sum(batch for _, batch in found[:-1]) == pytest.approx(rate * (found[-1][0] - found[0][0]))


@given(rates, st.integers(1, 10**9))
def test_a_batch_takes_a_second_at_most_or_is_one_row(rate: float, rows: int) -> None:
    cut = Pace(lambda: rate, Clock()).cut(rows)
    assert 1 <= cut <= rows
    assert cut == 1 or cut <= rate * MAX_BATCH_SECONDS


@given(batches)
def test_without_a_rate_a_worker_never_rests(wanted: list[tuple[int, float, float]]) -> None:
    pace = Pace(clock=Clock())
    for rows, _, _ in wanted:
        assert pace.cut(rows) == rows
        pace.note(rows)
        assert pace.rest_seconds() == 0
