"""Servers and databases for the tests, and waiting for conditions.

A server is a container if Docker is running and has the image or can pull it, else a private server on this machine.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

import psutil
import pytest
from click.testing import CliRunner, Result

from parloader.cli.commands import cli
from parloader.database import introspection, sql
from parloader.database.dialects import ServerKind
from parloader.database.driver import Connection
from parloader.database.private_server.server import PrivateServer
from parloader.database.session import ServerInfo, connected
from parloader.database.target import Target, parse_url
from parloader.ledger import control, deferred_indexes, store
from parloader.schema.model import Schema, TableSchema

NEWER_MARIADB = "mariadb-11.8"

KINDS = {"mariadb": ServerKind.MARIADB, "mysql": ServerKind.MYSQL, NEWER_MARIADB: ServerKind.MARIADB}

# What scripts/get_mariadb_11_8 calls the program: parloader itself looks for mariadbd, so it never starts it unasked
NEWER_PROGRAM = "mariadbd-11.8"

NEWER_VERSION = (11, 8)

ONLY = os.environ.get("PARLOADER_TEST_SERVER")
"""The one kind of server to test on (`scripts/test --server`); None: the usual ones. With NEWER_MARIADB, its program is the mariadbd on the PATH."""

IMAGES = {
    "mariadb": os.environ.get("PARLOADER_TEST_IMAGE_MARIADB", "mariadb:11.8" if ONLY == NEWER_MARIADB else "mariadb:11.4"),
    NEWER_MARIADB: "mariadb:11.8",
    "mysql": os.environ.get("PARLOADER_TEST_IMAGE_MYSQL", "mysql:8.4"),
}

# These save seconds and change no test result; only a server that a test kills must keep what it has committed (DURABLE_OPTIONS)
DURABLE_OPTIONS = ("--innodb-buffer-pool-size=128M",)

TEST_OPTIONS = ("--innodb-flush-log-at-trx-commit=0", *DURABLE_OPTIONS)

TEST_REDO_LOG_BYTES = 32 * 2**20

PATIENCE_SECONDS = 60

DROP_LEDGER = f"DROP TABLE IF EXISTS {', '.join((*store.TABLES, deferred_indexes.TABLE))}"

SERVER_INFO = ServerInfo(
    kind=ServerKind.MYSQL,
    version=(8, 4, 0),
    version_text="8.4.0",
    max_allowed_packet_bytes=2**20,
    data_directory="/",
    hostname="h",
    backslash_escapes=True,
    local_infile=True,
    autoinc_lock_mode=2,
    buffer_pool_bytes=2**27,
)
"""As a server reports itself; for tests without one."""


def until(condition: Callable[[], object], what: str) -> None:
    """Waits for a condition; the test fails if it is not met within PATIENCE_SECONDS."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"waited {PATIENCE_SECONDS} s for: {what}")
        time.sleep(0.01)


def quiet(_: str) -> None:
    pass


def own_tcp_port(connection: Connection) -> int:
    """The TCP port on this machine that the server listens on."""
    return int(sql.value(connection, "SELECT @@port"))


def tcp_address(target: Target, admin: Connection) -> tuple[str, int]:
    """Host and port of the server that the target names."""
    return ("127.0.0.1", own_tcp_port(admin)) if target.unix_socket else (target.host, target.port)


@dataclass(frozen=True)
class TestServer:
    """A running server, with an administrator account. `kind`: mariadb or mysql."""

    __test__ = False
    kind: str
    admin: Target

    def connection(self, database: str = "mysql") -> contextlib.AbstractContextManager[Connection]:
        return connected(replace(self.admin, database=database))


def private_server(home: Path, kind: str) -> PrivateServer:
    return PrivateServer(
        home=home, kinds=(KINDS[kind],), program=program_of(kind), redo_log_bytes=TEST_REDO_LOG_BYTES, options=TEST_OPTIONS
    )


def program_of(kind: str) -> Path | None:
    """The program of a kind of server that parloader does not find by itself; None: it does."""
    if kind != NEWER_MARIADB:
        return None
    folders = os.pathsep.join((os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)))
    return Path(shutil.which(NEWER_PROGRAM, path=folders) or NEWER_PROGRAM)


def no_container(kind: str) -> str | None:
    """Why a server of this kind cannot be a container; None: it can. Pulls the image if it is not on this machine."""
    docker = shutil.which("docker")
    if docker is None or _fails(docker, "info"):
        return "no Docker engine answers"
    if _fails(docker, "image", "inspect", IMAGES[kind]) and _fails(docker, "pull", IMAGES[kind]):
        return f"the image {IMAGES[kind]} is not here and cannot be pulled"
    return None


def _fails(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode != 0


@contextlib.contextmanager
def container(kind: str) -> Iterator[TestServer]:
    from testcontainers.community.mysql import MySqlContainer

    with MySqlContainer(IMAGES[kind], username="root", password="test", dbname="test") as container:
        yield TestServer(KINDS[kind].lower(), parse_url(container.get_connection_url()))


@contextlib.contextmanager
def private(home: Path, kind: str) -> Iterator[TestServer]:
    with private_server(home, kind).in_use(quiet, port=0) as server:
        yield TestServer(KINDS[kind].lower(), server.target)
    until_gone(home)


def servers_in(home: Path) -> list[psutil.Process]:
    """The private servers that run in this folder."""

    def is_it(process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.Error):  # it has just ended, or is a zombie
            return any(f"--datadir={home}" in argument for argument in process.cmdline())
        return False

    return [process for process in psutil.process_iter() if is_it(process)]


def until_gone(home: Path) -> None:
    """Waits until the private server in this folder has stopped: if pytest deletes its files earlier, MySQL never stops."""
    until(lambda: not servers_in(home), f"the end of the server in {home}")


def killed(home: Path) -> None:
    """Ends the private server in this folder, whose data nobody needs any more. MySQL takes seconds to shut down, as a source 15."""
    for process in servers_in(home):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    until_gone(home)


def slow_on_mysql(fixture: str) -> pytest.MarkDecorator:
    """For a law that holds on both servers for the same reason, tested at length: `fixture` is a MySQL with `-m slow` only."""
    return pytest.mark.parametrize(fixture, ["mariadb", pytest.param("mysql", marks=pytest.mark.slow)], indirect=True)


def on_mariadb_11_8_too(fixture: str) -> pytest.MarkDecorator:
    """For the few tests that run in every suite on MariaDB 11.8 besides: what a user does first. `scripts/test --server mariadb-11.8` runs all."""
    return pytest.mark.parametrize(fixture, list(KINDS), indirect=True)


def is_wanted(item: pytest.Item, only: str) -> bool:
    """Whether the test needs no other kind of server than `only`. On 11.8, those of "mariadb" run, since its program is the one they find."""
    wanted = "mariadb" if only == NEWER_MARIADB else only
    parameters = item.callspec.params.values() if isinstance(item, pytest.Function) and hasattr(item, "callspec") else ()
    return not any(value in KINDS and value != wanted for value in parameters if isinstance(value, str))


def is_of_kind(info: ServerInfo, kind: str) -> bool:
    """Whether a server is what the test asked for."""
    is_newer = info.kind is ServerKind.MARIADB and info.version[:2] == NEWER_VERSION
    return info.kind is KINDS[kind] and (is_newer or NEWER_MARIADB not in (kind, ONLY))


def unavailable(kind: str, error: Exception) -> NoReturn:
    """Skips the test on a developer's machine without such a server; fails it in CI, unless scripts/test has reported that it cannot get one."""
    if os.environ.get("CI") and os.environ.get("PARLOADER_TEST_WITHOUT") != kind:
        pytest.fail(f"no {kind}: {error}")
    pytest.skip(f"no {kind}: {error}")


@dataclass(frozen=True)
class Database:
    """A new database, and the account that owns it."""

    server: TestServer
    target: Target
    folder: Path

    @property
    def url(self) -> str:
        t = self.target
        secret = f":{quote(t.password, safe='')}"  # even if empty: the one in the developer's ~/.my.cnf must not be used
        socket = f"?unix_socket={quote(t.unix_socket)}" if t.unix_socket else ""
        return f"mysql://{quote(t.user, safe='')}{secret}@{','.join(map(str, t.nodes))}/{quote(t.database, safe='')}{socket}"

    def connection(self) -> contextlib.AbstractContextManager[Connection]:
        return connected(self.target)

    def execute(self, *statements: str) -> None:
        with self.connection() as connection:
            for statement in statements:
                sql.execute(connection, statement)

    def rows(self, statement: str) -> tuple[tuple[object, ...], ...]:
        with self.connection() as connection:
            return sql.rows(connection, statement)

    def value(self, statement: str) -> object:
        return self.rows(statement)[0][0]

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "parloader", *arguments, "--url", self.url]

    def parloader(self, *arguments: str, check: int | None = 0) -> Result:
        """Runs the command on this database in this process (its workers are processes of their own), and checks its exit code."""
        done = CliRunner().invoke(cli, [*arguments, "--url", self.url], prog_name="parloader")
        assert check is None or done.exit_code == check, (
            f"{arguments}: exit {done.exit_code}\n{done.stdout}\n{done.stderr}\n{done.exception!r}"
        )
        assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
        return done

    def process(self, *arguments: str, environment: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
        """Starts the command in a new process, with these variables added to its environment."""
        return subprocess.Popen(
            self.command(*arguments),
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
        )


def everything(database: Database) -> dict[str, object]:
    """Each table's rows and definition (with its AUTO_INCREMENT counter), except the control table, which tells what was running."""
    found: dict[str, object] = {}
    for (name,) in database.rows("SHOW TABLES WHERE Tables_in_" + database.target.database + f" <> '{control.CONTROL}'"):
        found[str(name)] = (database.rows(f"SELECT * FROM {name} ORDER BY 1"), database.rows(f"SHOW CREATE TABLE {name}"))
    return found


class Command:
    """A command in a new process, whose stderr can be read while it runs."""

    def __init__(self, database: Database, *arguments: str) -> None:
        self._file = Path(database.folder / f"stderr-{arguments[0]}")
        with open(self._file, "w") as stderr:
            self.process = subprocess.Popen(
                database.command(*arguments),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                cwd=database.folder,
            )

    @property
    def said(self) -> str:
        return self._file.read_text()

    def says(self, words: str) -> None:
        until(lambda: words in self.said or self.process.poll() is not None, f"it says {words}")
        assert words in self.said, self.said

    def ended(self) -> int:
        self.process.communicate(timeout=60)
        assert "Traceback" not in self.said
        return self.process.returncode


@contextlib.contextmanager
def running(database: Database, *arguments: str) -> Iterator[Command]:
    command = Command(database, *arguments)
    try:
        yield command
    finally:
        if command.process.poll() is None:
            command.process.kill()
            command.process.communicate()


def create_example(database: Database) -> None:
    """The tables of the built-in plan, with the parent rows, and a ledger without a run."""
    database.parloader("seed", "--rows", "1", "--procs", "1")
    database.execute(
        *(f"DELETE FROM {table}" for table in ("script_execution", *store.TABLES) if table != control.CONTROL),
        "ALTER TABLE script_execution AUTO_INCREMENT = 1",
    )


def loaded(database: Database) -> int:
    if not database.rows("SHOW TABLES LIKE 'parloader_batch'"):
        return 0
    return int(str(database.value("SELECT COALESCE(SUM(row_count), 0) FROM parloader_batch WHERE table_name = 'script_execution'")))


def read_tables(database: Database, *names: str) -> Schema:
    """The tables, as introspection reads them."""
    with database.connection() as connection:
        return introspection.read_tables(connection, names)


def create_table(database: Database, statement: str, name: str = "t") -> TableSchema:
    """Creates the table; returns it as introspection reads it."""
    database.execute(statement.replace("%", "%%"))
    return read_tables(database, name)[name]


def worker_processes(family: Iterable[psutil.Process]) -> list[psutil.Process]:
    """The workers among the processes of a command: those that the template has forked, or, without one, those that were spawned."""
    spawned: dict[int, psutil.Process] = {}
    forked: list[psutil.Process] = []
    for process in family:
        with contextlib.suppress(psutil.Error):
            if any("workers.interpreter" in word for word in process.cmdline()):
                spawned[process.pid] = process
    for process in spawned.values():
        with contextlib.suppress(psutil.Error):
            if process.ppid() in spawned:
                forked.append(process)
    return forked if sys.platform == "linux" else list(spawned.values())
