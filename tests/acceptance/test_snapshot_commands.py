"""snapshot and reset as commands: a seeded database survives both, and other commands are not disturbed by the copies of reset."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.servers import until, until_gone

from parloader.database.private_server.binary import find_binary
from parloader.database.private_server.server import PrivateServer

pytestmark = pytest.mark.processes

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def environment(own_server: PrivateServer) -> dict[str, str]:
    binary = find_binary(own_server.kinds, own_server.program)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARLOADER_")}
    return {**kept, "PARLOADER_HOME": str(own_server.home), "PARLOADER_MYSQLD": str(binary.path)}


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """Runs a command with --json; returns what it prints, and checks its exit code."""

    def run(*arguments: str, code: int = 0) -> dict[str, Any]:
        command = [sys.executable, "-m", "parloader", *arguments, "--json"]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return dict(json.loads(done.stdout))

    return run


@pytest.mark.slow
def test_a_seeded_database_and_back(run: Run, own_server: PrivateServer) -> None:
    run("server", "start", "--port", "0")
    url = run("server", "url")["url"]
    run("seed", "--rows", "2000", "--procs", "1")
    assert run("snapshot", "save", "seeded")["databases"][0]["name"] == "parloader"
    assert run("reset", code=3)["error"]["kind"] == "refused"

    marked = run("reset", "--mark")
    assert marked["rows"] > 2000
    assert len(run("plan", "--all", "--new-run")["tables"]) == 7  # the copies are not tables to fill
    run("verify", "--procs", "1")
    run("clean", "--yes", "--procs", "1")
    taken = run("reset", "--url", url)
    assert taken["rebuilt"]  # clean has dropped the tables
    assert taken["compared"] == []
    run("verify", "--procs", "1")
    assert run("status")["runs"]

    run("clean", "--yes", "--procs", "1")
    restored = run("snapshot", "restore", "seeded")
    assert restored["running"]
    assert run("server", "url")["url"] == url
    run("verify", "--procs", "1")
    run("clean", "--yes", "--procs", "1")
    run("reset", "--forget")
    assert run("reset", code=3)["error"]["next_step"] == "Seed it, then remember its state: parloader reset --mark"
    assert [snapshot["name"] for snapshot in run("snapshot", "list")["snapshots"]] == ["seeded"]
    run("snapshot", "drop", "seeded")
    assert run("snapshot", "list")["snapshots"] == []
    run("server", "stop")


@pytest.mark.parametrize("own_server", ["mariadb"], indirect=True)
def test_other_servers_are_left_alone(run: Run, environment: dict[str, str], tmp_path: Path) -> None:
    environment["PARLOADER_URL"] = "mysql://root:secret@127.0.0.1:1/shop"
    for arguments in (("save", "x"), ("restore", "x"), ("list",), ("drop", "x")):
        error = run("snapshot", *arguments, code=3)["error"]
        assert error["message"] == "snapshots are of the private server only, and PARLOADER_URL names another server"
    del environment["PARLOADER_URL"]
    (tmp_path / "parloader.toml").write_text('url = "mysql://root:secret@127.0.0.1:1/shop"')
    assert "url in parloader.toml names another server" in run("snapshot", "list", code=3)["error"]["message"]


@pytest.mark.slow
def test_a_restore_that_is_interrupted_at_any_time(
    run: Run, environment: dict[str, str], own_server: PrivateServer, tmp_path: Path
) -> None:
    """SIGINT and SIGKILL after various times: the database is as before, or as saved, and every later command works."""
    run("seed", "--rows", "1000", "--procs", "1")
    run("snapshot", "save", "small")
    run("seed", "--rows", "1000", "--procs", "1", "--new-run")
    for number, how in enumerate((signal.SIGINT, signal.SIGKILL) * 6):
        until_gone(own_server.home)
        command = [sys.executable, "-m", "parloader", "snapshot", "restore", "small"]
        process = subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(0.15 + 0.07 * number)
        except subprocess.TimeoutExpired:
            process.send_signal(how)
            process.wait()
        assert len(run("status")["runs"]) in (1, 2)
        run("verify", "--procs", "1")
    until(
        lambda: not [path for path in own_server.home.iterdir() if path.suffix in (".restoring", ".replaced")], "what is left to be removed"
    )
