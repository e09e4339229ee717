"""A private MariaDB or MySQL on this machine: a real server from the binary that is there, with data of its own.

Commands that need it hold a shared lock on one file; a guard process waits until nobody does and then shuts the server down, so that
no server outlives its users, however they end. `keep` (parloader server start) leaves it running until `stop`.
Bootstrap as mariadb-install-db and mysqld --initialize-insecure do it; the folder is 0700, and only its unix socket lets in without a password.
"""

import contextlib
import fcntl
import os
import secrets
import select
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO
from urllib.parse import quote

import platformdirs
import psutil
import pymysql

from parloader.database import error_codes, private_server_guard, sql
from parloader.database.dialects import ServerKind, parse_version
from parloader.database.private_server_guard import KEEP, LOG
from parloader.database.session import connect
from parloader.database.target import Target
from parloader.errors import ServerStartError, UsageError

PLACES = (
    Path(sys.executable).parent,
    *map(
        Path,
        (
            "/usr/sbin",
            "/usr/bin",
            "/usr/libexec",
            "/usr/local/sbin",
            "/usr/local/bin",
            "/usr/local/mysql/bin",
            "/opt/homebrew/bin",
            "/opt/homebrew/opt/mariadb/bin",
            "/opt/homebrew/opt/mysql/bin",
        ),
    ),
)

NAMES = {ServerKind.MARIADB: ("mariadbd", "mysqld"), ServerKind.MYSQL: ("mysqld",)}

DATABASE = "parloader"

TCP_USER = "parloader"

START_TIMEOUT_SECONDS = 60

MAX_BUFFER_POOL_BYTES = 2 * 2**30

REDO_LOG_BYTES = 2**30

REDO_LOG = {ServerKind.MARIADB: "--innodb-log-file-size", ServerKind.MYSQL: "--innodb-redo-log-capacity"}

# MySQL: no X protocol, and no import or export of files by the server (its compiled-in folder for that need not exist here)
OF_KIND = {ServerKind.MARIADB: (), ServerKind.MYSQL: ("--mysqlx=OFF", "--secure-file-priv=NULL")}

# a unix socket's path holds 107 bytes on Linux, 103 on macOS (unix(7), sys/un.h)
MAX_SOCKET_PATH_BYTES = 100

# what mariadb-install-db runs, without the help tables
MARIADB_BOOTSTRAP = (
    "mysql_system_tables.sql",
    "mysql_performance_tables.sql",
    "mysql_system_tables_data.sql",
    "maria_add_gis_sp_bootstrap.sql",
)


@dataclass(frozen=True, kw_only=True)
class Binary:
    path: Path
    kind: ServerKind
    version: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.kind} {'.'.join(map(str, self.version))}"


def find_binary(kinds: tuple[ServerKind, ...] = (ServerKind.MARIADB, ServerKind.MYSQL)) -> Binary:
    """A server of the first of these kinds that is on this machine. ServerStartError says the ways out."""
    if chosen := os.environ.get("PARLOADER_MYSQLD"):
        return _binary(Path(chosen))
    folders = [*map(Path, os.environ.get("PATH", os.defpath).split(os.pathsep)), *PLACES]
    for kind in kinds:
        for name in NAMES[kind]:
            for folder in dict.fromkeys(folders):
                # MariaDB comes with a mysqld of its own, so the name does not tell
                if (found := shutil.which(name, path=str(folder))) and (binary := _binary(Path(found))).kind is kind:
                    return binary
    raise ServerStartError(
        f"no {' or '.join(kinds)} on this machine for a private server",
        "Name a database with --url, or install the server (Debian, Ubuntu: apt-get install mariadb-server-core; macOS: brew install mariadb), "
        "or run one: docker run -d -p 127.0.0.1:3306:3306 -e MARIADB_ALLOW_EMPTY_ROOT_PASSWORD=1 -e MARIADB_DATABASE=parloader mariadb, "
        "then --url mysql://root@127.0.0.1/parloader",
    )


def _binary(path: Path) -> Binary:
    try:
        answer = subprocess.run([path, "--no-defaults", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        why = error.stderr.strip()[-300:] if isinstance(error, subprocess.CalledProcessError) else error.strerror
        raise ServerStartError(f"{path} does not run: {why}", "Install it anew, or name a database with --url") from error
    kind, version = parse_version(answer.stdout.split("Ver ", 1)[-1])
    return Binary(path=path, kind=kind, version=version)


@dataclass(frozen=True, kw_only=True)
class PrivateServer:
    """The private server in the folder `home`. Nothing is made or started by making this object."""

    home: Path
    kinds: tuple[ServerKind, ...] = (ServerKind.MARIADB, ServerKind.MYSQL)
    redo_log_bytes: int = REDO_LOG_BYTES
    options: tuple[str, ...] = ()

    @classmethod
    def default(cls) -> "PrivateServer":
        """That of this user: below PARLOADER_HOME, else the user's data directory."""
        return cls(home=Path(os.environ.get("PARLOADER_HOME") or platformdirs.user_data_path("parloader")))

    @property
    def socket(self) -> Path:
        path = self.home / "socket"
        if len(os.fsencode(path)) <= MAX_SOCKET_PATH_BYTES:
            return path
        return Path(tempfile.gettempdir()) / f"parloader-{os.getuid()}-{self.home.stat().st_ino:x}" / "socket"

    @property
    def target(self) -> Target:
        return Target(user="root", database=DATABASE, unix_socket=str(self.socket))

    @property
    def url(self) -> str:
        """With an empty password, so that none of ~/.my.cnf is taken."""
        return f"mysql://root:@localhost/{DATABASE}?unix_socket={quote(str(self.socket))}"

    def tcp_url(self) -> str | None:
        """The URL with host, port and password, where the server was started with a port."""
        file = self.home / "tcp"
        if not (file.exists() and self.running()):
            return None
        port, password = file.read_text().split()
        return f"mysql://{TCP_USER}:{password}@127.0.0.1:{port}/{DATABASE}"

    def running(self) -> bool:
        """Whether it answers."""
        if not (self.home.exists() and _listens(self.socket)):
            return False
        try:
            pymysql.connect(unix_socket=str(self.socket), user="root").close()
        except pymysql.Error:
            return False
        return True

    @contextmanager
    def in_use(self, say: Callable[[str], None], port: int | None = None) -> Iterator["PrivateServer"]:
        """The server, running at least until the end of the block (and until no other process uses it). `port` as for start."""
        self._make_home()
        with open(self.home / "users.lock", "a") as users:
            fcntl.flock(users, fcntl.LOCK_SH)  # waits while a guard shuts the server down
            self._ensure_running(say, port)
            yield self

    def start(self, say: Callable[[str], None], port: int | None = None) -> None:
        """Starts it and leaves it running until `stop`; on a TCP port of this machine too, where one is given (0: any free one)."""
        self._make_home()
        with open(self.home / "users.lock", "a") as users:
            fcntl.flock(users, fcntl.LOCK_SH)
            if port is not None and self.running():
                raise UsageError(
                    "the private server is running already, so its port cannot be set", "parloader server stop, then start it with --port"
                )
            self._ensure_running(say, port)
            (self.home / KEEP).touch()

    def stop(self) -> bool:
        """Shuts it down; False where it was not running."""
        with contextlib.suppress(FileNotFoundError):
            (self.home / KEEP).unlink()
        if not self.running():
            return False
        pid = int((self.home / "pid").read_text())
        process = psutil.Process(pid)
        connection = connect(replace(self.target, database="mysql"))
        with error_codes.suppress_driver_errors():
            sql.execute(connection, "SHUTDOWN")
        error_codes.close(connection)
        process.wait(START_TIMEOUT_SECONDS)
        return True

    def _make_home(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.socket.parent.mkdir(exist_ok=True, mode=0o700)
        for folder in {self.home, self.socket.parent}:
            # a home may be a link of its owner's; who can make one in the folder for temporary files is not known
            found = folder.stat(follow_symlinks=folder == self.home)
            if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
                raise ServerStartError(
                    f"{folder} belongs to another user, or is no folder", "Remove it, or set PARLOADER_HOME to a folder of yours"
                )
            if stat.S_IMODE(found.st_mode) != 0o700:
                folder.chmod(0o700)

    def _ensure_running(self, say: Callable[[str], None], port: int | None) -> None:
        with open(self.home / "start.lock", "a") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            if self.running():
                return
            for stale in (KEEP, "tcp"):
                with contextlib.suppress(FileNotFoundError):
                    (self.home / stale).unlink()
            binary = find_binary(self.kinds)
            data = self.home / f"{binary.kind.lower()}-data"
            say(f"private {binary}: data in {self.home}")
            if not data.exists():
                self._bootstrap(binary, data)
            self._launch(binary, data, port)

    def _base_arguments(self, binary: Binary, data: Path) -> list[str]:
        arguments = [str(binary.path), "--no-defaults"]  # must be the first
        if os.geteuid() == 0:
            arguments.append("--user=root")  # both refuse to run as root unless told
        # of its own: a starting MariaDB deletes the temporary tables that it finds in its tmpdir, whose ever they are
        temporary = self.home / "tmp"
        temporary.mkdir(mode=0o700, exist_ok=True)
        return [*arguments, f"--datadir={data}", f"--tmpdir={temporary}", f"{REDO_LOG[binary.kind]}={self.redo_log_bytes}"]

    def _bootstrap(self, binary: Binary, data: Path) -> None:
        """Makes the data directory; it appears at its place only when it is whole."""
        unfinished = data.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        arguments = self._base_arguments(binary, unfinished)
        statements = None
        if binary.kind is ServerKind.MYSQL:
            arguments.append("--initialize-insecure")
        else:
            (unfinished / "mysql").mkdir(parents=True)
            arguments.append("--bootstrap")
            share = _share_folder(binary)
            statements = b"create database if not exists mysql;\nuse mysql;\nset @auth_root_socket=NULL;\n" + b"\n".join(
                (share / file).read_bytes() for file in MARIADB_BOOTSTRAP
            )
            # MariaDB makes root without a password for other hosts than localhost (the socket), too
            accounts = b"global_priv" if binary.version >= (10, 4) else b"user"
            statements += b"\ndelete from mysql." + accounts + b" where Host <> 'localhost' or User = '';\n"
        done = subprocess.run(arguments, input=statements, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode:
            last = done.stdout.decode(errors="replace").strip().splitlines()[-3:]
            raise ServerStartError(
                f"{binary} cannot make its data directory {data}: {' / '.join(last)}",
                "Check the free space there, or set PARLOADER_HOME to another folder",
            )
        unfinished.rename(data)

    def _launch(self, binary: Binary, data: Path, port: int | None) -> None:
        pool = min(MAX_BUFFER_POOL_BYTES, psutil.virtual_memory().total // 4)
        arguments = [
            *self._base_arguments(binary, data),
            f"--socket={self.socket}",
            f"--pid-file={self.home / 'pid'}",
            f"--log-error={self.home / LOG}",
            f"--innodb-buffer-pool-size={pool}",
            "--innodb-autoinc-lock-mode=2",
            "--skip-log-bin",
            "--local-infile=1",
            "--skip-name-resolve",
            "--character-set-server=utf8mb4",
            *OF_KIND[binary.kind],
            *(["--skip-networking"] if port is None else ["--bind-address=127.0.0.1", f"--port={port or _free_port()}"]),
            *self.options,
        ]
        with open(self.home / LOG, "ab") as log:
            guard = subprocess.Popen(
                [sys.executable, "-I", private_server_guard.__file__, str(self.home), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,  # not ours: who reads that to its end would wait for the guard's
                start_new_session=True,  # Ctrl-C in the terminal does not reach it
            )
        with guard:  # which leaves at once a process of its own, with our pipe
            assert guard.stdout
            end = time.monotonic() + START_TIMEOUT_SECONDS
            while not self.running():
                ended, _, _ = select.select([guard.stdout], [], [], 0.02)
                if ended or time.monotonic() > end:
                    raise ServerStartError(
                        f"the private {binary} did not start: {_last_error(self.home / LOG)}", f"The whole log: {self.home / LOG}"
                    )
        connection = connect(replace(self.target, database="mysql"))
        sql.execute(connection, f"CREATE DATABASE IF NOT EXISTS {DATABASE} CHARACTER SET utf8mb4")
        if port is not None:
            password = secrets.token_urlsafe(18)
            bound = sql.value(connection, "SELECT @@port")
            sql.execute(connection, f"DROP USER IF EXISTS {TCP_USER}@'127.0.0.1'")
            sql.execute(connection, f"CREATE USER {TCP_USER}@'127.0.0.1' IDENTIFIED BY %s", password)
            sql.execute(connection, f"GRANT ALL ON *.* TO {TCP_USER}@'127.0.0.1' WITH GRANT OPTION")
            with open(self.home / "tcp", "w", opener=_private_opener) as file:
                file.write(f"{bound} {password}\n")
        connection.close()


def _listens(path: Path) -> bool:
    """Whether a process listens on the unix socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def _private_opener(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _share_folder(binary: Binary) -> Path:
    """Where the server keeps its own SQL files, in its own words."""
    answer = subprocess.run([str(binary.path), "--no-defaults", "--verbose", "--help"], capture_output=True, text=True, check=False)
    settings = dict(line.split(None, 1) for line in answer.stdout.splitlines() if len(line.split(None, 1)) == 2)
    share = Path(settings.get("lc-messages-dir", "").strip() or "/usr/share/mysql")
    for folder in (
        share,
        Path(settings.get("basedir", "/usr").strip()) / "share/mysql",
        Path(settings.get("basedir", "/usr").strip()) / "share",
    ):
        if (folder / MARIADB_BOOTSTRAP[0]).exists():
            return folder
    raise ServerStartError(
        f"{binary} at {binary.path} comes without {MARIADB_BOOTSTRAP[0]}", "Install the whole package (mariadb-server-core)"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _last_error(log: Path) -> str:
    file: IO[str]
    with open(log, errors="replace") as file:
        lines = [line.strip() for line in file if "ERROR" in line]
    return lines[-1] if lines else "its log names no error"


if __name__ == "__main__":  # for scripts: is there a server (MariaDB or MySQL; none named: any), and where
    print(find_binary(tuple(map(ServerKind, sys.argv[1:])) or tuple(ServerKind)).path)
