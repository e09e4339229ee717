"""Deletes generated rows of a table, after a last check under locks: the rows still have the generated values, and no row references them.

The checks before clean are long past when a row is deleted. Here the rows are locked first, so nobody can edit or reference them between
check and delete (an INSERT of a referencing row waits for the lock of the row that it references).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.database.visibility import Reference
from parloader.errors import EditedRows
from parloader.generation.frames import RowGenerator, generate, only
from parloader.plans.model import Pass, Plan
from parloader.plans.row_ranges import IndexRange, RowAllocation
from parloader.rows.differences import differences
from parloader.rows.lookup import conditions_by_key, delete_by_key
from parloader.rows.outside_references import require_unreferenced
from parloader.rows.ownership import SHOWN_KEYS, some
from parloader.rows.server_text import FOR_UPDATE, RowText
from parloader.schema.model import ColumnSchema


@dataclass(frozen=True, kw_only=True)
class Deletion:
    """How a run's rows of one table are checked and deleted, in the caller's transaction. All passes but the first are undone before."""

    plan: Plan
    name: str
    """of the table"""
    rows: Mapping[str, RowAllocation]
    """of all tables of the plan"""
    identity: tuple[ColumnSchema, ...]
    """the columns by which rows are found if the run assigned no keys"""
    view: RowText | None
    """the columns that must have the generated values; None: edited rows are deleted as well"""
    references: tuple[Reference, ...]
    """the foreign keys that reference the table"""
    max_text_bytes: int
    """the longest text that the server can join"""

    def lock(self, connection: Connection, part: IndexRange, last: Pass = Pass.FIRST) -> None:
        """Locks these rows. EditedRows: they have other values than the passes up to `last` gave them. A missing row is no edit.

        Comes before the transaction's first SELECT without a lock, which would fix what later ones see.
        """
        if self.view is None:
            for condition in self._conditions(part) if self.references else ():
                sql.rows(connection, f"SELECT COUNT(*) FROM {sql.quote(self.name)} WHERE {condition}{FOR_UPDATE}")
            return
        columns = [column.name for column in self.view.columns]
        for piece in self._same_segment(part):
            frame = generate(self.plan, self.plan.table(self.name).after_pass(last), piece, self.rows).select(columns)
            found = differences(connection, self.view, frame, self.max_text_bytes, lock=FOR_UPDATE)
            if edited := [str(difference.key) for difference in found if difference.kind == "different"]:
                key = "/".join(self.plan.table(self.name).row_key)
                raise EditedRows(
                    f"rows of {self.name} were edited while clean ran: {len(edited):,} ({key} {some(edited[: SHOWN_KEYS + 1])})",
                    "parloader verify shows the edits; parloader clean --edited-too deletes these rows as well",
                )

    def require_unreferenced(self, connection: Connection, part: IndexRange) -> None:
        """ForeignRows: a row references one of these rows. All generated rows that did are deleted."""
        for condition in self._conditions(part) if self.references else ():
            require_unreferenced(connection, self.references, condition)

    def delete(self, connection: Connection, part: IndexRange) -> None:
        """Deletes these rows; rows that others of the table may reference come last. WriteFailed: see delete_by_key."""
        table, keys = self.plan.table(self.name), self.rows[self.name].keys
        if table.key is not None and keys is not None:
            last_first = f"ORDER BY {sql.quote(table.key)} DESC" if table.root_rows.rows else ""
            for key_range in reversed(keys.ranges(part)):
                sql.execute(connection, f"DELETE FROM {sql.quote(self.name)} WHERE {sql.within(table.key, (key_range,))} {last_first}")
            return
        frame = self._row_keys(part)
        pieces = frame.reverse().iter_slices(1) if part.start < table.root_rows.stop else (frame,)
        for piece in pieces:
            delete_by_key(connection, self.name, self.identity, piece)

    def _conditions(self, part: IndexRange) -> Iterator[str]:
        """Conditions that together are true for these rows and no others."""
        table, keys = self.plan.table(self.name), self.rows[self.name].keys
        if table.key is not None and keys is not None:
            yield from (sql.within(table.key, (key_range,)) for key_range in keys.ranges(part))
            return
        yield from (condition for _, condition in conditions_by_key(self._row_keys(part), self.identity))

    def _row_keys(self, part: IndexRange) -> pl.DataFrame:
        table = self.plan.table(self.name)
        return RowGenerator(self.plan, only(table, table.identity), self.rows).frame(part)

    def _same_segment(self, part: IndexRange) -> Iterator[IndexRange]:
        """The part in pieces with consecutive keys, so that no row between them is locked."""
        keys = self.rows[self.name].keys
        for segment in keys.segments if keys else ():
            start, stop = max(part.start, segment.start), min(part.stop, segment.start + segment.rows)
            if start < stop:
                yield IndexRange(start, stop)
        if not keys:
            yield part
