"""Real servers for the tests: one MariaDB and one MySQL a session, a fresh database a test; a MariaDB 11.8 for a few of them.

A server that cannot be had skips its tests, and fails them in CI.
"""

import contextlib
import itertools
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.servers import (
    DURABLE_OPTIONS,
    KINDS,
    ONLY,
    Database,
    TestServer,
    container,
    is_of_kind,
    is_wanted,
    killed,
    no_container,
    private,
    private_server,
    program_of,
    quiet,
    unavailable,
    until_gone,
)

from parloader.database import sql
from parloader.database.private_server.binary import find_binary
from parloader.database.private_server.server import PrivateServer
from parloader.database.session import server_info
from parloader.errors import ServerStartError

# Tests that run in the background of a script are started with SIGINT ignored, which processes that they start would inherit
signal.signal(signal.SIGINT, signal.default_int_handler)

numbers = itertools.count(1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if ONLY:
        others = [item for item in items if not is_wanted(item, ONLY)]
        items[:] = [item for item in items if is_wanted(item, ONLY)]
        config.hook.pytest_deselected(items=others)


@pytest.fixture(scope="session", params=["mariadb", "mysql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestServer]:
    kind = request.param
    with contextlib.ExitStack() as stack:
        try:
            running = (
                stack.enter_context(private(tmp_path_factory.mktemp(kind), kind))
                if no_container(kind)
                else stack.enter_context(container(kind))
            )
        except ServerStartError as error:
            unavailable(kind, error)
        with running.connection() as connection:
            assert is_of_kind(server_info(connection), kind)
        yield running


@pytest.fixture(scope="session")
def bootstrapped(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The home of a private server of a kind, made once and not running: to be copied."""
    homes: dict[str, Path] = {}

    def make(kind: str) -> Path:
        if kind not in homes:
            home = tmp_path_factory.mktemp(f"{kind}-template")
            private = private_server(home, kind)
            try:
                private.start(quiet)
            except ServerStartError as error:
                unavailable(kind, error)
            private.stop()
            until_gone(home)
            homes[kind] = home
        return homes[kind]

    return make


@pytest.fixture(params=["mariadb", "mysql"])
def server_kind(request: pytest.FixtureRequest) -> str:
    """For tests of scripts that start a server of this kind themselves."""
    try:
        find_binary((KINDS[request.param],), program_of(request.param))
    except ServerStartError as error:
        unavailable(request.param, error)
    return str(request.param)


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """For servers that a script starts: pytest's own folders have names too long for a socket's path."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture(params=["mariadb", "mysql"])
def own_server(request: pytest.FixtureRequest, bootstrapped: Callable[[str], Path], tmp_path: Path) -> Iterator[PrivateServer]:
    """A private server for this test alone, not running yet: for tests that kill it."""
    home = tmp_path / "home"
    shutil.copytree(bootstrapped(request.param), home, ignore=shutil.ignore_patterns("socket*", "auto.cnf", "pid", "*.lock", "ibtmp*"))
    yield replace(private_server(home, request.param), options=DURABLE_OPTIONS)
    killed(home)


@pytest.fixture
def database(server: TestServer, tmp_path: Path) -> Iterator[Database]:
    name = f"test_{next(numbers)}"
    with server.connection() as connection:
        sql.execute(connection, f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        yield Database(server, replace(server.admin, database=name), tmp_path)
        sql.execute(connection, f"DROP DATABASE {name}")
