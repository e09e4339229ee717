"""Rows that reference the rows that clean deletes: a delete would fail, or cascade to them.

Before clean, `require_no_outside_references` looks for rows that parloader did not create. When a chunk is deleted, no generated row
references it any more, so `require_unreferenced` must find no row at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import nsmallest
from itertools import product
from typing import Any

from parloader.database import sql, visibility
from parloader.database.driver import Connection
from parloader.database.grants import account_literal
from parloader.database.visibility import Reference, References
from parloader.errors import ForeignRows, UnseenReferences
from parloader.ledger.run import Run
from parloader.plans.model import Pass
from parloader.quantities import numbered
from parloader.rows.clean_command import CleanCommand
from parloader.rows.ownership import SHOWN_KEYS, OwnedRows, RowKeys, children_first, some
from parloader.rows.server_text import FOR_SHARE, FOR_UPDATE, RowText, column_texts, decode_texts
from parloader.schema.model import Schema
from parloader.schema.table_names import database_of

# Parent keys per statement if the server itself leaves out the generated children, and if it returns them: about a hundred per parent
PARENT_KEYS, PARENT_KEYS_OF_TEXTS = 100_000, 1_000


def read_references(connection: Connection, runs: tuple[Run, ...], command: CleanCommand) -> References:
    """The foreign keys that reference the generated rows of these runs.

    UnseenReferences: a foreign key may exist that the account cannot see, or whose rows it cannot read or compare; not if that is accepted.
    """
    parents = {parent for _, parent in children_first(runs)}
    references = visibility.all_references(connection, parents)
    readable = visibility.with_types(connection, visibility.with_indexes(connection, references.readable))
    references = replace(references, readable=readable)
    if command.accept_unseen_references:
        comparable = tuple(foreign_key for foreign_key in readable if not foreign_key.incomparable)
        return replace(references, readable=comparable, complete=references.complete and len(comparable) == len(readable))
    account, accept = account_literal(connection.account), replace(command, accept_unseen_references=True)
    if references.hidden:
        tables = sorted({hidden.child for hidden in references.hidden})
        reference, them, their = ("references", "it", "its") if len(tables) == 1 else ("reference", "them", "their")
        grants = "; ".join(f"GRANT SELECT ON {table} TO {account}" for table in tables)
        referenced = some(sorted({hidden.parent for hidden in references.hidden}))
        raise UnseenReferences(
            f"{', '.join(tables)} {reference} rows of {referenced}, and {account} may not read {them}, so clean cannot tell whether {their} rows would be deleted or changed",
            f"Nothing was deleted. An administrator can grant it: {grants}; to clean without this check: {accept}",
        )
    for foreign_key in references.readable:
        if foreign_key.incomparable:
            raise UnseenReferences(
                f"a foreign key of {foreign_key.child} to {foreign_key.parent} has columns of different types ({'; '.join(foreign_key.incomparable)}), "
                "which the server compares by their bytes, so clean cannot tell which rows of the one reference which of the other",
                f"Nothing was deleted. Give both the same type, or drop the foreign key; to clean without this check: {accept}",
            )
    if not references.complete:
        raise UnseenReferences(
            f"{account} cannot see whether tables of other databases reference rows of {some(sorted(parents))}; with ON DELETE CASCADE their rows would also be deleted",
            f"Nothing was deleted. An administrator can let it see every foreign key: GRANT PROCESS ON *.* TO {account}; to clean without this check: {accept}",
        )
    return references


def require_no_outside_references(
    connection: Connection, runs: tuple[Run, ...], kept: tuple[Run, ...], schema: Schema, references: References, command: CleanCommand
) -> None:
    """ForeignRows: a row references a generated row that is deleted before it. The delete would fail, or cascade to the row.

    `kept`: the runs that stay. `schema`: those of the runs' tables that exist; the rows of the others are gone.
    """
    deleted: set[tuple[str, int]] = set()
    search = _Search(connection, kept, schema, command)
    for run, parent in children_first(runs):
        if parent not in schema:
            continue
        generated = OwnedRows(parent, ((run, Pass.FIRST),))
        if generated.in_order:  # rows that reference others of the same table are deleted before these
            deleted.add((parent, run.run_id))
        for foreign_key in references.to(parent):
            child = foreign_key.child
            child_runs = [other for other in runs if other.done.get(child)]
            remaining = [other for other in child_runs if (child, other.run_id) not in deleted]
            # generated rows of the child that remain are in the way as well
            search.refuse(foreign_key, generated, _safe_child_rows(foreign_key, child_runs, remaining), by_others=not remaining)
        deleted.add((parent, run.run_id))


def _safe_child_rows(foreign_key: Reference, child_runs: list[Run], remaining: list[Run]) -> OwnedRows:
    """The generated rows of the child that are not in the way: already deleted, or their references are first set to NULL."""
    passes = [(run, Pass.FIRST) for run in child_runs if run not in remaining]
    passes += [(run, Pass.SECOND) for run in remaining if set(foreign_key.columns) & run.plan.table(foreign_key.child).later]
    return OwnedRows(foreign_key.child, tuple(passes))


def _with(excluding: OwnedRows, runs: list[Run]) -> OwnedRows:
    return OwnedRows(excluding.name, (*excluding.passes, *((run, Pass.FIRST) for run in runs)))


class _Search:
    """Searches rows that reference generated rows. Reads the row keys of a child only once, however many parents it references."""

    def __init__(self, connection: Connection, kept_runs: tuple[Run, ...], schema: Schema, command: CleanCommand) -> None:
        self._connection = connection
        self._kept_runs = kept_runs
        self._schema = schema
        self._command = command
        self._row_keys: dict[object, RowKeys] = {}
        self._others: dict[object, bool] = {}

    def refuse(self, foreign_key: Reference, generated: OwnedRows, excluding: OwnedRows, *, by_others: bool) -> None:
        """ForeignRows: rows of the child, apart from those `excluding`, reference these generated rows of the parent."""
        if not _references_anything(self._connection, foreign_key) or not self._has_other_rows(excluding):
            return
        found = self._find(foreign_key, generated, excluding)
        if not found:
            return
        kept = [run for run in self._kept_runs if run.done.get(foreign_key.child)]
        others = self._find(foreign_key, generated, _with(excluding, kept)) if kept else found
        if not others:
            raise self._needed(foreign_key, generated, excluding, kept)
        origin = " that parloader did not create" if by_others else ""
        raise ForeignRows(
            f"rows of {foreign_key.child}{origin} reference rows of {foreign_key.parent} that parloader created: {others.text}",
            f"Make their {', '.join(foreign_key.columns)} reference other rows, or delete them; nothing was deleted{self._trigger_advice(foreign_key)}",
        )

    def _trigger_advice(self, foreign_key: Reference) -> str:
        """How to delete the rows of the child as well, if a trigger of the runs' tables may have inserted them."""
        inserts = any(
            trigger.event == "INSERT" and database_of(table.name) == database_of(foreign_key.child)
            for table in self._schema.values()
            for trigger in table.triggers
        )
        filled = foreign_key.child in self._schema or any(run.done.get(foreign_key.child) for run in self._kept_runs)
        if not inserts or self._command.with_trigger_rows or filled:
            return ""
        return f". If a trigger inserted them: {replace(self._command, with_trigger_rows=True)}"

    def _needed(self, foreign_key: Reference, generated: OwnedRows, excluding: OwnedRows, kept: list[Run]) -> ForeignRows:
        """The error for rows in the way that were all created by runs that are kept."""
        run_id = generated.passes[0][0].run_id
        numbers = [
            run.run_id
            for run in kept
            if self._find(foreign_key, generated, _with(excluding, [other for other in kept if other is not run]))
        ]
        need = f"{numbered('run', numbers)} {'needs' if len(numbers) == 1 else 'need'}"
        together = self._command.with_runs(run_id, *numbers)
        return ForeignRows(
            f"{need} rows of {foreign_key.parent} that run {run_id} created: rows of {foreign_key.child} reference them",
            f"Clean these runs together: {together}; nothing was deleted",
        )

    def _has_other_rows(self, excluding: OwnedRows) -> bool:
        """Whether the table has rows other than these. True without asking if only their row keys can tell."""
        if not excluding.passes or excluding.by_row_key:
            return True
        if excluding.label not in self._others:
            self._others[excluding.label] = excluding.has_other_rows(self._connection)
        return self._others[excluding.label]

    def _find(self, foreign_key: Reference, generated: OwnedRows, excluding: OwnedRows) -> "FoundRows":
        """The first rows of the child in the way."""
        row_keys = self._keys(excluding) if excluding.by_row_key else None
        found: list[tuple[Any, ...]] = []
        for condition in generated.conditions(self._connection, PARENT_KEYS_OF_TEXTS if row_keys else PARENT_KEYS):
            rows = referencing_rows(
                self._connection, foreign_key, condition, excluding=excluding.outside_keys("c"), view=row_keys.view if row_keys else None
            )
            missing = row_keys.missing(rows.row_keys) if row_keys else range(len(rows.values))
            found = nsmallest(SHOWN_KEYS + 1, (*found, *(rows.values[at] for at in missing)))
            if len(found) > SHOWN_KEYS:
                break
        return FoundRows(key=foreign_key.child_key, values=tuple(found))

    def _keys(self, owned: OwnedRows) -> RowKeys:
        if owned.label not in self._row_keys:
            self._row_keys[owned.label] = owned.row_keys(self._connection)
        return self._row_keys[owned.label]


@dataclass(frozen=True, kw_only=True)
class FoundRows:
    """Rows that reference others. False if there are none."""

    key: tuple[str, ...]
    """the columns that name a row in messages"""
    values: tuple[tuple[Any, ...], ...]
    """their values in each row"""
    row_keys: tuple[tuple[str, ...], ...] = ()
    """if asked for: the text of the row key, of each row"""

    def __bool__(self) -> bool:
        return bool(self.values)

    def without(self, row_keys: frozenset[tuple[str, ...]]) -> "FoundRows":
        """Those with other row keys, if row keys were asked for."""
        if not self.row_keys:
            return self
        others = [at for at, row_key in enumerate(self.row_keys) if row_key not in row_keys]
        return FoundRows(key=self.key, values=tuple(self.values[at] for at in others))

    @property
    def text(self) -> str:
        return f"{'/'.join(self.key)} {some('/'.join(map(str, values)) for values in self.values)}"


def _references_anything(connection: Connection, foreign_key: Reference) -> bool:
    filled = " AND ".join(f"{sql.quote(column)} IS NOT NULL" for column in foreign_key.columns)
    return sql.exists(connection, f"FROM {sql.quote_table(foreign_key.child)} WHERE {filled}")


def referencing_rows(
    connection: Connection,
    foreign_key: Reference,
    condition: str,
    *,
    excluding: str = "TRUE",
    view: RowText | None = None,
    locked: bool = False,
) -> FoundRows:
    """The rows of the child that reference those rows of the parent for which `condition` is true, as far as `excluding` is true for the
    child with alias c. The first ones only, unless a view of the child's row key is given.

    `locked`: it waits for rows that others have not committed, and keeps them from adding one until the transaction ends.
    """
    index = (
        f"FORCE INDEX ({sql.quote(foreign_key.child_index)})" if locked and foreign_key.child_index else ""
    )  # a scan would lock all rows
    key = foreign_key.child_key
    shown = ", ".join(f"c.{sql.quote(column)}" for column in key)
    texts = f", {column_texts(view)}" if view else ""
    # by expressions: to follow the order of an index, the optimizer may read all other rows
    order = ", ".join(f"COALESCE(c.{sql.quote(column)})" for column in key)
    first = "" if view else f"ORDER BY {order} LIMIT {SHOWN_KEYS + 1:d}"
    parent, child = sql.quote_table(foreign_key.parent), sql.quote_table(foreign_key.child)
    rows = sql.rows(
        connection,
        f"""SELECT {shown}{texts} FROM (SELECT DISTINCT {foreign_key.parent_columns} FROM {parent} WHERE {condition}) p
            {"STRAIGHT_JOIN" if locked else "JOIN"} {child} c {index} ON {foreign_key.joined} WHERE {excluding} {first}{FOR_SHARE if locked else ""}""",
    )
    values = tuple(row[: len(key)] for row in rows)
    return FoundRows(key=tuple(key), values=values, row_keys=tuple(decode_texts(row[len(key) :]) for row in rows) if view else ())


@dataclass(frozen=True, kw_only=True)
class DoomedRows:
    """Rows of a table that are deleted together: they may reference each other."""

    conditions: tuple[str, ...]
    """on a table without alias; each is true for some of the rows, and together for all and no others"""
    outside: str
    """a condition on the table with the alias c, true for all other rows; TRUE if `row_keys` tell"""
    view: RowText | None = None
    """how the server shows a row key"""
    row_keys: frozenset[tuple[str, ...]] = frozenset()
    """the row keys of these rows"""


def lock_referenced(connection: Connection, references: Sequence[Reference], conditions: Sequence[str]) -> None:
    """Locks the rows of the parent for which a condition is true in the indexes of the references, so that nobody begins to reference them.

    The lock of the row itself is not enough: a row that is inserted into the child locks only the index entry that its foreign key references.
    """
    for reference, condition in product(references, conditions):
        parent = sql.quote_table(reference.parent)
        names = [f"parloader_{n}" for n, _ in enumerate(reference.referenced)]
        columns = ", ".join(f"{sql.quote(column)} AS {name}" for column, name in zip(reference.referenced, names, strict=True))
        joined = " AND ".join(f"i.{sql.quote(column)} = p.{name}" for column, name in zip(reference.referenced, names, strict=True))
        for index in reference.indexes:
            sql.rows(
                connection,
                f"""SELECT COUNT(*) FROM (SELECT {columns} FROM {parent} WHERE {condition}{FOR_UPDATE}) p
                    STRAIGHT_JOIN {parent} i FORCE INDEX ({sql.quote(index)}) ON {joined}{FOR_UPDATE}""",
            )


def require_unreferenced(
    connection: Connection, references: Sequence[Reference], rows: DoomedRows, command: CleanCommand, *, besides: Mapping[str, str]
) -> None:
    """ForeignRows: another row references one of these rows of the parent. `besides`: child → the rows that count, with the alias c; others: all.

    The locks of the parent's rows are not enough: a session with foreign_key_checks=0 inserts referencing rows without asking for one.
    """
    for foreign_key, condition in product(references, rows.conditions):
        itself = foreign_key.within_table
        found = referencing_rows(
            connection,
            foreign_key,
            condition,
            excluding=rows.outside if itself else besides.get(foreign_key.child, "TRUE"),
            view=rows.view if itself else None,
            locked=True,
        )
        others = found.without(rows.row_keys) if itself else found
        if others:
            raise ForeignRows(
                f"rows of {foreign_key.child} began to reference rows of {foreign_key.parent} while clean ran: {others.text}",
                f"Make their {', '.join(foreign_key.columns)} reference other rows, or delete them; then repeat {command}",
            )
