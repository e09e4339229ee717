"""snapshot: saves and restores the data of the private server, and lists and removes what was saved.

The server is stopped for a short time, and runs again afterwards, on the same port and with the same password, if `parloader server start` kept
it running.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

from parloader.database.private_server import contents, log
from parloader.database.private_server.binary import find_binary
from parloader.database.private_server.exclusive import exclusive
from parloader.database.private_server.guard import LOG
from parloader.database.private_server.server import PrivateServer
from parloader.database.private_server.snapshots import Snapshot, Snapshots, require_name
from parloader.database.session import connected
from parloader.database.target import Target
from parloader.errors import AnotherRun, ServerStartError

# What both servers log last (MariaDB: "mariadbd: Shutdown complete", MySQL: "mysqld: Shutdown complete (mysqld 9.7.4)")
CLEAN_END = "Shutdown complete"


def _nothing(_: str) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class SavedSnapshot:
    """A snapshot that was saved."""

    snapshot: Snapshot
    seconds: float

    def as_json(self) -> dict[str, Any]:
        return {**self.snapshot.as_json(), "seconds": round(self.seconds, 3)}


@dataclass(frozen=True, kw_only=True)
class RestoredSnapshot:
    """A snapshot that was restored."""

    snapshot: Snapshot
    shares_blocks: bool  # whether the file system could share the blocks of the files instead of copying them
    running: bool  # whether the server runs, as it did before
    seconds: float

    def as_json(self) -> dict[str, Any]:
        times = {"shares_blocks": self.shares_blocks, "running": self.running, "seconds": round(self.seconds, 3)}
        return {**self.snapshot.as_json(), **times}


def save(server: PrivateServer, name: str, *, replace: bool = False, say: Callable[[str], None] = _nothing) -> SavedSnapshot:
    """Saves the data of the server under this name. `replace`: in place of an earlier snapshot of this name. `say`: gets notes.

    UsageError: the name is taken or not valid. AnotherRun: the server is in use. DiskFull, ServerStartError: it was not saved.
    """
    begun = time.monotonic()
    require_name(name)
    with exclusive(server):
        snapshots = Snapshots(server.home)
        snapshots.recover()
        snapshots.require_free(name, replace=replace)
        binary = find_binary(server.kinds, server.program)
        snapshots.require_space(server.directory(binary))  # now: what a smaller redo log frees is needed by the next start
        with _started_again(server, say):
            if not server.running():
                server.resume(say, keep=False)
            target = _administration(server)
            with target.translate_errors("preparing the copy"), connected(target) as connection:
                _require_idle(contents.at_work(connection))
                databases = contents.databases(connection)
                contents.shrink_redo_log(connection)
            _stop_cleanly(server)
            saved = snapshots.add(name, server.directory(binary), databases)
    return SavedSnapshot(snapshot=saved, seconds=time.monotonic() - begun)


def restore(server: PrivateServer, name: str, *, say: Callable[[str], None] = _nothing) -> RestoredSnapshot:
    """Replaces all data of the server by that of the snapshot.

    UsageError: there is no such snapshot. Refused: another kind of server, or a later version, has saved it. AnotherRun: the server is in use.
    DiskFull, ServerStartError: the data is as it was.
    """
    begun = time.monotonic()
    require_name(name)
    with exclusive(server):
        snapshots = Snapshots(server.home)
        snapshots.recover()
        snapshot = snapshots.get(name)
        binary = find_binary(server.kinds, server.program)
        snapshot.require_fit(binary)
        directory = server.directory(binary)
        if server.running():
            with connected(_administration(server)) as connection:
                _require_idle(contents.at_work(connection))
        shared = snapshots.copy_back(snapshot, directory)
        with _started_again(server, say) as kept:
            _end_at_once(server)
            directory.replace()
            directory.record_version()
        directory.finish_replacing()
    return RestoredSnapshot(snapshot=snapshot, shares_blocks=shared, running=kept, seconds=time.monotonic() - begun)


def list_snapshots(server: PrivateServer) -> tuple[Snapshot, ...]:
    """The snapshots of the server, the oldest first."""
    return Snapshots(server.home).all()


def drop(server: PrivateServer, name: str) -> None:
    """Removes a snapshot. UsageError: there is none of this name. AnotherRun: the server is in use."""
    require_name(name)
    with exclusive(server):
        Snapshots(server.home).recover()
        Snapshots(server.home).drop(name)


def _administration(server: PrivateServer) -> Target:
    return changed(server.target, database="mysql")


@contextmanager
def _started_again(server: PrivateServer, say: Callable[[str], None]) -> Iterator[bool]:
    """Starts the server at the end of the block if `server start` kept it running before, whatever happens in the block; yields whether it did."""
    kept, access = server.kept, server.tcp_access()
    try:
        yield kept
    finally:
        if kept:
            server.resume(say, access, keep=True)
        else:
            server.stop()


def _end_at_once(server: PrivateServer) -> None:
    """Ends the server without having it write its data, which is to be replaced. If it is not, InnoDB recovers it at the next start."""
    if process := server.process():
        process.kill()
        process.wait()
    else:
        server.stop()


def _require_idle(connections: tuple[str, ...]) -> None:
    if connections:
        raise AnotherRun(
            f"the private server is in use by {', '.join(connections)}",
            "Wait until that has ended, or end it, then run the same command again",
        )


def _stop_cleanly(server: PrivateServer) -> None:
    """Stops the server. ServerStartError: it did not shut down as it should, so its files are not complete."""
    file: Path = server.home / LOG
    before = log.size(file)
    server.stop()
    if CLEAN_END not in log.since(file, before):
        raise ServerStartError("the private server did not shut down cleanly, so its data cannot be copied", f"Its log is {file}")
