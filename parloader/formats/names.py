"""The formats and compressions of exported files, as options name them. Imports nothing large."""

from enum import StrEnum


class FormatName(StrEnum):
    """What a file contains."""

    CSV = "csv"
    TSV = "tsv"
    PARQUET = "parquet"
    SQL = "sql"


class Compression(StrEnum):
    """How a file is compressed; in Parquet, its pages."""

    ZSTD = "zstd"
    GZIP = "gzip"
    NONE = "none"


DEFAULT_FORMAT = FormatName.PARQUET

DEFAULT_ROWS_PER_FILE = 250_000
"""A million rows are work for four processes, and a file of usual rows has 5 to 50 MB."""

SUFFIXES = {Compression.ZSTD: ".zst", Compression.GZIP: ".gz", Compression.NONE: ""}


def default_compression(name: FormatName) -> Compression:
    """zstd for Parquet, which all of its readers know; none for the others."""
    return Compression.ZSTD if name is FormatName.PARQUET else Compression.NONE


def file_suffix(name: FormatName, compression: Compression) -> str:
    """What the names of the files end with: .csv, .sql.zst, .parquet."""
    return f".{name}" if name is FormatName.PARQUET else f".{name}{SUFFIXES[compression]}"
