"""A clean that is killed, disconnected or interrupted: the next clean deletes the rest, or a seed restores the deleted rows."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support.faults import kill_server, kill_sessions, kill_workers, signalled
from support.loads import CLEAN, TABLE, Load, Plan, cleaned, launched, nothing_half_done, proven, row_held, row_lock_waits, sessions
from support.servers import Database, quiet, slow_on_mysql, until

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.database.private_server.server import PrivateServer
from parloader.workers.executor import SMALL_DELETION_ROWS

# More rows than one worker deletes
PLAN = Plan(rows=SMALL_DELETION_ROWS + 1000, batch=500, max_rate=None)


def left_of_first_half(watcher: Connection) -> int:
    """How many batches the ledger still has in the half that the first worker deletes."""
    statement = "SELECT COUNT(*) FROM parloader_batch WHERE table_name = %s AND first_index < %s"
    return int(sql.value(watcher, statement, TABLE, PLAN.rows // 2))


@contextmanager
def halted_clean(database: Database, *options: str) -> Iterator[Load]:
    """A clean whose first worker has deleted its half, and whose second waits for a row, until the end of the block."""
    database.parloader(*PLAN.command)
    with row_held(database, TABLE), database.server.connection(database.target.database) as watcher:
        load = launched(database, PLAN, command=(*CLEAN, *options))
        until(
            lambda: load.process.poll() is not None or (not left_of_first_half(watcher) and row_lock_waits(watcher, current=True) > 0),
            "one worker has deleted its half, the other waits",
        )
        assert load.process.poll() is None, load.end()
        yield load


@pytest.mark.parametrize("then", ["seed", pytest.param("clean", marks=pytest.mark.slow)])
def test_the_command_is_killed(database: Database, then: str) -> None:
    with halted_clean(database) as load:
        load.process.kill()
        load.process.wait()
    load.ends(-signal.SIGKILL)
    nothing_half_done(load)
    if then == "seed":
        proven(load)
    else:
        cleaned(database)


def test_a_worker_is_killed(database: Database) -> None:
    with halted_clean(database) as load:
        kill_workers(load, most=2)
    load.ends(0, r"worker 1 was killed by SIGKILL.* while working on script_execution, rows .*; worker 2 replaces it")
    assert database.rows("SHOW TABLES") == ()


@pytest.mark.slow
def test_a_worker_is_killed_and_not_replaced(database: Database) -> None:
    with halted_clean(database, "--worker-restarts", "0") as load:
        kill_workers(load, most=2)
    load.ends(1, r"error: worker 1 was killed by SIGKILL.* while working on script_execution, rows ")
    proven(load)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.slow
def test_it_is_told_to_end(database: Database, number: signal.Signals) -> None:
    with halted_clean(database) as load:
        load.process.send_signal(number)
    load.ends(130, "error: interrupted: .* rows of script_execution are deleted", "parloader clean")
    proven(load)


@pytest.mark.slow
def test_every_connection_is_killed(database: Database) -> None:
    with halted_clean(database) as load, database.server.connection() as admin:
        kill_sessions(admin, sessions(admin, database))
    load.ends(0)
    assert database.rows("SHOW TABLES") == ()


@slow_on_mysql("own_server")
def test_the_server_is_killed_and_comes_back(mortal: Database, own_server: PrivateServer) -> None:
    with halted_clean(mortal) as load:
        kill_server(own_server)
        own_server.start(quiet)
    load.ends(0)
    assert mortal.rows("SHOW TABLES") == ()


@pytest.mark.slow
def test_while_it_is_suspended_no_other_command_takes_over(database: Database) -> None:
    """The lock belongs to its connection, which lives as long as its process."""
    with halted_clean(database) as load:
        for process in load.family():
            signalled(process, signal.SIGSTOP)
        assert "another parloader command is running" in database.parloader(*PLAN.command, check=3).stderr
        for process in load.family():
            signalled(process, signal.SIGCONT)
    load.ends(0)
    assert database.rows("SHOW TABLES") == ()
