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
from datetime import datetime
from typing import Any

from parloader import __version__
from parloader.builtin.plan import script_execution
from parloader.database import sql
from parloader.database.driver import Connection
from parloader.database.introspection import ListedTable
from parloader.database.visibility import all_exist
from parloader.errors import LedgerDamaged, UsageError
from parloader.ledger import cluster_lease, control, deferred_indexes
from parloader.ledger.complete_reads import all_batches, all_rows, not_listed, require_runs_of_batches, require_tables_of_run
from parloader.ledger.encoding import details_text, segments_text, stored_entry, stored_plan
from parloader.ledger.recorded_batches import BATCHES, batches_ddl
from parloader.ledger.run import MAX_NAME_CHARACTERS, Run, TableEntry, batch_name
from parloader.plans.documents.plan_document import decode_plan, encode_plan
from parloader.plans.model import Plan
from parloader.schema.table_names import MAX_CHARACTERS

SCRATCH_MARK = "parloader bench: scratch table"
"""The comment of bench's tables. A name alone does not prove that parloader created a table."""

TABLES = (BATCHES, "parloader_table", "parloader_run", control.CONTROL)


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
    "parloader_table": f"""CREATE TABLE IF NOT EXISTS parloader_table (
        run_id INT UNSIGNED NOT NULL,
        position SMALLINT UNSIGNED NOT NULL,
        table_name VARCHAR({MAX_CHARACTERS}) NOT NULL,
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


def make_room(connection: Connection, names: Iterable[str]) -> None:
    """Widens the column of an earlier version's ledger that is too narrow for one of these names of tables."""
    characters = max(map(len, names), default=0)
    statement = """SELECT 1 FROM information_schema.columns
        WHERE table_schema = DATABASE() AND table_name = 'parloader_table' AND column_name = 'table_name' AND character_maximum_length < %s"""
    if characters > MAX_NAME_CHARACTERS and sql.rows(connection, statement, characters):
        sql.execute(connection, f"ALTER TABLE parloader_table MODIFY COLUMN table_name VARCHAR({MAX_CHARACTERS}) NOT NULL")


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


def require_same_run(connection: Connection, run_id: int, started_at: str) -> None:
    """UsageError: this is not the database that has the run which began at this time (as in Run), but perhaps another of the same name."""
    began = sql.rows(connection, "SELECT started_at FROM parloader_run WHERE run_id = %s", run_id) if exists(connection) else ()
    if [_as_text(at) for (at,) in began] != [started_at]:
        raise UsageError(
            f"the database to which this worker connects has no run {run_id} of {started_at}, so it is another one than the command's",
            "Name the same database for the command and for its workers",
        )


def _as_text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


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
        plan = stored_plan(run_id, definition) if definition else script_execution(count, json.loads(parameters))
        names = {batch_name(table.name): table.name for table in plan.tables}
        done_by_run = {names.get(name, name): parts for name, parts in done.get(run_id, {}).items()}
        entries = tuple(stored_entry(table, done_by_run, target) for table in tables.get(run_id, ()))
        require_tables_of_run(run_id, {table.name for table in plan.tables}, {entry.name for entry in entries})
        result.append(Run(run_id=run_id, plan=plan, started_at=_as_text(started_at), tables=entries, done=done_by_run))
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
