"""The lease on a database: it survives its connection, and ends if another process takes over."""

from dataclasses import dataclass

import pytest
from support.servers import Database, slow_on_mysql, until

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


def lease(database: Database, retry_seconds: float = 30, notes: Notes | None = None, *throttles: "FakeThrottle") -> DatabaseLease:
    return DatabaseLease(database.target, "seed", retry_seconds, notes or Notes(), throttles)


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
    with lease(database):
        assert holder(database)
        with pytest.raises(AnotherRun, match="another parloader command is running in this database"), lease(database):
            pass
    assert holder(database) is None
    with lease(database):
        pass


def test_the_lock_is_reacquired_after_its_connection_is_killed(database: Database) -> None:
    with lease(database) as active, database.connection() as connection:
        store.create(connection)
        active.fence(connection)
        victim = kill_holder(database)
        until(lambda: holder(database) not in (None, victim), "it has the lock again")
        until(lambda: "seed by " in str(control.at_work(connection)), "others see who has it")
        assert active.failure is None


def test_it_fails_if_another_process_has_taken_over(database: Database) -> None:
    with lease(database) as active, database.connection() as connection:
        store.create(connection)
        active.fence(connection)
        Holder(doing="clean").write(connection, 1)
        kill_holder(database)
        until(lambda: active.failure, "it notices")
        assert isinstance(active.failure, AnotherRun)
        with pytest.raises(AnotherRun):
            active.run_with_retry("counting", lambda connection: None)


@slow_on_mysql("server")
def test_it_fails_if_another_session_has_the_lock_and_keeps_it(database: Database) -> None:
    with database.connection() as other, lease(database, retry_seconds=0) as active:
        victim = holder(database)
        # waits in the queue for the lock: it gets it as soon as the holder is killed
        name = control.lock_name(other)
        with database.server.connection() as admin:
            sql.execute(admin, "KILL %s", victim)
        assert sql.value(other, "SELECT GET_LOCK(%s, 30)", name) in (0, 1)
        until(lambda: active.failure or holder(database) != other.thread_id(), "one of them has it")
        assert (active.failure is not None) == (holder(database) == other.thread_id())


@dataclass
class FakeThrottle:
    """A throttle that the test controls."""

    wanted: str | None = None
    error: ParloaderError | None = None

    def reason(self, connection: Connection) -> str | None:
        if self.error:
            raise self.error
        return self.wanted


def test_workers_pause_while_a_throttle_asks_for_it(database: Database) -> None:
    notes, throttle = Notes(), FakeThrottle("the moon is full")
    with lease(database, 30, notes, FakeThrottle(), throttle) as active:
        until(lambda: active.paused, "it pauses")
        throttle.wanted = None
        until(lambda: not active.paused, "it resumes")
        throttle.error = WriteFailed("no more")
        until(lambda: active.failure, "it fails")
    assert notes.said == ["waiting: the moon is full", "resumed"]


def test_work_is_repeated_after_a_lost_connection(database: Database) -> None:
    attempts = []

    def work(connection: Connection) -> str:
        attempts.append(connection.thread_id())
        if len(attempts) == 1:
            with database.server.connection() as admin:
                sql.execute(admin, "KILL %s", attempts[0])
        return str(sql.value(connection, "SELECT 'done'"))

    with lease(database) as active:
        assert active.run_with_retry("counting", work) == "done"
    assert len(set(attempts)) == 2


@pytest.mark.parametrize("error", [LoginRefused("no"), WriteFailed("no"), ConnectError("no")])
def test_an_error_that_a_retry_cannot_mend_is_raised_at_once(database: Database, error: ParloaderError) -> None:
    attempts = []

    def work(connection: Connection) -> None:
        attempts.append(connection)
        raise error

    with lease(database, retry_seconds=0) as active, pytest.raises(type(error)):
        active.run_with_retry("counting", work)
    assert len(attempts) == 1


def test_an_error_of_the_statement_says_what_was_being_done(database: Database) -> None:
    with lease(database) as active, pytest.raises(ParloaderError, match=r"counting: .*nowhere"):
        active.run_with_retry("counting", lambda connection: sql.value(connection, "SELECT 1 FROM nowhere"))
