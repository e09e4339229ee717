"""Connections: where to, the session laws, and the facts of the server.

Law 4: every session sets the checks on and reads them back; one that cannot have them is refused.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pymysql

from parloader.database import error_codes, sql
from parloader.database.dialects import ServerKind, parse_version, require_version
from parloader.database.driver import Connection
from parloader.database.target import Target
from parloader.errors import ServerNotSupported, SessionLawError

CONNECT_TIMEOUT_SECONDS = 10

# How long the answer to a statement may take (a large batch, an ALTER TABLE of a large table) before the connection counts as lost. A server
# that is gone is noticed much sooner, by the network's own probes (wire.Connection)
ANSWER_TIMEOUT_SECONDS = 3600

# How long a statement on a whole table (ALTER TABLE, to reserve keys) waits for those who use it: while it waits, they queue behind it
TABLE_LOCK_TIMEOUT_SECONDS = 10

# How long a statement waits for rows that others have locked; then the whole transaction is tried again, by --retry-seconds' bound and not
# by the server's (50 s for each wait by default)
ROW_LOCK_TIMEOUT_SECONDS = 5

# After that long without a word the server ends the session, and with it the locks of a client that is gone without having said so
IDLE_SECONDS = 60

# No limit: the largest number that the variable takes, and its default (MySQL manual, "sql_select_limit")
NO_LIMIT = 2**64 - 1

SQL_MODE = ("STRICT_TRANS_TABLES", "STRICT_ALL_TABLES", "ERROR_FOR_DIVISION_BY_ZERO", "NO_AUTO_VALUE_ON_ZERO", "NO_ENGINE_SUBSTITUTION")


@dataclass(frozen=True, kw_only=True)
class ServerInfo:
    """What the server says of itself."""

    kind: ServerKind
    version: tuple[int, ...]
    version_text: str
    max_allowed_packet_bytes: int
    data_directory: str
    hostname: str
    backslash_escapes: bool
    local_infile: bool
    autoinc_lock_mode: int
    connection_id: int

    def __str__(self) -> str:
        return f"{self.kind} {'.'.join(map(str, self.version))}"


def connect(
    target: Target,
    *,
    autocommit: bool = True,
    local_infile: bool = False,
    short_lived: bool = False,
    answer_timeout_seconds: float = ANSWER_TIMEOUT_SECONDS,
) -> Connection:
    """A connection whose session obeys the laws; `local_infile`: one that may run LOAD DATA LOCAL; `short_lived`: the server ends it where
    nothing is heard for IDLE_SECONDS. ConnectError, SessionLawError, ServerNotSupported."""
    # what goes through a unix socket does not leave the machine
    tls = target.tls.context() if target.tls.required or not target.unix_socket else None
    try:
        connection = Connection(
            tls=tls,
            tls_required=target.tls.required,
            user=target.user,
            password=target.password.encode(),  # as text PyMySQL would take it for Latin-1
            host=target.host,
            port=target.port,
            unix_socket=target.unix_socket,
            database=target.database,
            charset="utf8mb4",
            autocommit=None,  # set_laws sets it: the driver would believe the status that the server sent at the login
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=CONNECT_TIMEOUT_SECONDS,
            local_infile=local_infile,
        )
    except (pymysql.Error, OSError, UnicodeError, RuntimeError) as error:
        raise error_codes.connect_error(error, target.where, target.user, target.database, password_given=bool(target.password)) from error
    try:
        with target.translate_errors("setting up the session"):
            configure_session(connection, autocommit=autocommit, short_lived=short_lived)
        connection.set_read_timeout(answer_timeout_seconds)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def connected(target: Target) -> Iterator[Connection]:
    connection = connect(target)
    try:
        yield connection
    finally:
        error_codes.close(connection)


def server_kind(connection: Connection) -> ServerKind:
    return parse_version(connection.version_text)[0]


def configure_session(connection: Connection, *, autocommit: bool = True, short_lived: bool = False) -> None:
    """Sets the session laws and reads them back. SessionLawError names the one that does not hold.

    A session begins with the server's global values, changed by init_connect unless the account is an administrator's. So nothing
    is left to them that decides which rows a SELECT returns, whether a statement commits, or how long one may take.
    """
    # An explicit LIMIT overrides sql_select_limit, which may be 0 until it is set below
    connection.version_text = sql.value(connection, "SELECT VERSION() LIMIT 1")
    kind = require_version(connection.version_text)
    # What a LIKE in a CHECK means depends on NO_BACKSLASH_ESCAPES, so it stays as the server has it.
    modes = ",".join(SQL_MODE)
    mode = f"IF(FIND_IN_SET('NO_BACKSLASH_ESCAPES', @@SESSION.sql_mode), '{modes},NO_BACKSLASH_ESCAPES', '{modes}')"
    laws = {
        "lock_wait_timeout": str(TABLE_LOCK_TIMEOUT_SECONDS),
        "innodb_lock_wait_timeout": str(ROW_LOCK_TIMEOUT_SECONDS),
        "foreign_key_checks": "1",
        "unique_checks": "1",
        "time_zone": "'+00:00'",
        "sql_mode": mode,
        "sql_select_limit": str(NO_LIMIT),
        "sql_big_selects": "1",
        "autocommit": str(int(autocommit)),
        "completion_type": "'NO_CHAIN'",
    }
    if short_lived:
        laws["wait_timeout"] = str(IDLE_SECONDS)
    if kind is ServerKind.MARIADB:
        laws["check_constraint_checks"] = "1"
        laws["max_statement_time"] = "0"
    else:
        laws["max_execution_time"] = "0"
        laws["information_schema_stats_expiry"] = "0"  # else AUTO_INCREMENT and table sizes are up to a day old
    sql.execute(connection, "SET NAMES utf8mb4")  # the driver has sent it already, but takes any answer of the server for a yes
    sql.execute(connection, "SET " + ", ".join(f"SESSION {name} = {to}" for name, to in laws.items()))
    names = [*laws, "character_set_client", "character_set_connection"]
    found = dict(zip(names, sql.row(connection, "SELECT " + ", ".join(f"@@SESSION.{name}" for name in names)), strict=True))
    for name, wanted in laws.items():
        value = found[name]
        there = f"{value:g}" if isinstance(value, float) else str(value)  # max_statement_time is in seconds, with fractions
        if name == "sql_mode" and not set(SQL_MODE) <= set(there.split(",")):
            raise _setting_lost(name, modes, there)
        if name != "sql_mode" and there != wanted.strip("'"):
            raise _setting_lost(name, wanted, there)
    for name in ("character_set_client", "character_set_connection"):
        if found[name] != "utf8mb4":
            raise _setting_lost(name, "utf8mb4", found[name])


def _setting_lost(name: str, wanted: str, found: object) -> SessionLawError:
    return SessionLawError(
        f"the session needs {name} = {wanted}, but the server keeps it at {found}",
        "Connect to the server itself, without a proxy that changes session variables",
    )


def server_info(connection: Connection) -> ServerInfo:
    """What the server says of itself."""
    packet, directory, hostname, sql_mode, local_infile, autoinc_lock_mode, connection_id = sql.row(
        connection,
        "SELECT @@max_allowed_packet, @@datadir, @@hostname, @@SESSION.sql_mode, @@GLOBAL.local_infile, @@innodb_autoinc_lock_mode, CONNECTION_ID()",
    )
    kind, version = parse_version(connection.version_text)
    return ServerInfo(
        kind=kind,
        version=version,
        version_text=connection.version_text,
        max_allowed_packet_bytes=packet,
        data_directory=directory,
        hostname=hostname,
        backslash_escapes="NO_BACKSLASH_ESCAPES" not in sql_mode.split(","),
        local_infile=bool(local_infile),
        autoinc_lock_mode=autoinc_lock_mode,
        connection_id=connection_id,
    )


def require_writable(connection: Connection, target: Target) -> None:
    """ServerNotSupported where the server takes no writes."""
    if sql.value(connection, "SELECT @@GLOBAL.read_only"):
        raise ServerNotSupported(f"the server at {target.where} is read-only", "Use the primary, or turn read_only off")
