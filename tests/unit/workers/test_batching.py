import pytest
from hypothesis import given
from hypothesis import strategies as st

from parloader.workers.batching import (
    AUTO,
    DEAD_BAND,
    FIRST_ROWS,
    MAX_STEP,
    SHARE_OF_PACKET,
    AutoBatch,
    Batch,
    FixedBatch,
    Sizer,
    parse_batch,
)

PACKET_BYTES = 16 * 2**20

ROW_BYTES = 60

# From the first size to any other: 20 steps of a factor 2 are a million
ENOUGH_BATCHES = 40

any_batch = st.integers(1, 999_999_999).map(FixedBatch) | st.integers(1, 999_999_999).map(lambda ms: AutoBatch(ms / 1000)) | st.just(AUTO)

rates = st.floats(2, 1e7)

targets = st.floats(0.01, 10)


@given(any_batch)
def test_a_batch_reads_its_own_text_back(batch: Batch) -> None:
    assert parse_batch(batch.text) == batch


@pytest.mark.parametrize(
    ("text", "batch"),
    [
        ("1", FixedBatch(1)),
        (" 10000 ", FixedBatch(10_000)),
        ("999999999", FixedBatch(999_999_999)),
        ("1e3", FixedBatch(1_000)),
        ("10k", FixedBatch(10_000)),
        ("1_000", FixedBatch(1_000)),
        ("auto", AUTO),
        ("200ms", AutoBatch(0.2)),
        ("500ms", AUTO),
    ],
)
def test_valid_batches(text: str, batch: Batch) -> None:
    assert parse_batch(text) == batch


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "007", "1.5", "1e9", "1G", "1000000000", "200m", "ms", "0ms", "200 ms", "1s", "AUTO", "٣", "many"]
)
def test_an_invalid_batch_is_refused_with_the_valid_forms(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"a number of rows from 1 to 999,999,999 \(such as 5000 or 10k\), auto, or a time such as 200ms"
    ) as caught:
        parse_batch(text)
    assert repr(text) in str(caught.value)


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.floats(0, 1e6), st.integers(0, 2**40))
def test_a_fixed_batch_never_changes(fixed: int, rows: int, seconds: float, size_bytes: int) -> None:
    sizer = FixedBatch(fixed).sizer(1)
    sizer.note(rows, seconds, size_bytes)
    assert sizer.rows == fixed


def write_on(sizer: Sizer, rows_per_second: float, *, row_bytes: int = ROW_BYTES, batches: int = ENOUGH_BATCHES) -> list[int]:
    """Writes batches at this rate, each sized before the one before is written, as a worker does; returns their sizes."""
    ahead = sizer.rows
    sizes = []
    for _ in range(batches):
        rows, ahead = ahead, sizer.rows
        sizes.append(rows)
        sizer.note(rows, rows / rows_per_second, rows * row_bytes)
    return sizes


def test_it_starts_small_whatever_the_target() -> None:
    assert [AutoBatch(target).sizer(PACKET_BYTES).rows for target in (0.001, 0.5, 3600)] == [FIRST_ROWS] * 3


@given(rates, targets)
def test_on_a_steady_server_it_settles_within_the_dead_band(rows_per_second: float, target_seconds: float) -> None:
    sizer = AutoBatch(target_seconds).sizer(2**60)
    write_on(sizer, rows_per_second)
    settled = sizer.rows
    ideal = rows_per_second * target_seconds
    # half a row: sizes are whole, and at least one
    assert settled == 1 or abs(ideal - settled) <= DEAD_BAND * settled + 0.5
    assert set(write_on(sizer, rows_per_second)) == {settled}, "it does not stay there"


@given(rates, targets, st.integers(1, 10_000), st.integers(2**14, 2**30))
def test_it_never_asks_for_more_than_a_packet_holds(
    rows_per_second: float, target_seconds: float, row_bytes: int, packet_bytes: int
) -> None:
    sizer = AutoBatch(target_seconds).sizer(packet_bytes)
    write_on(sizer, rows_per_second, row_bytes=row_bytes, batches=1)
    for _ in range(ENOUGH_BATCHES):
        assert sizer.rows == 1 or sizer.rows * row_bytes <= SHARE_OF_PACKET * packet_bytes
        write_on(sizer, rows_per_second, row_bytes=row_bytes, batches=1)


@given(rates, targets, st.floats(0, 1e6))
def test_one_odd_measurement_moves_it_by_a_factor_of_two_at_most(rows_per_second: float, target_seconds: float, odd_seconds: float) -> None:
    sizer = AutoBatch(target_seconds).sizer(2**60)
    write_on(sizer, rows_per_second)
    before = sizer.rows
    sizer.note(before, odd_seconds, before * ROW_BYTES)
    assert before / MAX_STEP - 0.5 <= sizer.rows <= before * MAX_STEP + 0.5
    write_on(sizer, rows_per_second)
    ideal = rows_per_second * target_seconds
    assert sizer.rows == 1 or abs(ideal - sizer.rows) <= DEAD_BAND * sizer.rows + 0.5, "it does not find back"


@given(st.lists(st.tuples(st.integers(1, 10**6), st.floats(0, 1e9), st.integers(0, 2**40)), max_size=60), st.floats(0.001, 10))
def test_it_never_asks_for_less_than_a_row(measured: list[tuple[int, float, int]], target_seconds: float) -> None:
    sizer = AutoBatch(target_seconds).sizer(2**14)
    for rows, seconds, size_bytes in measured:
        sizer.note(rows, seconds, size_bytes)
        assert sizer.rows >= 1
