"""CSV and TSV as their readers read them: Python's csv module, Polars and DuckDB; values as the server shows them."""

import csv
import io
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from parloader.formats.columns import FileColumn
from parloader.formats.text import csv_header, csv_lines, tsv_lines

TEXTS = ["plain", "a,b", 'say "hi"', "two\nlines", "cr\r\nlf", "", "NULL", " spaced ", "tab\there", "back\\slash", "ünï", None]


def columns(frame: pl.DataFrame) -> list[FileColumn]:
    return [FileColumn(name=name, dtype=dtype) for name, dtype in frame.schema.items()]


def as_csv(frame: pl.DataFrame) -> bytes:
    return csv_header(columns(frame)) + csv_lines(frame, columns(frame))


def unescaped(field: str) -> str | None:
    """A field of LOAD DATA's default format."""
    if field == "\\N":
        return None
    escapes = {"\\": "\\", "t": "\t", "n": "\n"}
    characters = iter(field)
    return "".join(escapes[next(characters)] if character == "\\" else character for character in characters)


def test_csv_is_read_by_polars_and_duckdb(tmp_path: Path) -> None:
    frame = pl.DataFrame({"n": range(len(TEXTS)), "t": TEXTS})
    file = tmp_path / "t.csv"
    file.write_bytes(as_csv(frame))
    assert pl.read_csv(file)["t"].to_list() == TEXTS
    query = f"SELECT t FROM read_csv('{file}', header = true, nullstr = '', allow_quoted_nulls = false) ORDER BY n"
    with duckdb.connect() as connection:
        assert [text for (text,) in connection.execute(query).fetchall()] == TEXTS


def test_the_word_null_and_an_empty_text_are_quoted() -> None:
    lines = csv_lines(frame := pl.DataFrame({"a": ["NULL", "", None], "b": ["x", "y", "z"]}), columns(frame))
    assert lines == b'"NULL",x\n"",y\n,z\n'


@given(
    st.lists(st.tuples(st.none() | st.text(max_size=8), st.none() | st.text(alphabet='ab,"\n\r\\\tN', max_size=6)), min_size=1, max_size=20)
)
def test_any_text(rows: list[tuple[str | None, str | None]]) -> None:
    frame = pl.DataFrame({"a": [a for a, _ in rows], "b": [b for _, b in rows]}, schema={"a": pl.String, "b": pl.String})
    read = list(csv.reader(io.StringIO(csv_lines(frame, columns(frame)).decode(), newline=""), strict=True))
    assert read == [[a or "", b or ""] for a, b in rows]
    lines = tsv_lines(frame, columns(frame)).decode().split("\n")[:-1]
    assert [tuple(map(unescaped, line.split("\t"))) for line in lines] == rows


def test_other_values_are_written_as_the_server_shows_them() -> None:
    frame = pl.DataFrame(
        {
            "i": [1, None],
            "d": pl.Series([Decimal("-1.50"), Decimal("20.00")], dtype=pl.Decimal(10, 2)),
            "f": [3.0, 1e20],
            "s": pl.Series([0.1, -2.5], dtype=pl.Float32),
            "day": [date(2024, 2, 29), date(999, 1, 1)],
            "at": [datetime(2024, 2, 29, 1, 2, 3), datetime(2024, 1, 1, 0, 0, 0, 500)],
            "clock": [time(23, 59, 59), time(0, 0, 0, 120000)],
            "b": [b"\x00\xff", b""],
        }
    )
    assert tsv_lines(frame, columns(frame)).decode().splitlines() == [
        "1\t-1.50\t3\t0.1\t2024-02-29\t2024-02-29 01:02:03\t23:59:59\t00ff",
        "\\N\t20.00\t1e20\t-2.5\t0999-01-01\t2024-01-01 00:00:00.000500\t00:00:00.120000\t",
    ]


def test_a_batch_of_nulls_alone() -> None:
    frame = pl.DataFrame(
        {"a": [None, None], "f": [None, None], "at": [None, None]}, schema={"a": pl.String, "f": pl.Float64, "at": pl.Datetime("us")}
    )
    assert csv_lines(frame, columns(frame)) == b",,\n,,\n"
