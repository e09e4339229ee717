"""Disk and memory run out."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.faults import out_of_memory
from support.loads import Plan, halted, proven, started
from support.servers import Database, TestServer, quiet, slow_on_mysql

from parloader.database.private_server.server import PrivateServer

# All tables in one file that may not grow further
LITTLE_ROOM = ("--innodb-file-per-table=0", "--innodb-data-file-path=ibdata1:12M:autoextend:max:16M")

MORE_ROOM = ("--innodb-file-per-table=0", "--innodb-data-file-path=ibdata1:12M:autoextend")


@pytest.fixture
def full(own_server: PrivateServer, tmp_path: Path) -> Iterator[tuple[Database, PrivateServer]]:
    server = replace(own_server, options=(*own_server.options, *LITTLE_ROOM))
    server.start(quiet)
    yield Database(TestServer("own", server.target), server.target, tmp_path), server
    server.stop()


@slow_on_mysql("own_server")
def test_disk_full(full: tuple[Database, PrivateServer]) -> None:
    database, server = full
    load = started(database, Plan(rows=100_000, batch=2000, max_rate=None))
    load.ends(1, r"error: writing script_execution, rows [\d,]+ to [\d,]+.* failed: .* is full", "Free space on the server's disk")
    assert "Free space" in database.parloader(*load.plan.command, check=1).stderr
    server.stop()
    replace(server, options=(*server.options[: -len(LITTLE_ROOM)], *MORE_ROOM)).start(quiet)
    proven(load)


@pytest.mark.slow
def test_a_worker_out_of_memory(database: Database) -> None:
    """Its batches grow, until they are more than it may have; a replacement does the rest."""
    load = started(database, Plan(rows=200_000, max_rate=None, more=("--batch", "60000ms")))
    with halted(load):
        out_of_memory(load)
    load.ends(0, r"worker \d (was killed by|ended with).* while working on script_execution, rows .*; worker 2 replaces it")
    proven(load, again=Plan(rows=200_000, batch=10_000, max_rate=None))
