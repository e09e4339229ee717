"""Estimates the disk space of rows from the column types and indexes, before any row is written.

Sources: MySQL manual "Data Type Storage Requirements" and "InnoDB Row Formats" (COMPACT and DYNAMIC); the fill factors are measured by
tests/integration/schema/test_storage_size.py on real tables.
"""

import math
from dataclasses import dataclass

from parloader.schema.model import ColumnSchema, ColumnType, TableSchema

PAGE_BYTES = 16384

RECORD_HEADER_BYTES = 5

HIDDEN_BYTES = 6 + 7  # transaction id and roll pointer, in the clustered index

# Rows in key order leave 1/16 of a page free (InnoDB's rule for sequential inserts); secondary indexes fill in other orders
CLUSTERED_FILL = 15 / 16

SECONDARY_FILL = 0.7

AVERAGE_TEXT_SHARE = 0.25  # assumed share of a VARCHAR's length that values use


@dataclass(frozen=True, kw_only=True)
class Size:
    """Disk space of a table."""

    data_bytes: int  # the clustered index, which holds the rows
    index_bytes: int  # the secondary indexes

    @property
    def total_bytes(self) -> int:
        """Rows and secondary indexes."""
        return self.data_bytes + self.index_bytes


def estimate(table: TableSchema, rows: int) -> Size:
    """The estimated size of the table with `rows` rows."""
    nullable = sum(column.nullable for column in table.columns)
    row_bytes = RECORD_HEADER_BYTES + HIDDEN_BYTES + math.ceil(nullable / 8) + sum(map(_column_bytes, table.columns))
    clustered = table.primary_key or table.row_key
    key_bytes = _columns_bytes(table, clustered.columns if clustered else ())
    entries = [*(key.columns for key in table.unique_keys if key.name != "PRIMARY"), *table.indexes]
    index_bytes = sum(RECORD_HEADER_BYTES + 1 + key_bytes + _columns_bytes(table, columns) for columns in entries)
    return Size(
        data_bytes=_pages(rows * row_bytes / CLUSTERED_FILL), index_bytes=len(entries) and _pages(rows * index_bytes / SECONDARY_FILL)
    )


def _pages(size_bytes: float) -> int:
    return max(1, math.ceil(size_bytes / PAGE_BYTES)) * PAGE_BYTES


def _columns_bytes(table: TableSchema, names: tuple[str, ...]) -> float:
    return sum(_column_bytes(table.column(name)) for name in names)


def _column_bytes(column: ColumnSchema) -> float:
    match column.kind:
        case ColumnType.INTEGER:
            return (column.max_value - column.min_value).bit_length() / 8
        case ColumnType.DATETIME:
            return 5 + math.ceil(column.fraction_digits / 2)
        case ColumnType.TIMESTAMP:
            return 4 + math.ceil(column.fraction_digits / 2)
        case ColumnType.DATE:
            return 3
        case ColumnType.ENUM:
            return 1
        case ColumnType.REAL:
            return 8
        case ColumnType.DECIMAL:
            return math.ceil(column.precision / 9 * 4)
        case ColumnType.SET:
            return 1 + max(map(len, column.values)) * AVERAGE_TEXT_SHARE
    if column.type_name in ("char", "varchar"):
        return 1 + column.length * AVERAGE_TEXT_SHARE
    return 40
