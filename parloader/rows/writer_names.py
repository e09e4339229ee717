"""The values of --writer, apart from writers.py, which imports Polars: that takes longer than to print a --help."""

from enum import StrEnum


class WriterName(StrEnum):
    """How a batch reaches the server."""

    INSERT = "insert"  # multi-row INSERT statements
    LOAD_DATA = "load-data"  # LOAD DATA LOCAL, from memory
