"""Kill anything at any moment: the same command again ends with exactly the rows, each once."""

import getpass
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from support import Database, TestServer, quiet, until

from parloader.database import sql
from parloader.database.server import PrivateServer, find_binary
from parloader.loading.batching import WriterName

ROWS = 30_000
SEED = ("seed", "--rows", str(ROWS), "--procs", "2", "--batch", "500")
# clean begins with 1,000 rows at a time, and takes some tens of thousands
ROWS_TO_CLEAN = 200_000
SEED_TO_CLEAN = ("seed", "--rows", str(ROWS_TO_CLEAN), "--procs", "2", "--batch", "7000")


def committed(database: Database) -> int:
    if not database.rows("SHOW TABLES LIKE 'parloader_batch'"):
        return 0
    return int(str(database.value("SELECT COALESCE(SUM(row_count), 0) FROM parloader_batch WHERE table_name = 'script_execution'")))


def started(database: Database, *arguments: str) -> "subprocess.Popen[str]":
    """A load of which some batches, and not all, are committed."""
    process = database.process(*arguments)
    until(lambda: process.poll() is not None or committed(database) > 3000, "some batches are committed")
    assert process.poll() is None, process.communicate()
    return process


def workers(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    return [p for p in psutil.Process(process.pid).children() if any("spawn_main" in word for word in p.cmdline())]


def exactly_once(database: Database, command: tuple[str, ...] = SEED) -> None:
    """The same command, and then the proof."""
    database.parloader(*command)
    assert database.rows("SELECT COUNT(*), COUNT(DISTINCT id), MIN(id), MAX(id) FROM script_execution") == ((ROWS, ROWS, 1, ROWS),)
    database.parloader("verify")


def nothing_half_done(database: Database) -> None:
    assert database.value("SELECT COUNT(*) FROM script_execution") == committed(database)


@pytest.mark.parametrize("writer", [writer.value for writer in WriterName])
def test_kill_a_worker(database: Database, writer: str) -> None:
    command = (*SEED, "--writer", writer)
    process = started(database, *command, "--worker-restarts", "0")
    workers(process)[0].kill()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "was killed by SIGKILL" in errors
    assert "script_execution, rows " in errors
    assert "Traceback" not in errors
    assert 3000 <= committed(database) < ROWS
    nothing_half_done(database)
    exactly_once(database, command)


@pytest.mark.parametrize("batch", ["500", "auto"])
def test_a_fresh_worker_takes_up_what_a_killed_one_left(database: Database, batch: str) -> None:
    process = started(database, *SEED, "--batch", batch, "--json")
    workers(process)[0].kill()
    said, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "was killed by SIGKILL" in errors
    assert "worker 2 takes up what is left of it" in errors
    assert json.loads(said)["rows"] == ROWS
    assert {worker["worker"] for worker in json.loads(said)["workers"]} == {0, 1, 2}
    exactly_once(database)


def test_kill_the_parent(database: Database) -> None:
    process = started(database, *SEED)
    family = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate(timeout=60)
    gone, left = psutil.wait_procs(family, timeout=60)
    assert not left
    assert len(gone) >= 2
    nothing_half_done(database)
    exactly_once(database)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt(database: Database, number: signal.Signals) -> None:
    process = started(database, *SEED)
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"has {committed(database):,} of {ROWS:,} rows" in errors
    assert "The same command goes on" in errors
    assert "Traceback" not in errors
    assert not psutil.wait_procs(family, timeout=60)[1]
    nothing_half_done(database)
    assert f"parloader seed --rows {ROWS}" in database.parloader("status").stdout
    done = database.parloader("seed", "--rows", str(ROWS), "--procs", "3", "--batch", "7000")
    assert "are there already" in done.stderr
    exactly_once(database)


def test_ctrl_c_to_the_whole_terminal_group(database: Database) -> None:
    process = subprocess.Popen(
        database.command(*SEED), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=database.folder, process_group=0
    )
    until(lambda: committed(database) >= 1000, "two batches are committed")
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    exactly_once(database)


def cleaning(database: Database) -> "subprocess.Popen[str]":
    """A clean that has deleted some chunks; the test is skipped where it was quicker than a look at it."""
    database.parloader(*SEED_TO_CLEAN)
    process = database.process("clean", "--yes", "--procs", "2")
    until(lambda: process.poll() is not None or committed(database) < ROWS_TO_CLEAN, "some rows are deleted")
    if process.poll() is not None:
        pytest.skip(f"clean was quicker: {process.communicate()}")
    return process


@pytest.mark.parametrize("victim", ["worker", "command"])
@pytest.mark.parametrize("then", ["clean", "seed"])
def test_kill_a_clean(database: Database, victim: str, then: str) -> None:
    process = cleaning(database)
    family = psutil.Process(process.pid).children(recursive=True)
    for killed in workers(process)[:1] if victim == "worker" else [psutil.Process(process.pid)]:
        killed.kill()
    process.communicate(timeout=60)
    assert process.returncode == (0 if victim == "worker" else -signal.SIGKILL)
    assert not psutil.wait_procs(family, timeout=60)[1]
    if process.returncode:
        nothing_half_done(database)
    if then == "seed":
        database.parloader(*SEED_TO_CLEAN)
        assert database.value("SELECT COUNT(*) FROM script_execution") == ROWS_TO_CLEAN
        database.parloader("verify")
    database.parloader("clean", "--yes")
    assert database.rows("SHOW TABLES") == ()


def test_an_unfinished_run_is_not_left_behind_by_a_new_one(database: Database) -> None:
    process = started(database, *SEED)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert "not complete" in database.parloader(*SEED, "--new-run", check=3).stderr
    assert "not loaded yet" in database.parloader("verify", check=1).stderr
    database.parloader("clean", "--yes")
    assert database.rows("SHOW TABLES") == ()


def test_two_at_once_are_refused(database: Database) -> None:
    process = started(database, *SEED)
    refused = database.parloader(*SEED, check=3).stderr
    assert (
        f"another parloader is at work in this database: seed by {getpass.getuser()}@{socket.gethostname()}, process {process.pid}, since 20"
        in refused
    )
    process.communicate(timeout=100)
    assert process.returncode == 0
    exactly_once(database)


def test_killed_connections_are_made_again(database: Database) -> None:
    process = started(database, *SEED, "-v")
    killed = 0
    with database.server.connection() as admin:
        for (connection_id,) in sql.rows(admin, "SELECT id FROM information_schema.processlist WHERE db = %s", database.target.database):
            statement = sql.rows(admin, "SELECT info FROM information_schema.processlist WHERE id = %s", connection_id)
            if statement and str(statement[0][0]).startswith("INSERT"):
                sql.execute(admin, "KILL %s", connection_id)
                killed += 1
    _, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors
    assert killed == 0 or "again:" in errors
    exactly_once(database)


@pytest.fixture
def mortal(own_server: PrivateServer, tmp_path: Path) -> Iterator[Database]:
    """A database on a server that only this test uses."""
    own_server.start(quiet)
    yield Database(TestServer("own", own_server.target), own_server.target, tmp_path)
    own_server.stop()


def kill_server(server: PrivateServer) -> None:
    process = psutil.Process(int((server.home / "pid").read_text()))
    process.kill()
    psutil.wait_procs([process], timeout=60)


def test_kill_the_server(mortal: Database, own_server: PrivateServer) -> None:
    process = started(mortal, *SEED, "--retry-seconds", "0.5")
    kill_server(own_server)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 4, errors
    assert "error: " in errors
    assert "Traceback" not in errors
    own_server.start(quiet)
    nothing_half_done(mortal)
    exactly_once(mortal)


def test_a_server_that_comes_back_costs_a_pause_and_not_the_run(mortal: Database, own_server: PrivateServer) -> None:
    process = started(mortal, *SEED, "--retry-seconds", "60")
    kill_server(own_server)
    own_server.start(quiet)
    _, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    exactly_once(mortal)


def test_kill_the_server_under_a_clean(mortal: Database, own_server: PrivateServer) -> None:
    process = cleaning(mortal)
    kill_server(own_server)
    own_server.start(quiet)
    _, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    assert mortal.rows("SHOW TABLES") == ()


def test_the_private_server_ends_with_a_killed_command(own_server: PrivateServer, tmp_path: Path) -> None:
    environment = {**os.environ, "PARLOADER_HOME": str(own_server.home), "PARLOADER_MYSQLD": str(find_binary(own_server.kinds).path)}
    command = [sys.executable, "-m", "parloader", *SEED]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path)
    until(own_server.running, "the server answers")
    server = psutil.Process(int((own_server.home / "pid").read_text()))
    process.kill()
    process.wait(60)
    assert not psutil.wait_procs([server], timeout=60)[1]
    again = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert again.returncode == 0, again.stderr
    assert "30,000 rows, 15,000 scheduled, 15,000 triggered, 0 violations" in again.stdout
