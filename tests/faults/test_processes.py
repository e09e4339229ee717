"""Processes that are killed or interrupted at random times: a worker, the parent."""

import getpass
import os
import random
import signal
import socket
from collections.abc import Callable

import pytest
from support.faults import kill_workers, signalled
from support.loads import CLEAN, Load, Plan, found, halted, has_committed, launched, nothing_half_done, proven, started
from support.servers import Database, on_mariadb_11_8_too, slow_on_mysql, until

from parloader.database import sql

SMALL = Plan(procs=1)
"""One worker's work, which the command does in its own process."""


def ends_when_told_again(load: Load) -> bool:
    load.process.send_signal(signal.SIGTERM)
    return load.process.poll() is not None


@pytest.mark.parametrize(
    ("number", "writer"),
    [
        (signal.SIGKILL, "insert"),
        (signal.SIGTERM, "load-data"),
        pytest.param(signal.SIGKILL, "load-data", marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, "insert", marks=pytest.mark.slow),
    ],
)
def test_a_worker(database: Database, number: signal.Signals, writer: str) -> None:
    load = started(database, Plan(writer=writer))
    with halted(load):
        kill_workers(load, number)
    load.ends(0, rf"worker \d was killed by {number.name}.* while working on script_execution, rows .*; worker 2 replaces it")
    proven(load)


@pytest.mark.slow
def test_a_worker_whose_batches_grow(database: Database) -> None:
    """So the batches of its replacement begin at other rows."""
    load = started(database, Plan(more=("--batch", "auto")))
    with halted(load):
        kill_workers(load)
    ended = load.ends(0, "worker 2 replaces it")
    assert {worker["worker"] for worker in ended.workers} == {0, 1, 2}
    proven(load)


@pytest.mark.slow
def test_every_worker_at_once(database: Database) -> None:
    load = started(database)
    with halted(load):
        assert len(kill_workers(load, most=2)) == 2
    load.ends(0, r"worker 0 was killed by SIGKILL", r"worker 1 was killed by SIGKILL")
    proven(load)


@slow_on_mysql("server")
def test_a_worker_that_is_not_replaced(database: Database) -> None:
    load = started(database, Plan(more=("--worker-restarts", "0")))
    with halted(load):
        kill_workers(load)
    load.ends(1, r"error: worker \d was killed by SIGKILL.* while working on script_execution, rows ", "Run the same command again")
    proven(load)


def test_the_one_that_replaces_a_worker(database: Database) -> None:
    load = started(database)
    with halted(load):
        before = kill_workers(load)
        until(lambda: {worker.pid for worker in load.workers()} - before, "a replacement has started")
        kill_workers(load, most=2)
    load.ends(1, r"error: worker \d was killed by SIGKILL.* while working on script_execution, rows ", "Run the same command again")
    proven(load)


@on_mariadb_11_8_too("server")
def test_the_parent(database: Database) -> None:
    load = started(database)
    with halted(load):
        assert len(load.family()) > 2
        load.process.kill()
    load.ends(-signal.SIGKILL)
    proven(load)


def test_a_command_that_loads_few_rows_in_its_own_process(database: Database) -> None:
    load = started(database, SMALL)
    with halted(load):
        assert len(load.family()) == 1
        load.process.kill()
    load.ends(-signal.SIGKILL)
    proven(load)


@slow_on_mysql("server")
def test_the_end_of_a_load_in_the_own_process(database: Database) -> None:
    """It ends after its batch, at the first signal; at once, without its batch, at the second."""
    load = started(database, SMALL)
    with halted(load):
        load.process.send_signal(signal.SIGTERM)
    load.ends(130, "error: interrupted: run 1 has", "The same command resumes it")
    load = launched(database, SMALL)
    with halted(load):
        until(lambda: ends_when_told_again(load), "it ends, although its batch cannot")
        load.ends((130, -signal.SIGINT), "error: interrupted")  # a third signal may hit the interpreter as it ends
    proven(load)


@slow_on_mysql("server")
def test_the_parent_and_the_same_command_at_once(database: Database) -> None:
    """Workers of the first command finish their current batch; the second command does the rest."""
    first = started(database)
    with halted(first) as halt:
        first.process.kill()
        first.process.wait()
        second = launched(database)
        with database.server.connection() as admin:
            waits = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'INSERT INTO parloader_control%%' AND db = %s"
            until(lambda: sql.value(admin, waits, database.target.database), "the second waits for the first one's workers")
        halt.release()
        second.ends(0)
    first.ends(-signal.SIGKILL)
    proven(first)


@slow_on_mysql("server")
@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_the_parent_is_told_to_end(database: Database, number: signal.Signals) -> None:
    load = started(database)
    with halted(load):
        load.process.send_signal(number)
    ended = load.ends(130, "error: interrupted: run 1 has", "The same command resumes it")
    assert f"has {found(database, load.plan).rows:,} of {load.plan.rows:,} rows" in ended.stderr
    assert f"parloader seed --rows {load.plan.rows}" in database.parloader("status").stdout
    proven(load, again=Plan(procs=3, batch=7000))


@pytest.mark.slow
def test_ctrl_c_to_the_whole_terminal_group(database: Database) -> None:
    load = started(database)
    with halted(load):
        for process in load.family():
            signalled(process, signal.SIGINT)
    load.ends(130)
    proven(load)


@pytest.mark.slow
def test_an_unfinished_run_is_not_left_behind_by_a_new_one(database: Database) -> None:
    load = started(database)
    with halted(load):
        load.process.send_signal(signal.SIGINT)
    load.ends(130)
    assert "not complete" in database.parloader(*load.plan.command, "--new-run", check=3).stderr
    assert "not loaded yet" in database.parloader("verify", check=1).stderr
    proven(load)


@slow_on_mysql("server")
def test_two_at_once_are_refused(database: Database) -> None:
    load = started(database)
    with halted(load):
        who = f"seed by {getpass.getuser()}@{socket.gethostname()}, process {load.process.pid}, since 20"
        for command in (load.plan.command, CLEAN):
            assert f"another parloader command is running in this database: {who}" in database.parloader(*command, check=3).stderr
    load.ends(0)
    proven(load)


def has_a_session(database: Database) -> bool:
    return bool(database.rows("SELECT 1 FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"))


def has(table: str) -> Callable[[Database], bool]:
    return lambda database: bool(database.rows(f"SHOW TABLES LIKE '{table}'"))


BEGINNINGS: dict[str, Callable[[Database], bool]] = {
    "it connects": has_a_session,
    "it makes the first table": has("robot_account"),
    "it has made the tables": has("script_execution"),
    "it has made the ledger": has("parloader_batch"),
    "its run is there": lambda database: has("parloader_run")(database) and bool(database.rows("SELECT 1 FROM parloader_run")),
}


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param("it connects", marks=pytest.mark.slow),
        "it makes the first table",
        pytest.param("it has made the tables", marks=pytest.mark.slow),
        "it has made the ledger",
        pytest.param("its run is there", marks=pytest.mark.slow),
    ],
)
def test_the_parent_at_the_beginning(database: Database, moment: str) -> None:
    load = launched(database)
    until(lambda: BEGINNINGS[moment](database) or load.process.poll() is not None, moment)
    load.process.kill()
    load.ends(-signal.SIGKILL)
    proven(load)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_any_process_at_any_time(database: Database, seed: int) -> None:
    """Repeats the command until it completes; each time one of its processes is killed after some batches."""
    chance = random.Random(seed)
    plan = Plan(writer=chance.choice(("insert", "load-data")), batch=50)
    for _ in range(4):
        before = found(database, plan).rows
        load = launched(database, plan)
        if has_committed(load, before + chance.randrange(1, 30) * plan.batch) and (victims := load.family()):
            signalled(chance.choice(victims), chance.choice((signal.SIGKILL, signal.SIGTERM)))
        load.ends({0, 1, 130, -signal.SIGKILL})
        nothing_half_done(load)
    proven(load)


@pytest.mark.slow
def test_a_stopped_worker_costs_a_pause(database: Database) -> None:
    """Like a laptop that sleeps, or a debugger."""
    load = started(database)
    with halted(load):
        victim = load.workers()[0]
        signalled(victim, signal.SIGSTOP)
    assert has_committed(load, load.plan.rows // 2), "the other worker did not continue"
    signalled(victim, signal.SIGCONT)
    load.ends(0)
    proven(load)


def test_the_marks_find_every_process(database: Database) -> None:
    """The proof relies on this: every process of the load is found, and no other."""
    load, other = started(database), os.getpid()
    with halted(load):
        pids = {process.pid for process in load.family()}
        assert load.process.pid in pids
        assert other not in pids
        assert len(load.workers()) == load.plan.procs
        assert isinstance(load, Load)
    load.ends(0)
