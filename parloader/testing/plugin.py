"""The pytest plugin: its options and fixtures (docs/pytest.md). Imports only pytest and the standard library; a fixture imports what it needs."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from parloader.testing.database import Database
    from parloader.testing.server import Server, Settings

SERVERS = ("mariadb", "mysql")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options and settings."""
    group = parser.getgroup("parloader", "parloader: tests on seeded MySQL and MariaDB")
    group.addoption(
        "--parloader-server",
        choices=SERVERS,
        help="Start a private server of this kind, also if PARLOADER_URL is set. Default: the server of PARLOADER_URL, else the one that is installed.",
    )
    parser.addini("parloader_server", "The kind of private server for tests: mariadb or mysql (parloader).", default="")
    parser.addini("parloader_home", "Folder for the data of private servers (parloader; default: in the user's cache folder).", default="")
    parser.addini(
        "parloader_allow_remote", "Hosts besides this machine on which tests may create databases (parloader).", type="args", default=[]
    )


def _settings(config: pytest.Config) -> "Settings":
    from parloader.testing.server import Settings

    chosen = config.getoption("--parloader-server")
    home = config.getini("parloader_home")
    return Settings(
        kind=chosen or config.getini("parloader_server"),
        url=None if chosen else os.environ.get("PARLOADER_URL") or None,
        home=config.rootpath / Path(home).expanduser() if home else None,
        allow_remote=(*config.getini("parloader_allow_remote"), *os.environ.get("PARLOADER_ALLOW_REMOTE", "").split()),
        worker=os.environ.get("PYTEST_XDIST_WORKER", "main"),
    )


@pytest.fixture(scope="session")
def parloader_server(pytestconfig: pytest.Config) -> "Iterator[Server]":
    """The server of the run: a private MariaDB or MySQL (--parloader-server), or the one that PARLOADER_URL names.

    It has the attributes kind and version. parloader_server.database() is a context manager: one more empty database.
    """
    from parloader.testing.messages import short_failures
    from parloader.testing.server import running_server

    with short_failures(), running_server(_settings(pytestconfig)) as server:
        yield server


@pytest.fixture(scope="session")
def parloader_database(parloader_server: "Server") -> "Iterator[Database]":
    """A database of this run and, with pytest-xdist, of this worker: empty at first, dropped at the end.

    It has name, url (for SQLAlchemy), mysql_url, engine, django_settings, connect() and run_script(path).
    """
    from parloader.testing.messages import short_failures

    with short_failures(), parloader_server.database() as database:
        yield database


@pytest.fixture
def parloader_connection(parloader_database: "Database") -> "Iterator[Connection]":
    """A Connection of SQLAlchemy in a transaction that is rolled back after the test."""
    from parloader.testing.messages import short_failures
    from parloader.testing.rollback import rolled_back

    with short_failures(), rolled_back(parloader_database.engine) as connection:
        yield connection


@pytest.fixture
def parloader_session(parloader_connection: "Connection") -> "Iterator[Session]":
    """A Session of SQLAlchemy's ORM. It can commit; all that it wrote is rolled back after the test."""
    from sqlalchemy.orm import Session

    with Session(parloader_connection, join_transaction_mode="create_savepoint") as session:
        yield session
