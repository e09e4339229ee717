"""The error of a connection attempt that failed, and of a URL that names no server."""

import errno
import socket
import ssl

import pymysql

from parloader.database import error_numbers as numbers
from parloader.database.error_codes import BY_NUMBER, error_number, numbers_of, server_message
from parloader.errors import ConnectError, ConnectionInterrupted, LoginRefused, ParloaderError, UsageError
from parloader.process_limits import no_file
from parloader.schema.model import quote_identifier

# Why a server refuses a login, also if it is tried again, and what to do about it
LOGIN_REFUSED = (
    (numbers.PASSWORD_EXPIRED, "The password has expired: log in with another client and change it"),
    (numbers.ACCOUNT_LOCKED, "An administrator can unlock the account"),
    (
        numbers.AUTHENTICATION_PLUGIN,
        "The server asks for a way to log in that parloader or the server lacks; an administrator can change the account's",
    ),
    (
        (numbers.HOST_BLOCKED,),
        "An administrator can unblock this machine: FLUSH HOSTS, or on MySQL TRUNCATE TABLE performance_schema.host_cache",
    ),
    ((numbers.HOST_REFUSED,), "An administrator can create the account for this machine"),
    (numbers.WRONG_LOGIN, "Check user and password"),
)

LOGIN_ADVICE = {known.number: advice for group, advice in LOGIN_REFUSED for known in group}


WRONG_LOGIN = numbers_of(numbers.WRONG_LOGIN)

NO_TLS = numbers_of(numbers.NO_TLS)

# A server that answers so is running
ANSWERS = numbers_of(numbers.CONNECTION_LIMIT, numbers.NODE_NOT_READY, numbers.ABORTED)

# The connection was established
LOST = numbers_of(numbers.CONNECTION_LOST) - {2002, 2003}

# ER_SERVER_OFFLINE_MODE: also the end of an existing connection
OFFLINE = 3032

OFFLINE_ADVICE = "An administrator has set offline_mode; run the same command again when it is off"

NO_DATABASE_ACCESS = 1044

UNKNOWN_DATABASE = 1049

CANNOT_CONNECT = 2003

# ER_WRONG_COMPRESSION_ALGORITHM_CLIENT: MySQL's protocol_compression_algorithms lacks `uncompressed`
NOT_COMPRESSED = 3922


def is_login_refused(error: pymysql.Error) -> bool:
    """Whether the server refuses the account, so that another attempt cannot succeed."""
    return error_number(error) in LOGIN_ADVICE


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
    if code in LOGIN_ADVICE:
        return LoginRefused(
            f"{where} refuses the login of {account}: {_cause(error)}",
            "No password was given: add it to --url, PARLOADER_URL or ~/.my.cnf, or use --ask-password"
            if code in WRONG_LOGIN and not password_given
            else LOGIN_ADVICE[code],
        )
    if code == UNKNOWN_DATABASE:
        return LoginRefused(
            f"database {database} does not exist at {where}",
            f"Create it (CREATE DATABASE {quote_identifier(database)}), or correct its name in --url",
        )
    if code == NOT_COMPRESSED:
        return LoginRefused(f"{where} refuses connections that are not compressed", "Use --compress on")
    if code == NO_DATABASE_ACCESS:
        return LoginRefused(
            f"{account} has no access to database {database} at {where}", "Ask an administrator to grant it, or correct its name in --url"
        )
    answered = isinstance(error, pymysql.Error) and code in ANSWERS
    kind = ConnectionInterrupted if code in LOST else ConnectError
    return kind(
        f"cannot connect to {where}: {_cause(error)}",
        OFFLINE_ADVICE
        if code == OFFLINE
        else BY_NUMBER[code].next_step
        if answered
        else "Check that a MySQL or MariaDB server is running there and accepts connections",
    )


def _network_error(cause: OSError | UnicodeError, where: str) -> ParloaderError:
    """The error for what the socket or its TLS layer raised while connecting."""
    if isinstance(cause, OSError) and cause.errno in (errno.EMFILE, errno.ENFILE):
        return no_file()
    if isinstance(cause, socket.gaierror | UnicodeError):  # UnicodeError: not a host name (a label is empty or too long)
        return unknown_host(where, cause)
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
    if isinstance(cause, ConnectionResetError | BrokenPipeError):
        return ConnectionInterrupted(f"the connection to {where} was closed", "Check that a MySQL or MariaDB server is running there")
    if isinstance(cause, TimeoutError):
        return ConnectError(f"no answer from {where}", "Check host, port and firewall")
    return ConnectError(f"cannot reach {where}: {errno.errorcode.get(cause.errno or 0, 'error')}", "Check host and port in --url")


def unknown_host(where: str, cause: OSError | UnicodeError) -> ConnectError:
    """The error for a host name that does not resolve, or is none."""
    if isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_AGAIN:
        return ConnectError(
            f"unknown host: {where}; the name server did not answer", "Check the host name in --url, and whether this machine has a network"
        )
    return ConnectError(f"unknown host: {where}", "Check the host name in --url")


def bad_url(what: str) -> UsageError:
    return UsageError(what, "Write it as mysql://USER:PASSWORD@HOST[:PORT]/DATABASE or mysql://USER@localhost/DATABASE?unix_socket=/PATH")


def _cause(error: Exception) -> str:
    """The server's message, or the class of an error that is not the driver's (its text may contain secrets)."""
    return server_message(error) if isinstance(error, pymysql.Error) else type(error).__name__
