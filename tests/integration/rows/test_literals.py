"""Hostile values survive the round trip to the server; server_text.py renders rows like the server."""

from contextlib import closing
from datetime import datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.servers import Database

from parloader.database import sql
from parloader.database.introspection import read_tables
from parloader.database.session import connect, server_info
from parloader.rows import server_text
from parloader.rows.server_text import rows_as_text
from parloader.rows.writer_names import WriterName
from parloader.rows.writers import writer_for

TABLE = "odd `name` %s"

HOSTILE = st.text(st.characters(codec="utf-8", exclude_characters=""), max_size=40) | st.sampled_from(
    ["'", "\\", "\\'", "%s", "\x00", "\x1a", "NULL", "🦆", "');--"]
)

rows = st.lists(
    st.tuples(
        st.none() | HOSTILE,
        st.none() | st.binary(max_size=40),
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31)),
        st.none() | st.decimals(-(10**10), 10**10, places=4),
        st.none() | st.booleans(),
    ),
    min_size=1,
    max_size=20,
)

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "id": pl.Int64,
    "te'xt": pl.String,
    "bytes": pl.Binary,
    "number": pl.Int64,
    "moment": pl.Datetime("us"),
    "price": pl.Decimal(20, 4),
    "select": pl.Boolean,
}


@pytest.mark.parametrize("writer_name", list(WriterName))
@pytest.mark.parametrize("mode", ["", "NO_BACKSLASH_ESCAPES"])
def test_round_trip(database: Database, mode: str, writer_name: WriterName) -> None:
    database.execute(
        f"""CREATE TABLE {sql.quote(TABLE)} (id INT PRIMARY KEY, `te'xt` VARCHAR(100), bytes VARBINARY(100), number BIGINT,
            moment DATETIME(6), price DECIMAL(20, 4), `select` BOOLEAN) CHARACTER SET utf8mb4"""
    )
    with closing(connect(database.target, local_infile=True)) as connection:
        view = server_text.row_text(read_tables(connection, [TABLE])[TABLE], SCHEMA, "id")
        sql.execute(connection, "SET SESSION sql_mode = CONCAT_WS(',', @@sql_mode, %s)", mode)
        server_text.prepare_session(connection, 2**20)
        info = server_info(connection)
        assert info.backslash_escapes is (mode == "")
        writer = writer_for(TABLE, info, writer_name)

        @settings(max_examples=60, deadline=None)
        @given(values=rows)
        def holds(values: list[tuple[object, ...]]) -> None:
            frame = pl.DataFrame([(n, *row) for n, row in enumerate(values, 1)], schema=SCHEMA, orient="row")
            sql.execute(connection, f"DELETE FROM {sql.quote(TABLE)}")
            writer.write(connection, writer.render(frame))
            found = sql.rows(connection, f"SELECT {', '.join(map(sql.quote, SCHEMA))} FROM {sql.quote(TABLE)} ORDER BY id")
            assert [row[1:] for row in found] == values
            texts = rows_as_text(frame, view.columns)
            there = server_text.rows_by_key(connection, view, 1, len(values))
            assert [",".join(there[key]) for key in sorted(there)] == texts.to_list()
            assert server_text.digest_by_key(connection, view, 1, len(values)) == (
                len(values),
                server_text.digest_of_texts(texts.to_list()),
            )

        holds()
