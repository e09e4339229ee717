"""Tables as text, at any width."""

from hypothesis import given
from hypothesis import strategies as st

from parloader.cli.terminal.text_tables import MAX_CELL, aligned, records
from parloader.cli.terminal.widths import padded, shortened, width

NAMES = ("id", "name", "note")

ROWS = [("1", "Ann", "NULL"), ("1000", "Bob the Builder of very many houses in town", "x")]

TEXTS = (1, 2)


def test_columns_are_aligned() -> None:
    assert aligned([("table", "rows"), ("orders", "5"), ("customer", "1,000")]) == [
        "table      rows",
        "orders        5",
        "customer  1,000",
    ]


def test_records_that_fit() -> None:
    assert records(NAMES, ROWS, TEXTS, None) == [
        "  id  name                                      note",
        "   1  Ann                                       NULL",
        "1000  Bob the Builder of very many houses in …  x",
    ]


def test_texts_are_cut_before_fields_become_lines() -> None:
    assert records(NAMES, ROWS, TEXTS, 24) == ["  id  name          note", "   1  Ann           NULL", "1000  Bob the Bui…  x"]


def test_fields_that_do_not_fit_become_lines_with_records_next_to_each_other() -> None:
    wide = [(*(f"{n}" * 12 for n in range(4)),), ("a", "NULL", "c", "d"), ("e", "f", "g", "h")]
    assert records(("first", "2", "3", "4"), wide, (1, 2), 36) == [
        "       row 1         row 2",
        "first  000000000000  a",
        "2      111111111111  NULL",
        "3      222222222222  c",
        "4      333333333333  d",
        "",
        "       row 3",
        "first  e",
        "2      f",
        "3      g",
        "4      h",
    ]


cells = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=60)


@given(rows=st.lists(st.tuples(st.integers(), cells, cells), min_size=1, max_size=5), columns=st.integers(45, 300))
def test_no_line_is_wider_than_the_terminal(rows: list[tuple[int, str, str]], columns: int) -> None:
    """Unless a number is."""
    texts = [(str(number), *others) for number, *others in rows]
    longest = max(len(number) for number, *_ in texts)
    for line in records(NAMES, texts, TEXTS, columns):
        assert width(line) <= max(columns, longest + len("note  "))


@given(rows=st.lists(st.tuples(st.integers(), cells), min_size=1, max_size=5))
def test_in_a_file_each_field_is_a_column(rows: list[tuple[int, str]]) -> None:
    lines = records(("id", "name"), [(str(number), text) for number, text in rows], (1,), None)
    assert len(lines) == 1 + len(rows)
    assert all(f"{number}  {shortened(text, MAX_CELL)}".rstrip() in line for (number, text), line in zip(rows, lines[1:], strict=True))


def test_wide_characters_take_two_columns_and_marks_none() -> None:
    assert [width(text) for text in ("Zürich", "Zu\u0308rich", "東京", "a東")] == [6, 6, 4, 3]
    assert shortened("東京都庁", 5) == "東京…"
    assert shortened("東京都庁", 4) == "東…"
    assert padded("東京", 6) == "東京  "
    assert padded("7", 3, right=True) == "  7"
