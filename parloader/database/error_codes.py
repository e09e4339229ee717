"""The meaning of MySQL's and MariaDB's error numbers (error_numbers.py), and the parloader error that each becomes."""

import contextlib
import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import pymysql

from parloader.database import error_numbers as numbers
from parloader.database.error_numbers import Known
from parloader.database.grants import how_to_grant
from parloader.errors import (
    ConnectError,
    DiskFull,
    ParloaderError,
    PrivilegeMissing,
    SchemaMismatch,
    ServerNotSupported,
    SessionLawError,
    WriteFailed,
)


def numbers_of(*groups: tuple[Known, ...]) -> frozenset[int]:
    return frozenset(known.number for group in groups for known in group)


LOCKED = numbers_of(numbers.LOCKED)

DUPLICATE_KEY = numbers_of(numbers.DUPLICATE_KEY)

REFERENCED = numbers_of(numbers.REFERENCED)

ROW_REJECTED = numbers_of(numbers.ROW_REJECTED)

DOCUMENT_ID_REJECTED = numbers_of(numbers.DOCUMENT_ID_REJECTED)

CLIENT_ERRORS = range(2000, 3000)  # reported by the client itself

SHUTTING_DOWN = 1053

NO_PRIVILEGE = numbers_of(numbers.NO_PRIVILEGE)

UNKNOWN_OBJECT = numbers_of(numbers.UNKNOWN_OBJECT)

UNKNOWN_VARIABLE = numbers_of(numbers.UNKNOWN_VARIABLE)

ENGINE_ERROR = numbers_of(numbers.ENGINE_ERROR)

# Errors of a storage engine that mean the same as an error of the server. Sources: errno(3); HA_ERR_… in both servers' my_base.h
ENGINE_ERRORS = {
    12: 1037,  # ENOMEM
    28: 28,  # ENOSPC
    128: 1037,  # HA_ERR_OUT_OF_MEM
    135: 1114,  # HA_ERR_RECORD_FILE_FULL
    136: 1114,  # HA_ERR_INDEX_FILE_FULL
    146: 1205,  # HA_ERR_LOCK_WAIT_TIMEOUT
    147: 1206,  # HA_ERR_LOCK_TABLE_FULL
    149: 1213,  # HA_ERR_LOCK_DEADLOCK
    177: 1637,  # HA_ERR_TOO_MANY_CONCURRENT_TRXS
}


DOCUMENT_ID_ADVICE = (
    "InnoDB takes only values of FTS_DOC_ID above all earlier ones, on MySQL by less than 65,535. If rows with higher values were deleted, "
    "OPTIMIZE TABLE lets it count from the highest existing one again"
)


class Action(Enum):
    """What to do about a driver error in a batch."""

    RETRY = auto()
    """the batch was rolled back: run it again in a new transaction"""
    RECONNECT = auto()
    """it is not known whether the batch was committed, or the server takes no writes now: reconnect, and look it up in the ledger"""
    GIVE_UP = auto()
    """the error is permanent"""


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What a group of error numbers becomes."""

    group: tuple[Known, ...]
    error: type[ParloaderError]
    next_step: str
    """advice that also holds for commands that only read"""
    action: Action = Action.GIVE_UP


# The first group that contains the number counts
MEANINGS = (
    Meaning(group=numbers.NO_PRIVILEGE, error=PrivilegeMissing, next_step=""),  # the privilege that is missing: see translate
    Meaning(
        group=numbers.READ_ONLY,
        error=ServerNotSupported,
        next_step="Connect to a server that takes writes (the primary), or have an administrator turn off the option that the message names",
        action=Action.RECONNECT,
    ),
    Meaning(
        group=numbers.READ_ONLY_FOR_GOOD,
        error=ServerNotSupported,
        next_step="Connect to a server and a database that take writes",
    ),
    Meaning(
        group=numbers.TABLES_LOCKED,
        error=SessionLawError,
        next_step="Perhaps init_connect or a proxy has run LOCK TABLES in this session: remove it there, or connect to the server directly",
    ),
    Meaning(
        group=numbers.DISK_FULL,
        error=DiskFull,
        next_step="The likely cause is a full disk or tablespace. Free space on the server's disk and run the same command again",
    ),
    Meaning(
        group=numbers.UNKNOWN_OBJECT,
        error=SchemaMismatch,
        next_step="Perhaps the schema was changed while parloader was running; parloader plan shows the current one",
    ),
    Meaning(
        group=numbers.LOCAL_INFILE_OFF,
        error=ServerNotSupported,
        next_step="Ask an administrator to SET GLOBAL local_infile = 1, or use --writer insert",
    ),
    Meaning(
        group=numbers.LOCKED,
        error=WriteFailed,
        next_step="Another session locks these rows, or has changed them; run the same command again when it has finished",
        action=Action.RETRY,
    ),
    Meaning(
        group=numbers.QUERY_KILLED,
        error=WriteFailed,
        next_step="Somebody or a time limit ended the statement; run the same command again",
        action=Action.RETRY,
    ),
    Meaning(
        group=numbers.EXHAUSTED,
        error=WriteFailed,
        next_step="Use a smaller --batch, or run the same command again when the server has less to do",
        action=Action.RETRY,
    ),
    Meaning(
        group=numbers.UNKNOWN_OUTCOME,
        error=WriteFailed,
        next_step="Run the same command again: the ledger shows it whether this transaction was committed",
        action=Action.RECONNECT,
    ),
    Meaning(
        group=numbers.DUPLICATE_ROW,
        error=WriteFailed,
        next_step="Another row has the same key; was it added during the run? parloader plan shows the values that the plan uses",
    ),
    Meaning(
        group=numbers.FOREIGN_KEY,
        error=WriteFailed,
        next_step="A referenced row does not exist, or another row still references this one; parloader plan shows the expected schema",
    ),
    Meaning(
        group=numbers.ROW_REJECTED,
        error=WriteFailed,
        next_step="The table or one of its triggers rejects a row; parloader plan shows the constraints that the plan takes into account",
    ),
    Meaning(
        group=numbers.CONNECTION_LIMIT,
        error=ConnectError,
        next_step="Run the same command again when other connections have ended, or ask an administrator to raise the limit",
        action=Action.RECONNECT,
    ),
    Meaning(
        group=numbers.NODE_NOT_READY,
        error=ConnectError,
        next_step="A node of a cluster refuses statements while it has no quorum or joins; run the same command again when it accepts them",
        action=Action.RECONNECT,
    ),
    Meaning(
        group=numbers.ABORTED,
        error=ConnectError,
        next_step="The server ended the connection for the reason in parentheses; its error log says more",
        action=Action.RECONNECT,
    ),
    Meaning(
        group=numbers.CONNECTION_LOST,
        error=ConnectError,
        next_step="When the server is back, run the same command again",
        action=Action.RECONNECT,
    ),
    Meaning(group=numbers.DOCUMENT_ID_REJECTED, error=WriteFailed, next_step=DOCUMENT_ID_ADVICE),
    Meaning(
        group=numbers.TOO_LARGE,
        error=WriteFailed,
        next_step="Use a smaller --batch, or ask an administrator to raise the limit that the message names",
    ),
    Meaning(group=numbers.DAMAGED, error=WriteFailed, next_step="The server cannot use the table; its error log says why"),
    Meaning(
        group=numbers.ENGINE_ERROR, error=WriteFailed, next_step="The storage engine reported an error; the server's error log says why"
    ),
)

BY_NUMBER = {known.number: meaning for meaning in reversed(MEANINGS) for known in meaning.group}

UNEXPECTED = "Fix the cause and run the same command again"


# ER_TABLE_EXISTS_ERROR
TABLE_EXISTS = 1050


def error_number(error: pymysql.Error) -> int:
    """The error's number; 0 if it has none."""
    return error.args[0] if error.args and isinstance(error.args[0], int) else 0


def server_message(error: pymysql.Error) -> str:
    """The server's message (it never contains a password)."""
    return f"{error.args[1]} (error {error_number(error)})" if len(error.args) > 1 and error.args[1] else "the connection is closed"


def _meaning(error: pymysql.Error) -> Meaning | None:
    """What the error means; None: it is in no group. A storage engine's own error number is the first one in the server's message."""
    number = error_number(error)
    if number in ENGINE_ERROR and (engine_number := re.search(r"\d+", str(error.args[-1]))):
        number = ENGINE_ERRORS.get(int(engine_number[0]), number)
    return BY_NUMBER.get(number)


def classify(error: pymysql.Error) -> Action:
    meaning = _meaning(error)
    return meaning.action if meaning else Action.GIVE_UP


def is_refusal(error: pymysql.Error) -> bool:
    """Whether a server that is running has refused a connection, and not the client failed to reach it."""
    number = error_number(error)
    return number > 0 and number not in CLIENT_ERRORS and number != SHUTTING_DOWN


def is_conflict(error: pymysql.Error) -> bool:
    """Whether another transaction was first: a deadlock, a failed certification or a lock wait."""
    return error_number(error) in LOCKED


def is_row_rejected(error: pymysql.Error) -> bool:
    return error_number(error) in ROW_REJECTED


def is_about_values(error: pymysql.Error) -> bool:
    """Whether other values of the row could help: it violates a constraint, or a column cannot store it. A trigger can raise such an error as well."""
    meaning = _meaning(error)
    return meaning is None or meaning.group in (numbers.ROW_REJECTED, numbers.DUPLICATE_ROW, numbers.FOREIGN_KEY)


def is_referenced(error: pymysql.Error) -> bool:
    """Whether a row or table could not be deleted or dropped, because a foreign key references it."""
    return error_number(error) in REFERENCED


def is_duplicate_key(error: pymysql.Error) -> bool:
    return error_number(error) in DUPLICATE_KEY


def is_privilege_missing(error: pymysql.Error) -> bool:
    return error_number(error) in NO_PRIVILEGE


def is_unknown_variable(error: pymysql.Error) -> bool:
    return error_number(error) in UNKNOWN_VARIABLE


def is_table_there_already(error: pymysql.Error) -> bool:
    return error_number(error) == TABLE_EXISTS


def is_table_missing(error: pymysql.Error) -> bool:
    return error_number(error) in UNKNOWN_OBJECT


def suppress_driver_errors() -> contextlib.suppress:
    """A context for the end of a connection: the server of a lost one rolls back, unlocks and closes it without being asked."""
    return contextlib.suppress(pymysql.Error, OSError)


def rollback(connection: Any) -> None:
    """Rolls back the transaction. If the server does not (KILL QUERY ends ROLLBACK as well), closes the connection, which has the same effect.

    Otherwise the next transaction on this connection would contain the statements of this one.
    """
    try:
        connection.rollback()
    except (pymysql.Error, OSError):
        close(connection)


def close(connection: Any) -> None:
    with suppress_driver_errors():
        connection.close()


def advice(error: pymysql.Error) -> str:
    """The next step after the error, if it does not depend on the account."""
    meaning = _meaning(error)
    return (meaning and meaning.next_step) or UNEXPECTED


def translate(error: pymysql.Error, doing: str, *, database: str) -> ParloaderError:
    """The parloader error for a driver error that ended `doing`. Target.translate knows the database."""
    message = f"{doing}: {server_message(error)}"
    if meaning := _meaning(error):
        if meaning.group is numbers.NO_PRIVILEGE:
            return meaning.error(message, how_to_grant(str(error.args[-1]), getattr(error, "account", ""), database))
        return meaning.error(message, meaning.next_step)
    return WriteFailed(message, UNEXPECTED)
