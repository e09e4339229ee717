"""What others did to the rows that clean would delete: rows of theirs that point at them, and edits."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext

from parloader.config import CleanConfig
from parloader.database import schema, sql
from parloader.database.ledger import Run
from parloader.database.schema import ForeignKey
from parloader.database.sql import Connection
from parloader.errors import EditedRows, ForeignRows, SchemaMismatch, UsageError
from parloader.loading.executor import Executor, Watch
from parloader.loading.progress import Progress
from parloader.operations.compare import compare
from parloader.operations.ours import Ours
from parloader.plans.passes import Pass

SHOWN_KEYS = 5


def children_first(runs: tuple[Run, ...]) -> Iterator[tuple[Run, str]]:
    """Every table of every run that has rows of ours, in the order in which they are deleted."""
    return ((run, name) for name, of in _steps(runs) for run in of)


def _steps(runs: tuple[Run, ...]) -> Iterator[tuple[str, tuple[Run, ...]]]:
    """(table, runs): a table of all runs before its parents (later runs use the parents of earlier ones).

    Where tables point to each other in a cycle there is no such order of them, so it is run by run: none points at rows of a later one.
    """
    together = [(run,) for run in reversed(runs)] if any(run.plan.in_two_passes for run in runs) else [tuple(reversed(runs))]
    for some in together:
        for name in dict.fromkeys(entry.name for run in reversed(some) for entry in reversed(run.tables)):
            if made := tuple(run for run in some if run.done.get(name)):
                yield name, made


def refuse_foreign_rows(connection: Connection, runs: tuple[Run, ...]) -> None:
    """ForeignRows where a row points at one of ours that is deleted before it: that would fail, or take the row along."""
    database = sql.value(connection, "SELECT DATABASE()")
    gone: set[tuple[str, int]] = set()
    for parent, some in _steps(runs):
        ours = Ours(parent, tuple((run, Pass.FIRST) for run in some))
        now_gone = {(parent, run.run_id) for run in some}
        if ours.in_order:  # ours that point at others of the same table are deleted before these
            gone |= now_gone
        for foreign_key in schema.foreign_keys_to(connection, parent):
            children = [run for run in runs if foreign_key.database == database and run.done.get(foreign_key.child)]
            left = [run for run in children if (foreign_key.child, run.run_id) not in gone]
            set_later = [run for run in left if set(foreign_key.columns) & run.plan.table(foreign_key.child).later]
            passes = [(run, Pass.FIRST) for run in children if run not in left] + [(run, Pass.SECOND) for run in set_later]
            but = Ours(foreign_key.child, tuple(passes)) if passes else None
            if but is None or but.others_are_there(connection):
                # where some of ours are left, they are in the way too
                _refuse_pointing(connection, foreign_key, ours, but, whose="" if left else " that parloader did not make")
        gone |= now_gone


def _refuse_pointing(connection: Connection, foreign_key: ForeignKey, ours: Ours, but: Ours | None, *, whose: str) -> None:
    """ForeignRows names the rows of the child, `but` those of ours, that point at rows of ours in the parent."""
    child, parent = foreign_key.child, foreign_key.parent
    key = schema.primary_key(connection, foreign_key.database, child) or foreign_key.columns
    shown = ", ".join(f"c.{sql.quote(column)}" for column in key)
    columns = tuple(zip(foreign_key.columns, foreign_key.referenced, strict=True))
    joined = " AND ".join(f"c.{sql.quote(column)} = p.{sql.quote(referenced)}" for column, referenced in columns)
    where = f"{sql.quote(foreign_key.database)}.{sql.quote(child)} c WHERE " + " AND ".join(
        f"c.{sql.quote(c)} IS NOT NULL" for c, _ in columns
    )
    if not sql.rows(connection, f"SELECT 1 FROM {where} LIMIT 1"):
        return
    with ours.condition(connection, "p") as pointed_at, but.condition(connection, "c") if but else nullcontext("FALSE") as excepted:
        found = sql.rows(
            connection,
            f"""SELECT {shown} FROM {sql.quote(foreign_key.database)}.{sql.quote(child)} c JOIN {sql.quote(parent)} p ON {joined}
                WHERE NOT {excepted} AND {pointed_at} ORDER BY {shown} LIMIT {SHOWN_KEYS + 1:d}""",
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
        keys = {
            table: sorted((d.key for d in found.differences if d.kind == "different" and d.table == table), key=_order) for table in edited
        }
        tables = ", ".join(f"{count:,} of {table}{_keys(run.plan.table(table).found_by, keys[table])}" for table, count in edited.items())
        raise EditedRows(
            f"rows of run {run.run_id} were edited since parloader made them: {tables}",
            "parloader verify shows the edits, parloader clean --edited-too deletes these rows too; nothing was deleted",
        )


def _keys(names: Sequence[str], keys: Sequence[int | str]) -> str:
    return f" ({'/'.join(names)} {_some(map(str, keys))})" if keys else ""


def _order(key: int | str) -> tuple[int, str]:
    return (key, "") if isinstance(key, int) else (0, key)


def _some(texts: Iterable[str]) -> str:
    """The first few, and whether there are more."""
    first = list(texts)
    return ", ".join(first[:SHOWN_KEYS]) + (" and more" if len(first) > SHOWN_KEYS else "")
