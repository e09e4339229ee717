"""A private MariaDB or MySQL on this machine: a real server with its own data, started from an installed program.

Commands that need it hold a shared lock on a file. A guard process (guard.py) waits until no command holds it, then shuts the
server down, so that it never outlives its users, however they end. `keep` (parloader server start) leaves it running until `stop`.
Its folder has mode 0700, and only its Unix socket lets in without a password.
"""

import contextlib
import fcntl
import os
import select
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
from urllib.parse import quote

import platformdirs
import psutil
import pymysql

from parloader.database import error_codes, sql
from parloader.database.dialects import ServerKind
from parloader.database.driver import Connection
from parloader.database.private_server import guard as guard_program
from parloader.database.private_server import log, tcp_access
from parloader.database.private_server.binary import Binary, find_binary
from parloader.database.private_server.data_directory import DataDirectory
from parloader.database.private_server.guard import GUARD_LOCK, KEEP, LOG, USERS_LOCK
from parloader.database.private_server.tcp_access import TcpAccess
from parloader.database.session import connect
from parloader.database.target import Target
from parloader.errors import ServerStartError, UsageError

DATABASE = "parloader"

TCP_USER = "parloader"

START_TIMEOUT_SECONDS = 60

MAX_BUFFER_POOL_BYTES = 2 * 2**30

REDO_LOG_BYTES = 2**30

# MySQL: no X protocol, and no files read or written by the server (its compiled-in folder for them need not exist here)
OPTIONS = {ServerKind.MARIADB: (), ServerKind.MYSQL: ("--mysqlx=OFF", "--secure-file-priv=NULL")}

# A Unix socket's path may have 107 bytes on Linux, 103 on macOS (unix(7), sys/un.h)
MAX_SOCKET_PATH_BYTES = 100


@dataclass(frozen=True, kw_only=True)
class PrivateServer:
    """The private server in the folder `home`. Creating this object neither creates nor starts anything."""

    home: Path
    kinds: tuple[ServerKind, ...] = (ServerKind.MARIADB, ServerKind.MYSQL)  # in order of preference
    program: Path | None = None  # the server program to run, whatever `kinds` says
    redo_log_bytes: int = REDO_LOG_BYTES
    options: tuple[str, ...] = ()  # further options of the server's command line

    @classmethod
    def default(cls) -> "PrivateServer":
        """The user's private server: in PARLOADER_HOME, else in the user's data directory."""
        try:
            return cls(home=Path(os.environ.get("PARLOADER_HOME") or platformdirs.user_data_path("parloader")).absolute())
        except (RuntimeError, FileNotFoundError) as error:  # RuntimeError: neither HOME nor an entry in /etc/passwd
            missing = "no home folder is known for this user" if isinstance(error, RuntimeError) else "the current folder does not exist"
            raise ServerStartError(
                f"there is no place for the private server: {missing}", "Set PARLOADER_HOME to the absolute path of a folder"
            ) from error

    @property
    def socket(self) -> Path:
        path = self.home / "socket"
        if len(os.fsencode(path)) <= MAX_SOCKET_PATH_BYTES:
            return path
        if not self.home.exists():
            raise ServerStartError(f"the private server's folder {self.home} does not exist yet", "Create it: parloader server start")
        folder = f"parloader-{os.getuid()}-{self.home.stat().st_ino:x}"
        paths = [Path(temporary) / folder / "socket" for temporary in (tempfile.gettempdir(), "/tmp")]
        return next((path for path in paths if len(os.fsencode(path)) <= MAX_SOCKET_PATH_BYTES), paths[-1])

    @property
    def target(self) -> Target:
        return Target(user="root", database=DATABASE, unix_socket=str(self.socket))

    @property
    def url(self) -> str:
        """The URL, with an empty password so that the one in ~/.my.cnf is not used."""
        return f"mysql://root:@localhost/{DATABASE}?unix_socket={quote(os.fsencode(self.socket))}"

    def tcp_url(self) -> str | None:
        """The URL with host, port and password; None if the server does not run or was started without a port."""
        access = self.tcp_access()
        return None if access is None else f"mysql://{TCP_USER}:{access.password}@127.0.0.1:{access.port}/{DATABASE}"

    def tcp_access(self) -> TcpAccess | None:
        """The port and the password; None if the server does not run or was started without a port."""
        access = tcp_access.read(self.home)
        return access if access and self.running() else None

    def running(self) -> bool:
        """Whether it accepts connections, or refuses them for a reason of its own (too many of them, a changed password)."""
        if not (self.home.exists() and _listens(self.socket)):
            return False
        try:
            pymysql.connect(unix_socket=str(self.socket), user="root").close()
        except pymysql.Error as error:
            return error_codes.is_refusal(error)
        return True

    @contextmanager
    def in_use(self, say: Callable[[str], None], port: int | None = None) -> Iterator["PrivateServer"]:
        """Keeps the server running until the end of the block (and as long as other processes use it). `port` as for start."""
        with contextlib.ExitStack() as stack:
            with _file_errors_explained():
                self._prepare_home()
                users = stack.enter_context(open(self.home / USERS_LOCK, "a"))
                fcntl.flock(users, fcntl.LOCK_SH)  # waits if a guard is shutting the server down
                self._ensure_running(say, _access(port))
            stack.callback(self._ensure_guarded)  # its guard may be killed meanwhile
            yield self

    def start(self, say: Callable[[str], None], port: int | None = None) -> None:
        """Starts it and leaves it running until `stop`. With `port`, it also listens on that TCP port of 127.0.0.1 (0: any free port)."""
        with _file_errors_explained():
            self._start(say, port)

    def _start(self, say: Callable[[str], None], port: int | None) -> None:
        self._prepare_home()
        with open(self.home / USERS_LOCK, "a") as users:
            fcntl.flock(users, fcntl.LOCK_SH)
            if port is not None and self.running():
                raise UsageError(
                    "the private server is already running, so its port cannot be set",
                    "Run parloader server stop, then start it with --port",
                )
            self._ensure_running(say, _access(port))
            (self.home / KEEP).touch()

    def stop(self) -> bool:
        """Shuts it down. False if it was not running."""
        with contextlib.suppress(FileNotFoundError):
            (self.home / KEEP).unlink()
        if not self.running():
            return False
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not (process := self.process()) and self.running() and time.monotonic() < deadline:
            time.sleep(0.01)  # a server accepts connections before it writes its pid file
        connection = connect(replace(self.target, database="mysql"))
        with error_codes.suppress_driver_errors():
            sql.execute(connection, "SHUTDOWN")
        error_codes.close(connection)
        if process:
            try:
                process.wait(START_TIMEOUT_SECONDS)
            except psutil.TimeoutExpired:
                raise ServerStartError(
                    f"the private server (process {process.pid}) has not ended {START_TIMEOUT_SECONDS} s after it was asked to",
                    f"Wait until it has; its log is {self.home / LOG}",
                ) from None
        return True

    def resume(self, say: Callable[[str], None], access: TcpAccess | None = None, *, keep: bool) -> None:
        """Starts it for a process that holds the exclusive lock of its users (exclusive.py). `keep`: it runs until `stop`, not until that process ends."""
        with _file_errors_explained():
            self._ensure_running(say, access)
            if keep:
                (self.home / KEEP).touch()

    @property
    def kept(self) -> bool:
        """Whether `start` keeps it running."""
        return (self.home / KEEP).exists() and self.running()

    def prepare_home(self) -> None:
        """Creates its folders, and makes them private. ServerStartError if that fails."""
        with _file_errors_explained():
            self._prepare_home()

    @property
    def pid_file(self) -> Path:
        return self.home / "pid"

    def process(self) -> psutil.Process | None:
        """The running server, as its pid file names it; None if that is missing or outdated."""
        file = self.pid_file
        try:
            process = psutil.Process(int(file.read_text()))
            return process if f"--pid-file={file}" in process.cmdline() else None
        except (OSError, ValueError, psutil.Error):
            return None

    def _ensure_guarded(self) -> None:
        """Starts a guard for a running server whose guard was killed. One that `start` keeps running needs none, and one without a folder is ending."""
        if not self.home.exists() or (self.home / KEEP).exists() or _is_locked(self.home / GUARD_LOCK):
            return
        if process := self.process():
            with self._start_guard([str(process.pid)]):
                pass  # it detaches, and keeps its end of the pipe

    def _prepare_home(self) -> None:
        """Creates its folders and makes them private. ServerStartError if one cannot be created, or belongs to another user."""
        try:
            self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.socket.parent.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise ServerStartError(
                f"cannot create the folder {error.filename} for the private server: {error.strerror}",
                "Set PARLOADER_HOME to a folder of your own",
            ) from error
        for folder in {self.home, self.socket.parent}:
            # home may be a symbolic link, but in the folder for temporary files anyone may have created it
            status = folder.stat(follow_symlinks=folder == self.home)
            if status.st_uid != os.getuid() or not stat.S_ISDIR(status.st_mode):
                raise ServerStartError(
                    f"{folder} belongs to another user or is not a folder", "Remove it, or set PARLOADER_HOME to a folder of your own"
                )
            if stat.S_IMODE(status.st_mode) != 0o700:
                folder.chmod(0o700)

    def _ensure_running(self, say: Callable[[str], None], access: TcpAccess | None) -> None:
        with open(self.home / "start.lock", "a") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            if self.running():
                self._ensure_guarded()
                return
            for stale in (KEEP, tcp_access.FILE):
                with contextlib.suppress(FileNotFoundError):
                    (self.home / stale).unlink()
            binary = find_binary(self.kinds, self.program)
            directory = self.directory(binary)
            directory.finish_replacing()
            say(f"private {binary}: data in {self.home}")
            if directory.path.exists():
                directory.require_fit()
            else:
                directory.create()
            self._launch(directory, access)
            directory.record_version()

    def directory(self, binary: Binary) -> DataDirectory:
        """Where the data of a server program is."""
        return DataDirectory(
            binary=binary,
            path=self.home / f"{binary.kind.lower()}-data",
            temporary=self.home / "tmp",
            redo_log_bytes=self.redo_log_bytes,
        )

    def _launch(self, directory: DataDirectory, access: TcpAccess | None) -> None:
        """Starts the server under its guard, waits until it accepts connections, and creates its database and TCP account."""
        logged_before = log.size(self.home / LOG)
        guard = self._start_guard(self._command(directory, access))
        with guard:  # the process that was started ends at once; the guard is its child and keeps the pipe open
            assert guard.stdout
            deadline = time.monotonic() + START_TIMEOUT_SECONDS
            while not self.running():
                ended, _, _ = select.select([guard.stdout], [], [], 0.02)
                if ended or time.monotonic() > deadline:
                    cause = log.start_error(log.since(self.home / LOG, logged_before))
                    raise ServerStartError(f"the private {directory.binary} did not start: {cause}", f"Its log is {self.home / LOG}")
        connection = connect(replace(self.target, database="mysql"))
        sql.execute(connection, f"CREATE DATABASE IF NOT EXISTS {DATABASE} CHARACTER SET utf8mb4")
        if access:
            self._create_tcp_account(connection, access.password)
        connection.close()

    def _start_guard(self, command: list[str]) -> "subprocess.Popen[bytes]":
        """Starts a guard with the command of a server, or with the id of one to adopt. The pipe of its standard output stays open as long as it lives."""
        with open(self.home / LOG, "ab") as file:
            return subprocess.Popen(
                [sys.executable, "-I", guard_program.__file__, str(self.home), *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=file,  # not this process's: whoever reads that to its end would wait for the guard
                start_new_session=True,  # Ctrl-C in the terminal does not reach it
                cwd=self.home,
            )

    def _command(self, directory: DataDirectory, access: TcpAccess | None) -> list[str]:
        buffer_pool_bytes = min(MAX_BUFFER_POOL_BYTES, psutil.virtual_memory().total // 4)
        return [
            *directory.server_arguments(),
            f"--socket={self.socket}",
            f"--pid-file={self.pid_file}",
            f"--log-error={self.home / LOG}",
            f"--innodb-buffer-pool-size={buffer_pool_bytes}",
            "--innodb-autoinc-lock-mode=2",
            "--skip-log-bin",
            "--local-infile=1",
            "--skip-name-resolve",
            "--character-set-server=utf8mb4",
            *OPTIONS[directory.binary.kind],
            *(["--skip-networking"] if access is None else ["--bind-address=127.0.0.1", f"--port={access.port or tcp_access.free_port()}"]),
            *self.options,
        ]

    def _create_tcp_account(self, connection: Connection, password: str) -> None:
        """Creates an account with the password, and writes port and password to the file that tcp_access reads."""
        port = sql.value(connection, "SELECT @@port")
        sql.execute(connection, f"DROP USER IF EXISTS {TCP_USER}@'127.0.0.1'")
        sql.execute(connection, f"CREATE USER {TCP_USER}@'127.0.0.1' IDENTIFIED BY %s", password)
        sql.execute(connection, f"GRANT ALL ON *.* TO {TCP_USER}@'127.0.0.1' WITH GRANT OPTION")
        TcpAccess(port=port, password=password).write(self.home)


@contextmanager
def _file_errors_explained() -> Iterator[None]:
    """Turns errors of the files in its folder (a full or read-only disk, a folder in place of a file) into ServerStartError."""
    try:
        yield
    except OSError as error:
        raise ServerStartError(
            f"the private server cannot use {error.filename}: {error.strerror}", "Mend that, or set PARLOADER_HOME to another folder"
        ) from error


def _access(port: int | None) -> TcpAccess | None:
    return None if port is None else TcpAccess(port=port)


def _is_locked(path: Path) -> bool:
    """Whether a process holds the lock of the file."""
    with open(path, "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def _listens(path: Path) -> bool:
    """Whether a process listens on the Unix socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0
