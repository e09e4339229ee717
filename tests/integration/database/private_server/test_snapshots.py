"""Snapshots of a private server: everything is as it was, and an interrupted command leaves the old state or the new one."""

import contextlib
import errno
import json
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from support.servers import quiet, slow_on_mysql, until, until_gone

from parloader.database import sql
from parloader.database.driver import Connection, DriverError
from parloader.database.private_server import contents, copying, snapshots
from parloader.database.private_server.binary import find_binary
from parloader.database.private_server.data_directory import DataDirectory
from parloader.database.private_server.server import PrivateServer
from parloader.database.session import connected
from parloader.errors import AnotherRun, DiskFull, ParloaderError, Refused, UsageError
from parloader.operations.snapshot import drop, list_snapshots, restore, save


def write(server: PrivateServer, *statements: str) -> None:
    with server.in_use(quiet), connected(server.target) as connection:
        for statement in statements:
            sql.execute(connection, statement)


def numbers(server: PrivateServer) -> list[int]:
    with server.in_use(quiet), connected(server.target) as connection:
        return [number for (number,) in sql.rows(connection, "SELECT n FROM kept ORDER BY n")]


def directory_of(server: PrivateServer) -> DataDirectory:
    return server.directory(find_binary(server.kinds, server.program))


def left_over(server: PrivateServer) -> list[str]:
    """What is in the home of a server besides what belongs there."""
    beside = [path.name for path in server.home.iterdir() if path.suffix in (".restoring", ".replaced", ".unfinished")]
    return beside + [path.name for path in (server.home / "snapshots").glob(".*")]


@pytest.fixture
def saved(own_server: PrivateServer) -> PrivateServer:
    """A server that is not running, with a table of one row, saved as "one", and with another row since."""
    write(own_server, "CREATE TABLE kept (n INT PRIMARY KEY)", "INSERT INTO kept VALUES (1)")
    save(own_server, "one")
    write(own_server, "INSERT INTO kept VALUES (2)")
    return own_server


@slow_on_mysql("own_server")
def test_all_data_is_as_it_was(saved: PrivateServer) -> None:
    write(saved, "CREATE DATABASE other", "CREATE TABLE other.t (n INT)")
    result = restore(saved, "one")
    assert not result.running
    assert not saved.running()
    assert numbers(saved) == [1]
    with saved.in_use(quiet), connected(saved.target) as connection:
        assert not sql.rows(connection, "SHOW DATABASES LIKE 'other'")
    write(saved, "INSERT INTO kept VALUES (3)")
    restore(saved, "one")
    assert numbers(saved) == [1]
    assert left_over(saved) == []
    (snapshot,) = list_snapshots(saved)
    assert (snapshot.name, [(content.name, content.tables) for content in snapshot.databases]) == ("one", [("parloader", 1)])
    assert 0 < snapshot.stored_bytes < 150_000_000  # the redo log is left out, or small
    drop(saved, "one")
    assert list_snapshots(saved) == ()


@slow_on_mysql("own_server")
def test_a_server_that_is_kept_running_runs_again(own_server: PrivateServer) -> None:
    write(own_server, "CREATE TABLE kept (n INT PRIMARY KEY)", "INSERT INTO kept VALUES (1)")
    until_gone(own_server.home)
    own_server.start(quiet, port=0)
    url = own_server.tcp_url()
    with connected(own_server.target):  # an idle client does not stand in the way
        save(own_server, "one")
    assert own_server.tcp_url() == url
    write(own_server, "INSERT INTO kept VALUES (2)")
    assert restore(own_server, "one").running
    assert own_server.kept
    assert own_server.tcp_url() == url
    assert numbers(own_server) == [1]
    own_server.stop()


@slow_on_mysql("own_server")
def test_a_server_that_others_use_is_left_alone(saved: PrivateServer) -> None:
    with saved.in_use(quiet):
        for command in (lambda: save(saved, "two"), lambda: restore(saved, "one"), lambda: drop(saved, "one")):
            with pytest.raises(AnotherRun, match=r"^the private server is in use( by this process itself)?\. "):
                command()
    until_gone(saved.home)
    saved.start(quiet)
    with connected(saved.target) as connection:
        working = threading.Thread(target=work, args=(connection,), daemon=True)
        working.start()
        until(lambda: at_work(saved), "the statement to run")
        with pytest.raises(AnotherRun, match=rf"in use by connection {connection.thread_id()} \(root in parloader: Query\)"):
            restore(saved, "one")
        with connected(saved.target) as other:
            sql.execute(other, f"KILL QUERY {connection.thread_id():d}")
        working.join()
    assert numbers(saved) == [1, 2]
    saved.stop()


def work(connection: Connection) -> None:
    with contextlib.suppress(DriverError):  # the statement is killed
        sql.rows(connection, "SELECT SLEEP(60)")


def at_work(server: PrivateServer) -> bool:
    with connected(server.target) as connection:
        return bool(contents.at_work(connection))


@pytest.fixture(
    params=[
        KeyboardInterrupt(),
        *(pytest.param(OSError(code, os.strerror(code)), marks=pytest.mark.slow) for code in (errno.ENOSPC, errno.EIO)),
    ],
    ids=repr,
)
def interrupted_copy(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> BaseException:
    """Lets a copy fail in its middle."""
    copied = []
    copy = copying._copy_file

    def copy_some(source: Path, to: Path, durable: bool) -> bool:
        copied.append(source)
        if len(copied) > 10:
            raise request.param
        return copy(source, to, durable)

    monkeypatch.setattr(copying, "_copy_file", copy_some)
    error: BaseException = request.param
    return error


@slow_on_mysql("own_server")
def test_an_interrupted_copy_changes_nothing(saved: PrivateServer, interrupted_copy: BaseException) -> None:
    saved.start(quiet)
    for command in (lambda: restore(saved, "one"), lambda: save(saved, "two"), lambda: save(saved, "one", replace=True)):
        with pytest.raises((KeyboardInterrupt, ParloaderError)) as error:
            command()
        if isinstance(interrupted_copy, OSError):
            assert isinstance(error.value, DiskFull) is (interrupted_copy.errno == errno.ENOSPC)
        assert saved.kept
        assert numbers(saved) == [1, 2]
        assert left_over(saved) == []
    assert [snapshot.name for snapshot in list_snapshots(saved)] == ["one"]
    saved.stop()


@slow_on_mysql("own_server")
def test_a_command_that_is_killed_leaves_the_old_or_the_new_state(saved: PrivateServer) -> None:
    directory = directory_of(saved)
    until_gone(saved.home)
    # Between the two renames of a restore
    directory.replacement.mkdir()
    directory.path.rename(directory.replaced)
    assert numbers(saved) == [1, 2]
    assert left_over(saved) == []
    # While a snapshot is replaced, and while one is made
    folder = saved.home / "snapshots"
    (folder / "one").rename(folder / ".replaced-one")
    (folder / ".unfinished-two").mkdir()
    restore(saved, "one")
    assert numbers(saved) == [1]
    assert left_over(saved) == []
    # After the second rename of a restore
    until_gone(saved.home)
    directory.replaced.mkdir()
    assert numbers(saved) == [1]
    assert left_over(saved) == []


@slow_on_mysql("own_server")
def test_a_snapshot_that_does_not_fit_is_refused(saved: PrivateServer) -> None:
    file = saved.home / "snapshots/one/snapshot.json"
    described = json.loads(file.read_text())
    other = "MySQL" if described["kind"] == "MariaDB" else "MariaDB"
    for change, message in (
        ({"version": [99, 1, 0]}, "is older: no server reads data of a later version"),
        ({"kind": other}, "cannot read"),
    ):
        file.write_text(json.dumps(described | change))
        with pytest.raises(Refused, match=message):
            restore(saved, "one")
    file.write_text("{}")
    with pytest.raises(UsageError, match=r"^the snapshot one is damaged"):
        restore(saved, "one")
    drop(saved, "one")
    assert numbers(saved) == [1, 2]


@slow_on_mysql("own_server")
def test_the_space_is_checked_before_anything_is_done(saved: PrivateServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "SPARE_BYTES", 2**60)
    monkeypatch.setattr(contents, "shrink_redo_log", lambda _: pytest.fail("the next start would need what this frees"))
    for command in (lambda: save(saved, "two"), lambda: restore(saved, "one")):
        with pytest.raises(DiskFull, match=r"^the copy needs [\d,]+ MiB, and the disk of .* has [\d,]+ MiB free"):
            command()
    assert left_over(saved) == []
    assert numbers(saved) == [1, 2]


@slow_on_mysql("own_server")
def test_replacing_a_snapshot(own_server: PrivateServer) -> None:
    write(own_server, "CREATE TABLE kept (n INT PRIMARY KEY)")
    save(own_server, "one")
    with pytest.raises(UsageError, match=r"^there is a snapshot one already"):
        save(own_server, "one")
    write(own_server, "INSERT INTO kept VALUES (7)")
    save(own_server, "one", replace=True)
    write(own_server, "DROP TABLE kept")
    restore(own_server, "one")
    assert numbers(own_server) == [7]
    assert left_over(own_server) == []


@pytest.mark.parametrize("name", ["", ".", "..", "a b", "a/b", "../x", ".hidden", "-x", "é", "x" * 65, "a\0b"])
def test_names(name: str, tmp_path: Path) -> None:
    server = PrivateServer(home=tmp_path)
    for command in (save, restore, drop):
        with pytest.raises(UsageError, match="cannot be the name of a snapshot"):
            command(server, name)


def test_a_home_without_snapshots(tmp_path: Path) -> None:
    server = replace(PrivateServer(home=tmp_path / "new"))
    assert list_snapshots(server) == ()
    with pytest.raises(UsageError, match=r"^there is no snapshot one\. Save one: parloader snapshot save one"):
        restore(server, "one")
