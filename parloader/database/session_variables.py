"""The session variables that every connection sets and reads back, and those that it requires.

A session starts with the server's global values, changed by init_connect (unless the account is an administrator's) and by a proxy that hands
out connections that others have used. So every session variable of a supported server is in one of three tables: SETTINGS
(session_settings.py), REQUIREMENTS, or LEFT_ALONE (session_variables_left_alone.py) with the reason why it can do no harm.
scripts/session-variables makes docs/session-variables.md of them.

Sources: MySQL manual "Server System Variables", MariaDB documentation "Server System Variables" and the pages of each engine and of Galera.
"""

from dataclasses import dataclass
from typing import TypeAlias

from parloader.database.dialects import BOTH, MARIADB, MYSQL, Dialect, ServerKind
from parloader.database.session_settings import SETTINGS, Setting, Version


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """A variable that an ordinary account may not set: its value is read, and the session refused if it is harmful."""

    name: str
    wanted: str
    """completes: NAME must be …"""
    condition: str
    """SQL: whether the value is harmless"""
    reason: str
    remedy: str = "Remove the statement that sets it from init_connect or from the proxy"
    servers: tuple[ServerKind, ...] = BOTH
    since: tuple[Version, ...] = ()
    until: Version | None = None
    """as in Setting"""


REQUIREMENTS = (
    Requirement(
        name="sql_log_bin",
        wanted="1",
        condition="@@SESSION.sql_log_bin",
        remedy="Use an account whose sessions write to the binary log",
        reason="If it is 0, replicas do not get the rows.",
    ),
    Requirement(
        name="gtid_next",
        wanted="AUTOMATIC",
        condition="@@SESSION.gtid_next LIKE 'AUTOMATIC%%'",
        reason="Otherwise all transactions get the same identifier, and the server skips those after the first.",
        servers=MYSQL,
    ),
    Requirement(
        name="insert_id",
        wanted="0",
        condition="@@SESSION.insert_id = 0",
        reason="Otherwise the next AUTO_INCREMENT key is this number.",
    ),
    Requirement(
        name="skip_replication",
        wanted="0",
        condition="NOT @@SESSION.skip_replication",
        reason="If it is 1, replicas may leave out the rows.",
        servers=MARIADB,
    ),
    Requirement(
        name="wsrep_on",
        wanted="1 on a Galera node",
        condition="@@SESSION.wsrep_on OR @@GLOBAL.wsrep_provider IN ('', 'none')",
        reason="If it is 0 on a Galera node, the other nodes do not get the rows.",
        servers=MARIADB,
    ),
)


Entry: TypeAlias = Setting | Requirement

ENTRIES: tuple[Entry, ...] = (*SETTINGS, *REQUIREMENTS)


def _exists(entry: Entry, dialect: Dialect) -> bool:
    version = dialect.version
    same_series = [first for first in entry.since if first[:2] == version[:2]]
    since = same_series[0] if same_series else max(entry.since, default=())
    return dialect.kind in entry.servers and version >= since and not (entry.until and version >= entry.until)


def settings(dialect: Dialect) -> tuple[Setting, ...]:
    """What a session of this server sets."""
    return tuple(setting for setting in SETTINGS if _exists(setting, dialect))


def requirements(dialect: Dialect) -> tuple[Requirement, ...]:
    """What a session of this server requires."""
    return tuple(requirement for requirement in REQUIREMENTS if _exists(requirement, dialect))
