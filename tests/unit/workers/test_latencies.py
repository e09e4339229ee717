"""Percentiles from a histogram are those of the values, within 2 %."""

from hypothesis import given
from hypothesis import strategies as st

from parloader.workers.latencies import Latencies
from parloader.workers.stats import percentile


@given(st.lists(st.floats(min_value=1e-5, max_value=1e4), min_size=1), st.floats(min_value=1, max_value=100))
def test_as_the_values_themselves(values: list[float], percent: float) -> None:
    latencies = Latencies()
    for value in values:
        latencies.add(value)
    exact = percentile(values, percent)
    assert exact / 1.02 <= latencies.percentile(percent) <= exact * 1.02
    assert latencies.largest == max(values)


def test_of_no_values() -> None:
    assert (Latencies().percentile(50), Latencies().largest) == (0, 0)
