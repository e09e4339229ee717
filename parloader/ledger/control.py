"""Who is at work in a database: at most one seed, clean or bench, and no worker of one that is over; and whether to pause.

A lock of the server admits one at a time; it dies with its connection. A worker has a connection of its own and can outlive the lock (its
parent was killed, or lost the lock's connection). So whoever has the lock writes a token of its own, and every transaction of its workers
reads that token with a shared lock: the next holder's token waits for the transactions that have read the one before, and later ones find
another token, and end. (M. Kleppmann, "How to do distributed locking", calls this fencing.)
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

CONTROL = "parloader_control"

DDL = f"""CREATE TABLE IF NOT EXISTS {CONTROL} (
        name VARCHAR(16) NOT NULL PRIMARY KEY,
        token BIGINT UNSIGNED NOT NULL,
        connection_id BIGINT UNSIGNED NOT NULL,
        set_by VARCHAR(255) NOT NULL,
        set_at DATETIME NOT NULL
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='parloader ledger: who is at work, and whether to pause'"""


def current_user() -> str:
    """Who runs this process, for others to read: user and machine."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # no such user in the system's list
        name = str(os.getuid())
    return f"{name}@{socket.gethostname()}"[:200]


@dataclass(frozen=True, kw_only=True)
class ActivityMark:
    """Who has done something, and since when; None: a moment ago."""

    by: str
    at: datetime | None = None

    def __str__(self) -> str:
        return f"{self.by}, since {self.at:%Y-%m-%d %H:%M:%S} UTC" if self.at else f"{self.by}, since a moment ago"

    def as_json(self) -> dict[str, object]:
        return {"by": self.by, "since": self.at and f"{self.at:%Y-%m-%dT%H:%M:%SZ}"}


@dataclass(frozen=True, kw_only=True)
class Holder:
    """One who is at work. `token` is never that of another."""

    doing: str
    token: int = field(default_factory=lambda: secrets.randbits(63))

    def write(self, connection: Connection, lock_connection_id: int) -> None:
        """Makes this the holder that the database knows; returns when no transaction of the one before is open any more."""
        sql.execute(
            connection,
            f"INSERT INTO {CONTROL} VALUES ('holder', %s, %s, %s, UTC_TIMESTAMP()) ON DUPLICATE KEY UPDATE "
            "token = VALUES(token), connection_id = VALUES(connection_id), set_by = VALUES(set_by), set_at = VALUES(set_at)",
            self.token,
            lock_connection_id,
            f"{self.doing} by {current_user()}, process {os.getpid()}",
        )

    def move(self, connection: Connection) -> None:
        """Says that the lock is on this connection now. Where running transactions are in the way for long, it goes unsaid."""
        with error_codes.suppress_driver_errors():
            statement = f"UPDATE {CONTROL} SET connection_id = CONNECTION_ID() WHERE name = 'holder' AND token = %s"
            sql.execute(connection, statement, self.token)

    def is_current(self, connection: Connection) -> bool:
        found = sql.rows(connection, f"SELECT token FROM {CONTROL} WHERE name = 'holder'")
        return found == ((self.token,),)


def fence(token: int) -> str:
    """The end of an INSERT … SELECT of the ledger: it inserts nothing where this holder is not the current one."""
    return f"FROM {CONTROL} WHERE name = 'holder' AND token = {token:d} LOCK IN SHARE MODE"


def require_current(connection: Connection, token: int) -> None:
    """AnotherRun where this holder is not the current one; else it stays so until the transaction ends."""
    if not sql.rows(connection, f"SELECT 1 {fence(token)}"):
        raise lost_lease_error()


def lost_lease_error() -> AnotherRun:
    return AnotherRun(
        "another parloader has taken over this database meanwhile",
        "Let it end (parloader status shows it), then run the same command again",
    )


def lock(connection: Connection) -> bool:
    """Takes the lock of this database, for as long as the connection lives; False: somebody else has it."""
    return bool(sql.value(connection, "SELECT GET_LOCK(%s, 0)", lock_name(connection)))


def has_lock(connection: Connection) -> bool:
    return bool(sql.value(connection, "SELECT IS_USED_LOCK(%s) = CONNECTION_ID()", lock_name(connection)))


def unlock(connection: Connection) -> None:
    with error_codes.suppress_driver_errors():
        sql.execute(connection, "DO RELEASE_LOCK(%s)", lock_name(connection))


def lock_name(connection: Connection) -> str:
    return "parloader:" + hashlib.sha256(str(sql.value(connection, "SELECT DATABASE()")).encode()).hexdigest()[:40]


def refusal(connection: Connection) -> AnotherRun:
    """Says who has the lock, and since when."""
    return AnotherRun(
        f"another parloader is at work in this database: {at_work(connection) or 'it has just ended'}",
        "Wait until it has ended (parloader status shows how far it is), then run the same command again",
    )


def at_work(connection: Connection) -> ActivityMark | None:
    """Who has the lock; None: nobody."""
    holder = sql.value(connection, "SELECT IS_USED_LOCK(%s)", lock_name(connection))
    if holder is None:
        return None
    if _exists(connection):
        statement = f"SELECT set_by, set_at FROM {CONTROL} WHERE name = 'holder' AND connection_id = %s"
        for set_by, set_at in sql.rows(connection, statement, holder):
            return ActivityMark(by=set_by, at=set_at)
    # it has only begun: there is no ledger yet
    statement = "SELECT CONCAT(user, '@', host) FROM information_schema.processlist WHERE id = %s"
    accounts = sql.rows(connection, statement, holder)  # seen only by the same account, and by administrators
    return ActivityMark(by=f"{accounts[0][0] if accounts else 'somebody'} (server connection {holder})")


def pause(connection: Connection) -> None:
    """Sets the flag in the ledger, which has to be there."""
    sql.execute(
        connection,
        f"INSERT INTO {CONTROL} VALUES ('pause', 0, 0, %s, UTC_TIMESTAMP()) "
        "ON DUPLICATE KEY UPDATE set_by = VALUES(set_by), set_at = VALUES(set_at)",
        current_user(),
    )


def resume(connection: Connection) -> bool:
    """Takes the flag back; False: there was none."""
    return bool(sql.execute(connection, f"DELETE FROM {CONTROL} WHERE name = 'pause'"))


def paused(connection: Connection) -> ActivityMark | None:
    """Who has set the flag; None: nobody, or there is no ledger."""
    try:
        found = sql.rows(connection, f"SELECT set_by, set_at FROM {CONTROL} WHERE name = 'pause'")
    except DriverError as error:
        if error_codes.is_table_missing(error):
            return None
        raise
    return ActivityMark(by=found[0][0], at=found[0][1]) if found else None


def _exists(connection: Connection) -> bool:
    statement = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = %s"
    return bool(sql.value(connection, statement, CONTROL))


MARKER_TABLE = "parloader_forbidden"

MARKER_COMMENT = re.compile(
    r"parloader is forbidden to write in this database\. Set by (.+) at (\S+)\. To lift it: parloader guard --allow"
)


@dataclass(frozen=True, kw_only=True)
class Marker:
    """`by` (an account and its host) and `at` (UTC) are None where parloader did not make the table."""

    by: str | None = None
    at: str | None = None

    @property
    def ours(self) -> bool:
        return self.by is not None

    def __str__(self) -> str:
        return f"set by {self.by} at {self.at}" if self.ours else "a table or view that parloader did not make"


def find_marker(connection: Connection) -> Marker | None:
    """None where the database has no such table or view."""
    statement = "SELECT table_comment FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = %s"
    found = sql.rows(connection, statement, MARKER_TABLE)
    if not found:
        return None
    made = MARKER_COMMENT.fullmatch(found[0][0] or "")
    return Marker(by=made[1], at=made[2]) if made else Marker()


def create_marker(connection: Connection) -> None:
    """Makes the table where there is none."""
    who, now = sql.row(connection, "SELECT USER(), UTC_TIMESTAMP()")
    comment = f"parloader is forbidden to write in this database. Set by {who} at {_text(now)}. To lift it: parloader guard --allow"
    sql.execute(
        connection, f"CREATE TABLE IF NOT EXISTS {MARKER_TABLE} (id TINYINT NOT NULL PRIMARY KEY) ENGINE=InnoDB COMMENT=%s", comment
    )


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def drop_marker(connection: Connection) -> None:
    sql.execute(connection, f"DROP TABLE {MARKER_TABLE}")
