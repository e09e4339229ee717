"""The hysteresis of throttles: its two limits."""

from hypothesis import given
from hypothesis import strategies as st

from parloader.workers.throttle import RESUME_SHARE, HysteresisLimit

limits = st.integers(0, 1000).map(float)

found = st.lists(st.floats(0, 2000), max_size=50)


@given(limits, found)
def test_pauses_from_above_the_limit_until_at_or_below_80_percent_of_it(limit: float, values: list[float]) -> None:
    limit_with_hysteresis = HysteresisLimit(limit)
    held = False
    for value in values:
        held = value > limit or (held and value > RESUME_SHARE * limit)
        assert (limit_with_hysteresis.reason("x is", value) is not None) is held


@given(limits, st.floats(0, 1))
def test_in_between_it_stays_as_it_was(limit: float, share: float) -> None:
    between = RESUME_SHARE * limit + (1 - RESUME_SHARE) * limit * share
    limit_with_hysteresis = HysteresisLimit(limit)
    assert limit_with_hysteresis.reason("x is", min(between, limit)) is None
    assert limit_with_hysteresis.reason("x is", limit + 1)
    if RESUME_SHARE * limit < between <= limit:
        assert limit_with_hysteresis.reason("x is", between)
    assert limit_with_hysteresis.reason("x is", RESUME_SHARE * limit) is None


def test_the_reason_says_what_was_found_and_what_it_waits_for() -> None:
    limit_with_hysteresis = HysteresisLimit(50)
    assert limit_with_hysteresis.reason("Threads_running is", 73) == "Threads_running is 73, above 50"
    assert limit_with_hysteresis.reason("Threads_running is", 45) == "Threads_running is 45, not yet down to 40"
    assert limit_with_hysteresis.reason("Threads_running is", 40) is None
