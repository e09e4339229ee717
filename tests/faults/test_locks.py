"""Another session that locks and updates the parents' rows."""

import pytest
from support.faults import deadlock, heavy
from support.loads import Plan, halted, proven, row_lock_waits, started
from support.servers import Database, slow_on_mysql, until


@pytest.mark.slow
def test_a_lock_wait_that_ends_in_time(database: Database) -> None:
    """A session of parloader waits for some seconds at a time (session.ROW_LOCK_TIMEOUT_SECONDS)."""
    load = started(database)
    with halted(load), database.server.connection() as watcher:
        before = row_lock_waits(watcher)
        until(lambda: row_lock_waits(watcher) >= before + load.plan.procs, "each worker has waited twice")
    assert load.ends(0).retries >= load.plan.procs
    proven(load)


@slow_on_mysql("server")
def test_a_lock_wait_without_end(database: Database) -> None:
    load = started(database, Plan(retry_seconds=1))
    with halted(load):
        load.ends(
            1,
            r"error: writing script_execution, rows [\d,]+ to [\d,]+.* failed after (1 retry|(?!1 )\d+ retries) in \d+ s: Lock wait timeout",
            "Another session locks these rows",
        )
    proven(load)


@pytest.mark.parametrize("writer", ["insert", pytest.param("load-data", marks=pytest.mark.slow)])
def test_deadlock(database: Database, writer: str) -> None:
    load = started(database, Plan(writer=writer))
    with halted(load, heavy()) as halt:
        deadlock(halt.holder)
    assert load.ends(0).retries >= load.plan.procs
    proven(load)
