"""Opens connections, sets and verifies their session settings, and reads facts about the server.

Every session needs settings that decide what a statement means, whether a row is valid and whether a write commits (session_variables.py). They
are set and read back; a session without them is refused.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import pymysql

from parloader.database import cluster, connect_errors, error_codes, session_variables, sql
from parloader.database.compression import Compress
from parloader.database.dialects import Dialect, ServerKind, require_version
from parloader.database.driver import Connection, DriverError
from parloader.database.error_codes import Action
from parloader.database.session_settings import KEPT_MODE, MODES, SQL_MODE, Setting
from parloader.database.session_variables import Requirement
from parloader.database.target import Node, Target
from parloader.errors import ConnectionInterrupted, ParloaderError, ServerNotSupported, SessionLawError

CONNECT_TIMEOUT_SECONDS = 10

# How long a statement may run (a large batch, an ALTER TABLE of a large table) before the connection counts as lost. TCP keepalive notices
# a server that is gone much sooner (driver.Connection)
ANSWER_TIMEOUT_SECONDS = 3600

# The server ends a session after this much silence, and so releases the locks of a client that disappeared
IDLE_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class ServerInfo:
    """Facts about the server."""

    kind: ServerKind
    version: tuple[int, ...]
    version_text: str  # what VERSION() returns
    max_allowed_packet_bytes: int
    data_directory: str
    hostname: str
    backslash_escapes: bool  # whether a backslash escapes in a string literal
    local_infile: bool  # whether LOAD DATA LOCAL is allowed
    autoinc_lock_mode: int
    buffer_pool_bytes: int  # innodb_buffer_pool_size
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
            compress=target.compresses,
            compression_required=target.compress is Compress.ON,
        )
    except (pymysql.Error, OSError, UnicodeError, RuntimeError) as error:
        raise _connect_error(error, target) from error
    connection.node = Node(target.host, target.port)
    try:
        configure_session(connection, autocommit=autocommit, short_lived=short_lived)
        connection.set_read_timeout(answer_timeout_seconds)
    except DriverError as error:
        connection.close()
        if connect_errors.is_login_refused(error):  # an expired password is refused with the first statement
            raise _connect_error(error, target) from error
        if error_codes.is_conflict(error):  # only a wait for other nodes can be one
            raise cluster.out_of_step(error, target.where) from error
        failure = target.translate(error, f"setting up the session at {target.where}")
        if error_codes.classify(error) is Action.GIVE_UP:
            raise failure from error
        raise ConnectionInterrupted(failure.message, failure.next_step) from error  # whatever it was
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_error(error: Exception, target: Target) -> ParloaderError:
    return connect_errors.connect_error(error, target.where, target.user, target.database, password_given=bool(target.password))


@contextmanager
def connected(target: Target) -> Iterator[Connection]:
    """A connection that is closed at the end of the block."""
    connection = connect(target)
    try:
        yield connection
    finally:
        error_codes.close(connection)


def configure_session(connection: Connection, *, autocommit: bool = True, short_lived: bool = False) -> None:
    """Sets the session variables of session_variables.py and reads them back. SessionLawError names one that the server did not accept."""
    # an explicit LIMIT overrides sql_select_limit, which may be 0 until it is set below
    connection.version_text, connection.account = sql.row(connection, "SELECT VERSION(), CURRENT_USER() LIMIT 1")
    connection.dialect = require_version(connection.version_text)
    if connection.in_transaction:  # begun by init_connect, or left open by a proxy
        sql.execute(connection, "ROLLBACK AND NO CHAIN NO RELEASE")
    key = (connection.version_text, connection.user)
    try:
        _set_and_verify(connection, _statements(connection.dialect, autocommit, short_lived, _deviations.get(key, NO_DEVIATIONS)))
    except DriverError as error:
        if not (error_codes.is_unknown_variable(error) or error_codes.is_privilege_missing(error)):
            raise
        _deviations[key] = _find_deviations(connection)
        _set_and_verify(connection, _statements(connection.dialect, autocommit, short_lived, _deviations[key]))


@dataclass(frozen=True)
class Deviations:
    """How a server differs from the table of variables: it was built without a feature, or its version restricts a variable."""

    unknown: frozenset[str] = frozenset()  # variables that it does not have
    refused: frozenset[str] = frozenset()  # variables that this account may not set: they are read only


NO_DEVIATIONS = Deviations()

# Found by a process's first connection to a server of this version with this account
_deviations: dict[tuple[str, bytes], Deviations] = {}


def _find_deviations(connection: Connection) -> Deviations:
    """Tries each variable by itself."""
    unknown, refused = set(), set()
    statements = [
        *((s.name, f"SET SESSION {s.name} = {s.value}") for s in session_variables.settings(connection.dialect)),
        *((r.name, f"SELECT {r.condition}") for r in session_variables.requirements(connection.dialect)),
    ]
    for name, statement in statements:
        try:
            sql.execute(connection, statement)
        except DriverError as error:
            if error_codes.is_unknown_variable(error):
                unknown.add(name)
            elif error_codes.is_privilege_missing(error):
                refused.add(name)
            else:
                raise
    return Deviations(frozenset(unknown), frozenset(refused))


@dataclass(frozen=True)
class Statements:
    """How the variables of one kind of session are set and read: one statement each."""

    settings: tuple[Setting, ...]
    requirements: tuple[Requirement, ...]
    set_all: str
    read_all: str  # returns one column: a driver spends more time on many than the server
    reads_cluster: bool  # whether the last value of read_all is whether the server is a node of a Galera cluster


SEPARATOR = "|"

# As text, MariaDB returns boolean variables so
SWITCHES = {"ON": "1", "OFF": "0"}


@lru_cache
def _statements(dialect: Dialect, autocommit: bool, short_lived: bool, deviations: Deviations) -> Statements:
    adjusted = {"autocommit": str(int(autocommit)), **({"wait_timeout": str(IDLE_SECONDS)} if short_lived else {})}
    known = [s for s in session_variables.settings(dialect) if s.name not in deviations.unknown]
    settings = tuple(replace(s, value=adjusted.get(s.name, s.value)) for s in known)
    requirements = tuple(r for r in session_variables.requirements(dialect) if r.name not in deviations.unknown)
    assignments = [f"SESSION {s.name} = {s.value}" for s in settings if s.name not in deviations.refused]
    expressions = [*(f"@@SESSION.{s.name}" for s in settings), *(f"({r.condition}) IS TRUE" for r in requirements)]
    reads_cluster = any(r.name == cluster.REPLICATES for r in requirements)
    if reads_cluster:
        expressions.append(f"@@SESSION.{cluster.REPLICATES}")
    read_all = f"SELECT CONCAT_WS('{SEPARATOR}', {', '.join(expressions)})"
    return Statements(settings, requirements, f"SET {', '.join(assignments)}", read_all, reads_cluster)


def _set_and_verify(connection: Connection, statements: Statements) -> None:
    """Sets the variables, and reads them back. Raises SessionLawError and the driver's errors."""
    sql.execute(connection, statements.set_all)
    actual = sql.value(connection, statements.read_all).split(SEPARATOR)
    connection.in_cluster = statements.reads_cluster and actual.pop() in ("1", "ON")
    count = len(statements.settings)
    for setting, value in zip(statements.settings, actual[:count], strict=True):
        _verify(setting, value)
    for requirement, is_met in zip(statements.requirements, actual[count:], strict=True):
        if not int(is_met):
            value = sql.value(connection, f"SELECT @@{requirement.name}")
            raise SessionLawError(
                f"the session variable {requirement.name} must be {requirement.wanted}, but it is {value}",
                f"{requirement.reason} {requirement.remedy}",
            )


def _verify(setting: Setting, actual: str) -> None:
    """SessionLawError if the variable does not have the value that was set."""
    wanted = setting.value.strip("'")
    if setting.name == "sql_mode":
        wanted, is_right = MODES, set(actual.split(",")) - {KEPT_MODE} == set(SQL_MODE)
    elif setting.name == "max_statement_time":  # in seconds, with fractions
        is_right = float(actual) == float(wanted)
    else:
        is_right = SWITCHES.get(actual, actual) == SWITCHES.get(wanted, wanted)
    if not is_right:
        raise SessionLawError(
            f"required session settings could not be enforced: {setting.name} must be {wanted}, but the server keeps it at {actual}",
            "If parloader connects through a proxy, connect to the server directly; otherwise ask an administrator "
            "whether the account may set this variable",
        )


@contextmanager
def foreign_key_checks_off(connection: Connection) -> Iterator[None]:
    """Turns foreign_key_checks off for the one statement of the block; at its end they are on again, and read back, or the connection is closed.

    Closing it rolls back. SessionLawError: the server does not turn them on again.
    """
    try:
        sql.execute(connection, "SET SESSION foreign_key_checks = 0")
        yield
    except BaseException:
        with error_codes.suppress_driver_errors(), suppress(SessionLawError):  # the first error is the one to report
            _turn_foreign_key_checks_on(connection)
        raise
    _turn_foreign_key_checks_on(connection)


def _turn_foreign_key_checks_on(connection: Connection) -> None:
    try:
        sql.execute(connection, "SET SESSION foreign_key_checks = 1")
        if sql.value(connection, "SELECT @@SESSION.foreign_key_checks") != 1:
            raise SessionLawError(
                "foreign_key_checks could not be turned on again, so the connection was closed and nothing of its transaction was committed",
                "If parloader connects through a proxy, connect to the server directly",
            )
    except BaseException:
        error_codes.close(connection)
        raise


def server_info(connection: Connection) -> ServerInfo:
    """Reads the facts about the server."""
    packet, directory, hostname, sql_mode, local_infile, autoinc_lock_mode, buffer_pool = sql.row(
        connection,
        "SELECT @@max_allowed_packet, @@datadir, @@hostname, @@SESSION.sql_mode, @@GLOBAL.local_infile, @@innodb_autoinc_lock_mode, "
        "@@innodb_buffer_pool_size",
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
        buffer_pool_bytes=buffer_pool,
        splits_load_data=connection.in_cluster and cluster.splits_load_data(connection),
    )


def logs_statements(connection: Connection) -> bool:
    """Whether replicas repeat this session's statements, instead of its changes of rows."""
    variables = dict(sql.rows(connection, "SHOW SESSION VARIABLES WHERE variable_name IN ('log_bin', 'binlog_format')"))
    return variables.get("log_bin") == "ON" and variables.get("binlog_format") == "STATEMENT"


def measured(target: Target, connection: Connection) -> Target:
    """The target, with the round trip that this connection to it has measured: it decides whether the connections of workers are compressed."""
    return replace(target, round_trip_seconds=connection.round_trip_seconds)


def described(target: Target, connection: Connection) -> str:
    """The server and the target, for a message; `connection`: any one to it."""
    compressed = target.compresses and connection.offers_compression
    round_trip = (
        f"; compressed, because a round trip takes {connection.round_trip_seconds * 1000:.0f} ms"
        if target.compress is Compress.AUTO
        else "; compressed"
    )
    return f"{target}{round_trip if compressed else ''}"


def require_writable(connection: Connection, target: Target) -> None:
    """ServerNotSupported if the server is read-only."""
    if sql.value(connection, "SELECT @@GLOBAL.read_only"):
        raise ServerNotSupported(f"the server at {target.where} is read-only", "Connect to the primary, or turn read_only off")
