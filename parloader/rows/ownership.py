"""Which rows of a table parloader created: key ranges if runs assigned the keys, otherwise the row keys that the plan generates again."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import chain

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
from parloader.rows.lookup import existing, find_rows
from parloader.rows.server_text import row_text
from parloader.rows.writers import writer_for
from parloader.schema.model import ColumnSchema, ColumnType, TableSchema

# Rows per generated frame
IDENTITY_BATCH_ROWS = 10_000

# InnoDB indexes at most 3072 bytes; utf8mb4 takes up to 4 bytes per character
MAX_INDEX_CHARACTERS = 3072 // 4

# Keys that a message lists
SHOWN_KEYS = 5


@dataclass(frozen=True)
class OwnedRows:
    """Rows of a table that parloader created."""

    name: str
    """The table."""
    passes: tuple[tuple[Run, Pass], ...]
    """The passes that wrote the rows, one per run."""

    @property
    def label(self) -> tuple[str, frozenset[tuple[int, Pass]]]:
        """Equal for equal sets of rows."""
        return self.name, frozenset((run.run_id, of) for run, of in self.passes)

    @property
    def in_order(self) -> bool:
        """Whether clean deletes rows of the table that reference each other in a safe order: every run's plan declares the references."""
        return all(run.plan.table(self.name).root_rows.rows for run, _ in self.passes)

    @property
    def _key(self) -> str | None:
        return self.passes[0][0].table(self.name).key

    @property
    def _ranges(self) -> tuple[tuple[int, int], ...]:
        return tuple(r for run, of in self.passes for r in run.key_ranges(self.name, of))

    def has_other_rows(self, connection: Connection) -> bool:
        """Whether the table has rows other than these. SchemaMismatch: a column of the row key is gone.

        Without an integer key, it counts how many of these rows exist and compares that with the table's row count. The number of rows
        in the ledger is no substitute: a deleted generated row would hide a row added by others.
        """
        if self._key is not None:
            return bool(sql.rows(connection, f"SELECT 1 FROM {sql.quote(self.name)} WHERE {sql.outside(self._key, self._ranges)} LIMIT 1"))
        rows = int(sql.value(connection, f"SELECT COUNT(*) FROM {sql.quote(self.name)}"))
        return rows > self._count_existing(connection)

    def _count_existing(self, connection: Connection) -> int:
        """How many of these rows exist.

        A row that two runs claim counts once: the first run's row was deleted, and the second run created one with the same row key. To
        detect this, the hashes of all row keys are kept, 8 bytes per row. A hash collision makes the number too small, which is safe: it
        only triggers the exact search for rows in the way.
        """
        columns = identity_columns(introspection.read_tables(connection, {self.name})[self.name], self.passes[0][0])
        hashes = [pl.Series(dtype=pl.Int64)]
        for run, of in self.passes:
            for frame in generate_identities(run, self.name, run.done_by_pass(self.name, of)):
                hashes.append(pl.Series(map(hash, existing(connection, self.name, columns, frame)), dtype=pl.Int64))
        return pl.concat(hashes).n_unique()

    @contextmanager
    def condition(self, connection: Connection, alias: str) -> Iterator[str]:
        """A condition that is true for these rows of the table with this alias; valid inside the block."""
        if self._key is not None:
            yield sql.within(self._key, self._ranges, of=alias)
            return
        live = introspection.read_tables(connection, {self.name})[self.name]
        columns = identity_columns(live, self.passes[0][0])
        index = _index_definition(live, columns)
        equal = " AND ".join(f"owned.{sql.quote(c.name)} = {alias}.{sql.quote(c.name)}" for c in columns)
        with ExitStack() as stack:
            # One table per run, because two runs may claim the same row
            tables = [
                stack.enter_context(self._identity_table(connection, f"parloader_rows_{alias}_{n}", run, of, index))
                for n, (run, of) in enumerate(self.passes)
            ]
            yield "(" + " OR ".join(f"EXISTS (SELECT 1 FROM {table} owned WHERE {equal})" for table in tables) + ")"

    @contextmanager
    def _identity_table(self, connection: Connection, table: str, run: Run, of: Pass, index: str) -> Iterator[str]:
        """Fills a temporary table with the row keys that one pass wrote; returns its name."""
        columns = run.plan.table(self.name).identity
        names = ", ".join(map(sql.quote, columns))
        sql.execute(
            connection, f"CREATE TEMPORARY TABLE {table} (INDEX ({index})) ENGINE=InnoDB SELECT {names} FROM {sql.quote(self.name)} LIMIT 0"
        )
        try:
            writer = writer_for(table, server_info(connection))
            for frame in generate_identities(run, self.name, run.done_by_pass(self.name, of)):
                writer.write(connection, writer.render(frame.select(columns)))
            yield table
        finally:
            sql.execute(connection, f"DROP TEMPORARY TABLE {table}")


def _index_definition(live: TableSchema, columns: tuple[ColumnSchema, ...]) -> str:
    """The columns of an index for look-ups by the row key, with the prefixes of the table's own key, in whose characters rows differ.

    A long text without a prefix (MariaDB's UNIQUE on an entire TEXT) is indexed as far as an index can hold it.
    """
    names = {column.name for column in columns}
    key = next((key for key in live.unique_keys if {*key.columns} == names), None)
    prefixes = dict(zip(key.columns, key.prefixes, strict=True)) if key and key.prefixes else {}
    texts = sum(column.kind in (ColumnType.TEXT, ColumnType.BYTES) for column in columns)
    parts = []
    for column in columns:
        prefix = prefixes.get(column.name)
        if prefix is None and column.kind in (ColumnType.TEXT, ColumnType.BYTES) and column.length > MAX_INDEX_CHARACTERS // texts:
            prefix = MAX_INDEX_CHARACTERS // texts
        parts.append(sql.quote(column.name) + (f"({prefix:d})" if prefix else ""))
    return ", ".join(parts)


def generate_identities(run: Run, name: str, parts: Iterable[IndexRange]) -> Iterator[pl.DataFrame]:
    """Generates the row keys of these rows of the run's table again, in frames that also have the columns they are computed from."""
    table = run.plan.table(name)
    generation = RowGenerator(run.plan, only(table, table.identity), run.rows)
    for part in parts:
        for batch in batches(part, lambda: IDENTITY_BATCH_ROWS):
            yield generation.frame(batch)


def identity_columns(live: TableSchema, run: Run) -> tuple[ColumnSchema, ...]:
    """The columns of the row key by which the run finds its rows in the live table. SchemaMismatch: one is gone."""
    identity = run.plan.table(live.name).identity
    if missing := [column for column in identity if column not in live.column_names]:
        raise SchemaMismatch(
            f"{live.name} no longer has the column {', '.join(missing)}, by which parloader finds the rows that it created", "Add it again"
        )
    return tuple(live.column(column) for column in identity)


def count_remaining_rows(connection: Connection, run: Run, name: str, limit: int) -> tuple[int, list[str]]:
    """Counts the rows that exist with keys of the run's generated rows; also returns the first `limit` of these keys.

    It includes rows that the ledger does not list. Among the keys that the run has not committed, an integer key is enough, because the
    run reserved it. A row key is not, because others may use the same one: the row must also have the generated values.
    """
    entry = run.table(name)
    if entry.key is not None:
        key, where = sql.quote(entry.key), f"FROM {sql.quote(name)} WHERE {sql.within(entry.key, entry.rows.new_keys)}"
        count = int(sql.value(connection, f"SELECT COUNT(*) {where}"))
        keys = sql.rows(connection, f"SELECT {key} {where} ORDER BY {key} LIMIT {limit:d}") if count else ()
        return count, [str(k) for (k,) in keys]
    live = introspection.read_tables(connection, {name})[name]
    count, first = 0, list[str]()
    for texts in chain(_committed_row_keys(connection, live, run), _identical_row_keys(connection, live, run)):
        count += 1
        first += ["/".join(texts)] if count <= limit else []
    return count, first


def _committed_row_keys(connection: Connection, live: TableSchema, run: Run) -> Iterator[tuple[str, ...]]:
    """The row keys that the run committed and that exist."""
    columns = identity_columns(live, run)
    for frame in generate_identities(run, live.name, run.done_by_pass(live.name, Pass.FIRST)):
        yield from existing(connection, live.name, columns, frame)


def _identical_row_keys(connection: Connection, live: TableSchema, run: Run) -> Iterator[tuple[str, ...]]:
    """The row keys, of those that the run has not committed, whose rows exist and have the generated values."""
    table = run.plan.table(live.name).after_pass(Pass.FIRST)
    columns = [column for column in table.checked if column in live.column_names]
    view = row_text(live, columns, None, table.identity)
    positions = [columns.index(column) for column in table.identity]
    generation = RowGenerator(run.plan, table, run.rows)
    for part in run.gaps(live.name):
        for batch in batches(part, lambda: IDENTITY_BATCH_ROWS):
            for expected, actual in find_rows(connection, view, generation.frame(batch).select(columns)):
                if actual == expected:
                    yield tuple(str(expected[position]) for position in positions)


def find_extra_keys(
    connection: Connection, table: str, key: str, *, min_key: int, owned: tuple[tuple[int, int], ...], limit: int
) -> tuple[int, tuple[int, ...]]:
    """Counts the rows with a key of at least `min_key` in none of the `owned` ranges; also returns the first `limit` of their keys."""
    column = sql.quote(key)
    where = f"FROM {sql.quote(table)} WHERE {column} >= %s AND {sql.outside(key, owned)}"
    count = int(sql.value(connection, f"SELECT COUNT(*) {where}", min_key))
    keys = sql.rows(connection, f"SELECT {column} {where} ORDER BY {column} LIMIT {limit:d}", min_key)
    return count, tuple(k for (k,) in keys)


def children_first(runs: tuple[Run, ...]) -> Iterator[tuple[Run, str]]:
    """Every table of every run that has generated rows, in the order of deletion: no row references one of a later run."""
    return ((run, entry.name) for run in reversed(runs) for entry in reversed(run.tables) if run.done.get(entry.name))


def require_no_outside_references(connection: Connection, runs: tuple[Run, ...]) -> None:
    """ForeignRows: a row references a generated row that is deleted before it. The delete would fail, or cascade to the row."""
    database = sql.value(connection, "SELECT DATABASE()")
    references = introspection.foreign_keys_to(connection, {parent for _, parent in children_first(runs)})
    deleted: set[tuple[str, int]] = set()
    has_other_rows: dict[object, bool] = {}  # a child that references several parents is searched once
    for run, parent in children_first(runs):
        generated = OwnedRows(parent, ((run, Pass.FIRST),))
        if generated.in_order:  # rows that reference others of the same table are deleted before these
            deleted.add((parent, run.run_id))
        for foreign_key in (key for key in references if key.parent == parent):
            child = foreign_key.child if foreign_key.database == database else None
            child_runs = [other for other in runs if child and other.done.get(child)]
            remaining = [other for other in child_runs if (child, other.run_id) not in deleted]
            excluding = _safe_child_rows(foreign_key, child_runs, remaining)
            if excluding is not None and excluding.label not in has_other_rows:
                has_other_rows[excluding.label] = excluding.has_other_rows(connection)
            if excluding is None or has_other_rows[excluding.label]:
                # generated rows of the child that remain are in the way as well
                origin = "" if remaining else " that parloader did not create"
                _refuse_referencing_rows(connection, foreign_key, generated, excluding, origin)
        deleted.add((parent, run.run_id))


def _safe_child_rows(foreign_key: Reference, child_runs: list[Run], remaining: list[Run]) -> OwnedRows | None:
    """The generated rows of the child that are not in the way: already deleted, or their references are first set to NULL."""
    passes = [(run, Pass.FIRST) for run in child_runs if run not in remaining]
    passes += [(run, Pass.SECOND) for run in remaining if set(foreign_key.columns) & run.plan.table(foreign_key.child).later]
    return OwnedRows(foreign_key.child, tuple(passes)) if passes else None


def _refuse_referencing_rows(
    connection: Connection, foreign_key: Reference, generated: OwnedRows, excluding: OwnedRows | None, origin: str
) -> None:
    """ForeignRows: rows of the child, apart from those `excluding`, reference these generated rows of the parent."""
    child, parent = foreign_key.child, foreign_key.parent
    columns = tuple(zip(foreign_key.columns, foreign_key.referenced, strict=True))
    joined = " AND ".join(f"c.{sql.quote(column)} = p.{sql.quote(referenced)}" for column, referenced in columns)
    source = f"{sql.quote(foreign_key.database)}.{sql.quote(child)} c"
    references = " AND ".join(f"c.{sql.quote(column)} IS NOT NULL" for column in foreign_key.columns)
    if not sql.rows(connection, f"SELECT 1 FROM {source} WHERE {references} LIMIT 1"):
        return
    key = introspection.primary_key(connection, foreign_key.database, child) or foreign_key.columns
    shown = ", ".join(f"c.{sql.quote(column)}" for column in key)
    with (
        generated.condition(connection, "p") as is_generated,
        excluding.condition(connection, "c") if excluding else nullcontext("FALSE") as is_excluded,
    ):
        found = sql.rows(
            connection,
            f"""SELECT {shown} FROM {source} JOIN {sql.quote(parent)} p ON {joined}
                WHERE NOT {is_excluded} AND {is_generated} ORDER BY {shown} LIMIT {SHOWN_KEYS + 1:d}""",
        )
    if found:
        keys = some("/".join(map(str, values)) for values in found)
        raise ForeignRows(
            f"rows of {child}{origin} reference rows of {parent} that parloader created: {'/'.join(key)} {keys}",
            f"Make their {', '.join(foreign_key.columns)} reference other rows, or delete them; nothing was deleted",
        )


def some(texts: Iterable[str]) -> str:
    """The first SHOWN_KEYS of the texts, and whether there are more."""
    first = list(texts)
    return ", ".join(first[:SHOWN_KEYS]) + (" and more" if len(first) > SHOWN_KEYS else "")
