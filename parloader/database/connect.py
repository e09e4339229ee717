"""Connections: where to, the session laws, and the facts of the server.

Law 4: every session sets the checks on and reads them back; one that cannot have them is refused.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, unquote

import pymysql

from parloader.database import failures, sql
from parloader.database.tls import Tls, ssl_mode
from parloader.database.wire import Connection
from parloader.errors import ParloaderError, ServerNotSupported, SessionLawError

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
# the first versions that enforce CHECK constraints (MySQL 8.0.16 release notes; MariaDB 10.2.1 release notes)
MYSQL_MINIMUM = (8, 0, 16)
MARIADB_MINIMUM = (10, 2, 1)
# No limit: the largest number that the variable takes, and its default (MySQL manual, "sql_select_limit")
NO_LIMIT = 2**64 - 1
SQL_MODE = ("STRICT_TRANS_TABLES", "STRICT_ALL_TABLES", "ERROR_FOR_DIVISION_BY_ZERO", "NO_AUTO_VALUE_ON_ZERO", "NO_ENGINE_SUBSTITUTION")


class Kind(StrEnum):
    MARIADB = "MariaDB"
    MYSQL = "MySQL"


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where to connect and as whom. Crosses the process boundary; its text never shows the password."""

    user: str
    database: str
    password: str = field(default="", repr=False)
    host: str = "localhost"
    port: int = 3306
    unix_socket: str | None = None
    tls: Tls = field(default_factory=Tls)

    @property
    def where(self) -> str:
        return self.unix_socket or f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.database} at {self.where} as {self.user}"

    def explained(self, doing: str) -> Any:
        """A context: driver errors leave it as errors of ours."""
        return failures.explained(doing, self.user, self.database)

    def explain(self, error: pymysql.Error, doing: str) -> ParloaderError:
        return failures.explain(error, doing, self.user, self.database)


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """What a URL may leave unsaid; None: nothing is known of it. Its text never shows the password."""

    user: str | None = None
    password: str | None = field(default=None, repr=False)
    host: str | None = None
    port: int | None = None
    unix_socket: str | None = None
    database: str | None = None
    tls: Tls = field(default_factory=Tls)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the server says of itself."""

    kind: Kind
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


# Not urllib's urlsplit: it takes a / in a password for the end of the host, and what follows would be shown
URL_PARTS = re.compile(
    r"""
    (?P<scheme>[\w+]+)://
    (?:(?P<user>[^:/]*)(?::(?P<password>[^@]*))?@)?
    (?:\[(?P<ipv6>[^/?]+)\]|(?P<host>[^/:?]+))?
    (?::(?P<port>[^/?]*))?
    (?:/(?P<database>[^?]*))?
    (?:\?(?P<query>.*))?
    """,
    re.VERBOSE | re.DOTALL,
)
URL_PARAMETERS = ("unix_socket", "ssl-mode", "ssl-ca", "ssl-cert", "ssl-key")


def parse_url(url: str, defaults: Defaults = Defaults(), tls: Tls = Tls()) -> Target:  # noqa: B008  both are frozen
    """The target that a URL names: mysql:// or mariadb://, with or without a driver, with the parameters unix_socket and ssl-….

    `defaults` fill in what it leaves unsaid; `tls` is what was said beside it. UsageError says what is wrong, and never shows the password.
    """
    if url.count("@") > 1:
        raise failures.bad_url("the URL has an @ that is not written as %40")
    try:
        url.encode()  # a command line may hold bytes that are no text
        parts = URL_PARTS.fullmatch(url)
        given_port = int(parts["port"]) if parts and parts["port"] else None
    except ValueError:
        parts = None
    if parts is None:
        raise failures.bad_url("the URL is not one") from None  # the cause quotes parts of it: perhaps the password
    if given_port is not None and not 0 < given_port < 65536:
        raise failures.bad_url("the URL has a port that is none; valid are 1 to 65535")
    scheme = parts["scheme"].split("+")[0]
    if scheme not in ("mysql", "mariadb"):
        raise failures.bad_url(f"the URL is for {scheme}, not for mysql or mariadb")
    parameters = _parameters(parse_qsl(parts["query"] or ""))
    given_user, given_password, given_database = (
        None if parts[name] is None else unquote(parts[name]) for name in ("user", "password", "database")
    )
    database, user = given_database or defaults.database, given_user or defaults.user
    if not database:
        raise failures.bad_url("the URL names no database")
    if not user:
        raise failures.bad_url("the URL names no user")
    socket, host = parameters.get("unix_socket"), parts["ipv6"] or parts["host"]
    if not (socket or host):
        host = defaults.host
        socket = defaults.unix_socket if host in (None, "localhost") else None
    said = Tls(
        said_mode=ssl_mode(parameters["ssl-mode"]) if "ssl-mode" in parameters else None,
        ca=parameters.get("ssl-ca"),
        cert=parameters.get("ssl-cert"),
        key=parameters.get("ssl-key"),
    ).and_also(tls, "--ssl-…")
    return Target(
        user=user,
        password=(defaults.password or "") if given_password is None else given_password,
        host=host or "localhost",
        port=given_port or defaults.port or 3306,
        database=database,
        unix_socket=socket,
        tls=(said if socket else said.over(defaults.tls)).checked(),  # a file's general wish is not meant for a socket
    )


def _parameters(query: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Those of a URL, by their name in URL_PARAMETERS; - and _ are the same."""
    found: dict[str, str] = {}
    for given, value in query:
        name = next((known for known in (*URL_PARAMETERS, "charset") if known.replace("-", "_") == given.lower().replace("-", "_")), None)
        if name is None:
            raise failures.bad_url(f"the URL has the parameter {given}; valid are {', '.join(URL_PARAMETERS)}")
        if name in found:
            raise failures.bad_url(f"the URL has {name} twice")
        found[name] = value
    return found


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
        raise failures.connect_error(error, target.where, target.user, target.database, password_given=bool(target.password)) from error
    try:
        with target.explained("setting up the session"):
            set_laws(connection, autocommit=autocommit, short_lived=short_lived)
        connection.be_patient(answer_timeout_seconds)
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
        failures.close(connection)


def kind_and_version(version_text: str) -> tuple[Kind, tuple[int, ...]]:
    """From the text of VERSION(), e.g. '10.11.19-MariaDB-0+deb12u1' or '9.7.4'."""
    numbers = re.match(r"(?:5\.5\.5-)?(\d+)\.(\d+)\.(\d+)", version_text)
    if not numbers:
        raise ServerNotSupported(f"the server's version {version_text!r} is not one of MySQL or MariaDB", "Use MySQL or MariaDB")
    return Kind.MARIADB if "mariadb" in version_text.lower() else Kind.MYSQL, tuple(int(n) for n in numbers.groups())


def require_version(version_text: str) -> Kind:
    """The server's kind. ServerNotSupported where it is too old to enforce CHECK constraints."""
    kind, version = kind_and_version(version_text)
    minimum = MARIADB_MINIMUM if kind is Kind.MARIADB else MYSQL_MINIMUM
    if version < minimum:
        raise ServerNotSupported(
            f"{kind} {'.'.join(map(str, version))} does not enforce CHECK constraints", f"Use {kind} {'.'.join(map(str, minimum))} or newer"
        )
    return kind


def set_laws(connection: Connection, *, autocommit: bool = True, short_lived: bool = False) -> None:
    """Sets the session laws and reads them back. SessionLawError names the one that does not hold.

    A session begins with the server's global values, changed by init_connect unless the account is an administrator's. So nothing
    is left to them that decides which rows a SELECT returns, whether a statement commits, or how long one may take.
    """
    # An explicit LIMIT overrides sql_select_limit, which may be 0 until it is set below
    kind = require_version(sql.value(connection, "SELECT VERSION() LIMIT 1"))
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
    if kind is Kind.MARIADB:
        laws["check_constraint_checks"] = "1"
        laws["max_statement_time"] = "0"
    else:
        laws["max_execution_time"] = "0"
        laws["information_schema_stats_expiry"] = "0"  # else AUTO_INCREMENT and table sizes are up to a day old
    sql.execute(connection, "SET NAMES utf8mb4")
    sql.execute(connection, "SET " + ", ".join(f"SESSION {name} = {to}" for name, to in laws.items()))
    names = [*laws, "character_set_client", "character_set_connection"]
    found = dict(zip(names, sql.row(connection, "SELECT " + ", ".join(f"@@SESSION.{name}" for name in names)), strict=True))
    for name, wanted in laws.items():
        value = found[name]
        there = f"{value:g}" if isinstance(value, float) else str(value)  # max_statement_time is in seconds, with fractions
        if name == "sql_mode" and not set(SQL_MODE) <= set(there.split(",")):
            raise _broken(name, modes, there)
        if name != "sql_mode" and there != wanted.strip("'"):
            raise _broken(name, wanted, there)
    for name in ("character_set_client", "character_set_connection"):
        if found[name] != "utf8mb4":
            raise _broken(name, "utf8mb4", found[name])


def _broken(name: str, wanted: str, found: object) -> SessionLawError:
    return SessionLawError(
        f"the session needs {name} = {wanted}, but the server keeps it at {found}",
        "Connect to the server itself, without a proxy that changes session variables",
    )


def facts(connection: Connection) -> Facts:
    """What the server says of itself."""
    version_text, packet, directory, hostname, sql_mode, local_infile, autoinc_lock_mode, connection_id = sql.row(
        connection,
        "SELECT VERSION(), @@max_allowed_packet, @@datadir, @@hostname, @@SESSION.sql_mode, @@GLOBAL.local_infile, @@innodb_autoinc_lock_mode, CONNECTION_ID()",
    )
    kind, version = kind_and_version(version_text)
    return Facts(
        kind=kind,
        version=version,
        version_text=version_text,
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
