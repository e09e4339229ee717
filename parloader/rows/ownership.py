"""Which rows of a table parloader created: key ranges if runs assigned the keys, otherwise the row keys that the plan generates again."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import polars as pl

from parloader.database import introspection, sql
from parloader.database.driver import Connection
from parloader.errors import ForeignRows, SchemaMismatch
from parloader.generation.column_order import only
from parloader.generation.frames import RowGenerator
from parloader.ledger.run import Run
from parloader.plans.generators import Unique
from parloader.plans.model import Pass
from parloader.plans.row_ranges import IndexRange, batches
from parloader.rows.clean_command import CleanCommand
from parloader.rows.equivalent_texts import is_same
from parloader.rows.lookup import conditions_of, existing, find_rows
from parloader.rows.server_text import RowText, as_server_text, row_text
from parloader.schema.model import ColumnType, Schema, TableSchema
from parloader.schema.recorded_types import as_recorded

# Rows per generated frame
IDENTITY_BATCH_ROWS = 10_000

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
    def by_row_key(self) -> tuple[tuple[Run, Pass], ...]:
        """The passes whose rows are found by their row key, because the run assigned no integer keys."""
        return tuple((run, of) for run, of in self.passes if run.table(self.name).key is None)

    def _ranges(self) -> dict[str, list[tuple[int, int]]]:
        """The integer keys that the runs assigned, by key column (one, unless the table was changed between two runs)."""
        by_key: dict[str, list[tuple[int, int]]] = {}
        for run, of in self.passes:
            if (key := run.table(self.name).key) is not None:
                by_key.setdefault(key, []).extend(run.key_ranges(self.name, of))
        return by_key

    def has_other_rows(self, connection: Connection) -> bool:
        """Whether the table has rows other than these, all of which have integer keys."""
        outside = " AND ".join(sql.outside(key, tuple(ranges)) for key, ranges in self._ranges().items())
        return sql.exists(connection, f"FROM {sql.quote_table(self.name)} WHERE {outside}")

    def count_other_rows(self, connection: Connection) -> int:
        """How many rows the table has besides these. A row key names one row only, so the numbers of both can be compared."""
        table, ranges = sql.quote_table(self.name), self._ranges()
        where = " AND ".join(sql.outside(key, tuple(found)) for key, found in ranges.items())
        others = int(sql.value(connection, f"SELECT COUNT(*) FROM {table}{f' WHERE {where}' if where else ''}"))
        by_row_key = OwnedRows(self.name, self.by_row_key).conditions(connection, IDENTITY_BATCH_ROWS)
        return others - sum(int(sql.value(connection, f"SELECT COUNT(*) FROM {table} WHERE {condition}")) for condition in by_row_key)

    def outside_keys(self, alias: str) -> str:
        """A condition on the table with this alias: the row is none of those whose integer keys a run assigned."""
        by_key = self._ranges()
        return " AND ".join(f"NOT {sql.within(key, tuple(ranges), of=alias)}" for key, ranges in by_key.items()) or "TRUE"

    def row_keys(self, connection: Connection) -> "RowKeys":
        """The row keys of those that have no integer key, as far as these rows exist. SchemaMismatch: a column of the row key is gone."""
        live = introspection.read_tables(connection, {self.name})[self.name]
        hashes = [pl.Series(dtype=pl.Int64)]
        for run, of in self.by_row_key:
            view = row_key_text(live, run)
            for frame in generate_row_keys(run, view, run.done_by_pass(self.name, of)):
                hashes.append(pl.Series(map(hash, existing(connection, view, frame)), dtype=pl.Int64))
        return RowKeys(view=row_key_text(live, self.by_row_key[0][0]), sorted_hashes=pl.concat(hashes).unique().sort())

    def conditions(self, connection: Connection, keys_per_condition: int) -> Iterator[str]:
        """Conditions that together are true for these rows and no others, on a table without alias.

        In a table without a key they are also true for rows that others added since with the same values in the columns of `identity`.
        """
        for run, of in self.passes:
            key = run.table(self.name).key
            if key is None:
                view = row_key_text(introspection.read_tables(connection, {self.name})[self.name], run)
                for frame in generate_row_keys(run, view, run.done_by_pass(self.name, of)):
                    yield from (condition for _, condition in conditions_of(frame, view))
                continue
            for first, last in run.key_ranges(self.name, of):
                for start in range(first, last + 1, keys_per_condition):
                    yield sql.within(key, ((start, min(start + keys_per_condition - 1, last)),))


@dataclass(frozen=True, kw_only=True)
class RowKeys:
    """The row keys of existing rows, as hashes: 8 bytes per row.

    A collision could only hide a row from the check before clean; the check at the delete of each referenced row needs no hashes.
    """

    view: RowText
    """how the server shows a row key"""
    sorted_hashes: pl.Series

    def missing(self, row_keys: Sequence[tuple[str, ...]]) -> list[int]:
        """The positions of the row keys that are not among these, and of copies of rows in a table without a key."""
        hashes = pl.Series(map(hash, row_keys), dtype=pl.Int64)
        if self.sorted_hashes.is_empty():
            return list(range(len(row_keys)))
        found = self.sorted_hashes.search_sorted(hashes).clip(upper_bound=self.sorted_hashes.len() - 1)
        return ((self.sorted_hashes.gather(found) != hashes) | ~hashes.is_first_distinct()).arg_true().to_list()


def is_keyless(live: TableSchema, run: Run) -> bool:
    """Whether no unique key of the live table tells the run's rows from others, so that all generated values together must do so."""
    table = run.plan.table(live.name)
    return table.key is None and not live.is_unique(table.identity)


def row_key_text(live: TableSchema, run: Run) -> RowText:
    """How the server shows the row key by which the run finds its rows: in a table without a key, all generated values. SchemaMismatch: a column is gone."""
    table = run.plan.table(live.name)
    columns = table.checked if is_keyless(live, run) else table.identity
    if missing := [column for column in columns if column not in live.column_names]:
        raise _columns_gone(live, missing)
    return row_text(as_loaded(live, run), columns, None, table.identity)


def generate_row_keys(run: Run, view: RowText, parts: Iterable[IndexRange]) -> Iterator[pl.DataFrame]:
    """Generates the view's columns of these rows of the run's table again, in frames that also have the columns they are computed from."""
    table = run.plan.table(view.table)
    generation = RowGenerator(run.plan, only(table, [column.name for column in view.columns]), run.rows)
    for part in parts:
        for batch in batches(part, lambda: IDENTITY_BATCH_ROWS):
            yield generation.frame(batch)


def as_loaded(live: TableSchema, run: Run) -> TableSchema:
    """The live table, with columns that show generated values as the server stored them for the run, even if somebody changed a type since."""
    return as_recorded(live, run.table(live.name).types)


def count_remaining_rows(connection: Connection, run: Run, name: str, limit: int) -> tuple[int, list[str]]:
    """Counts the rows that exist with keys of the run's generated rows; also returns the first `limit` of these keys.

    It includes rows that the ledger does not list. Among the keys that the run has not committed, an integer key is enough, because the
    run reserved it. A row key is not, because others may use the same one: the row must also have the generated values. In a table without
    a key, rows that the run committed are gone once as many were deleted: equal ones that remain are copies, or rows that were there before.
    """
    entry = run.table(name)
    if entry.key is not None:
        key, where = sql.quote(entry.key), f"FROM {sql.quote_table(name)} WHERE {sql.within(entry.key, entry.rows.new_keys)}"
        count = int(sql.value(connection, f"SELECT COUNT(*) {where}"))
        keys = sql.rows(connection, f"SELECT {key} {where} ORDER BY {key} LIMIT {limit:d}") if count else ()
        return count, [str(k) for (k,) in keys]
    if not sql.exists(connection, f"FROM {sql.quote_table(name)}"):
        return 0, []
    live = introspection.read_tables(connection, {name})[name]
    count, first = 0, list[str]()
    committed = () if is_keyless(live, run) else _committed_row_keys(connection, live, run)
    uncommitted = () if _may_be_equal(live, run) else _identical_row_keys(connection, live, run)
    for texts in chain(committed, uncommitted):
        count += 1
        first += ["/".join(texts)] if count <= limit else []
    return count, first


def _may_be_equal(live: TableSchema, run: Run) -> bool:
    """Whether the plan may give several rows of a table without a key the same values, so that nothing tells them from equal rows of others."""
    table = run.plan.table(live.name)
    return is_keyless(live, run) and len(table.identity) == 1 and not isinstance(table.columns[table.identity[0]], Unique)


def _committed_row_keys(connection: Connection, live: TableSchema, run: Run) -> Iterator[tuple[str, ...]]:
    """The row keys that the run committed and that exist."""
    view = row_key_text(live, run)
    for frame in generate_row_keys(run, view, run.done_by_pass(live.name, Pass.FIRST)):
        yield from existing(connection, view, frame)


def _identical_row_keys(connection: Connection, live: TableSchema, run: Run) -> Iterator[tuple[str, ...]]:
    """The row keys, of those that the run has not committed, whose rows exist and have the generated values."""
    table = run.plan.table(live.name).after_pass(Pass.FIRST)
    columns = [column for column in table.checked if column in live.column_names]
    view = row_text(as_loaded(live, run), columns, None, table.identity)
    positions = [columns.index(column) for column in table.identity]
    generation = RowGenerator(run.plan, table, run.rows)
    for part in run.gaps(live.name):
        for batch in batches(part, lambda: IDENTITY_BATCH_ROWS):
            for expected, actual in find_rows(connection, view, generation.frame(batch).select(columns)):
                if actual is not None and is_same(view.columns, expected, actual):
                    yield tuple(str(expected[position]) for position in positions)


def require_unique_keys(connection: Connection, runs: tuple[Run, ...], schema: Schema) -> None:
    """SchemaMismatch: somebody removed the unique key of the columns by which a run finds its rows, and a key of the run has several rows now.

    Only integer keys: of other rows, all values are compared then. `schema`: those of the runs' tables that exist. SchemaMismatch as well:
    one of these columns is gone, or an integer key has another type or accepts NULL.
    """
    for run, name in children_first(runs):
        if name not in schema:
            continue
        live, table = schema[name], run.plan.table(name)
        columns = table.row_key
        _require_columns(live, table.checked if is_keyless(live, run) else columns)
        _require_integers(live, run.table(name).key)
        _require_literals(live, run)
        if table.key is None or live.is_unique(columns):
            continue
        listed = ", ".join(map(sql.quote, columns))
        for condition in OwnedRows(name, ((run, Pass.FIRST),)).conditions(connection, IDENTITY_BATCH_ROWS):
            statement = f"SELECT {listed} FROM {sql.quote_table(name)} WHERE {condition} GROUP BY {listed} HAVING COUNT(*) > 1"
            for values in sql.rows(connection, statement):
                raise SchemaMismatch(
                    f"{', '.join(columns)} of {name} is no longer unique: there are several rows {'/'.join(map(str, values))}, "
                    "and parloader cannot tell which one it created",
                    "Give the other rows other keys, or delete them; nothing was deleted",
                )


def _require_columns(live: TableSchema, columns: tuple[str, ...]) -> None:
    """SchemaMismatch: the live table lacks one of the columns."""
    existing = {column.lower() for column in live.column_names}
    if missing := [column for column in columns if column.lower() not in existing]:
        raise _columns_gone(live, missing)


def _columns_gone(live: TableSchema, missing: list[str]) -> SchemaMismatch:
    return SchemaMismatch(
        f"{live.name} no longer has the column {', '.join(missing)}, by which parloader finds the rows that it created", "Add it again"
    )


def _require_integers(live: TableSchema, key: str | None) -> None:
    """SchemaMismatch: the integer key, by whose ranges rows are told apart, has another type now or accepts NULL: 3.5 may lie in a range, NULL in none."""
    for column in live.columns:
        if key is None or column.name.lower() != key.lower():
            continue
        if column.kind is not ColumnType.INTEGER or column.nullable:
            raise SchemaMismatch(
                f"{live.name}.{key} is {column.type_text}{' NULL' if column.nullable else ''} now, but parloader identifies the rows that it created "
                "by ranges of integers",
                "Make the column an integer that is NOT NULL again; nothing was deleted",
            )


def _require_literals(live: TableSchema, run: Run) -> None:
    """SchemaMismatch: a column of the row key has another type now, which does not hold the generated values."""
    if run.table(live.name).key is not None:
        return
    view = row_key_text(live, run)
    columns = view.columns
    first = next(generate_row_keys(run, view, run.done_by_pass(live.name, Pass.FIRST))).head(1)
    try:
        first.select(as_server_text(first, columns))
    except TypeError as error:
        types = ", ".join(f"{column.name} {column.type_text}" for column in columns)
        raise SchemaMismatch(
            f"the columns by which parloader finds the rows that it created in {live.name} have other types now ({types}): {error}",
            "Give them their types again; nothing was deleted",
        ) from error


def require_no_shared_rows(
    connection: Connection, deleted: tuple[Run, ...], kept: tuple[Run, ...], schema: Schema, command: CleanCommand
) -> None:
    """ForeignRows: a run that is deleted and one that is kept claim the same row: somebody deleted the first one's, the second created it again.

    `schema`: those of the deleted runs' tables that exist.
    """
    for run, name in children_first(deleted):
        for other in kept if name in schema else ():
            if other.done.get(name) and _share_rows(connection, name, run, other):
                raise ForeignRows(
                    f"runs {run.run_id} and {other.run_id} have rows of {name} with the same keys, so neither can be deleted alone",
                    f"Clean both runs: {command.with_runs(run.run_id, other.run_id)}; nothing was deleted",
                )


def _share_rows(connection: Connection, name: str, run: Run, other: Run) -> bool:
    if run.table(name).key is not None and other.table(name).key is not None:
        ranges = [(first, last) for of in (run, other) for first, last in of.key_ranges(name)]
        return any(first <= last_before for (_, last_before), (first, _) in pairwise(sorted(ranges)))
    if run.table(name).key is not None or other.table(name).key is not None:
        return True  # keys of different kinds cannot be compared
    if _have_different_values(name, run, other):
        return False
    keys = [OwnedRows(name, ((of, Pass.FIRST),)).row_keys(connection).sorted_hashes for of in (run, other)]
    return pl.concat(keys).is_duplicated().any()


def _have_different_values(name: str, run: Run, other: Run) -> bool:
    """Whether the plans alone show that no row of the one has the row key of a row of the other: a column of it is unique across both."""
    table, other_table = run.plan.table(name), other.plan.table(name)
    for column in {*table.identity} & {*other_table.identity}:
        generator = table.columns[column]
        if isinstance(generator, Unique) and generator == other_table.columns[column]:
            numbers = sorted(
                (part.start + offset, part.stop + offset)
                for of in (run, other)
                for offset in (of.table(name).rows.unique_offsets.get(column, 0),)
                for part in of.done_by_pass(name, Pass.FIRST)
            )
            if all(first >= stop_before for (_, stop_before), (first, _) in pairwise(numbers)):
                return True
    return False


def find_extra_keys(
    connection: Connection, table: str, key: str, *, within: tuple[tuple[int, int], ...], owned: tuple[tuple[int, int], ...], limit: int
) -> tuple[int, tuple[int, ...]]:
    """Counts the rows whose keys are in a range of `within`, but in none of the `owned` ones; also returns the first `limit` of their keys."""
    column = sql.quote(key)
    where = f"FROM {sql.quote_table(table)} WHERE {sql.within(key, within)} AND {sql.outside(key, owned)}"
    count = int(sql.value(connection, f"SELECT COUNT(*) {where}"))
    keys = sql.rows(connection, f"SELECT {column} {where} ORDER BY {column} LIMIT {limit:d}")
    return count, tuple(k for (k,) in keys)


def children_first(runs: tuple[Run, ...]) -> Iterator[tuple[Run, str]]:
    """Every table of every run that has generated rows, in the order of deletion: no row references one of a later run."""
    return ((run, entry.name) for run in reversed(runs) for entry in reversed(run.tables) if run.done.get(entry.name))


def some(texts: Iterable[str]) -> str:
    """The first SHOWN_KEYS of the texts, and whether there are more."""
    first = list(texts)
    return ", ".join(first[:SHOWN_KEYS]) + (" and more" if len(first) > SHOWN_KEYS else "")
