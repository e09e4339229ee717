"""Text of timestamps and time spans."""

from datetime import UTC, datetime

import pytest

from parloader.timestamps import ZERO_DATE, offset_text, parse_iso, parse_offset, parse_span, parse_sql_literal


@pytest.mark.parametrize("text", ["2024-01-31", "2024-01-31T00:00:00", "2024-01-31T00:00:00Z", "2024-01-31T02:00:00+02:00"])
def test_iso_text_is_read_in_utc(text: str) -> None:
    assert parse_iso(text) == datetime(2024, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "2024-02-30", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_invalid_iso_text_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_iso(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-1-2", datetime(2024, 1, 2, tzinfo=UTC)),
        ("2024-01-02 3:4", datetime(2024, 1, 2, 3, 4, tzinfo=UTC)),
        ("2024-01-02T03:04:05.5", datetime(2024, 1, 2, 3, 4, 5, 500_000, tzinfo=UTC)),
        ("0000-00-00", ZERO_DATE),
        ("0000-00-00 00:00:00", ZERO_DATE),
    ],
)
def test_sql_literals(text: str, expected: datetime) -> None:
    assert parse_sql_literal(text) == expected


@pytest.mark.parametrize("text", ["", "2024", "20240102", "2024-13-01", "2024-01-01Z", "0000-00-05", "10:00"])
def test_what_is_not_a_sql_literal_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_sql_literal(text)


def test_spans_and_offsets_are_read_in_seconds() -> None:
    assert [parse_span(text) for text in ("0s", "90s", "2m", "3h", "365d", "1w", "1h30m", "1d1s")] == [
        0, 90, 120, 10_800, 31_536_000, 604_800, 5400, 86_401,
    ]  # fmt: skip
    assert [parse_offset(text) for text in ("+02:00", "-0330", "Z", "+00:00")] == [7200, -12_600, 0, 0]
    assert [offset_text(seconds) for seconds in (7200, -12_600, 0)] == ["+02:00", "-03:30", "+00:00"]
    for text in ("", "2", "+2:00", "+25:00", "Europe/Berlin"):
        with pytest.raises(ValueError, match="time zone offset"):
            parse_offset(text)
    for text in ("", "1", "d", "-1s", "1.5h", "1y", "1 d"):
        with pytest.raises(ValueError, match="time span"):
            parse_span(text)
