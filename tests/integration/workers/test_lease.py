"""Holding a database: the lock survives its connection, and whoever was overtaken ends."""

from dataclasses import dataclass

import pytest
from support.servers import Database, until

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.errors import AnotherRun, ConnectError, LoginRefused, ParloaderError, WriteFailed
from parloader.ledger import control, store
from parloader.ledger.control import Holder
from parloader.workers.lease import DatabaseLease
from parloader.workers.progress import Progress


class Notes(Progress):
    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, message: str) -> None:
        self.said.append(message)


def hold(database: Database, retry_seconds: float = 30, notes: Notes | None = None, *conditions: "Wish") -> DatabaseLease:
    return DatabaseLease(database.target, "seed", retry_seconds, notes or Notes(), conditions)


def holder(database: Database) -> int | None:
    with database.connection() as connection:
        found = sql.value(connection, "SELECT IS_USED_LOCK(%s)", control.lock_name(connection))
        return found if found is None else int(found)


def kill_holder(database: Database) -> int:
    victim = holder(database)
    assert victim
    with database.connection() as connection:
        sql.execute(connection, "KILL %s", victim)
    return victim


def test_one_at_a_time_and_free_afterwards(database: Database) -> None:
    with hold(database):
        assert holder(database)
        with pytest.raises(AnotherRun, match="another parloader command is running in this database"), hold(database):
            pass
    assert holder(database) is None
    with hold(database):
        pass


def test_the_lock_is_taken_again_where_its_connection_is_killed(database: Database) -> None:
    with hold(database) as held, database.connection() as connection:
        store.create(connection)
        held.fence(connection)
        victim = kill_holder(database)
        until(lambda: holder(database) not in (None, victim), "it has the lock again")
        until(lambda: "seed by " in str(control.at_work(connection)), "others see who has it")
        assert held.failure is None


def test_it_fails_where_somebody_else_has_worked_there_meanwhile(database: Database) -> None:
    with hold(database) as held, database.connection() as connection:
        store.create(connection)
        held.fence(connection)
        Holder(doing="clean").write(connection, 1)
        kill_holder(database)
        until(lambda: held.failure, "it notices")
        assert isinstance(held.failure, AnotherRun)
        with pytest.raises(AnotherRun):
            held.run_with_retry("counting", lambda connection: None)


def test_it_fails_where_somebody_else_has_the_lock_and_keeps_it(database: Database) -> None:
    with database.connection() as other, hold(database, retry_seconds=0) as held:
        victim = holder(database)
        # waits in the queue for the lock: it gets it in the moment in which the holder is killed
        name = control.lock_name(other)
        with database.server.connection() as admin:
            sql.execute(admin, "KILL %s", victim)
        assert sql.value(other, "SELECT GET_LOCK(%s, 30)", name) in (0, 1)
        until(lambda: held.failure or holder(database) != other.thread_id(), "one of them has it")
        assert (held.failure is not None) == (holder(database) == other.thread_id())


@dataclass
class Wish:
    """A condition that asks for what it is told."""

    wanted: str | None = None
    error: ParloaderError | None = None

    def reason(self, connection: Connection) -> str | None:
        if self.error:
            raise self.error
        return self.wanted


def test_workers_are_held_while_a_condition_asks_for_it(database: Database) -> None:
    notes, wish = Notes(), Wish("the moon is full")
    with hold(database, 30, notes, Wish(), wish) as held:
        until(lambda: held.paused, "it holds")
        wish.wanted = None
        until(lambda: not held.paused, "it goes on")
        wish.error = WriteFailed("no more")
        until(lambda: held.failure, "it fails")
    assert notes.said == ["waiting: the moon is full", "going on"]


def test_work_is_repeated_where_the_connection_is_lost(database: Database) -> None:
    attempts = []

    def work(connection: Connection) -> str:
        attempts.append(connection.thread_id())
        if len(attempts) == 1:
            with database.server.connection() as admin:
                sql.execute(admin, "KILL %s", attempts[0])
        return str(sql.value(connection, "SELECT 'done'"))

    with hold(database) as held:
        assert held.run_with_retry("counting", work) == "done"
    assert len(set(attempts)) == 2


@pytest.mark.parametrize("error", [LoginRefused("no"), WriteFailed("no"), ConnectError("no")])
def test_what_cannot_be_mended_is_raised_at_once(database: Database, error: ParloaderError) -> None:
    attempts = []

    def work(connection: Connection) -> None:
        attempts.append(connection)
        raise error

    with hold(database, retry_seconds=0) as held, pytest.raises(type(error)):
        held.run_with_retry("counting", work)
    assert len(attempts) == 1


def test_an_error_of_the_statement_says_what_was_being_done(database: Database) -> None:
    with hold(database) as held, pytest.raises(ParloaderError, match=r"counting: .*nowhere"):
        held.run_with_retry("counting", lambda connection: sql.value(connection, "SELECT 1 FROM nowhere"))
