"""What others get of a server: its status variables, and how far a replica is behind."""

from collections.abc import Mapping

import pymysql
from pymysql.cursors import DictCursor

from parloader.database import error_codes
from parloader.database.dialects import _replica_status, parse_version
from parloader.database.driver import Connection
from parloader.database.sql import rows
from parloader.database.target import Target
from parloader.errors import PrivilegeMissing, Refused, UsageError

LAG_COLUMNS = ("Seconds_Behind_Source", "Seconds_Behind_Master")


def status_values(connection: Connection, names: tuple[str, ...]) -> Mapping[str, float]:
    """The values of these variables of SHOW GLOBAL STATUS. UsageError names one that is not there, or is no number."""
    found = {name.lower(): text for name, text in rows(connection, "SHOW GLOBAL STATUS WHERE Variable_name IN %s", names)}
    values = {}
    for name in names:
        try:
            values[name] = float(found[name.lower()])
        except KeyError:
            raise UsageError(f"the server has no status variable {name}", "SHOW GLOBAL STATUS lists what --max-load can watch") from None
        except ValueError:
            raise UsageError(f"the status variable {name} is not a number", "SHOW GLOBAL STATUS shows which --max-load can watch") from None
    return values


def lag_seconds(connection: Connection, target: Target) -> float | None:
    """How far this replica is behind its source, the furthest where it has several; None where it does not replicate (it was stopped, or
    has no connection to its source). Refused where it is no replica, PrivilegeMissing."""
    try:
        with connection.cursor(DictCursor) as cursor:
            cursor.execute(_replica_status(*parse_version(connection.version_text)))
            sources = cursor.fetchall()
    except pymysql.Error as error:
        if not error_codes.is_privilege_missing(error):
            raise
        raise PrivilegeMissing(
            f"{target.user} may not ask {target.where} how far it is behind: {error_codes.server_message(error)}",
            "An administrator can grant it: GRANT REPLICATION CLIENT ON *.* (MariaDB from 10.5 on: REPLICA MONITOR)",
        ) from error
    if not sources:
        raise Refused(
            f"{target.where} is no replica, so it has no lag to watch", "Name a replica with --replica-url, or leave --max-lag away"
        )
    lags = [next(source[column] for column in LAG_COLUMNS if column in source) for source in sources]
    return None if None in lags else max(map(float, lags))
