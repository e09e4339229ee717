"""One private server of each kind for all tests here, and a fresh database on it for each."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.servers import private_server, quiet

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.database.private_server.server import PrivateServer
from parloader.database.session import connected
from parloader.database.target import Target
from parloader.operations.reset import forget

numbers = itertools.count(1)


@pytest.fixture(scope="module", params=["mariadb", "mysql"])
def running(
    request: pytest.FixtureRequest, bootstrapped: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PrivateServer]:
    home = tmp_path_factory.mktemp("reset") / "home"
    ignored = shutil.ignore_patterns("socket*", "auto.cnf", "pid", "*.lock", "ibtmp*")
    shutil.copytree(bootstrapped(request.param), home, ignore=ignored)
    with private_server(home, request.param).in_use(quiet) as server:
        yield server


@pytest.fixture
def target(running: PrivateServer) -> Iterator[Target]:
    """A new database on the private server."""
    name = f"test_{next(numbers)}"
    with connected(running.target) as connection:
        sql.execute(connection, f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        yield replace(running.target, database=name)
        forget(replace(running.target, database=name))
        sql.execute(connection, f"DROP DATABASE {name}")


@pytest.fixture
def connection(target: Target) -> Iterator[Connection]:
    with connected(target) as opened:
        yield opened
