"""Sample rows as text."""

import datetime

import polars as pl
import pytest

from parloader.cli.texts.sample_text import sample_lines

SAMPLE = pl.DataFrame(
    {
        "id": [1, 20],
        "name": ["Ann", None],
        "note": ["NULL", "a\nb"],
        "paid": [datetime.datetime(2024, 1, 2, 3, 4, 5), None],
        "token": [b"\x00\xff", None],
        "empty": ["", " x"],
    }
)


def test_a_column_for_each_field(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers to the right; a text that would be mistaken for something else, or would break the line, in quotes."""
    monkeypatch.setattr("parloader.cli.texts.sample_text.columns_of", lambda _: 80)
    assert sample_lines(SAMPLE) == [
        "  id  name  note                   paid  token    empty",
        "   1  Ann   'NULL'  2024-01-02 03:04:05  x'00ff'  ''",
        r"  20  NULL  'a\nb'                 NULL  NULL     ' x'",
    ]


def test_a_line_for_each_field_in_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parloader.cli.texts.sample_text.columns_of", lambda _: 52)
    assert sample_lines(SAMPLE)[:4] == [
        "         row 1                row 2",
        "  id     1                    20",
        "  name   Ann                  NULL",
        r"  note   'NULL'               'a\nb'",
    ]


def test_in_a_file_it_is_as_wide_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    many = pl.DataFrame({f"column_{n}": ["x" * 50] for n in range(30)})
    heading, row = sample_lines(many)
    assert heading.split() == many.columns
    assert row.split() == ["x" * 39 + "…"] * 30
