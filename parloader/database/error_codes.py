"""What a driver error means. The only place that knows error numbers.

Numbers: MySQL "Server Error Message Reference" and "Client Error Message Reference"; MariaDB Knowledge Base "MariaDB Error Code Reference".
"""

import contextlib
import errno
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from typing import Any

import pymysql

from parloader.errors import (
    ConnectError,
    DiskFull,
    LoginRefused,
    ParloaderError,
    PrivilegeMissing,
    SchemaMismatch,
    ServerNotSupported,
    UsageError,
    WriteFailed,
)
from parloader.schema.model import quote_identifier


class Action(Enum):
    RETRY = auto()  # the batch was rolled back: again, in a new transaction
    RECONNECT = auto()  # the connection is gone and what became of the batch unknown: connect, look it up in the ledger
    GIVE_UP = auto()


LOCKED = {1205, 1213, 1020}  # lock wait timeout, deadlock; MariaDB: the row was changed by others (innodb_snapshot_isolation)

QUERY_KILLED = {1317}

CONNECTION_LOST = {
    0,  # PyMySQL: the socket is closed already
    1040,  # too many connections
    1053,  # server shutdown in progress
    1927,  # MariaDB: connection was killed
    2002,
    2003,
    2006,
    2013,
    2055,
    3169,  # MySQL: session was killed
    4031,  # MySQL: disconnected after inactivity
    1077,  # normal shutdown
    1079,
    1152,
    1158,
    1159,
    1160,
    1161,
}

DUPLICATE_KEY = {1062}

NO_PRIVILEGE = {1044, 1142, 1143, 1227, 1370, 1410}

READ_ONLY = {1290, 1792, 1836}

DISK_FULL = {1021, 1114, 1030, 3, 28}

UNKNOWN_OBJECT = {1146, 1054, 1049, 1109}

LOGIN_REFUSED = {1045, 1698, 1862, 1820, 1251, 1524, 2059, 2061, 1873, 3118, 4151, 1396}

CONSTRAINT = {1452, 1451, 1216, 1217, 3819, 4025, 1062, 1048, 1364}

TOO_LARGE = {1153}

LOCAL_INFILE_OFF = {1148, 3948, 4166}

NO_SUCH_THREAD = {1094}

NO_TLS = {2026}


def error_number(error: pymysql.Error) -> int:
    return error.args[0] if error.args and isinstance(error.args[0], int) else 0


def server_message(error: pymysql.Error) -> str:
    """The server's own words (they never hold a password)."""
    return f"{error.args[1]} (error {error_number(error)})" if len(error.args) > 1 and error.args[1] else "the connection is closed"


def classify(error: pymysql.Error) -> Action:
    if error_number(error) in LOCKED | QUERY_KILLED:
        return Action.RETRY
    return Action.RECONNECT if error_number(error) in CONNECTION_LOST else Action.GIVE_UP


def is_duplicate_key(error: pymysql.Error) -> bool:
    return error_number(error) in DUPLICATE_KEY


def is_privilege_missing(error: pymysql.Error) -> bool:
    return error_number(error) in NO_PRIVILEGE


def is_table_missing(error: pymysql.Error) -> bool:
    return error_number(error) in UNKNOWN_OBJECT


def suppress_driver_errors() -> contextlib.suppress:
    """For what is said to a connection at its end: one that is gone has rolled back, unlocked and closed by itself."""
    return contextlib.suppress(pymysql.Error, OSError)


def rollback(connection: Any) -> None:
    with suppress_driver_errors():
        connection.rollback()


def close(connection: Any) -> None:
    with suppress_driver_errors():
        connection.close()


def translate(error: pymysql.Error, doing: str, account: str, database: str) -> ParloaderError:
    """The error of ours for a driver error that nothing can be done about, met while `doing` something."""
    code = error_number(error)
    message = f"{doing}: {server_message(error)}"
    if code in NO_PRIVILEGE:
        return PrivilegeMissing(
            message,
            f"parloader needs SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES and LOCK TABLES on {database}; "
            f"an administrator can grant what is missing to {account}",
        )
    if code in READ_ONLY:
        return ServerNotSupported(message, "Use a server that takes writes (a primary, with read_only off)")
    if code in DISK_FULL:
        return DiskFull(
            message, "Make room on the server's disk and run the same command again: what is committed stays, only the rest is loaded"
        )
    if code in UNKNOWN_OBJECT:
        return SchemaMismatch(message, "The schema changed meanwhile; parloader plan shows how it is now")
    if code in LOCAL_INFILE_OFF:
        return ServerNotSupported(message, "Turn local_infile on (an administrator: SET GLOBAL local_infile = 1), or use --writer insert")
    if code in LOCKED:
        return WriteFailed(message, "Another session holds locks there; run the same command again when it has ended")
    if code in CONSTRAINT:
        return WriteFailed(
            message, "A constraint of the schema or a row of somebody's stands against the plan; parloader plan shows what it expects"
        )
    if code in CONNECTION_LOST:
        return ConnectError(
            message, "When the server is back, run the same command again: what is committed stays, only the rest is loaded"
        )
    return WriteFailed(message, "Nothing of it was committed; run the same command again when the cause is mended")


@contextmanager
def translate_errors(doing: str, account: str, database: str) -> Iterator[None]:
    """Driver errors leave the block as errors of ours."""
    try:
        yield
    except pymysql.Error as error:
        raise translate(error, doing, account, database) from error


def connect_error(error: Exception, where: str, account: str, database: str, *, password_given: bool = True) -> ParloaderError:
    """The error of ours for a connection that could not be made. `where` is host and port, or the socket."""
    if isinstance(error, pymysql.Error):
        code, cause = error_number(error), getattr(error, "original_exception", None)
    else:
        code, cause = 2003, error
    if isinstance(cause, socket.gaierror | UnicodeError):  # UnicodeError: no host name at all (a label that is empty or too long)
        return unknown_host(where)
    if isinstance(cause, ConnectionRefusedError | FileNotFoundError):
        return ConnectError(
            f"no server listens at {where}",
            "Start it, or correct host, port or unix_socket in --url; without --url parloader runs a server of its own",
        )
    if isinstance(cause, ssl.SSLCertVerificationError):
        return ConnectError(
            f"the certificate of {where} is not trusted: {cause.verify_message}",
            "Check --ssl-ca and the host name in --url; if both are right, somebody else may be answering there",
        )
    if isinstance(cause, ssl.SSLError):
        return ConnectError(
            f"no TLS connection with {where}: {cause.reason or 'it ended in the middle'}", "Check --ssl-mode and what the server is set to"
        )
    if code in NO_TLS:
        return ConnectError(
            f"{where} offers no TLS, which the ssl-mode asks for; nothing was sent",
            "Turn TLS on at the server, or choose another --ssl-mode",
        )
    if isinstance(cause, TimeoutError):
        return ConnectError(f"no answer from {where}", "Check host, port and firewall")
    if isinstance(cause, OSError):
        return ConnectError(f"cannot reach {where}: {errno.errorcode.get(cause.errno or 0, 'error')}", "Check host and port in --url")
    if code in LOGIN_REFUSED:
        return LoginRefused(
            f"{where} refuses the login of {account}: {message_of(error)}",
            "Check user and password"
            if password_given
            else "No password was given: put it into --url or PARLOADER_URL, or into ~/.my.cnf, or let --ask-password ask for it",
        )
    if code == 1049:
        return LoginRefused(
            f"there is no database {database} at {where}",
            f"Create it (CREATE DATABASE {quote_identifier(database)}) or correct the name in --url",
        )
    if code == 1044:
        return LoginRefused(
            f"{account} may not use the database {database} at {where}", "An administrator can grant it, or correct the name in --url"
        )
    return ConnectError(
        f"cannot connect to {where}: {message_of(error)}", "Check that a MySQL or MariaDB server answers there and takes connections"
    )


def unknown_host(where: str) -> ConnectError:
    return ConnectError(f"unknown host in {where}", "Check the host name in --url")


def message_of(error: Exception) -> str:
    return server_message(error) if isinstance(error, pymysql.Error) else type(error).__name__


def bad_url(what: str) -> UsageError:
    return UsageError(what, "Write it as mysql://USER:PASSWORD@HOST[:PORT]/DATABASE or mysql://USER@localhost/DATABASE?unix_socket=/PATH")
