"""Snapshots of existing rows: shows which rows were added and which columns were changed between two of them, in one transaction."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.rows.server_text import text_expression
from parloader.schema.model import TableSchema

# Rows at each end of the table, in the order of its key. Reading them takes some milliseconds; a table of up to twice as many is read entirely
END_ROWS = 5_000

Key: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class RowSnapshot:
    """The rows at both ends of a table."""

    table: TableSchema
    rows: dict[Key, tuple[int, ...]]  # key → checksums of all columns
    complete: bool  # whether these are all rows

    def added_since(self, earlier: "RowSnapshot") -> list[Key]:
        """The keys that the earlier snapshot lacks. If one of the two is not complete, only those above its highest key: both ends may have moved."""
        added = [key for key in self.rows if key not in earlier.rows]
        if earlier.rows and not (self.complete and earlier.complete):
            highest = list(earlier.rows)[-1]  # the rows are in the order of their keys
            position = list(self.rows).index(highest) if highest in self.rows else -1
            above = {*list(self.rows)[position + 1 :]}
            added = [key for key in added if key in above]
        return added

    def removed_since(self, earlier: "RowSnapshot") -> int:
        """How many rows of the earlier snapshot are gone; 0 if one of the two is not complete."""
        return sum(key not in self.rows for key in earlier.rows) if self.complete and earlier.complete else 0

    def changed_since(self, earlier: "RowSnapshot") -> tuple[str, ...]:
        """The columns that have other values in rows of both snapshots."""
        both = [(self.rows[key], earlier.rows[key]) for key in self.rows if key in earlier.rows]
        return tuple(name for n, name in enumerate(self.table.column_names) if any(now[n] != then[n] for now, then in both))


def snapshot(connection: Connection, table: TableSchema) -> RowSnapshot:
    """Reads the rows at both ends of the table."""
    key = table.row_key
    columns = ", ".join(f"CRC32({text_expression(column)})" for column in table.columns)
    if key is None:
        rows = sql.rows(connection, f"SELECT {columns} FROM {sql.quote_table(table.name)} LIMIT {END_ROWS:d}")
        return RowSnapshot(table=table, rows=_by_values(rows), complete=len(rows) < END_ROWS)
    names = [sql.quote(name) for name in key.columns]
    last_first = ", ".join(f"{name} DESC" for name in names)
    statement = f"SELECT {', '.join(names)}, {columns} FROM {sql.quote_table(table.name)} ORDER BY"
    first = _by_key(sql.rows(connection, f"{statement} {', '.join(names)} LIMIT {END_ROWS:d}"), len(names))
    if len(first) < END_ROWS:
        return RowSnapshot(table=table, rows=first, complete=True)
    last = _by_key(reversed(sql.rows(connection, f"{statement} {last_first} LIMIT {END_ROWS:d}")), len(names))
    return RowSnapshot(table=table, rows=first | last, complete=False)


def _by_key(rows: Iterable[tuple[Any, ...]], key_columns: int) -> dict[Key, tuple[int, ...]]:
    return {row[:key_columns]: row[key_columns:] for row in rows}


def _by_values(rows: Iterable[tuple[int, ...]]) -> dict[Key, tuple[int, ...]]:
    """Rows without a key are told apart by their values, and equal rows by a number."""
    seen: Counter[tuple[int, ...]] = Counter()
    result = {}
    for row in rows:
        seen[row] += 1
        result[*row, seen[row]] = row
    return result
