"""Which files an export has: their names, the rows of each, and how much of them is in memory. The same for any number of workers."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from parloader.formats.columns import FileColumn
from parloader.formats.names import Compression, FormatName, file_suffix
from parloader.plans.model import Pass, Plan
from parloader.plans.row_ranges import IndexRange, RowAllocation, batches
from parloader.schema.table_names import split

# A batch of this size is generated and rendered at a time; in Parquet, a row group of several of them is in memory before it is compressed
BATCH_BYTES = 8 * 2**20

ROW_GROUP_BYTES = 32 * 2**20

MAX_BATCH_ROWS = 20_000

MAX_ROW_GROUP_ROWS = 100_000

# Characters that mean something to a shell, a file system, a glob or the names of these files themselves
SPECIAL = re.compile(r"""[\x00-\x20\x7f./\\:*?"'`<>|%$&;!()\[\]{}#~^=,]|^-""")

# File systems allow 255 bytes; the number and the suffix follow
MAX_NAME_BYTES = 180

# Digits of a file's number
NUMBER_DIGITS = 5

SECOND_PASS = "second-pass"


@dataclass(frozen=True, kw_only=True)
class FileTable:
    """A table whose rows are exported."""

    name: str
    file_name: str
    """how the names of its files begin"""
    columns: tuple[FileColumn, ...]
    row_key: tuple[str, ...]
    """the columns that identify a row"""
    later: tuple[str, ...]
    """the columns that can be set only when every table has its rows"""
    preserved: tuple[str, ...]
    """the columns that an UPDATE would change, unless it assigns them to themselves"""
    batch_rows: int
    row_group_rows: int

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> FileColumn:
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True, kw_only=True)
class DataFile:
    """A file, and the rows in it."""

    name: str
    table: str
    rows: IndexRange
    of_pass: Pass = Pass.FIRST
    """in SQL, a table with deferred columns has files of the second pass"""


def batch_rows(sample: pl.DataFrame) -> tuple[int, int]:
    """The rows of a batch, and of a row group, for a table with such rows."""
    row_bytes = max(1, int(sample.estimated_size()) // max(1, sample.height))
    batch = max(1, min(MAX_BATCH_ROWS, BATCH_BYTES // row_bytes))
    return batch, max(batch, min(MAX_ROW_GROUP_ROWS, ROW_GROUP_BYTES // row_bytes))


def file_names(tables: Sequence[str]) -> dict[str, str]:
    """Table → how its files are called, different for each table also where upper and lower case do not count."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for table in tables:
        database, own = split(table)
        name = "@".join(_encoded(part) for part in (database, own) if part is not None)
        if len(name.encode()) > MAX_NAME_BYTES or name.casefold() in taken:
            start = name.encode()[: MAX_NAME_BYTES - 10].decode(errors="ignore")
            name = f"{start}@{hashlib.sha256(table.encode()).hexdigest()[:8]}"
        taken.add(name.casefold())
        names[table] = name
    return names


def _encoded(name: str) -> str:
    """The name with special characters as in a URL."""
    return SPECIAL.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), name)


def data_files(
    plan: Plan,
    rows: Mapping[str, RowAllocation],
    tables: Sequence[FileTable],
    name: FormatName,
    compression: Compression,
    rows_per_file: int,
) -> tuple[DataFile, ...]:
    """All files in the order in which they are loaded: parents before children, and the second pass last."""
    suffix = file_suffix(name, compression)
    passes = [(table, Pass.FIRST) for table in tables]
    if name is FormatName.SQL:
        passes += [(table, Pass.SECOND) for table in tables if table.later]
    return tuple(
        DataFile(name=f"{table.file_name}.{_number(number, of_pass)}{suffix}", table=table.name, rows=part, of_pass=of_pass)
        for table, of_pass in passes
        for number, part in enumerate(_parts(rows[table.name], rows_per_file), 1)
    )


def _number(number: int, of_pass: Pass) -> str:
    return f"{number:0{NUMBER_DIGITS}}" if of_pass is Pass.FIRST else f"{SECOND_PASS}.{number:0{NUMBER_DIGITS}}"


def _parts(allocation: RowAllocation, rows_per_file: int) -> Iterator[IndexRange]:
    for part in allocation.new:
        yield from batches(part, lambda: rows_per_file)


def shares(files: Sequence[DataFile], tables: Mapping[str, FileTable], procs: int) -> tuple[tuple[DataFile, ...], ...]:
    """The files of each worker, with about as much work for each; never more workers than files."""
    loads: list[tuple[float, list[DataFile]]] = [(0.0, []) for _ in range(min(procs, len(files)))]
    for file in sorted(files, key=lambda file: -_work(file, tables)):
        least = min(range(len(loads)), key=lambda n: loads[n][0])
        work, of_worker = loads[least]
        of_worker.append(file)
        loads[least] = (work + _work(file, tables), of_worker)
    order = {file.name: n for n, file in enumerate(files)}
    return tuple(tuple(sorted(of_worker, key=lambda file: order[file.name])) for _, of_worker in loads)


def _work(file: DataFile, tables: Mapping[str, FileTable]) -> float:
    """Proportional to the bytes of its rows, as far as their batches tell, and their columns."""
    table = tables[file.table]
    return file.rows.rows * (len(table.columns) + MAX_BATCH_ROWS / table.batch_rows)
