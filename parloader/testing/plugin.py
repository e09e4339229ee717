"""The pytest plugin: its options and fixtures (docs/pytest.md). Imports only pytest and the standard library; a fixture imports what it needs."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from parloader.testing.database import Database
    from parloader.testing.seeding import Seeder
    from parloader.testing.server import Server, Settings

SERVERS = ("mariadb", "mysql")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options and settings."""
    group = parser.getgroup("parloader", "parloader: tests on seeded MySQL and MariaDB")
    group.addoption(
        "--parloader-server",
        choices=SERVERS,
        default="",
        help="Start a private server of this kind, also if PARLOADER_URL is set. Default: the server of PARLOADER_URL, else the one that is installed.",
    )
    parser.addini("parloader_server", "The kind of private server for tests: mariadb or mysql (parloader).", default="")
    parser.addini("parloader_home", "Folder for the data of private servers (parloader; default: in the user's cache folder).", default="")
    parser.addini(
        "parloader_allow_remote", "Hosts besides this machine on which tests may create databases (parloader).", type="args", default=[]
    )


def _settings(config: pytest.Config) -> "Settings":
    from parloader.testing.server import Settings

    home = config.getini("parloader_home")
    return Settings.of_environment(
        config.getoption("--parloader-server"),
        default_kind=config.getini("parloader_server"),
        home=config.rootpath / Path(home).expanduser() if home else None,
        allow_remote=tuple(config.getini("parloader_allow_remote")),
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

    It has name, url (for SQLAlchemy), mysql_url, engine, connect() and run_script(path).
    """
    from parloader.testing.messages import short_failures

    with short_failures(), parloader_server.database() as database:
        yield database


@pytest.fixture(scope="session")
def session_seeded(parloader_database: "Database") -> "Seeder":
    """Like seeded, for all tests of the run: the rows stay, and the same call again does nothing."""
    from parloader.testing.seeding import Seeder

    return Seeder(parloader_database)


@pytest.fixture
def seeded(request: pytest.FixtureRequest, parloader_database: "Database") -> "Iterator[Seeder]":
    """Fills tables of parloader_database: seeded("orders", rows=1000). The rows are deleted after the test.

    Takes the arguments of parloader.seed, such as plan="shop.toml", or metadata=Base.metadata with create=True to create the tables.
    """
    from parloader.testing.messages import short_failures
    from parloader.testing.seeding import Seeder

    seeder = Seeder(parloader_database, keep=False)
    if "parloader_reset" in request.fixturenames:
        request.getfixturevalue("parloader_reset")  # which takes the rows back after the test
        yield seeder
    else:
        yield seeder
        with short_failures():
            seeder.clean_up()


@pytest.fixture
def parloader_reset(parloader_database: "Database") -> Iterator[None]:
    """Takes back what the test commits, on whatever connection: changed, deleted and added rows, AUTO_INCREMENT and tables.

    The state that it goes back to is that of its first use. If session_seeded or run_script add something later, that is kept as well.
    """
    from parloader.testing.messages import short_failures

    with short_failures():
        parloader_database.renew()
    yield
    with short_failures():
        parloader_database.reset()


@pytest.fixture
def parloader_connection(parloader_database: "Database", seeded: "Seeder") -> "Iterator[Connection]":
    """A Connection of SQLAlchemy in a transaction that is rolled back after the test."""
    # it uses seeded so that it is rolled back first: its transaction may have locked rows that seeded deletes
    from parloader.testing.messages import short_failures

    with short_failures(), parloader_database.rolled_back() as connection:
        yield connection


@pytest.fixture
def parloader_session(parloader_connection: "Connection") -> "Iterator[Session]":
    """A Session of SQLAlchemy's ORM. It can commit; all that it wrote is rolled back after the test."""
    from parloader.testing.rollback import session_on

    with session_on(parloader_connection) as session:
        yield session
