"""The server is killed, restarted, or changed by its administrator in the middle of a load."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from support.faults import (
    kill_server,
    kill_sessions,
    no_connection_left,
    password_changed,
    read_only,
    refused_connections,
    restart_server,
    settings,
    small_packets,
)
from support.loads import Plan, halted, launched, proven, started
from support.servers import Database, quiet, slow_on_mysql, until

from parloader.database.private_server.binary import find_binary
from parloader.database.private_server.server import PrivateServer

# The time of the server's clock, in seconds since 1970: a day in 2001
LONG_AGO = 1_000_000_000


def test_it_is_killed(mortal: Database, own_server: PrivateServer) -> None:
    load = started(mortal, Plan(retry_seconds=0.5))
    with halted(load):
        kill_server(own_server)
    load.ends(4, r"error: .*(script_execution, rows [\d,]+ to [\d,]+|no server listens at)")  # whichever process notices first
    own_server.start(quiet)
    proven(load)


@slow_on_mysql("own_server")
@pytest.mark.parametrize("restart", [pytest.param(True, id="shut down"), pytest.param(False, id="killed", marks=pytest.mark.slow)])
def test_it_comes_back(mortal: Database, own_server: PrivateServer, restart: bool) -> None:
    load = started(mortal, Plan(retry_seconds=60))
    if restart:
        restart_server(own_server)
    else:
        kill_server(own_server)
        own_server.start(quiet)
    load.ends(0)
    proven(load)


def test_read_only(ordinary: Database) -> None:
    """After a failover, the connection may lead to the new primary."""
    load = started(ordinary, Plan(retry_seconds=0.5))
    with read_only(ordinary.server):
        load.ends(3, "error: .*read[-_]only", "takes writes")
        again = launched(ordinary)
        again.ends(3, "error: the server at .* is read-only")
    proven(load)


def test_smaller_packets(ordinary: Database) -> None:
    """They apply to new connections; the next load sends smaller statements."""
    load = started(ordinary, Plan(retry_seconds=5, rows=20_000, batch=500))
    with contextlib.ExitStack() as stack:
        with halted(load) as halt:
            kill_sessions(stack.enter_context(small_packets(ordinary.server)), halt.sessions)
        load.ends(1, "error: writing script_execution, rows .*max_allowed_packet")
        proven(load)


def test_no_connection_left_for_the_workers(ordinary: Database) -> None:
    load = started(ordinary, Plan(retry_seconds=0.5))
    with halted(load) as halt, no_connection_left(ordinary) as admin:
        kill_sessions(admin, halt.sessions)
        load.ends(4, "error: the connection was lost while writing script_execution, rows .*Too many connections")
    proven(load)


@pytest.mark.slow
def test_no_connection_left_for_a_while(ordinary: Database) -> None:
    load = started(ordinary)
    with halted(load) as halt, no_connection_left(ordinary) as admin:
        before = refused_connections(admin)
        kill_sessions(admin, halt.sessions)
        until(lambda: refused_connections(admin) >= before + 2 * load.plan.procs, "the workers are refused, twice each")
    assert load.ends(0).retries >= load.plan.procs
    proven(load)


def test_no_connection_left_for_the_parent(ordinary: Database) -> None:
    with no_connection_left(ordinary):
        load = launched(ordinary)
        load.ends(4, "error: cannot connect to .*Too many connections")
    proven(load)


@slow_on_mysql("server")
def test_another_password(ordinary: Database) -> None:
    load = started(ordinary, Plan(retry_seconds=0.5))
    with halted(load) as halt, password_changed(ordinary), ordinary.server.connection() as admin:
        kill_sessions(admin, halt.sessions)
        load.ends(4, "refuses the login of ordinary_", r"script_execution, rows [\d,]+ to [\d,]+")
    proven(load)


@slow_on_mysql("server")
def test_the_clock_of_the_server_is_set_back(ordinary: Database) -> None:
    """In every session that begins from then on (init_connect applies to accounts without privileges on the server)."""
    load = started(ordinary)
    with settings(ordinary.server, init_connect=f"SET SESSION timestamp = {LONG_AGO}") as admin:
        with halted(load) as halt:
            kill_sessions(admin, halt.sessions)
        assert load.ends(0).retries >= load.plan.procs
        assert str(ordinary.value("SELECT MIN(committed_at) FROM parloader_batch")).startswith("2001-09-0")
        proven(load)


BACKWARDS = """
import time
begun, really = time.monotonic(), time.time
time.time = lambda: really() - (3600 if time.monotonic() > begun + 0.5 else 0)
"""


@pytest.mark.slow
def test_the_clock_of_this_machine_is_set_back(database: Database, tmp_path: Path) -> None:
    """By an hour, in each process of the load after half a second."""
    (tmp_path / "sitecustomize.py").write_text(BACKWARDS)
    path = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH"))))
    load = started(database, environment={"PYTHONPATH": path})
    load.ends(0)
    proven(load)


@slow_on_mysql("own_server")
def test_the_private_server_ends_with_a_killed_command(own_server: PrivateServer, tmp_path: Path) -> None:
    environment = {**os.environ, "PARLOADER_HOME": str(own_server.home), "PARLOADER_MYSQLD": str(find_binary(own_server.kinds).path)}
    command = [sys.executable, "-m", "parloader", *Plan().command]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path)
    until(own_server.running, "the server answers")
    server = psutil.Process(int((own_server.home / "pid").read_text()))
    process.kill()
    process.wait(60)
    assert not psutil.wait_procs([server], timeout=60)[1]
    again = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert again.returncode == 0, again.stderr
    assert "10,000 rows, 5,000 scheduled, 5,000 triggered, 0 violations" in again.stdout
