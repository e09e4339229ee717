"""parloader's own tables in the target database: which runs there are, which key each row has, which batches are committed.

parloader_run     one row a run: the plan, as it was worked out when the run began, so that its rows can be made again whatever becomes of the schema
parloader_table   one row a run and table: which of its rows are made and which were there, their keys, and the AUTO_INCREMENT counter before;
                  those of a run that has ended stay until the counters are put back
parloader_batch   one row a committed batch, written in the same transaction as the batch's rows: these rows are ours, no others are;
                  those of a second pass, in which columns of these rows are set, under a name of their own (plans/passes.py)
parloader_control who is at work (database/control.py)
"""

import json
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from parloader import __version__
from parloader.builtin.plan import script_execution
from parloader.database import error_codes, sql
from parloader.database.driver import Connection, IntegrityError
from parloader.database.introspection import ListedTable
from parloader.errors import LedgerDamaged, UsageError
from parloader.ledger import control
from parloader.ledger.run import Run, TableEntry
from parloader.plans.documents.codecs import SCALAR
from parloader.plans.documents.plan_document import decode_plan, encode_plan
from parloader.plans.model import Plan
from parloader.plans.row_ranges import IndexRange, KeySegment, RowAllocation, RowKeys, merge

SCRATCH_MARK = "parloader bench: scratch table"
"""The comment of bench's tables: no name alone makes a table ours."""

BATCHES = "parloader_batch"

TABLES = (BATCHES, "parloader_table", "parloader_run", control.CONTROL)


def batches_ddl(name: str, comment: str) -> str:
    """Names are compared byte by byte: tables whose names differ in an accent alone are two."""
    return f"""CREATE TABLE IF NOT EXISTS {name} (
        run_id INT UNSIGNED NOT NULL,
        table_name VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
        first_index BIGINT UNSIGNED NOT NULL,
        row_count BIGINT UNSIGNED NOT NULL,
        committed_at DATETIME NOT NULL,
        PRIMARY KEY (run_id, table_name, first_index)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='{comment}'"""


DDL = {
    "parloader_run": """CREATE TABLE IF NOT EXISTS parloader_run (
        run_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
        plan VARCHAR(64) NOT NULL,
        target VARCHAR(64) NOT NULL,
        row_count BIGINT UNSIGNED NOT NULL,
        parameters TEXT NOT NULL,
        definition LONGTEXT NULL,
        parloader_version VARCHAR(32) NOT NULL,
        started_at DATETIME NOT NULL
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='parloader ledger: runs'""",
    "parloader_table": """CREATE TABLE IF NOT EXISTS parloader_table (
        run_id INT UNSIGNED NOT NULL,
        position SMALLINT UNSIGNED NOT NULL,
        table_name VARCHAR(64) NOT NULL,
        key_column VARCHAR(64) NULL,
        segments MEDIUMTEXT NOT NULL,
        details LONGTEXT NULL,
        counter_before BIGINT UNSIGNED NULL,
        counter_after BIGINT UNSIGNED NULL,
        PRIMARY KEY (run_id, position)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='parloader ledger: the keys of the rows of each run'""",
    BATCHES: batches_ddl(BATCHES, "parloader ledger: committed batches"),
    control.CONTROL: control.DDL,
}

# What later versions have more: column → the statement that adds it
ADDED_COLUMNS = {
    ("parloader_run", "definition"): "ALTER TABLE parloader_run ADD COLUMN definition LONGTEXT NULL",
    (
        "parloader_table",
        "details",
    ): "ALTER TABLE parloader_table ADD COLUMN details LONGTEXT NULL, MODIFY COLUMN key_column VARCHAR(64) NULL",
}


def exists(connection: Connection) -> bool:
    """Whether there is a ledger. LedgerDamaged if a part of it is missing, and with it the knowledge of which rows parloader created."""
    return _is_whole(connection, _columns(connection))


def _is_whole(connection: Connection, columns: Collection[tuple[str, str]]) -> bool:
    there = {table for table, _ in columns}
    missing = [table for table in TABLES if table not in there and table != control.CONTROL]  # control knows nothing of rows
    if not missing:
        return True
    if any(sql.rows(connection, f"SELECT 1 FROM {table} LIMIT 1") for table in there & {BATCHES, "parloader_run"}):
        raise LedgerDamaged(
            f"the ledger is damaged: there is no {' and no '.join(missing)}, so nobody can tell any more which rows parloader made",
            f"Restore it from a backup; or delete those rows by hand and then drop what is left: DROP TABLE {', '.join(sorted(there))}",
        )
    return False


def create(connection: Connection) -> None:
    """Creates the ledger's tables that do not exist, and adds the columns that a ledger of an earlier version lacks."""
    _complete(connection, _columns(connection))


def upgrade(connection: Connection) -> bool:
    """Whether there is a ledger (LedgerDamaged as of `exists`); if so, adds what one of an earlier version lacks."""
    columns = _columns(connection)
    whole = _is_whole(connection, columns)
    if whole:
        _complete(connection, columns)
    return whole


def _complete(connection: Connection, columns: Collection[tuple[str, str]]) -> None:
    there = {table for table, _ in columns}
    for table, statement in DDL.items():
        if table not in there:
            sql.execute(connection, statement)
    for (table, column), statement in ADDED_COLUMNS.items():
        if table in there and (table, column) not in columns:
            sql.execute(connection, statement)


def _columns(connection: Connection) -> set[tuple[str, str]]:
    """The ledger's (table, column) pairs that exist."""
    statement = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name IN %s"
    return {(table, column) for table, column in sql.rows(connection, statement, TABLES)}


def drop(connection: Connection) -> None:
    sql.execute(connection, f"DROP TABLE IF EXISTS {', '.join(TABLES)}")


def runs(connection: Connection) -> tuple[Run, ...]:
    """All runs, oldest first; none where there is no ledger."""
    there = _columns(connection)
    if not _is_whole(connection, there):
        return ()
    done: dict[tuple[int, str], list[IndexRange]] = {}
    for run_id, table, first, count in sql.rows(connection, "SELECT run_id, table_name, first_index, row_count FROM parloader_batch"):
        done.setdefault((run_id, table), []).append(IndexRange(first, first + count))
    later = {column: column if (table, column) in there else "NULL" for table, column in ADDED_COLUMNS}
    tables: dict[int, list[tuple[Any, ...]]] = {}
    statement = f"""SELECT run_id, table_name, key_column, segments, {later["details"]}, counter_before, counter_after
        FROM parloader_table ORDER BY run_id, position"""
    for run_id, *table in sql.rows(connection, statement):
        tables.setdefault(run_id, []).append(tuple(table))
    statement = f"SELECT run_id, target, row_count, parameters, {later['definition']}, started_at FROM parloader_run ORDER BY run_id"
    found = []
    for run_id, target, count, parameters, definition, started_at in sql.rows(connection, statement):
        of_run = {table: merge(parts) for (of, table), parts in done.items() if of == run_id}
        found.append(
            Run(
                run_id=run_id,
                plan=_plan(run_id, definition) if definition else script_execution(count, json.loads(parameters)),
                started_at=f"{started_at:%Y-%m-%dT%H:%M:%SZ}",
                tables=tuple(_entry(table, of_run, target) for table in tables.get(run_id, ())),
                done=of_run,
            )
        )
    return tuple(found)


def _plan(run_id: int, definition: str) -> Plan:
    try:
        return _decode(definition)
    except (UsageError, ValueError) as error:
        raise LedgerDamaged(
            f"the ledger has a plan of run {run_id} that this version of parloader does not know: {error}",
            "Use the version that made it (column parloader_version of parloader_run), or a later one",
        ) from error


@lru_cache(maxsize=1024)
def _decode(definition: str) -> Plan:
    """The plan of a JSON text. Cached, because a command reads the ledger more than once and runs often have the same plan."""
    return decode_plan(json.loads(definition))


def _entry(row: tuple[Any, ...], done: Mapping[str, tuple[IndexRange, ...]], target: str) -> TableEntry:
    name, key, segments, details, before, after = row
    rows = _rows(key, segments, details, None if name == target else done.get(name, ()))
    return TableEntry(name=name, key=key, rows=rows, counter_before=before, counter_after=after)


def _rows(key: str | None, segments: str, details: str | None, made: tuple[IndexRange, ...] | None) -> RowAllocation:
    """`made`: what counts as made where `details` does not say it, in a ledger of version 0.1.0; None: all rows."""
    keys = None if key is None else RowKeys(tuple(KeySegment(*s) for s in json.loads(segments)))
    if details is None:
        assert keys is not None
        return RowAllocation(rows=keys.rows, new=(IndexRange(0, keys.rows),) if made is None else made, keys=keys)
    more = json.loads(details)
    return RowAllocation(
        rows=more["rows"],
        new=tuple(IndexRange(*part) for part in more["made"]),
        keys=keys,
        reused={column: tuple(map(SCALAR.read, values)) for column, values in more["used"].items()},
        unique_offsets=more["offsets"],
    )


def _details(rows: RowAllocation) -> str:
    return json.dumps(
        {
            "rows": rows.rows,
            "made": [[part.start, part.stop] for part in rows.new],
            "used": {column: list(map(SCALAR.write, values)) for column, values in rows.reused.items()},
            "offsets": dict(rows.unique_offsets),
        }
    )


def begin(connection: Connection, plan: Plan, tables: tuple[TableEntry, ...]) -> int:
    """Writes a new run, in the caller's transaction; returns its run_id. UsageError: its plan could not be read back."""
    definition = encode_plan(plan)
    decode_plan(definition)  # once it is there, every later command reads it
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO parloader_run (plan, target, row_count, parameters, definition, parloader_version, started_at)
                VALUES (%s, %s, %s, %s, %s, %s, UTC_TIMESTAMP())""",
            (
                plan.name,
                plan.target.name,
                plan.target.rows,
                json.dumps(dict(plan.parameters), sort_keys=True),
                json.dumps(definition, sort_keys=True),
                __version__,
            ),
        )
        run_id = int(cursor.lastrowid)
        cursor.executemany(
            """INSERT INTO parloader_table (run_id, position, table_name, key_column, segments, details, counter_before, counter_after)
                VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
            [
                (run_id, position, t.name, t.key, _segments_text(t.rows.keys), _details(t.rows), t.counter_before, t.counter_after)
                for position, t in enumerate(tables)
            ],
        )
    return run_id


def _segments_text(keys: RowKeys | None) -> str:
    return json.dumps([[s.start, s.rows, s.key_start] for s in keys.segments] if keys else [])


def record(connection: Connection, run_id: int, table: str, batch: IndexRange, *, into: str = BATCHES, token: int | None = None) -> bool:
    """Writes a batch's ledger row, first in the batch's transaction. False: it is there already, so the batch landed before.

    The primary key makes this the look-up too: where an earlier attempt's commit is still under way in a lost session, the INSERT
    waits for it, and then either is refused as a duplicate (that commit landed) or goes through (it did not).
    `into`: the table of batches, another one than the ledger's for bench. `token`: the holder's; AnotherRun where it is not the current one.
    """
    columns = "run_id, table_name, first_index, row_count, committed_at"
    source = "FROM DUAL" if token is None else control.fence(token)
    try:
        written = sql.execute(
            connection,
            f"INSERT INTO {into} ({columns}) SELECT %s, %s, %s, %s, UTC_TIMESTAMP() {source}",
            run_id,
            table,
            batch.start,
            batch.rows,
        )
    except IntegrityError as error:
        if error_codes.is_duplicate_key(error):
            return False
        raise
    if not written:
        raise control.lost_lease_error()
    return True


def committed(connection: Connection, run_id: int, table: str, within: tuple[IndexRange, ...]) -> tuple[IndexRange, ...]:
    """The parts of these ranges that are committed; waits for the transactions that are about to change them."""
    statement = """SELECT first_index, row_count FROM parloader_batch
        WHERE run_id = %s AND table_name = %s AND first_index < %s AND first_index + row_count > %s LOCK IN SHARE MODE"""
    return merge(
        IndexRange(max(first, part.start), min(first + count, part.stop))
        for part in within
        for first, count in sql.rows(connection, statement, run_id, table, part.stop, part.start)
    )


def forget(connection: Connection, run_id: int, table: str, gone: IndexRange) -> None:
    """Takes these rows out of the ledger's batches, in the caller's transaction: whole rows, and the parts of those at the edges.

    Locks these batches and at most the next one, so that who deletes rows elsewhere need not wait: batches are disjoint and only ever
    become smaller, so none that overlaps begins before the last one that was seen to begin at or before `gone`.
    """
    of_table = "run_id = %s AND table_name = %s"
    seen = f"SELECT COALESCE(MAX(first_index), %s) FROM parloader_batch WHERE {of_table} AND first_index <= %s"
    lowest = sql.value(connection, seen, gone.start, run_id, table, gone.start)
    batches = sql.rows(
        connection,
        f"""SELECT first_index, row_count FROM parloader_batch
            WHERE {of_table} AND first_index >= %s AND first_index < %s AND first_index + row_count > %s FOR UPDATE""",
        run_id,
        table,
        lowest,
        gone.stop,
        gone.start,
    )
    for first, count in batches:
        sql.execute(connection, f"DELETE FROM parloader_batch WHERE {of_table} AND first_index = %s", run_id, table, first)
        for rest in (IndexRange(first, max(gone.start, first)), IndexRange(min(gone.stop, first + count), first + count)):
            if rest.rows:
                record(connection, run_id, table, rest)


def recorded_rows(connection: Connection, run_id: int, table: str) -> int:
    """How many rows the ledger's batches of a table (or its second pass) have; one number, which no limit on results can cut."""
    statement = "SELECT COALESCE(SUM(row_count), 0) FROM parloader_batch WHERE run_id = %s AND table_name = %s"
    return int(sql.value(connection, statement, run_id, table))


def remaining_runs(connection: Connection) -> int:
    """How many runs the ledger has."""
    return int(sql.value(connection, "SELECT COUNT(*) FROM parloader_run"))


def end(connection: Connection, run_id: int) -> None:
    """Removes a run and its batches, in the transaction in which the last of its rows go. What it did to the counters stays written."""
    for table in ("parloader_batch", "parloader_run"):
        sql.execute(connection, f"DELETE FROM {table} WHERE run_id = %s", run_id)


def counters(connection: Connection) -> dict[str, tuple[int, int]]:
    """Table → its AUTO_INCREMENT before the first run took keys, and after the last one; of runs that have ended, too."""
    statement = """SELECT table_name, counter_before, counter_after FROM parloader_table
        WHERE counter_before IS NOT NULL AND counter_after IS NOT NULL ORDER BY run_id, position"""
    found: dict[str, tuple[int, int]] = {}
    for table, before, after in sql.rows(connection, statement):
        found[table] = (found.get(table, (before,))[0], after)
    return found


def table_names(found: ListedTable) -> frozenset[str]:
    """The tables and views of the database, parloader's own not counted."""
    return frozenset(found.tables) - {control.MARKER_TABLE, *TABLES, *found.with_comment(SCRATCH_MARK)}
