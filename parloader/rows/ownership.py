"""Which rows of a table parloader created: key ranges if runs assigned the keys, otherwise the identities that the plan generates again."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass

import polars as pl

from parloader.database import introspection, sql
from parloader.database.driver import Connection
from parloader.database.introspection import Reference
from parloader.database.session import server_info
from parloader.errors import ForeignRows, SchemaMismatch
from parloader.generation.frames import RowGenerator, only
from parloader.ledger.run import Run
from parloader.plans.model import Pass
from parloader.plans.row_ranges import IndexRange, batches
from parloader.rows.lookup import existing
from parloader.rows.writers import writer_for
from parloader.schema.model import ColumnSchema

ROWS_PER_INSERT = 10_000  # at a time


@dataclass(frozen=True)
class OwnedRows:
    """The rows of the table `name` that these passes, one of each run, have written."""

    name: str
    passes: tuple[tuple[Run, Pass], ...]

    @property
    def label(self) -> tuple[str, frozenset[tuple[int, Pass]]]:
        """Equal for equal sets of rows."""
        return self.name, frozenset((run.run_id, of) for run, of in self.passes)

    @property
    def in_order(self) -> bool:
        """Whether every run knows that its rows point at each other, and clean deletes them in an order that allows for it."""
        return all(run.plan.table(self.name).root_rows.rows for run, _ in self.passes)

    @property
    def _key(self) -> str | None:
        return self.passes[0][0].table(self.name).key

    @property
    def _ranges(self) -> tuple[tuple[int, int], ...]:
        return tuple(r for run, of in self.passes for r in run.key_ranges(self.name, of))

    def has_other_rows(self, connection: Connection) -> bool:
        """Whether the table has rows other than these. SchemaMismatch: a column by which these are found is gone.

        Without an integer key it looks up which of these rows exist: the table has other rows if it has more rows than that. The number
        of rows that the ledger lists would not do, because a deleted row would hide an added one.
        """
        if self._key is not None:
            return bool(sql.rows(connection, f"SELECT 1 FROM {sql.quote(self.name)} WHERE {sql.outside(self._key, self._ranges)} LIMIT 1"))
        rows = int(sql.value(connection, f"SELECT COUNT(*) FROM {sql.quote(self.name)}"))
        return rows > self._existing_rows(connection)

    def _existing_rows(self, connection: Connection) -> int:
        """How many of these rows exist.

        A row that two runs claim counts once: somebody deleted the first run's row, and the second run created one with the same key. So the
        hashes of the identities are kept, 8 bytes a row. Two hashes that are equal by chance make the number too small, which only means
        that the exact look for rows in the way is done although there are none.
        """
        columns = identity_of(connection, self.passes[0][0], self.name)
        found = [pl.Series(dtype=pl.Int64)]
        for run, of in self.passes:
            for frame in identities(run, self.name, run.done_by_pass(self.name, of)):
                found.append(pl.Series(map(hash, existing(connection, self.name, columns, frame)), dtype=pl.Int64))
        return pl.concat(found).n_unique()

    @contextmanager
    def condition(self, connection: Connection, of: str) -> Iterator[str]:
        """A condition that holds for our rows of the table that has the alias `of`, as long as the block runs."""
        if self._key is not None:
            yield sql.within(self._key, self._ranges, of=of)
            return
        columns = self.passes[0][0].plan.table(self.name).identity
        same = " AND ".join(f"ours.{sql.quote(column)} = {of}.{sql.quote(column)}" for column in columns)
        with ExitStack() as stack:
            # a table for each run: two runs may claim the same row
            lists = [stack.enter_context(self._list(connection, f"parloader_ours_{of}_{n}", n, columns)) for n in range(len(self.passes))]
            yield "(" + " OR ".join(f"EXISTS (SELECT 1 FROM {listed} ours WHERE {same})" for listed in lists) + ")"

    @contextmanager
    def _list(self, connection: Connection, into: str, number: int, columns: tuple[str, ...]) -> Iterator[str]:
        """A temporary table of the identities of the rows of one of the passes."""
        (run, of), names = self.passes[number], ", ".join(map(sql.quote, columns))
        sql.execute(
            connection,
            f"CREATE TEMPORARY TABLE {into} (PRIMARY KEY ({names})) ENGINE=InnoDB SELECT {names} FROM {sql.quote(self.name)} LIMIT 0",
        )
        try:
            writer = writer_for(into, server_info(connection))
            for frame in identities(run, self.name, run.done_by_pass(self.name, of)):
                writer.write(connection, writer.render(frame.select(columns)))
            yield into
        finally:
            sql.execute(connection, f"DROP TEMPORARY TABLE {into}")


def identities(run: Run, name: str, parts: Iterable[IndexRange]) -> Iterator[pl.DataFrame]:
    """The identities of these rows of the run's table, with the columns from which they are computed, LISTED_ROWS at a time."""
    table = run.plan.table(name)
    generation = RowGenerator(run.plan, only(table, table.identity), run.rows)
    for part in parts:
        for batch in batches(part, lambda: ROWS_PER_INSERT):
            yield generation.frame(batch)


def identity_of(connection: Connection, run: Run, name: str) -> tuple[ColumnSchema, ...]:
    """The columns by which the run's rows of the table are found, as the live table has them. SchemaMismatch: one is gone."""
    found = {column.name: column for column in introspection.read_tables(connection, {name})[name].columns}
    names = run.plan.table(name).identity
    if gone := [column for column in names if column not in found]:
        raise SchemaMismatch(
            f"{name} has no column {', '.join(gone)} any more, by which parloader finds the rows that it created", "Add it again"
        )
    return tuple(found[column] for column in names)


def rows_left(connection: Connection, run: Run, name: str, shown: int) -> tuple[int, list[str]]:
    """How many rows exist with the keys of the rows that the run creates in the table, and the first `shown` of these keys.

    Rows that the ledger does not list count as well: if a key is reserved by the run, nobody can tell whose the row is.
    """
    entry = run.table(name)
    if entry.key is not None:
        key, where = sql.quote(entry.key), f"FROM {sql.quote(name)} WHERE {sql.within(entry.key, entry.rows.new_keys)}"
        count = int(sql.value(connection, f"SELECT COUNT(*) {where}"))
        keys = sql.rows(connection, f"SELECT {key} {where} ORDER BY {key} LIMIT {shown:d}") if count else ()
        return count, [str(k) for (k,) in keys]
    columns, count, first = identity_of(connection, run, name), 0, list[str]()
    for frame in identities(run, name, entry.rows.new):
        for texts in existing(connection, name, columns, frame):
            count += 1
            first += ["/".join(texts)] if count <= shown else []
    return count, first


SHOWN_KEYS = 5


def children_first(runs: tuple[Run, ...]) -> Iterator[tuple[Run, str]]:
    """Every table of every run that has rows of ours, in the order in which they are deleted: no row points at one of a later run."""
    return ((run, entry.name) for run in reversed(runs) for entry in reversed(run.tables) if run.done.get(entry.name))


def require_no_outside_references(connection: Connection, runs: tuple[Run, ...]) -> None:
    """ForeignRows where a row points at one of ours that is deleted before it: that would fail, or take the row along."""
    database = sql.value(connection, "SELECT DATABASE()")
    references = introspection.foreign_keys_to(connection, {parent for _, parent in children_first(runs)})
    gone: set[tuple[str, int]] = set()
    has_others: dict[object, bool] = {}  # a child that points at several parents is looked at once
    for run, parent in children_first(runs):
        ours = OwnedRows(parent, ((run, Pass.FIRST),))
        if ours.in_order:  # ours that point at others of the same table are deleted before these
            gone.add((parent, run.run_id))
        for foreign_key in (key for key in references if key.parent == parent):
            child = foreign_key.child if foreign_key.database == database else None
            children = [other for other in runs if child and other.done.get(child)]
            left = [other for other in children if (child, other.run_id) not in gone]
            set_later = [other for other in left if set(foreign_key.columns) & other.plan.table(foreign_key.child).later]
            passes = [(other, Pass.FIRST) for other in children if other not in left] + [(other, Pass.SECOND) for other in set_later]
            but = OwnedRows(foreign_key.child, tuple(passes)) if passes else None
            if but is not None and but.label not in has_others:
                has_others[but.label] = but.has_other_rows(connection)
            if but is None or has_others[but.label]:
                # where some of ours are left, they are in the way too
                _refuse_referencing_rows(connection, foreign_key, ours, but, whose="" if left else " that parloader did not create")
        gone.add((parent, run.run_id))


def _refuse_referencing_rows(connection: Connection, foreign_key: Reference, ours: OwnedRows, but: OwnedRows | None, *, whose: str) -> None:
    """ForeignRows names the rows of the child, `but` those of ours, that point at rows of ours in the parent."""
    child, parent = foreign_key.child, foreign_key.parent
    columns = tuple(zip(foreign_key.columns, foreign_key.referenced, strict=True))
    joined = " AND ".join(f"c.{sql.quote(column)} = p.{sql.quote(referenced)}" for column, referenced in columns)
    where = f"{sql.quote(foreign_key.database)}.{sql.quote(child)} c WHERE " + " AND ".join(
        f"c.{sql.quote(c)} IS NOT NULL" for c, _ in columns
    )
    if not sql.rows(connection, f"SELECT 1 FROM {where} LIMIT 1"):
        return
    key = introspection.primary_key(connection, foreign_key.database, child) or foreign_key.columns
    shown = ", ".join(f"c.{sql.quote(column)}" for column in key)
    with ours.condition(connection, "p") as pointed_at, but.condition(connection, "c") if but else nullcontext("FALSE") as excepted:
        found = sql.rows(
            connection,
            f"""SELECT {shown} FROM {sql.quote(foreign_key.database)}.{sql.quote(child)} c JOIN {sql.quote(parent)} p ON {joined}
                WHERE NOT {excepted} AND {pointed_at} ORDER BY {shown} LIMIT {SHOWN_KEYS + 1:d}""",
        )
    if found:
        keys = some("/".join(map(str, values)) for values in found)
        raise ForeignRows(
            f"rows of {child}{whose} reference rows of {parent} that parloader generated: {'/'.join(key)} {keys}",
            f"Change their {', '.join(foreign_key.columns)}, or delete them; nothing was deleted",
        )


def some(texts: Iterable[str]) -> str:
    """The first few, and whether there are more."""
    first = list(texts)
    return ", ".join(first[:SHOWN_KEYS]) + (" and more" if len(first) > SHOWN_KEYS else "")
