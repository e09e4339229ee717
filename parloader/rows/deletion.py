"""Deletes generated rows of a table, after a last check under locks: the rows still have the generated values, and no row references them.

The checks before clean are long past when a row is deleted. Here the rows are locked first, so nobody can edit or reference them between
check and delete (an INSERT of a referencing row waits for the lock of the row that it references, in the index that the foreign key uses).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial

import polars as pl

from parloader.database import introspection, sql
from parloader.database.driver import Connection
from parloader.database.visibility import Reference
from parloader.errors import EditedRows, WriteFailed
from parloader.generation.column_order import only
from parloader.generation.frames import RowGenerator
from parloader.plans.model import Pass, Plan
from parloader.plans.row_ranges import IndexRange, RowAllocation
from parloader.rows.clean_command import CleanCommand
from parloader.rows.differences import differences, differing
from parloader.rows.lookup import conditions_of, delete_by_key, existing
from parloader.rows.outside_references import DoomedRows, lock_referenced, require_unreferenced
from parloader.rows.ownership import SHOWN_KEYS, some
from parloader.rows.rows_without_key import LockedRows, lock_rows
from parloader.rows.self_referencing import SelfReferences
from parloader.rows.server_text import FOR_UPDATE, RowText


@dataclass(frozen=True, kw_only=True)
class Deletion:
    """How a run's rows of one table are checked and deleted, in the caller's transaction. All passes but the first are undone before."""

    plan: Plan
    name: str
    """of the table"""
    rows: Mapping[str, RowAllocation]
    """of all tables of the plan"""
    view: RowText
    """how the rows are found, and the columns that must have the generated values"""
    compared: bool
    """whether they must; if not, edited rows are deleted as well (not in a table without a key, where nothing else tells which rows are generated)"""
    references: tuple[Reference, ...]
    """the foreign keys that reference the table"""
    own: SelfReferences
    """those of the table itself"""
    max_text_bytes: int
    """the longest text that the server can join"""
    definition: str
    """of the table, when clean began (see introspection.definition)"""
    command: CleanCommand
    """what the messages say to repeat"""

    def of(self, part: IndexRange) -> "PartDeletion":
        return PartDeletion(self, part)

    def generator(self, last: Pass) -> RowGenerator:
        """Generates the rows as the passes up to `last` left them. Compiled once: that takes as long as some two thousand rows."""
        if last not in self._generators:
            self._generators[last] = RowGenerator(self.plan, self.plan.table(self.name).after_pass(last), self.rows)
        return self._generators[last]

    @cached_property
    def _generators(self) -> dict[Pass, RowGenerator]:
        return {}

    @cached_property
    def row_key_generator(self) -> RowGenerator:
        table = self.plan.table(self.name)
        return RowGenerator(self.plan, only(table, table.identity), self.rows)


class PartDeletion:
    """The deletion of some of the rows. Generates them once, however many of its methods are called."""

    def __init__(self, deletion: Deletion, part: IndexRange) -> None:
        self._deletion = deletion
        self._part = part
        self._table = deletion.plan.table(deletion.name)
        self._keys = deletion.rows[deletion.name].keys if self._table.key is not None else None
        self._locked: tuple[LockedRows, ...] = ()

    def lock(self, connection: Connection, last: Pass = Pass.FIRST) -> None:
        """Locks the rows, so that nobody changes or references them. EditedRows: they have other values than the passes up to `last` gave them. A missing row is no edit.

        Comes before the transaction's first SELECT without a lock, which would fix what later ones see.
        """
        self._lock_rows(connection, last)
        if references := self._references(last):
            lock_referenced(connection, references, self._conditions)

    def _references(self, last: Pass) -> tuple[Reference, ...]:
        """The foreign keys by which rows of others would be changed. Before the second pass is undone: those to the columns that become NULL."""
        if last is Pass.FIRST:
            return self._deletion.references
        generated = {name for name, rows in self._deletion.rows.items() if rows.new} - self._others_of_children.keys()
        return tuple(
            reference
            for reference in self._deletion.references
            if self._table.later & set(reference.referenced) and reference.child not in generated
        )

    @cached_property
    def _others_of_children(self) -> dict[str, str]:
        """Other table with generated rows → a condition with the alias c that is false for these. Without those that are found by their row keys."""
        keys = {name: self._deletion.plan.table(name).key for name, rows in self._deletion.rows.items() if rows.new}
        return {
            name: f"NOT {sql.within(key, self._deletion.rows[name].new_keys, of='c')}"
            for name, key in keys.items()
            if key is not None and name != self._deletion.name
        }

    def _lock_rows(self, connection: Connection, last: Pass) -> None:
        name, view = self._deletion.name, self._deletion.view
        if not view.unique:
            self._locked = tuple(lock_rows(connection, view, self._generated(last)))
            edited = differing(view, ((expected, None) for rows in self._locked for expected in rows.edited))
            self._require_none_edited([str(row.key) for row in edited] if not self._deletion.command.edited_too else [])
            return
        if not self._deletion.compared:
            for condition in self._conditions if self._deletion.references else ():
                sql.rows(connection, f"SELECT COUNT(*) FROM {sql.quote_table(name)} WHERE {condition}{FOR_UPDATE}")
            return
        generated = self._generated(last)
        for piece in self._same_segment():
            frame = generated.slice(piece.start - self._part.start, piece.rows)
            found = differences(connection, view, frame, self._deletion.max_text_bytes, lock=FOR_UPDATE)
            self._require_none_edited([str(difference.key) for difference in found if difference.kind == "different"])

    def _generated(self, last: Pass) -> pl.DataFrame:
        return self._deletion.generator(last).frame(self._part).select(column.name for column in self._deletion.view.columns)

    def _require_none_edited(self, keys: list[str]) -> None:
        if keys:
            deletion = self._deletion
            raise EditedRows(
                f"rows of {deletion.name} were edited while clean ran: {len(keys):,} ({'/'.join(self._table.row_key)} {some(keys[: SHOWN_KEYS + 1])})",
                f"parloader verify shows the edits; {deletion.command.despite_edits([] if deletion.view.unique else [deletion.name])}",
            )

    def require_unreferenced(self, connection: Connection, last: Pass = Pass.FIRST) -> None:
        """ForeignRows: a row references one of the rows. All generated rows that did are deleted. `last`: the pass that will be undone."""
        if references := self._references(last):
            # before the second pass is undone, generated rows of other tables still reference its columns
            besides = self._others_of_children if last is Pass.SECOND else {}
            require_unreferenced(connection, references, self._doomed(connection), self._deletion.command, besides=besides)

    def delete(self, connection: Connection) -> None:
        """Deletes the rows; rows that others of the table may reference come last. WriteFailed: see delete_by_key and require_same_table."""
        self._delete(connection)
        self.require_same_table(connection)

    def require_same_table(self, connection: Connection) -> None:
        """WriteFailed (the caller rolls back): somebody changed or replaced the table since clean began, so its keys may name other rows.

        Comes after a statement that changes rows of the table: nobody can change the table from then on until the transaction ends.
        """
        if introspection.definition(connection, self._deletion.name) != self._deletion.definition:
            raise WriteFailed(
                f"{self._deletion.name} was changed or replaced while clean ran, so its keys may name other rows now",
                f"Nothing of this part was deleted. Repeat {self._deletion.command}, which looks at the table again",
            )

    def _delete(self, connection: Connection) -> None:
        if self._keys is not None:
            last_first = f"ORDER BY {sql.quote(str(self._table.key))} DESC" if self._table.root_rows.rows else ""
            for condition in reversed(self._conditions):
                self._delete_where(connection, condition, last_first)
            return
        one_by_one, delete = self._part.start < self._table.root_rows.stop, partial(self._delete_where, connection)
        if not self._deletion.view.unique:
            for rows in reversed(self._locked):
                rows.delete(connection, delete, one_by_one=one_by_one)
            return
        for piece in self._row_keys.reverse().iter_slices(1) if one_by_one else (self._row_keys,):
            delete_by_key(self._deletion.view, piece, delete)

    def _delete_where(self, connection: Connection, condition: str, order: str = "") -> int:
        """Deletes the rows for which the condition is true; returns how many."""
        roots = self._table.root_rows
        if roots.rows and self._part.start >= roots.stop:  # the plan lets none of these rows reference itself
            return sql.delete(connection, self._deletion.name, condition, order=order)
        return self._deletion.own.delete(connection, condition, order)

    @cached_property
    def _row_keys(self) -> pl.DataFrame:
        return self._deletion.row_key_generator.frame(self._part)

    @cached_property
    def _conditions(self) -> tuple[str, ...]:
        """Conditions that together are true for the rows and no others, on a table without alias."""
        if self._keys is not None:
            return tuple(sql.within(str(self._table.key), (key_range,)) for key_range in self._keys.ranges(self._part))
        if not self._deletion.view.unique:
            return tuple(rows.condition for rows in self._locked if rows.fingerprints)
        return tuple(condition for _, condition in conditions_of(self._row_keys, self._deletion.view))

    def _doomed(self, connection: Connection) -> DoomedRows:
        if self._keys is not None:
            outside = f"NOT {sql.within(str(self._table.key), self._keys.ranges(self._part), of='c')}"
            return DoomedRows(conditions=self._conditions, outside=outside)
        within_table = any(reference.within_table for reference in self._deletion.references)
        view, frame = self._deletion.view, self._generated(Pass.FIRST)
        if view.unique:
            view, frame = replace(view, columns=view.identity_columns), self._row_keys
        row_keys = existing(connection, view, frame) if within_table else ()
        return DoomedRows(conditions=self._conditions, outside="TRUE", view=view, row_keys=frozenset(row_keys))

    def _same_segment(self) -> Iterator[IndexRange]:
        """The part in pieces with consecutive keys, so that no row between them is locked."""
        for segment in self._keys.segments if self._keys else ():
            start, stop = max(self._part.start, segment.start), min(self._part.stop, segment.start + segment.rows)
            if start < stop:
                yield IndexRange(start, stop)
        if not self._keys:
            yield self._part
