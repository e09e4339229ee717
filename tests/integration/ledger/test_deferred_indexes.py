import threading
from collections.abc import Iterator

import pytest
from support.servers import Database, slow_on_mysql

from parloader.database.driver import Connection
from parloader.errors import AnotherRun, ParloaderError
from parloader.ledger import deferred_indexes, store
from parloader.ledger.control import Holder
from parloader.ledger.deferred_indexes import DeferredIndex
from parloader.schema.index_definitions import MissingIndex

pytestmark = slow_on_mysql("server")

HOLDER = Holder(doing="seed")


def deferred(name: str, *, table: str = "t", position: int = 0, text: str = "") -> DeferredIndex:
    index = MissingIndex(name=name, text=text or f"KEY `{name}` (`{name}`)", position=position, before=None)
    return DeferredIndex(run_id=1, table=table, index=index)


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.connection() as connection:
        store.create(connection)
        deferred_indexes.create(connection)
        HOLDER.write(connection, connection.thread_id())
        yield connection


def test_what_is_recorded_is_read_by_table_and_place(connection: Connection) -> None:
    listed = [deferred("b", position=1), deferred("a", position=2, text="KEY `a` (`a`) COMMENT '50% 🦊'"), deferred("a", table="s")]
    deferred_indexes.record(connection, listed)
    assert deferred_indexes.read(connection) == (listed[2], listed[0], listed[1])
    deferred_indexes.record(connection, [deferred("a", text="KEY `a` (`a`,`b`)")])
    assert deferred_indexes.read(connection)[1].index.text == "KEY `a` (`a`,`b`)"
    deferred_indexes.forget(connection, listed)
    deferred_indexes.forget(connection, listed)
    assert deferred_indexes.read(connection) == ()


def test_only_those_that_do_not_exist_are_missing(connection: Connection, database: Database) -> None:
    database.execute("CREATE TABLE t (a INT, b INT, KEY A (a))", "CREATE TABLE `tä` (a INT)")
    deferred_indexes.record(connection, [deferred("a"), deferred("b"), deferred("c", table="gone"), deferred("d", table="tä")])
    assert [each.index.name for each in deferred_indexes.missing(connection)] == ["b", "d"]


def test_the_ledger_is_not_dropped_while_it_lists_one(connection: Connection) -> None:
    deferred_indexes.record(connection, [deferred("a")])
    with pytest.raises(ParloaderError, match="still lists indexes that have to be added"):
        deferred_indexes.drop_empty(connection)
    deferred_indexes.forget(connection, [deferred("a")])
    deferred_indexes.drop_empty(connection)
    assert not deferred_indexes.exists(connection)


def test_one_session_at_a_time_changes_indexes(connection: Connection, database: Database) -> None:
    """A killed command's statement still runs in its session, which keeps the lock until the statement has ended."""
    reasons: list[str] = []
    waits, entered = threading.Event(), threading.Event()

    def wait(reason: str) -> None:
        reasons.append(reason)
        waits.set()

    def second() -> None:
        with database.connection() as other, deferred_indexes.exclusive(other, HOLDER.token, wait):
            entered.set()

    thread = threading.Thread(target=second)
    with deferred_indexes.exclusive(connection, HOLDER.token, wait):
        thread.start()
        assert waits.wait(60)
        assert not entered.is_set()
    thread.join(60)
    assert entered.is_set()
    assert f"(connection {connection.thread_id()})" in reasons[0]


def test_a_command_that_was_overtaken_changes_no_index(connection: Connection) -> None:
    with pytest.raises(AnotherRun), deferred_indexes.exclusive(connection, HOLDER.token + 1, print):
        pytest.fail("it must not be entered")
