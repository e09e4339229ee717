"""Accounts and servers for the faults."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.faults import ordinary_account
from support.loads import end_all
from support.proxy import Proxy, proxy
from support.servers import Database, TestServer, quiet

from parloader.database.private_server.server import PrivateServer


@pytest.fixture(autouse=True)
def no_load_is_left() -> Iterator[None]:
    yield
    end_all()


@pytest.fixture
def ordinary(database: Database) -> Iterator[Database]:
    """The database over TCP, with an account that has all privileges in it, and none on the server."""
    with ordinary_account(database) as owned:
        yield owned


@pytest.fixture
def between(ordinary: Database) -> Iterator[Proxy]:
    with proxy((ordinary.target.host, ordinary.target.port)) as standing:
        yield standing


@pytest.fixture
def proxied(ordinary: Database, between: Proxy) -> Database:
    """The database through the proxy."""
    return replace(ordinary, target=replace(ordinary.target, host="127.0.0.1", port=between.port))


@pytest.fixture
def mortal(own_server: PrivateServer, tmp_path: Path) -> Iterator[Database]:
    """A database on a server that only this test uses."""
    own_server.start(quiet)
    yield Database(TestServer("own", own_server.target), own_server.target, tmp_path)
    own_server.stop()
