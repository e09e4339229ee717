"""Files: each row in exactly one, the same files for any number of processes, names that every file system takes."""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parloader.formats.columns import FileColumn
from parloader.formats.layout import MAX_BATCH_ROWS, FileTable, batch_rows, data_files, file_names, shares
from parloader.formats.names import Compression, FormatName
from parloader.plans.generators import Const
from parloader.plans.model import Pass, Plan, Table
from parloader.plans.row_ranges import IndexRange, RowAllocation, merge

TABLE = FileTable(
    name="t",
    file_name="t",
    columns=(FileColumn(name="id", dtype=pl.Int64()),),
    row_key=("id",),
    later=(),
    preserved=(),
    batch_rows=10,
    row_group_rows=10,
)

PLAN = Plan(name="p", parameters={}, tables=(Table(name="t", rows=100, columns={"a": Const(value=1)}, partitioned=True),))


def files_of(
    new: tuple[IndexRange, ...], rows_per_file: int, name: FormatName = FormatName.CSV, **more: object
) -> list[tuple[str, IndexRange, Pass]]:
    rows = {"t": RowAllocation(rows=100, new=new)}
    table = replace(TABLE, **more)  # type: ignore[arg-type]
    return [(file.name, file.rows, file.of_pass) for file in data_files(PLAN, rows, (table,), name, Compression.NONE, rows_per_file)]


@given(
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), max_size=4).map(
        lambda pairs: merge(IndexRange(min(pair), max(pair)) for pair in pairs)
    ),
    st.integers(1, 120),
)
def test_each_row_is_in_one_file(new: tuple[IndexRange, ...], rows_per_file: int) -> None:
    files = files_of(new, rows_per_file)
    covered = [index for _, rows, _ in files for index in range(rows.start, rows.stop)]
    assert covered == [index for part in new for index in range(part.start, part.stop)]
    assert all(0 < rows.rows <= rows_per_file for _, rows, _ in files)
    assert len({name for name, _, _ in files}) == len(files)


def test_names_have_numbers_and_sql_has_a_second_pass() -> None:
    whole = (IndexRange(0, 100),)
    assert [name for name, _, _ in files_of(whole, 60)] == ["t.00001.csv", "t.00002.csv"]
    names = [(name, of_pass) for name, _, of_pass in files_of(whole, 60, FormatName.SQL, later=("boss_id",))]
    assert names == [
        ("t.00001.sql", Pass.FIRST),
        ("t.00002.sql", Pass.FIRST),
        ("t.second-pass.00001.sql", Pass.SECOND),
        ("t.second-pass.00002.sql", Pass.SECOND),
    ]


@given(st.integers(1, 30), st.integers(1, 9))
def test_workers_share_the_files(rows_per_file: int, procs: int) -> None:
    rows = {"t": RowAllocation(rows=100, new=(IndexRange(0, 100),))}
    files = data_files(PLAN, rows, (TABLE,), FormatName.TSV, Compression.NONE, rows_per_file)
    shared = shares(files, {"t": TABLE}, procs)
    assert sorted(file.name for share in shared for file in share) == [file.name for file in files]
    assert all(shared)
    assert len(shared) <= procs


@given(st.lists(st.text(min_size=1, max_size=64), min_size=1, max_size=8, unique=True))
def test_every_table_has_a_name_of_its_own(tables: list[str]) -> None:
    tables = [table for table in tables if not any("\ud800" <= character <= "\udfff" for character in table)]
    names = file_names(tables)
    assert len({name.casefold() for name in names.values()}) == len(tables)
    for name in names.values():
        assert len(name.encode()) <= 200
        assert not {*"/\\:*?\"'`<>|. \n\0"} & {*name}
        assert not name.startswith("-")


@pytest.mark.parametrize(
    ("table", "name"),
    [("orders", "orders"), ("order items", "order%20items"), ("a.b", "a%2Eb"), ("Größe", "Größe"), ("`crm`.`client`", "crm@client")],
)
def test_names_are_readable(table: str, name: str) -> None:
    assert file_names([table])[table] == name


def test_large_rows_are_generated_in_small_batches() -> None:
    small, large = pl.DataFrame({"a": [1, 2]}), pl.DataFrame({"a": ["x" * 10_000_000]})
    assert batch_rows(small)[0] == MAX_BATCH_ROWS
    assert batch_rows(large) == (1, 3)
