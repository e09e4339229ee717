"""Reads the server's load: status variables, and the lag of a replica."""

from collections.abc import Mapping

import pymysql
from pymysql.cursors import DictCursor

from parloader.database import error_codes
from parloader.database.driver import Connection
from parloader.database.sql import rows
from parloader.database.target import Target
from parloader.errors import PrivilegeMissing, Refused, UsageError

LAG_COLUMNS = ("Seconds_Behind_Source", "Seconds_Behind_Master")


def status_values(connection: Connection, names: tuple[str, ...]) -> Mapping[str, float]:
    """The values of these variables of SHOW GLOBAL STATUS. UsageError if one does not exist or is not a number."""
    texts = {name.lower(): text for name, text in rows(connection, "SHOW GLOBAL STATUS WHERE Variable_name IN %s", names)}
    values = {}
    for name in names:
        try:
            values[name] = float(texts[name.lower()])
        except KeyError:
            raise UsageError(
                f"the server has no status variable {name}", "SHOW GLOBAL STATUS lists the variables that --max-load can watch"
            ) from None
        except ValueError:
            raise UsageError(
                f"the status variable {name} is not a number", "--max-load can watch any variable of SHOW GLOBAL STATUS that is a number"
            ) from None
    return values


def lag_seconds(connection: Connection, target: Target) -> float | None:
    """The replica's lag behind its source, the largest one if it has several; None if replication is stopped or has no connection to a source.

    Refused if the server is not a replica. PrivilegeMissing if the account cannot tell.
    """
    try:
        with connection.cursor(DictCursor) as cursor:
            cursor.execute(connection.dialect.replica_status)
            sources = cursor.fetchall()
    except pymysql.Error as error:
        if not error_codes.is_privilege_missing(error):
            raise
        raise PrivilegeMissing(
            f"{target.user} lacks the privilege to read the replication lag of {target.where}: {error_codes.server_message(error)}",
            "Ask an administrator to GRANT REPLICATION CLIENT ON *.* (MariaDB 10.5 or newer: REPLICA MONITOR)",
        ) from error
    if not sources:
        raise Refused(f"{target.where} is not a replica, so it has no lag to watch", "Name a replica with --replica-url, or drop --max-lag")
    lags = [next(source[column] for column in LAG_COLUMNS if column in source) for source in sources]
    return None if None in lags else max(map(float, lags))
