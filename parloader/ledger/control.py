"""Controls who may write in a database: the lock and its fencing token, the pause flag, and the marker that forbids all writes.

An advisory lock of the server admits one seed, clean or bench at a time; it ends with its connection. A worker has its own connection and
can outlive the lock: its parent was killed, or lost the lock's connection. So the holder of the lock writes its token to the ledger, and
every transaction of its workers reads the token with a shared lock. The next holder's write waits for the transactions that have read the
previous token; later transactions find the new token and stop (fencing: M. Kleppmann, "How to do distributed locking").

A Galera cluster has neither the lock nor the shared lock: they hold on one node. There the lock is backed by a row (cluster_lease.py), and
a transaction changes a row of its own worker, its slot, which the next holder's write also changes: the cluster certifies only the first of
two changes of a row.
"""

import getpass
import hashlib
import os
import re
import secrets
import socket
from dataclasses import dataclass, field
from datetime import datetime

from parloader.database import error_codes, sql
from parloader.database.driver import Connection, DriverError
from parloader.errors import AnotherRun
from parloader.ledger import cluster_lease

CONTROL = "parloader_control"

DDL = f"""CREATE TABLE IF NOT EXISTS {CONTROL} (
        name VARCHAR(16) NOT NULL PRIMARY KEY,
        token BIGINT UNSIGNED NOT NULL,
        connection_id BIGINT UNSIGNED NOT NULL,
        set_by VARCHAR(255) NOT NULL,
        set_at DATETIME NOT NULL
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='parloader ledger: who is at work, and whether to pause'"""


SLOTS = 64
"""How many workers can change their slots without waiting for each other."""


def current_user() -> str:
    """The user and machine of this process, to be shown to other users."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # the user ID has no name
        name = str(os.getuid())
    return f"{name}@{socket.gethostname()}"[:200]


@dataclass(frozen=True, kw_only=True)
class ActivityMark:
    """Who runs a command or paused it, and since when."""

    by: str
    at: datetime | None = None  # None: it has not written to the ledger yet

    def __str__(self) -> str:
        return f"{self.by}, since {self.at:%Y-%m-%d %H:%M:%S} UTC" if self.at else f"{self.by}, start not recorded yet"

    def as_json(self) -> dict[str, object]:
        return {"by": self.by, "since": self.at and f"{self.at:%Y-%m-%dT%H:%M:%SZ}"}


@dataclass(frozen=True, kw_only=True)
class Holder:
    """A command that holds the lock."""

    doing: str  # seed, clean or bench
    token: int = field(default_factory=lambda: secrets.randbits(63))  # the fencing token, unique to this holder

    @property
    def set_by(self) -> str:
        return f"{self.doing} by {current_user()}, process {os.getpid()}"

    def write(self, connection: Connection, lock_connection_id: int) -> None:
        """Records this holder as the current one. Waits until no transaction of the previous holder is open.

        On a cluster these end in a failed certification, or this does (DriverError).
        """
        rows = [("holder", self.token, lock_connection_id, self.set_by)]
        if connection.in_cluster:
            rows += [(_slot_name(number), self.token, secrets.randbits(32), "") for number in range(SLOTS)]
        sql.execute(
            connection,
            f"INSERT INTO {CONTROL} VALUES {', '.join(['(%s, %s, %s, %s, UTC_TIMESTAMP())'] * len(rows))} ON DUPLICATE KEY UPDATE "
            "token = VALUES(token), connection_id = VALUES(connection_id), set_by = VALUES(set_by), set_at = VALUES(set_at)",
            *(value for row in rows for value in row),
        )

    def move(self, connection: Connection) -> None:
        """Records that this connection has the lock now. Gives up silently if running transactions block the update for long."""
        with error_codes.suppress_driver_errors():
            statement = f"UPDATE {CONTROL} SET connection_id = CONNECTION_ID() WHERE name = 'holder' AND token = %s"
            sql.execute(connection, statement, self.token)

    def is_current(self, connection: Connection) -> bool:
        tokens = sql.rows(connection, f"SELECT token FROM {CONTROL} WHERE name = 'holder'")
        return tokens == ((self.token,),)


class Overtaken(Exception):
    """Another execution of the same task has begun, and does the rest of it."""


def fence(token: int, slot: int = 0, execution: int | None = None) -> str:
    """The end of an INSERT … SELECT in the ledger, which inserts nothing if this holder, or this execution of the task, is not the current one."""
    condition = f"holder.name = 'holder' AND holder.token = {token:d}"
    if execution is not None:
        condition += f" AND task.name = '{_task_name(slot)}' AND task.token = {execution:d}"
    return f"FROM {CONTROL} holder{'' if execution is None else f', {CONTROL} task'} WHERE {condition} LOCK IN SHARE MODE"


def _slot_name(number: int) -> str:
    return f"slot {number % SLOTS}"


def _task_name(slot: int) -> str:
    return f"task {slot:d}"


def claim(connection: Connection, token: int, slot: int, execution: int) -> None:
    """Makes this the current execution of the task that has the slot, in the caller's transaction: from its commit on, earlier ones write nothing.

    Waits until no transaction of an earlier execution is open. AnotherRun: this holder is not the current one.
    """
    require_current(connection, token, slot)
    sql.execute(
        connection,
        f"INSERT INTO {CONTROL} VALUES (%s, %s, 0, '', UTC_TIMESTAMP()) ON DUPLICATE KEY UPDATE token = VALUES(token), set_at = VALUES(set_at)",
        _task_name(slot),
        execution,
    )


def require_current(connection: Connection, token: int, slot: int = 0, execution: int | None = None) -> None:
    """AnotherRun: this holder is not the current one. Overtaken: this execution is not. Otherwise they stay it until the transaction ends.

    `slot`: the task's number; on a cluster, transactions with the same slot do not overlap. `execution`: see `claim`; None: the task has
    only one.
    """
    if connection.in_cluster:
        rows = [(_slot_name(slot), token)] + ([] if execution is None else [(_task_name(slot), execution)])
        statement = f"UPDATE {CONTROL} SET connection_id = connection_id + 1 WHERE name = %s AND token = %s"
        current = all(sql.execute(connection, statement, *row) for row in rows)
    else:
        current = bool(sql.rows(connection, f"SELECT 1 {fence(token, slot, execution)}"))
    if not current:
        raise not_current_error(connection, token)


def not_current_error(connection: Connection, token: int) -> AnotherRun | Overtaken:
    """Why a fence let nothing through."""
    holders = sql.rows(connection, f"SELECT token FROM {CONTROL} WHERE name = 'holder'")
    return Overtaken() if holders == ((token,),) else lost_lease_error(connection)


def lost_lease_error(connection: Connection) -> AnotherRun:
    """The error of a holder that is not the current one any more: who is, if the ledger says so."""
    for set_by, set_at in _control_rows(connection, "name = 'holder'"):
        return AnotherRun(
            f"another parloader command has taken over this database: {ActivityMark(by=set_by, at=set_at)}",
            "Wait until it has finished (parloader status shows it), then run the same command again",
        )
    return AnotherRun(
        f"the table {CONTROL} no longer lists this command, so it must not write any more",
        "Perhaps the ledger was changed or restored from a backup. parloader status shows the runs; then run the same command again",
    )


def lock(connection: Connection, database: str | None = None) -> bool:
    """Takes the lock of a database (None: the current one), which ends with the connection; False: another connection has it."""
    return bool(sql.value(connection, "SELECT GET_LOCK(%s, 0)", lock_name(connection, database)))


def has_lock(connection: Connection) -> bool:
    return bool(sql.value(connection, "SELECT IS_USED_LOCK(%s) = CONNECTION_ID()", lock_name(connection)))


def unlock(connection: Connection) -> None:
    with error_codes.suppress_driver_errors():
        sql.execute(connection, "DO RELEASE_LOCK(%s)", lock_name(connection))


def lock_name(connection: Connection, database: str | None = None) -> str:
    name = sql.value(connection, "SELECT COALESCE(IF(@@lower_case_table_names, LOWER(%s), %s), DATABASE())", database, database)
    return "parloader:" + hashlib.sha256(str(name).encode()).hexdigest()[:40]


def locked_elsewhere(database: str) -> AnotherRun:
    """The error if another command has the lock of another database."""
    return AnotherRun(
        f"another parloader command is running in the database {database}, in which this one creates parent rows",
        "Wait until it has finished, then run the same command again",
    )


def refusal(connection: Connection) -> AnotherRun:
    """The error that names the holder of the lock."""
    return AnotherRun(
        f"another parloader command is running in this database: {at_work(connection) or 'it has just finished'}",
        "Wait until it has finished (parloader status shows its progress), then run the same command again",
    )


def at_work(connection: Connection) -> ActivityMark | None:
    """The command that holds the lock; None: no command is running."""
    if connection.in_cluster and (lease := cluster_lease.read(connection)) and not lease.free:
        return ActivityMark(by=f"{lease.set_by} (last sign of life at {lease.renewed_at:%Y-%m-%d %H:%M:%S} UTC)", at=lease.set_at)
    lock_holder = holder_connection_id(connection)
    if lock_holder is None:
        return None
    for set_by, set_at in _control_rows(connection, "name = 'holder' AND connection_id = %s", lock_holder):
        return ActivityMark(by=set_by, at=set_at)
    # The holder has just started and not yet written to the ledger. Only its own account and administrators see its connection
    statement = "SELECT CONCAT(user, '@', host) FROM information_schema.processlist WHERE id = %s"
    accounts = sql.rows(connection, statement, lock_holder)
    return ActivityMark(by=f"{accounts[0][0] if accounts else 'an unknown user'} (server connection {lock_holder})")


def holder_connection_id(connection: Connection) -> int | None:
    """The connection that has the lock of this database; None: no connection has it."""
    found = sql.value(connection, "SELECT IS_USED_LOCK(%s)", lock_name(connection))
    return None if found is None else int(found)


def pause(connection: Connection) -> None:
    """Sets the pause flag. The ledger must exist."""
    sql.execute(
        connection,
        f"INSERT INTO {CONTROL} VALUES ('pause', 0, 0, %s, UTC_TIMESTAMP()) "
        "ON DUPLICATE KEY UPDATE set_by = VALUES(set_by), set_at = VALUES(set_at)",
        current_user(),
    )


def resume(connection: Connection) -> bool:
    """Removes the pause flag; False: it was not set."""
    return bool(sql.delete(connection, CONTROL, "name = 'pause'"))


def paused(connection: Connection) -> ActivityMark | None:
    """Who set the pause flag; None: it is not set."""
    return next((ActivityMark(by=set_by, at=set_at) for set_by, set_at in _control_rows(connection, "name = 'pause'")), None)


def _control_rows(connection: Connection, condition: str, *values: object) -> tuple[tuple[str, datetime], ...]:
    """(set_by, set_at) of the rows for which the condition is true; none if there is no ledger."""
    try:
        return sql.rows(connection, f"SELECT set_by, set_at FROM {CONTROL} WHERE {condition}", *values)
    except DriverError as error:
        if error_codes.is_table_missing(error):
            return ()
        raise


MARKER_TABLE = "parloader_forbidden"

MARKER_COMMENT = re.compile(
    r"parloader is forbidden to write in this database\. Set by (.+) at (\S+)\. To lift it: parloader guard --allow"
)


@dataclass(frozen=True, kw_only=True)
class Marker:
    """The table or view that forbids parloader to write. If parloader did not create it, `by` and `at` are None."""

    by: str | None = None  # the account that set it, with its host
    at: str | None = None  # UTC

    @property
    def created_by_parloader(self) -> bool:
        """Whether parloader created it."""
        return self.by is not None

    def __str__(self) -> str:
        return f"set by {self.by} at {self.at}" if self.created_by_parloader else "a table or view that parloader did not create"


def find_marker(connection: Connection, database: str | None = None) -> Marker | None:
    """The marker of a database (None: the current one); None if it has no table or view of that name."""
    schema, of = ("DATABASE()", ()) if database is None else ("%s", (database,))
    statement = f"SELECT table_comment FROM information_schema.tables WHERE table_schema = {schema} AND table_name = %s"
    comments = sql.rows(connection, statement, *of, MARKER_TABLE)
    if not comments:
        return None
    created = MARKER_COMMENT.fullmatch(comments[0][0] or "")
    return Marker(by=created[1], at=created[2]) if created else Marker()


def create_marker(connection: Connection) -> None:
    """Creates the marker table unless one exists."""
    account, now = sql.row(connection, "SELECT USER(), UTC_TIMESTAMP()")
    comment = f"parloader is forbidden to write in this database. Set by {account} at {now:%Y-%m-%dT%H:%M:%SZ}. To lift it: parloader guard --allow"
    sql.execute(
        connection, f"CREATE TABLE IF NOT EXISTS {MARKER_TABLE} (id TINYINT NOT NULL PRIMARY KEY) ENGINE=InnoDB COMMENT=%s", comment
    )


def drop_marker(connection: Connection) -> None:
    sql.execute(connection, f"DROP TABLE {MARKER_TABLE}")
