"""The process that ends a private server: killed, replaced, and never two."""

import shutil
import signal
import socket
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import psutil
import pymysql
import pytest
from support.servers import quiet, until, until_gone

from parloader.database.private_server import guard as guard_program
from parloader.database.private_server.binary import find_binary
from parloader.database.private_server.guard import LOG
from parloader.database.private_server.server import PrivateServer
from parloader.errors import ServerStartError


def guards(server: PrivateServer) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if guard_program.__file__ in command and str(server.home) in command and process.status() != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def removed(folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def killed(server: PrivateServer) -> None:
    until(lambda: len(guards(server)) == 1, "the server has one guard")
    (guard,) = guards(server)
    guard.send_signal(signal.SIGKILL)
    until(lambda: not guards(server), "the guard is gone")


def test_a_killed_guard_is_replaced_by_the_command_at_work(own_server: PrivateServer) -> None:
    with own_server.in_use(quiet):
        killed(own_server)
        assert own_server.running()
    until_gone(own_server.home)
    until(lambda: not guards(own_server), "the new guard ends with the server")


@pytest.mark.slow
def test_a_killed_guard_is_replaced_by_the_next_command(own_server: PrivateServer) -> None:
    """The first command is killed with it, so that nobody watches the server."""
    own_server.start(quiet)
    until(lambda: not guards(own_server), "a server that is kept running has no guard")
    (own_server.home / guard_program.KEEP).unlink()
    with own_server.in_use(quiet), own_server.in_use(quiet):
        until(lambda: len(guards(own_server)) == 1, "one guard has adopted it")
    until_gone(own_server.home)


def test_a_server_whose_folder_is_removed_ends(own_server: PrivateServer) -> None:
    """A MySQL without its redo log would otherwise log this error until the disk is full."""
    with own_server.in_use(quiet):
        server = psutil.Process(int((own_server.home / "pid").read_text()))
        until(lambda: removed(own_server.home), "the folder is removed, although MySQL still creates files in it")
    assert not psutil.wait_procs([server], timeout=60)[1]


def test_a_failed_start_names_the_cause_and_not_one_of_an_earlier_start(own_server: PrivateServer) -> None:
    (own_server.home / LOG).write_text("2026-11-28  8:46:04 0 [ERROR] InnoDB: an error of yesterday\n")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ServerStartError, match=r"did not start: Can't start server: Bind on TCP/IP port.*already in use") as error:
            own_server.start(quiet, port=taken.getsockname()[1])
    assert "yesterday" not in error.value.message
    assert str(own_server.home / LOG) in error.value.next_step


@pytest.mark.parametrize("name", [LOG, guard_program.USERS_LOCK])
def test_a_folder_in_place_of_a_file(name: str, tmp_path: Path) -> None:
    server = PrivateServer(home=tmp_path, kinds=(find_binary().kind,))
    (tmp_path / f"{find_binary().kind.lower()}-data").mkdir()
    (tmp_path / name).mkdir()
    with pytest.raises(ServerStartError, match=f"cannot use {tmp_path / name}: Is a directory"):
        server.start(quiet)


@pytest.mark.slow
def test_a_server_that_refuses_logins_is_running(own_server: PrivateServer) -> None:
    """A second one on the same data would fail, and the port and the wish to keep the first one running would be forgotten."""
    with replace(own_server, options=(*own_server.options, "--max-connections=10")).in_use(quiet) as crowded, ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(socket.socket(socket.AF_UNIX)).connect(str(crowded.socket))
        with pytest.raises(pymysql.OperationalError, match="Too many connections"):
            pymysql.connect(unix_socket=str(crowded.socket), user="root")
        assert crowded.running()
