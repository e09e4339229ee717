"""The server under measurement: a throwaway one, brought to the same state before every load, and asked afterwards what is there."""

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
from parloader.database.private_server import PrivateServer
from parloader.database.target import Target, parse_url
from parloader.ledger import store

# How long the server may take to write out what the load before has left; 60 MB take a second or two
SETTLE_SECONDS = 60.0

# The server itself touches a page now and then, so the number of dirty ones need not come down to none
FEW_DIRTY_PAGES = 20

# The server's CPU time is counted in hundredths of a second (proc(5), stat)
SAMPLE_EVERY_SECONDS = 0.02

TEXT = f"CONCAT_WS('|', {', '.join(f'''COALESCE({name}, 'NULL')''' for name in COLUMNS)})"


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Contents:
    """What the big table holds. `checksum`: the sum of the CRC-32 of every row's text, so it depends on no order."""

    rows: int
    scheduled: int
    triggered: int
    checksum: int


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the loads go. `target` is the server's own, `by_tcp` that of its port, where it has one."""

    kind: ServerKind
    home: Path
    target: Target
    by_tcp: Target | None
    pid: int

    def empty(self, connection: Connection) -> None:
        """Takes out what the load before has left: rows, ledger, and pages not yet written, which the next load would pay for."""
        store.drop(connection)
        sql.execute(connection, f"TRUNCATE TABLE {TABLE}")
        before = sql.value(connection, "SELECT @@GLOBAL.innodb_max_dirty_pages_pct")
        sql.execute(connection, "SET GLOBAL innodb_max_dirty_pages_pct = 0")
        end = time.monotonic() + SETTLE_SECONDS
        while (dirty := _status(connection, "Innodb_buffer_pool_pages_dirty")) > FEW_DIRTY_PAGES:
            if time.monotonic() > end:
                say(f"{self.kind}: {dirty} pages are still not written after {SETTLE_SECONDS:.0f} s; going on")
                break
            time.sleep(0.02)
        sql.execute(connection, "SET GLOBAL innodb_max_dirty_pages_pct = %s", before)

    def keep_as_source(self, connection: Connection) -> None:
        """The rows of the big table, once more: what INSERT … SELECT reads."""
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
def throwaway(kind: ServerKind, *, tcp: bool) -> Iterator[Place]:
    """A server of this kind in a folder of its own (below TMPDIR), both gone at the end. ServerStartError: there is none on this machine."""
    home = Path(tempfile.mkdtemp(prefix="parloader-compare-"))
    server = PrivateServer(home=home, kinds=(kind,))
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
    """The server's CPU time while a load runs, so that what it used until some moment can be told afterwards."""

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

    def until(self, moment_seconds: float) -> float:
        """CPU seconds from the beginning to this moment of the monotonic clock."""
        reached = [cpu for at, cpu in self.samples if at <= moment_seconds] or [self.samples[0][1]]
        return reached[-1] - self.samples[0][1]


def file_system(folder: Path) -> str:
    """Of which type it is: a server in memory (tmpfs) pays for no durability."""
    mounts = [p for p in psutil.disk_partitions(all=True) if os.path.commonpath([p.mountpoint, folder.resolve()]) == p.mountpoint]
    return max(mounts, key=lambda p: len(p.mountpoint)).fstype if mounts else "unknown"
