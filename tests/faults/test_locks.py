"""Another session that holds and updates the parents' rows."""

from faults.inject import deadlocks, settings
from faults.load import Plan, halted, proven, row_lock_waits, started
from support import Database, until


def test_a_lock_wait_that_ends_in_time(database: Database) -> None:
    with settings(database.server, innodb_lock_wait_timeout=1):
        load = started(database)
        with halted(load), database.server.connection() as watcher:
            before = row_lock_waits(watcher)
            until(lambda: row_lock_waits(watcher) >= before + load.plan.procs, "each worker has waited twice")
        assert load.ends(0).retries >= load.plan.procs
    proven(load)


def test_a_lock_wait_without_end(database: Database) -> None:
    with settings(database.server, innodb_lock_wait_timeout=1):
        load = started(database, Plan(retry_seconds=1.5))
        with halted(load):
            load.ends(
                1,
                r"error: writing script_execution, rows [\d,]+ to [\d,]+ failed after \d+ retries in \d+ s: Lock wait timeout",
                "holds locks",
            )
    proven(load)


def test_deadlocks(database: Database) -> None:
    load = started(database, Plan(rows=30_000))
    with deadlocks(database) as held:
        until(lambda: held[0] >= 5 or load.process.poll() is not None, "the other session has held the rows several times")
    assert load.ends(0).retries >= 1
    proven(load)
