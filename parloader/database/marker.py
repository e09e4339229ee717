"""The marker table that forbids parloader a database. Any table or view of its name forbids it, whoever made it.

Who set it and when stands in the table's comment: so one statement makes it, and whoever may see the table may read it.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from parloader.database import sql
from parloader.database.sql import Connection

NAME = "parloader_forbidden"
COMMENT = re.compile(r"parloader is forbidden to write in this database\. Set by (.+) at (\S+)\. To lift it: parloader guard --allow")


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


def find(connection: Connection) -> Marker | None:
    """None where the database has no such table or view."""
    statement = "SELECT table_comment FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = %s"
    found = sql.rows(connection, statement, NAME)
    if not found:
        return None
    made = COMMENT.fullmatch(found[0][0] or "")
    return Marker(by=made[1], at=made[2]) if made else Marker()


def make(connection: Connection) -> None:
    """Makes the table where there is none."""
    who, now = sql.row(connection, "SELECT USER(), UTC_TIMESTAMP()")
    comment = f"parloader is forbidden to write in this database. Set by {who} at {_text(now)}. To lift it: parloader guard --allow"
    sql.execute(connection, f"CREATE TABLE IF NOT EXISTS {NAME} (id TINYINT NOT NULL PRIMARY KEY) ENGINE=InnoDB COMMENT=%s", comment)


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def remove(connection: Connection) -> None:
    sql.execute(connection, f"DROP TABLE {NAME}")
