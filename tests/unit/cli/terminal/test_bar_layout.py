"""The line of a progress bar: at any width it has the rate and the time, and a bar if there is space for one."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tqdm import tqdm

from parloader.cli.terminal.bar_layout import MAX_BAR, MIN_BAR, bar_format, short
from parloader.cli.terminal.widths import width

LONG = "a_table_with_a_very_long_name_of_exactly_as_many_characters_as_mysql_permits"


def line(
    columns: int, *, what: str = "seed", share: float = 0.45, rows: str = "450k of 1.00M", workers: str = "workers 4, retries 0"
) -> str:
    """The line as tqdm draws it."""
    layout = bar_format(columns, what=what, share=share, rows=rows, rate="37.2k rows/s", time="15 s left", workers=workers)
    with tqdm(total=100, initial=int(share * 100), ncols=columns, bar_format=layout, file=io.StringIO(), ascii=" #") as bar:
        return str(bar)


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        (40, "45 % |###    | 37.2k rows/s, 15 s left"),
        (60, "45 % |#####       | 450k of 1.00M, 37.2k rows/s, 15 s left"),
        (80, "seed  45 % |############               | 450k of 1.00M, 37.2k rows/s, 15 s left"),
        (120, "seed  45 % |##################                      | 450k of 1.00M, 37.2k rows/s, 15 s left, workers 4, retries 0"),
        (200, "seed  45 % |##################                      | 450k of 1.00M, 37.2k rows/s, 15 s left, workers 4, retries 0"),
        (30, "45 %, 37.2k rows/s, 15 s left"),
        (25, "37.2k rows/s, 15 s left"),
        (10, "37.2k ro…"),
    ],
)
def test_lines(columns: int, shown: str) -> None:
    assert line(columns) == shown


@pytest.mark.parametrize("what", [LONG, "表" * 40, "{}{0}{bar}", "", "%s\\"])
@pytest.mark.parametrize("columns", [40, 80, 100, 200])
def test_a_bar_beside_any_name(what: str, columns: int) -> None:
    shown = line(columns, what=what)
    assert width(shown) < columns
    assert "37.2k rows/s, 15 s left" in shown
    bar = re.search(r"\|([# ]*)\|", shown)
    assert bar is not None
    assert MIN_BAR - 1 <= len(bar[1]) <= MAX_BAR


@given(columns=st.integers(1, 300), what=st.text(st.characters(blacklist_categories=["C", "Z"]), max_size=80), share=st.floats(0, 1))
def test_no_line_is_wider_than_the_terminal(columns: int, what: str, share: float) -> None:
    shown = line(columns, what=what, share=share)
    assert width(shown) < max(columns, 2)


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (9.4, "9"), (999.4, "999"), (999.6, "1.00k"), (1234, "1.23k"), (37_240, "37.2k"), (450_000, "450k"), (999_900, "1.00M")],
)
def test_numbers_have_three_digits(number: float, text: str) -> None:
    assert short(number) == text
