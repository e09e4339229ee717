"""What others did to the rows that clean would delete: rows of theirs that point at them, and edits."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext

from parloader.config import CleanConfig
from parloader.database import shape, sql
from parloader.database.ledger import Run
from parloader.database.shape import Reference
from parloader.database.sql import Connection
from parloader.errors import EditedRows, ForeignRows, SchemaMismatch, UsageError
from parloader.loading.executor import Executor, Watch
from parloader.loading.progress import Progress
from parloader.operations.compare import compare
from parloader.operations.ours import Ours
from parloader.plans.passes import Pass
from parloader.plans.shape import Shapes

SHOWN_KEYS = 5


def children_first(runs: tuple[Run, ...]) -> Iterator[tuple[Run, str]]:
    """Every table of every run that has rows of ours, in the order in which they are deleted: no row points at one of a later run."""
    return ((run, entry.name) for run in reversed(runs) for entry in reversed(run.tables) if run.done.get(entry.name))


def refuse_foreign_rows(connection: Connection, runs: tuple[Run, ...]) -> None:
    """ForeignRows where a row points at one of ours that is deleted before it: that would fail, or take the row along."""
    database = sql.value(connection, "SELECT DATABASE()")
    references = shape.references_to(connection, {parent for _, parent in children_first(runs)})
    gone: set[tuple[str, int]] = set()
    has_others: dict[object, bool] = {}  # a child that points at several parents is looked at once
    for run, parent in children_first(runs):
        ours = Ours(parent, ((run, Pass.FIRST),))
        if ours.in_order:  # ours that point at others of the same table are deleted before these
            gone.add((parent, run.run_id))
        for foreign_key in (key for key in references if key.parent == parent):
            child = foreign_key.child if foreign_key.database == database else None
            children = [other for other in runs if child and other.done.get(child)]
            left = [other for other in children if (child, other.run_id) not in gone]
            set_later = [other for other in left if set(foreign_key.columns) & other.plan.table(foreign_key.child).later]
            passes = [(other, Pass.FIRST) for other in children if other not in left] + [(other, Pass.SECOND) for other in set_later]
            but = Ours(foreign_key.child, tuple(passes)) if passes else None
            if but is not None and but.label not in has_others:
                has_others[but.label] = but.others_are_there(connection)
            if but is None or has_others[but.label]:
                # where some of ours are left, they are in the way too
                _refuse_pointing(connection, foreign_key, ours, but, whose="" if left else " that parloader did not make")
        gone.add((parent, run.run_id))


def _refuse_pointing(connection: Connection, foreign_key: Reference, ours: Ours, but: Ours | None, *, whose: str) -> None:
    """ForeignRows names the rows of the child, `but` those of ours, that point at rows of ours in the parent."""
    child, parent = foreign_key.child, foreign_key.parent
    columns = tuple(zip(foreign_key.columns, foreign_key.referenced, strict=True))
    joined = " AND ".join(f"c.{sql.quote(column)} = p.{sql.quote(referenced)}" for column, referenced in columns)
    where = f"{sql.quote(foreign_key.database)}.{sql.quote(child)} c WHERE " + " AND ".join(
        f"c.{sql.quote(c)} IS NOT NULL" for c, _ in columns
    )
    if not sql.rows(connection, f"SELECT 1 FROM {where} LIMIT 1"):
        return
    key = shape.primary_key(connection, foreign_key.database, child) or foreign_key.columns
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
            f"rows of {child}{whose} point at rows of {parent} that parloader made: {'/'.join(key)} {keys}",
            f"Point their {', '.join(foreign_key.columns)} at other rows, or delete them; nothing was deleted",
        )


def refuse_edited_rows(
    connection: Connection, config: CleanConfig, run: Run, shapes: Shapes, progress: Progress, executor: Executor, watch: Watch | None
) -> None:
    """EditedRows where rows of the run are there, but not as they were made, or where nobody can tell. Missing ones are no edits."""
    try:
        found = compare(
            connection, config.target, run, shapes, config.procs, progress, executor, what="looking for edited rows", watch=watch
        )
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
    return f" ({'/'.join(names)} {some(map(str, keys))})" if keys else ""


def _order(key: int | str) -> tuple[int, str]:
    return (key, "") if isinstance(key, int) else (0, key)


def some(texts: Iterable[str]) -> str:
    """The first few, and whether there are more."""
    first = list(texts)
    return ", ".join(first[:SHOWN_KEYS]) + (" and more" if len(first) > SHOWN_KEYS else "")
