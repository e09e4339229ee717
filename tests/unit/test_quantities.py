from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parloader.quantities import counted, duration_text, numbered, parse_rows, size_text


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("0", 0),
        (" 5 ", 5),
        ("250k", 250_000),
        ("250K", 250_000),
        ("1M", 10**6),
        ("1 M", 10**6),
        ("2G", 2 * 10**9),
        ("1e6", 10**6),
        ("1E+6", 10**6),
        ("1e+20", 10**20),
        ("1.5M", 1_500_000),
        ("1.0", 1),
        ("1000000.0", 10**6),
        ("0.5k", 500),
        ("12.34e2", 1234),
        ("1_000_000", 10**6),
        ("1,000,000", 10**6),
        ("12,345.6k", 12_345_600),
    ],
)
def test_row_counts(text: str, rows: int) -> None:
    assert parse_rows(text) == rows


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "k", "M", "-1", "+1", "1.5", "1.2345k", "1e-3", "1e999", "0x10"),
        *("1,5", "1,00,000", "1000,000", "1__0", "_1", "1_", "1.", ".5"),
        *("1m", "1g", "1T", "1kk", "1 000", "007", "nan", "inf", "many", "٣", "1k5", "9" * 5000, "1_" * 50 + "1"),
    ],
)
def test_texts_that_are_no_row_count(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a (whole )?number of rows"):
        parse_rows(text)


@given(rows=st.integers(0, 10**18))
def test_the_same_number_in_every_form(rows: int) -> None:
    assert {parse_rows(text) for text in (f"{rows}", f"{rows:_}", f"{rows:,}", f"{rows}.0", f"{rows}e0")} == {rows}
    assert parse_rows(f"{Decimal(rows) / 1000:f}k") == rows


@pytest.mark.parametrize(
    ("number", "noun", "text"), [(0, "row", "0 rows"), (1, "row", "1 row"), (2_000, "row", "2,000 rows"), (2, "batch", "2 batches")]
)
def test_nouns_agree_with_their_number(number: int, noun: str, text: str) -> None:
    assert counted(number, noun) == text


def test_things_that_have_numbers() -> None:
    assert [numbered("run", numbers) for numbers in ([7], [1, 30])] == ["run 7", "runs 1, 30"]


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1,023 bytes"),
        (1024, "1.0 KiB"),
        (10 * 2**20, "10 MiB"),
        (2**20 - 1, "1.0 MiB"),
        (1_288_490_189, "1.2 GiB"),
        (2**60, "1,024 PiB"),
    ],
)
def test_sizes(size_bytes: int, text: str) -> None:
    assert size_text(size_bytes) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (8.44, "8 s"), (59.4, "59 s"), (59.6, "1 min"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (273_600, "3 d 4 h")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
