"""A worker's transactions: repeated after an error, on a new connection if necessary."""

from contextlib import closing

import pytest
from support.servers import Database

from parloader.database import sql
from parloader.database.driver import Connection, DriverError
from parloader.plans.row_ranges import IndexRange
from parloader.workers.events import Event
from parloader.workers.transactions import RetryingConnection, WorkItem

ITEM = WorkItem("writing", "t", IndexRange(0, 2))


class Channel:
    """A parent that only listens."""

    exclusive = True
    share = 1.0
    stopping = False

    def send(self, event: Event) -> None:
        pass

    def wait_for_turn(self, rest_seconds: float = 0.0) -> bool:
        return True


def test_nothing_of_a_transaction_stays_if_its_rollback_is_killed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """KILL QUERY hits a statement, and then ROLLBACK: the server leaves the transaction open."""
    database.execute("CREATE TABLE t (id INT PRIMARY KEY)")
    killed: list[Connection] = []
    attempts: list[int] = []

    def rollback(connection: Connection) -> None:
        killed.append(connection)
        raise DriverError(1317, "Query execution was interrupted")

    def work(connection: Connection) -> None:
        attempts.append(connection.thread_id())
        sql.execute(connection, "INSERT INTO t VALUES (%s)", len(attempts))
        if len(attempts) == 1:
            monkeypatch.setattr(Connection, "rollback", rollback)
            raise DriverError(1317, "Query execution was interrupted")
        monkeypatch.undo()

    with closing(RetryingConnection(Channel(), 1, database.target, retry_seconds=30)) as connection:
        assert connection.run_transaction(ITEM, work)
    assert len(killed) == 1
    assert len(set(attempts)) == 2
    assert database.rows("SELECT id FROM t") == ((2,),)
