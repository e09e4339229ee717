"""parloader's own tables in the target database: which runs there are, which key each row has, which batches are committed.

parloader_run     one row a run: the plan, as it was worked out when the run began, so that its rows can be made again whatever becomes of the schema
parloader_table   one row a run and table: which of its rows are made and which were there, their keys, and the AUTO_INCREMENT counter before;
                  those of a run that has ended stay until the counters are put back
parloader_batch   one row a committed batch, written in the same transaction as the batch's rows: these rows are ours, no others are;
                  those of a second pass, in which columns of these rows are set, under a name of their own (plans/passes.py)
parloader_control who is at work (database/control.py)
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pymysql

from parloader import __version__
from parloader.database import control, failures, sql
from parloader.database.sql import Connection
from parloader.errors import LedgerDamaged, UsageError
from parloader.plans.document import as_document, from_document
from parloader.plans.model import Keys, Plan, Rows, Segment
from parloader.plans.partition import Partition, gaps, merge
from parloader.plans.passes import Pass, pass_name
from parloader.plans.scalars import SCALAR
from parloader.plans.script_execution import script_execution

SCRATCH_MARK = "parloader bench: scratch table"
"""The comment of bench's tables: no name alone makes a table ours."""
BATCHES = "parloader_batch"
NO_MATTER = frozenset({"file"})
"""Parameters of a plan that do not say which plan it is, but where it came from."""
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
ADDED = {
    ("parloader_run", "definition"): "ALTER TABLE parloader_run ADD COLUMN definition LONGTEXT NULL",
    (
        "parloader_table",
        "details",
    ): "ALTER TABLE parloader_table ADD COLUMN details LONGTEXT NULL, MODIFY COLUMN key_column VARCHAR(64) NULL",
}


@dataclass(frozen=True, kw_only=True)
class TableEntry:
    """A table of a run. The counters: its AUTO_INCREMENT before and after the run took keys; None where it took none, or has none."""

    name: str
    key: str | None
    rows: Rows
    counter_before: int | None = None
    counter_after: int | None = None


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run as the ledger has it: `plan` as it was worked out, `tables` in dependency order, `done` the committed index ranges by the name of
    the pass (plans/passes.py)."""

    run_id: int
    plan: Plan
    started_at: str
    tables: tuple[TableEntry, ...]
    done: Mapping[str, tuple[Partition, ...]]

    @property
    def target(self) -> str:
        return self.plan.target.name

    @property
    def parameters(self) -> Mapping[str, str]:
        return self.plan.parameters

    @property
    def partitioned(self) -> tuple[TableEntry, ...]:
        """The tables that workers load, in dependency order."""
        return tuple(self.table(table.name) for table in self.plan.partitioned)

    @property
    def work(self) -> tuple[tuple[str, Pass], ...]:
        """What workers do: (table, pass), in this order."""
        inserted = ((table.name, Pass.FIRST) for table in self.plan.partitioned)
        return (*inserted, *((table.name, Pass.SECOND) for table in self.plan.in_two_passes))

    @property
    def total_rows(self) -> int:
        """What workers have to write in all: a row twice where columns of it are set later."""
        return sum(self.table(table).rows.made_rows for table, _ in self.work)

    @property
    def done_rows(self) -> int:
        """What of it is done."""
        return sum(p.rows for table, of in self.work for p in self.done_in(table, of))

    def done_in(self, table: str, of: Pass) -> tuple[Partition, ...]:
        """The rows of the table that the pass has committed."""
        return self.done.get(pass_name(table, of), ())

    def gaps(self, table: str, of: Pass = Pass.FIRST) -> tuple[Partition, ...]:
        """What the pass has still to do of the table."""
        return tuple(gap for part in self.table(table).rows.made for gap in gaps(part, self.done_in(table, of)))

    @property
    def complete(self) -> bool:
        return not any(self.gaps(table, of) for table, of in self.work)

    @property
    def rows(self) -> dict[str, Rows]:
        return {entry.name: entry.rows for entry in self.tables}

    @property
    def used(self) -> frozenset[str]:
        """The tables of which it makes no row."""
        return frozenset(entry.name for entry in self.tables if not entry.rows.made)

    def table(self, name: str) -> TableEntry:
        return next(entry for entry in self.tables if entry.name == name)

    def key_ranges(self, table: str, of: Pass = Pass.FIRST) -> tuple[tuple[int, int], ...]:
        """The keys of the rows of `table` that the pass has written, as (first, last) pairs; none where the run assigns no keys."""
        keys = self.table(table).rows.keys
        return tuple(r for done in self.done_in(table, of) for r in keys.ranges(done)) if keys else ()

    def is_of(self, plan: Plan) -> bool:
        """Whether it is a run of the plan, which may not be worked out yet."""

        def asked(of: Plan) -> tuple[object, ...]:
            parameters = {name: value for name, value in of.parameters.items() if name not in NO_MATTER}
            return of.name, of.target.name, of.target.rows, of.seed, parameters

        return asked(self.plan) == asked(plan)


def exists(connection: Connection) -> bool:
    """Whether there is a ledger. LedgerDamaged where a part of it is missing, and with it the knowledge of which rows are ours."""
    there = _there(connection)
    missing = [table for table in TABLES if table not in there and table != control.CONTROL]  # control knows nothing of rows
    if not missing:
        return True
    if any(sql.rows(connection, f"SELECT 1 FROM {table} LIMIT 1") for table in there & {BATCHES, "parloader_run"}):
        raise LedgerDamaged(
            f"the ledger is damaged: there is no {' and no '.join(missing)}, so nobody can tell any more which rows parloader made",
            f"Restore it from a backup; or delete those rows by hand and then drop what is left: DROP TABLE {', '.join(sorted(there))}",
        )
    return False


def _there(connection: Connection) -> set[str]:
    statement = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name IN %s"
    return {name for (name,) in sql.rows(connection, statement, TABLES)}


def create(connection: Connection) -> None:
    """Makes what is not there: the ledger's tables, and what of their columns a ledger of an earlier version does not have."""
    there = _there(connection)
    for table, statement in DDL.items():
        if table not in there:
            sql.execute(connection, statement)
    columns = _columns(connection)
    for column, statement in ADDED.items():
        if column not in columns:
            sql.execute(connection, statement)


def _columns(connection: Connection) -> set[tuple[str, str]]:
    statement = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name IN %s"
    return {(table, column) for table, column in sql.rows(connection, statement, TABLES)}


def drop(connection: Connection) -> None:
    sql.execute(connection, f"DROP TABLE IF EXISTS {', '.join(TABLES)}")


def runs(connection: Connection) -> tuple[Run, ...]:
    """All runs, oldest first; none where there is no ledger."""
    if not exists(connection):
        return ()
    done: dict[tuple[int, str], list[Partition]] = {}
    for run_id, table, first, count in sql.rows(connection, "SELECT run_id, table_name, first_index, row_count FROM parloader_batch"):
        done.setdefault((run_id, table), []).append(Partition(first, first + count))
    there = _columns(connection)
    later = {column: column if (table, column) in there else "NULL" for table, column in ADDED}
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
        return from_document(json.loads(definition))
    except (UsageError, ValueError) as error:
        raise LedgerDamaged(
            f"the ledger has a plan of run {run_id} that this version of parloader does not know: {error}",
            "Use the version that made it (column parloader_version of parloader_run), or a later one",
        ) from error


def _entry(row: tuple[Any, ...], done: Mapping[str, tuple[Partition, ...]], target: str) -> TableEntry:
    name, key, segments, details, before, after = row
    rows = _rows(key, segments, details, None if name == target else done.get(name, ()))
    return TableEntry(name=name, key=key, rows=rows, counter_before=before, counter_after=after)


def _rows(key: str | None, segments: str, details: str | None, made: tuple[Partition, ...] | None) -> Rows:
    """`made`: what counts as made where `details` does not say it, in a ledger of version 0.1.0; None: all rows."""
    keys = None if key is None else Keys(tuple(Segment(*s) for s in json.loads(segments)))
    if details is None:
        assert keys is not None
        return Rows(rows=keys.rows, made=(Partition(0, keys.rows),) if made is None else made, keys=keys)
    more = json.loads(details)
    return Rows(
        rows=more["rows"],
        made=tuple(Partition(*part) for part in more["made"]),
        keys=keys,
        used={column: tuple(map(SCALAR.read, values)) for column, values in more["used"].items()},
        offsets=more["offsets"],
    )


def _details(rows: Rows) -> str:
    return json.dumps(
        {
            "rows": rows.rows,
            "made": [[part.start, part.stop] for part in rows.made],
            "used": {column: list(map(SCALAR.write, values)) for column, values in rows.used.items()},
            "offsets": dict(rows.offsets),
        }
    )


def begin(connection: Connection, plan: Plan, tables: tuple[TableEntry, ...]) -> int:
    """Writes a new run, in the caller's transaction; returns its run_id. UsageError: its plan could not be read back."""
    definition = as_document(plan)
    from_document(definition)  # once it is there, every later command reads it
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


def _segments_text(keys: Keys | None) -> str:
    return json.dumps([[s.start, s.rows, s.key_start] for s in keys.segments] if keys else [])


def record(connection: Connection, run_id: int, table: str, batch: Partition, *, into: str = BATCHES, token: int | None = None) -> bool:
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
    except pymysql.IntegrityError as error:
        if failures.is_duplicate_key(error):
            return False
        raise
    if not written:
        raise control.overtaken()
    return True


def committed(connection: Connection, run_id: int, table: str, within: tuple[Partition, ...]) -> tuple[Partition, ...]:
    """The parts of these ranges that are committed; waits for the transactions that are about to change them."""
    statement = """SELECT first_index, row_count FROM parloader_batch
        WHERE run_id = %s AND table_name = %s AND first_index < %s AND first_index + row_count > %s LOCK IN SHARE MODE"""
    return merge(
        Partition(max(first, part.start), min(first + count, part.stop))
        for part in within
        for first, count in sql.rows(connection, statement, run_id, table, part.stop, part.start)
    )


def forget(connection: Connection, run_id: int, table: str, gone: Partition) -> None:
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
        for rest in (Partition(first, max(gone.start, first)), Partition(min(gone.stop, first + count), first + count)):
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
