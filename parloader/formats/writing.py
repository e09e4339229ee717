"""Writes one file of rows, batch by batch."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import polars as pl
from polars.io.plugins import register_io_source

from parloader.formats import sql
from parloader.formats.layout import FileTable
from parloader.formats.names import Compression, FormatName
from parloader.formats.streams import opened
from parloader.formats.text import csv_header, csv_lines, tsv_lines
from parloader.plans.model import Pass

PARQUET_COMPRESSION: Mapping[Compression, Literal["zstd", "gzip", "uncompressed"]] = {
    Compression.ZSTD: "zstd",
    Compression.GZIP: "gzip",
    Compression.NONE: "uncompressed",
}


@dataclass
class Contents:
    """What a script that loads a file has to know of its values."""

    nulls: dict[str, int] = field(default_factory=dict)
    """column → how many values are NULL, if any"""
    empty: dict[str, int] = field(default_factory=dict)
    """column → how many texts are empty, if any"""

    def count(self, frame: pl.DataFrame) -> None:
        """Counts those of a batch as well."""
        for name, nulls in frame.null_count().row(0, named=True).items():
            if nulls:
                self.nulls[name] = self.nulls.get(name, 0) + nulls
        for name, dtype in frame.schema.items():
            if dtype == pl.String and (empty := int((frame[name] == "").sum())):
                self.empty[name] = self.empty.get(name, 0) + empty


def write_file(
    path: Path, name: FormatName, compression: Compression, table: FileTable, of_pass: Pass, frames: Iterable[pl.DataFrame]
) -> Contents:
    """Writes frames with the types of the table's columns. OSError: the file cannot be written."""
    contents = Contents()
    if name is FormatName.PARQUET:
        _write_parquet(path, compression, table, frames)
        return contents
    with opened(path, compression) as file:
        for content in _text(name, table, of_pass, frames, contents):
            file.write(content)
    return contents


def _text(name: FormatName, table: FileTable, of_pass: Pass, frames: Iterable[pl.DataFrame], contents: Contents) -> Iterator[bytes]:
    if name is FormatName.SQL:
        yield sql.header()
    if name is FormatName.CSV:
        yield csv_header(table.columns)
    for frame in frames:
        match name:
            case FormatName.CSV:
                contents.count(frame)
                yield csv_lines(frame, table.columns)
            case FormatName.TSV:
                yield tsv_lines(frame, table.columns)
            case _ if of_pass is Pass.SECOND:
                yield from sql.update_statements(frame, table)
            case _:
                yield from sql.insert_statements(frame, table)


def _write_parquet(path: Path, compression: Compression, table: FileTable, frames: Iterable[pl.DataFrame]) -> None:
    """Polars asks for the batches one by one, and keeps those of a row group in memory."""
    schema = pl.Schema({column.name: column.dtype for column in table.columns})

    def source(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        yield from frames

    register_io_source(source, schema=schema).sink_parquet(
        path,
        compression=PARQUET_COMPRESSION[compression],
        row_group_size=table.row_group_rows,
        maintain_order=True,
    )
