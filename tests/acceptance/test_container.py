"""A server in a container: seed, verify and clean over TCP. Skipped if no Docker engine answers, or if it has no such image."""

from dataclasses import replace
from pathlib import Path

import pytest
from support.servers import Database, container, no_container

from parloader.database import sql


@pytest.mark.parametrize("kind", ["mariadb", "mysql"])
def test_a_load_into_a_container(kind: str, tmp_path: Path) -> None:
    if reason := no_container(kind):
        pytest.skip(reason)
    with container(kind) as server:
        with server.connection() as connection:
            sql.execute(connection, "CREATE DATABASE contained")
        database = Database(server, replace(server.admin, database="contained"), tmp_path)
        database.parloader("seed", "--rows", "1000", "--procs", "2")
        database.parloader("verify")
        database.parloader("clean", "--yes")
        assert database.rows("SHOW TABLES") == ()
