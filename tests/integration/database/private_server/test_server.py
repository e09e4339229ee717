"""The private server: created once, private, stopped after its last user, kept running only on request."""

import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from support.servers import killed, quiet, until

from parloader.database import sql
from parloader.database.private_server.binary import find_binary
from parloader.database.private_server.server import PrivateServer
from parloader.database.session import connect, connected
from parloader.database.target import parse_url
from parloader.errors import ConnectError, ServerStartError


def process_of(server: PrivateServer) -> psutil.Process:
    return psutil.Process(int((server.home / "pid").read_text()))


def test_it_runs_while_in_use_and_keeps_its_data(own_server: PrivateServer) -> None:
    with own_server.in_use(quiet) as first:
        process = process_of(own_server)
        with connected(first.target) as connection:
            sql.execute(connection, "CREATE TABLE kept (id INT PRIMARY KEY)")
        with own_server.in_use(quiet):
            assert process_of(own_server) == process
        assert own_server.running()
    assert not psutil.wait_procs([process], timeout=60)[1]
    assert not own_server.running()
    with own_server.in_use(quiet), connected(own_server.target) as connection:
        assert sql.rows(connection, "SHOW TABLES") == (("kept",),)


def test_start_keeps_it_running_until_stop(own_server: PrivateServer) -> None:
    own_server.start(quiet)
    process = process_of(own_server)
    with own_server.in_use(quiet):
        pass
    assert own_server.running()
    assert process.is_running()
    assert own_server.stop()
    assert not process.is_running()
    assert not own_server.stop()


def test_it_is_private(own_server: PrivateServer) -> None:
    with own_server.in_use(quiet):
        assert stat.S_IMODE(own_server.home.stat().st_mode) == 0o700
        assert not [c for c in process_of(own_server).net_connections("inet") if c.status == "LISTEN"]
        assert own_server.tcp_url() is None
        with connected(own_server.target) as connection:
            # a starting MariaDB deletes the temporary tables of other servers that share its tmpdir
            assert Path(str(sql.value(connection, "SELECT @@tmpdir"))) == own_server.home / "tmp"


def test_its_port_needs_a_password_and_is_local(own_server: PrivateServer) -> None:
    own_server.start(quiet, port=0)
    try:
        listening = {c.laddr.ip for c in process_of(own_server).net_connections("inet") if c.status == "LISTEN"}
        assert listening == {"127.0.0.1"}
        url = own_server.tcp_url()
        assert url is not None
        assert stat.S_IMODE((own_server.home / "tcp").stat().st_mode) == 0o600
        target = parse_url(url)
        with connected(target) as connection:
            accounts = sql.rows(connection, "SELECT host FROM mysql.user WHERE user = 'root'")
            assert accounts == (("localhost",),)
    finally:
        own_server.stop()


def test_no_account_can_log_in_over_tcp_without_its_password(own_server: PrivateServer) -> None:
    own_server.start(quiet, port=0)
    try:
        url = own_server.tcp_url()
        assert url is not None
        target = parse_url(url)
        with connected(target) as connection:
            accounts = sql.rows(connection, "SELECT user, host FROM mysql.user")
        assert ("parloader", "127.0.0.1") in accounts
        users = {str(user) for user, _ in accounts}
        assert "" not in users
        for user in users:
            for database in ("parloader", "mysql"):
                with pytest.raises(ConnectError, match="refuses the login"):
                    connect(replace(target, user=user, password="", database=database))
        with pytest.raises(ConnectError, match="refuses the login"):
            connect(replace(target, password=f"{target.password}x"))
    finally:
        own_server.stop()


def test_folders_open_to_other_users_are_made_private(own_server: PrivateServer) -> None:
    own_server.home.chmod(0o755)
    with own_server.in_use(quiet):
        assert stat.S_IMODE(own_server.home.stat().st_mode) == 0o700
        readable = [file for file in own_server.home.rglob("*") if file.name == "tmp" and stat.S_IMODE(file.stat().st_mode) != 0o700]
        assert not readable


def test_a_home_of_another_user_is_refused(own_server: PrivateServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: os.stat("/").st_uid + 1)
    with pytest.raises(ServerStartError, match="belongs to another user"):
        own_server.start(quiet)


def test_a_link_in_place_of_the_sockets_folder_is_refused(own_server: PrivateServer, tmp_path: Path) -> None:
    """Any user can create a link in the folder for temporary files."""
    deep = tmp_path / ("deep-" * 20)
    deep.mkdir()
    os.rename(own_server.home, deep / "home")
    victim = tmp_path / "victim"
    victim.mkdir(mode=0o755)
    server = replace(own_server, home=deep / "home")
    server.socket.parent.symlink_to(victim)
    try:
        with pytest.raises(ServerStartError, match="not a folder"):
            server.start(quiet)
        assert stat.S_IMODE(victim.stat().st_mode) == 0o755
    finally:
        server.socket.parent.unlink()


def test_its_url_works_whatever_the_name_of_its_folder(tmp_path: Path) -> None:
    server = PrivateServer(home=tmp_path / "a b&c=%d@é?#")
    assert parse_url(server.url) == server.target


def test_a_long_path_gets_a_short_socket(own_server: PrivateServer, tmp_path: Path) -> None:
    deep = tmp_path / ("deep-" * 20)
    deep.mkdir()
    os.rename(own_server.home, deep / "home")
    server = replace(own_server, home=deep / "home")
    with server.in_use(quiet):
        assert server.running()
        assert stat.S_IMODE(server.socket.parent.stat().st_mode) == 0o700
    killed(server.home)


def test_its_command_line(own_server: PrivateServer, tmp_path: Path) -> None:
    environment = {**os.environ, "PARLOADER_HOME": str(own_server.home), "PARLOADER_MYSQLD": str(find_binary(own_server.kinds).path)}

    def parloader(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "parloader", *arguments], env=environment, capture_output=True, text=True, cwd=tmp_path, check=True
        )
        return done.stdout

    assert parloader("server", "status").startswith("not running")
    assert parloader("server", "start").startswith("running")
    url = parloader("server", "url").strip()
    assert "no runs" in parloader("status", "--url", url)
    assert parloader("server", "stop") == "stopped\n"
    until(lambda: not own_server.running(), "the server is gone")


def test_without_a_binary_the_message_offers_alternatives(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("parloader.database.private_server.binary.FOLDERS", ())
    with pytest.raises(ServerStartError, match=r"--url.*apt-get install mariadb-server-core.*docker run"):
        find_binary()
