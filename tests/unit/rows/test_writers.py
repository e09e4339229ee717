import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import cast

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.servers import SERVER_INFO

from parloader.database.driver import Connection, LoadDataResult
from parloader.errors import WriteFailed
from parloader.rows.writer_names import WriterName
from parloader.rows.writers import STATEMENT_ROWS, InsertWriter, LoadDataWriter, Rendered, writer_for

COMMAND_BYTES = 1  # COM_QUERY, before the statement; max_allowed_packet counts it too

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)

some_rows = st.lists(st.tuples(st.integers(-(2**40), 2**40), st.none() | text), min_size=1, max_size=60)


def writer(max_allowed_packet_bytes: int, table: str = "t") -> InsertWriter:
    return InsertWriter(table=table, max_allowed_packet_bytes=max_allowed_packet_bytes, backslash_escapes=False)


def frame_of(rows: list[tuple[int, str | None]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"n": pl.Int64, "text": pl.String}, orient="row")


@given(some_rows, st.integers(400, 2000))
def test_statements_fit_the_packet_and_contain_all_rows_in_order(rows: list[tuple[int, str | None]], packet_bytes: int) -> None:
    batch = writer(packet_bytes).render(frame_of(rows))
    assert batch.rows == len(rows)
    assert all(COMMAND_BYTES + len(statement) <= packet_bytes for statement in batch.texts)
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE t (n, text)")
        for statement in batch.texts:
            database.execute(statement.decode())
        assert database.execute("SELECT n, text FROM t ORDER BY rowid").fetchall() == rows


@given(some_rows)
def test_rows_that_fit_one_packet_are_one_statement(rows: list[tuple[int, str | None]]) -> None:
    assert len(writer(2**20).render(frame_of(rows)).texts) == 1


@given(st.integers(1, 3 * STATEMENT_ROWS + 1), st.integers(600, 20_000) | st.just(2**24))
def test_no_statement_has_more_rows_than_a_server_parses_fast(rows: int, packet_bytes: int) -> None:
    """Statements have STATEMENT_ROWS rows, fewer only if the packet requires it."""
    batch = writer(packet_bytes).render(pl.DataFrame({"n": range(rows)}))
    pieces = [[int(n) for n in re.findall(rb"\((\d+)\)", statement)] for statement in batch.texts]
    assert [n for piece in pieces for n in piece] == list(range(rows))
    assert max(map(len, pieces)) <= STATEMENT_ROWS
    if packet_bytes == 2**24:
        assert [len(piece) for piece in pieces[:-1]] == [STATEMENT_ROWS] * ((rows - 1) // STATEMENT_ROWS)


def test_no_more_statements_than_the_packet_requires() -> None:
    """1000 rows of 12 bytes (with what is between them) in packets of 1 kB."""
    frame = pl.DataFrame({"n": range(100_000_000, 100_001_000)})
    assert len(writer(1000).render(frame).texts) == pytest.approx(12_000 / (1000 - 100), abs=1)


@pytest.mark.parametrize("rows_before", [0, 3])
def test_a_row_that_is_too_large_is_refused(rows_before: int) -> None:
    frame = pl.DataFrame({"text": ["small"] * rows_before + ["ü" * 500, "small"]})
    with pytest.raises(WriteFailed, match=r"a row of t needs 1,00\d bytes, more than the server's max_allowed_packet of 1,000") as caught:
        writer(1000).render(frame)
    assert "max_allowed_packet" in caught.value.next_step


def test_a_row_that_only_just_fits() -> None:
    capacity_bytes = next(n for n in range(1000, 0, -1) if fits(n))
    assert capacity_bytes > 800
    assert not fits(capacity_bytes + 1)


def fits(text_bytes: int) -> bool:
    frame = pl.DataFrame({"text": ["x" * text_bytes, "y"]})
    try:
        batch = writer(1000).render(frame)
    except WriteFailed:
        return False
    assert all(COMMAND_BYTES + len(statement) <= 1000 for statement in batch.texts)
    return True


def test_names_are_quoted_and_a_percent_sign_stays() -> None:
    """The statement is sent unchanged: no placeholder is substituted."""
    (statement,) = writer(1000, table="100%`t").render(pl.DataFrame({"a`b%": ["5%"]})).texts
    assert statement == b"INSERT INTO `100%``t` (`a``b%`) VALUES ('5%')"


def test_the_writer_follows_the_server_settings() -> None:
    server = replace(SERVER_INFO, max_allowed_packet_bytes=12345)
    chosen = writer_for("t", server)
    assert chosen == InsertWriter(table="t", max_allowed_packet_bytes=12345, backslash_escapes=True)
    assert b"'a\\\\b'" in chosen.render(pl.DataFrame({"c": ["a\\b"]})).texts[0]
    assert writer_for("t", server, WriterName.LOAD_DATA) == LoadDataWriter(table="t")


def test_only_load_data_needs_a_session_that_may_send_files() -> None:
    assert (InsertWriter.local_infile, LoadDataWriter.local_infile) == (False, True)


def test_a_load_statement_quotes_names_and_decodes_bytes() -> None:
    """It also works under NO_BACKSLASH_ESCAPES, because the escape character is written in hexadecimal."""
    frame = pl.DataFrame({"a`b%": [1], "bytes": [b"\x00\xff"], "select": ["x"], "more `bytes`": [b""]})
    batch = LoadDataWriter(table="100%`t").render(frame)
    assert batch.rows == 1
    assert batch.texts == (
        b"LOAD DATA LOCAL INFILE 'batch' INTO TABLE `100%``t` CHARACTER SET utf8mb4 FIELDS ESCAPED BY X'5C' "
        b"(`a``b%`, @1, `select`, @3) SET `bytes` = UNHEX(@1), `more ``bytes``` = UNHEX(@3)",
        b"1\t00ff\tx\t\n",
    )


def test_a_load_statement_without_bytes_sets_nothing() -> None:
    statement, content = LoadDataWriter(table="t").render(pl.DataFrame({"n": [1, None, 3]})).texts
    assert statement.endswith(b"(`n`)")
    assert content == b"1\n\\N\n3\n"


class FakeConnection:
    """Counts the rows of a statement like the server, minus `dropped_rows`."""

    def __init__(self, dropped_rows: int) -> None:
        self.dropped_rows = dropped_rows
        self.sent: list[bytes] = []

    def execute_pipelined(self, statements: Sequence[bytes], leading: object = None) -> int:
        self.sent += statements
        return sum(len(re.findall(rb"\(\d+\)", statement)) for statement in statements) - self.dropped_rows

    @property
    def connection(self) -> Connection:
        return cast(Connection, self)


def batch_of_two_statements() -> Rendered:
    batch = writer(1000).render(pl.DataFrame({"n": range(100_000_000, 100_000_100)}))
    assert len(batch.texts) == 2
    return batch


def test_every_statement_is_sent_once_in_order() -> None:
    server = FakeConnection(dropped_rows=0)
    batch = batch_of_two_statements()
    writer(1000).write(server.connection, batch)
    assert tuple(server.sent) == batch.texts


def test_rows_that_the_server_drops_fail_the_batch() -> None:
    with pytest.raises(WriteFailed, match="the server inserted 99 of 100 rows of t"):
        writer(1000).write(FakeConnection(dropped_rows=1).connection, batch_of_two_statements())


class FakeServer(FakeConnection):
    """Reports these counts for a LOAD DATA, and has no warnings to show."""

    def __init__(self, counts: LoadDataResult) -> None:
        super().__init__(dropped_rows=0)
        self.counts = counts

    def load_local(self, statement: bytes, content: bytes, leading: object = None) -> LoadDataResult:
        return self.counts

    @contextmanager
    def cursor(self) -> Iterator["FakeServer"]:
        yield self

    def execute(self, statement: str, values: object) -> int:
        return 0

    def fetchall(self) -> tuple[()]:
        return ()


@pytest.mark.parametrize(
    "counts",
    [
        LoadDataResult(records=2, skipped=0, warnings=0),
        LoadDataResult(records=3, skipped=1, warnings=0),
        LoadDataResult(records=3, skipped=0, warnings=1),
    ],
)
def test_a_file_that_is_not_loaded_as_it_is_fails_the_batch(counts: LoadDataResult) -> None:
    """Each count decides alone, although a server that skips a row also warns."""
    load = LoadDataWriter(table="t")
    batch = load.render(pl.DataFrame({"n": [1, 2, 3]}))
    load.write(FakeServer(LoadDataResult(records=3, skipped=0, warnings=0)).connection, batch)
    with pytest.raises(
        WriteFailed, match=f"of 3 rows of t the server read {counts.records}, skipped {counts.skipped} and warned {counts.warnings}"
    ):
        load.write(FakeServer(counts).connection, batch)
