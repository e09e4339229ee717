"""What has to hold after each step of a round of scripts/soak. Each check counts what it finds, and raises Finding if that breaks a guarantee."""

import contextlib
import json
import time

import soak_application
from soak_application import Application
from soak_report import Round
from support.servers import TestServer

from parloader.database import sql
from parloader.database.driver import Connection

# Sessions of a command that was killed end after their current batch
QUIET_SECONDS = 60.0


class Finding(Exception):
    """parloader broke one of its guarantees."""


class Checks:
    """Checks a database in which `rows` rows of `table` are seeded. Counts go to `result`."""

    def __init__(self, admin: TestServer, database: str, user: str, table: str, result: Round) -> None:
        self._admin = admin
        self._database = database
        self._user = user
        self._table = table
        self.result = result

    def require(self, holds: bool, problem: str) -> None:
        if not holds:
            self.result.problems.append(problem)
            raise Finding(problem)

    def _connection(self) -> contextlib.AbstractContextManager[Connection]:
        return self._admin.connection(self._database)

    def _quiet(self, connection: Connection) -> None:
        """Waits until no session of parloader is left."""
        end = time.monotonic() + QUIET_SECONDS
        while left := sql.rows(connection, "SELECT id, info FROM information_schema.processlist WHERE user = %s", self._user):
            if time.monotonic() > end:
                self.result.orphans += len(left)
                self.require(False, f"sessions are left: {left}")
            time.sleep(0.02)

    def _made(self, connection: Connection) -> dict[str, int]:
        """Table → rows that the run creates, as its ledger says."""
        made = sql.rows(connection, "SELECT table_name, details FROM parloader_table")
        return {name: sum(stop - start for start, stop in json.loads(details)["made"]) for name, details in made}

    def _count(self, connection: Connection, table: str) -> int:
        """The rows of a table that are not the application's."""
        if table == "team":
            return int(sql.value(connection, "SELECT COUNT(*) FROM team WHERE id > 1"))
        column, _ = soak_application.ROWS[table]
        return int(sql.value(connection, f"SELECT COUNT(*) FROM {table} WHERE {column} NOT LIKE 'app %%'"))

    def require_rows(self) -> None:
        """Every row is there once."""
        with self._connection() as connection:
            self._quiet(connection)
            made = self._made(connection)
            self.require(made.get(self._table) == self.result.rows, f"the run is about {made}")
            for table, rows in made.items():
                found = self._count(connection, table)
                self.result.lost += max(0, rows - found)
                self.result.doubled += max(0, found - rows)
                self.require(found == rows, f"{table} has {found:,} of {rows:,} rows")
        self.require_no_half_batch()

    def require_no_half_batch(self) -> None:
        """As many rows as the ledger lists: each batch is there entirely, or not at all."""
        with self._connection() as connection:
            self._quiet(connection)
            if not sql.rows(connection, "SHOW TABLES LIKE 'parloader_batch'"):
                return
            listed = dict(sql.rows(connection, "SELECT table_name, SUM(row_count) FROM parloader_batch GROUP BY table_name"))
            table = self._table
            rows, found = int(listed.get(table, 0)), self._count(connection, table)
            self.result.lost += max(0, rows - found)
            self.result.doubled += max(0, found - rows)
            self.require(found == rows, f"{table} has {found:,} rows, the ledger lists {rows:,}")

    def require_no_rows(self) -> None:
        """clean has removed every row, and everything that is parloader's."""
        with self._connection() as connection:
            self._quiet(connection)
            left = {table: count for table in (*soak_application.ROWS, "team") if (count := self._count(connection, table))}
            self.result.orphans += sum(left.values())
            self.require(not left, f"clean leaves rows: {left}")
            tables = {name for (name,) in sql.rows(connection, "SHOW TABLES")}
            self.result.orphans += len(tables - set(soak_application.TABLES))
            self.require(tables == set(soak_application.TABLES), f"after clean the tables are {sorted(tables)}")

    def require_untouched(self, application: Application) -> None:
        """The application's rows are as it left them."""
        self.require(application.failure is None, f"the application failed: {application.failure!r}")
        with self._connection() as connection:
            differences = application.differences(connection)
        self.result.touched += len(differences)
        self.require(not differences, f"rows of the application differ: {[str(each) for each in differences[:10]]}")
