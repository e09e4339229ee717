"""The server of a test run: a private one with its data in the user's cache folder, or one that a URL names."""

import atexit
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import platformdirs

from parloader.database import application_settings, option_file, temporary_databases
from parloader.database.dialects import ServerKind
from parloader.database.driver import Connection
from parloader.database.private_server.binary import find_binary
from parloader.database.private_server.server import PrivateServer
from parloader.database.session import connected, server_info
from parloader.database.target import Target, parse_url
from parloader.errors import LoginRefused, ServerStartError, UsageError
from parloader.runs import permission
from parloader.testing.database import Database
from parloader.testing.messages import raised_for_tests

KINDS = {"mariadb": (ServerKind.MARIADB,), "mysql": (ServerKind.MYSQL,), "": (ServerKind.MARIADB, ServerKind.MYSQL)}

# Every account can connect to it
ANY_DATABASE = "information_schema"

# Less than a private server of a user has: the folder stays small, and tests write little
REDO_LOG_BYTES = 128 * 2**20

# The data of tests need not survive a crash of the machine
OPTIONS = ("--innodb-flush-log-at-trx-commit=0",)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What pytest's options and settings say about the server."""

    kind: str = ""
    """mariadb or mysql; empty: whichever is installed, MariaDB before MySQL"""
    url: str | None = field(default=None, repr=False)
    """of a server that runs already; None: a private server"""
    home: Path | None = None
    """the folder of private servers; None: in the user's cache folder"""
    allow_remote: tuple[str, ...] = ()
    """hosts besides this machine to which it may write"""
    worker: str = "main"
    """the process of the test run: names the databases"""

    @classmethod
    def of_environment(
        cls, kind: str = "", *, default_kind: str = "", home: Path | None = None, allow_remote: tuple[str, ...] = ()
    ) -> "Settings":
        """With PARLOADER_URL, unless a kind is chosen, with PARLOADER_ALLOW_REMOTE and the name of pytest-xdist's worker."""
        return cls(
            kind=kind or default_kind,
            url=None if kind else os.environ.get("PARLOADER_URL") or None,
            home=home,
            allow_remote=(*allow_remote, *os.environ.get("PARLOADER_ALLOW_REMOTE", "").split()),
            worker=os.environ.get("PYTEST_XDIST_WORKER", "main"),
        )


@dataclass(frozen=True, kw_only=True)
class Server:
    """The running server of a test run."""

    kind: str
    """MariaDB or MySQL"""
    version: str
    """as the server reports it, such as 10.11.6"""
    private: PrivateServer | None
    """None: the server that PARLOADER_URL names"""
    allow_remote: tuple[str, ...] = ()
    _target: Target
    _names: Iterator[str]

    def __str__(self) -> str:
        return f"{self.kind} {self.version}"

    @contextmanager
    def database(self) -> Iterator[Database]:
        """A new, empty database, which is dropped at the end of the block."""
        target = replace(self._target, database=next(self._names))
        with self._connection() as connection:
            temporary_databases.create(connection, target.database)
        database = Database(target, allow_remote=self.allow_remote)
        try:
            yield database
        finally:
            database.close()
            with self._connection() as connection:
                temporary_databases.drop(connection, target.database)

    def django_settings(self) -> dict[str, Any]:
        """An entry of settings.DATABASES in Django. Its NAME does not exist: the tests of Django create the database test_NAME."""
        return application_settings.django_settings(replace(self._target, database=next(self._names)))

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        target = replace(self._target, database=ANY_DATABASE)
        with connected(target) as connection, target.translate_errors("preparing a database for the tests"):
            yield connection


@contextmanager
def running_server(settings: Settings) -> Iterator[Server]:
    """The server, until the end of the block. Raises UsageError, ServerStartError, ConnectError and Refused."""
    with ExitStack() as stack:
        if settings.url:
            target, private = _requested(settings.url, settings.allow_remote), None
        else:
            private = _private_server(settings)
            with _deletion_advised(private):
                stack.enter_context(private.in_use(_say_nothing))
            target = private.target
        connection = stack.enter_context(connected(replace(target, database=ANY_DATABASE)))
        with target.translate_errors("preparing the server for the tests"):
            info = server_info(connection)
            if private:
                temporary_databases.drop_abandoned(connection)
            run = temporary_databases.begin_run(connection)
        stack.callback(_drop_run, target, run)
        yield Server(
            kind=str(info.kind),
            version=".".join(map(str, info.version)),
            private=private,
            allow_remote=settings.allow_remote,
            _target=target,
            _names=(f"{run}_{settings.worker}{f'_{n}' if n > 1 else ''}" for n in count(1)),
        )


@contextmanager
def temporary_database(kind: str = "") -> Iterator[Database]:
    """An empty database until the end of the block, for tests without pytest: unittest.enterModuleContext(temporary_database("mysql")).

    `kind`: mariadb or mysql, on a private server; empty: on the server of PARLOADER_URL, else on a private one of the kind that is installed.
    Raises UsageError, ServerStartError, ConnectError and Refused.
    """
    stack = ExitStack()
    unregister, close = atexit.unregister, stack.close  # the names of modules are gone when an interpreter that exits closes this generator
    atexit.register(close)  # pytest runs setUpModule, but not the end of the contexts that it enters
    try:
        with raised_for_tests():
            server = stack.enter_context(running_server(Settings.of_environment(kind)))
            database = stack.enter_context(server.database())
        yield database
    finally:
        unregister(close)
        close()


def _requested(url: str, allow_remote: tuple[str, ...]) -> Target:
    """The target of the URL. Refused if it is not allowed to write there, by the rules of all commands that write."""
    target = parse_url(url, option_file.defaults())
    permission.require_permitted(target, allow_remote)
    try:
        with connected(target) as connection, target.translate_errors("looking for the marker that forbids writing"):
            permission.require_not_forbidden(connection, target)
    except (
        LoginRefused
    ):  # perhaps the database does not exist, which does not matter; if the account cannot log in, the next attempt says so
        pass
    return target


def _drop_run(target: Target, run: str) -> None:
    """On a connection of its own: a test may have restarted the server."""
    with connected(replace(target, database=ANY_DATABASE)) as connection, target.translate_errors("dropping the databases of the tests"):
        temporary_databases.drop_run(connection, run)


def _private_server(settings: Settings) -> PrivateServer:
    """One for each kind and version, so that an upgrade or downgrade of the program does not meet the data of another."""
    if settings.kind not in KINDS:
        raise UsageError(f"{settings.kind!r} is not a server for tests", "Set parloader_server to mariadb or mysql")
    binary = find_binary(KINDS[settings.kind])
    homes = settings.home or platformdirs.user_cache_path("parloader") / "pytest"
    major_minor = ".".join(map(str, binary.version[:2]))
    return PrivateServer(
        home=homes.absolute() / f"{binary.kind.lower()}-{major_minor}",
        kinds=(binary.kind,),
        program=binary.path,
        redo_log_bytes=REDO_LOG_BYTES,
        options=OPTIONS,
    )


@contextmanager
def _deletion_advised(server: PrivateServer) -> Iterator[None]:
    """Adds to the error of a server that does not start on its data that nobody needs them."""
    existed = any(server.home.glob("*-data"))
    try:
        yield
    except ServerStartError as error:
        if not existed:
            raise
        advice = f"{server.home} has only data of earlier tests: if all else fails, delete it"
        raise ServerStartError(error.message, f"{error.next_step}. {advice}" if error.next_step else advice) from error


def _say_nothing(_: str) -> None:
    """pytest captures output; what the server is can be read from the fixture."""
