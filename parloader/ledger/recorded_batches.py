"""The ledger's batches: which rows of a table are committed, each recorded in the transaction of its rows."""

from parloader.database import error_codes, sql
from parloader.database.driver import Connection, IntegrityError, Leading
from parloader.ledger import control
from parloader.ledger.run import MAX_NAME_CHARACTERS, batch_name
from parloader.plans.row_ranges import IndexRange, merge

BATCHES = "parloader_batch"


def batches_ddl(name: str, comment: str) -> str:
    """The CREATE TABLE of a table of batches. Table names are compared as bytes, because some differ in an accent alone."""
    return f"""CREATE TABLE IF NOT EXISTS {name} (
        run_id INT UNSIGNED NOT NULL,
        table_name VARCHAR({MAX_NAME_CHARACTERS}) COLLATE utf8mb4_bin NOT NULL,
        first_index BIGINT UNSIGNED NOT NULL,
        row_count BIGINT UNSIGNED NOT NULL,
        committed_at DATETIME NOT NULL,
        PRIMARY KEY (run_id, table_name, first_index)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='{comment}'"""


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
    return Leading(sql.composed(connection, statement, run_id, batch_name(table), batch.start, batch.rows))


def is_recorded(recording: Leading) -> bool:
    """Whether the statement failed because the batch was committed before."""
    return recording.error is not None and error_codes.is_duplicate_key(recording.error)


def require_current(connection: Connection, recording: Leading, token: int | None) -> None:
    """AnotherRun or Overtaken: the statement wrote nothing, because the holder or the execution is not the current one."""
    if recording.changed == 0:
        assert token is not None
        raise control.not_current_error(connection, token)


def committed(connection: Connection, run_id: int, table: str, within: tuple[IndexRange, ...]) -> tuple[IndexRange, ...]:
    """The committed parts of these ranges, if each batch lies within one of them or outside, as in a load. Waits for open transactions that
    record batches there; on a cluster, for those of this node only.
    """
    statement = f"""SELECT first_index, row_count FROM {BATCHES}
        WHERE run_id = %s AND table_name = %s AND first_index >= %s AND first_index < %s LOCK IN SHARE MODE"""
    return merge(
        IndexRange(first, first + count)
        for part in within
        for first, count in sql.rows(connection, statement, run_id, batch_name(table), part.start, part.stop)
    )


def committed_parts(connection: Connection, run_id: int, table: str, within: tuple[IndexRange, ...]) -> tuple[IndexRange, ...]:
    """The same for any ranges. Waits also for an open transaction that changes the batch before each of them."""
    return merge(
        IndexRange(max(batch.start, part.start), min(batch.stop, part.stop))
        for part in within
        for batch in _locked(connection, run_id, table, part, "LOCK IN SHARE MODE")
    )


def forget(connection: Connection, run_id: int, table: str, gone: IndexRange) -> tuple[IndexRange, ...]:
    """Removes these rows from the ledger's batches, in the caller's transaction: deletes batches, and shortens those at the edges.

    Returns the rows that were in the ledger. If the commit of an earlier attempt succeeded and only its answer was lost, these are none.
    Every statement reads with a lock, so the transaction's snapshot is not fixed yet.
    """
    batches = _locked(connection, run_id, table, gone, "FOR UPDATE")
    for batch in batches:
        key = "run_id = %s AND table_name = %s AND first_index = %s"
        sql.delete(connection, BATCHES, key, run_id, batch_name(table), batch.start)
        for rest in (IndexRange(batch.start, max(gone.start, batch.start)), IndexRange(min(gone.stop, batch.stop), batch.stop)):
            if rest.rows:
                record(connection, run_id, table, rest)
    return merge(IndexRange(max(batch.start, gone.start), min(batch.stop, gone.stop)) for batch in batches)


def _locked(connection: Connection, run_id: int, table: str, overlapping: IndexRange, lock: str) -> tuple[IndexRange, ...]:
    """The batches that overlap this range. Locks these and at most one on each side, so that workers with other ranges do not wait.

    Batches are disjoint and only ever shrink, so the first one that can overlap the range is the last one that starts at or before it.
    """
    of_table = "run_id = %s AND table_name = %s"
    # no ORDER BY … LIMIT 1: the optimizer may scan, and so lock, the entire index for it
    statement = f"SELECT COALESCE(MAX(first_index), 0) FROM {BATCHES} WHERE {of_table} AND first_index <= %s {lock}"
    lowest = int(sql.value(connection, statement, run_id, batch_name(table), overlapping.start))
    batches = sql.rows(
        connection,
        f"""SELECT first_index, row_count FROM {BATCHES}
            WHERE {of_table} AND first_index >= %s AND first_index < %s AND first_index + row_count > %s {lock}""",
        run_id,
        batch_name(table),
        lowest,
        overlapping.stop,
        overlapping.start,
    )
    return tuple(IndexRange(first, first + count) for first, count in batches)


def recorded_rows(connection: Connection, run_id: int, table: str) -> int:
    """The number of rows in the ledger's batches of a table or its second pass. The server adds them up, so no result limit truncates it."""
    statement = "SELECT COALESCE(SUM(row_count), 0) FROM parloader_batch WHERE run_id = %s AND table_name = %s"
    return int(sql.value(connection, statement, run_id, batch_name(table)))
