"""Finds connections that have uncommitted changes: they could be committed after a look, unseen."""

import re
import time
from collections.abc import Collection

from parloader.database import sql
from parloader.database.dialects import ServerKind
from parloader.database.driver import Connection

# SHOW ENGINE INNODB STATUS: information_schema.innodb_trx may be 0.1 s old
TRANSACTION = re.compile(r"---TRANSACTION .*?(?=---TRANSACTION |\n--------\n)", re.DOTALL)

THREAD = re.compile(r"^(?:MySQL|MariaDB) thread id (\d+)", re.MULTILINE)

# A transaction without a connection: XA PREPARE, or not yet rolled back after a crash
LEFT = re.compile(r"ACTIVE \(PREPARED\)|recovered trx")

NOBODY = 0

PROCESSES = {ServerKind.MARIADB: "information_schema.processlist", ServerKind.MYSQL: "performance_schema.processlist"}

# A client that has just disconnected may still be rolled back
PATIENCE_SECONDS = 2.0

POLL_SECONDS = 0.01


def writers(connection: Connection) -> tuple[int, ...]:
    """The connections that still have uncommitted changes in this database after PATIENCE_SECONDS; 0 among them: no connection, see NOBODY."""
    end = time.monotonic() + PATIENCE_SECONDS
    while (found := _writers(connection)) and time.monotonic() < end:
        time.sleep(POLL_SECONDS)
    return found


def _writers(connection: Connection) -> tuple[int, ...]:
    writing = _transactions(connection)
    if not writing:
        return ()
    statement = f"SELECT id, db = DATABASE() OR db IS NULL FROM {PROCESSES[connection.dialect.kind]} WHERE id IN %s"
    found = dict(sql.rows(connection, statement, sorted(writing)))
    elsewhere = {number for number, is_here in found.items() if not is_here}
    if elsewhere:
        elsewhere -= _writing_here(connection, elsewhere)
    return tuple(sorted((found.keys() | (writing.keys() & {NOBODY})) - elsewhere))


def _transactions(connection: Connection) -> dict[int, str]:
    """What InnoDB tells of each transaction that has changes, by connection."""
    _, _, text = sql.row(connection, "SHOW ENGINE INNODB STATUS")
    writing = [transaction for transaction in TRANSACTION.findall(text) if "undo log entries" in transaction]
    threads = {transaction: THREAD.search(transaction) for transaction in writing}
    # InnoDB's own transactions are of thread 0
    numbered = {int(thread[1]): transaction for transaction, thread in threads.items() if thread and thread[1] != "0"}
    left = [transaction for transaction, thread in threads.items() if not thread and LEFT.search(transaction)]
    return {**numbered, NOBODY: left[0]} if left else numbered


def _writing_here(connection: Connection, threads: Collection[int]) -> set[int]:
    """Which of the connections, which are in other databases, have changes in this one, by the tables that they have locked."""
    database = sql.quote(sql.value(connection, "SELECT DATABASE()"))
    (before,) = sql.row(connection, "SELECT @@GLOBAL.innodb_status_output_locks")
    sql.execute(connection, "SET GLOBAL innodb_status_output_locks = ON")
    try:
        writing = _transactions(connection)
    finally:
        sql.execute(connection, f"SET GLOBAL innodb_status_output_locks = {int(before):d}")
    # The server shows the first locks only, and leaves out transactions of which it has too much to tell
    return {n for n in threads if n not in writing or f"table {database}." in writing[n] or "SUPPRESSING" in writing[n]}
