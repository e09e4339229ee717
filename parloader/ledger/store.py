"""parloader's own tables in the target database: runs, their tables and keys, and committed batches.

parloader_run     one row per run: the complete plan, so that its rows can be generated again even if the schema changes
parloader_table   one row per run and table: its new and reused rows, their keys, and the AUTO_INCREMENT counter before and after;
                  rows of a finished run stay until clean restores the counters
parloader_batch   one row per committed batch, written in the same transaction as the batch's rows: it alone proves that parloader created
                  them; batches of a second pass, which sets columns of these rows, have another name (run.pass_name)
parloader_control the current holder of the lock, and the pause flag (control.py)
parloader_lease   only on a Galera cluster: the current holder of the lease (cluster_lease.py)
parloader_index   only after --defer-indexes: the indexes to add again (deferred_indexes.py)
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from parloader import __version__
from parloader.builtin.plan import script_execution
from parloader.database import error_codes, sql
from parloader.database.driver import Connection, IntegrityError, Leading
from parloader.database.introspection import ListedTable
from parloader.database.visibility import all_exist
from parloader.errors import LedgerDamaged
from parloader.ledger import cluster_lease, control, deferred_indexes
from parloader.ledger.complete_reads import all_batches, all_rows, not_listed, require_runs_of_batches, require_tables_of_run
from parloader.ledger.encoding import details_text, segments_text, stored_entry, stored_plan
from parloader.ledger.run import Run, TableEntry
from parloader.plans.documents.plan_document import decode_plan, encode_plan
from parloader.plans.model import Plan
from parloader.plans.row_ranges import IndexRange, merge

SCRATCH_MARK = "parloader bench: scratch table"
"""The comment of bench's tables. A name alone does not prove that parloader created a table."""

BATCHES = "parloader_batch"

TABLES = (BATCHES, "parloader_table", "parloader_run", control.CONTROL)


def batches_ddl(name: str, comment: str) -> str:
    """The CREATE TABLE of a table of batches. Table names are compared as bytes, because some differ in an accent alone."""
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

# Columns that later versions added: (table, column) → the statement that adds it
ADDED_COLUMNS = {
    ("parloader_run", "definition"): "ALTER TABLE parloader_run ADD COLUMN definition LONGTEXT NULL",
    (
        "parloader_table",
        "details",
    ): "ALTER TABLE parloader_table ADD COLUMN details LONGTEXT NULL, MODIFY COLUMN key_column VARCHAR(64) NULL",
}


def exists(connection: Connection) -> bool:
    """Whether there is a ledger. LedgerDamaged: one of its tables is missing, so it no longer shows which rows parloader created."""
    return _is_complete(connection, _columns(connection))


def _is_complete(connection: Connection, columns: Collection[tuple[str, str]]) -> bool:
    existing = {table for table, _ in columns}
    missing = [table for table in TABLES if table not in existing and table != control.CONTROL]  # control says nothing about rows
    if not missing:
        return True
    if all_exist(connection, missing):
        raise not_listed(missing)
    if any(sql.exists(connection, f"FROM {table}") for table in existing & {BATCHES, "parloader_run"}):
        raise LedgerDamaged(
            f"the ledger is damaged: {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing, "
            "so it no longer shows which rows parloader created",
            f"Restore it from a backup; or delete those rows by hand, then drop the rest of it: DROP TABLE {', '.join(sorted(existing))}",
        )
    return False


def create(connection: Connection) -> None:
    """Creates the ledger's tables that do not exist, and adds the columns that a ledger of an earlier version lacks."""
    _complete(connection, _columns(connection))


def upgrade(connection: Connection) -> bool:
    """Whether there is a ledger (LedgerDamaged: see `exists`); if so, adds what a ledger of an earlier version lacks."""
    columns = _columns(connection)
    complete = _is_complete(connection, columns)
    if complete:
        _complete(connection, columns)
    return complete


def _complete(connection: Connection, columns: Collection[tuple[str, str]]) -> None:
    existing = {table for table, _ in columns}
    for table, statement in DDL.items():
        if table not in existing:
            sql.execute(connection, statement)
    for (table, column), statement in ADDED_COLUMNS.items():
        if table in existing and (table, column) not in columns:
            sql.execute(connection, statement)


def _columns(connection: Connection) -> set[tuple[str, str]]:
    """The (table, column) pairs of the ledger's tables that exist."""
    statement = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name IN %s"
    return {(table, column) for table, column in sql.rows(connection, statement, TABLES)}


def drop(connection: Connection) -> None:
    sql.execute(connection, f"DROP TABLE IF EXISTS {', '.join(TABLES)}")


def runs(connection: Connection) -> tuple[Run, ...]:
    """All runs, oldest first; none if there is no ledger."""
    columns = _columns(connection)
    return _runs(connection, columns) if _is_complete(connection, columns) else ()


def run(connection: Connection, run_id: int) -> Run:
    """One run. Reads nothing of the others. LedgerDamaged: the ledger does not have it."""
    columns = _columns(connection)
    found = _runs(connection, columns, f"run_id = {run_id:d}") if _is_complete(connection, columns) else ()
    if not found:
        raise LedgerDamaged(f"the ledger no longer has run {run_id}", "Restore it from a backup; or delete the rows of that run by hand")
    return found[0]


def has_run(connection: Connection, run_id: int) -> bool:
    """Whether there is a ledger that has this run."""
    return exists(connection) and sql.exists(connection, "FROM parloader_run WHERE run_id = %s", run_id)


def _runs(connection: Connection, columns: Collection[tuple[str, str]], condition: str = "TRUE") -> tuple[Run, ...]:
    # A run's tables are recorded before its batches, and outlive it: in this order, no run lacks one, even if one begins or ends meanwhile
    added = {column: column if (table, column) in columns else "NULL" for table, column in ADDED_COLUMNS}
    run_columns = ("run_id", "target", "row_count", "parameters", added["definition"], "started_at")
    runs = all_rows(connection, "parloader_run", run_columns, condition)
    table_columns = ("table_name", "key_column", "segments", added["details"], "counter_before", "counter_after")
    tables: dict[int, list[tuple[Any, ...]]] = {}
    rows = all_rows(connection, "parloader_table", ("run_id", "position", *table_columns), condition)
    for run_id, _, *table in sorted(rows, key=_in_order):
        tables.setdefault(run_id, []).append(tuple(table))
    done = all_batches(connection, BATCHES, condition)
    if done.keys() - {run_id for run_id, *_ in runs}:
        require_runs_of_batches(connection)
    result = []
    for run_id, target, count, parameters, definition, started_at in sorted(runs, key=_in_order):
        done_by_run = done.get(run_id, {})
        plan = stored_plan(run_id, definition) if definition else script_execution(count, json.loads(parameters))
        entries = tuple(stored_entry(table, done_by_run, target) for table in tables.get(run_id, ()))
        require_tables_of_run(run_id, {table.name for table in plan.tables}, {entry.name for entry in entries})
        result.append(Run(run_id=run_id, plan=plan, started_at=f"{started_at:%Y-%m-%dT%H:%M:%SZ}", tables=entries, done=done_by_run))
    return tuple(result)


def _in_order(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Sorts by run and, for tables, by position."""
    return row[:2]


def begin(connection: Connection, plan: Plan, tables: tuple[TableEntry, ...]) -> int:
    """Writes a new run in the caller's transaction; returns its run_id. UsageError: its plan could not be read back."""
    definition = encode_plan(plan)
    decode_plan(definition)  # every later command has to read it
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
                (run_id, position, t.name, t.key, segments_text(t.rows.keys), details_text(t), t.counter_before, t.counter_after)
                for position, t in enumerate(tables)
            ],
        )
    return run_id


def leave_unchecked(connection: Connection, runs: Iterable[Run], changed: Mapping[str, Collection[str]]) -> None:
    """Takes columns, by table, out of what verify and clean compare of these runs, in the caller's transaction. The rows stay as they are."""
    for run in runs:
        tables = tuple(
            replace(table, unchecked=table.unchecked | (table.columns.keys() & set(changed.get(table.name, ()))))
            for table in run.plan.tables
        )
        if tables != run.plan.tables:
            definition = json.dumps(encode_plan(replace(run.plan, tables=tables)), sort_keys=True)
            statement = "UPDATE parloader_run SET definition = %s WHERE run_id = %s AND definition IS NOT NULL"
            sql.execute(connection, statement, definition, run.run_id)


def record(
    connection: Connection,
    run_id: int,
    table: str,
    batch: IndexRange,
    *,
    into: str = BATCHES,
    token: int | None = None,
    slot: int = 0,
    execution: int | None = None,
) -> bool:
    """Writes a batch's ledger row. False: the row exists, so the batch was committed before. The parameters are those of `recording`."""
    recording_row = recording(connection, run_id, table, batch, into=into, token=token, slot=slot, execution=execution)
    try:
        connection.execute_pipelined((), recording_row)
    except IntegrityError:
        if not is_recorded(recording_row):
            raise
        return False
    require_current(connection, recording_row, token)
    return True


def recording(
    connection: Connection,
    run_id: int,
    table: str,
    batch: IndexRange,
    *,
    into: str = BATCHES,
    token: int | None = None,
    slot: int = 0,
    execution: int | None = None,
) -> Leading:
    """The statement that writes a batch's ledger row, the first in the batch's transaction. It fails if the row exists (is_recorded).

    If the commit of an earlier attempt is still in progress in a lost session, the INSERT waits for it. Then it either fails as a duplicate
    (that commit succeeded) or succeeds (it did not).
    (On a cluster it may fail instead: the first to be certified wins.)
    `into`: the table of batches; bench has its own. `token`: the holder's; AnotherRun: the holder is not the current one. `slot`: the task's.
    `execution`: the task's; Overtaken: a later one has begun (control.claim).
    """
    fenced = token is not None and not connection.in_cluster
    if token is not None and not fenced:
        control.require_current(connection, token, slot, execution)
    columns = "run_id, table_name, first_index, row_count, committed_at"
    source = control.fence(token, slot, execution) if token is not None and fenced else "FROM DUAL"
    statement = f"INSERT INTO {into} ({columns}) SELECT %s, %s, %s, %s, UTC_TIMESTAMP() {source}"
    return Leading(sql.composed(connection, statement, run_id, table, batch.start, batch.rows))


def is_recorded(recording: Leading) -> bool:
    """Whether the statement failed because the batch was committed before."""
    return recording.error is not None and error_codes.is_duplicate_key(recording.error)


def require_current(connection: Connection, recording: Leading, token: int | None) -> None:
    """AnotherRun or Overtaken: the statement wrote nothing, because the holder or the execution is not the current one."""
    if recording.changed == 0:
        assert token is not None
        raise control.not_current_error(connection, token)


def committed(connection: Connection, run_id: int, table: str, within: tuple[IndexRange, ...]) -> tuple[IndexRange, ...]:
    """The committed parts of these ranges. Waits for open transactions that change them; on a cluster, for those of this node only."""
    statement = """SELECT first_index, row_count FROM parloader_batch
        WHERE run_id = %s AND table_name = %s AND first_index < %s AND first_index + row_count > %s LOCK IN SHARE MODE"""
    return merge(
        IndexRange(max(first, part.start), min(first + count, part.stop))
        for part in within
        for first, count in sql.rows(connection, statement, run_id, table, part.stop, part.start)
    )


def forget(connection: Connection, run_id: int, table: str, gone: IndexRange) -> tuple[IndexRange, ...]:
    """Removes these rows from the ledger's batches, in the caller's transaction: deletes batches, and shortens those at the edges.

    Returns the rows that were in the ledger. If the commit of an earlier attempt succeeded and only its answer was lost, these are none.
    Every statement reads with a lock, so the transaction's snapshot is not fixed yet.
    It locks these batches and at most the next one, so that workers that delete other rows do not wait. Batches are disjoint and only ever
    shrink, so the first one that can overlap `gone` is the last one that starts at or before it.
    """
    of_table = "run_id = %s AND table_name = %s"
    # no ORDER BY … LIMIT 1: the optimizer may scan, and so lock, the entire index for it
    statement = f"SELECT COALESCE(MAX(first_index), 0) FROM parloader_batch WHERE {of_table} AND first_index <= %s FOR UPDATE"
    lowest = int(sql.value(connection, statement, run_id, table, gone.start))
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
        sql.delete(connection, "parloader_batch", f"{of_table} AND first_index = %s", run_id, table, first)
        for rest in (IndexRange(first, max(gone.start, first)), IndexRange(min(gone.stop, first + count), first + count)):
            if rest.rows:
                record(connection, run_id, table, rest)
    return merge(IndexRange(max(first, gone.start), min(first + count, gone.stop)) for first, count in batches)


def recorded_rows(connection: Connection, run_id: int, table: str) -> int:
    """The number of rows in the ledger's batches of a table or its second pass. The server adds them up, so no result limit truncates it."""
    statement = "SELECT COALESCE(SUM(row_count), 0) FROM parloader_batch WHERE run_id = %s AND table_name = %s"
    return int(sql.value(connection, statement, run_id, table))


def remaining_runs(connection: Connection) -> int:
    """The number of runs in the ledger."""
    return int(sql.value(connection, "SELECT COUNT(*) FROM parloader_run"))


def end(connection: Connection, run_id: int) -> None:
    """Removes a run and its batches, in the transaction that deletes its last rows. Its AUTO_INCREMENT counters stay recorded."""
    for table in ("parloader_batch", "parloader_run"):
        sql.delete(connection, table, "run_id = %s", run_id)


def counters(connection: Connection) -> dict[str, tuple[int, int]]:
    """Table → its AUTO_INCREMENT before the first run reserved keys, and after the last one; includes finished runs.

    If someone used keys between two runs, the runs up to then do not count: their counter must not be set back.
    """
    statement = """SELECT table_name, counter_before, counter_after FROM parloader_table
        WHERE counter_before IS NOT NULL AND counter_after IS NOT NULL ORDER BY run_id, position"""
    result: dict[str, tuple[int, int]] = {}
    for table, before, after in sql.rows(connection, statement):
        first, last = result.get(table, (before, before))
        result[table] = (first if last == before else before, after)
    return result


def table_names(listed: ListedTable) -> frozenset[str]:
    """The tables and views of the database, except parloader's own."""
    return frozenset(listed.tables) - {
        control.MARKER_TABLE,
        cluster_lease.TABLE,
        deferred_indexes.TABLE,
        *TABLES,
        *listed.with_comment(SCRATCH_MARK),
    }
