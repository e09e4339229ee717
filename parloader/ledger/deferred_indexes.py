"""The indexes that a seed dropped before it loaded their table, with all that is needed to add them again.

parloader_index has a row for each of them from before it is dropped until it is back, or nothing is left to add it to. It outlives the run:
the rows that are left say what clean still has to do. The table exists only in a database in which --defer-indexes was used.

Only one session at a time changes the indexes or decides what became of them: the one that holds the lock of `exclusive`. A statement of a
killed command may still run on the server then; its session has the lock until the statement has ended.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from parloader.database import error_codes, sql
from parloader.database.driver import Connection, DriverError
from parloader.errors import ParloaderError
from parloader.ledger import control
from parloader.ledger.complete_reads import all_rows
from parloader.schema.index_definitions import MissingIndex

TABLE = "parloader_index"

DDL = f"""CREATE TABLE IF NOT EXISTS {TABLE} (
        table_name VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
        index_name VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
        run_id INT UNSIGNED NOT NULL,
        position SMALLINT UNSIGNED NOT NULL,
        before_index VARCHAR(64) NULL,
        definition TEXT NOT NULL,
        PRIMARY KEY (table_name, index_name)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='parloader ledger: indexes to add again after a load'"""

COLUMNS = ("table_name", "index_name", "run_id", "position", "before_index", "definition")


@dataclass(frozen=True, kw_only=True)
class DeferredIndex:
    """An index that a run dropped, or was about to drop."""

    run_id: int
    table: str
    index: MissingIndex


MARK = "indexes"
"""The row of control.py's table that says that this table exists: not every account that may use the ledger can see it."""


def create(connection: Connection) -> None:
    """Creates the table, unless it exists. The other tables of the ledger must exist."""
    sql.execute(
        connection, f"INSERT INTO {control.CONTROL} VALUES (%s, 0, 0, '', UTC_TIMESTAMP()) ON DUPLICATE KEY UPDATE set_by = ''", MARK
    )
    sql.execute(connection, DDL)


def exists(connection: Connection) -> bool:
    """Whether the ledger has this table. DriverError: the account may not read it, and it exists."""
    try:
        sql.rows(connection, f"SELECT 1 FROM {TABLE} LIMIT 0")
    except DriverError as error:
        # an account with privileges on single tables is refused whether this one exists or not
        if error_codes.is_table_missing(error) or (error_codes.is_privilege_missing(error) and not _is_marked(connection)):
            return False
        raise
    return True


def _is_marked(connection: Connection) -> bool:
    """Whether the table of control.py says that there is this table."""
    try:
        return sql.exists(connection, f"FROM {control.CONTROL} WHERE name = %s", MARK)
    except DriverError as error:
        if error_codes.is_table_missing(error) or error_codes.is_privilege_missing(error):
            return False
        raise


def drop_empty(connection: Connection) -> None:
    """Drops the table. ParloaderError: it still lists indexes."""
    if listed := read(connection):
        names = ", ".join(f"{deferred.table}.{deferred.index.name}" for deferred in listed)
        raise ParloaderError(f"the ledger still lists indexes that have to be added: {names}; it is kept", "Repeat parloader clean")
    sql.execute(connection, f"DROP TABLE IF EXISTS {TABLE}")


def read(connection: Connection) -> tuple[DeferredIndex, ...]:
    """Those that the ledger lists, by table and place. LedgerDamaged: the server returned only some of them."""
    rows = all_rows(connection, TABLE, COLUMNS) if exists(connection) else ()
    found = [
        DeferredIndex(run_id=run_id, table=table, index=MissingIndex(name=name, text=text, position=position, before=before))
        for table, name, run_id, position, before, text in rows
    ]
    return tuple(sorted(found, key=lambda deferred: (deferred.table, deferred.index.position, deferred.index.name)))


def missing(connection: Connection) -> tuple[DeferredIndex, ...]:
    """Those of `read` that do not exist at the moment, of tables that do."""
    listed = read(connection)
    if not listed:
        return ()
    tables = {deferred.table for deferred in listed}
    statement = """SELECT t.table_name, s.index_name FROM information_schema.tables t LEFT JOIN information_schema.statistics s
        ON s.table_schema = t.table_schema AND s.table_name = t.table_name
        WHERE t.table_schema = DATABASE() AND CAST(t.table_name AS BINARY) IN %s"""
    existing = {(table, name and name.lower()) for table, name in sql.rows(connection, statement, tuple(tables))}
    still_there = {table for table, _ in existing}
    return tuple(d for d in listed if d.table in still_there and (d.table, d.index.name.lower()) not in existing)


def record(connection: Connection, deferred: Iterable[DeferredIndex]) -> None:
    """Writes them in the caller's transaction. If the ledger lists one already, the index exists again, and this is its definition now."""
    for each in deferred:
        index = each.index
        sql.execute(
            connection,
            f"INSERT INTO {TABLE} ({', '.join(COLUMNS)}) VALUES (%s, %s, %s, %s, %s, %s) ON DUPLICATE KEY UPDATE run_id = VALUES(run_id), "
            "position = VALUES(position), before_index = VALUES(before_index), definition = VALUES(definition)",
            each.table,
            index.name,
            each.run_id,
            index.position,
            index.before,
            index.text,
        )


def forget(connection: Connection, deferred: Iterable[DeferredIndex]) -> None:
    """Removes them from the ledger. May be repeated."""
    for each in deferred:
        sql.delete(connection, TABLE, "table_name = %s AND index_name = %s", each.table, each.index.name)


@contextmanager
def exclusive(connection: Connection, token: int, wait: Callable[[str], None]) -> Iterator[None]:
    """Keeps every other session from changing the indexes while the block runs. AnotherRun: another command has taken over the database.

    `wait` is called about once a second with the reason, while another session has the lock. It may raise.
    """
    name = f"parloader-index:{control.lock_name(connection).removeprefix('parloader:')}"
    while not sql.value(connection, "SELECT GET_LOCK(%s, 1)", name):
        wait(
            f"the server still runs the ALTER TABLE of an earlier command (connection {sql.value(connection, 'SELECT IS_USED_LOCK(%s)', name)})"
        )
    try:
        control.require_current(connection, token)
        yield
    finally:
        with error_codes.suppress_driver_errors():
            sql.execute(connection, "DO RELEASE_LOCK(%s)", name)
