"""Finds connections that have uncommitted changes: they could be committed after a look, unseen."""

import re
import time

from parloader.database import sql
from parloader.database.dialects import ServerKind
from parloader.database.driver import Connection

# SHOW ENGINE INNODB STATUS: information_schema.innodb_trx may be 0.1 s old
TRANSACTION = re.compile(r"---TRANSACTION .*?(?=---TRANSACTION |\n--------\n)", re.DOTALL)

THREAD = re.compile(r"^(?:MySQL|MariaDB) thread id (\d+)", re.MULTILINE)

PROCESSES = {ServerKind.MARIADB: "information_schema.processlist", ServerKind.MYSQL: "performance_schema.processlist"}

# A client that has just disconnected may still be rolled back
PATIENCE_SECONDS = 2.0

POLL_SECONDS = 0.01


def writers(connection: Connection) -> tuple[int, ...]:
    """The connections, in this database or in none, that still have uncommitted changes after PATIENCE_SECONDS."""
    end = time.monotonic() + PATIENCE_SECONDS
    while (found := _writers(connection)) and time.monotonic() < end:
        time.sleep(POLL_SECONDS)
    return found


def _writers(connection: Connection) -> tuple[int, ...]:
    _, _, text = sql.row(connection, "SHOW ENGINE INNODB STATUS")
    writing = [transaction for transaction in TRANSACTION.findall(text) if "undo log entries" in transaction]
    threads = {int(thread[1]) for transaction in writing if (thread := THREAD.search(transaction))}
    if not threads:
        return ()
    statement = f"SELECT id FROM {PROCESSES[connection.dialect.kind]} WHERE id IN %s AND (db = DATABASE() OR db IS NULL)"
    return tuple(number for (number,) in sql.rows(connection, statement, sorted(threads)))
