"""How much room rows will take, estimated from the column types and indexes before any is written.

Sources: MySQL manual "Data Type Storage Requirements" and "InnoDB Row Formats" (COMPACT and DYNAMIC); the fill factors are measured by
tests/integration/test_size.py on real tables.
"""

import math
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from parloader.database.connect import Facts
from parloader.database.schema import INTEGER_BYTES

PAGE_BYTES = 16384
RECORD_HEADER_BYTES = 5
HIDDEN_BYTES = 6 + 7  # transaction id and roll pointer, in the clustered index
# Rows in key order leave 1/16 of a page free (InnoDB's rule for sequential inserts); secondary indexes fill in other orders
CLUSTERED_FILL = 15 / 16
SECONDARY_FILL = 0.7
AVERAGE_TEXT_SHARE = 0.25  # how much of a VARCHAR's length is used, where nothing is known


@dataclass(frozen=True, kw_only=True)
class Size:
    data_bytes: int
    index_bytes: int

    @property
    def total_bytes(self) -> int:
        return self.data_bytes + self.index_bytes


def estimate(live: sa.Table, rows: int) -> Size:
    """The size of `rows` rows of the table."""
    nullable = sum(bool(c.nullable) for c in live.columns)
    row_bytes = RECORD_HEADER_BYTES + HIDDEN_BYTES + math.ceil(nullable / 8) + sum(map(_column_bytes, live.columns))
    key_bytes = sum(map(_column_bytes, live.primary_key.columns))
    entries = [list(index.columns) for index in live.indexes]
    index_bytes = sum(RECORD_HEADER_BYTES + 1 + key_bytes + sum(map(_column_bytes, columns)) for columns in entries)
    return Size(
        data_bytes=_pages(rows * row_bytes / CLUSTERED_FILL), index_bytes=len(entries) and _pages(rows * index_bytes / SECONDARY_FILL)
    )


def _pages(size_bytes: float) -> int:
    return max(1, math.ceil(size_bytes / PAGE_BYTES)) * PAGE_BYTES


def _column_bytes(column: "sa.Column[Any]") -> float:
    kind = column.type
    if type(kind) in INTEGER_BYTES:
        return INTEGER_BYTES[type(kind)]
    if isinstance(kind, sa.DateTime):
        return (4 if isinstance(kind, sa.TIMESTAMP) else 5) + math.ceil((getattr(kind, "fsp", 0) or 0) / 2)
    if isinstance(kind, sa.Date):
        return 3
    if isinstance(kind, sa.Enum):
        return 1
    if isinstance(kind, sa.Float):
        return 8
    if isinstance(kind, sa.Numeric):
        return math.ceil((kind.precision or 10) / 9 * 4)
    if isinstance(kind, sa.String) and kind.length:
        return 1 + kind.length * AVERAGE_TEXT_SHARE
    return 40


def free_bytes(facts: Facts) -> int | None:
    """The free space where the server keeps its data; None where that is not on this machine."""
    directory = Path(facts.data_directory)
    try:
        local = facts.hostname == socket.gethostname() and directory.is_dir()
        return shutil.disk_usage(directory).free if local else None
    except OSError:
        return None
