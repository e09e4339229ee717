"""Opens connections, sets and verifies their session settings, and reads facts about the server.

Every session needs settings that decide whether a row is valid and a write commits. They are set and read back; a session without them is refused.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import pymysql

from parloader.database import cluster, error_codes, sql
from parloader.database.dialects import Dialect, ServerKind, require_version
from parloader.database.driver import Connection
from parloader.database.target import Node, Target
from parloader.errors import ServerNotSupported, SessionLawError

CONNECT_TIMEOUT_SECONDS = 10

# How long a statement may run (a large batch, an ALTER TABLE of a large table) before the connection counts as lost. TCP keepalive notices
# a server that is gone much sooner (driver.Connection)
ANSWER_TIMEOUT_SECONDS = 3600

# How long a statement on an entire table (ALTER TABLE, to reserve keys) waits for other sessions: while it waits, they queue behind it
TABLE_LOCK_TIMEOUT_SECONDS = 10

# How long a statement waits for locked rows. Then the transaction is retried, for --retry-seconds in all (the server's default is 50 s a wait)
ROW_LOCK_TIMEOUT_SECONDS = 5

# The server ends a session after this much silence, and so releases the locks of a client that disappeared
IDLE_SECONDS = 60

# The variable's largest value and its default: no limit (MySQL manual, "sql_select_limit")
NO_LIMIT = 2**64 - 1

SQL_MODE = ("STRICT_TRANS_TABLES", "STRICT_ALL_TABLES", "ERROR_FOR_DIVISION_BY_ZERO", "NO_AUTO_VALUE_ON_ZERO", "NO_ENGINE_SUBSTITUTION")

CHARSET_VARIABLES = {"character_set_client", "character_set_connection"}


@dataclass(frozen=True, kw_only=True)
class ServerInfo:
    """Facts about the server, and the id of the connection that asked."""

    kind: ServerKind
    version: tuple[int, ...]
    version_text: str  # what VERSION() returns
    max_allowed_packet_bytes: int
    data_directory: str
    hostname: str
    backslash_escapes: bool  # whether a backslash escapes in a string literal
    local_infile: bool  # whether LOAD DATA LOCAL is allowed
    autoinc_lock_mode: int
    connection_id: int
    splits_load_data: bool = False  # whether it commits a LOAD DATA in pieces (Galera)

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
    """A connection with the required session settings, to the first node of the target that can be used.

    `local_infile`: it may run LOAD DATA LOCAL. `short_lived`: the server ends it after IDLE_SECONDS of silence.
    ConnectError, SessionLawError, ServerNotSupported.
    """
    connect_to_one = partial(
        _connect, autocommit=autocommit, local_infile=local_infile, short_lived=short_lived, answer_timeout_seconds=answer_timeout_seconds
    )
    return cluster.connect_to_any(target, connect_to_one) if target.others else connect_to_one(target)


def _connect(target: Target, *, autocommit: bool, local_infile: bool, short_lived: bool, answer_timeout_seconds: float) -> Connection:
    """A connection to the target's one node."""
    # traffic over a Unix socket does not leave the machine
    tls = target.tls.context() if target.tls.required or not target.unix_socket else None
    try:
        connection = Connection(
            tls=tls,
            tls_required=target.tls.required,
            user=target.user,
            password=target.password.encode(),  # PyMySQL would encode text as Latin-1
            host=target.host,
            port=target.port,
            unix_socket=target.unix_socket,
            database=target.database,
            charset="utf8mb4",
            autocommit=None,  # left to configure_session: the driver would trust the status that the server sent at login
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=CONNECT_TIMEOUT_SECONDS,
            local_infile=local_infile,
        )
    except (pymysql.Error, OSError, UnicodeError, RuntimeError) as error:
        raise error_codes.connect_error(error, target.where, target.user, target.database, password_given=bool(target.password)) from error
    connection.node = Node(target.host, target.port)
    try:
        try:
            configure_session(connection, autocommit=autocommit, short_lived=short_lived)
        except pymysql.Error as error:
            if connection.in_cluster and error_codes.is_conflict(error):
                raise cluster.out_of_step(error, target.where) from error
            raise target.translate(error, f"setting up the session at {target.where}") from error
        connection.set_read_timeout(answer_timeout_seconds)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def connected(target: Target) -> Iterator[Connection]:
    """A connection that is closed at the end of the block."""
    connection = connect(target)
    try:
        yield connection
    finally:
        error_codes.close(connection)


def configure_session(connection: Connection, *, autocommit: bool = True, short_lived: bool = False) -> None:
    """Sets the session settings and reads them back. SessionLawError names one that the server did not accept.

    A session starts with the server's global values, changed by init_connect unless the account is an administrator's. So every variable
    is set that decides which rows a SELECT returns, whether a statement commits, or how long it may take.
    """
    # an explicit LIMIT overrides sql_select_limit, which may be 0 until it is set below
    connection.version_text = sql.value(connection, "SELECT VERSION() LIMIT 1")
    connection.dialect = require_version(connection.version_text)
    sql.execute(connection, "SET NAMES utf8mb4")  # again: when the driver sent it, it took any answer for success
    settings = _session_settings(connection.dialect, autocommit=autocommit, short_lived=short_lived)
    _set(connection, settings)
    actual = cluster.read_variables(connection, (*settings, *CHARSET_VARIABLES))
    _verify_settings(settings, actual)
    if connection.in_cluster:
        _set(connection, cluster.SESSION_SETTINGS)
        _verify_settings(cluster.SESSION_SETTINGS, sql.variables(connection, tuple(cluster.SESSION_SETTINGS)))


def _set(connection: Connection, settings: Mapping[str, str]) -> None:
    sql.execute(connection, "SET " + ", ".join(f"SESSION {name} = {value}" for name, value in settings.items()))


def _session_settings(dialect: Dialect, *, autocommit: bool, short_lived: bool) -> dict[str, str]:
    """Session variables and their values, as SQL."""
    modes = ",".join(SQL_MODE)
    return {
        "lock_wait_timeout": str(TABLE_LOCK_TIMEOUT_SECONDS),
        "innodb_lock_wait_timeout": str(ROW_LOCK_TIMEOUT_SECONDS),
        "foreign_key_checks": "1",
        "unique_checks": "1",
        "time_zone": "'+00:00'",
        # NO_BACKSLASH_ESCAPES stays as the server has it: it decides what a LIKE in a CHECK means
        "sql_mode": f"IF(FIND_IN_SET('NO_BACKSLASH_ESCAPES', @@SESSION.sql_mode), '{modes},NO_BACKSLASH_ESCAPES', '{modes}')",
        "sql_select_limit": str(NO_LIMIT),
        "sql_big_selects": "1",
        "autocommit": str(int(autocommit)),
        "completion_type": "'NO_CHAIN'",
        **({"wait_timeout": str(IDLE_SECONDS)} if short_lived else {}),
        **dialect.session_settings,
    }


def _verify_settings(settings: Mapping[str, str], actual: Mapping[str, object]) -> None:
    """SessionLawError if a variable does not have the value that was set."""
    for name, wanted in settings.items():
        value = actual[name]
        text = f"{value:g}" if isinstance(value, float) else str(value)  # max_statement_time is in seconds, with fractions
        if name == "sql_mode":
            if not set(SQL_MODE) <= set(text.split(",")):
                raise _setting_lost(name, ",".join(SQL_MODE), text)
        elif text != wanted.strip("'"):
            raise _setting_lost(name, wanted, text)
    for name in CHARSET_VARIABLES & actual.keys():
        if actual[name] != "utf8mb4":
            raise _setting_lost(name, "utf8mb4", actual[name])


def _setting_lost(name: str, wanted: str, actual: object) -> SessionLawError:
    return SessionLawError(
        f"required session settings could not be enforced: {name} must be {wanted}, but the server keeps it at {actual}",
        "Connect to the server directly, not through a proxy that changes session variables",
    )


def server_info(connection: Connection) -> ServerInfo:
    """Reads the facts about the server."""
    packet, directory, hostname, sql_mode, local_infile, autoinc_lock_mode, connection_id = sql.row(
        connection,
        "SELECT @@max_allowed_packet, @@datadir, @@hostname, @@SESSION.sql_mode, @@GLOBAL.local_infile, @@innodb_autoinc_lock_mode, CONNECTION_ID()",
    )
    return ServerInfo(
        kind=connection.dialect.kind,
        version=connection.dialect.version,
        version_text=connection.version_text,
        max_allowed_packet_bytes=packet,
        data_directory=directory,
        hostname=hostname,
        backslash_escapes="NO_BACKSLASH_ESCAPES" not in sql_mode.split(","),
        local_infile=bool(local_infile),
        autoinc_lock_mode=autoinc_lock_mode,
        connection_id=connection_id,
        splits_load_data=connection.in_cluster and cluster.splits_load_data(connection),
    )


def require_writable(connection: Connection, target: Target) -> None:
    """ServerNotSupported if the server is read-only."""
    if sql.value(connection, "SELECT @@GLOBAL.read_only"):
        raise ServerNotSupported(f"the server at {target.where} is read-only", "Connect to the primary, or turn read_only off")
