"""The lease on a database of a Galera cluster: a row that says who is at work, and since when nothing was heard of it.

A lock of the server (control.py) is known to one node only, so in a cluster a command also needs this row. The cluster certifies changes of a
row: of two nodes that change it at once, one succeeds and the other gets a deadlock. So one command gets the lease.

The holder renews the row every second. Another command takes a lease over if the holder
- has released it, or
- held it through this node, where its lock is gone, or
- has not renewed it while the other command watched for EXPIRY_SECONDS. The clocks of the nodes are not compared.
A holder that was only slow then finds that the lease is not its own any more and ends; the fence of control.py keeps its workers from writing.

The table exists before the ledger does, and is dropped after it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from parloader.database import cluster, error_codes, sql
from parloader.database.driver import Connection, DriverError

TABLE = "parloader_lease"

DDL = f"""CREATE TABLE IF NOT EXISTS {TABLE} (
        id TINYINT UNSIGNED NOT NULL PRIMARY KEY,
        token BIGINT UNSIGNED NOT NULL,
        node VARCHAR(255) NOT NULL,
        set_by VARCHAR(255) NOT NULL,
        set_at DATETIME NOT NULL,
        renewed_at DATETIME(3) NOT NULL
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='parloader ledger: who is at work in this cluster'"""

FREE = 0
"""The token of a lease that nobody holds."""

EXPIRY_SECONDS = 20.0
"""A holder renews its lease every second. After a lost connection it needs a few seconds to do so through another node."""

POLL_SECONDS = 0.2

# A holder that is alive renews its lease sooner
NOTE_SECONDS = 3.0


@dataclass(frozen=True)
class Lease:
    """The row."""

    token: int
    node: str
    set_by: str
    set_at: datetime
    renewed_at: datetime

    @property
    def free(self) -> bool:
        return self.token == FREE


def read(connection: Connection) -> Lease | None:
    """The lease; None if there was none yet."""
    try:
        found = sql.rows(connection, f"SELECT token, node, set_by, set_at, renewed_at FROM {TABLE}")
    except DriverError as error:
        if error_codes.is_table_missing(error):
            return None
        raise
    return Lease(*found[0]) if found else None


def take(connection: Connection, token: int, set_by: str, note: Callable[[str], None]) -> bool:
    """Takes the lease, or keeps it; False: another command holds it. This connection has the lock of its node.

    Waits if it cannot tell whether the holder is alive, and says so by `note`.
    """
    here = str(sql.value(connection, f"SELECT {cluster.NODE_NAME}"))
    while True:
        current = read(connection)
        if current is None:
            sql.execute(connection, DDL)
        elif not current.free and current.token != token and current.node != here and not _is_abandoned(connection, current, note):
            return False
        if _replace(connection, current, token, set_by):
            return True


def renew(connection: Connection, token: int) -> bool:
    """Shows other commands that the holder is alive, and through which node; False: it does not hold the lease (any more)."""
    statement = f"UPDATE {TABLE} SET renewed_at = UTC_TIMESTAMP(3), node = {cluster.NODE_NAME} WHERE id = 1 AND token = %s"
    if _changes(connection, statement, token):
        return True
    current = read(connection)  # nothing changes within a millisecond, or while another command tries to take the lease
    return current is not None and current.token == token


def release(connection: Connection, token: int, *, drop: bool) -> None:
    """Ends the lease, unless it is another holder's. `drop`: drops the table; without the privilege to do so, an empty lease stays."""
    current = read(connection)
    if current is None or current.token != token:
        return
    if drop:
        try:
            sql.execute(connection, f"DROP TABLE {TABLE}")
            return
        except DriverError as error:
            if not error_codes.is_privilege_missing(error):
                raise
    _changes(connection, f"UPDATE {TABLE} SET token = {FREE} WHERE id = 1 AND token = %s", token)


def _is_abandoned(connection: Connection, lease: Lease, note: Callable[[str], None]) -> bool:
    """Whether the holder does not renew the lease while this watches, or releases it."""
    begun = time.monotonic()
    noted = False
    while (current := read(connection)) == lease:
        watched_seconds = time.monotonic() - begun
        if watched_seconds > EXPIRY_SECONDS:
            return True
        if watched_seconds > NOTE_SECONDS and not noted:
            note(f"waiting up to {EXPIRY_SECONDS:.0f} s for a sign of life of another command: {lease.set_by}")
            noted = True
        time.sleep(POLL_SECONDS)
    return current is None or current.free


def _replace(connection: Connection, current: Lease | None, token: int, set_by: str) -> bool:
    """Takes the lease if it is still `current`; False: another command was first."""
    values = f"%s, {cluster.NODE_NAME}, %s, UTC_TIMESTAMP(), UTC_TIMESTAMP(3)"
    if current is None:
        return _changes(connection, f"INSERT INTO {TABLE} VALUES (1, {values})", token, set_by)
    return _changes(
        connection,
        f"""UPDATE {TABLE} SET token = %s, node = {cluster.NODE_NAME}, set_by = %s, set_at = UTC_TIMESTAMP(), renewed_at = UTC_TIMESTAMP(3)
            WHERE id = 1 AND token = %s AND renewed_at = %s""",
        token,
        set_by,
        current.token,
        current.renewed_at,
    )


def _changes(connection: Connection, statement: str, *values: object) -> bool:
    """Whether the statement changes the row; False also if another node was first, or has dropped the table."""
    try:
        return bool(sql.execute(connection, statement, *values))
    except DriverError as error:
        if error_codes.is_conflict(error) or error_codes.is_duplicate_key(error) or error_codes.is_table_missing(error):
            return False
        raise
