"""What others did to the rows that clean would delete: rows of theirs that point at them, and edits."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from parloader.config import CleanConfig
from parloader.database import schema, sql
from parloader.database.ledger import Run
from parloader.database.schema import ForeignKey
from parloader.database.sql import Connection
from parloader.errors import EditedRows, ForeignRows, SchemaMismatch, UsageError
from parloader.loading.executor import Executor, Watch
from parloader.loading.progress import Progress
from parloader.operations.compare import compare

SHOWN_KEYS = 5


def children_first(runs: tuple[Run, ...]) -> Iterator[tuple[Run, str]]:
    """Every table of every run that has rows of ours: a table of all runs before its parents (later runs use the parents of earlier ones)."""
    names = list(dict.fromkeys(entry.name for run in runs for entry in reversed(run.tables)))
    for name in names:
        for run in reversed(runs):
            if run.done.get(name):
                yield run, name


def refuse_foreign_rows(connection: Connection, runs: tuple[Run, ...]) -> None:
    """ForeignRows where a row points at one of ours that is deleted before it: that would fail, or take the row along."""
    ours: dict[str, _Ours] = {}
    for run, name in children_first(runs):
        before = ours.get(name, _Ours(key=run.table(name).key))
        ours[name] = replace(before, ranges=(*before.ranges, *run.key_ranges(name)))
    database = sql.value(connection, "SELECT DATABASE()")
    gone: set[str] = set()
    for parent in ours:
        for foreign_key in schema.foreign_keys_to(connection, parent):
            child = ours.get(foreign_key.child) if foreign_key.database == database else None
            if child and foreign_key.child not in gone:  # it points at itself, or back: ours are in the way too
                _refuse_pointing(connection, foreign_key, ours[parent], "TRUE", whose="")
            else:
                theirs = sql.outside(child.key, child.ranges, of="c") if child else "TRUE"
                _refuse_pointing(connection, foreign_key, ours[parent], theirs, whose=" that parloader did not make")
        gone.add(parent)


@dataclass(frozen=True, kw_only=True)
class _Ours:
    """The keys of our rows of a table, in its column `key`."""

    key: str
    ranges: tuple[tuple[int, int], ...] = ()


def _refuse_pointing(connection: Connection, foreign_key: ForeignKey, ours: _Ours, condition: str, *, whose: str) -> None:
    """ForeignRows names the rows that meet the condition (the child is `c` in it) and point at rows of ours in the parent."""
    child, parent = foreign_key.child, foreign_key.parent
    key = schema.primary_key(connection, foreign_key.database, child) or foreign_key.columns
    shown = ", ".join(f"c.{sql.quote(column)}" for column in key)
    columns = zip(foreign_key.columns, foreign_key.referenced, strict=True)
    joined = " AND ".join(f"c.{sql.quote(column)} = p.{sql.quote(referenced)}" for column, referenced in columns)
    found = sql.rows(
        connection,
        f"""SELECT {shown} FROM {sql.quote(foreign_key.database)}.{sql.quote(child)} c JOIN {sql.quote(parent)} p ON {joined}
            WHERE {condition} AND {sql.within(ours.key, ours.ranges, of="p")} ORDER BY {shown} LIMIT {SHOWN_KEYS + 1:d}""",
    )
    if found:
        keys = _some("/".join(map(str, values)) for values in found)
        raise ForeignRows(
            f"rows of {child}{whose} point at rows of {parent} that parloader made: {'/'.join(key)} {keys}",
            f"Point their {', '.join(foreign_key.columns)} at other rows, or delete them; nothing was deleted",
        )


def refuse_edited_rows(
    connection: Connection, config: CleanConfig, run: Run, progress: Progress, executor: Executor, watch: Watch | None
) -> None:
    """EditedRows where rows of the run are there, but not as they were made, or where nobody can tell. Missing ones are no edits."""
    try:
        found = compare(connection, config.target, run, config.procs, progress, executor, what="looking for edited rows", watch=watch)
    except (SchemaMismatch, UsageError) as error:  # UsageError: the ledger has parameters that this version does not know
        raise EditedRows(
            f"whether rows of run {run.run_id} were edited since they were made cannot be said any more: {error.message}",
            "parloader clean --edited-too deletes them all the same; nothing was deleted",
        ) from error
    edited = {entry.name: found.different[entry.name] for entry in run.tables if found.different.get(entry.name)}
    if edited:
        keys = {table: sorted(d.key for d in found.differences if d.kind == "different" and d.table == table) for table in edited}
        tables = ", ".join(f"{count:,} of {table}{_keys(run.table(table).key, keys[table])}" for table, count in edited.items())
        raise EditedRows(
            f"rows of run {run.run_id} were edited since parloader made them: {tables}",
            "parloader verify shows the edits, parloader clean --edited-too deletes these rows too; nothing was deleted",
        )


def _keys(name: str, keys: Sequence[int | str]) -> str:
    return f" ({name} {_some(map(str, keys))})" if keys else ""


def _some(texts: Iterable[str]) -> str:
    """The first few, and whether there are more."""
    first = list(texts)
    return ", ".join(first[:SHOWN_KEYS]) + (" and more" if len(first) > SHOWN_KEYS else "")
