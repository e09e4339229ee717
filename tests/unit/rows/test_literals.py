import sqlite3
from contextlib import closing
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parloader.rows.literals import as_literals, file_lines, values_lists

# A statement can contain any text without lone surrogates
texts = st.text(st.characters(exclude_categories=["Cs"]))


def rendered(values: list[Any], dtype: Any, *, backslash_escapes: bool = True) -> list[str]:
    frame = pl.DataFrame({"c": pl.Series(values, dtype=dtype)})
    return [text.decode() for text in values_lists(frame, backslash_escapes=backslash_escapes)]


@pytest.mark.parametrize(
    ("dtype", "values", "expected"),
    [
        (pl.Int64, [0, -(2**63), 2**63 - 1], ["0", "-9223372036854775808", "9223372036854775807"]),
        (pl.UInt64, [2**64 - 1], ["18446744073709551615"]),
        (pl.Int8, [-128], ["-128"]),
        (pl.Decimal(20, 4), [Decimal("-1234567890123456.7891"), Decimal(2)], ["-1234567890123456.7891", "2.0000"]),
        (pl.Boolean, [True, False], ["1", "0"]),
        (pl.String, ["", "plain", "it's", "''", "ü😀", "a,b)"], ["''", "'plain'", "'it''s'", "''''''", "'ü😀'", "'a,b)'"]),
        (pl.String, ["line\nbreak\ttab", '"'], ["'line\nbreak\ttab'", "'\"'"]),
        (pl.Binary, [b"", b"\x00\xff'\\"], ["x''", "x'00ff275c'"]),
        (pl.Date, [date(1000, 1, 1), date(9999, 12, 31)], ["10000101", "99991231"]),
        (pl.Datetime("ms"), [datetime(1000, 1, 2, 3, 4, 5), datetime(9999, 12, 31)], ["10000102030405", "99991231000000"]),
        (pl.Datetime("ms"), [datetime(999, 1, 2, 3, 4, 5)], ["'0999-01-02 03:04:05'"]),
    ],
)
def test_literals_of_each_type(dtype: Any, values: list[Any], expected: list[str]) -> None:
    assert rendered(values, dtype) == expected
    assert rendered([*values, None], dtype) == [*expected, "NULL"]


DTYPES = [pl.Int64, pl.Float64, pl.Decimal(10, 2), pl.Boolean, pl.String, pl.Binary, pl.Date, pl.Datetime("us"), pl.Null]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", [0, 1, 3])
def test_a_column_of_nulls(dtype: Any, rows: int) -> None:
    assert rendered([None] * rows, dtype) == ["NULL"] * rows


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.none()))
def test_a_float_keeps_every_bit(values: list[float | None]) -> None:
    assert [None if text == "NULL" else float(text) for text in rendered(values, pl.Float64)] == values


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("dtype", [pl.Float32, pl.Float64])
def test_nan_and_infinity_are_refused(value: float, dtype: Any) -> None:
    with pytest.raises(ValueError, match="column c "):
        rendered([1.0, None, value], dtype)


@pytest.mark.parametrize(
    ("dtype", "value"), [(pl.Duration, timedelta(1)), (pl.Time, time(1)), (pl.List(pl.Int64), [1]), (pl.Struct({"a": pl.Int64}), {"a": 1})]
)
def test_a_type_without_a_literal_is_refused(dtype: Any, value: Any) -> None:
    with pytest.raises(TypeError, match=r"column c: .* has no SQL literal"):
        rendered([value], dtype)


def test_a_backslash_is_doubled_only_where_it_escapes() -> None:
    assert rendered(["a\\'b", None], pl.String, backslash_escapes=True) == ["'a\\\\''b'", "NULL"]
    assert rendered(["a\\'b", None], pl.String, backslash_escapes=False) == ["'a\\''b'", "NULL"]


@given(st.lists(texts, min_size=1))
def test_a_server_whose_backslash_escapes_reads_the_text_back(values: list[str]) -> None:
    assert [unescaped(literal) for literal in rendered(values, pl.String, backslash_escapes=True)] == values


def unescaped(literal: str) -> str:
    """Decodes a string literal character by character (MySQL manual "String Literals")."""
    assert literal[0] == literal[-1] == "'"
    characters, inside = iter(literal[1:-1]), ""
    for character in characters:
        assert character not in "'\\" or next(characters) == character, "the literal ends early, or has an escape that it should not"
        inside += character
    return inside


SQLITE_VALUES = {
    pl.Int64: st.integers(-(2**63) + 1, 2**63 - 1),
    pl.String: st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    pl.Binary: st.binary(),
    pl.Boolean: st.booleans(),
}


@given(st.data())
def test_a_database_reads_every_row_back(data: st.DataObject) -> None:
    """SQLite has no backslash escapes, like a server under NO_BACKSLASH_ESCAPES."""
    rows = data.draw(st.integers(1, 5))
    schema: dict[str, Any] = {f"c{n}": dtype for n, dtype in enumerate(SQLITE_VALUES)}
    columns = {name: data.draw(st.lists(st.none() | SQLITE_VALUES[dtype], min_size=rows, max_size=rows)) for name, dtype in schema.items()}
    frame = pl.DataFrame(columns, schema=schema)
    with closing(sqlite3.connect(":memory:")) as database:
        values = ", ".join(f"({text.decode()})" for text in values_lists(frame, backslash_escapes=False))
        assert database.execute(f"VALUES {values}").fetchall() == frame.rows()


TIMESTAMP = datetime(2024, 5, 6, 7, 8, 9, 120_450)


def test_all_rows_of_a_column_show_the_same_digits() -> None:
    whole = datetime(2024, 5, 6)
    assert rendered([whole, TIMESTAMP, None], pl.Datetime("us")) == ["'2024-05-06 00:00:00.000000'", "'2024-05-06 07:08:09.120450'", "NULL"]
    assert rendered([whole], pl.Datetime("us")) == ["20240506000000"]


def test_a_text_may_contain_what_ends_a_row_while_it_is_rendered() -> None:
    values = ["a\0b", "\0", "\0\0\0", "'\0,\0\0),(\n", ""]
    assert rendered(values, pl.String) == ["'" + value.replace("'", "''") + "'" for value in values]


def test_literals_keep_the_names_of_the_columns() -> None:
    frame = pl.DataFrame({"n": [1], "text": ["a"]})
    assert frame.select(as_literals(frame, backslash_escapes=True)).to_dicts() == [{"n": "1", "text": "'a'"}]


FIELD_ESCAPES = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a"}


def loaded(content: bytes) -> list[tuple[str | None, ...]]:
    """MySQL manual, "LOAD DATA Statement", "Field and Line Handling": the file character by character, with the default options."""
    rows: list[tuple[str | None, ...]] = []
    fields: list[str | None] = []
    field, raw = "", ""
    characters = iter(content.decode())
    for character in characters:
        if character in "\t\n":
            fields.append(None if raw == "\\N" else field)
            field, raw = "", ""
            if character == "\n":
                rows.append(tuple(fields))
                fields = []
        elif character == "\\":
            escaped = next(characters)
            raw += character + escaped
            field += FIELD_ESCAPES.get(escaped, escaped)
        else:
            raw += character
            field += character
    assert (fields, raw) == ([], ""), "the last line has no end"
    return rows


awkward = st.text(st.sampled_from("\\\t\n\r\0\b\x1aNnt0Zb'\" ,ü😀"), max_size=8)


@given(st.lists(st.tuples(st.none() | texts | awkward, st.none() | awkward), min_size=1))
def test_the_lines_of_a_file_are_read_back(rows: list[tuple[str | None, str | None]]) -> None:
    frame = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.String}, orient="row")
    assert loaded(file_lines(frame)) == rows


@pytest.mark.parametrize(
    ("dtype", "values", "expected"),
    [
        (pl.Int64, [0, -(2**63), 2**63 - 1], ["0", "-9223372036854775808", "9223372036854775807"]),
        (pl.UInt64, [2**64 - 1], ["18446744073709551615"]),
        (pl.Decimal(20, 4), [Decimal("-1234567890123456.7891"), Decimal(2)], ["-1234567890123456.7891", "2.0000"]),
        (pl.Boolean, [True, False], ["1", "0"]),
        (pl.String, ["", "NULL", "N", "it's", "a,b"], ["", "NULL", "N", "it's", "a,b"]),
        (pl.Binary, [b"", b"\x00\xff'\\"], ["", "00ff275c"]),
        (pl.Date, [date(999, 1, 1), date(9999, 12, 31)], ["0999-01-01", "9999-12-31"]),
        (pl.Datetime("ms"), [datetime(1000, 1, 2, 3, 4, 5), datetime(9999, 12, 31)], ["1000-01-02 03:04:05", "9999-12-31 00:00:00"]),
        (pl.Datetime("us"), [datetime(2024, 5, 6, 7, 8, 9, 120_450)], ["2024-05-06 07:08:09.120450"]),
    ],
)
def test_fields_of_each_type(dtype: Any, values: list[Any], expected: list[str]) -> None:
    frame = pl.DataFrame({"n": range(len(values) + 1), "c": pl.Series([*values, None], dtype=dtype)})
    assert loaded(file_lines(frame)) == [(str(n), text) for n, text in enumerate([*expected, None])]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", [0, 1, 3])
def test_a_file_of_nulls(dtype: Any, rows: int) -> None:
    frame = pl.DataFrame({"c": pl.Series([None] * rows, dtype=dtype)})
    assert file_lines(frame) == b"\\N\n" * rows


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_a_float_keeps_every_bit_in_a_file(values: list[float]) -> None:
    lines = loaded(file_lines(pl.DataFrame({"c": pl.Series(values, dtype=pl.Float64)})))
    assert [float(str(text)) for (text,) in lines] == values


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_nan_and_infinity_are_refused_in_files(value: float) -> None:
    with pytest.raises(ValueError, match="column c "):
        file_lines(pl.DataFrame({"c": [1.0, value]}))


@given(st.lists(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(lambda d: d.replace(microsecond=0)), min_size=1))
def test_a_date_as_a_number_has_all_its_digits(values: list[datetime]) -> None:
    """MySQL reads a number of other than 14 digits as something else: one with a leading zero is a string."""
    for value, text in zip(values, rendered(list(values), pl.Datetime("us")), strict=True):
        assert text in (f"{value:%Y%m%d%H%M%S}", f"'{value.year:04}-{value:%m-%d %H:%M:%S}'")
        assert text[0] == "'" or len(text) == 14
