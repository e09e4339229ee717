"""The measured server: a temporary one, reset to the same state before every load, whose contents are checked after it."""

import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from compare_client import COLUMNS, SOURCE, TABLE

from parloader.database import sql
from parloader.database.dialects import ServerKind
from parloader.database.driver import Connection
from parloader.database.private_server.server import PrivateServer
from parloader.database.target import Target, parse_url
from parloader.ledger import store

# How long the server may take to write the dirty pages of the previous load; 60 MB take a second or two
SETTLE_SECONDS = 60.0

# The server itself dirties a page now and then, so the number never has to reach zero
FEW_DIRTY_PAGES = 20

# The server's CPU time is counted in hundredths of a second (proc(5), stat)
SAMPLE_EVERY_SECONDS = 0.02

TEXT = f"CONCAT_WS('|', {', '.join(f'''COALESCE({name}, 'NULL')''' for name in COLUMNS)})"


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Contents:
    """The contents of the big table. `checksum`: the sum of the CRC-32 of each row's text, so it is independent of their order."""

    rows: int
    scheduled: int
    triggered: int
    checksum: int


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the loads go. `target`: the server's Unix socket. `by_tcp`: its TCP port, if it has one."""

    kind: ServerKind
    home: Path
    target: Target
    by_tcp: Target | None
    pid: int

    def empty(self, connection: Connection) -> None:
        """Removes the rows and the ledger of the previous load, and settles."""
        store.drop(connection)
        sql.execute(connection, f"TRUNCATE TABLE {TABLE}")
        self.settle(connection)

    def settle(self, connection: Connection) -> None:
        """Waits until the dirty pages of the previous load are written, which would slow down the next one."""
        before = sql.value(connection, "SELECT @@GLOBAL.innodb_max_dirty_pages_pct")
        sql.execute(connection, "SET GLOBAL innodb_max_dirty_pages_pct = 0")
        end = time.monotonic() + SETTLE_SECONDS
        while (dirty := _status(connection, "Innodb_buffer_pool_pages_dirty")) > FEW_DIRTY_PAGES:
            if time.monotonic() > end:
                say(f"{self.kind}: {dirty} pages are still not written after {SETTLE_SECONDS:.0f} s; continuing")
                break
            time.sleep(0.02)
        sql.execute(connection, "SET GLOBAL innodb_max_dirty_pages_pct = %s", before)

    def keep_as_source(self, connection: Connection) -> None:
        """Copies the rows of the big table into the source of INSERT … SELECT."""
        database = SOURCE.partition(".")[0]
        sql.execute(connection, f"CREATE DATABASE {database}")
        sql.execute(connection, f"CREATE TABLE {SOURCE} (PRIMARY KEY (id)) SELECT {', '.join(COLUMNS)} FROM {TABLE}")
        sql.rows(connection, f"ANALYZE TABLE {SOURCE}")

    def cpu_seconds(self) -> float:
        times = psutil.Process(self.pid).cpu_times()
        return times.user + times.system


def _status(connection: Connection, name: str) -> int:
    return int(sql.row(connection, "SHOW GLOBAL STATUS LIKE %s", name)[1])


def contents(connection: Connection) -> Contents:
    found = sql.row(
        connection, f"SELECT COUNT(*), COUNT(schedule_id), COUNT(triggering_event_id), COALESCE(SUM(CRC32({TEXT})), 0) FROM {TABLE}"
    )
    return Contents(*map(int, found))


@contextmanager
def throwaway(kind: ServerKind, *, tcp: bool, program: Path | None = None, options: tuple[str, ...] = ()) -> Iterator[Place]:
    """A server of this kind (of this program, if given), with these further options, in a new folder in TMPDIR; both are removed at the end.

    ServerStartError: this machine has no such server.
    """
    home = Path(tempfile.mkdtemp(prefix="parloader-compare-"))
    server = PrivateServer(home=home, kinds=(kind,), program=program, options=options)
    try:
        with server.in_use(_quiet, port=0 if tcp else None):
            try:
                url = server.tcp_url()
                pid = int((home / "pid").read_text())
                yield Place(kind=kind, home=home, target=server.target, by_tcp=parse_url(url) if url else None, pid=pid)
            finally:
                server.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _quiet(_: str) -> None:
    pass


@dataclass
class CpuSampler:
    """Records the server's CPU time during a load, so that its use up to any time can be computed afterwards."""

    place: Place
    samples: list[tuple[float, float]] = field(default_factory=list)

    def __enter__(self) -> "CpuSampler":
        self._stop = threading.Event()
        self._sample()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._sample()

    def _run(self) -> None:
        while not self._stop.wait(SAMPLE_EVERY_SECONDS):
            self._sample()

    def _sample(self) -> None:
        self.samples.append((time.monotonic(), self.place.cpu_seconds()))

    def until(self, end_seconds: float) -> float:
        """CPU seconds from the beginning to this time of the monotonic clock."""
        reached = [cpu for at, cpu in self.samples if at <= end_seconds] or [self.samples[0][1]]
        return reached[-1] - self.samples[0][1]


def file_system(folder: Path) -> str:
    """The type of the folder's file system. On tmpfs (memory), durability costs nothing."""
    mounts = [p for p in psutil.disk_partitions(all=True) if os.path.commonpath([p.mountpoint, folder.resolve()]) == p.mountpoint]
    return max(mounts, key=lambda p: len(p.mountpoint)).fstype if mounts else "unknown"
