"""A command that died or was too slow: another one, through another node, takes over, and the first one writes nothing more."""

import signal

import pytest
from support.cluster import through
from support.faults import signalled
from support.loads import CLEAN, Plan, found, launched, proven, started
from support.servers import Database, until

pytestmark = pytest.mark.cluster

SLOW = Plan(rows=20_000, procs=2, batch=250, max_rate=2_000)


def test_a_killed_seed_is_repeated_through_its_own_node_at_once(database: Database) -> None:
    load = started(through(database, 1), SLOW)
    load.process.kill()
    load.end()
    until(lambda: not load.family(), "its workers have ended")
    again = through(database, 1).parloader(*SLOW.command[:3], "--procs", "2")
    assert "sign of life" not in again.stderr
    proven(load)


def test_a_killed_seed_is_repeated_through_another_node(database: Database) -> None:
    load = started(through(database, 1), SLOW)
    load.process.kill()
    load.end()
    again = through(database, 2).parloader(*SLOW.command[:3], "--procs", "2")
    assert "waiting up to 20 s for a sign of life of another command: seed by " in again.stderr
    proven(load)


def test_a_paused_seed_writes_nothing_after_a_takeover(database: Database) -> None:
    load = started(through(database, 1), SLOW)
    paused = load.family()
    for process in paused:
        signalled(process, signal.SIGSTOP)
    launched(through(database, 2), SLOW, command=CLEAN).ends(0)
    assert database.rows("SHOW TABLES") == ()
    for process in paused:
        signalled(process, signal.SIGCONT)
    load.ends({3, 1})
    assert database.rows("SHOW TABLES") == ()


def test_a_paused_seed_writes_nothing_after_another_seed(database: Database) -> None:
    load = started(through(database, 1), SLOW)
    paused = load.family()
    for process in paused:
        signalled(process, signal.SIGSTOP)
    other = launched(through(database, 3), SLOW)
    until(lambda: other.process.poll() is not None or found(database, SLOW).rows == SLOW.rows, "the other seed has loaded the rest")
    for process in paused:
        signalled(process, signal.SIGCONT)
    other.ends(0)
    load.ends(3, "another parloader command has taken over this database")
    proven(load)
