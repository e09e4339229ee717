"""The servers on which schemas are tried: private ones, in folders of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from support.servers import TEST_OPTIONS, TEST_REDO_LOG_BYTES, until_gone

from parloader.database.dialects import ServerKind
from parloader.database.private_server.server import PrivateServer
from parloader.database.session import connected, server_info
from parloader.database.target import Target, parse_url

KINDS = {"mariadb": ServerKind.MARIADB, "mysql": ServerKind.MYSQL}


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server: its kind ("mariadb", "mysql"), its version, and its root account over the Unix socket and an account over TCP."""

    kind: str
    version: str
    target: Target
    tcp: Target


@contextmanager
def running(home: Path, kind: str) -> Iterator[Server]:
    """A server of this kind in this folder, while the block runs. ServerStartError: this machine has no such server."""
    server = PrivateServer(home=home, kinds=(KINDS[kind],), redo_log_bytes=TEST_REDO_LOG_BYTES, options=TEST_OPTIONS)
    server.start(lambda line: click.echo(line, err=True), port=0)
    try:
        with connected(server.target) as connection:
            version = str(server_info(connection))
        yield Server(kind=kind, version=version, target=server.target, tcp=parse_url(server.tcp_url() or ""))
    finally:
        server.stop()
        until_gone(home)
