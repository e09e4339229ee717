"""Deletes generated rows of a table without a key: those that have all generated values, and as many of equal rows as were generated.

Somebody may have added rows with the same values in some columns, or copied a generated row: what has other values stays, and of equal
rows, which nothing can tell apart, one goes for each that was generated.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import compress
from typing import TypeAlias

import polars as pl

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.errors import WriteFailed
from parloader.rows import server_text
from parloader.rows.equivalent_texts import is_same
from parloader.rows.lookup import conditions_of, matched
from parloader.rows.server_text import FOR_UPDATE, RowText, fingerprint, fingerprint_expression

Delete: TypeAlias = Callable[[str, str], int]
"""Deletes the rows for which the condition (the first text) is true, with an ORDER BY or LIMIT clause (the second); returns how many."""

# A fingerprint in a list: 16 digits, its quotes and a comma
FINGERPRINT_BYTES = 20


@dataclass(frozen=True, kw_only=True)
class LockedRows:
    """Generated rows that exist with all of their values, and stay so until the transaction ends. All of them are found by one statement."""

    view: RowText
    rows: pl.DataFrame
    """the generated rows, each once for each that exists"""
    fingerprints: tuple[str, ...]
    """of these rows, as the server has them"""
    copies: Counter[str]
    """fingerprint → how many rows of the table have it, ours included"""
    edited: tuple[tuple[str, ...], ...]
    """the generated rows of which none exists, but others with the same values in the columns by which they are looked up"""

    @property
    def condition(self) -> str:
        """A condition on the table without alias that is true for the rows and for copies of them. There is at least one row."""
        return self._condition(self.rows, self.fingerprints)

    def delete(self, connection: Connection, delete: Delete, *, one_by_one: bool) -> None:
        """Deletes the rows, from the last on if `one_by_one`. WriteFailed (the caller rolls back): another number of rows was deleted."""
        if one_by_one:
            for at in reversed(range(self.rows.height)):
                self._delete(delete, self.rows.slice(at, 1), self.fingerprints[at : at + 1], limit="LIMIT 1")
            return
        ours = Counter(self.fingerprints)
        alone = [self.copies[text] == ours[text] for text in self.fingerprints]
        self._delete(delete, self.rows.filter(pl.Series(alone, dtype=pl.Boolean)), tuple(compress(self.fingerprints, alone)))
        self._delete_copied(connection, delete, {text: at for at, text in enumerate(self.fingerprints) if not alone[at]})

    def _delete_copied(self, connection: Connection, delete: Delete, positions: Mapping[str, int]) -> None:
        """Deletes as many rows of each of these fingerprints as are generated. `positions`: of one such row.

        One statement deletes the first rows that it finds. If these are not the right number of each, it is undone, and each half of the rows
        gets a statement of its own, down to one for equal rows.
        """
        if not positions:
            return
        ours = Counter(self.fingerprints)
        rows, texts = self.rows[list(positions.values())], tuple(text for text in positions for _ in range(ours[text]))
        sql.execute(connection, "SAVEPOINT parloader_copies")
        self._delete(delete, rows, texts, limit=f"LIMIT {len(texts):d}")
        if len(positions) == 1:
            return
        expression = fingerprint_expression(self.view)
        condition = self._condition(rows, texts)
        left = sql.rows(connection, f"SELECT {expression}, COUNT(*) FROM {sql.quote_table(self.view.table)} WHERE {condition} GROUP BY 1")
        if dict(left) == {text: self.copies[text] - ours[text] for text in positions}:
            return
        sql.execute(connection, "ROLLBACK TO SAVEPOINT parloader_copies")
        items, half = list(positions.items()), len(positions) // 2
        for part in (items[:half], items[half:]):
            self._delete_copied(connection, delete, dict(part))

    def _delete(self, delete: Delete, rows: pl.DataFrame, fingerprints: tuple[str, ...], limit: str = "") -> None:
        if not fingerprints:
            return
        deleted = delete(self._condition(rows, fingerprints), limit)
        if deleted != len(fingerprints):
            raise WriteFailed(
                f"{deleted:,} rows of {self.view.table} would have been deleted instead of {len(fingerprints):,}, which were locked",
                "Nothing of this part was deleted. Repeat parloader clean; perhaps a trigger of the table changes or deletes other rows of it",
            )

    def _condition(self, rows: pl.DataFrame, fingerprints: tuple[str, ...]) -> str:
        ((_, found_by),) = conditions_of(rows, self.view, extra_bytes=FINGERPRINT_BYTES)
        listed = ", ".join(f"'{text}'" for text in dict.fromkeys(fingerprints))
        return f"{found_by} AND {fingerprint_expression(self.view)} IN ({listed})"


def lock_rows(connection: Connection, view: RowText, frame: pl.DataFrame) -> Iterator[LockedRows]:
    """Locks the rows of the frame that exist."""
    for piece, condition in conditions_of(frame, view, extra_bytes=FINGERPRINT_BYTES):
        found = server_text.rows_where(connection, view, condition, lock=FOR_UPDATE)
        left = Counter(found)
        present, fingerprints, edited = [], [], []
        for at, (expected, actual) in enumerate(matched(view, piece, found)):
            if actual is None:
                continue
            if not is_same(view.columns, expected, actual):
                edited.append(expected)
            elif left[actual]:  # rows of a plan may be equal, so each that is found counts once
                left[actual] -= 1
                present.append(at)
                fingerprints.append(fingerprint(",".join(actual)))
        yield LockedRows(
            view=view,
            rows=piece[present],
            fingerprints=tuple(fingerprints),
            copies=Counter(fingerprint(",".join(texts)) for texts in found),
            edited=tuple(edited),
        )
