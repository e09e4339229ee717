"""Tells whether a transaction of an application's own driver is still the one that it was: a savepoint ends with its transaction."""

from typing import Any

import pymysql

from parloader.database import error_codes

MARK = "parloader_test"

# ER_SP_DOES_NOT_EXIST: "SAVEPOINT … does not exist", or "PROCEDURE …"
NO_SAVEPOINT = 1305


def mark(cursor: Any) -> None:
    """Marks the transaction, beginning one if there is none. `cursor`: a cursor of the DB-API (PEP 249)."""
    cursor.execute(f"SAVEPOINT {MARK}")


def is_marked(cursor: Any) -> bool:
    """Whether the transaction is the marked one. Takes back what was done in it. True also if the connection is lost, since nothing was committed."""
    try:
        cursor.execute(f"ROLLBACK TO SAVEPOINT {MARK}")
    except pymysql.Error as error:
        return not is_savepoint_missing(error)
    return True


def is_savepoint_missing(error: object) -> bool:
    """Whether a savepoint has ended with its transaction. `error`: that of the driver."""
    return isinstance(error, pymysql.Error) and error_codes.error_number(error) == NO_SAVEPOINT and "SAVEPOINT" in str(error.args[-1])
