"""One node of a Galera cluster: its folder, its ports, its process and its state."""

import contextlib
import socket
from dataclasses import dataclass
from pathlib import Path

import psutil
import pymysql


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 on which nothing listens, all different."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


@dataclass(frozen=True, kw_only=True)
class ClusterNode:
    """One node: its folder and its ports."""

    number: int
    home: Path
    port: int
    group_port: int
    increment_port: int
    copy_port: int

    @property
    def socket(self) -> Path:
        return self.home / "socket"

    @property
    def log(self) -> Path:
        return self.home / "log.err"

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def process(self) -> psutil.Process | None:
        """The node's running process."""
        with contextlib.suppress(OSError, ValueError, psutil.Error):
            process = psutil.Process(int((self.home / "pid").read_text()))
            if process.status() != psutil.STATUS_ZOMBIE and f"--datadir={self.data}" in process.cmdline():
                return process
        return None

    def rows(self, statement: str) -> tuple[tuple[object, ...], ...]:
        """The rows of a statement, run by the administrator. The node need not be part of a quorum for SHOW and SET."""
        connection = pymysql.connect(unix_socket=str(self.socket), user="root", connect_timeout=5, read_timeout=60, autocommit=True)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return tuple(cursor.fetchall())
        finally:
            connection.close()

    def status(self, variable: str) -> str | None:
        """A status variable; None: the node does not answer."""
        with contextlib.suppress(pymysql.Error, OSError):
            return str(self.rows(f"SHOW GLOBAL STATUS LIKE '{variable}'")[0][1])
        return None

    @property
    def in_sync(self) -> bool:
        """Whether the node is part of the quorum and has all data."""
        return self.status("wsrep_local_state_comment") == "Synced" and self.status("wsrep_ready") == "ON"
