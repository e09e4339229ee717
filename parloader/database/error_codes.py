"""The meaning of MySQL's and MariaDB's error numbers, and the parloader error that each becomes. No other module knows error numbers.

Numbers: MySQL "Server Error Message Reference" and "Client Error Message Reference"; MariaDB Knowledge Base "MariaDB Error Code Reference".
"""

import contextlib
import errno
import socket
import ssl
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import pymysql

from parloader.database.grants import how_to_grant
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

LOCKED = {
    1020,  # MariaDB: another transaction changed the row (innodb_snapshot_isolation)
    1205,  # lock wait timeout
    1213,  # deadlock
}

QUERY_KILLED = {1317}  # query execution was interrupted

CONNECTION_LOST = {
    0,  # PyMySQL: the socket is already closed
    1040,  # too many connections
    1053,  # server shutdown in progress
    1077,  # normal shutdown
    1079,  # shutdown complete
    1152,  # aborted connection
    1158,  # error reading packets
    1159,  # timeout reading packets
    1160,  # error writing packets
    1161,  # timeout writing packets
    1927,  # MariaDB: connection was killed
    2002,  # cannot connect through a Unix socket
    2003,  # cannot connect over TCP
    2006,  # server has gone away
    2013,  # connection lost during a query
    2055,  # connection lost, with the system's error
    3169,  # MySQL: session was killed
    4031,  # MySQL: disconnected after inactivity
}

DUPLICATE_KEY = {1062}

FOREIGN_KEY = {
    1216,  # no such parent row (older servers)
    1217,  # a child row references it (older servers)
    1451,  # a child row references it
    1452,  # no such parent row
}

REFERENCED = {
    1217,  # a child row references it, or for DROP TABLE a table (MariaDB)
    1451,  # the same
    3730,  # MySQL: DROP TABLE of a table that a foreign key references
}

ROW_REJECTED = {
    1048,  # NULL in a NOT NULL column
    1364,  # no value for a column without a default
    3819,  # MySQL: CHECK violated
    4025,  # MariaDB: CHECK violated
}

NO_PRIVILEGE = {
    1044,  # on the database
    1142,  # on the table
    1143,  # on the column
    1227,  # global or dynamic, such as SUPER
    1370,  # on the routine
    1410,  # to grant privileges to a new account
}

READ_ONLY = {
    1290,  # the server runs with --read-only (or another option that forbids the statement)
    1792,  # read-only transaction
    1836,  # read-only mode
}

DISK_FULL = {
    3,  # error writing a file
    28,  # no space left on device
    1021,  # disk full
    1030,  # error from the storage engine
    1114,  # the table is full
}

UNKNOWN_OBJECT = {
    1049,  # database
    1054,  # column
    1109,  # table, in a statement with several
    1146,  # table
}

LOGIN_REFUSED = {
    1045,  # access denied
    1251,  # the client does not support the authentication protocol
    1396,  # the operation failed for this account
    1524,  # authentication plugin not loaded
    1698,  # access denied, without a password
    1820,  # the password must be changed first
    1862,  # the password has expired
    1873,  # access denied while changing the user
    2059,  # the client cannot load the authentication plugin
    2061,  # the authentication plugin failed
    3118,  # MySQL: account locked
    4151,  # MariaDB: account locked
}

NO_DATABASE_ACCESS = 1044

UNKNOWN_DATABASE = 1049

CANNOT_CONNECT = 2003

DOCUMENT_ID_REJECTED = {182}  # InnoDB: invalid FTS_DOC_ID

TOO_LARGE = {1153}  # a packet larger than max_allowed_packet

LOCAL_INFILE_OFF = {
    1148,  # the command is not allowed
    3948,  # MySQL: loading local data is disabled
    4166,  # MariaDB: loading local data is disabled
}

NO_TLS = {2026}  # the server does not support TLS


DOCUMENT_ID_ADVICE = (
    "InnoDB takes only values of FTS_DOC_ID above every committed one, on MySQL by less than 65,535. If rows with higher values were deleted, "
    "OPTIMIZE TABLE lets it count from the highest existing one again"
)


class Action(Enum):
    """What to do about a driver error in a batch."""

    RETRY = auto()  # the batch was rolled back: run it again in a new transaction
    RECONNECT = auto()  # the connection is lost, and with it whether the batch was committed: reconnect and look it up in the ledger
    GIVE_UP = auto()


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What a group of error numbers becomes."""

    codes: set[int]
    error: type[ParloaderError]
    next_step: str


# The first group that contains the number counts
MEANINGS = (
    Meaning(codes=NO_PRIVILEGE, error=PrivilegeMissing, next_step=""),  # the privilege that is missing: see translate
    Meaning(codes=READ_ONLY, error=ServerNotSupported, next_step="Connect to a server that takes writes: a primary with read_only off"),
    Meaning(
        codes=DISK_FULL,
        error=DiskFull,
        next_step="Free space on the server's disk and run the same command again: committed rows are kept, only the rest is done",
    ),
    Meaning(
        codes=UNKNOWN_OBJECT,
        error=SchemaMismatch,
        next_step="The schema has changed while parloader was running; parloader plan shows the current one",
    ),
    Meaning(
        codes=LOCAL_INFILE_OFF,
        error=ServerNotSupported,
        next_step="Ask an administrator to SET GLOBAL local_infile = 1, or use --writer insert",
    ),
    Meaning(
        codes=LOCKED,
        error=WriteFailed,
        next_step="Another session locks these rows; run the same command again when it has finished",
    ),
    Meaning(
        codes=DUPLICATE_KEY,
        error=WriteFailed,
        next_step="Another row has the same key; was it added during the run? parloader plan shows the values that the plan uses",
    ),
    Meaning(
        codes=FOREIGN_KEY,
        error=WriteFailed,
        next_step="A referenced row does not exist, or another row still references this one; parloader plan shows the expected schema",
    ),
    Meaning(
        codes=ROW_REJECTED,
        error=WriteFailed,
        next_step="A constraint of the table rejects a row; parloader plan shows the constraints that the plan takes into account",
    ),
    Meaning(
        codes=CONNECTION_LOST,
        error=ConnectError,
        next_step="When the server is back, run the same command again: committed rows are kept, only the rest is done",
    ),
    Meaning(codes=DOCUMENT_ID_REJECTED, error=WriteFailed, next_step=DOCUMENT_ID_ADVICE),
    Meaning(codes=TOO_LARGE, error=WriteFailed, next_step="Use a smaller --batch, or raise max_allowed_packet on the server"),
)

UNEXPECTED = "This step committed nothing; fix the cause and run the same command again"


def error_number(error: pymysql.Error) -> int:
    """The error's number; 0 if it has none."""
    return error.args[0] if error.args and isinstance(error.args[0], int) else 0


def server_message(error: pymysql.Error) -> str:
    """The server's message (it never contains a password)."""
    return f"{error.args[1]} (error {error_number(error)})" if len(error.args) > 1 and error.args[1] else "the connection is closed"


def classify(error: pymysql.Error) -> Action:
    if error_number(error) in LOCKED | QUERY_KILLED:
        return Action.RETRY
    return Action.RECONNECT if error_number(error) in CONNECTION_LOST else Action.GIVE_UP


def is_document_id_rejected(error: pymysql.Error) -> bool:
    return error_number(error) in DOCUMENT_ID_REJECTED


def is_duplicate_key(error: pymysql.Error) -> bool:
    return error_number(error) in DUPLICATE_KEY


def is_privilege_missing(error: pymysql.Error) -> bool:
    return error_number(error) in NO_PRIVILEGE


def is_referenced(error: pymysql.Error) -> bool:
    """Whether a row or table could not be deleted or dropped, because a foreign key references it."""
    return error_number(error) in REFERENCED


def is_table_missing(error: pymysql.Error) -> bool:
    return error_number(error) in UNKNOWN_OBJECT


def suppress_driver_errors() -> contextlib.suppress:
    """A context for the end of a connection: the server of a lost one rolls back, unlocks and closes it without being asked."""
    return contextlib.suppress(pymysql.Error, OSError)


def rollback(connection: Any) -> None:
    with suppress_driver_errors():
        connection.rollback()


def close(connection: Any) -> None:
    with suppress_driver_errors():
        connection.close()


def translate(error: pymysql.Error, doing: str, *, account: str, database: str) -> ParloaderError:
    """The parloader error for a driver error that ended `doing`. Target.translate knows account and database."""
    message = f"{doing}: {server_message(error)}"
    for meaning in MEANINGS:
        if error_number(error) in meaning.codes:
            if meaning.codes is NO_PRIVILEGE:
                return meaning.error(message, how_to_grant(str(error.args[-1]), getattr(error, "account", ""), database))
            return meaning.error(message, meaning.next_step)
    return WriteFailed(message, UNEXPECTED)


def connect_error(error: Exception, where: str, account: str, database: str, *, password_given: bool = True) -> ParloaderError:
    """The parloader error for a connection attempt that failed. `where` is host and port, or the socket."""
    if isinstance(error, pymysql.Error):
        code, cause = error_number(error), getattr(error, "original_exception", None)
    else:
        code, cause = CANNOT_CONNECT, error
    if code in NO_TLS:
        return ConnectError(
            f"{where} does not support TLS, but the ssl-mode requires it; nothing was sent",
            "Turn TLS on at the server, or use another --ssl-mode",
        )
    if isinstance(cause, OSError | UnicodeError):
        return _network_error(cause, where)
    if code in LOGIN_REFUSED:
        return LoginRefused(
            f"{where} refuses the login of {account}: {_cause(error)}",
            "Check user and password"
            if password_given
            else "No password was given: add it to --url, PARLOADER_URL or ~/.my.cnf, or use --ask-password",
        )
    if code == UNKNOWN_DATABASE:
        return LoginRefused(
            f"database {database} does not exist at {where}",
            f"Create it (CREATE DATABASE {quote_identifier(database)}), or correct its name in --url",
        )
    if code == NO_DATABASE_ACCESS:
        return LoginRefused(
            f"{account} has no access to database {database} at {where}", "Ask an administrator to grant it, or correct its name in --url"
        )
    return ConnectError(
        f"cannot connect to {where}: {_cause(error)}", "Check that a MySQL or MariaDB server is running there and accepts connections"
    )


def _network_error(cause: OSError | UnicodeError, where: str) -> ConnectError:
    """The error for what the socket or its TLS layer raised while connecting."""
    if isinstance(cause, socket.gaierror | UnicodeError):  # UnicodeError: not a host name (a label is empty or too long)
        return unknown_host(where)
    if isinstance(cause, ConnectionRefusedError | FileNotFoundError):
        return ConnectError(
            f"no server listens at {where}",
            "Start it, or correct host, port or unix_socket in --url; without --url, parloader starts its own server",
        )
    if isinstance(cause, ssl.SSLCertVerificationError):
        return ConnectError(
            f"the certificate of {where} is not trusted: {cause.verify_message}",
            "Check --ssl-ca and the host name in --url; if both are right, it may be another server that answers",
        )
    if isinstance(cause, ssl.SSLError):
        return ConnectError(
            f"the TLS handshake with {where} failed: {cause.reason or 'the connection was closed'}",
            "Check --ssl-mode and the TLS settings of the server",
        )
    if isinstance(cause, TimeoutError):
        return ConnectError(f"no answer from {where}", "Check host, port and firewall")
    return ConnectError(f"cannot reach {where}: {errno.errorcode.get(cause.errno or 0, 'error')}", "Check host and port in --url")


def unknown_host(where: str) -> ConnectError:
    return ConnectError(f"unknown host: {where}", "Check the host name in --url")


def bad_url(what: str) -> UsageError:
    return UsageError(what, "Write it as mysql://USER:PASSWORD@HOST[:PORT]/DATABASE or mysql://USER@localhost/DATABASE?unix_socket=/PATH")


def _cause(error: Exception) -> str:
    """The server's message, or the class of an error that is not the driver's (its text may contain secrets)."""
    return server_message(error) if isinstance(error, pymysql.Error) else type(error).__name__
